/* A rebind's conversation with one card: plan → protected scripts → verified responses → observed
 * state. Bytes in, bytes out; keys stay behind struct session_keys; no clock, store or socket.
 *
 *     session_init(&s, &card, seed);
 *     session_plan(&s, &plan);
 *     session_write(&s, &keys, &peer, &script);         // → agent → card → agent →
 *     session_read(&s, &keys, &exchange, &content, &r); // r.outcome says what to do next
 *
 * Between the two calls the session is saved, sealed and stored, so that any server process can
 * read the responses. After SESSION_CONTINUE write the next script; after SESSION_REPLAN make a
 * plan from the content that was read, set it, and write; after SESSION_DONE the plan has been
 * carried out.
 *
 * Legs. A script is cut into legs, each a secure channel with one security domain: SELECT,
 * INITIALIZE UPDATE, EXTERNAL AUTHENTICATE, and the steps of the plan that follow each other in
 * that domain. With a predictable card challenge and a known counter a leg is prepared before the
 * card is seen and travels under its guard, and one script carries all legs that are. A script ends
 * with the INITIALIZE UPDATE of a leg that cannot be prepared; the next one goes on from there: one
 * exchange more than there are such legs. A guard that
 * did not hold is no loss: the real answer is verified like any other opening, and the session goes
 * on from it without EXTERNAL AUTHENTICATE ever having been sent under wrong keys. */
#ifndef OTA_SERVER_REBIND_SESSION_H
#define OTA_SERVER_REBIND_SESSION_H

#include "ota-server/rebind/plan.h"
#include "ota-server/rebind/protect.h"
#include "scp/channel/channel.h"
#include "scp/ota/script.h"

/* A security domain of the card, and the keys that open it, as the card's record has them.
 *
 * Whoever holds a script can run a leg that was prepared for a counter as long as the card's has
 * not passed it, and two different legs under one SCP02 counter would share keys. So nothing is
 * prepared, and no command wrapped, under a counter below `unused_from`: the session first spends
 * the card's counter up to there, an INITIALIZE UPDATE each in SCP03, an authentication with
 * nothing behind it in SCP02. */
struct session_domain {
    bool present;
    struct scp_aid aid;
    enum scp_protocol protocol;
    uint8_t i;
    uint8_t kvn;
    uint8_t diversification_data[10];
    bool counter_known;
    uint32_t counter; /* SCP02: what INITIALIZE UPDATE would answer now; SCP03: the last one used */
    uint32_t unused_from; /* the lowest counter above all that legs were ever prepared for */
};

struct session_card {
    struct session_domain domains[PLAN_CHANNELS];
};

/* What the agent can do. Zeroed: a peer that knows the standard only. */
struct session_peer {
    bool guard;
    bool targets;
    size_t script_limit; /* bytes; 0: SCP_SCRIPT_MAX */
};

/* What the session needs from the vault and from the product. */
struct session_keys {
    struct scp_keys keys[PLAN_CHANNELS]; /* of the domains that are present */
    void *ctx;
    /* Append the personalisation of the product for this card as DGIs, `id(2) length value`,
     * sensitive ones encrypted under `keys` for this session. */
    enum scp_error (*personalise)(void *ctx, const struct scp_keys *keys,
                                  const struct scp_session_context *session,
                                  struct scp_writer *dgis);
    /* Append the first key set of the bank's domain as the DGIs of a key transfer (GPCS 11.11.4),
     * secret ones encrypted under `keys` for this session. */
    enum scp_error (*key_domain)(void *ctx, const struct scp_keys *keys,
                                 const struct scp_session_context *session,
                                 struct scp_writer *dgis);
    /* Append the key data fields of PUT KEY (GPCS 11.8.2.3) for the key set that a change of keys
     * brings, in the order of their identifiers from 1, encrypted under `keys` for this session. */
    enum scp_error (*put_keys)(void *ctx, const struct scp_keys *keys,
                               const struct scp_session_context *session,
                               struct scp_writer *fields);
};

struct session_materials {
    const struct plan_product *product; /* NULL when revoking */
    const struct plan_domain *domain;   /* NULL when the bank has none */
    struct protect_rules protect;
    size_t max_command_data;    /* the card's block limit for LOAD and STORE DATA; 0: none */
    struct scp_bytes pdol_data; /* of GET PROCESSING OPTIONS in the proof */
    struct scp_bytes cdol_data; /* of GENERATE AC in the proof, with an unpredictable number */
};

enum session_phase {
    SESSION_CLOSED,  /* no channel */
    SESSION_OPENING, /* a script that ends with INITIALIZE UPDATE is out */
    SESSION_OPENED,  /* the card's answer was verified; EXTERNAL AUTHENTICATE is next */
    SESSION_RUNNING, /* authenticated */
};

enum {
    SESSION_REGISTRY_PARTS = 3,
    SESSION_PAGES_MAX = 32,
    SESSION_LEGS_MAX = 8,
    SESSION_SEED_SIZE = 16,
};

/* Private: what one leg of the outstanding script is made of, in this order. */
struct session_leg {
    enum plan_channel channel;
    bool has_select;
    bool has_init_update;
    bool has_authenticate;
    size_t steps;
    struct scp_channel at; /* as it stands before the first step */
};

/* Private: a value of the caller's; only its phase is of interest outside. */
struct session {
    enum session_phase phase;
    enum plan_channel open;     /* whose channel it is, unless closed */
    struct scp_channel channel; /* as it stands now; of an outstanding script, see its legs */
    struct session_card card;
    uint8_t seed[SESSION_SEED_SIZE]; /* the host challenges come from it */
    uint32_t openings;               /* how many were drawn */
    struct plan plan;
    size_t next_step; /* first step that the outstanding script carries, or that comes next */
    struct session_leg legs[SESSION_LEGS_MAX]; /* of the outstanding script */
    size_t leg_count;
    uint16_t step_commands[PLAN_STEPS_MAX]; /* of the step next_step + n */
    /* PLAN_STEP_READ: how many pages to ask of each part of the registry (0: it was read whole),
     * and whether first pages came. A card goes on with its last question only, so more pages are
     * asked right behind the first, which is asked again. */
    uint8_t read_pages[SESSION_REGISTRY_PARTS];
    bool read_more[SESSION_REGISTRY_PARTS]; /* while answers are read */
    bool read_started;
    /* For the caller, who has the candidates: how many key sets of each domain this contact found
     * not to be on the card. */
    uint8_t missed[PLAN_CHANNELS];
};

enum session_outcome {
    SESSION_DONE,        /* every step of the plan was carried out */
    SESSION_CONTINUE,    /* write the next script */
    SESSION_REPLAN,      /* the registry was read: plan from `content`, session_plan, write */
    SESSION_STOPPED,     /* the card refused a command: see sw, step */
    SESSION_INTERRUPTED, /* responses are missing: what the card carries must be read again */
    SESSION_NO_KEYS,     /* INITIALIZE UPDATE was refused: the card has not these keys, it says */
    SESSION_WRONG_KEYS,  /* the card cryptogram does not verify: nothing was authenticated */
    SESSION_REFUSED,     /* EXTERNAL AUTHENTICATE failed: one try of the key set is spent */
    SESSION_FORGED,      /* a response does not verify: somebody other than the card spoke */
};

/* The application cryptogram that the new instance answered with. */
struct session_proof {
    bool present;
    uint8_t profile[2]; /* application interchange profile, tag 82 */
    uint16_t atc;
    uint8_t cryptogram[8];
    uint8_t input[128]; /* CDOL1 data ‖ AIP ‖ ATC ‖ IAD */
    size_t input_len;
};

/* What an exchange showed of a domain. */
struct session_shown {
    bool counter_seen;
    uint32_t counter; /* to keep in the card's record */
    bool r_mac;       /* a step was answered under a MAC that verified */
    bool opened;      /* a card cryptogram verified: these keys are on the card */
};

struct session_result {
    enum session_outcome outcome;
    size_t step; /* the first one not carried out */
    size_t steps_done;
    uint16_t sw;               /* SESSION_STOPPED, _NO_KEYS: the status word that stopped it */
    enum plan_channel channel; /* where the exchange ended */
    struct session_shown shown[PLAN_CHANNELS];
    struct session_proof proof;
    uint8_t deleted_kvns[PLAN_OLD_KEYS_MAX]; /* key sets that are gone */
    size_t deleted_count;
};

void session_init(struct session *s, const struct session_card *card,
                  const uint8_t seed[SESSION_SEED_SIZE]);
/* Set or replace the plan; the steps count from 0 again. */
void session_plan(struct session *s, const struct plan *plan);

/* The domain as the session knows it now. `unused_from` belongs into the card's record before the
 * script leaves. */
const struct session_domain *session_domain(const struct session *s, enum plan_channel channel);
/* Whether the outstanding script was prepared whole, so that the same bytes can be sent again. */
bool session_is_prepared(const struct session *s);
/* The steps that the outstanding script carries, from next_step on. */
size_t session_script_steps(const struct session *s);
bool session_script_has(const struct session *s, enum plan_step_kind kind);
/* Whether any step of the plan is of that kind. */
bool session_plan_has(const struct session *s, enum plan_step_kind kind);
/* How many of them are done when the card has answered so many commands of the script. */
size_t session_steps_within(const struct session *s, size_t commands);
/* For whom the outstanding script is: the domain of its first leg. */
struct scp_aid session_target(const struct session *s);

/* Append the next script. The caller wipes nothing: scripts hold only protected data. OUT_OF_RANGE
 * with `why` from the choke point; TOO_LONG when one step alone exceeds the limit of the peer;
 * NOT_FOUND when a step needs a domain that the card does not have. */
SCP_MUST_USE enum scp_error session_write(struct session *s, const struct session_keys *keys,
                                          const struct session_materials *materials,
                                          const struct session_peer *peer,
                                          struct scp_writer *script, const char **why);

/* What went out and what came back. */
struct session_exchange {
    struct scp_bytes script;            /* the bytes that session_write gave */
    struct scp_bytes responses;         /* the response list, or empty when none came */
    const struct plan_product *product; /* as in the materials */
    const struct plan_domain *domain;
};

/* Take the responses. `content` is brought up to date with every step that was carried out. Errors
 * are MALFORMED and the like for responses that are no response list; the session is unchanged
 * then. */
SCP_MUST_USE enum scp_error session_read(struct session *s, const struct session_keys *keys,
                                         const struct session_exchange *exchange,
                                         struct card_content *content,
                                         struct session_result *result);

/* The state between two calls, with magic and version. It holds session keys: seal it. */
enum { SESSION_SAVED_MAX = 1280 + (SESSION_LEGS_MAX + 1) * (SCP_CHANNEL_SAVED_MAX + 16) };
void session_save(const struct session *s, struct scp_writer *w);
SCP_MUST_USE enum scp_error session_restore(struct session *s, struct scp_bytes saved);
void session_fini(struct session *s);

#endif
