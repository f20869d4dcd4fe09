/* The sizes of what the store keeps, final NUL included where it is text. */
#ifndef OTA_SERVER_STORE_LIMITS_H
#define OTA_SERVER_STORE_LIMITS_H

enum {
    STORE_SLUG_SIZE = 64 + 1,                /* bank and product ids: [a-z0-9-] */
    STORE_PRODUCT_REF_SIZE = 2 * 64 + 1 + 1, /* "BANK/PRODUCT" */
    STORE_ID_SIZE = 32 + 1,                  /* random ids: 16 bytes in hex */
    STORE_AID_SIZE = 2 * 16 + 1,             /* upper-case hex */
    STORE_NAME_SIZE = 128 + 1,
    STORE_WORD_SIZE = 32 + 1,    /* role, region, generation, version, rule effect */
    STORE_LABEL_SIZE = 64 + 1,   /* key set label, profile, rule name */
    STORE_REASON_SIZE = 256 + 1, /* a cause or reason that a person reads */
    STORE_IDEMPOTENCY_KEY_SIZE = 128 + 1,
    STORE_PROBLEM_SIZE = 256,
    STORE_PATH_SIZE = 1024,

    STORE_REGIONS_MAX = 64,     /* of a bank */
    STORE_MODULES_MAX = 16,     /* of a package */
    STORE_PARAMETERS_MAX = 255, /* install parameters, bytes */
    STORE_CONTENTS_MAX = 64,    /* observed entries of a card */
    STORE_KEY_SETS_MAX = 32,    /* of a card */
    STORE_BINDINGS_MAX = 16,    /* roles of a card */
    STORE_RESIDENTS_MAX = 16,   /* products that a card shall hold ready */
    STORE_FINDINGS_MAX = 64,    /* of one operation */
    STORE_SIGHTINGS_MAX = 32,   /* of a card */
    STORE_PRIORITY_MAX = 9,     /* of an operation */
    STORE_PRIORITY_USUAL = 5,
    STORE_DOMAIN_KEYS_MAX = 32, /* card profiles that a bank's security domain has keys for */
    STORE_RECEIPT_MAX = 320,    /* a confirmation: an RSA-2048 receipt and its data */
    STORE_BLOB_MAX = 4 * 1024 * 1024,
    STORE_READERS = 4, /* connections for reading */
};

#endif
