/* Private: what a card remembers without power, as structs.
 *
 * One struct card_image owns everything below it on the heap: load files, applications (the issuer
 * security domain is applications[0], always), their keys and their data objects. Things refer to
 * each other by AID, which is unique on a card (GPCS 6.5), so that an image can be thrown away and
 * decoded anew without a pointer left behind.
 *
 * Functions that allocate return NO_MEMORY and then change nothing. */
#ifndef AGENT_CARD_MODEL_H
#define AGENT_CARD_MODEL_H

#include "agent/card/timing.h"
#include "scp/channel/keys.h"
#include "scp/gp/aid.h"
#include "scp/gp/privileges.h"
#include "scp/gp/put_key.h"

enum {
    CARD_ATR_MAX = 32,
    CARD_CHANNELS_MAX = 20, /* the basic logical channel and 19 supplementary ones (GPCS 11.1.4) */
    CARD_IMPLICIT_MAX = 8,  /* implicit selection parameters of one application */
    CARD_KEY_VALUE_MAX = 1024,   /* all components of one key */
    CARD_OBJECT_MAX = 16 * 1024, /* one data object */
    CARD_APPLICATIONS_MAX = 256,
    CARD_LOAD_FILES_MAX = 256,
    CARD_MODULES_MAX = 32, /* of one load file; imports too */
    CARD_OBJECTS_MAX = 4096,
    CARD_KEYS_MAX = 128, /* of one security domain */
};

/* An AID from bytes; none when there are no or more than 16 bytes. */
struct scp_aid card_aid_of(struct scp_bytes bytes);
bool card_aid_is(const struct scp_aid *aid, struct scp_bytes bytes);

/* A piece of an application's data, found by its number: a DGI, a tag, a record. */
struct card_object {
    uint32_t id;
    uint8_t *bytes;
    size_t len;
};
struct card_objects {
    struct card_object *items;
    size_t count;
};
/* Empty view when there is none; `found` (may be NULL) tells an absent from an empty object. */
struct scp_bytes card_object_get(const struct card_objects *objects, uint32_t id, bool *found);
/* Add or replace. TOO_LONG, NO_MEMORY. */
SCP_MUST_USE enum scp_error card_object_put(struct card_objects *objects, uint32_t id,
                                            struct scp_bytes value);
void card_object_remove(struct card_objects *objects, uint32_t id);
void card_objects_fini(struct card_objects *objects);

enum { CARD_KEY_ACCESS_NONE = 0xFF };

struct card_key {
    uint8_t kvn;
    uint8_t id;
    uint8_t type;   /* enum scp_key_type, of the first component */
    uint8_t access; /* GPCS 11.1.10; CARD_KEY_ACCESS_NONE when it was not given */
    uint16_t usage; /* key usage qualifier (GPCS 11.1.9), first byte high; 0 when not given */
    uint8_t
        *value; /* a symmetric key; of a public key its components as {type, u16 length, value} */
    size_t len;
};

/* What is counted for all keys of one version together. */
struct card_key_version {
    uint8_t kvn;
    uint32_t counter; /* SCP02: sequence counter; SCP03: last pseudo-random challenge */
    uint8_t failed;   /* EXTERNAL AUTHENTICATEs failed since the last good one */
};

/* What makes an application a security domain. */
struct card_domain {
    uint8_t protocol;
    uint8_t i;
    uint8_t accept_extradition_to; /* install parameters 82, 83, 87 of the domain */
    uint8_t accept_deletion;
    uint8_t accept_extradition_from;
    bool explicit_personalised; /* 84: SET STATUS alone leads to PERSONALIZED */
    uint8_t restricted;         /* INSTALL forms and DELETE that it may not do (GPCS table 11-53) */
    uint16_t confirmations;     /* confirmation counter of its receipts (GPCS 9.1.3.6) */
    struct card_key *keys;
    size_t key_count;
    struct card_key_version *versions;
    size_t version_count;
};

struct card_application {
    struct scp_aid aid;
    struct scp_aid load_file; /* empty for the issuer security domain */
    struct scp_aid module;
    struct scp_aid domain;   /* of the associated security domain */
    struct scp_aid provider; /* 5F20 of its installation: application provider, 0 to 16 bytes */
    uint8_t applet;          /* enum card_applet_kind */
    uint8_t state;           /* GPCS 11.1.1; of the ISD: the card's life cycle */
    uint8_t state_unlocked;  /* the state to come back to */
    uint32_t privileges;     /* enum scp_privilege */
    uint8_t implicit[CARD_IMPLICIT_MAX];
    uint8_t implicit_count;
    uint32_t reserved;       /* non-volatile memory kept for it (D8) */
    uint32_t quota;          /* the most it may use (C8); 0: no quota */
    uint32_t volatile_bytes; /* volatile memory it holds */
    struct card_objects objects;
    struct card_domain *sd; /* NULL for an application */
};

struct card_load_file {
    struct scp_aid aid;
    struct scp_aid domain;
    struct scp_aid provider;
    uint8_t version[2]; /* major, minor */
    uint32_t size;      /* of the load file data block */
    struct scp_aid *modules;
    size_t module_count;
    struct scp_aid *imports;
    size_t import_count;
};

/* A native applet that answers for a module AID of any package. */
struct card_native {
    struct scp_aid module;
    uint8_t applet; /* enum card_applet_kind */
};

/* What the chip model can do; fixed when the card is made. */
struct card_traits {
    uint8_t protocol;
    uint8_t i;
    uint8_t key_len;
    uint8_t kvn_default;
    uint8_t tries;       /* failed authentications until a key version locks */
    uint8_t max_command; /* 9F65 */
    bool personalises_in_installed;
    bool load_wraps;         /* more than 256 LOAD blocks are allowed */
    uint8_t channels;        /* supplementary logical channels, 0 to 19 */
    uint8_t terminate_after; /* failed authentications in a row until the card ends; 0: never */
    uint8_t atr[CARD_ATR_MAX];
    uint8_t atr_len;
    uint32_t memory;
    uint32_t memory_volatile;
    uint32_t application_volatile; /* what an instance holds at least */
    uint8_t diversification_data[10];
    struct card_native *natives;
    size_t native_count;
    struct card_timing timing;
};

/* What was begun and would be half done if power were lost now; the next start ends it
 * (softcard.c). */
struct card_started {
    uint32_t load_bytes;     /* memory that a load file takes while it comes in: given back */
    struct scp_aid deletion; /* what DELETE removes: carried out to its end (GPCS 9.5) */
    bool deletion_related;   /* the instances of the load file too */
};

struct card_image {
    struct card_traits traits;
    struct card_started started;
    struct card_load_file **load_files;
    size_t load_file_count;
    struct card_application **applications;
    size_t application_count;
    uint8_t restricted; /* what no security domain may do any more (GPCS table 11-53) */
    uint8_t failed;     /* authentications that failed in a row, whatever their keys */
};

void card_image_fini(struct card_image *image);
struct card_application *card_isd(const struct card_image *image);

/* A new zeroed one at the end; NULL when memory is exhausted. */
struct card_application *card_image_add_application(struct card_image *image);
struct card_load_file *card_image_add_load_file(struct card_image *image);

/* Take out and free; nothing else changes (registry.h: what content management means by it). */
void card_image_remove_application(struct card_image *image, struct card_application *app);
void card_image_remove_load_file(struct card_image *image, struct card_load_file *file);

/* The array with room for one more item of `size` bytes behind `count`, which is zeroed. The old
 * array is wiped and freed, because key material may stand in it. NULL: nothing has changed. */
SCP_MUST_USE void *card_grown(void *items, size_t count, size_t size);
/* Take item `at` out of an array; its memory stays. */
void card_shift_down(void *items, size_t at, size_t count, size_t size);

void card_application_free(struct card_application *app);
/* Free what belongs to it and zero it. */
void card_load_file_fini(struct card_load_file *file);
void card_load_file_free(struct card_load_file *file);
/* Append a copy of the AID. TOO_LONG above CARD_MODULES_MAX, NO_MEMORY. */
SCP_MUST_USE enum scp_error card_aids_add(struct scp_aid **items, size_t *count,
                                          struct scp_bytes aid);

/* ---- keys of a security domain --------------------------------------------------------------- */

struct card_key *card_key_find(const struct card_domain *sd, uint8_t kvn, uint8_t id);
struct card_key_version *card_key_version_find(const struct card_domain *sd, uint8_t kvn);
/* Whether a version has the three keys of the domain's secure channel protocol. */
bool card_key_version_serves(const struct card_domain *sd, uint8_t kvn);
/* Add or replace the key named by kvn and id; the counters of the version stay. TOO_LONG,
 * NO_MEMORY. */
SCP_MUST_USE enum scp_error card_key_put(struct card_domain *sd, const struct card_key *key,
                                         struct scp_bytes value);
/* Remove; the version goes with its last key. */
void card_key_remove(struct card_domain *sd, uint8_t kvn, uint8_t id);

/* The same without a look at what belongs together, for reading images. */
SCP_MUST_USE enum scp_error card_key_place(struct card_domain *sd, const struct card_key *key,
                                           struct scp_bytes value);
SCP_MUST_USE enum scp_error card_key_version_place(struct card_domain *sd,
                                                   struct card_key_version version);
void card_key_take(struct card_domain *sd, uint8_t kvn, uint8_t id);
void card_key_version_take(struct card_domain *sd, uint8_t kvn);
/* Whether there is a version for each key and a key for each version. */
bool card_key_versions_match(const struct card_domain *sd);

/* Whether the domain's SCP02 has one base key, identifier 1, instead of three (GPCS table E-1). */
bool card_domain_one_key(const struct card_domain *sd);
/* The secure channel keys of a version: identifiers 1, 2 and 3, or thrice the one. NOT_FOUND. */
SCP_MUST_USE enum scp_error card_key_set(const struct card_domain *sd, uint8_t kvn,
                                         struct scp_key_set *set);

#endif
