#include "policies/ota-policy/draw_file.h"

#include "scp/crypto/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096, PARTIES_MIN = 2 };
#define CARDS_SIZE_MAX ((size_t)1024 * 1024 * 1024)

/* ---- the file ----------------------------------------------------------------------------- */

static int by_bank(const void *a, const void *b)
{
    return strcmp(((const struct policy_candidate *)a)->bank,
                  ((const struct policy_candidate *)b)->bank);
}

/* Names go into hashes, ended by a line feed. */
static const char *checked_name(const struct document_node *node, const char *name,
                                struct document_problem *problem)
{
    if (name != NULL && (strlen(name) > POLICY_DRAW_NAME_MAX || strchr(name, '\n') != NULL))
        doc_fail(node, problem, "a name has at most %d bytes in one line", POLICY_DRAW_NAME_MAX);
    return name;
}

static void read_shares(struct draw_file *draw, const struct document_node *root,
                        struct document_problem *problem)
{
    const struct document_node *shares = doc_require(root, "shares", problem);
    const struct document_node *held = doc_get(root, "held");
    if (!doc_expect(shares, DOC_MAPPING, problem))
        return;
    if (doc_count(shares) == 0 || doc_count(shares) > POLICY_CANDIDATES_MAX) {
        doc_fail(shares, problem, "expected 1 to %d banks", POLICY_CANDIDATES_MAX);
        return;
    }
    size_t count = 0;
    for (const struct document_node *at = doc_first(shares); at != NULL; at = doc_next(at)) {
        const char *bank = checked_name(at, doc_key(at), problem);
        draw->candidates[count++] = (struct policy_candidate){
            .bank = bank,
            .share = doc_integer(at, 1, POLICY_SHARE_MAX, 1, problem),
            .held = doc_integer(doc_get(held, bank), 0, POLICY_HELD_MAX, 0, problem)};
    }
    (void)(held == NULL || doc_expect(held, DOC_MAPPING, problem));
    for (const struct document_node *at = doc_first(held); at != NULL; at = doc_next(at))
        if (doc_get(shares, doc_key(at)) == NULL)
            doc_fail(doc_key_node(at), problem, "the bank has no share");
    qsort(draw->candidates, count, sizeof draw->candidates[0], by_bank);
    draw->terms.candidates = draw->candidates;
    draw->terms.candidate_count = count;
}

/* Insert in order of the name. */
static void read_party(struct draw_file *draw, const struct document_node *node,
                       struct document_problem *problem)
{
    static const char *const keys[] = {"commitment", "secret", NULL};
    struct policy_draw_party party = {.name = checked_name(node, doc_key(node), problem)};
    const struct document_node *secret = doc_get(node, "secret");
    if (!doc_expect_keys(node, keys, problem))
        return;
    (void)doc_hex(doc_require(node, "commitment", problem), party.commitment, POLICY_DRAW_HASH_SIZE,
                  POLICY_DRAW_HASH_SIZE, problem);
    (void)doc_hex(secret, party.secret, POLICY_DRAW_SECRET_SIZE, POLICY_DRAW_SECRET_SIZE, problem);
    size_t at = draw->party_count++;
    for (; at > 0 && strcmp(draw->parties[at - 1].name, party.name) > 0; at--) {
        draw->parties[at] = draw->parties[at - 1];
        draw->revealed[at] = draw->revealed[at - 1];
    }
    draw->parties[at] = party;
    draw->revealed[at] = secret != NULL;
}

static void read_parties(struct draw_file *draw, const struct document_node *node,
                         struct document_problem *problem)
{
    if (node == NULL || !doc_expect(node, DOC_MAPPING, problem))
        return;
    if (doc_count(node) < PARTIES_MIN || doc_count(node) > POLICY_DRAW_PARTIES_MAX) {
        doc_fail(node, problem, "expected %d to %d parties", PARTIES_MIN, POLICY_DRAW_PARTIES_MAX);
        return;
    }
    for (const struct document_node *at = doc_first(node); at != NULL; at = doc_next(at))
        read_party(draw, at, problem);
}

/* ---- the card list ------------------------------------------------------------------------ */

/* `name` in the folder of `beside`. */
static void path_beside(const char *beside, const char *name, char to[PATH_SIZE])
{
    const char *slash = strrchr(beside, '/');
    int folder = slash == NULL || name[0] == '/' ? 0 : (int)(slash - beside) + 1;
    (void)snprintf(to, PATH_SIZE, "%.*s%s", folder, beside, name);
}

/* Cut the list into lines; a mistake is told with its line. */
static const char *cut_list(struct draw_file *draw, size_t *line)
{
    char *at = (char *)draw->list.ptr;
    char *end = at + draw->list.len;
    const char *before = NULL;
    for (*line = 1; at < end; ++*line) {
        char *feed = memchr(at, '\n', (size_t)(end - at));
        if (feed == NULL)
            return "the last line is not ended by a line feed";
        if (feed == at || memchr(at, '\0', (size_t)(feed - at)) != NULL || feed[-1] == '\r')
            return "a line holds one card id and nothing else";
        *feed = '\0';
        if (before != NULL && strcmp(before, at) >= 0)
            return "card ids are in ascending order of their bytes, each once";
        before = at;
        draw->cards[draw->card_count++] = at;
        at = feed + 1;
    }
    return draw->card_count > 0 ? NULL : "the list is empty";
}

static void read_list(struct draw_file *draw, const char *path, const struct document_node *node,
                      struct document_problem *problem)
{
    char list[PATH_SIZE];
    struct rebind_problem cause;
    uint8_t digest[POLICY_DRAW_HASH_SIZE];
    size_t feeds = 0;
    size_t line = 0;
    path_beside(path, doc_text(node), list);
    if (rebind_file_read(list, CARDS_SIZE_MAX, &draw->list, &cause) != SCP_OK ||
        scp_sha256(rebind_blob_bytes(&draw->list), digest) != SCP_OK) {
        doc_fail(node, problem, "%s", cause.text);
        return;
    }
    for (size_t i = 0; i < draw->list.len; i++)
        feeds += draw->list.ptr[i] == '\n';
    draw->cards = calloc(feeds + 1, sizeof(*draw->cards));
    const char *wrong = draw->cards == NULL ? "memory is exhausted" : NULL;
    if (wrong == NULL && memcmp(digest, draw->terms.cards_digest, sizeof digest) != 0)
        wrong = "this is not the list that was frozen: its SHA-256 differs from cards_sha256";
    if (wrong == NULL)
        wrong = cut_list(draw, &line);
    if (wrong != NULL && line > 0)
        doc_fail(node, problem, "%s; line %zu of the list", wrong, line);
    else if (wrong != NULL)
        doc_fail(node, problem, "%s", wrong);
}

/* ---- the whole ---------------------------------------------------------------------------- */

bool draw_file_open(struct draw_file *draw, const char *path, struct document_problem *problem)
{
    static const char *const keys[] = {"draw",   "name", "cards",   "cards_sha256",
                                       "shares", "held", "parties", NULL};
    *draw = (struct draw_file){0};
    if (doc_new_from_file(path, &draw->doc, problem) != DOC_OK)
        return false;
    const struct document_node *root = doc_root(draw->doc);
    if (!doc_expect_keys(root, keys, problem))
        return false;
    const struct document_node *name = doc_require(root, "name", problem);
    const struct document_node *cards = doc_require(root, "cards", problem);
    (void)doc_integer(doc_require(root, "draw", problem), 1, 1, 1, problem);
    draw->terms.name = checked_name(name, doc_string(name, "", problem), problem);
    (void)doc_string(cards, NULL, problem);
    (void)doc_hex(doc_require(root, "cards_sha256", problem), draw->terms.cards_digest,
                  POLICY_DRAW_HASH_SIZE, POLICY_DRAW_HASH_SIZE, problem);
    read_shares(draw, root, problem);
    read_parties(draw, doc_get(root, "parties"), problem);
    if (problem->error == DOC_OK)
        read_list(draw, path, cards, problem);
    if (problem->error == DOC_OK &&
        policy_draw_terms_hash(&draw->terms, draw->terms_hash) != SCP_OK)
        doc_fail(root, problem, "the terms cannot be hashed");
    return problem->error == DOC_OK;
}

void draw_file_close(struct draw_file *draw)
{
    free(draw->cards);
    rebind_blob_free(&draw->list);
    doc_free(draw->doc);
}
