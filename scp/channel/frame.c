#include "scp/channel/protocol.h"

enum { LC = 4, LC_EXTENDED = 0x00 };

size_t scp_put_head(uint8_t head[SCP_HEAD_LONG], uint8_t cla, const struct scp_apdu *command,
                    size_t lc)
{
    head[0] = cla;
    head[1] = command->ins;
    head[2] = command->p1;
    head[3] = command->p2;
    if (lc <= SCP_APDU_DATA_MAX) {
        head[LC] = (uint8_t)lc;
        return SCP_HEAD_SHORT;
    }
    head[LC] = LC_EXTENDED;
    scp_store_u16(&head[LC + 1], (uint16_t)lc);
    return SCP_HEAD_LONG;
}

enum scp_error scp_frame_lay(struct scp_frame *frame, const struct scp_channel *ch,
                             const struct scp_apdu *command, size_t maced_lc, struct scp_writer *w)
{
    frame->head_len = maced_lc <= SCP_APDU_DATA_MAX ? SCP_HEAD_SHORT : SCP_HEAD_LONG;
    frame->head = scp_put_space(w, frame->head_len);
    frame->body_len = scp_channel_body_len(ch, command->data.len);
    frame->body = scp_put_space(w, frame->body_len);
    frame->mac = scp_put_space(w, scp_channel_mac_len(ch));
    SCP_TRY(scp_writer_status(w));
    struct scp_writer body = scp_writer_on(frame->body, frame->body_len);
    scp_put(&body, command->data);
    if (frame->body_len > command->data.len)
        scp_pad(&body, scp_protocol_ops_of(ch->params.protocol)->block);
    return scp_writer_status(&body);
}

void scp_frame_finish(const struct scp_frame *frame, const struct scp_channel *ch, uint8_t cla)
{
    size_t lc = frame->body_len + scp_channel_mac_len(ch);
    frame->head[0] = scp_cla_secured(cla);
    if (lc <= SCP_APDU_DATA_MAX)
        frame->head[LC] = (uint8_t)lc;
}
