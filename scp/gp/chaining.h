/* Commands whose data exceed one APDU: INSTALL, DELETE and PUT KEY (GPCS 11.1.5.1). The host cuts,
 * the card joins.
 *
 * The host:
 *
 *     while ((error = scp_segment(&whole, room, i++, &part)) == SCP_OK)
 *         send(&part);                                       // 9000 before the next
 *
 * The card:
 *
 *     scp_chain_begin(&chain, buffer, sizeof buffer);
 *     …
 *     error = scp_chain_take(&chain, &received, &whole);
 *     if (error == SCP_NOT_FOUND)
 *         answer(0x9000);                                    // the rest is still to come
 *     else if (error == SCP_OK)
 *         execute(&whole);
 *
 * In a secure channel the whole command is protected before it is cut, and joined before it is
 * unwrapped: cutting and joining take bytes as they are.
 *
 * Nothing is owned: a part borrows from the whole, a joined command from the chain's buffer. */
#ifndef SCP_GP_CHAINING_H
#define SCP_GP_CHAINING_H

#include "scp/gp/apdu.h"

/* P1 b8: further commands carry the rest of the data. */
enum { SCP_MORE_COMMANDS = 0x80 };

/* Number of APDUs for a command with that much data; at least 1. */
size_t scp_segment_count(size_t data_len, size_t room);
/* The `index`-th APDU of a command whose data may be longer than `room` bytes: P1 b8 is set on all
 * but the last. NOT_FOUND past the last. */
SCP_MUST_USE enum scp_error scp_segment(const struct scp_apdu *whole, size_t room, size_t index,
                                        struct scp_apdu *out);

/* The instructions that may be chained. */
bool scp_ins_chains(uint8_t ins);

/* A chain that is being received. */
struct scp_chain {
    struct scp_apdu first; /* private */
    struct scp_writer data;
    bool open;
};

/* `buffer` holds the joined data and lives as long as the chain; `cap` limits them. */
void scp_chain_begin(struct scp_chain *chain, uint8_t *buffer, size_t cap);
/* Forget what has come so far: at a reset or a selection, and when an error was answered. */
void scp_chain_abort(struct scp_chain *chain);

/* Take the next command. `whole` is valid for SCP_OK alone, until the next call: a command that is
 * not part of a chain as it came, or the joined one with P1 as in its last part. NOT_FOUND: more
 * parts are to come (answer 9000). MISMATCH: this is not the rest of the open chain (6985).
 * NO_SPACE: longer than the buffer (6A86). After an error other than NOT_FOUND the chain is
 * forgotten and the command not taken. */
SCP_MUST_USE enum scp_error scp_chain_take(struct scp_chain *chain, const struct scp_apdu *part,
                                           struct scp_apdu *whole);

#endif
