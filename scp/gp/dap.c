#include "scp/gp/dap.h"

enum scp_error scp_dap_check_hash(const struct scp_signature_key *key,
                                  struct scp_bytes data_block_hash)
{
    enum scp_hash hash;
    SCP_TRY(scp_hash_of_size(data_block_hash.len, &hash));
    return hash >= key->hash ? SCP_OK : SCP_OUT_OF_RANGE;
}

enum scp_error scp_dap_sign(const struct scp_signature_key *key,
                            const uint8_t random[SCP_SIGNATURE_RANDOM],
                            struct scp_bytes data_block_hash, struct scp_writer *out)
{
    return scp_sign(key, random, data_block_hash, out);
}

const struct scp_dap *scp_dap_find(const struct scp_load_file *load_file,
                                   const struct scp_aid *security_domain)
{
    for (size_t i = 0; i < load_file->dap_count; i++) {
        if (scp_aid_equal(&load_file->daps[i].security_domain, security_domain))
            return &load_file->daps[i];
    }
    return NULL;
}

enum scp_error scp_dap_verify(const struct scp_signature_key *key, const struct scp_dap *dap,
                              struct scp_bytes data_block_hash)
{
    return dap == NULL ? SCP_NOT_FOUND : scp_verify(key, data_block_hash, dap->signature);
}
