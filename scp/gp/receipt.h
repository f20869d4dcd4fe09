/* Receipts and the confirmations they travel in (GPCS 11.1.6, C.5): a security domain with the
 * Receipt Generation privilege says under its key that a delegated command was carried out.
 *
 * The response data of the command (of the last LOAD for a load) are
 *
 *     length of confirmation ‖ length of receipt ‖ receipt ‖ confirmation data
 *     confirmation data = 02 counter(2) ‖ LV (42 ‖ 45) ‖ [LV token identifier] ‖ [LV token digest]
 *
 * or `00` when there is none. Some cards leave out the first length; the reader takes both, the
 * writer puts it, as tables 11-25, 11-54 and 11-59 say. The receipt signs the confirmation data as
 * they stand and what the command was about:
 *
 *     SCP_TRY(scp_confirmation_parse(response_data, &confirmation));
 *     SCP_TRY(scp_confirmation_check(&confirmation, &identity));
 *     SCP_TRY(scp_receipt_verify(&key, &subject, &confirmation));
 *     …                    // is confirmation.counter a new one? the caller knows the last
 *
 * The counter starts at 0 (cards differ: some answer 1 first), goes up by one with every receipt,
 * never wraps and may stop at 32767; it is kept by the caller on both sides.
 *
 * Nothing is owned: views borrow from the input. */
#ifndef SCP_GP_RECEIPT_H
#define SCP_GP_RECEIPT_H

#include "scp/crypto/signature.h"
#include "scp/gp/token.h"

/* ---- confirmations ------------------------------------------------------------------------ */

struct scp_confirmation {
    struct scp_bytes receipt;
    struct scp_bytes data; /* confirmation data as they came, the beginning of what is signed */
    uint16_t counter;
    struct scp_bytes domain; /* 42 ‖ 45 of the security domain that generated it, undelimited */
    struct scp_bytes
        token_id;            /* the first of the two that may follow: a lone one is taken for it */
    struct scp_bytes digest; /* of the token's data */
};

/* Response data without status word. NOT_FOUND when they are empty or `00`, so when the card gave
 * no confirmation; TRUNCATED, TRAILING; MALFORMED (a counter that has not two bytes); UNSUPPORTED
 * (a length of more than three bytes). */
SCP_MUST_USE enum scp_error scp_confirmation_parse(struct scp_bytes response_data,
                                                   struct scp_confirmation *out);
/* Whether that security domain generated it, by what it says: the receipt proves it. MISMATCH. */
SCP_MUST_USE enum scp_error scp_confirmation_check(const struct scp_confirmation *confirmation,
                                                   const struct scp_domain_identity *identity);

/* The card's side: what confirmation data are made of. */
struct scp_confirmation_data {
    uint16_t counter;
    struct scp_domain_identity domain;
    struct scp_bytes token_id; /* 93 of the token; left out when empty */
    struct scp_bytes digest;   /* of the token's data; left out when empty */
};
/* TOO_LONG (in the writer) for a part of more than 255 bytes. */
void scp_put_confirmation_data(struct scp_writer *w, const struct scp_confirmation_data *data);
/* A confirmation without the first length (table 11-13). */
void scp_put_confirmation(struct scp_writer *w, struct scp_bytes receipt, struct scp_bytes data);

/* ---- receipts ----------------------------------------------------------------------------- */

/* C.5.1 to C.5.6. */
enum scp_receipt_kind {
    SCP_RECEIPT_LOAD,            /* load file, security domain it is associated with */
    SCP_RECEIPT_INSTALL,         /* install, make selectable, both: load file, application */
    SCP_RECEIPT_EXTRADITION,     /* old domain, application or load file, new domain */
    SCP_RECEIPT_REGISTRY_UPDATE, /* the same, privileges, parameters; each where it is updated */
    SCP_RECEIPT_DELETE,          /* application or load file; with its instances: load file alone */
    SCP_RECEIPT_COMBINED, /* load, install and make selectable: load file, application, domain */
};

/* What was done, and to what. Fields that the kind does not have are not looked at. */
struct scp_receipt_subject {
    enum scp_receipt_kind kind;
    struct scp_bytes load_file;
    struct scp_bytes application;     /* extradition, delete: or the load file's AID */
    struct scp_bytes security_domain; /* associated from now on */
    struct scp_bytes old_security_domain;
    struct scp_bytes privileges; /* registry update: none, 1 or 3 bytes */
    struct scp_bytes parameters; /* registry update */
};

/* Append what the receipt signs: confirmation data, then the subject. OUT_OF_RANGE (in the writer)
 * for an AID of a wrong length. */
void scp_put_receipt_input(struct scp_writer *w, struct scp_bytes confirmation_data,
                           const struct scp_receipt_subject *subject);

/* BAD_SIGNATURE, also for a confirmation without receipt; OUT_OF_RANGE (an AID); NO_SPACE
 * (parameters longer than SCP_COMMAND_MAX); what scp_verify gives. */
SCP_MUST_USE enum scp_error scp_receipt_verify(const struct scp_signature_key *key,
                                               const struct scp_receipt_subject *subject,
                                               const struct scp_confirmation *confirmation);

/* The card's side: append the response data, with a receipt. The errors above and those of
 * scp_sign; `out` is of no use after one. */
SCP_MUST_USE enum scp_error scp_receipt_generate(const struct scp_signature_key *key,
                                                 const uint8_t random[SCP_SIGNATURE_RANDOM],
                                                 const struct scp_receipt_subject *subject,
                                                 const struct scp_confirmation_data *data,
                                                 struct scp_writer *out);

#endif
