#include "scp/gp/exchange.h"

#include "scp/gp/commands.h"
#include "scp/gp/logical_channel.h"

enum { SW1_MORE = 0x61, SW1_WRONG_LE = 0x6C };

struct scp_apdu scp_get_response(uint8_t cla, uint8_t count)
{
    return (struct scp_apdu){.cla = scp_cla_on_channel(SCP_CLA_ISO, scp_cla_channel(cla)),
                             .ins = SCP_INS_GET_RESPONSE,
                             .le = count};
}

void scp_exchange_begin(struct scp_exchange *x, const struct scp_apdu *command, bool t0,
                        struct scp_writer *response)
{
    *x = (struct scp_exchange){.next = *command, .cla = command->cla, .response = response};
    if (t0 && command->data.len > 0)
        x->next.le = SCP_NO_LE;
}

static enum scp_error ask(struct scp_exchange *x, uint8_t count)
{
    if (x->asked == SCP_GET_RESPONSES_MAX)
        return SCP_TOO_LONG;
    x->asked++;
    x->next = scp_get_response(x->cla, count);
    x->corrected = false;
    return SCP_OK;
}

enum scp_error scp_exchange_take(struct scp_exchange *x, struct scp_bytes answer)
{
    struct scp_response part;
    SCP_TRY(scp_response_parse(answer, &part));
    uint8_t sw1 = (uint8_t)(part.sw >> 8);
    uint8_t count = (uint8_t)part.sw;
    if (sw1 == SW1_WRONG_LE && x->next.le != SCP_NO_LE && !x->corrected) {
        x->next.le = count;
        x->corrected = true;
        return SCP_OK;
    }
    scp_put(x->response, part.data);
    if (sw1 == SW1_MORE) {
        SCP_TRY(scp_writer_status(x->response));
        return ask(x, count);
    }
    scp_put_u16(x->response, part.sw);
    x->done = true;
    return scp_writer_status(x->response);
}
