/* Private: a card under power, and what its commands share.
 *
 * What survives a loss of power is `image`; everything else here is forgotten at reset. A command
 * changes `image` freely: its end commits it when the status word says that the command was
 * executed, and goes back to the last commit otherwise (card_settle). No pointer into `image` is
 * kept between commands; AIDs are.
 *
 * So a command is one transaction: whole or not at all. Where a card could not take back what it
 * has begun, the handler commits in between (card_commit):
 *
 *     EXTERNAL AUTHENTICATE  the try is counted before anything is verified, and taken back after
 *     LOAD                   each block takes its memory; a start gives back that of a load cut
 *                            short (card_started.load_bytes)
 *     DELETE                 once it is noted that it began, each thing goes by itself; a start
 *                            carries it to its end (card_started.deletion) */
#ifndef AGENT_CARD_CARD_H
#define AGENT_CARD_CARD_H

#include "agent/card/nvm.h"
#include "agent/card/t0.h"
#include "scp/channel/card_channel.h"
#include "scp/crypto/signature.h"
#include "scp/gp/chaining.h"
#include "scp/gp/commands.h"
#include "scp/gp/install.h"
#include "scp/gp/lifecycle.h"
#include "scp/gp/load_file.h"
#include "scp/gp/receipt.h"
#include "scp/gp/status_words.h"
#include "scp/gp/store_data.h"

enum {
    CARD_APPLET_STATE = 320,      /* bytes an applet keeps while it is selected */
    CARD_STATUS_TAGS_MAX = 32,    /* tag list of GET STATUS */
    CARD_STATUS_PAGE_MAX = 200,   /* data of one page: leaves room for R-MAC and R-ENCRYPTION */
    CARD_ANSWER_MAX = 1792,       /* data of an answer that is fetched by GET RESPONSE */
    CARD_KEY_TRANSFER_MAX = 1280, /* of the groupings that bring keys together */
    CARD_COUNTER_MAX_02 = 32767,
    CARD_COUNTER_MAX_03 = 0xFFFFFF,
};

/* A secure channel session (GPCS 10.2.3): an error in secure messaging aborts it, and an aborted
 * session is not the same as none. */
enum card_session_state {
    CARD_SESSION_NONE,
    CARD_SESSION_INITIALIZED, /* INITIALIZE UPDATE was answered */
    CARD_SESSION_LISTENING,   /* the next command with secure messaging opens it (GPCS E.1.2.2) */
    CARD_SESSION_OPEN,
    CARD_SESSION_ABORTED, /* every command fails until another session, selection or reset */
};

struct card_session {
    enum card_session_state state;
    struct scp_card_channel channel;
    struct scp_aid key_owner; /* the security domain whose keys opened it */
    uint8_t kvn;
};

/* A load file that is coming in. */
struct card_load {
    bool active;   /* LOAD is expected */
    bool combined; /* INSTALL [for load, install and make selectable] goes on after it */
    bool loaded;   /* the load file of a combined process is in the registry */
    const struct card_logical_channel *by; /* where it was begun */
    struct scp_aid file;
    struct scp_aid domain;
    struct scp_aid provider;
    uint8_t signature_template[SCP_APDU_DATA_MAX]; /* B6 of INSTALL, for the receipt */
    size_t signature_template_len;
    uint8_t *announced; /* data of a combined process's first command, of the heap, for its token */
    size_t announced_len;
    uint8_t hash[SCP_HASH_MAX];
    size_t hash_len;
    size_t blocks;
    uint8_t *bytes; /* SCP_LOAD_FILE_MAX bytes of the heap, or NULL */
    size_t len;
};

/* STORE DATA: who gets them, and the beginning of a structure that goes on in the next command. */
struct card_store {
    struct scp_aid target; /* of INSTALL [for personalization]; none: the selected application */
    size_t blocks;
    uint8_t pending[SCP_COMMAND_MAX];
    size_t pending_len;
    uint8_t keys[CARD_KEY_TRANSFER_MAX]; /* DGI 00B9 and what has come of the values after it */
    size_t keys_len;
};

/* GET STATUS that has more to say. */
struct card_status_query {
    bool active;
    bool legacy;
    uint8_t subset;
    uint8_t filter[SCP_AID_MAX];
    size_t filter_len;
    uint8_t tags[CARD_STATUS_TAGS_MAX];
    size_t tags_len;
    uint8_t criteria[SCP_APDU_DATA_MAX]; /* the command data, for what else is searched for */
    size_t criteria_len;
    size_t next;        /* entry to go on with */
    size_t next_module; /* and its first module */
};

/* An answer that is longer than one response: what GET RESPONSE has not fetched, status word last.
 */
struct card_rest {
    uint8_t *bytes; /* of the heap, or NULL */
    size_t len;
    size_t at;
};

/* A long command that comes in parts (GPCS 11.1.5.1). */
struct card_chain {
    struct scp_chain parts;
    uint8_t *bytes; /* SCP_COMMAND_MAX bytes of the heap while there is one, or NULL */
    const struct card_logical_channel *by;
};

/* A logical channel: the application session on it and what ends with that session (GPCS 6.4). */
struct card_logical_channel {
    bool open;
    bool searched; /* SELECT [first occurrence] has come, so [next occurrence] may */
    struct scp_aid selected;
    struct card_session session;
    struct card_store store;
    struct card_status_query status;
    uint8_t applet_state[CARD_APPLET_STATE];
    struct card_rest rest;
};

struct softcard {
    struct rebind_env env;
    void (*release)(void *storage_ctx); /* when the card is freed; may be NULL */
    struct card_nvm nvm;
    struct card_image image;
    bool mute;        /* the last start failed */
    uint64_t busy_us; /* virtual time since the card came to life */
    struct card_t0 t0;

    struct card_logical_channel *channels; /* the basic one, then traits.channels others */
    struct card_logical_channel *at;       /* of the command that runs; never NULL */
    struct card_load load;                 /* one at a time on the whole card */
    struct card_chain chain;               /* of the commands just before */
    bool contactless;                      /* the interface since the last reset */
    struct scp_aid preferred; /* has the volatile priority (Amendment C 6.2.2); empty: none */
};

/* Run a command whose secure messaging is off; append response data, return the status word. */
typedef uint16_t card_handler(struct softcard *card, const struct scp_apdu *apdu,
                              struct scp_writer *out);

/* Make what the command has changed so far last, whatever comes after. 9000, or 6581: then the
 * handler returns that at once. */
uint16_t card_commit(struct softcard *card);
/* Run a command and append its response, which the card may have no power left to give
 * (transmit.c). */
void card_transmit(struct softcard *card, struct scp_bytes command, struct scp_writer *response);
/* End a command: keep what it changed when it was executed, or undo it. Gives the status word to
 * answer with. */
uint16_t card_settle(struct softcard *card, uint16_t sw);

/* The status word for a library error in command data or in the card itself. */
uint16_t card_sw_of(enum scp_error error);

/* ---- logical channels (channels.c) ------------------------------------------------------------
 */

/* Forget everything that a loss of power ends; the basic channel alone is open. */
void card_reset_volatile(struct softcard *card);
/* Begin an application session on the channel of the command, ending the one before. */
void card_enter(struct softcard *card, const struct card_application *app);
/* Whether the application is selected on a channel other than that of the command. */
bool card_selected_elsewhere(const struct softcard *card, const struct card_application *app);
/* What names the application `from` names it `to` on every channel. */
void card_channels_rename(struct softcard *card, const struct scp_aid *from,
                          const struct scp_aid *to);
/* End the session of the command's channel and close the channel; the basic one never closes. */
void card_channel_close(struct softcard *card);
card_handler card_cmd_manage_channel;

/* ---- long commands and answers (transmit.c) --------------------------------------------------
 */

void card_chain_end(struct softcard *card);
void card_rest_end(struct card_logical_channel *channel);

/* ---- selection (cmd_select.c) -----------------------------------------------------------------
 */

/* On the channel of the command; NULL when the application is no longer there. */
struct card_application *card_selected(const struct softcard *card);
card_handler card_cmd_select;

/* ---- secure channel (session.c) ---------------------------------------------------------------
 */

card_handler card_cmd_initialize_update;
/* Gets the command as it came, because its MAC covers all of it. */
uint16_t card_external_authenticate(struct softcard *card, struct scp_bytes command);
void card_session_end(struct softcard *card);
/* Whether commands go through the channel of a session. */
bool card_session_runs(const struct softcard *card);
/* Wait for a session that opens implicitly, where the selected application has such a one. */
void card_session_listen(struct softcard *card);
/* Take secure messaging off a command, its class byte that of the basic channel; the data are in
 * `data` (SCP_OPENED_MAX bytes). 9000; 6982 when that failed and the session is aborted. */
uint16_t card_session_receive(struct softcard *card, const struct scp_apdu *command,
                              struct scp_apdu *plain, struct scp_writer *data);
void card_session_abort(struct softcard *card);
/* BEGIN and END R-MAC SESSION (GPCS E.5.3, E.5.4, Amendment D 7.1.3, 7.1.4). */
card_handler card_cmd_r_mac_session;
/* Forget what depends on the session: load, personalization, paging. */
void card_contexts_end(struct softcard *card);

/* ---- commands of security domains -------------------------------------------------------------
 */

/* Run a plain command on the selected application. */
uint16_t card_dispatch(struct softcard *card, const struct scp_apdu *apdu, struct scp_writer *out);

card_handler card_cmd_install;
card_handler card_cmd_load;
card_handler card_cmd_delete;
card_handler card_cmd_put_key;
card_handler card_cmd_set_status;
card_handler card_cmd_get_status;
card_handler card_cmd_get_data;
card_handler card_cmd_store_data;

void card_load_end(struct softcard *card);
/* Whether a load file has all signatures that its domain and the mandating ones demand, and each
 * that it has is right (dap.c): 6985 where one is missing or cannot be verified, 6982 where it is
 * wrong. The hash of `load` has been compared with the data block before. */
uint16_t card_verify_daps(const struct card_image *image, const struct card_load *load,
                          const struct scp_load_file *file);
/* The clear data block of a load file, in the file itself or in `clear`, which the caller wipes (as
 * long as the ciphered one) and frees, also after an error. A domain with the privilege takes
 * nothing else; a ciphered one needs a hash (ciphered_load.c). */
uint16_t card_decipher_load_file(const struct card_image *image, const struct card_load *load,
                                 const struct scp_load_file *file, uint8_t **clear,
                                 struct scp_bytes *data_block);
/* A stored key as one that signs or verifies; borrows from it. Errors of scp_signing_key. */
SCP_MUST_USE enum scp_error card_signing_key(const struct card_key *key,
                                             struct scp_signature_key *out);
/* Remove what card_started.deletion names, if anything. 9000, or 6581 when the memory failed. */
uint16_t card_delete_carry_out(struct softcard *card);

/* ---- who may manage content (authority.c) -----------------------------------------------------
 */

/* Whether the selected domain may do what `functions` says (SCP_RESTRICT_…, the bits of P1 of
 * INSTALL) with content: as authorized manager without a token, as delegated manager by the token
 * in `apdu`, which the domain with Token Verification above it verifies. 6985 where nobody may or
 * can, 6982 for a wrong token, 6A80 for one that is not due. */
uint16_t card_authorize(const struct softcard *card, uint8_t functions, const struct scp_apdu *apdu,
                        struct scp_bytes token);
/* Append the confirmation of what was done to content, to a delegated manager with the receipt of
 * the domain that generates them, else `00` (GPCS 11.1.6). `signature_template` is the value of B6
 * in the command. */
void card_put_confirmation(struct softcard *card, const struct scp_receipt_subject *subject,
                           struct scp_bytes signature_template, struct scp_writer *out);

/* ---- STORE DATA -------------------------------------------------------------------------------
 */

void card_store_end(struct softcard *card);
/* One grouping of a security domain's own data (GPCS 11.11.4; 0070 embeds data objects). */
uint16_t card_domain_store(struct softcard *card, struct card_application *domain,
                           const struct scp_dgi *dgi);
/* One data object of a security domain (GPCS 11.11.2.3). */
uint16_t card_domain_store_object(struct softcard *card, struct card_application *domain,
                                  uint32_t tag, struct scp_bytes value);
/* The management data of a domain: what was stored as 66, else the template 73 that tells version
 * and secure channel (GPCS H.2, H.3). */
void card_put_management_data(struct scp_writer *w, const struct card_application *domain);
/* Decrypt under the data encryption key of the session; `out` has room for cipher.len bytes. */
SCP_MUST_USE enum scp_error card_decrypt(const struct softcard *card, struct scp_bytes cipher,
                                         uint8_t *out);

/* ---- keys -------------------------------------------------------------------------------------
 */

/* Keep a key that came by PUT KEY or STORE DATA under its version and identifier, adding or
 * replacing: secret components are decrypted in the session of the command's channel, check value,
 * lengths and components are verified (GPCS 11.8.2.3). */
uint16_t card_key_receive(const struct softcard *card, struct card_domain *sd, uint8_t kvn,
                          uint8_t key_id, const struct scp_new_key *from);
/* Check value of a DES or AES key. UNSUPPORTED for another type. */
SCP_MUST_USE enum scp_error card_kcv(uint8_t type, struct scp_bytes value, uint8_t kcv[3]);
/* Whether a key may take another's place: the same algorithm and size (GPCS 11.8.2.3.3). */
bool card_key_same_kind(const struct card_key *old, const struct scp_new_key *new);
bool card_key_is_symmetric(uint8_t type);
/* One command has written keys of a version, bit n of `ids` for identifier n. The counters begin
 * anew with a whole set in SCP03, with any of its keys in SCP02 (Amendment D 6.2.2.1, GPCS E.1.2);
 * a selectable domain with a whole set becomes PERSONALIZED, unless it waits for SET STATUS. */
void card_keys_written(struct card_application *domain, uint8_t kvn, uint32_t ids);

#endif
