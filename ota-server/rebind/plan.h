/* The planner: what must happen on a card so that it carries what it should. A pure function of
 * what is desired, what was observed, and what the product brings; no clock, store or key.
 *
 * Recovery is planning again: a half-finished rebind is just another observed state. An instance
 * that was installed but not yet made selectable (life cycle 03) was interrupted and is deleted and
 * done again; one in 07 is complete, except on a chip that personalises only what is selectable.
 *
 * Make before break: every plan of a switch makes the new instance selectable and lists it in the
 * directory before the old one is touched, unless the policy obliged otherwise and memory demands
 * it
 * (`break_before_make`). */
#ifndef OTA_SERVER_REBIND_PLAN_H
#define OTA_SERVER_REBIND_PLAN_H

#include "ota-server/rebind/content.h"

enum plan_operation {
    PLAN_BIND,
    PLAN_SWITCH,
    PLAN_REVOKE, /* or suspend, where what is retired is locked */
    PLAN_AUDIT,
    PLAN_LOAD,  /* hold the product ready: its package, or a locked instance too */
    PLAN_PURGE, /* delete what nobody desires */
    PLAN_REKEY, /* other keys for a security domain */
};

/* What becomes of the bank that a switch or revocation takes out of use. */
enum plan_retire { PLAN_RETIRE_KEEP, PLAN_RETIRE_LOCK, PLAN_RETIRE_DELETE };

/* The product that a card shall carry. Borrowed by the plan. */
struct plan_product {
    struct scp_aid package;
    struct scp_aid module;
    struct scp_aid instance;
    uint8_t privileges[3];
    struct scp_bytes parameters; /* install parameters: C9 … */
    struct scp_bytes load_file;  /* the whole load file, for a package that is not resident */
    const char *label;           /* application label (tag 50) */
    uint8_t priority;            /* application priority indicator (tag 87) */
    size_t data_size;            /* of its personalisation, about */
    bool personalised;           /* it has data of its own to be stored after INSTALL */
    bool renewed; /* and the card never got these: an instance that is there has older ones */
    bool doubted; /* or a script with these went out and nothing says that it ran to its end */
};

/* The bank's supplementary security domain. What personalises the bank's instances is encrypted
 * under the domain's own keys. A simple one may do no more than that; one with authorized
 * management (GPCS 9.1.3.3) also loads, installs and makes selectable by itself. Borrowed by the
 * plan. */
struct plan_domain {
    struct scp_aid aid;
    struct scp_aid package; /* what the card makes security domains from */
    struct scp_aid module;
    uint8_t privileges[3];
    struct scp_bytes parameters; /* install parameters: C9 … */
    bool manages_content;
};

/* Whom a step speaks to: a security domain under one of its key sets, through a secure channel; or
 * nobody in particular, in plain commands as a terminal sends them. */
enum plan_channel {
    PLAN_CHANNEL_ISSUER,   /* the issuer security domain */
    PLAN_CHANNEL_BANK,     /* the bank's supplementary security domain, under its own keys */
    PLAN_CHANNEL_NEW_KEYS, /* the security domain that is given new keys, under those */
    PLAN_CHANNELS,
    PLAN_CHANNEL_NONE = PLAN_CHANNELS,
};

enum { PLAN_OLD_KEYS_MAX = 4 };

/* A security domain gets other keys. Adding, proving and deleting is the order that leaves nobody
 * outside: an interruption leaves two candidates, of which the card's cryptogram tells the one that
 * is there. */
struct plan_rekey {
    enum plan_channel domain; /* whose keys: the issuer's or the bank's */
    struct scp_aid aid;
    uint8_t kvn;      /* the new key set's */
    bool on_card;     /* it is there, as far as is known: it only needs to be proven */
    bool has_channel; /* an old key set is at hand that may open the domain */
    uint8_t old_kvns[PLAN_OLD_KEYS_MAX]; /* key sets to be deleted */
    size_t old_count;
};

/* Something on the card that could go. */
struct plan_spare {
    struct scp_aid aid;
    uint32_t size; /* non-volatile bytes that its deletion frees; 0: not known */
};

struct plan_request {
    enum plan_operation operation;
    const struct plan_product *product; /* NULL when revoking or auditing */
    const struct plan_domain *domain;   /* NULL: the issuer's personalises the instance */
    const struct plan_rekey *rekey;     /* PLAN_REKEY alone */
    const struct card_content *observed;
    const struct scp_aid *issuer;  /* the issuer security domain */
    const struct scp_aid *retired; /* instances of the role that are not the product's */
    size_t retired_count;
    const struct scp_aid *remains; /* packages and domains that go with what is deleted */
    size_t remain_count;
    const struct plan_spare *spare; /* first what nobody desires, then what is retired */
    size_t spare_count;
    size_t undesired_count; /* of the spare ones */
    enum plan_retire retire;
    bool package_only; /* PLAN_LOAD: no instance */
    bool break_before_make;
    bool personalise_selectable; /* a quirk: the card refuses personalisation in INSTALLED */
    bool directories;            /* the role is one that PPSE and PSE list */
    bool prove; /* the peer can change targets, and the instance can show a cryptogram */
};

enum plan_step_kind {
    PLAN_STEP_READ,            /* registry and memory, when what is on the card is not known */
    PLAN_STEP_LOAD,            /* INSTALL [for load] and LOAD */
    PLAN_STEP_INSTALL,         /* INSTALL [for install] */
    PLAN_STEP_PERSONALISE,     /* INSTALL [for personalization] and STORE DATA */
    PLAN_STEP_MAKE_SELECTABLE, /* INSTALL [for make selectable]: the visible commit */
    PLAN_STEP_DIRECTORY,       /* PPSE or PSE lists the product, or nothing */
    PLAN_STEP_LOCK,            /* SET STATUS of an instance */
    PLAN_STEP_UNLOCK,
    PLAN_STEP_DELETE,         /* DELETE of an instance */
    PLAN_STEP_DELETE_PACKAGE, /* DELETE of an executable load file that nothing uses any more */
    PLAN_STEP_CONFIRM,        /* GET STATUS of the new instance, and the memory that is left */
    PLAN_STEP_PROVE,          /* the new instance answers with a cryptogram under its bank's key */
    PLAN_STEP_CREATE_DOMAIN,  /* INSTALL [for install and make selectable] of the bank's domain */
    PLAN_STEP_KEY_DOMAIN,     /* its first key set, which makes it PERSONALIZED */
    PLAN_STEP_EXTRADITE,      /* INSTALL [for extradition] of an instance to the bank's domain */
    PLAN_STEP_PUT_KEYS,       /* PUT KEY: a further key set of a security domain */
    PLAN_STEP_DELETE_KEYS,    /* DELETE of an old one, under the new one */
    PLAN_STEP_CONFIRM_KEYS,   /* GET DATA: the key sets that there are, and the memory left */
};

enum { PLAN_STEP_KINDS = PLAN_STEP_CONFIRM_KEYS + 1 };

/* What the registry shows of the step's AID when the step is done. */
struct plan_after {
    bool listed;
    uint8_t life_cycle; /* 0: as it was */
};

/* Sizes are what planning is about, and near enough: `after` and they are not kept with a session.
 */
struct plan_step {
    enum plan_step_kind kind;
    enum plan_channel channel;
    struct scp_aid aid; /* what the step is about: instance, package, directory, domain */
    uint8_t kvn;        /* of steps with keys */
    struct plan_after after;
    uint32_t wire;   /* bytes of its commands, protected */
    uint32_t memory; /* non-volatile bytes that it takes on the card */
};

/* Non-volatile bytes to keep for a new instance with its personalisation and for a new security
 * domain with its keys, which no card states beforehand. */
enum {
    PLAN_STEPS_MAX = 32,
    PLAN_INSTANCE_RESERVE = 2048,
    PLAN_DOMAIN_RESERVE = 1024,
    PLAN_SPARE_MAX = 16,
    PLAN_WHY_SIZE = 200,
};

/* How a product comes, the cheapest first. */
enum plan_way {
    PLAN_WAY_NONE,     /* no product comes, or what there is must be read first */
    PLAN_WAY_THERE,    /* its instance is there and selectable */
    PLAN_WAY_UNLOCK,   /* its instance is there, locked */
    PLAN_WAY_INSTANCE, /* its package is there: a new instance */
    PLAN_WAY_LOAD,     /* its package is loaded */
};

struct plan {
    struct plan_step steps[PLAN_STEPS_MAX];
    size_t count;
    size_t memory_needed; /* non-volatile bytes that the steps before the first deletion take */
    bool breaks_first;    /* the old bank goes before the new one comes */
    enum plan_way way;
    char why[PLAN_WHY_SIZE]; /* one English sentence without a full stop, or "" */
    /* PLAN_NO_ROOM: what would have to go, as far as that is known to be enough. */
    struct plan_spare spare[PLAN_SPARE_MAX];
    size_t spare_count;
    bool content_known; /* it was made from what the card is known to carry */
};

enum plan_error {
    PLAN_OK,
    PLAN_NO_ROOM,        /* free memory does not hold both; plan.memory_needed says what it takes */
    PLAN_AID_TAKEN,      /* the product's instance or package AID is something else on this card */
    PLAN_NO_LOAD_FILE,   /* the package is neither resident nor at hand */
    PLAN_NO_RECORD,      /* what is desired of the card cannot be read */
    PLAN_DOMAIN_LOCKED,  /* the bank's security domain is locked: somebody's decision */
    PLAN_TOO_MANY_STEPS, /* more than PLAN_STEPS_MAX */
    PLAN_NO_KEYS,        /* no key set of the record opens the security domain */
};

/* One English sentence without a full stop; never NULL. */
const char *plan_error_text(enum plan_error error);

/* "load", "install", …: the word a user sees for a step. Never NULL. */
const char *plan_step_name(enum plan_step_kind kind);
/* "unlock", "new instance", …; NULL for PLAN_WAY_NONE. */
const char *plan_way_name(enum plan_way way);
/* Bytes of all its commands. */
size_t plan_wire(const struct plan *plan);

/* Plan. When the content is not known (observed->known is false) the plan is one PLAN_STEP_READ:
 * read, then plan again. A plan without steps: the card is as it should be. */
enum plan_error plan_make(const struct plan_request *request, struct plan *out);

/* The part of plan_make that changes keys (plan_keys.c). It needs no content. */
enum plan_error plan_keys(const struct plan_request *request, struct plan *out);

#endif
