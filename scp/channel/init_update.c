#include "scp/channel/protocol.h"

#include <string.h>

enum { DIVERSIFICATION_DATA = 10, SCP02_CHALLENGE = 6 };

/* GPCS E.5.1.4: counter, challenge and cryptogram. */
static void parse_scp02(struct scp_reader *r, struct scp_init_update *out)
{
    out->has_counter = true;
    out->counter = scp_get_u16(r);
    out->challenge_len = SCP02_CHALLENGE;
    out->cryptogram_len = scp_authenticator_len(SCP_PROTOCOL_02, 0);
    scp_get_into(r, out->challenge, out->challenge_len);
    scp_get_into(r, out->cryptogram, out->cryptogram_len);
}

/* Amendment D 7.1.1.6: i, challenge, cryptogram, and a counter where the length shows one. */
static void parse_scp03(struct scp_reader *r, struct scp_init_update *out)
{
    out->i = scp_get_u8(r);
    out->challenge_len = scp_authenticator_len(SCP_PROTOCOL_03, out->i);
    out->cryptogram_len = out->challenge_len;
    scp_get_into(r, out->challenge, out->challenge_len);
    scp_get_into(r, out->cryptogram, out->cryptogram_len);
    if (scp_reader_left(r) > 0) {
        out->has_counter = true;
        out->counter = scp_get_u24(r);
    }
}

enum scp_error scp_init_update_parse(struct scp_bytes data, struct scp_init_update *out)
{
    memset(out, 0, sizeof *out);
    struct scp_reader r = scp_reader_on(data);
    scp_get_into(&r, out->diversification_data, DIVERSIFICATION_DATA);
    out->kvn = scp_get_u8(&r);
    uint8_t protocol = scp_get_u8(&r);
    SCP_TRY(scp_reader_status(&r));
    if (protocol != SCP_PROTOCOL_02 && protocol != SCP_PROTOCOL_03)
        return SCP_UNSUPPORTED;
    out->protocol = (enum scp_protocol)protocol;
    if (out->protocol == SCP_PROTOCOL_02)
        parse_scp02(&r, out);
    else
        parse_scp03(&r, out);
    return scp_reader_end(&r);
}

void scp_put_init_update(struct scp_writer *w, const struct scp_init_update *answer)
{
    bool scp03 = answer->protocol == SCP_PROTOCOL_03;
    scp_put(w, SCP_BYTES(answer->diversification_data));
    scp_put_u8(w, answer->kvn);
    scp_put_u8(w, (uint8_t)answer->protocol);
    if (scp03)
        scp_put_u8(w, answer->i);
    else
        scp_put_u16(w, (uint16_t)answer->counter);
    scp_put(w, scp_bytes_of(answer->challenge, answer->challenge_len));
    scp_put(w, scp_bytes_of(answer->cryptogram, answer->cryptogram_len));
    if (scp03 && answer->has_counter)
        scp_put_u24(w, answer->counter);
}

void scp_put_session_answer(struct scp_writer *w, const struct scp_session_context *session,
                            const uint8_t cryptogram[SCP_AUTHENTICATOR_MAX])
{
    struct scp_init_update answer = {
        .kvn = session->kvn,
        .protocol = session->protocol,
        .i = session->protocol == SCP_PROTOCOL_03 ? session->i : 0,
        .challenge_len = scp_card_challenge_len(session->protocol, session->i),
        .cryptogram_len = scp_authenticator_len(session->protocol, session->i),
        .has_counter = session->protocol == SCP_PROTOCOL_02 ||
                       scp_challenge_predictable(session->protocol, session->i),
        .counter = session->counter,
    };
    memcpy(answer.diversification_data, session->diversification_data, DIVERSIFICATION_DATA);
    memcpy(answer.challenge, session->card_challenge, answer.challenge_len);
    memcpy(answer.cryptogram, cryptogram, answer.cryptogram_len);
    scp_put_init_update(w, &answer);
}
