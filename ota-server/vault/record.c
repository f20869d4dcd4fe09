#include "ota-server/vault/record.h"

#include "ota-server/vault/gcm.h"
#include "ota-server/vault/vault.h"

#include <string.h>

enum { PURPOSE_MAX = 256, RECORD_VERSION = 1 };

static const uint8_t magic[3] = {'R', 'B', 'P'};

static enum scp_error put_purpose(const struct vault_record_purpose *purpose, struct scp_writer *w)
{
    scp_put(w, scp_bytes_of(purpose->product, strlen(purpose->product)));
    scp_put_u8(w, 0x00);
    scp_put(w, scp_bytes_of(purpose->card, strlen(purpose->card)));
    return scp_writer_status(w) == SCP_OK ? SCP_OK : SCP_TOO_LONG;
}

enum scp_error vault_record_seal(const struct scp_key *key,
                                 const struct vault_record_purpose *purpose,
                                 const uint8_t nonce[12], struct scp_bytes plain,
                                 struct scp_writer *out)
{
    uint8_t associated[PURPOSE_MAX];
    struct scp_writer w = scp_writer_on(associated, sizeof associated);
    if (plain.len > VAULT_RECORD_MAX - VAULT_RECORD_OVERHEAD)
        return SCP_TOO_LONG;
    SCP_TRY(put_purpose(purpose, &w));
    const size_t before = out->len;
    scp_put(out, SCP_BYTES(magic));
    scp_put_u8(out, RECORD_VERSION);
    scp_put(out, scp_bytes_of(nonce, GCM_NONCE_LEN));
    SCP_TRY(scp_writer_status(out));
    enum scp_error error = gcm_seal(key, nonce, scp_written(&w), plain, out);
    if (error != SCP_OK)
        writer_take_back(out, before);
    return error;
}

enum scp_error vault_record_open(const struct scp_key *key,
                                 const struct vault_record_purpose *purpose,
                                 struct scp_bytes sealed, struct scp_writer *out)
{
    uint8_t associated[PURPOSE_MAX];
    struct scp_writer w = scp_writer_on(associated, sizeof associated);
    struct scp_reader r = scp_reader_on(sealed);
    if (sealed.len > VAULT_RECORD_MAX)
        return SCP_TOO_LONG;
    SCP_TRY(put_purpose(purpose, &w));
    const struct scp_bytes found = scp_get(&r, sizeof magic);
    const uint8_t version = scp_get_u8(&r);
    const struct scp_bytes nonce = scp_get(&r, GCM_NONCE_LEN);
    const struct scp_bytes cipher = scp_reader_rest(&r);
    if (scp_reader_status(&r) != SCP_OK || !scp_bytes_equal(found, SCP_BYTES(magic)) ||
        cipher.len < GCM_TAG_LEN)
        return SCP_MALFORMED;
    if (version != RECORD_VERSION)
        return SCP_UNSUPPORTED;
    return gcm_open(key, nonce.ptr, scp_written(&w), cipher, out);
}
