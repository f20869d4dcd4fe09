/* What a card's cryptogram version says: which session keys, which data and padding go into an
 * application cryptogram, how the issuer answers, how it protects its scripts. Card and issuer read
 * it from the issuer application data, tag 9F10, laid out as VIS and JR/T 0025 (PBOC) do: length,
 * derivation key index, cryptogram version, card verification results of four bytes.
 *
 *     version  session key    behind ATC   padding   issuer's answer   secure messaging
 *     none     common (ATC)   whole 9F10   80        method 1          common (cryptogram)
 *     01 PBOC  PBOC (ATC)     results      80        method 1          PBOC (ATC)
 *     0A       the card's     results      zeros     method 1          combined with ATC
 *     12       common (ATC)   whole 9F10   80        method 2          combined with ATC
 *     16       common (ATC)   whole 9F10   80        method 2          common (cryptogram)
 *
 * "none" stands for an application without 9F10 and for versions that are not in the list: what EMV
 * 4.3 Book 2 recommends. 0A is cryptogram version 10, 12 is 18, 16 is 22 of Visa.
 *
 * Pure: nothing is kept or allocated. Errors of all functions: OUT_OF_RANGE for a key of another
 * length than 16, CRYPTO, and those named.
 *
 *     SCP_TRY(scp_emv_application_cryptogram(&card_key, &transaction, expected));
 *     request.scheme = scp_emv_scheme_of(transaction.issuer_data);
 *     SCP_TRY(scp_emv_authentication_put(&card_key, &request, code, &answer));
 */
#ifndef SCP_EMV_SCHEME_H
#define SCP_EMV_SCHEME_H

#include "scp/emv/cryptogram.h"

enum {
    SCP_EMV_VERIFICATION_RESULTS_AT = 3, /* in 9F10 */
    SCP_EMV_VERIFICATION_RESULTS_SIZE = 4,
    SCP_EMV_ISSUER_DATA_MAX = 32,
    SCP_EMV_AUTHENTICATION_MIN = 8, /* tag 91 */
    SCP_EMV_AUTHENTICATION_MAX = 16,
};

struct scp_emv_scheme;

/* The scheme of an application with that 9F10; never NULL. */
const struct scp_emv_scheme *scp_emv_scheme_of(struct scp_bytes issuer_data);

/* Whether 9F10 has the layout above, with room for verification results. */
bool scp_emv_has_results(struct scp_bytes issuer_data);

/* What card and terminal agreed on; all borrowed. */
struct scp_emv_transaction {
    struct scp_bytes terminal_data; /* of CDOL1 or CDOL2, as it stood in GENERATE AC */
    struct scp_bytes aip;           /* 82 */
    struct scp_bytes issuer_data;   /* 9F10 of the answer; may be empty */
    uint16_t atc;                   /* 9F36 */
};

/* TC, ARQC or AAC of a transaction (Book 2 8.1.1, table 26). TOO_LONG. */
SCP_MUST_USE enum scp_error
scp_emv_application_cryptogram(const struct scp_key *card_key,
                               const struct scp_emv_transaction *transaction,
                               uint8_t cryptogram[SCP_EMV_CRYPTOGRAM_SIZE]);

/* A request that the issuer answers. */
struct scp_emv_request {
    const struct scp_emv_scheme *scheme;
    uint16_t atc;
    uint8_t cryptogram[SCP_EMV_CRYPTOGRAM_SIZE];
};

/* Append the issuer authentication data, tag 91: by method 1 the answer and the response code, tag
 * 8A; by method 2 the answer and a card status update that approves or declines (Book 2 8.2). */
SCP_MUST_USE enum scp_error scp_emv_authentication_put(const struct scp_key *card_key,
                                                       const struct scp_emv_request *request,
                                                       const uint8_t code[2],
                                                       struct scp_writer *out);

/* Check issuer authentication data on the card. BAD_CRYPTOGRAM; OUT_OF_RANGE for another length. */
SCP_MUST_USE enum scp_error scp_emv_authentication_check(const struct scp_key *card_key,
                                                         const struct scp_emv_request *request,
                                                         struct scp_bytes data);

#endif
