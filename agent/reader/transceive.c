#include "agent/reader/transceive.h"

#include "scp/gp/apdu.h"

enum {
    SW1_MORE = 0x61,
    SW1_WRONG_LE = 0x6C,
    INS_GET_RESPONSE = 0xC0,
    CLA_FURTHER_CHANNEL = 0x40, /* channels 4 to 19 (ISO/IEC 7816-4 5.4.1) */
};

/* The bytes of one TPDU response, with room for more than any short answer may have. */
struct tpdu {
    uint8_t buffer[SCP_RESPONSE_MAX];
    struct scp_bytes data;
    uint8_t sw1;
    uint8_t sw2;
};

static enum agent_error exchange(const struct agent_link *link, struct scp_bytes command,
                                 struct tpdu *out)
{
    struct scp_writer w = scp_writer_on(out->buffer, sizeof out->buffer);
    AGENT_TRY(link->tpdu.fn(link->tpdu.ctx, command, &w));
    struct scp_bytes response = scp_written(&w);
    if (response.len < 2)
        return AGENT_CARD_ANSWER;
    out->data = scp_bytes_slice(response, 0, response.len - 2);
    out->sw1 = response.ptr[response.len - 2];
    out->sw2 = response.ptr[response.len - 1];
    return AGENT_OK;
}

/* GET RESPONSE goes in the interindustry class on the command's logical channel. */
static uint8_t get_response_class(uint8_t cla)
{
    return cla & CLA_FURTHER_CHANNEL ? CLA_FURTHER_CHANNEL | (cla & 0x0F) : cla & 0x03;
}

/* Send a command whose Le may still be wrong: once more with the one that the card names. */
static enum agent_error exchange_le(const struct agent_link *link, struct scp_apdu apdu,
                                    struct tpdu *out)
{
    for (int attempt = 0;; attempt++) {
        uint8_t buffer[SCP_APDU_MAX];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        scp_put_apdu(&w, &apdu);
        if (scp_writer_status(&w) != SCP_OK)
            return AGENT_CARD_ANSWER;
        AGENT_TRY(exchange(link, scp_written(&w), out));
        if (out->sw1 != SW1_WRONG_LE || apdu.le == SCP_NO_LE || attempt > 0)
            return AGENT_OK;
        apdu.le = out->sw2;
    }
}

/* Append the data of `part` and of all that the card still has. */
static enum agent_error collect(const struct agent_link *link, uint8_t cla, struct tpdu *part,
                                struct scp_writer *response)
{
    scp_put(response, part->data);
    for (int i = 0; part->sw1 == SW1_MORE; i++) {
        if (i == AGENT_GET_RESPONSES_MAX)
            return AGENT_CARD_ANSWER;
        struct scp_apdu get = {
            .cla = get_response_class(cla), .ins = INS_GET_RESPONSE, .le = part->sw2};
        AGENT_TRY(exchange_le(link, get, part));
        scp_put(response, part->data);
    }
    scp_put_u8(response, part->sw1);
    scp_put_u8(response, part->sw2);
    return scp_writer_status(response) == SCP_OK ? AGENT_OK : AGENT_CARD_ANSWER;
}

static enum agent_error transceive(void *ctx, struct scp_bytes command, struct scp_writer *response)
{
    const struct agent_link *link = ctx;
    struct scp_apdu apdu;
    struct tpdu part;
    if (scp_apdu_parse(command, &apdu) != SCP_OK) {
        /* Not a short command: the card says what it thinks of it. */
        AGENT_TRY(exchange(link, command, &part));
        return collect(link, 0, &part, response);
    }
    if (link->t0 && apdu.data.len > 0)
        apdu.le = SCP_NO_LE;
    AGENT_TRY(exchange_le(link, apdu, &part));
    return collect(link, apdu.cla, &part, response);
}

struct agent_transceive agent_transceive_over(struct agent_link *link)
{
    return (struct agent_transceive){.ctx = link, .fn = transceive};
}

enum agent_error agent_send(const struct agent_transceive *card, struct scp_bytes command,
                            struct agent_answer *answer)
{
    struct scp_writer w = scp_writer_on(answer->buffer, sizeof answer->buffer);
    AGENT_TRY(card->fn(card->ctx, command, &w));
    struct scp_response split;
    if (scp_response_parse(scp_written(&w), &split) != SCP_OK)
        return AGENT_CARD_ANSWER;
    answer->data = split.data;
    answer->sw = split.sw;
    return AGENT_OK;
}
