/* SCP02: what needs the static keys (GPCS E.4.1, E.4.2.3, E.4.7). */
#include "scp/channel/scp02.h"
#include "scp/crypto/kdf.h"

#include <string.h>

enum { COUNTER_MAX = 0xFFFF };

static const uint8_t zero[SCP_DES_BLOCK];

/* Which static key a session key comes from: with one base key always that (GPCS E.2). */
static const struct scp_key *base(const struct scp_key_set *set, uint8_t i,
                                  const struct scp_key *of_three)
{
    return (i & SCP02_I_THREE_KEYS) != 0 ? of_three : &set->enc;
}

static enum scp_error derive_rmac_session(const struct scp_key *mac,
                                          const struct scp_session_context *session,
                                          struct scp_key *out)
{
    if ((session->i & SCP02_I_R_MAC) == 0 || session->counter >= COUNTER_MAX)
        return SCP_OK; /* there is no such session */
    return scp02_derive(mac, SCP02_R_MAC, (uint16_t)(session->counter + 1), out);
}

enum scp_error scp02_keys_derive(const struct scp_key_set *set,
                                 const struct scp_session_context *session,
                                 struct scp_session_keys *out)
{
    if (session->counter > COUNTER_MAX)
        return SCP_OUT_OF_RANGE;
    uint16_t counter = (uint16_t)session->counter;
    const struct scp_key *mac = base(set, session->i, &set->mac);
    *out = (struct scp_session_keys){.enc = {.len = 0}};
    SCP_TRY(scp02_derive(mac, SCP02_C_MAC, counter, &out->mac));
    SCP_TRY(derive_rmac_session(mac, session, &out->rmac_session));
    if ((session->i & SCP02_I_EXPLICIT) == 0) {
        out->rmac = out->rmac_session; /* GPCS E.1.2.2 */
        return SCP_OK;
    }
    SCP_TRY(scp02_derive(&set->enc, SCP02_S_ENC, counter, &out->enc));
    return scp02_derive(mac, SCP02_R_MAC, counter, &out->rmac);
}

/* The left bytes of the C-MAC over the AID. */
enum scp_error scp02_keys_predict(const struct scp_key_set *set,
                                  const struct scp_session_context *session, struct scp_bytes aid,
                                  uint8_t challenge[16])
{
    if (session->counter > COUNTER_MAX)
        return SCP_OUT_OF_RANGE;
    struct scp_key key;
    uint8_t mac[SCP_DES_BLOCK];
    SCP_TRY(scp02_derive(base(set, session->i, &set->mac), SCP02_C_MAC, (uint16_t)session->counter,
                         &key));
    enum scp_error error = scp_mac_des_retail(&key, zero, aid, mac);
    scp_wipe(&key, sizeof key);
    SCP_TRY(error);
    memcpy(challenge, mac, SCP02_CHALLENGE);
    return SCP_OK;
}

/* Sensitive data go under the session's key: block by block with explicit initiation, chained and
 * with the counter after this session's with implicit. */
static enum scp_error dek_of(const struct scp_key_set *set,
                             const struct scp_session_context *session, struct scp_key *dek)
{
    uint32_t counter = session->counter + ((session->i & SCP02_I_EXPLICIT) == 0 ? 1 : 0);
    if (counter > COUNTER_MAX)
        return SCP_OUT_OF_RANGE;
    return scp02_derive(base(set, session->i, &set->dek), SCP02_DEK, (uint16_t)counter, dek);
}

enum scp_error scp02_keys_dek_encrypt(const struct scp_key_set *set,
                                      const struct scp_session_context *session,
                                      struct scp_bytes plain, uint8_t *out)
{
    struct scp_key dek;
    SCP_TRY(dek_of(set, session, &dek));
    enum scp_error error = (session->i & SCP02_I_EXPLICIT) != 0
                               ? scp_des3_ecb_encrypt(&dek, plain, out)
                               : scp_des3_cbc_encrypt(&dek, zero, plain, out);
    scp_wipe(&dek, sizeof dek);
    return error;
}

enum scp_error scp02_keys_dek_decrypt(const struct scp_key_set *set,
                                      const struct scp_session_context *session,
                                      struct scp_bytes cipher, uint8_t *out)
{
    struct scp_key dek;
    SCP_TRY(dek_of(set, session, &dek));
    enum scp_error error = (session->i & SCP02_I_EXPLICIT) != 0
                               ? scp_des3_ecb_decrypt(&dek, cipher, out)
                               : scp_des3_cbc_decrypt(&dek, zero, cipher, out);
    scp_wipe(&dek, sizeof dek);
    return error;
}
