/* Inside the session: the script under construction, and what the steps of a plan do with it.
 * session_write.c and session_read.c open channels and walk scripts; steps.c knows what each step
 * sends, step_answers.c what its answers mean. Nobody else includes this. */
#ifndef OTA_SERVER_REBIND_SESSION_BUILD_H
#define OTA_SERVER_REBIND_SESSION_BUILD_H

#include "ota-server/rebind/session.h"

/* The script under construction. */
struct session_build {
    struct session *session;
    const struct session_keys *keys;
    const struct session_materials *materials;
    struct scp_channel channel; /* of the leg being written; advances with each wrapped command */
    struct scp_script_writer script;
    size_t steps;                  /* written into this script */
    uint32_t ahead[PLAN_CHANNELS]; /* counters of each domain that the script uses up */
    uint16_t commands;             /* of the step being written */
    struct protect_state protect;  /* what the choke point has seen of this channel */
    const char *why;               /* what the choke point said */
};

/* The status words that may follow a command; the first `count` are looked at. */
struct session_accepts {
    size_t count; /* 0: 9000 alone */
    struct scp_sw_match match[SCP_SCRIPT_ACCEPTS_MAX];
};

/* Past the choke point, through the channel (or plain), into the script. NO_SPACE when the script
 * is full. `accepts` may be NULL: 9000 alone. */
SCP_MUST_USE enum scp_error session_emit(struct session_build *b, const struct scp_apdu *command,
                                         const struct session_accepts *accepts);
SCP_MUST_USE enum scp_error session_emit_plain(struct session_build *b,
                                               const struct scp_apdu *command,
                                               const struct session_accepts *accepts);

/* The commands of one step. */
SCP_MUST_USE enum scp_error session_step_write(struct session_build *b,
                                               const struct plan_step *step);

/* One answer to a step's command, verified and clear. */
struct session_answer {
    const struct plan_step *step;
    size_t index;             /* which of the step's commands, from 0 */
    struct scp_bytes command; /* as it stands in the script */
    struct scp_bytes data;
    uint16_t sw;
};

/* Take what an accepted answer says. MALFORMED when it says nothing that can be read. */
SCP_MUST_USE enum scp_error session_step_take(struct session *s,
                                              const struct session_answer *answer,
                                              struct card_content *content,
                                              struct session_result *result);

/* Whether the status word may follow a command of the step. In the standard form of a script, which
 * cannot say so itself, this alone counts. */
bool session_step_accepts(const struct session_answer *answer);

/* Every command of the step was accepted: what the card carries now. */
SCP_MUST_USE enum scp_error session_step_done(struct session *s, const struct plan_step *step,
                                              const struct session_exchange *exchange,
                                              struct card_content *content);

/* ---- what both directions know --------------------------------------------------------------
 */

struct scp_channel_params session_params(const struct session_domain *domain);
/* Of the host challenges of a domain: 16 bytes in S16 mode, else 8. */
size_t session_challenge_len(const struct session_domain *domain);
/* What INITIALIZE UPDATE would answer next, as far as the counter is known. */
uint32_t session_next_counter(const struct session_domain *domain);
bool session_predictable(const struct session_domain *domain);
/* Whether the counter under which the open channel stands may not be used: see struct
 * session_domain. */
bool session_must_spend(const struct session *s);

#endif
