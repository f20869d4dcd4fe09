#include "agent/card/t0.h"

#include "scp/base/secret.h"
#include "scp/gp/commands.h"

enum { HEADER = 4, P3_AT = 4, WITHOUT_DATA = 5, LENGTH_256 = 0 };
enum { SW_MORE = 0x6100, SW_EXACT = 0x6C00 };

bool card_t0_offered(struct scp_bytes atr)
{
    enum { TA = 0x10, TB = 0x20, TC = 0x40, TD = 0x80 };
    struct scp_reader r = scp_reader_on(atr);
    (void)scp_get_u8(&r); /* TS */
    uint8_t t0 = scp_get_u8(&r);
    for (unsigned bit = TA; bit <= TC; bit <<= 1)
        if ((t0 & bit) != 0)
            (void)scp_get_u8(&r);
    return (t0 & TD) == 0 || (scp_get_u8(&r) & 0x0F) == 0;
}

static uint8_t p3_of(struct scp_bytes command)
{
    return command.len > P3_AT ? command.ptr[P3_AT] : 0;
}

/* A length as the second byte of 61xx and 6Cxx. */
static uint16_t with_length(uint16_t sw, size_t len)
{
    return (uint16_t)(sw | (len & 0xFF));
}

static void forget(struct card_t0 *t0)
{
    scp_wipe(t0, sizeof *t0);
}

static void keep(struct card_t0 *t0, struct scp_bytes data, uint16_t sw)
{
    struct scp_writer w = scp_writer_on(t0->data, sizeof t0->data);
    scp_put(&w, data);
    t0->waits = true;
    t0->len = scp_written(&w).len;
    t0->sw = sw;
}

/* Give `len` bytes of what waits, then what follows them: the status word, or that there is more.
 */
static void give(struct card_t0 *t0, size_t len, struct scp_writer *response)
{
    struct scp_bytes data = scp_bytes_of(t0->data, t0->len);
    scp_put(response, scp_bytes_slice(data, 0, len));
    if (len == t0->len) {
        scp_put_u16(response, t0->sw);
        forget(t0);
        return;
    }
    scp_put_u16(response, with_length(SW_MORE, t0->len - len));
    struct card_t0 rest = {.waits = false};
    keep(&rest, scp_bytes_from(data, len), t0->sw);
    *t0 = rest;
    scp_wipe(&rest, sizeof rest);
}

static bool fetches(const struct card_t0 *t0, struct scp_bytes command)
{
    if (!t0->waits || command.len != WITHOUT_DATA)
        return false;
    if (t0->by_header)
        return scp_bytes_start_with(command, SCP_BYTES(t0->header));
    return command.ptr[1] == SCP_INS_GET_RESPONSE && command.ptr[2] == 0 && command.ptr[3] == 0;
}

bool card_t0_fetch(struct card_t0 *t0, struct scp_bytes command, struct scp_writer *response)
{
    if (!fetches(t0, command)) {
        forget(t0);
        return false;
    }
    size_t asked = p3_of(command) == LENGTH_256 ? SCP_RESPONSE_DATA_MAX : p3_of(command);
    bool all = p3_of(command) == LENGTH_256 && !t0->by_header;
    if (all || asked <= t0->len)
        give(t0, asked < t0->len ? asked : t0->len, response);
    else
        scp_put_u16(response, with_length(SW_EXACT, t0->len));
    return true;
}

void card_t0_answer(struct card_t0 *t0, struct scp_bytes command, struct scp_bytes whole,
                    struct scp_writer *response)
{
    size_t len = whole.len - 2;
    struct scp_bytes data = scp_bytes_slice(whole, 0, len);
    uint16_t sw = scp_load_u16(scp_bytes_from(whole, len).ptr);
    bool brought_data = command.len > WITHOUT_DATA;
    if (len == 0 || (!brought_data && len == (p3_of(command) == LENGTH_256 ? SCP_RESPONSE_DATA_MAX
                                                                           : p3_of(command)))) {
        scp_put(response, whole);
        return;
    }
    keep(t0, data, sw);
    t0->by_header = !brought_data;
    struct scp_writer header = scp_writer_on(t0->header, sizeof t0->header);
    scp_put(&header, scp_bytes_slice(command, 0, HEADER));
    scp_put_u16(response, with_length(brought_data ? SW_MORE : SW_EXACT, len));
}
