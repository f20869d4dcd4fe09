/* Facts of many cards, one line each: NDJSON or CSV, read in blocks of whole lines so that memory
 * is bounded and several threads share the work.
 *
 * NDJSON: {"card.region": "310000", "bank.licensed_regions": ["310000"], "binding.active_banks": 1,
 * "bank.id": null}; null and left out are absent. CSV (RFC 4180, no line breaks in fields): the
 * first line names the facts, items of a set are separated by |, an empty field is absent. Which of
 * the two it is, the first character tells. A byte order mark, which spreadsheets write, is passed
 * over. */
#ifndef POLICIES_OTA_POLICY_FACTS_FILE_H
#define POLICIES_OTA_POLICY_FACTS_FILE_H

#include "policies/compile/facts.h"

#include <stdio.h>

enum {
    FACTS_BLOCK_SIZE = 1024 * 1024, /* bytes of a block, and so the longest line */
    FACTS_ITEMS_MAX = 512,          /* of all sets of a line */
    FACTS_PROBLEM_SIZE = 512
};

struct facts_file {
    FILE *from;
    const char *name;
    bool is_csv;
    enum policy_fact columns[POLICY_FACT_COUNT]; /* of CSV */
    size_t column_count;
    char *rest; /* the beginning of a line that the last block cut */
    size_t rest_len;
    uint64_t line; /* of the next block's first */
    uint64_t read_bytes;
    uint64_t all_bytes; /* 0: not known */
    const char *about;  /* the column that a mistake of the first line is about, or NULL */
    char problem[FACTS_PROBLEM_SIZE];
};

/* "-" is standard input. False, with `problem` set. Close in any case. */
bool facts_file_open(struct facts_file *file, const char *path);
void facts_file_close(struct facts_file *file);

struct facts_block {
    char *text; /* FACTS_BLOCK_SIZE + 1 bytes; the lines are cut up by reading them */
    size_t len;
    uint64_t line; /* number of the first, from 1 */
};

/* Fill a block; its `len` is 0 at the end. False, with `problem` set. One thread at a time. */
bool facts_file_next(struct facts_file *file, struct facts_block *block);

/* One line's facts, which borrow from the block. */
struct facts_line {
    struct policy_facts facts;
    const char *items[FACTS_ITEMS_MAX];
    size_t item_count;
    const char *about;                         /* the name that a mistake is about, or NULL */
    enum policy_fact guess[POLICY_FACT_COUNT]; /* names come in the same order on most lines */
};

/* Cut the next line off `*at` and read it. False at the end, or with `problem` (of
 * FACTS_PROBLEM_SIZE) not empty when the line is wrong. Blank lines are passed over; `*line` counts
 * them. */
bool facts_line_next(const struct facts_file *file, char **at, uint64_t *line,
                     struct facts_line *out, char *problem);

#endif
