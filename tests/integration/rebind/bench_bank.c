/* Bank B: what it puts on a card, its personalisation, and a security domain of its own. */
#include "tests/integration/rebind/bench.h"

#include "scp/gp/key_data.h"
#include "scp/gp/load_file.h"
#include "scp/gp/parameters.h"
#include "scp/gp/store_data.h"
#include "tests/support/cap_maker.h"

#include <string.h>

const struct scp_key bench_ac_key_b = {{0xB0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                                       16};
const uint8_t bench_keys_b[48] = {0xB0, 1,    2,    3,    4,    5,    6,    7,    8, 9, 10, 11, 12,
                                  13,   14,   15,   0xB1, 0xB1, 0xB1, 0xB1, 0xB1, 1, 2, 3,  4,  5,
                                  6,    0xB2, 0xB2, 0xB2, 0xB2, 0xB2, 1,    2,    3, 4, 5,  6,  7};
const uint8_t bench_pin_b[8] = {0x24, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

static void make_load_file(struct bench *b)
{
    static uint8_t components_memory[BENCH_LOAD_FILE_MAX];
    static uint8_t block_memory[BENCH_LOAD_FILE_MAX];
    struct cap_spec spec = {.package = b->bank_b.package,
                            .major = 1,
                            .applets = {b->bank_b.module},
                            .applet_count = 1,
                            .method_size = BENCH_PACKAGE_SIZE};
    struct scp_components components;
    struct scp_writer w = scp_writer_on(components_memory, sizeof components_memory);
    struct scp_writer block = scp_writer_on(block_memory, sizeof block_memory);
    struct scp_writer file = scp_writer_on(b->load_file, sizeof b->load_file);
    assert_int_equal(cap_make_components(&spec, &w, &components), SCP_OK);
    scp_put_data_block(&block, &components, false);
    scp_put_load_file(&file, NULL, 0, scp_written(&block));
    assert_int_equal(scp_writer_status(&file), SCP_OK);
    b->bank_b.load_file = scp_written(&file);
}

/* A sensitive grouping: padded to whole blocks and encrypted for the session. */
static void put_sensitive(const struct scp_keys *keys, const struct scp_session_context *session,
                          uint16_t id, struct scp_bytes clear, struct scp_writer *dgis)
{
    uint8_t plain[64];
    uint8_t cipher[64];
    size_t block = session->protocol == SCP_PROTOCOL_03 ? 16 : 8;
    struct scp_writer w = scp_writer_on(plain, sizeof plain);
    scp_put(&w, clear);
    if (clear.len % block != 0) {
        scp_put_u8(&w, 0x80);
        while (w.len % block != 0)
            scp_put_u8(&w, 0);
    }
    assert_int_equal(keys->dek_encrypt(keys->ctx, session, scp_written(&w), cipher), SCP_OK);
    scp_put_dgi(dgis, id, scp_bytes_of(cipher, w.len));
}

static void put_clear(struct scp_writer *dgis, uint16_t id, const char *hex)
{
    uint8_t value[128];
    struct scp_writer w = scp_writer_on(value, sizeof value);
    assert_int_equal(scp_hex_decode(hex, &w), SCP_OK);
    scp_put_dgi(dgis, id, scp_written(&w));
}

static enum scp_error personalise_b(void *ctx, const struct scp_keys *keys,
                                    const struct scp_session_context *session,
                                    struct scp_writer *dgis)
{
    (void)ctx;
    put_clear(dgis, 0x0101, "70105A0862284800000000175F2403311231");
    put_clear(dgis, 0x0102, "70228C15" BENCH_CDOL1 "8D09910A8A0295059F3704");
    put_clear(dgis, 0x9102, "A50B500642414E4B2042870101");
    put_clear(dgis, 0x9103, "A50B500642414E4B2042870101");
    put_clear(dgis, 0x9104, "82021C00940408010200");
    put_sensitive(keys, session, 0x8000, SCP_BYTES(bench_keys_b), dgis);
    put_sensitive(keys, session, 0x8010, SCP_BYTES(bench_pin_b), dgis);
    return scp_writer_status(dgis);
}

static enum scp_error encrypt_key(const struct scp_keys *keys,
                                  const struct scp_session_context *session,
                                  const struct scp_key *key, uint8_t out[SCP_KEY_MAX])
{
    size_t block = session->protocol == SCP_PROTOCOL_03 ? 16 : 8;
    uint8_t plain[SCP_KEY_MAX] = {0}; /* whole blocks: AES-192 is padded with anything */
    memcpy(plain, key->bytes, key->len);
    size_t len = (key->len + block - 1) / block * block;
    return keys->dek_encrypt(keys->ctx, session, scp_bytes_of(plain, len), out);
}

/* The first key set of bank B's domain, as a transfer of keys by STORE DATA. */
static enum scp_error key_domain_b(void *ctx, const struct scp_keys *keys,
                                   const struct scp_session_context *session,
                                   struct scp_writer *dgis)
{
    static const uint8_t usages[3] = {SCP_KEY_USAGE_ENC, SCP_KEY_USAGE_MAC, SCP_KEY_USAGE_DEK};
    struct bench *b = ctx;
    const struct scp_key *const set[3] = {&b->domain_keys.enc, &b->domain_keys.mac,
                                          &b->domain_keys.dek};
    bool aes = session->protocol == SCP_PROTOCOL_03;
    struct scp_key_control controls[3] = {{.type = 0}};
    uint8_t values[3][SCP_KEY_MAX];
    uint8_t kcv[3][3];
    uint8_t scratch[256];
    struct scp_writer w = scp_writer_on(scratch, sizeof scratch);
    struct scp_dgi made[SCP_KEY_DGIS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < 3; i++) {
        SCP_TRY(encrypt_key(keys, session, set[i], values[i]));
        SCP_TRY(aes ? scp_kcv_aes(set[i], kcv[i]) : scp_kcv_des(set[i], kcv[i]));
        controls[i] = (struct scp_key_control){
            .type = aes ? SCP_KEY_TYPE_AES : SCP_KEY_TYPE_DES,
            .length = (uint16_t)set[i]->len,
            .has_identity = true,
            .key_id = (uint8_t)(i + 1),
            .kvn = b->profile.kvn,
            .usage = scp_bytes_of(&usages[i], 1),
            .kcv = SCP_BYTES(kcv[i]),
            .value = scp_bytes_of(values[i], aes ? (set[i]->len + 15) / 16 * 16 : set[i]->len),
        };
    }
    const struct scp_key_transfer transfer = {.keys = controls, .count = 3};
    SCP_TRY(scp_key_dgis(&transfer, &w, made, &count));
    for (size_t i = 0; i < count; i++)
        scp_put_dgi(dgis, made[i].id, made[i].value);
    return scp_writer_status(dgis);
}

void bench_give_bank_b(struct bench *b)
{
    static const uint8_t parameters[] = {0xC9, 0x00};
    b->bank_b = (struct plan_product){
        .package = bench_aid("A000000333F002"),
        .module = bench_aid("A000000333F00201"),
        .instance = bench_aid("A00000033301010142"),
        .parameters = SCP_BYTES(parameters),
        .label = "BANK B",
        .priority = 1,
        .personalised = true,
    };
    make_load_file(b);
    b->session_keys.ctx = b;
    b->session_keys.personalise = personalise_b;
    b->session_keys.key_domain = key_domain_b;
}

/* Bank B's keys are not the issuer's. */
void bench_give_domain_b(struct bench *b)
{
    static const uint8_t accepts_issuer[] = {0x20};
    struct scp_writer c9 = scp_writer_on(b->domain_parameters, sizeof b->domain_parameters);
    uint8_t inner[32];
    struct scp_writer w = scp_writer_on(inner, sizeof inner);
    const struct scp_security_domain_parameters parameters = {
        .protocol = (uint8_t)b->profile.protocol,
        .i = b->profile.i,
        .extradition_here = SCP_BYTES(accepts_issuer),
        .deletion = SCP_BYTES(accepts_issuer),
        .extradition_away = SCP_BYTES(accepts_issuer),
    };
    scp_put_security_domain_parameters(&w, &parameters);
    const struct scp_parameters install = {.has_application = true, .application = scp_written(&w)};
    scp_put_parameters(&c9, &install);
    assert_int_equal(scp_writer_status(&c9), SCP_OK);
    b->has_domain = true;
    b->domain_b = (struct plan_domain){
        .aid = bench_aid("A00000033342414E4B42"),
        .package = bench_aid("A0000001515350"),
        .module = bench_aid("A000000151535041"),
        .privileges = {0x80, 0x80, 0x00},
        .parameters = scp_written(&c9),
    };
    b->domain_keys = b->keys;
    b->domain_keys.enc.bytes[0] ^= 0xB0;
    b->domain_keys.mac.bytes[0] ^= 0xB0;
    b->domain_keys.dek.bytes[0] ^= 0xB0;
    b->session_keys.keys[PLAN_CHANNEL_BANK] = scp_keys_of_set(&b->domain_keys);
    struct session_domain *domain = &b->record.domains[PLAN_CHANNEL_BANK];
    *domain = *bench_issuer(b);
    domain->aid = b->domain_b.aid;
}
