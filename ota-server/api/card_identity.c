#include "ota-server/api/card_identity.h"

#include <string.h>

static enum scp_error pseudonym(struct vault *vault, struct scp_bytes unique, uint8_t out[32])
{
    return vault_pseudonym(vault, "card-identity", unique, out);
}

enum scp_error card_identity_pseudonym(struct vault *vault, const struct card_identity *identity,
                                       uint8_t out[32])
{
    uint8_t unique[CARD_IIN_MAX + CARD_CIN_MAX];
    struct scp_writer w = scp_writer_on(unique, sizeof unique);
    scp_put(&w, scp_bytes_of(identity->iin, identity->iin_len));
    scp_put(&w, scp_bytes_of(identity->cin, identity->cin_len));
    SCP_TRY(scp_writer_status(&w));
    return pseudonym(vault, scp_written(&w), out);
}

enum scp_error card_identity_from_se(struct vault *vault, const char *se, uint8_t out[32])
{
    static const char prefix[] = "//se-id/CUD/";
    uint8_t unique[CARD_IIN_MAX + CARD_CIN_MAX];
    struct scp_writer w = scp_writer_on(unique, sizeof unique);
    if (strncmp(se, prefix, sizeof prefix - 1) != 0)
        return SCP_MALFORMED;
    SCP_TRY(scp_hex_decode(se + sizeof prefix - 1, &w));
    return w.len == 0 ? SCP_MALFORMED : pseudonym(vault, scp_written(&w), out);
}
