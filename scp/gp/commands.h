/* The other content management commands: SELECT, LOAD, DELETE, SET STATUS, GET STATUS, GET DATA.
 * chaining.h cuts what is too long for one APDU.
 *
 *     const struct scp_delete delete = {.aid = instance};
 *     SCP_TRY(scp_delete_command(&delete, &data, &apdu));
 *     scp_put_apdu(&w, &apdu);
 *
 * A builder that needs room appends its data to the caller's writer and describes the command in a
 * struct scp_apdu that borrows them; one that does not returns the command. Nothing is owned. */
#ifndef SCP_GP_COMMANDS_H
#define SCP_GP_COMMANDS_H

#include "scp/gp/apdu.h"
#include "scp/gp/chaining.h"

enum { SCP_CLA_ISO = 0x00, SCP_CLA_GP = 0x80, SCP_CLA_SECURE = 0x04 };

enum scp_ins {
    SCP_INS_MANAGE_CHANNEL = 0x70,
    SCP_INS_BEGIN_R_MAC = 0x7A,
    SCP_INS_END_R_MAC = 0x78,
    SCP_INS_INITIALIZE_UPDATE = 0x50,
    SCP_INS_EXTERNAL_AUTHENTICATE = 0x82,
    SCP_INS_SELECT = 0xA4,
    SCP_INS_GET_RESPONSE = 0xC0,
    SCP_INS_GET_DATA = 0xCA,
    SCP_INS_PUT_KEY = 0xD8,
    SCP_INS_STORE_DATA = 0xE2,
    SCP_INS_DELETE = 0xE4,
    SCP_INS_INSTALL = 0xE6,
    SCP_INS_LOAD = 0xE8,
    SCP_INS_SET_STATUS = 0xF0,
    SCP_INS_GET_STATUS = 0xF2,
};

/* "INSTALL"; NULL for an instruction that is not in the list. */
const char *scp_ins_name(uint8_t ins);

/* ---- SELECT (GPCS 11.9) ------------------------------------------------------------------- */

/* By full or partial AID; an empty one selects the issuer security domain. */
struct scp_apdu scp_select(struct scp_bytes aid);
struct scp_apdu scp_select_next(struct scp_bytes aid);

/* ---- LOAD (GPCS 11.6) --------------------------------------------------------------------- */

enum { SCP_LOAD_LAST = 0x80, SCP_LOAD_BLOCKS_MAX = 256 };

/* The `index`-th LOAD of a load file cut into blocks of `room` bytes. NOT_FOUND past the last;
 * TOO_LONG for a load file that needs more than 256 blocks. */
SCP_MUST_USE enum scp_error scp_load_block(struct scp_bytes load_file, size_t room, size_t index,
                                           struct scp_apdu *out);
/* The same for a card that goes on counting at 00 behind block FF, of which the text says nothing:
 * as many blocks as it takes. Where the profile does not say so, the card refuses block 256. */
SCP_MUST_USE enum scp_error scp_load_block_wrapping(struct scp_bytes load_file, size_t room,
                                                    size_t index, struct scp_apdu *out);

/* ---- DELETE (GPCS 11.2) ------------------------------------------------------------------- */

/* Of card content (`aid`), or of keys (a KVN, a key identifier, or both). */
struct scp_delete {
    struct scp_bytes aid; /* 4F */
    bool related;         /* P2 b8: a load file together with its applications */
    bool has_kvn;
    uint8_t kvn; /* D2 */
    bool has_key_id;
    uint8_t key_id;             /* D0 */
    struct scp_bytes signature; /* value of B6, for a token */
    struct scp_bytes token;     /* 9E; left out when empty */
};

SCP_MUST_USE enum scp_error scp_delete_command(const struct scp_delete *target,
                                               struct scp_writer *data, struct scp_apdu *out);
/* OUT_OF_RANGE (AID, a key value that has not one byte), MALFORMED (neither or both of content and
 * keys, an unknown tag), TRUNCATED. */
SCP_MUST_USE enum scp_error scp_delete_parse(uint8_t p2, struct scp_bytes data,
                                             struct scp_delete *out);

/* ---- SET STATUS (GPCS 11.10) -------------------------------------------------------------- */

enum {
    SCP_SET_STATUS_CARD = 0x80,
    SCP_SET_STATUS_APPLICATION = 0x40, /* or supplementary security domain */
    SCP_SET_STATUS_DOMAIN_TREE = 0x60, /* a security domain with its applications */
};

struct scp_set_status {
    uint8_t type;
    uint8_t state;        /* see lifecycle.h; SCP_LIFE_CYCLE_LOCKED locks, 00 unlocks */
    struct scp_bytes aid; /* not for the card */
};

struct scp_apdu scp_set_status(const struct scp_set_status *status);
/* OUT_OF_RANGE (type, AID). */
SCP_MUST_USE enum scp_error scp_set_status_parse(uint8_t p1, uint8_t p2, struct scp_bytes data,
                                                 struct scp_set_status *out);

/* ---- GET STATUS (GPCS 11.4); its answers: registry.h -------------------------------------- */

enum {
    SCP_STATUS_ISSUER_DOMAIN = 0x80,
    SCP_STATUS_APPLICATIONS = 0x40,
    SCP_STATUS_LOAD_FILES = 0x20,
    SCP_STATUS_LOAD_FILES_AND_MODULES = 0x10,
};

struct scp_get_status {
    uint8_t subset;            /* P1 */
    bool next;                 /* P2 b1 */
    bool legacy;               /* P2 b2 clear: the format before GPCS 2.2 */
    struct scp_bytes aid;      /* the AID or its beginning; empty for all */
    struct scp_bytes filters;  /* further search criteria as data objects, between 4F and 5C */
    struct scp_bytes tag_list; /* value of 5C; empty: none sent */
};

/* The tag list that asks for everything known of the subset. A card that lacks one of them may
 * answer with an error: ask again without. */
struct scp_bytes scp_status_tags(uint8_t subset);

SCP_MUST_USE enum scp_error scp_get_status_command(const struct scp_get_status *status,
                                                   struct scp_writer *data, struct scp_apdu *out);
/* MALFORMED (P2, no 4F), TRUNCATED, TOO_LONG (AID). `filters` has all criteria between 4F and the
 * tag list; a card that does not know one ignores it. */
SCP_MUST_USE enum scp_error scp_get_status_parse(uint8_t p1, uint8_t p2, struct scp_bytes data,
                                                 struct scp_get_status *out);

/* What the status word says about the pages of an answer. */
enum scp_page {
    SCP_PAGE_LAST,  /* 9000 */
    SCP_PAGE_MORE,  /* 6310: ask again with `next` */
    SCP_PAGE_EMPTY, /* 6A88: nothing matches */
};
/* STATUS_WORD for any other. */
SCP_MUST_USE enum scp_error scp_status_page(uint16_t sw, enum scp_page *page);

/* ---- GET DATA (GPCS 11.3); its answers: card_data.h --------------------------------------- */

/* The card answers with the whole data object. */
struct scp_apdu scp_get_data(uint16_t tag);

#endif
