#include "scp/gp/status_words.h"

#include <stddef.h>

/* The first row that fits: (sw & mask) == value. The families stand after the single words. */
static const struct {
    uint16_t value;
    uint16_t mask;
    const char *name;
    const char *text;
} table[] = {
#define SCP_STATUS_WORD_ROW(name, value, text) {value, 0xFFFF, #name, text},
    SCP_STATUS_WORDS(SCP_STATUS_WORD_ROW)
#undef SCP_STATUS_WORD_ROW
        {0x6100, 0xFF00, "61XX", "more response data, to be fetched with GET RESPONSE"},
    {0x63C0, 0xFFF0, "63CX", "verification failed, the last digit says how many tries are left"},
    {0x6C00, 0xFF00, "6CXX", "wrong Le, the last byte says the right one"},
    {0x6200, 0xFF00, "62XX", "warning, nothing was changed"},
    {0x6300, 0xFF00, "63XX", "warning, something was changed"},
    {0x0000, 0x0000, "?", "a status word without a known meaning"},
};

static size_t find(uint16_t sw)
{
    size_t i = 0;
    while ((sw & table[i].mask) != table[i].value)
        i++; /* the last row fits always */
    return i;
}

bool scp_sw_executed(uint16_t sw)
{
    uint8_t sw1 = (uint8_t)(sw >> 8);
    return sw == SCP_SW_SUCCESS || sw1 == 0x62 || sw1 == 0x63;
}

const char *scp_sw_name(uint16_t sw)
{
    return table[find(sw)].name;
}

const char *scp_sw_text(uint16_t sw)
{
    return table[find(sw)].text;
}

enum scp_error scp_sw_check(uint16_t sw)
{
    return sw == SCP_SW_SUCCESS ? SCP_OK : SCP_STATUS_WORD;
}
