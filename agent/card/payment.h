/* Private: a payment application (EMV 4.3 Book 3, personalised as EMV CPS 1.1 says), in the files
 * payment_*.c and app_payment.c.
 *
 * Groupings, kept as objects of the instance under their number:
 *
 *     9102, 9103   FCI proprietary template: contact, contactless; each stands in for the other
 *     9104         82 AIP and 94 AFL, or a whole answer to GET PROCESSING OPTIONS (77 or 80)
 *     9200         9F10 issuer application data: its version says how cryptograms are made
 *     9207         contactless in one command: 82, 94, 57, 5F34, … of the answer (payment_fast.c)
 *     SFI<<8|rec   record, with its template 70
 *     8000         AC, SMI and SMC keys, 3 x 16 bytes, under the data encryption key
 *     9000         check values of the three keys, verified when both are there
 *     8101, 8103   private exponent and modulus of the card's RSA key, under the same key: INTERNAL
 *                  AUTHENTICATE signs with them (payment_dynamic.c)
 *     8010         reference PIN block, under the data encryption key
 *     9010         PIN try counter and limit, one byte each; 3 and 3 without it
 *
 * The volatile state is bytes, of which the first is the stage of the transaction. */
#ifndef AGENT_CARD_PAYMENT_H
#define AGENT_CARD_PAYMENT_H

#include "agent/card/applet.h"
#include "agent/card/card.h"
#include "scp/base/secret.h"
#include "scp/emv/script.h"
#include "scp/gp/tlv.h"

enum {
    PAYMENT_DGI_KEYS = 0x8000,
    PAYMENT_DGI_PIN = 0x8010,
    PAYMENT_DGI_PRIVATE_EXPONENT = 0x8101,
    PAYMENT_DGI_MODULUS = 0x8103,
    PAYMENT_DGI_KCVS = 0x9000,
    PAYMENT_DGI_PIN_TRIES = 0x9010,
    PAYMENT_DGI_FCI = 0x9102,
    PAYMENT_DGI_FCI_CONTACTLESS = 0x9103,
    PAYMENT_DGI_OPTIONS = 0x9104,
    PAYMENT_DGI_ISSUER_DATA = 0x9200,
    PAYMENT_DGI_FAST = 0x9207,
    /* The card's own, beyond the numbers of groupings. */
    PAYMENT_ATC = 0x10000,
    PAYMENT_PERSONALISED = 0x10001,
    PAYMENT_PIN_TRIES = 0x10002,
    PAYMENT_LAST_ONLINE_ATC = 0x10003,
    PAYMENT_HISTORY = 0x10004, /* enum payment_history */
    PAYMENT_BLOCKED = 0x10005,
};

enum {
    PAYMENT_KEY_SIZE = 16,
    PAYMENT_KEYS_SIZE = 3 * PAYMENT_KEY_SIZE,
    PAYMENT_PIN_SIZE = SCP_EMV_PIN_BLOCK_SIZE,
    PAYMENT_PIN_TRIES_DEFAULT = 3,
    PAYMENT_PIN_TRIES_MAX = 15, /* 63Cx counts to there */
    PAYMENT_ATC_MAX = 0xFFFF,
    PAYMENT_DOL_DATA_MAX = 255,
};

/* ---- the transaction (Book 3 figure 7; payment_stage.c) ------------------------------------ */

enum payment_stage {
    PAYMENT_SELECTED,
    PAYMENT_INITIATED,
    PAYMENT_ONLINE,    /* a request was given */
    PAYMENT_ANSWERED,  /* and the issuer's answer has come by EXTERNAL AUTHENTICATE */
    PAYMENT_COMPLETED, /* after a request */
    PAYMENT_ENDED,     /* without one */
};
enum payment_event {
    PAYMENT_GETS_OPTIONS,
    PAYMENT_SIGNS,
    PAYMENT_GOES_ONLINE,
    PAYMENT_ENDS_OFFLINE,
    PAYMENT_AUTHENTICATES_ISSUER,
    PAYMENT_COMPLETES,
    PAYMENT_RUNS_SCRIPT,
};

/* Bytes of the volatile state. */
enum {
    PAYMENT_AT_STAGE,
    PAYMENT_AT_FLAGS,
    PAYMENT_AT_RESULTS, /* of earlier transactions, as the first cryptogram told them */
    PAYMENT_AT_REQUEST, /* the cryptogram that went online */
    PAYMENT_AT_DOL_LEN = PAYMENT_AT_REQUEST + SCP_EMV_CRYPTOGRAM_SIZE,
    PAYMENT_AT_DOL, /* data of CDOL1 */
    PAYMENT_STATE_SIZE = PAYMENT_AT_DOL + PAYMENT_DOL_DATA_MAX,
};
_Static_assert((size_t)PAYMENT_STATE_SIZE <= (size_t)CARD_APPLET_STATE,
               "the volatile state has room");

/* What happened in this transaction. */
enum payment_flag {
    PAYMENT_PIN_PERFORMED = 0x01,
    PAYMENT_PIN_FAILED = 0x02,
    PAYMENT_ISSUER_AUTHENTIC = 0x04,
    PAYMENT_ISSUER_WRONG = 0x08,
};
/* What earlier transactions left. */
enum payment_history {
    PAYMENT_REQUEST_OPEN = 0x01, /* the last request was never completed */
    PAYMENT_LAST_ISSUER_WRONG = 0x02,
    PAYMENT_LAST_SCRIPT_FAILED = 0x04,
};

/* Whether the event may come now, and what comes of it. */
bool payment_may(const struct card_applet_call *call, enum payment_event event);
void payment_move(const struct card_applet_call *call, enum payment_event event);

/* ---- data (payment_data.c) ----------------------------------------------------------------- */

struct scp_bytes payment_object(const struct card_application *app, uint32_t id);
bool payment_has(const struct card_application *app, uint32_t id);
/* An object of two bytes; `absent` when there is none. */
uint16_t payment_number(const struct card_application *app, uint32_t id, uint16_t absent);
uint16_t payment_set_number(struct card_application *app, uint32_t id, uint16_t value);
/* One of the three keys: 0 cryptograms, 1 MACs, 2 confidentiality. NOT_FOUND. The caller wipes. */
SCP_MUST_USE enum scp_error payment_key(const struct card_application *app, size_t index,
                                        struct scp_key *key);

/* What is inside when the bytes are just that template, else the bytes. */
struct scp_bytes payment_inside(struct scp_bytes content, uint32_t template_tag);
/* The FCI proprietary template of the interface. */
struct scp_bytes payment_fci(const struct card_applet_call *call);
/* A data object of the FCI, or of one of the records. */
bool payment_fci_value(const struct card_applet_call *call, uint32_t tag, struct scp_bytes *value);
bool payment_record_value(const struct card_application *app, uint32_t tag,
                          struct scp_bytes *value);
/* Application interchange profile (two bytes) and file locator, in whichever form they were
 * personalised. */
bool payment_options(const struct card_application *app, struct scp_bytes *aip,
                     struct scp_bytes *afl);
/* The personalised value of 9F10; empty when there is none. */
struct scp_bytes payment_issuer_data(const struct card_application *app);

/* The length that a data object list asks for (Book 3 5.4). False when the list is broken. */
bool payment_dol_length(struct scp_bytes dol, size_t *length);
/* The part of `data`, filled as the list asks, that belongs to `tag`. */
bool payment_dol_value(struct scp_bytes dol, struct scp_bytes data, uint32_t tag,
                       struct scp_bytes *value);

/* ---- commands ------------------------------------------------------------------------------ */

typedef uint16_t payment_command(const struct card_applet_call *call, const struct scp_apdu *apdu,
                                 struct scp_writer *out);

payment_command payment_get_processing_options; /* payment_begin.c */
payment_command payment_get_data;
payment_command payment_generate_ac; /* payment_cryptogram.c */
payment_command payment_external_authenticate;
payment_command payment_internal_authenticate; /* payment_dynamic.c */
payment_command payment_verify;                /* payment_pin.c */
payment_command payment_get_challenge;
payment_command payment_script; /* payment_script.c */

/* ---- shared by commands -------------------------------------------------------------------- */

/* The transaction's request as scp/emv wants it. */
struct scp_emv_request payment_request(const struct card_applet_call *call);
/* A cryptogram of `kind` (CID bits) over terminal data; `issuer_data` gets 9F10 as the answer
 * carries it (payment_cryptogram.c). */
struct payment_made {
    uint8_t kind;
    bool second;
    uint8_t cryptogram[SCP_EMV_CRYPTOGRAM_SIZE];
    uint8_t issuer_data[SCP_EMV_ISSUER_DATA_MAX];
    size_t issuer_data_len;
};
SCP_MUST_USE enum scp_error payment_make(const struct card_applet_call *call,
                                         struct scp_bytes terminal_data, struct scp_bytes aip,
                                         struct payment_made *made);
/* Append 9F27, 9F36, 9F26 and 9F10. */
void payment_put_made(struct scp_writer *out, const struct card_application *app,
                      const struct payment_made *made);

/* PIN tries that are left, and the limit; setting the first (payment_pin.c). */
uint16_t payment_pin_tries(const struct card_application *app);
uint16_t payment_pin_limit(const struct card_application *app);
uint16_t payment_pin_restore(struct card_application *app);

/* Contactless in one command (payment_fast.c): whether GET PROCESSING OPTIONS is that, and its
 * answer. */
bool payment_is_fast(const struct card_applet_call *call, struct scp_bytes pdol_data);
uint16_t payment_answer_fast(const struct card_applet_call *call, struct scp_bytes pdol_data,
                             struct scp_writer *out);

/* The transaction log (payment_log.c; Book 3 annex D): records of the file that 9F4D names, laid
 * out as 9F4F says. */
uint16_t payment_log(const struct card_applet_call *call, const struct payment_made *made);
bool payment_log_format(const struct card_application *app, struct scp_bytes *format);

#endif
