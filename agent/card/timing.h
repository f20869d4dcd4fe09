/* Private: how long a real card of this model would take, in virtual time.
 *
 * The time of a command is that of its bytes and those of its response on the wire, a fixed part,
 * the writes of the non-volatile memory page by page, and the blocks of the cipher. It is an
 * estimate from the lengths alone: what a chip does beside is in the fixed part. A profile gives
 * the figures (issue.h); without them every command takes no time. */
#ifndef AGENT_CARD_TIMING_H
#define AGENT_CARD_TIMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The transmission protocols, as the profile names them. */
enum card_interface {
    CARD_INTERFACE_T0,          /* ISO/IEC 7816-3 10 */
    CARD_INTERFACE_T1,          /* ISO/IEC 7816-3 11 */
    CARD_INTERFACE_CONTACTLESS, /* ISO/IEC 14443-4, type A */
};
extern const char *const card_interface_names[];

struct card_timing {
    uint8_t interface;   /* enum card_interface */
    uint32_t bit_rate;   /* bits a second on the wire; 0: the wire takes no time */
    uint32_t command_us; /* of any command */
    uint32_t write_us;   /* one page of the non-volatile memory */
    uint16_t page_size;  /* bytes; at least 1 where write_us is not 0 */
    uint32_t cipher_us;  /* one block of the cipher of the secure channel */
};

/* What one command made the card do. */
struct card_work {
    size_t command_len;
    size_t response_len;
    uint64_t writes;
    uint64_t bytes_written;
    size_t cipher_blocks;
};

uint64_t card_timing_wire_us(const struct card_timing *timing, size_t command_len,
                             size_t response_len);
uint64_t card_timing_us(const struct card_timing *timing, const struct card_work *work);

/* Blocks of the cipher for a command and its response under secure messaging. */
struct card_protection {
    size_t block_size;
    bool c_mac, c_encryption, r_mac, r_encryption;
};
size_t card_timing_blocks(const struct card_protection *protection, size_t command_len,
                          size_t response_len);

#endif
