/* Keys by STORE DATA (GPCS 11.11.4): the data grouping `00B9` describes keys, the groupings right
 * after it carry their values, secret ones encrypted under the data encryption key.
 *
 *     const struct scp_key_control keys[] = {{.type = SCP_KEY_TYPE_AES, .usage = usage, …}, …};
 *     const struct scp_key_transfer transfer = {.keys = keys, .count = 3};
 *     SCP_TRY(scp_key_dgis(&transfer, &scratch, dgis, &made));
 *     scp_store_data_begin(&s, dgis, made, room, false);         // store_data.h
 *
 * The card's side takes one grouping after the other:
 *
 *     struct scp_key_data data = {.count = 0};
 *     while ((error = scp_dgi_next(&r, &dgi)) == SCP_OK)
 *         SCP_TRY(scp_key_data_take(&data, &dgi));
 *     SCP_TRY(scp_key_data_end(&data));
 *
 * Nothing is owned: views borrow from the input. */
#ifndef SCP_GP_KEY_DATA_H
#define SCP_GP_KEY_DATA_H

#include "scp/gp/put_key.h"
#include "scp/gp/store_data.h"

enum {
    SCP_DGI_KEY_CONTROL = 0x00B9,
    SCP_DGI_SECRET_KEY = 0x8113,
    SCP_KEY_CONTROLS_MAX = 8, /* key components in one transfer */
    SCP_KEY_DGIS_MAX = 1 + SCP_KEY_CONTROLS_MAX,
};

/* One control reference template: a symmetric key, a component of an asymmetric one, a parameter of
 * a curve, or the reference of a curve. What is empty, 0 or not there is left out. */
struct scp_key_control {
    uint8_t type;             /* 80: see put_key.h */
    bool has_identity;        /* curve parameters have none */
    uint8_t key_id;           /* 82 */
    uint8_t kvn;              /* 83 */
    bool has_access;          /* absent means 00 */
    uint8_t access;           /* 96 */
    uint16_t length;          /* 81: of the clear value in bytes */
    struct scp_bytes usage;   /* 95: one or two bytes */
    struct scp_bytes purpose; /* 97: the form with shared attributes only */
    struct scp_bytes kcv;     /* 84: of secret symmetric keys */
    struct scp_bytes curve;   /* 85: with type F0 only */
    struct scp_bytes value;   /* of the grouping that follows; none with type F0 */
};

/* Two codings of 00B9 are met. */
enum scp_key_control_form {
    SCP_KEY_CONTROL_EACH,   /* GPCS 2.3.1: every B9 states all */
    SCP_KEY_CONTROL_SHARED, /* B7 states type, length, KVN, access and purpose for the B9s after
                               it, which have identifier and check value */
};

/* The grouping that carries a component of that type; 0 for one that has none. */
uint16_t scp_key_dgi_id(uint8_t type);

struct scp_key_transfer {
    const struct scp_key_control *keys;
    size_t count; /* 1 to the limit */
    enum scp_key_control_form form;
};

/* The groupings of a transfer in their order: 00B9, whose value is appended to `scratch`, and one
 * for each control that has a value. `*made` is how many there are. OUT_OF_RANGE (no control, more
 * than the limit); MISMATCH (keys that do not share what the form wants shared); UNSUPPORTED (a
 * type that no grouping carries); NO_SPACE. */
SCP_MUST_USE enum scp_error scp_key_dgis(const struct scp_key_transfer *transfer,
                                         struct scp_writer *scratch,
                                         struct scp_dgi dgis[SCP_KEY_DGIS_MAX], size_t *made);

/* ---- the card's side ---------------------------------------------------------------------- */

struct scp_key_data {
    struct scp_key_control keys[SCP_KEY_CONTROLS_MAX];
    size_t count;
    size_t filled; /* private: controls before this one have their value */
};

/* Take the next grouping of a transfer. Both forms of 00B9 are read. TRUNCATED, MALFORMED (a
 * template that is none, an encrypted value shorter than its key); OUT_OF_RANGE (a field of a wrong
 * length); TOO_LONG (more controls than the limit); MISMATCH (not the value that was announced). */
SCP_MUST_USE enum scp_error scp_key_data_take(struct scp_key_data *data, const struct scp_dgi *dgi);
/* Whether every key that was announced has come. TRUNCATED; NOT_FOUND when there was none. */
SCP_MUST_USE enum scp_error scp_key_data_end(const struct scp_key_data *data);

#endif
