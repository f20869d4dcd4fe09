#include "agent/relay/identify.h"

#include "scp/gp/apdu.h"
#include "scp/gp/tlv.h"

#include <string.h>

enum { TAG_IIN = 0x42, TAG_CIN = 0x45, SW_OK = 0x9000, SW1_WARNING = 0x62 };

static const char se_prefix[] = "//se-id/CUD/";
static const char aid_prefix[] = "//aid/";

static enum agent_error send_apdu(const struct agent_transceive *card, const struct scp_apdu *apdu,
                                  struct agent_answer *answer)
{
    uint8_t buffer[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_apdu(&w, apdu);
    if (scp_writer_status(&w) != SCP_OK)
        return AGENT_CARD_ANSWER;
    return agent_send(card, scp_written(&w), answer);
}

enum agent_error agent_select(const struct agent_transceive *card, struct scp_bytes aid,
                              struct agent_answer *answer)
{
    return send_apdu(card, &(struct scp_apdu){.ins = 0xA4, .p1 = 0x04, .data = aid, .le = 0},
                     answer);
}

/* One of the two numbers. Most cards answer with the data object, some with its bare value. */
static enum agent_error get_number(const struct agent_transceive *card, uint8_t tag,
                                   struct scp_writer *cud)
{
    struct agent_answer answer;
    AGENT_TRY(
        send_apdu(card, &(struct scp_apdu){.cla = 0x80, .ins = 0xCA, .p2 = tag, .le = 0}, &answer));
    struct scp_bytes value = answer.data;
    if (scp_tlv_expect(answer.data, tag, &value) != SCP_OK)
        value = answer.data;
    if (answer.sw != SW_OK || value.len == 0)
        return AGENT_NOT_IDENTIFIED;
    scp_put(cud, value);
    return AGENT_OK;
}

enum agent_error agent_identify(const struct agent_transceive *card, char se[AGENT_SE_MAX])
{
    struct agent_answer answer;
    uint8_t buffer[AGENT_CUD_MAX];
    struct scp_writer cud = scp_writer_on(buffer, sizeof buffer);
    AGENT_TRY(agent_select(card, SCP_EMPTY, &answer));
    if (answer.sw != SW_OK && answer.sw >> 8 != SW1_WARNING)
        return AGENT_NOT_IDENTIFIED;
    AGENT_TRY(get_number(card, TAG_IIN, &cud));
    AGENT_TRY(get_number(card, TAG_CIN, &cud));
    if (scp_writer_status(&cud) != SCP_OK)
        return AGENT_NOT_IDENTIFIED;
    memcpy(se, se_prefix, sizeof se_prefix);
    scp_hex_encode(se + sizeof se_prefix - 1, AGENT_SE_MAX - (sizeof se_prefix - 1),
                   scp_written(&cud));
    return AGENT_OK;
}

/* The hex digits up to a slash or the end, into `aid`. Where they end. */
static const char *take_hex(const char *text, struct scp_writer *aid)
{
    char part[SCP_HEX_SIZE(SCP_AID_MAX)];
    size_t len = strcspn(text, "/");
    if (len >= sizeof part || memchr(text, ' ', len) != NULL) {
        scp_writer_fail(aid, SCP_MALFORMED);
        return text + len;
    }
    memcpy(part, text, len);
    part[len] = '\0';
    if (scp_hex_decode(part, aid) != SCP_OK)
        scp_writer_fail(aid, SCP_MALFORMED);
    return text + len;
}

enum scp_error agent_target_aid(const char *target, struct scp_writer *aid)
{
    const size_t before = aid->len;
    if (strncmp(target, aid_prefix, sizeof aid_prefix - 1) != 0)
        return SCP_MALFORMED;
    const char *rest = take_hex(target + sizeof aid_prefix - 1, aid);
    if (*rest == '/')
        rest = take_hex(rest + 1, aid);
    size_t len = aid->len - before;
    if (*rest != '\0' || len < SCP_AID_MIN || len > SCP_AID_MAX)
        scp_writer_fail(aid, SCP_MALFORMED);
    return scp_writer_status(aid);
}
