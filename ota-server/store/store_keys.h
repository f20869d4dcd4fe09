/* The store's third part: keys of cards, and what cards sign. Included by store.h; the same rules
 * hold. */
#ifndef OTA_SERVER_STORE_STORE_KEYS_H
#define OTA_SERVER_STORE_STORE_KEYS_H

#include "ota-server/store/store.h"

/* ---- a card's key sets -------------------------------------------------------------------- */

/* Whether a key set is on the card. A change of keys is entered before the script that makes it
 * leaves, so that an interruption leaves two candidates: the old one LEAVING, the new one COMING.
 * The card's own cryptogram makes one of them PRESENT. */
enum store_key_standing {
    STORE_KEYS_PRESENT,
    STORE_KEYS_LEAVING, /* a script that deletes it went out: it may be gone */
    STORE_KEYS_COMING,  /* a script that brings it went out: it may not be there */
};

struct store_key_set {
    char card[STORE_ID_SIZE];
    char security_domain[STORE_AID_SIZE]; /* "" for the issuer security domain of unknown AID */
    uint8_t kvn;
    char label[STORE_LABEL_SIZE]; /* of the masters in the vault */
    uint8_t diversification_data[10];
    bool counter_known;
    bool counter_shown;   /* by the card itself, not by an import */
    uint32_t counter;     /* the last one that the card has shown */
    uint32_t unused_from; /* the lowest above all that scripts were prepared for */
    uint32_t failures;    /* agents that reported a failed authentication */
    enum store_key_standing standing;
};

/* Which key set of which card. Borrowed. */
struct store_key_set_ref {
    const char *card;
    const char *security_domain;
    uint8_t kvn;
};

/* Create or replace; failures that agents reported stay. */
STORE_MUST_USE enum store_error store_key_set_put(struct store_tx *tx,
                                                  const struct store_key_set *set);
STORE_MUST_USE enum store_error store_key_set_get(struct store_tx *tx,
                                                  const struct store_key_set_ref *ref,
                                                  struct store_key_set *out);
STORE_MUST_USE enum store_error store_key_set_delete(struct store_tx *tx,
                                                     const struct store_key_set_ref *ref);
STORE_MUST_USE enum store_error store_key_set_list(struct store_tx *tx, const char *card,
                                                   struct store_key_set *out, size_t cap,
                                                   size_t *count);
/* What the card has shown, lower or higher than what was known. */
STORE_MUST_USE enum store_error store_key_set_set_counter(struct store_tx *tx,
                                                          const struct store_key_set_ref *ref,
                                                          uint32_t counter);
/* The counter is not known any more: the next session shows it. */
STORE_MUST_USE enum store_error store_key_set_forget_counter(struct store_tx *tx,
                                                             const struct store_key_set_ref *ref);
/* A script leaves that was prepared for counters below this one. */
STORE_MUST_USE enum store_error store_key_set_give_out(struct store_tx *tx,
                                                       const struct store_key_set_ref *ref,
                                                       uint32_t unused_from);
/* Charge a failed authentication that an agent (principal) reported; `failures` gets the number of
 * agents that did. The same agent again changes nothing. */
STORE_MUST_USE enum store_error store_key_set_add_failure(struct store_tx *tx,
                                                          const struct store_key_set_ref *ref,
                                                          const char *agent, uint32_t *failures);
/* Whether the agent reported a failed authentication that has not been cleared. */
STORE_MUST_USE enum store_error store_key_set_failed_at(struct store_tx *tx,
                                                        const struct store_key_set_ref *ref,
                                                        const char *agent, bool *failed);
STORE_MUST_USE enum store_error store_key_set_clear_failures(struct store_tx *tx,
                                                             const struct store_key_set_ref *ref);
STORE_MUST_USE enum store_error store_key_set_set_standing(struct store_tx *tx,
                                                           const struct store_key_set_ref *ref,
                                                           enum store_key_standing standing);
/* It is gone from the card: forget it, but not that its masters were used there. */
STORE_MUST_USE enum store_error store_key_set_retire(struct store_tx *tx,
                                                     const struct store_key_set_ref *ref);
/* Whether the security domain has or had keys from these masters. They must not come back: their
 * counters would start anew, and old scripts would run again. */
STORE_MUST_USE enum store_error store_key_set_was_used(struct store_tx *tx,
                                                       const struct store_key_set_ref *ref,
                                                       const char *label, bool *used);

/* ---- changes of keys ---------------------------------------------------------------------- */

/* What a rekey operation brings, and to which security domain. */
struct store_rekey {
    char security_domain[STORE_AID_SIZE];
    char label[STORE_LABEL_SIZE]; /* of the masters in the vault */
    uint8_t kvn;
};

/* CONFLICT when the operation has one. */
STORE_MUST_USE enum store_error store_rekey_add(struct store_tx *tx, const char *operation,
                                                const struct store_rekey *rekey);
STORE_MUST_USE enum store_error store_rekey_get(struct store_tx *tx, const char *operation,
                                                struct store_rekey *out);

/* ---- receipts ----------------------------------------------------------------------------- */

/* What a card's security domain with the Receipt Generation privilege said of one command that went
 * through a delegated domain (GPCS 11.1.6). */
struct store_receipt {
    char card[STORE_ID_SIZE];
    char security_domain[STORE_AID_SIZE]; /* that generated it */
    uint16_t counter;                     /* its confirmation counter */
    char operation[STORE_ID_SIZE];
    char step[STORE_WORD_SIZE];       /* "install", "delete", … */
    char object[STORE_AID_SIZE];      /* the AID that it is about */
    uint8_t bytes[STORE_RECEIPT_MAX]; /* the confirmation as the card gave it */
    size_t len;
    int64_t time_ms; /* set by the store */
};

/* Enter a verified receipt. CONFLICT when its counter is not above the last one's: a receipt counts
 * once. */
STORE_MUST_USE enum store_error store_receipt_add(struct store_tx *tx,
                                                  struct store_receipt *receipt);
/* Ascending by counter, after the counter `after`; -1 for all. */
STORE_MUST_USE enum store_error store_receipt_list(struct store_tx *tx, const char *card,
                                                   int32_t after, struct store_receipt *out,
                                                   size_t cap, size_t *count);

#endif
