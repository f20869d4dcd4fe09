/* Documents: YAML files that people write (policies, configuration, card profiles), read strictly.
 *
 *     struct document_problem problem = {0};
 *     struct document *doc;
 *     if (doc_new_from_file("agent.yaml", &doc, &problem) == DOC_OK) {
 *         static const char *const keys[] = {"server", "retries", "timeout", NULL};
 *         const struct document_node *root = doc_root(doc);
 *         doc_expect_keys(root, keys, &problem);
 *         config.server = doc_string(doc_require(root, "server", &problem), NULL, &problem);
 *         config.retries = doc_integer(doc_get(root, "retries"), 0, 100, 5, &problem);
 *         config.timeout_ms = doc_duration_ms(doc_get(root, "timeout"), 30000, &problem);
 *     }
 *     if (problem.error != DOC_OK)
 *         fputs(doc_problem_format(&problem, text, sizeof text), stderr);
 *
 *     agent.yaml:3:1: unknown key 'retires'; did you mean 'retries'?
 *       3 | retires: 4
 *         | ^
 *
 * Problems stick: the first one stays in the caller's struct, later ones change nothing, so a whole
 * structure is read before the one check. Every getter takes a NULL node for "absent" and gives the
 * fallback then, as it does after an error: doc_get for what may be left out, doc_require for what
 * may not.
 *
 * The reader of a field decides its type, not the look of the text: a region 310000 and a country
 * code `no` are strings when doc_string reads them. Refused at load: duplicate keys, anchors,
 * aliases, tags, directives, a second document, keys that are no scalars, NUL characters, and
 * whatever exceeds the limits below.
 *
 * Ownership: nodes and their text are borrowed from the document and live until doc_free.
 * Threads: a document never changes once made, so many threads may read it. */
#ifndef POLICIES_DOCUMENT_DOCUMENT_H
#define POLICIES_DOCUMENT_DOCUMENT_H

#include "scp/base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DOC_SIZE_MAX = 1024 * 1024, /* bytes of a document, unless the reader says otherwise */
    DOC_NODES_MAX = 32768,      /* keys, values, lists and mappings, likewise */
    DOC_DEPTH_MAX = 32,         /* lists and mappings inside one another */
    DOC_KEYS_MAX = 256,         /* of one mapping */

    DOC_FILE_SIZE = 256,    /* text sizes, with the final NUL */
    DOC_TEXT_SIZE = 384,    /* of a problem's message */
    DOC_SOURCE_SIZE = 128,  /* of the line shown */
    DOC_PROBLEM_SIZE = 1280 /* of a formatted problem, nothing cut */
};

/* X(name, text) */
#define DOC_ERRORS(X)                        \
    X(OK, "success")                         \
    X(INVALID, "the document is not valid")  \
    X(UNREADABLE, "the file cannot be read") \
    X(NO_MEMORY, "memory is exhausted")

enum document_error {
#define DOC_ERROR_ENUM(name, text) DOC_##name,
    DOC_ERRORS(DOC_ERROR_ENUM)
#undef DOC_ERROR_ENUM
};

/* One English clause without a full stop. Never NULL. */
const char *doc_error_text(enum document_error error);

/* What is wrong and where. Zeroed: nothing is wrong. Holds no borrowed pointer. */
struct document_problem {
    enum document_error error;
    char file[DOC_FILE_SIZE];
    unsigned line; /* from 1; 0 when the file as a whole is meant */
    unsigned column;
    char text[DOC_TEXT_SIZE];
    char source[DOC_SOURCE_SIZE]; /* the line, or its part around the column */
    unsigned caret;               /* characters of `source` before the column */
};

/* "FILE:LINE:COLUMN: message", the source line and a caret, each ended by a line feed. Cut to
 * `cap`. Returns `to`. */
char *doc_problem_format(const struct document_problem *problem, char *to, size_t cap);

/* ---- a document --------------------------------------------------------------------------- */

struct document;
struct document_node;

/* Read `text`; `file` is the name for problems. On error `*out` is NULL and the problem says why:
 * INVALID or NO_MEMORY. */
SCP_MUST_USE enum document_error doc_new(const char *file, struct scp_bytes text,
                                         struct document **out, struct document_problem *problem);
/* The same for readers whose documents may be larger. */
struct document_limits {
    size_t size;  /* bytes */
    size_t nodes; /* keys, values, lists and mappings */
};
SCP_MUST_USE enum document_error doc_new_limited(const char *file, struct scp_bytes text,
                                                 const struct document_limits *limits,
                                                 struct document **out,
                                                 struct document_problem *problem);
/* doc_new from a file; UNREADABLE when it cannot be opened or read. */
SCP_MUST_USE enum document_error doc_new_from_file(const char *path, struct document **out,
                                                   struct document_problem *problem);
/* NULL is allowed. The text is wiped, because key files are documents too; what the YAML library
 * kept while it read is beyond reach. */
void doc_free(struct document *doc);

/* Never NULL. */
const struct document_node *doc_root(const struct document *doc);
/* The bytes that the document was made from. */
struct scp_bytes doc_source(const struct document *doc);

/* ---- nodes -------------------------------------------------------------------------------- */

enum doc_kind { DOC_SCALAR, DOC_LIST, DOC_MAPPING };

enum doc_kind doc_kind(const struct document_node *node);
/* Both from 1. */
unsigned doc_line(const struct document_node *node);
unsigned doc_column(const struct document_node *node);

/* Items of a list or entries of a mapping; 0 for a scalar. */
size_t doc_count(const struct document_node *node);
/* The first item or entry (its value) and the next; NULL at the end. NULL has no first. */
const struct document_node *doc_first(const struct document_node *node);
const struct document_node *doc_next(const struct document_node *item);
/* The key of a mapping's value, as text and as a node; NULL for other nodes. */
const char *doc_key(const struct document_node *value);
const struct document_node *doc_key_node(const struct document_node *value);

/* The text of a scalar as written (quotes and escapes resolved); NULL for other kinds. */
const char *doc_text(const struct document_node *node);
/* Whether a scalar has quotes, so that it is meant as text. */
bool doc_is_quoted(const struct document_node *node);

/* ---- strict reading ----------------------------------------------------------------------- */

/* Record a problem at `node`, unless there is one already. Returns false. */
bool doc_fail(const struct document_node *node, struct document_problem *problem,
              const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same for the file as a whole, with another cause than its text. Returns the error recorded
 * first. */
enum document_error doc_fail_whole(const char *file, enum document_error error,
                                   struct document_problem *problem, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Whether `node` is of that kind; a problem otherwise. NULL: false, and no problem. */
bool doc_expect(const struct document_node *node, enum doc_kind kind,
                struct document_problem *problem);
/* Whether `node` is a mapping with none but these keys (the list ends with NULL); a problem at the
 * first other key, with a suggestion. NULL: false, and no problem. */
bool doc_expect_keys(const struct document_node *node, const char *const keys[],
                     struct document_problem *problem);

/* The value of a key; NULL when it is absent, or `node` is NULL or no mapping. */
const struct document_node *doc_get(const struct document_node *node, const char *key);
/* The same; a problem when a mapping lacks the key. */
const struct document_node *doc_require(const struct document_node *node, const char *key,
                                        struct document_problem *problem);

/* A scalar that is not empty. Borrowed. */
const char *doc_string(const struct document_node *node, const char *fallback,
                       struct document_problem *problem);
/* A string of at most size - 1 bytes, copied with its NUL; `to` is untouched when the node is NULL
 * or wrong. */
void doc_string_into(const struct document_node *node, char *to, size_t size,
                     struct document_problem *problem);
/* Decimal or 0x hexadecimal, not quoted, in [min, max]. */
int64_t doc_integer(const struct document_node *node, int64_t min, int64_t max, int64_t fallback,
                    struct document_problem *problem);
/* `true` or `false`, nothing else. */
bool doc_bool(const struct document_node *node, bool fallback, struct document_problem *problem);
/* A whole number with its unit: 500ms, 30s, 15m, 12h, 30d. */
int64_t doc_duration_ms(const struct document_node *node, int64_t fallback,
                        struct document_problem *problem);
/* One of these words (the list ends with NULL), as its index. */
size_t doc_word(const struct document_node *node, const char *const words[], size_t fallback,
                struct document_problem *problem);
/* Hex digits of either case, min to max bytes, into `to` of max bytes. The number of bytes; 0 when
 * the node is NULL or wrong. */
size_t doc_hex(const struct document_node *node, uint8_t *to, size_t min, size_t max,
               struct document_problem *problem);

/* ---- formatting --------------------------------------------------------------------------- */

/* The document in one form: two blanks a level, items of lists indented under their key, at most
 * one blank line, lists and mappings in one line where they stood so and fit, comments kept. What
 * comes out means the same and has the same comments, or there is a problem and nothing comes out.
 * `*out` is the heap's, for free(); NULL on error: INVALID or NO_MEMORY. */
SCP_MUST_USE enum document_error doc_format(const struct document *doc, char **out,
                                            struct document_problem *problem);

/* ---- suggestions -------------------------------------------------------------------------- */

/* The candidate most like `word` (the list ends with NULL), or NULL when none is near: at most one
 * slip in three characters. A slip is a letter too many, too few, another, or two changed over. */
const char *doc_suggest(const char *word, const char *const candidates[]);

/* doc_suggest as the end of a message: "; did you mean 'status'?", or "" when nothing is near. */
struct doc_hint {
    char text[96];
};
struct doc_hint doc_hint(const char *word, const char *const candidates[]);

#endif
