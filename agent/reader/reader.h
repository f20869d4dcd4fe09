/* Readers: where cards come into reach.
 *
 * A reader driver is a small function table. It knows places (a PC/SC reader, a card image file);
 * a place with a card in it can be opened for a contact, which lasts from power-up to power-down.
 * Nobody else uses the card during a contact, and everybody may between contacts.
 *
 *     struct agent_reader *reader;
 *     agent_reader_soft_new("/var/lib/rebind/cards", &env, &reader);
 *     agent_reader_poll(reader, &places);              // what is in reach now
 *     agent_reader_connect(reader, places.items[0].name, &contact);
 *     agent_send(&contact->card, command, &answer);
 *     agent_contact_close(contact);
 *     agent_reader_free(reader);
 *
 * Threads: poll and connect of one reader may be called from several threads at once; a contact
 * belongs to one thread at a time. */
#ifndef AGENT_READER_READER_H
#define AGENT_READER_READER_H

#include "agent/reader/transceive.h"
#include "scp/host/env.h"

enum {
    AGENT_PLACE_MAX = 256, /* name of a place, with its NUL */
    AGENT_ATR_MAX = 33,    /* ISO/IEC 7816-3 8.1 */
    AGENT_PLACES_MAX = 4096,
};

/* A place with a card in it. */
struct agent_place {
    char name[AGENT_PLACE_MAX];
    uint64_t insertion; /* another value: another card may be there now */
};

/* A growing list; zeroed at first, agent_places_fini gives its memory back. */
struct agent_places {
    struct agent_place *items;
    size_t count;
    size_t cap;
};
/* NO_MEMORY, also above AGENT_PLACES_MAX; READER when the name is too long. */
SCP_MUST_USE enum agent_error agent_places_add(struct agent_places *places, const char *name,
                                               uint64_t insertion);
void agent_places_fini(struct agent_places *places);

/* A card under power. `card` is whole commands in, whole responses out. */
struct agent_contact {
    struct agent_transceive card;
    uint8_t atr[AGENT_ATR_MAX];
    size_t atr_len;
    void (*close)(struct agent_contact *contact); /* private: see agent_contact_close */
};
/* Power down and free; NULL is allowed. */
void agent_contact_close(struct agent_contact *contact);

struct agent_reader {
    const char *kind; /* "soft", "pcsc" */
    enum agent_error (*poll)(struct agent_reader *reader, struct agent_places *places);
    enum agent_error (*connect)(struct agent_reader *reader, const char *place,
                                struct agent_contact **contact);
    void (*free)(struct agent_reader *reader);
};

/* Append the places that have a card. READER, NO_SERVICE, NO_FOLDER, NO_MEMORY. */
SCP_MUST_USE enum agent_error agent_reader_poll(struct agent_reader *reader,
                                                struct agent_places *places);
/* Power up the card at a place; the caller closes the contact. NO_CARD, BUSY, READER, NO_SERVICE,
 * NO_IMAGE. */
SCP_MUST_USE enum agent_error agent_reader_connect(struct agent_reader *reader, const char *place,
                                                   struct agent_contact **contact);
/* NULL is allowed. All contacts are closed before. */
void agent_reader_free(struct agent_reader *reader);

/* A directory: each file `*.card` in it is the image of a soft card in reach. The image is open
 * only during a contact. A card is known by its file's name: to put another card in its place, take
 * the file away for a poll. `env` is copied. */
SCP_MUST_USE enum agent_error agent_reader_soft_new(const char *directory,
                                                    const struct rebind_env *env,
                                                    struct agent_reader **reader);

/* The PC/SC readers whose name contains one of `names` (NULL-terminated; none: all of them). The
 * resource manager is looked for at each poll, so it may be started later. */
SCP_MUST_USE enum agent_error agent_reader_pcsc_new(const char *const *names,
                                                    struct agent_reader **reader);

/* Open the card that a person names: the path of an image file, or the name of a PC/SC reader or a
 * part of it (the first one with a card is taken). NO_CARD, BUSY, READER, NO_SERVICE, NO_IMAGE. */
SCP_MUST_USE enum agent_error agent_connect_named(const char *name, const struct rebind_env *env,
                                                  struct agent_contact **contact);

#endif
