/* Counts by name: so many of each, for a few thousand names at most, so that memory is bounded
 * whatever a facts file says. */
#ifndef POLICIES_OTA_POLICY_TALLY_H
#define POLICIES_OTA_POLICY_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TALLY_NAMES_MAX = 4096,
    TALLY_NAME_SIZE = 160, /* longer names are cut */
    TALLY_KINDS = 3,       /* counts of each name */
    TALLY_SAMPLES = 3,
    TALLY_SAMPLE_SIZE = 48
};

struct tally_sample {
    uint64_t place; /* of the card in the run */
    char card[TALLY_SAMPLE_SIZE];
};

struct tally_entry {
    char name[TALLY_NAME_SIZE];
    uint64_t counts[TALLY_KINDS];
    struct tally_sample samples[TALLY_SAMPLES]; /* the first ones */
    size_t sample_count;
};

struct tally {
    struct tally_entry *entries; /* TALLY_NAMES_MAX + 1; the last is for what does not fit */
    uint16_t *slots;             /* open addressing: index + 1 */
    size_t count;
};

/* False when memory is exhausted. Free in any case. */
bool tally_init(struct tally *tally);
void tally_free(struct tally *tally);

/* The entry of that name, new or known; of "(others)" when there are too many. */
struct tally_entry *tally_of(struct tally *tally, const char *name);
/* Remember a card, if it is among the first. */
void tally_sample(struct tally_entry *entry, uint64_t place, const char *card);
void tally_merge(struct tally *into, const struct tally *from);
/* The most frequent first, by all counts; of equal ones by name. Ends the use of tally_of. */
void tally_sort(struct tally *tally);

#endif
