/* Known-answer records and the functions that check them.
 *
 * A file in this folder is one JSON object with an array `records`; a record has `id`, `protocol`,
 * `kind`, `inputs`, `expected` and its `source`. A family (check_*.c) is a table of the kinds it
 * knows; families.c names the families. The runner works on a copy of `expected` from which each
 * vector_expect_* takes the field it compared: what is left at the end was not checked, and fails
 * the record.
 *
 * Values borrow from the record or from the vector's arena and live as long as the check. */
#ifndef TESTS_VECTORS_VECTOR_H
#define TESTS_VECTORS_VECTOR_H

#include "scp/base/secret.h"
#include "scp/gp/apdu.h"

#include <jansson.h>

enum { VECTOR_ARENA = 65536 };

struct vector {
    const char *id;
    const char *kind;
    json_t *inputs;
    json_t *expected; /* the copy that shrinks */
    size_t failures;
    const char *skipped; /* the reason, or NULL */
    uint8_t arena[VECTOR_ARENA];
    size_t used;
};

struct vector_kind {
    const char *protocol;
    const char *kind; /* a final '*' stands for any end: "response-packet-*" */
    void (*check)(struct vector *v);
};

struct vector_family {
    const struct vector_kind *kinds;
    size_t count;
};

#define VECTOR_FAMILY(table)                      \
    {                                             \
        (table), sizeof(table) / sizeof(table)[0] \
    }

/* All families, in families.c. */
extern const struct vector_family *const vector_families[];
extern const size_t vector_family_count;

/* ---- inputs ------------------------------------------------------------------------------- */

/* Whether `of` has the field. */
bool vector_has(const json_t *of, const char *name);
/* Bytes of a hex field; a failure and empty when it is absent or no hex. */
struct scp_bytes vector_hex(struct vector *v, const json_t *of, const char *name);
struct scp_bytes vector_hex_of(struct vector *v, const json_t *value);
/* Memory that lives as long as the check; a failure and NULL when the arena has no more. */
uint8_t *vector_space(struct vector *v, size_t size);
/* The first of the named inputs that is there; empty when none is. The list ends with NULL. */
struct scp_bytes vector_any_of(struct vector *v, const char *const *names);
#define VECTOR_ANY(v, ...) vector_any_of((v), (const char *const[]){__VA_ARGS__, NULL})
/* Whether an input is the boolean true. */
bool vector_flag(const struct vector *v, const char *name);
/* A number, or a hex field of up to four bytes as one; `otherwise` when it is absent. */
uint32_t vector_u32(struct vector *v, const json_t *of, const char *name, uint32_t otherwise);
long vector_number(struct vector *v, const json_t *of, const char *name);
const char *vector_text(struct vector *v, const json_t *of, const char *name);
struct scp_key vector_key(struct vector *v, const json_t *of, const char *name);
/* `enc`, `mac`, `dek` of an object; absent ones are empty. */
struct scp_key_set vector_key_set(struct vector *v, const json_t *of);

/* ---- answers ------------------------------------------------------------------------------ */

/* Compare a field of `of` (v->expected or an object inside it) and take it out. Absent fields are
 * passed over: records of a kind carry more or fewer. */
void vector_expect_bytes(struct vector *v, json_t *of, const char *name, struct scp_bytes actual);
void vector_expect_number(struct vector *v, json_t *of, const char *name, long actual);
void vector_expect_bool(struct vector *v, json_t *of, const char *name, bool actual);
void vector_expect_text(struct vector *v, json_t *of, const char *name, const char *actual);
/* The same for a command: a source may send a final Le of 00 with it, or not. */
void vector_expect_command(struct vector *v, json_t *of, const char *name, struct scp_bytes actual);

/* A command that is built: `command`, `command_data`, `p1`, `p2`. One of more than 255 bytes is
 * compared as the parts that `commands` lists, each of `room` bytes of data (255). */
void vector_expect_apdu(struct vector *v, const struct scp_apdu *apdu);
/* A list of hex strings against as many values; absent lists are passed over. */
void vector_expect_list(struct vector *v, json_t *of, const char *name,
                        const struct scp_bytes *actual, size_t count);
/* Whether `list` is as long as what came out. */
void vector_expect_count(struct vector *v, const char *what, const json_t *list, size_t actual);
/* Whether the bytes were taken as `accept` says (negative and quirk records), or at all where it is
 * absent. Returns whether they were taken. */
bool vector_expect_accept(struct vector *v, enum scp_error error);

/* Take a field out that a check has looked at in its own way. */
void vector_taken(json_t *of, const char *name);
/* A call that must succeed. Returns whether it did. */
bool vector_ok(struct vector *v, const char *what, enum scp_error error);
/* A failure with both sides as text. */
void vector_fail(struct vector *v, const char *what, const char *expected, const char *actual);
void vector_fail_bytes(struct vector *v, const char *what, struct scp_bytes expected,
                       struct scp_bytes actual);
/* Leave the record unchecked, for a named reason. */
void vector_skip(struct vector *v, const char *reason);

#endif
