/* The schema of facts: the one table from which names, types, words, documentation and checks all
 * come. `ota-policy facts` prints it, policies/README.md repeats it, and a test compares the two.
 */
#ifndef POLICIES_COMPILE_SCHEMA_H
#define POLICIES_COMPILE_SCHEMA_H

#include <stdint.h>

enum policy_type {
    POLICY_TEXT,
    POLICY_WORD,   /* one of a few words */
    POLICY_NUMBER, /* whole, never negative */
    POLICY_SET,    /* of texts */
    POLICY_TRUTH,  /* true or false */
    POLICY_TIME,   /* a moment */
    POLICY_TYPE_COUNT
};

enum policy_presence {
    POLICY_ALWAYS,    /* a decision that depends on it needs it: without it, deny */
    POLICY_SOMETIMES, /* its absence means something, which its documentation says */
    POLICY_DERIVED,   /* worked out from request.time and the policy's calendar; nobody gives it */
};

#define POLICY_CARD_STATUSES "active", "quarantined", "retired"
#define POLICY_AGE_BANDS "child", "adult", "senior"
#define POLICY_CONSENTS "none", "stated", "signed", "withdrawn"
#define POLICY_BANK_STATUSES "active", "suspended", "leaving"
#define POLICY_BANK_KINDS "state", "joint-stock", "city", "rural", "postal", "foreign"
#define POLICY_ACTIONS "bind", "switch", "revoke", "suspend", "resume", "load", "purge"
#define POLICY_ACTOR_KINDS "bank", "agent", "operator", "author", "approver", "officer", "auditor"
#define POLICY_CHANNELS "portal", "kiosk", "counter", "phone", "campaign"
#define POLICY_REASONS "choice", "assignment", "fraud", "bank-leaving", "loss", "correction"
#define POLICY_WEEKDAYS "mon", "tue", "wed", "thu", "fri", "sat", "sun"

/* X(constant, name, type, presence, most, documentation, words…); most: the largest a NUMBER can
 * be, 0 for no bound. The derived facts are last. */
#define POLICY_FACTS(X)                                                                            \
    X(CARD_ID, "card.id", TEXT, SOMETIMES, 0,                                                      \
      "random id of the card; absent where a decision is about no particular card", NULL)          \
    X(CARD_REGION, "card.region", TEXT, ALWAYS, 0, "region that the card was issued in", NULL)     \
    X(CARD_STATUS, "card.status", WORD, ALWAYS, 0, "whether the card may be worked on",            \
      POLICY_CARD_STATUSES, NULL)                                                                  \
    X(CARD_GENERATION, "card.generation", TEXT, ALWAYS, 0, "generation of the card, like 3", NULL) \
    X(CARD_AGE_DAYS, "card.age_days", NUMBER, SOMETIMES, 0,                                        \
      "whole days since the card was issued; absent when that is not recorded", NULL)              \
    X(HOLDER_AGE_BAND, "holder.age_band", WORD, SOMETIMES, 0,                                      \
      "age band of the holder; absent when it is not recorded", POLICY_AGE_BANDS, NULL)            \
    X(HOLDER_CONSENT, "holder.consent", WORD, SOMETIMES, 0,                                        \
      "the holder's consent to this change; absent when nobody asked", POLICY_CONSENTS, NULL)      \
    X(BANK_ID, "bank.id", TEXT, SOMETIMES, 0, "bank to be bound; absent in a revocation", NULL)    \
    X(BANK_STATUS, "bank.status", WORD, SOMETIMES, 0,                                              \
      "standing of the bank to be bound; absent in a revocation", POLICY_BANK_STATUSES, NULL)      \
    X(BANK_KIND, "bank.kind", WORD, SOMETIMES, 0,                                                  \
      "kind of the bank to be bound; absent in a revocation or when not recorded",                 \
      POLICY_BANK_KINDS, NULL)                                                                     \
    X(BANK_LICENSED_REGIONS, "bank.licensed_regions", SET, SOMETIMES, 0,                           \
      "regions that the bank to be bound is licensed in; absent in a revocation", NULL)            \
    X(BANK_CARDS_IN_REGION, "bank.cards_in_region", NUMBER, SOMETIMES, 0,                          \
      "cards in the card's region that the bank to be bound has now; absent in a revocation",      \
      NULL)                                                                                        \
    X(OLD_BANK_ID, "old_bank.id", TEXT, SOMETIMES, 0,                                              \
      "bank that is replaced or revoked; absent when a first bank is bound", NULL)                 \
    X(OLD_BANK_STATUS, "old_bank.status", WORD, SOMETIMES, 0,                                      \
      "its standing; absent when a first bank is bound", POLICY_BANK_STATUSES, NULL)               \
    X(REGION_CARDS, "region.cards", NUMBER, SOMETIMES, 0,                                          \
      "cards in the card's region that have any bank now; absent when not counted", NULL)          \
    X(PRODUCT_ID, "product.id", TEXT, SOMETIMES, 0, "product to be bound; absent in a revocation", \
      NULL)                                                                                        \
    X(PRODUCT_ROLE, "product.role", TEXT, ALWAYS, 0,                                               \
      "role that is bound or revoked, like payment", NULL)                                         \
    X(BINDING_ACTIVE_BANKS, "binding.active_banks", NUMBER, ALWAYS, 0,                             \
      "how many banks are active on the card now", NULL)                                           \
    X(BINDING_SWITCHES, "binding.switches", NUMBER, SOMETIMES, 0,                                  \
      "how often the card has changed its bank; absent when not counted", NULL)                    \
    X(BINDING_DAYS_SINCE_LAST_SWITCH, "binding.days_since_last_switch", NUMBER, SOMETIMES, 0,      \
      "whole days since the card last changed its bank; absent when it never did", NULL)           \
    X(BINDING_COOL_DOWN_DAYS_LEFT, "binding.cool_down_days_left", NUMBER, SOMETIMES, 0,            \
      "days that the obligation cool_down_days of the last change still lasts, begun days whole; " \
      "absent when none does",                                                                     \
      NULL)                                                                                        \
    X(REQUEST_ACTION, "request.action", WORD, ALWAYS, 0, "what is asked for", POLICY_ACTIONS,      \
      NULL)                                                                                        \
    X(REQUEST_ACTOR_KIND, "request.actor_kind", WORD, ALWAYS, 0, "kind of principal that asks",    \
      POLICY_ACTOR_KINDS, NULL)                                                                    \
    X(REQUEST_ACTOR, "request.actor", TEXT, SOMETIMES, 0,                                          \
      "id of the principal that asks; absent in a simulation", NULL)                               \
    X(REQUEST_CHANNEL, "request.channel", WORD, SOMETIMES, 0,                                      \
      "way that the request came; absent when not said", POLICY_CHANNELS, NULL)                    \
    X(REQUEST_REASON, "request.reason", WORD, SOMETIMES, 0,                                        \
      "why it is asked for; absent when not said", POLICY_REASONS, NULL)                           \
    X(REQUEST_TIME, "request.time", TIME, ALWAYS, 0, "moment of the request", NULL)                \
    X(REQUEST_WEEKDAY, "request.weekday", WORD, DERIVED, 0,                                        \
      "day of the week in the calendar's time zone", POLICY_WEEKDAYS, NULL)                        \
    X(REQUEST_HOUR, "request.hour", NUMBER, DERIVED, 23,                                           \
      "hour of the day in the calendar's time zone", NULL)                                         \
    X(REQUEST_WORKING_DAY, "request.working_day", TRUTH, DERIVED, 0,                               \
      "whether the calendar calls the day a working day", NULL)

enum policy_fact {
#define POLICY_FACT_ENUM(constant, ...) POLICY_##constant,
    POLICY_FACTS(POLICY_FACT_ENUM)
#undef POLICY_FACT_ENUM
        POLICY_FACT_COUNT,
    POLICY_FACT_DERIVED = POLICY_REQUEST_WEEKDAY /* the first of them */
};

enum {
    POLICY_DERIVED_COUNT = POLICY_FACT_COUNT - POLICY_FACT_DERIVED,
    POLICY_WORDS_MAX = 8 /* of one fact, the NULL at the end included */
};

/* A set of facts: bits 1 << enum policy_fact. */
typedef uint64_t policy_fact_set;
#define POLICY_FACT_BIT(fact) (UINT64_C(1) << (fact))

struct policy_fact_info {
    const char *name;
    enum policy_type type;
    enum policy_presence presence;
    int64_t most; /* of a NUMBER; 0: no bound */
    const char *documentation;
    const char *words[POLICY_WORDS_MAX]; /* of a POLICY_WORD; ends with NULL */
};

/* Never NULL. */
const struct policy_fact_info *policy_fact_info(enum policy_fact fact);
/* "text", "a word", "a number", "a set of texts", "true or false", "a moment". */
const char *policy_type_name(enum policy_type type);
/* "always", "sometimes", "derived". */
const char *policy_presence_name(enum policy_presence presence);
/* Every name in schema order, then NULL. */
extern const char *const policy_fact_names[POLICY_FACT_COUNT + 1];
/* POLICY_FACT_COUNT when there is none of that name. */
enum policy_fact policy_fact_by_name(const char *name);
/* The index of a WORD fact's word; -1 when it is none. */
int policy_word_index(enum policy_fact fact, const char *word);

#endif
