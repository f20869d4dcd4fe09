/* A bench for rebinds: a soft card issued with bank A, the agent's runner, and a server's session
 * between them, all in one process. Every helper asserts what it needs. */
#ifndef TESTS_INTEGRATION_REBIND_BENCH_H
#define TESTS_INTEGRATION_REBIND_BENCH_H

#include "tests/support/test.h"

#include "agent/card/softcard.h"
#include "agent/reader/transceive.h"
#include "agent/relay/runner.h"
#include "ota-server/rebind/card_profile.h"
#include "ota-server/rebind/session.h"
#include "scp/crypto/kdf.h"

enum {
    BENCH_IMAGE_MAX = 256 * 1024,
    BENCH_RESPONSES_MAX = 256,
    BENCH_RESPONSES_SIZE = 32 * 1024,
    BENCH_PACKAGE_SIZE = 600,
    BENCH_LOAD_FILE_MAX = 4096,
};

/* The first card risk management data object list of both banks, in hex. */
#define BENCH_CDOL1 "9F02069F03069F1A0295055F2A029A039C019F3704"

/* What one run of a script gave. */
struct bench_run {
    struct agent_run end;
    uint8_t memory[BENCH_RESPONSES_SIZE];
    struct scp_writer kept;
    struct scp_bytes items[BENCH_RESPONSES_MAX];
    size_t count;
};

struct bench {
    struct rebind_seeded seeded;
    struct rebind_env env;
    struct softcard *card;
    uint8_t image[BENCH_IMAGE_MAX]; /* what survives a loss of power */
    size_t image_len;
    struct card_profile profile;
    enum scp_diversification scheme;
    struct scp_key_set masters;
    struct scp_key_set keys; /* of this card */
    struct session_keys session_keys;
    uint8_t load_file[BENCH_LOAD_FILE_MAX];
    struct plan_product bank_b;
    bool has_domain; /* bank B personalises through a security domain of its own */
    struct plan_domain domain_b;
    struct scp_key_set domain_keys;
    uint8_t domain_parameters[64];
    struct scp_aid bank_a;
    struct scp_aid retired; /* whose bank a plan takes out of use: bank A unless a test says else */

    /* The card's record in the server. */
    struct session_card record;
    struct card_content content;

    /* The way to the card: after `tear_after` commands (0: never) it loses its power before the
     * last answer is out, or at its `tear_write`-th write (0: never) after each start. */
    size_t commands;
    size_t tear_after;
    uint64_t tear_write;
    bool torn;
    size_t authentications; /* EXTERNAL AUTHENTICATE that reached the card */
    size_t refused;         /* … and was not answered 9000 */
    struct agent_link link;
    struct agent_transceive way;
    struct scp_aid target; /* what an agent of the standard has selected */

    uint8_t script_memory[SCP_SCRIPT_MAX];
    struct bench_run run;
    size_t script_commands; /* sent in the last visit */
    char social[65];        /* SHA-256 of the social-security application as issued */
};

extern const uint8_t bench_diversification_data[10];
extern const struct scp_key bench_ac_key_a, bench_ac_key_b;
/* The records of both banks as their DGIs hold them: bank B's sensitive ones are clear. */
extern const uint8_t bench_keys_b[48], bench_pin_b[8];

/* A card of configs/profiles/NAME.yaml; its content is not known yet. */
struct bench *bench_new(const char *profile);
/* The same, where bank B has a security domain. */
struct bench *bench_new_with_domain(const char *profile);
/* The same, where that domain loads and installs by itself. */
struct bench *bench_new_with_managing_domain(const char *profile);
void bench_free(struct bench *b);

/* What the two calls above are made of (bench_bank.c). */
void bench_give_bank_b(struct bench *b);
void bench_give_domain_b(struct bench *b);
struct scp_aid bench_aid(const char *hex);

/* The record's issuer security domain. */
struct session_domain *bench_issuer(struct bench *b);

/* Keep the card as it is, and go back to that. */
struct bench_snapshot {
    uint8_t *image;
    size_t len;
    struct session_card record;
    struct card_content content;
};
struct bench_snapshot bench_keep(const struct bench *b);
void bench_return_to(struct bench *b, const struct bench_snapshot *kept);
void bench_snapshot_free(struct bench_snapshot *kept);
/* Power off and on. */
void bench_power(struct bench *b);

/* Run a script on the card as the agent does; the response list goes to `out`. */
void bench_run_script(struct bench *b, struct scp_bytes script, struct scp_writer *out);

/* A plan from the record: the switch to bank B, or reading. */
struct plan bench_plan(const struct bench *b, enum plan_operation operation);
struct session_materials bench_materials(struct bench *b);
/* An agent of ours, and one that knows the standard alone. */
extern const struct session_peer bench_peer, bench_standard_peer;

/* One contact: as many exchanges as it takes; the record is brought up to date as the server does.
 */
struct bench_visit {
    enum session_outcome outcome;
    size_t exchanges;
    uint16_t sw;
    bool r_mac;
    struct session_proof proof;
};
struct bench_visit bench_visit(struct bench *b, enum plan_operation operation,
                               const struct session_peer *peer);
/* Bring the record up to date with what an exchange showed. */
void bench_take_result(struct bench *b, const struct session_result *result);

/* Read the registry and assert that the record says the same. */
void assert_record_is_true(struct bench *b);
/* The bank that the PPSE lists pays; the AID goes to `aid`. */
void assert_listed_bank_pays(struct bench *b, struct scp_aid *aid);
void assert_social_security_is_as_issued(struct bench *b);
/* Whether the PPSE lists a bank, which then pays. It never lists one that is not there. */
bool bench_pays(struct bench *b);

#endif
