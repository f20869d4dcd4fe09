#include "scp/gp/status_words.h"

#include "scp/base/bytes.h"
#include "scp/gp/commands.h"

#include <string.h>

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
    {0x6400, 0xFF00, "64XX", "execution error, nothing was changed"},
    {0x6500, 0xFF00, "65XX", "execution error, something was changed"},
    {0x6600, 0xFF00, "66XX", "an issue of security"},
    {0x6700, 0xFF00, "67XX", "wrong length"},
    {0x6800, 0xFF00, "68XX", "a function of the class byte is not supported"},
    {0x6900, 0xFF00, "69XX", "command not allowed"},
    {0x6A00, 0xFF00, "6AXX", "wrong parameters P1 and P2"},
    {0x9000, 0xF000, "9XXX", "a status of the application's own"},
    {0x0000, 0x0000, "?", "a status word without a known meaning"},
};

/* What a word means to one instruction (the tables of GPCS 11.2 to 11.11, D.4, E.5). */
static const struct {
    uint8_t ins;
    uint16_t sw;
    const char *text;
} particular[] = {
    {SCP_INS_SELECT, 0x6283, "selected, but the card is locked"},
    {SCP_INS_SELECT, 0x6A81, "the card is locked, or it cannot select this way"},
    {SCP_INS_SELECT, 0x6A82, "no application with this AID can be selected"},
    {SCP_INS_SELECT, 0x6985, "the application is not selectable now"},
    {SCP_INS_INITIALIZE_UPDATE, 0x6A88, "the card has no key set with this version number"},
    {SCP_INS_INITIALIZE_UPDATE, 0x6985, "no session: the sequence counter may be at its maximum"},
    {SCP_INS_EXTERNAL_AUTHENTICATE, 0x6300, "the host cryptogram or its C-MAC is wrong"},
    {SCP_INS_EXTERNAL_AUTHENTICATE, 0x6982, "the host cryptogram or its C-MAC is wrong"},
    {SCP_INS_EXTERNAL_AUTHENTICATE, 0x6985, "INITIALIZE UPDATE did not come before"},
    {SCP_INS_BEGIN_R_MAC, 0x6A88, "the key for R-MAC is not on the card"},
    {SCP_INS_END_R_MAC, 0x6A88, "no R-MAC session is open"},
    {SCP_INS_MANAGE_CHANNEL, 0x6200, "the logical channel is already closed"},
    {SCP_INS_MANAGE_CHANNEL, 0x6A81, "no logical channel can be opened, or the card is locked"},
    {SCP_INS_GET_DATA, 0x6A88, "the card has no such data object"},
    {SCP_INS_GET_STATUS, 0x6310, "more entries follow, to be asked for with b1 of P2"},
    {SCP_INS_GET_STATUS, 0x6A88, "no entry of this kind is on the card"},
    {SCP_INS_GET_STATUS, 0x6A80, "a search criterion or a tag of the list is not supported"},
    {SCP_INS_SET_STATUS, 0x6A80, "the life cycle state cannot be reached from the present one"},
    {SCP_INS_SET_STATUS, 0x6A88, "no application with this AID is on the card"},
    {SCP_INS_INSTALL, 0x6A80, "an install parameter, privilege or token is wrong"},
    {SCP_INS_INSTALL, 0x6A84, "not enough memory for the instance or the load file"},
    {SCP_INS_INSTALL, 0x6A88, "the package, module, application or security domain is not there"},
    {SCP_INS_INSTALL, 0x6985, "not allowed now: the AID may be in use, or a privilege be taken"},
    {SCP_INS_LOAD, 0x6A84, "not enough memory for the load file"},
    {SCP_INS_LOAD, 0x6A80, "the load file, its DAP or its order of blocks is wrong"},
    {SCP_INS_LOAD, 0x6985, "no INSTALL [for load] came before, or a package is missing"},
    {SCP_INS_DELETE, 0x6A80, "the application or key to delete is not described rightly"},
    {SCP_INS_DELETE, 0x6A82, "no application or load file with this AID is on the card"},
    {SCP_INS_DELETE, 0x6A88, "the application, load file or key is not on the card"},
    {SCP_INS_DELETE, 0x6985, "still in use: selected, imported or owning something"},
    {SCP_INS_PUT_KEY, 0x6A80, "a key's type, length or algorithm is wrong"},
    {SCP_INS_PUT_KEY, 0x6A84, "not enough memory for the keys"},
    {SCP_INS_PUT_KEY, 0x6A88, "the key set to replace is not on the card"},
    {SCP_INS_PUT_KEY, 0x6982, "not authenticated, or a key check value is wrong"},
    {SCP_INS_STORE_DATA, 0x6A80, "a data group, its format or its encryption is wrong"},
    {SCP_INS_STORE_DATA, 0x6A84, "not enough memory for the data"},
    {SCP_INS_STORE_DATA, 0x6A88, "the data object or data group is not known"},
    {SCP_INS_STORE_DATA, 0x6985, "no application is being personalised"},
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

const char *scp_sw_text_for(uint8_t ins, uint16_t sw)
{
    for (size_t i = 0; i < sizeof particular / sizeof particular[0]; i++) {
        if (particular[i].ins == ins && particular[i].sw == sw)
            return particular[i].text;
    }
    return scp_sw_text(sw);
}

char *scp_sw_explain(char *to, size_t cap, uint8_t ins, uint16_t sw)
{
    uint8_t bytes[2];
    char hex[SCP_HEX_SIZE(sizeof bytes)];
    const char *text = scp_sw_text_for(ins, sw);
    scp_store_u16(bytes, sw);
    (void)scp_hex_encode(hex, sizeof hex, SCP_BYTES(bytes));
    struct scp_bytes parts[] = {
        scp_bytes_of(hex, sizeof hex - 1),
        SCP_LITERAL(' '),
        scp_bytes_of(text, strlen(text)),
    };
    if (cap == 0)
        return to;
    struct scp_writer w = scp_writer_on((uint8_t *)to, cap - 1);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        scp_put(&w, scp_bytes_slice(parts[i], 0, scp_writer_room(&w)));
    to[w.len] = '\0';
    return to;
}

enum scp_error scp_sw_check(uint16_t sw)
{
    return sw == SCP_SW_SUCCESS ? SCP_OK : SCP_STATUS_WORD;
}
