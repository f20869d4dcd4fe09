/* The rebinding service: what stands between the API and the cards. It owns nothing; its parts
 * belong to the server and outlive it. All of it may be used from any thread. */
#ifndef OTA_SERVER_REBIND_SERVICE_H
#define OTA_SERVER_REBIND_SERVICE_H

#include "ota-server/rebind/card_profile.h"
#include "ota-server/store/store.h"
#include "ota-server/vault/vault.h"
#include "scp/host/env.h"

struct policy_cache; /* ota-server/rebind/policy_cache.h */

struct rebind_service {
    struct store *store;
    struct vault *vault;
    const struct rebind_env *env;
    const struct card_profiles *profiles;
    struct policy_cache *policies;
    uint32_t failure_budget;  /* failed authentications that a key set may cost before quarantine,
                               * each reported by another agent */
    uint32_t attempts_max;    /* contacts that may fail before an operation fails */
    int64_t backoff_first_ms; /* the first failed contact costs no wait, the second about this, each
                               * further one about twice the one before … */
    int64_t backoff_last_ms;  /* … up to this */
    int64_t contact_window_ms; /* how long a card belongs to the agent that reported it */
};

/* X(name, status, code, title): why a request about a card or an operation is refused. Status and
 * code are those of the problem document. */
#define REBIND_REFUSALS(X)                                                                         \
    X(NONE, 0, "", "")                                                                             \
    X(STORAGE, 500, "storage-failed", "The storage failed")                                        \
    X(BUSY, 503, "busy", "The database is busy")                                                   \
    X(CARD_UNKNOWN, 404, "card-unknown", "The card is not known here")                             \
    X(CARD_INACTIVE, 409, "card-not-active", "The card is quarantined or retired")                 \
    X(CARD_ELSEWHERE, 409, "card-in-other-contact", "Another agent has this card in contact")      \
    X(AGENT_SUSPECTED, 403, "agent-suspected",                                                     \
      "The card refused the host through this agent; another agent, or a release, must settle it") \
    X(OUTSIDE_REGION, 403, "card-outside-region", "The card is outside the agent's region")        \
    X(PRODUCT_UNKNOWN, 422, "product-unknown", "There is no such published product")               \
    X(PERSONALISATION_MISSING, 409, "personalisation-missing",                                     \
      "The bank has supplied no personalisation record for this card")                             \
    X(POLICY_DENIED, 403, "policy-denied", "The policy denies it")                                 \
    X(NO_POLICY, 503, "no-policy", "No policy is active")                                          \
    X(NO_ASSIGNMENT, 409, "no-assignment", "The policy assigns no bank to this card")              \
    X(ASSIGNMENT_BY_DRAW, 409, "assignment-by-draw",                                               \
      "The policy assigns by a draw; ask for the bank that it gave")                               \
    X(KEY_REUSED, 422, "idempotency-key-reused", "The key belongs to another request")             \
    X(DEADLINE_PASSED, 422, "deadline-passed", "The deadline is not in the future")                \
    X(OPERATION_UNKNOWN, 404, "not-found", "There is no such operation")                           \
    X(OPERATION_ENDED, 409, "operation-ended", "The operation has ended")                          \
    X(ALREADY_SUSPENDED, 409, "already-suspended", "The product is suspended already")             \
    X(NOT_SUSPENDED, 409, "not-suspended", "The product is not suspended")                         \
    X(SUSPENDED, 409, "suspended", "The product is bound and suspended; resume it")                \
    X(ALREADY_RESIDENT, 409, "already-resident", "The card holds the product ready already")       \
    X(NOT_RESIDENT, 409, "not-resident", "The card does not hold the product ready")               \
    X(OPERATION_OPEN, 409, "operation-open", "The card has an operation that has not ended")       \
    X(NOTHING_BOUND, 409, "nothing-bound", "The card carries no product of that role")             \
    X(ALREADY_BOUND, 409, "already-bound", "The card is bound to this product already")            \
    X(SAME_INSTANCE, 409, "same-instance",                                                         \
      "The new version has the instance AID of the version in use, which would have to go first")  \
    X(DOMAIN_UNKNOWN, 404, "security-domain-unknown",                                              \
      "The card has no such security domain with keys on record")                                  \
    X(KEY_SET_UNKNOWN, 422, "key-set-unknown", "The vault has no key set of that label")           \
    X(KEY_SET_USED, 409, "key-set-used",                                                           \
      "The security domain has or had keys from these masters, which must not come back")          \
    X(KVN_UNFIT, 422, "key-version-unfit",                                                         \
      "The key version number is outside the range of the card's secure channel protocol")         \
    X(KVN_TAKEN, 409, "key-version-taken", "The security domain has keys of that version")         \
    X(EXCHANGE_UNKNOWN, 404, "exchange-unknown", "There is no such exchange")                      \
    X(EXCHANGE_ANSWERED, 409, "exchange-answered", "The exchange was answered differently")        \
    X(RESPONSES_MALFORMED, 422, "responses-malformed", "The responses are no response list")       \
    X(CANNOT_PLAN, 409, "cannot-plan", "The card cannot be rebound as it is")                      \
    X(INTERNAL, 500, "internal", "The server failed")

enum rebind_refusal {
#define REBIND_REFUSAL_ENUM(name, status, code, title) REBIND_REFUSED_##name,
    REBIND_REFUSALS(REBIND_REFUSAL_ENUM)
#undef REBIND_REFUSAL_ENUM
};

struct rebind_refusal_text {
    unsigned status;
    const char *code;
    const char *title;
};
const struct rebind_refusal_text *rebind_refusal_text(enum rebind_refusal refusal);

/* The refusal that an error of the store amounts to when nothing more special is known. */
enum rebind_refusal rebind_refusal_of_store(enum store_error error);

#endif
