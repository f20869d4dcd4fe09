/* Which applications a card offers: the proximity environment, else the one for contacts (EMV
 * contactless Book B 3.3, EMV Book 1 12.3). */
#include "agent/terminal/payment.h"

#include "scp/gp/tlv.h"

enum { TAG_SFI = 0x88, RECORDS_MAX = 10 };

static const uint8_t ppse[] = {'2', 'P', 'A', 'Y', '.', 'S', 'Y',
                               'S', '.', 'D', 'D', 'F', '0', '1'};
static const uint8_t pse[] = {'1', 'P', 'A', 'Y', '.', 'S', 'Y', 'S', '.', 'D', 'D', 'F', '0', '1'};

/* SELECT of an environment. OK with nothing in the answer when the card has none. */
static enum terminal_result select_environment(struct payment *p, struct scp_bytes name,
                                               const char *what, bool *found)
{
    struct scp_apdu select = scp_select(name);
    *found = false;
    if (!terminal_send(p->terminal, &select, &p->answer))
        return TERMINAL_FAILED;
    if (p->answer.sw == PAYMENT_SW_NOT_FOUND)
        return TERMINAL_OK;
    if (!payment_executed(p->answer.sw))
        return terminal_refused(p->terminal, what, p->answer.sw);
    *found = true;
    return TERMINAL_OK;
}

static enum terminal_result read_ppse(struct payment *p, bool *found)
{
    static const char what[] = "SELECT PPSE";
    enum terminal_result result = select_environment(p, SCP_BYTES(ppse), what, found);
    if (result != TERMINAL_OK || !*found)
        return result;
    return emv_directory_parse(p->answer.data, p->candidates, &p->count) == SCP_OK
               ? TERMINAL_OK
               : terminal_malformed(p->terminal, what);
}

/* The file that the environment's FCI names; 0: none. */
static uint8_t directory_file(const struct payment *p)
{
    struct scp_bytes value;
    bool given = scp_tlv_expect(p->answer.data, 0x6F, &value) == SCP_OK &&
                 scp_tlv_find(value, 0xA5, &value) == SCP_OK &&
                 scp_tlv_find(value, TAG_SFI, &value) == SCP_OK && value.len == 1;
    return given && value.ptr[0] <= RECORDS_MAX ? value.ptr[0] : 0;
}

static enum terminal_result read_pse(struct payment *p, bool *found)
{
    static const char what[] = "READ RECORD of the PSE";
    enum terminal_result result = select_environment(p, SCP_BYTES(pse), "SELECT PSE", found);
    if (result != TERMINAL_OK || !*found)
        return result;
    uint8_t sfi = directory_file(p);
    for (uint8_t record = 1; sfi != 0 && record <= RECORDS_MAX; record++) {
        struct scp_bytes entries;
        struct scp_apdu apdu = {.ins = PAYMENT_INS_READ_RECORD,
                                .p1 = record,
                                .p2 = (uint8_t)(sfi << 3 | PAYMENT_READ_BY_NUMBER),
                                .le = 0};
        if (!terminal_send(p->terminal, &apdu, &p->answer))
            return TERMINAL_FAILED;
        if (p->answer.sw != PAYMENT_SW_OK)
            return TERMINAL_OK; /* there is no further one */
        if (scp_tlv_expect(p->answer.data, 0x70, &entries) != SCP_OK ||
            emv_directory_entries(entries, p->candidates, &p->count) != SCP_OK)
            return terminal_malformed(p->terminal, what);
    }
    return TERMINAL_OK;
}

enum terminal_result payment_read_directory(struct payment *p)
{
    bool has_ppse = false;
    bool has_pse = false;
    enum terminal_result result = read_ppse(p, &has_ppse);
    if (result == TERMINAL_OK && p->count == 0)
        result = read_pse(p, &has_pse);
    if (result != TERMINAL_OK || p->count > 0)
        return result;
    return payment_absent(p, has_ppse || has_pse ? "the payment environment names no application"
                                                 : "the card has no payment environment (PPSE)");
}
