/* A session of a record, at both ends: what the checks of SCP02 and SCP03 share.
 *
 * Sources name a field differently and leave out what follows from others; the readers here take
 * any of the names and fill in what is missing. */
#ifndef TESTS_VECTORS_TRACE_H
#define TESTS_VECTORS_TRACE_H

#include "scp/channel/card_channel.h"
#include "scp/channel/protocol.h" /* to start a session from given session keys */
#include "tests/vectors/vector.h"

struct trace {
    struct scp_key_set set;
    struct scp_keys keys; /* over `set` */
    struct scp_channel_params params;
    struct scp_session_context session;
    struct scp_bytes host_challenge;
    struct scp_bytes answer; /* of INITIALIZE UPDATE; empty when the record has none */
    struct scp_channel host;
    struct scp_card_channel card;
};

/* The first of the names that the object has; the first of all when it has none. */
const char *trace_name(const json_t *of, const char *const names[]);
#define TRACE_NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A number, as decimal or as hex digits. */
uint32_t trace_number(struct vector *v, const json_t *of, const char *name, uint32_t otherwise);
/* A session key of the inputs: "enc", "mac" or "rmac" under any of its names; empty if absent. */
struct scp_key trace_session_key(struct vector *v, const char *which);
/* Whether the record gives static keys. */
bool trace_has_static_keys(const struct vector *v);

/* Protocol, option, level, static keys, challenges, counter: all that the inputs say. What they say
 * twice must agree. */
void trace_init(struct vector *v, struct trace *t, enum scp_protocol protocol);
/* The session keys in this object: as enc, mac… where it holds keys alone, as session_enc… where
 * "rmac" would be a MAC. */
enum trace_naming { TRACE_SHORT_NAMES, TRACE_LONG_NAMES };
void trace_expect_keys(struct vector *v, const struct trace *t, json_t *of,
                       enum trace_naming naming);
void trace_expect_cryptograms(struct vector *v, const struct scp_session_keys *keys,
                              const struct scp_session_context *session);
/* Open both ends from static keys; false after a failure. */
bool trace_open(struct vector *v, struct trace *t);
/* Both ends in the state after opening, from session keys and the chaining value of the inputs. */
void trace_resume(struct vector *v, struct trace *t);

/* A verdict of a channel over what came to it: a record that must be refused ends there, with all
 * that it lists for later. */
bool trace_accepted(struct vector *v, const char *what, enum scp_error error);

/* One command, and its response where there is one. `of` has plain, wrapped, response…; each may be
 * a list, where a command or a response travelled in parts. False when the session cannot go on. */
bool trace_exchange(struct vector *v, struct trace *t, json_t *of);
/* All of `commands` in the expected part. */
void trace_exchange_all(struct vector *v, struct trace *t);

#endif
