#include "agent/card/timing.h"

const char *const card_interface_names[] = {"t0", "t1", "contactless", NULL};

/* How a protocol puts an APDU on the wire. */
static const struct wire {
    unsigned bits;      /* of one byte, with start, parity and guard time */
    size_t frame;       /* bytes around what a block carries */
    size_t information; /* bytes that one block carries; 0: there are no blocks */
    size_t answer;      /* bytes that acknowledge a block when another follows */
} wires[] = {
    [CARD_INTERFACE_T0] = {.bits = 12},
    [CARD_INTERFACE_T1] = {.bits = 11, .frame = 4, .information = 254, .answer = 4},
    [CARD_INTERFACE_CONTACTLESS] = {.bits = 9, .frame = 3, .information = 253, .answer = 3},
};

static size_t blocks_of(size_t len, size_t size)
{
    return (len + size - 1) / size;
}

static size_t wire_bytes(const struct wire *wire, size_t len)
{
    if (wire->information == 0)
        return len;
    size_t blocks = len == 0 ? 1 : blocks_of(len, wire->information);
    return len + blocks * wire->frame + (blocks - 1) * wire->answer;
}

/* T=0 has a procedure byte for the command, and fetches response data by GET RESPONSE: five bytes
 * and another procedure byte, after a status word of its own. */
static size_t t0_extra(size_t command_len, size_t response_len)
{
    enum { HEADER = 5, PROCEDURE = 1, GET_RESPONSE = HEADER + PROCEDURE + 2, STATUS = 2 };
    bool fetches = command_len > HEADER && response_len > STATUS;
    return PROCEDURE + (fetches ? GET_RESPONSE : 0);
}

uint64_t card_timing_wire_us(const struct card_timing *timing, size_t command_len,
                             size_t response_len)
{
    const struct wire *wire = &wires[timing->interface];
    if (timing->bit_rate == 0)
        return 0;
    size_t bytes = wire_bytes(wire, command_len) + wire_bytes(wire, response_len);
    if (timing->interface == CARD_INTERFACE_T0)
        bytes += t0_extra(command_len, response_len);
    return (uint64_t)bytes * wire->bits * 1000000 / timing->bit_rate;
}

/* Each write begins a page. */
static uint64_t pages(const struct card_timing *timing, const struct card_work *work)
{
    return timing->page_size == 0 ? 0 : work->writes + work->bytes_written / timing->page_size;
}

uint64_t card_timing_us(const struct card_timing *timing, const struct card_work *work)
{
    return card_timing_wire_us(timing, work->command_len, work->response_len) + timing->command_us +
           pages(timing, work) * timing->write_us +
           (uint64_t)work->cipher_blocks * timing->cipher_us;
}

size_t card_timing_blocks(const struct card_protection *protection, size_t command_len,
                          size_t response_len)
{
    size_t command = blocks_of(command_len, protection->block_size);
    size_t response = blocks_of(response_len, protection->block_size);
    size_t blocks = 0;
    if (protection->c_mac)
        blocks += command + 1; /* the chaining value or the ICV */
    if (protection->c_encryption)
        blocks += command + 1; /* the IV */
    if (protection->r_mac)
        blocks += response + 1;
    if (protection->r_encryption)
        blocks += response + 1;
    return blocks;
}
