#include "scp/crypto/asymmetric.h"

#include <assert.h>
#include <string.h>

enum {
    DIGEST = 32,
    SEED = DRBG_SEED_LEN, /* 440 bits: seedlen of Hash_DRBG with SHA-256 */
    SEED_BLOCKS = 2,
    MATERIAL_MAX = SCP_SIGNATURE_RANDOM + SCP_PERSONALIZATION_MAX,
    HEALTHY = 1, /* DRBG_OK of wolfCrypt's random.c; with any other value it generates nothing */
};

/* Hash_df (SP 800-90A 10.3.1) to the length of a seed. */
static enum scp_error derive(struct scp_bytes input, uint8_t out[SEED])
{
    uint8_t block[1 + 4 + MATERIAL_MAX];
    uint8_t digests[SEED_BLOCKS * DIGEST];
    enum scp_error error = SCP_OK;
    for (size_t i = 0; error == SCP_OK && i < SEED_BLOCKS; i++) {
        struct scp_writer w = scp_writer_on(block, sizeof block);
        scp_put_u8(&w, (uint8_t)(i + 1));
        scp_put_u32(&w, 8 * SEED);
        scp_put(&w, input);
        error = scp_writer_status(&w);
        if (error == SCP_OK)
            error = scp_sha256(scp_written(&w), digests + i * DIGEST);
    }
    memcpy(out, digests, SEED);
    scp_wipe(block, sizeof block);
    scp_wipe(digests, sizeof digests);
    return error;
}

/* Hash_DRBG_Instantiate (SP 800-90A 10.1.1.2). */
static enum scp_error instantiate(struct DRBG_internal *state, struct scp_bytes material)
{
    uint8_t marked[1 + SEED] = {0x00};
    enum scp_error error = derive(material, state->V);
    memcpy(marked + 1, state->V, SEED);
    if (error == SCP_OK)
        error = derive(SCP_BYTES(marked), state->C);
    state->reseedCtr = 1;
    scp_wipe(marked, sizeof marked);
    return error;
}

enum scp_error scp_generator_init(struct scp_generator *generator,
                                  const uint8_t random[SCP_SIGNATURE_RANDOM],
                                  struct scp_bytes personalization)
{
    assert(random != NULL);
    uint8_t material[MATERIAL_MAX];
    struct scp_writer w = scp_writer_on(material, sizeof material);
    scp_put(&w, scp_bytes_of(random, SCP_SIGNATURE_RANDOM));
    scp_put(&w, personalization);
    enum scp_error error = scp_writer_status(&w);
    memset(generator, 0, sizeof *generator);
    if (error == SCP_OK)
        error = instantiate(&generator->state, scp_written(&w));
    generator->state.devId = INVALID_DEVID;
    generator->rng.devId = INVALID_DEVID;
    generator->rng.drbg = (struct DRBG *)&generator->state;
    generator->rng.status = HEALTHY;
    scp_wipe(material, sizeof material);
    return error;
}

void scp_generator_fini(struct scp_generator *generator)
{
    scp_wipe(generator, sizeof *generator);
}
