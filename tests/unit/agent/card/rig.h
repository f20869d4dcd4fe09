/* A soft card in memory and a host that talks to it over libscp: what the tests of this folder
 * share. Every helper asserts what it needs. */
#ifndef TESTS_UNIT_AGENT_CARD_RIG_H
#define TESTS_UNIT_AGENT_CARD_RIG_H

#include "tests/support/test.h"

#include "agent/card/softcard.h"
#include "scp/channel/channel.h"
#include "scp/gp/commands.h"
#include "scp/gp/install.h"
#include "scp/gp/load_file.h"
#include "scp/gp/put_key.h"
#include "scp/gp/status_words.h"
#include "scp/gp/store_data.h"
#include "scp/host/file.h"

enum { RIG_IMAGE_MAX = 256 * 1024 };

struct rig {
    struct rebind_seeded seeded;
    struct rebind_env env;
    struct softcard *card;
    uint8_t image[RIG_IMAGE_MAX]; /* what the storage holds */
    size_t image_len;
    size_t writes;
    bool storage_fails;
    void (*watch)(void *ctx, struct scp_bytes command); /* sees each command, unless NULL */
    void *watch_ctx;
    struct scp_key_set keys; /* of the issuer security domain */
    struct scp_channel_params params;
    struct scp_channel channel;
    struct scp_keys holder;
    uint8_t response[SOFTCARD_RESPONSE_MAX];
    uint8_t plain[SOFTCARD_RESPONSE_MAX];
    uint8_t channel_number; /* logical channel that commands go to */
    struct scp_bytes data;  /* of the last response */
    uint16_t sw;
};

/* AIDs of the issuance that the rig uses. */
extern const struct scp_bytes rig_isd, rig_social, rig_ppse, rig_payment_module, rig_old_bank;

/* A card of configs/profiles/NAME.yaml. */
struct rig *rig_new(const char *profile);
/* The same with lines of its section `soft` added, each "  key: value\n". */
struct rig *rig_new_with(const char *profile, const char *soft_lines);
/* The same with another option `i`. */
struct rig *rig_new_option(const char *profile, uint8_t i);
/* The same in another state than secured: "op-ready", "initialized". */
struct rig *rig_new_state(const char *profile, const char *state);
void rig_free(struct rig *rig);
/* Bring the card to life again from what the storage holds. */
void rig_reopen(struct rig *rig);

/* Reset the card. */
void rig_power(struct rig *rig);

/* Send without secure messaging; data and sw are set. */
uint16_t rig_plain(struct rig *rig, struct scp_apdu apdu);
uint16_t rig_hex(struct rig *rig, const char *hex);
uint16_t rig_select(struct rig *rig, struct scp_bytes aid);

/* Open a session on the selected application under `keys`; asserts 9000. */
void rig_open_with(struct rig *rig, const struct scp_key_set *keys, uint8_t kvn, uint8_t level);
/* SELECT the issuer security domain and open a session at the highest level. */
void rig_open(struct rig *rig);
/* Send within the session; the response is verified. */
uint16_t rig_send(struct rig *rig, struct scp_apdu apdu);

/* The same for a command of any length, in parts where it has to be. */
uint16_t rig_send_long(struct rig *rig, struct scp_apdu apdu);
/* Send what the channel has protected already; the response is verified. */
uint16_t rig_send_wrapped(struct rig *rig, struct scp_bytes command);
/* The same from hex; and a table of commands, each with the status word that has to come. */
uint16_t rig_send_hex(struct rig *rig, const char *hex);
uint16_t rig_send_body(struct rig *rig, uint8_t ins, uint8_t p1, const char *data_hex);
struct rig_row {
    const char *command;
    uint16_t sw;
};
void rig_send_rows(struct rig *rig, const struct rig_row *rows, size_t count);
#define rig_rows(rig, rows) rig_send_rows((rig), (rows), sizeof(rows) / sizeof(rows)[0])

uint16_t rig_install(struct rig *rig, struct scp_install install);
uint16_t rig_delete(struct rig *rig, struct scp_bytes aid, bool related);
/* A load file with one module and `size` bytes of code, sent in whole; the last status word. */
struct rig_package {
    struct scp_bytes aid;
    struct scp_bytes module;
    size_t size;
};
uint16_t rig_load(struct rig *rig, const struct rig_package *package, struct scp_bytes domain);
/* The same with all that may go with it. */
struct rig_loading {
    struct scp_bytes domain;
    struct scp_bytes hash; /* as INSTALL states it */
    const struct scp_dap *daps;
    size_t dap_count;
    const struct scp_data_block_cipher *cipher; /* the data block goes under it; may be NULL */
    size_t more_modules;                        /* whose AIDs count up from the package's module */
};
uint16_t rig_load_with(struct rig *rig, const struct rig_package *package,
                       const struct rig_loading *loading);
/* The hash of its load file data block; SHA-256. */
void rig_package_hash_with(const struct rig_package *package, enum scp_hash hash,
                           struct scp_digest *digest);
void rig_package_hash(const struct rig_package *package, struct scp_digest *digest);
/* Its LOAD commands alone, after INSTALL. */
uint16_t rig_load_blocks(struct rig *rig, const struct rig_package *package);
/* STORE DATA of groupings; those marked as encrypted are enciphered for the session. */
uint16_t rig_store(struct rig *rig, const struct scp_dgi *dgis, size_t count);
/* INSTALL [for install] of a module; `privileges` of one byte. */
uint16_t rig_instantiate(struct rig *rig, uint8_t p1, const struct rig_package *package,
                         struct scp_bytes aid, uint8_t privileges);
/* PUT KEY of a key set under a new version. */
uint16_t rig_put_keys(struct rig *rig, uint8_t replaced, uint8_t kvn,
                      const struct scp_key_set *keys);
/* A supplementary security domain, selectable, keyed with `keys` under KVN 0x30 or 0x20. */
void rig_make_domain(struct rig *rig, struct scp_bytes aid, uint32_t privileges,
                     const struct scp_key_set *keys);
/* A key set of the length of the card's keys, told apart by `seed`. */
struct scp_key_set rig_keys(const struct rig *rig, uint8_t seed);

/* Assertions. */
void assert_data_hex(const struct rig *rig, const char *hex);
#define assert_sw(expected, actual) assert_int_equal((expected), (actual))

#endif
