/* STORE DATA (GPCS 11.11) and data groupings (GlobalPlatform Systems Scripting Language; EMV CPS):
 * id(2) ‖ length (00 to FE, or FF and two bytes) ‖ value.
 *
 *     struct scp_store_data s;
 *     scp_store_data_begin(&s, dgis, count, scp_channel_room(&channel), true);
 *     while ((error = scp_store_data_next(&s, buffer, &apdu)) == SCP_OK)
 *         …
 *
 * Nothing is owned: the groupings must outlive the walk. */
#ifndef SCP_GP_STORE_DATA_H
#define SCP_GP_STORE_DATA_H

#include "scp/gp/apdu.h"

struct scp_dgi {
    struct scp_bytes value;
    uint16_t id;
    bool encrypted; /* under the data encryption key; not part of the coding */
};

/* TOO_LONG (in the writer) above 65535 bytes. */
void scp_put_dgi(struct scp_writer *w, uint16_t id, struct scp_bytes value);
size_t scp_dgi_size(size_t value_len);
void scp_put_dgi_length(struct scp_writer *w, size_t length);
/* The next grouping. NOT_FOUND at the end, TRUNCATED: with chained commands, when the rest comes in
 * the next one; read again from the joined data. */
SCP_MUST_USE enum scp_error scp_dgi_next(struct scp_reader *r, struct scp_dgi *out);

/* P1. */
enum {
    SCP_STORE_LAST = 0x80,
    SCP_STORE_ENCRYPTED = 0x60,
    SCP_STORE_ENCRYPTION_OWN = 0x20, /* known to the application only */
    SCP_STORE_DGI = 0x08,
    SCP_STORE_TLV = 0x10,
    SCP_STORE_ANSWER = 0x01, /* response data may come back */
    SCP_STORE_BLOCKS_MAX = 256,
};

/* What P1 says. */
struct scp_store_block {
    bool last;
    bool encrypted;
    bool dgi;
    bool tlv;
    bool answer;
};
/* OUT_OF_RANGE for a reserved value. */
SCP_MUST_USE enum scp_error scp_store_block_parse(uint8_t p1, struct scp_store_block *out);

/* A walk over the STORE DATA commands of a list of groupings: whole groupings share a command as
 * long as they fit and are all encrypted or all clear; one that is longer than the room goes on in
 * the next commands. */
struct scp_store_data {
    const struct scp_dgi *dgis; /* private from here on */
    size_t count;
    size_t room;
    bool pack;
    size_t at;     /* the grouping to go on with */
    size_t offset; /* what has been sent of its coding */
    size_t block;
};

/* `room` is at most 255. `pack` false gives each grouping a command of its own, for applications
 * that take only one. */
void scp_store_data_begin(struct scp_store_data *s, const struct scp_dgi *dgis, size_t count,
                          size_t room, bool pack);
/* The next command; its data are in `buffer`. NOT_FOUND after the last; TOO_LONG when there would
 * be more than 256. */
SCP_MUST_USE enum scp_error scp_store_data_next(struct scp_store_data *s,
                                                uint8_t buffer[SCP_APDU_DATA_MAX],
                                                struct scp_apdu *out);

/* One STORE DATA with the P1 and the block number that the caller counts. */
struct scp_apdu scp_store_command(uint8_t p1, uint8_t number, struct scp_bytes data);

/* The `index`-th STORE DATA of data without structure, or of one BER-TLV string, cut into blocks:
 * `p1` without the last-block bit. NOT_FOUND past the last, TOO_LONG above 256 blocks. */
SCP_MUST_USE enum scp_error scp_store_block(uint8_t p1, struct scp_bytes data, size_t room,
                                            size_t index, struct scp_apdu *out);

#endif
