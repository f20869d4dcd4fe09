#include "scp/channel/protocol.h"

static enum scp_error set_derive(void *ctx, const struct scp_session_context *session,
                                 struct scp_session_keys *out)
{
    const struct scp_protocol_ops *ops = scp_protocol_ops_of(session->protocol);
    return ops == NULL ? SCP_UNSUPPORTED : ops->derive(ctx, session, out);
}

static enum scp_error set_predict(void *ctx, const struct scp_session_context *session,
                                  struct scp_bytes aid, uint8_t challenge[16])
{
    if (!scp_challenge_predictable(session->protocol, session->i))
        return SCP_UNSUPPORTED;
    return scp_protocol_ops_of(session->protocol)->predict(ctx, session, aid, challenge);
}

static enum scp_error set_dek_encrypt(void *ctx, const struct scp_session_context *session,
                                      struct scp_bytes plain, uint8_t *out)
{
    const struct scp_protocol_ops *ops = scp_protocol_ops_of(session->protocol);
    return ops == NULL ? SCP_UNSUPPORTED : ops->dek_encrypt(ctx, session, plain, out);
}

struct scp_keys scp_keys_of_set(const struct scp_key_set *set)
{
    /* A context is not const, since another holder's may change; the functions above only read. */
    union {
        const struct scp_key_set *set;
        void *ctx;
    } holder = {.set = set};
    return (struct scp_keys){
        .ctx = holder.ctx,
        .derive = set_derive,
        .predict = set_predict,
        .dek_encrypt = set_dek_encrypt,
    };
}
