/* Structured logs: one line of JSON a record.
 *
 *     {"time":"2026-11-23T13:16:07.123Z","level":"info","event":"server.started","port":8443}
 *
 * A record is an event (dotted words, fixed in the source) and typed fields. There is no type for
 * a secret on purpose: nothing here takes a struct scp_key. Card numbers and names do not belong
 * in a log either; cards are named by their random id.
 *
 *     REBIND_LOG(log, REBIND_LOG_INFO, "server.started", REBIND_UINT("port", port));
 *     rebind_log_event(log, REBIND_LOG_INFO, "server.stopped");
 *
 * Any thread may log; lines are whole. Logging never fails: a record that cannot be written is
 * lost and counted. A NULL log takes every record and drops it. */
#ifndef SCP_HOST_LOG_H
#define SCP_HOST_LOG_H

#include <stdio.h>

#include "scp/base/bytes.h"
#include "scp/host/env.h"

enum rebind_log_level { REBIND_LOG_DEBUG, REBIND_LOG_INFO, REBIND_LOG_WARN, REBIND_LOG_ERROR };

enum rebind_field_type {
    REBIND_FIELD_TEXT,
    REBIND_FIELD_INT,
    REBIND_FIELD_UINT,
    REBIND_FIELD_BOOL,
    REBIND_FIELD_HEX,
};

/* `key` is lower case with underscores and is not escaped: a constant of the source. */
struct rebind_field {
    const char *key;
    enum rebind_field_type type;
    union {
        const char *text; /* NULL is written as null */
        int64_t i;
        uint64_t u;
        bool b;
        struct scp_bytes hex; /* public bytes: an AID, a status word */
    } value;
};

#define REBIND_TEXT(k, v) ((struct rebind_field){(k), REBIND_FIELD_TEXT, {.text = (v)}})
#define REBIND_INT(k, v) ((struct rebind_field){(k), REBIND_FIELD_INT, {.i = (v)}})
#define REBIND_UINT(k, v) ((struct rebind_field){(k), REBIND_FIELD_UINT, {.u = (v)}})
#define REBIND_BOOL(k, v) ((struct rebind_field){(k), REBIND_FIELD_BOOL, {.b = (v)}})
#define REBIND_HEX(k, v) ((struct rebind_field){(k), REBIND_FIELD_HEX, {.hex = (v)}})

struct rebind_log;

/* Borrows `to` and `env`; records below `least` are dropped. NULL when memory is exhausted. */
struct rebind_log *rebind_log_new(FILE *to, enum rebind_log_level least,
                                  const struct rebind_env *env);
void rebind_log_free(struct rebind_log *log);

/* Whether a record of this level is written: for fields that cost something to make. */
bool rebind_log_takes(const struct rebind_log *log, enum rebind_log_level level);
/* Records lost because they were too long or the stream failed. */
uint64_t rebind_log_lost(struct rebind_log *log);

void rebind_log_record(struct rebind_log *log, enum rebind_log_level level, const char *event,
                       const struct rebind_field *fields, size_t count);
void rebind_log_event(struct rebind_log *log, enum rebind_log_level level, const char *event);

#define REBIND_LOG(log, level, event, ...)                                                 \
    rebind_log_record((log), (level), (event), (const struct rebind_field[]){__VA_ARGS__}, \
                      sizeof((const struct rebind_field[]){__VA_ARGS__}) /                 \
                          sizeof(struct rebind_field))

/* "debug", "info", "warn", "error"; NOT_FOUND for any other text. */
SCP_MUST_USE enum scp_error rebind_log_level_from_name(const char *name,
                                                       enum rebind_log_level *out);

#endif
