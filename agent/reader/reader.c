#include "agent/reader/reader.h"

#include <stdlib.h>
#include <string.h>

enum agent_error agent_places_add(struct agent_places *places, const char *name, uint64_t insertion)
{
    size_t len = strlen(name);
    if (len >= AGENT_PLACE_MAX)
        return AGENT_READER;
    if (places->count == places->cap) {
        size_t cap = places->cap == 0 ? 8 : 2 * places->cap;
        struct agent_place *items =
            cap > AGENT_PLACES_MAX ? NULL : realloc(places->items, cap * sizeof *items);
        if (items == NULL)
            return AGENT_NO_MEMORY;
        places->items = items;
        places->cap = cap;
    }
    struct agent_place *place = &places->items[places->count++];
    memcpy(place->name, name, len + 1);
    place->insertion = insertion;
    return AGENT_OK;
}

void agent_places_fini(struct agent_places *places)
{
    free(places->items);
    *places = (struct agent_places){0};
}

enum agent_error agent_reader_poll(struct agent_reader *reader, struct agent_places *places)
{
    return reader->poll(reader, places);
}

enum agent_error agent_reader_connect(struct agent_reader *reader, const char *place,
                                      struct agent_contact **contact)
{
    *contact = NULL;
    return reader->connect(reader, place, contact);
}

void agent_contact_close(struct agent_contact *contact)
{
    if (contact != NULL)
        contact->close(contact);
}

void agent_reader_free(struct agent_reader *reader)
{
    if (reader != NULL)
        reader->free(reader);
}
