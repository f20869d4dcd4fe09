/* A draw as its file says it:
 *
 *     draw: 1
 *     name: spring-2027
 *     cards: cards.txt            # one id a line, ascending; relative to this file
 *     cards_sha256: 3a7b…
 *     shares: {bank-a: 50, bank-b: 30, bank-c: 20}
 *     held: {bank-a: 1200}        # optional; else 0
 *     parties:                    # at least two
 *       bureau: {commitment: 9c…, secret: 00…}
 *       bank-a: {commitment: 71…} # has not revealed yet
 */
#ifndef POLICIES_OTA_POLICY_DRAW_FILE_H
#define POLICIES_OTA_POLICY_DRAW_FILE_H

#include "policies/assign/draw.h"
#include "policies/document/document.h"
#include "scp/host/file.h"

struct draw_file {
    struct document *doc; /* owns the names */
    struct policy_draw_terms terms;
    uint8_t terms_hash[POLICY_DRAW_HASH_SIZE];
    struct policy_candidate candidates[POLICY_CANDIDATES_MAX];
    struct policy_draw_party parties[POLICY_DRAW_PARTIES_MAX];
    bool revealed[POLICY_DRAW_PARTIES_MAX];
    size_t party_count;
    struct rebind_blob list; /* the card list, its line feeds made NUL */
    const char **cards;
    size_t card_count;
};

/* False, with the problem set: the file is wrong, or the card list is not the one that was frozen.
 * Close in any case. */
bool draw_file_open(struct draw_file *draw, const char *path, struct document_problem *problem);
void draw_file_close(struct draw_file *draw);

#endif
