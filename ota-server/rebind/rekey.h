/* Ordering a change of keys: a security domain of a card gets another key set from the vault. The
 * contacts to come carry it out: add, prove, delete the old one. */
#ifndef OTA_SERVER_REBIND_REKEY_H
#define OTA_SERVER_REBIND_REKEY_H

#include "ota-server/rebind/service.h"

/* All borrowed. */
struct rekey_request {
    const char *card;
    const char *bank;    /* whose security domain; NULL for the issuer's */
    const char *key_set; /* label of the masters in the vault */
    uint8_t kvn;         /* the key version number to come */
    const char *principal;
    const char *idempotency_key; /* "" for none */
};

/* Enter the operation. The same request again gives the operation that is under way, or that the
 * idempotency key names; KEY_REUSED when that was another. Refused: a card that is unknown or not
 * active (CARD_…), that has another operation open (OPERATION_OPEN), a bank without a security
 * domain on this card (DOMAIN_UNKNOWN), a label that the vault has not (KEY_SET_UNKNOWN), masters
 * that the domain has or had (KEY_SET_USED: their counters would start anew, and old scripts would
 * run again), and a version number that is not the protocol's or is taken (KVN_UNFIT, KVN_TAKEN).
 */
enum rebind_refusal rekey_make(const struct rebind_service *service,
                               const struct rekey_request *request,
                               struct store_operation *operation);

#endif
