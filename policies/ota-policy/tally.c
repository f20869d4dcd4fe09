#include "policies/ota-policy/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 4 * TALLY_NAMES_MAX };

bool tally_init(struct tally *tally)
{
    *tally = (struct tally){.entries = calloc(TALLY_NAMES_MAX + 1, sizeof *tally->entries),
                            .slots = calloc(SLOTS, sizeof *tally->slots)};
    return tally->entries != NULL && tally->slots != NULL;
}

void tally_free(struct tally *tally)
{
    free(tally->entries);
    free(tally->slots);
}

static uint32_t hash_of(const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; name[i] != '\0'; i++)
        hash = (hash ^ (uint8_t)name[i]) * 16777619u;
    return hash;
}

/* Cut where a character ends: half of one is no text, and has no place in JSON. */
static void copy_name(char *to, size_t size, const char *name)
{
    size_t len = strlen(name);
    bool cut = len >= size;
    len = cut ? size - 1 : len;
    while (cut && len > 0 && ((uint8_t)name[len] & 0xC0) == 0x80)
        len--;
    memcpy(to, name, len);
    to[len] = '\0';
}

struct tally_entry *tally_of(struct tally *tally, const char *name)
{
    char shorter[TALLY_NAME_SIZE];
    if (strnlen(name, sizeof shorter) == sizeof shorter) {
        copy_name(shorter, sizeof shorter, name);
        name = shorter;
    }
    size_t at = hash_of(name) % SLOTS;
    for (; tally->slots[at] != 0; at = (at + 1) % SLOTS) {
        struct tally_entry *known = &tally->entries[tally->slots[at] - 1];
        if (strcmp(known->name, name) == 0)
            return known;
    }
    if (tally->count == TALLY_NAMES_MAX) {
        struct tally_entry *others = &tally->entries[TALLY_NAMES_MAX];
        (void)snprintf(others->name, sizeof others->name, "(others)");
        return others;
    }
    struct tally_entry *entry = &tally->entries[tally->count];
    copy_name(entry->name, sizeof entry->name, name);
    tally->slots[at] = (uint16_t)++tally->count;
    return entry;
}

void tally_sample(struct tally_entry *entry, uint64_t place, const char *card)
{
    size_t at = entry->sample_count;
    while (at > 0 && entry->samples[at - 1].place > place)
        at--;
    if (at == TALLY_SAMPLES)
        return;
    size_t kept = entry->sample_count < TALLY_SAMPLES ? entry->sample_count : TALLY_SAMPLES - 1;
    memmove(&entry->samples[at + 1], &entry->samples[at], (kept - at) * sizeof entry->samples[0]);
    entry->samples[at].place = place;
    copy_name(entry->samples[at].card, TALLY_SAMPLE_SIZE, card);
    entry->sample_count = kept + 1;
}

static void add(struct tally_entry *into, const struct tally_entry *from)
{
    for (size_t i = 0; i < TALLY_KINDS; i++)
        into->counts[i] += from->counts[i];
    for (size_t i = 0; i < from->sample_count; i++)
        tally_sample(into, from->samples[i].place, from->samples[i].card);
}

void tally_merge(struct tally *into, const struct tally *from)
{
    for (size_t i = 0; i < from->count; i++)
        add(tally_of(into, from->entries[i].name), &from->entries[i]);
    const struct tally_entry *others = &from->entries[TALLY_NAMES_MAX];
    if (others->name[0] != '\0') {
        struct tally_entry *to = &into->entries[TALLY_NAMES_MAX];
        (void)snprintf(to->name, sizeof to->name, "%s", others->name);
        add(to, others);
    }
}

static uint64_t sum(const struct tally_entry *entry)
{
    uint64_t all = 0;
    for (size_t i = 0; i < TALLY_KINDS; i++)
        all += entry->counts[i];
    return all;
}

static int by_count(const void *a, const void *b)
{
    uint64_t x = sum(a);
    uint64_t y = sum(b);
    if (x != y)
        return x < y ? 1 : -1;
    return strcmp(((const struct tally_entry *)a)->name, ((const struct tally_entry *)b)->name);
}

void tally_sort(struct tally *tally)
{
    if (tally->entries[TALLY_NAMES_MAX].name[0] != '\0')
        tally->count = TALLY_NAMES_MAX + 1;
    qsort(tally->entries, tally->count, sizeof *tally->entries, by_count);
}
