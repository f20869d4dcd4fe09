/* DAP verification (GPCS 9.2.1, 9.3.5, C.3; Amendment D 8.1), and ciphered load files (GPCS C.6).
 */
#include "tests/unit/agent/card/rig.h"
#include "tests/unit/agent/card/signer.h"

#include <string.h>

#include "scp/gp/dap.h"
#include "scp/gp/privileges.h"

static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99};
static const uint8_t module_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01};
static const struct rig_package package = {
    {package_aid, sizeof package_aid}, {module_aid, sizeof module_aid}, 300};
static const uint8_t bank_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x02, 0x01};
static const uint8_t authority_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x02, 0x02};

enum {
    DAP = SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_DAP_VERIFICATION,
    MANDATED = DAP | SCP_PRIVILEGE_MANDATED_DAP_VERIFICATION,
};

static void put_signer(struct rig *rig, bool ec, const struct rig_signer *signer)
{
    rig_put_signer(rig, 0x73, ec, signer);
}

static struct scp_dap sign(const struct rig_signer *signer, struct scp_bytes domain,
                           const struct scp_digest *hash, struct scp_writer *to)
{
    static const uint8_t random[SCP_SIGNATURE_RANDOM] = {1};
    struct scp_dap dap = {.signature = SCP_EMPTY};
    size_t start = to->len;
    assert_int_equal(SCP_OK, scp_aid_from(&dap.security_domain, domain));
    assert_int_equal(SCP_OK, scp_dap_sign(&signer->key, random, scp_digest_bytes(hash), to));
    dap.signature = scp_bytes_from(scp_written(to), start);
    return dap;
}

static struct rig *rig_with_domain(struct scp_bytes aid, uint32_t privileges, bool ec,
                                   const struct rig_signer *signer)
{
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_open(rig);
    rig_make_domain(rig, aid, privileges, &keys);
    assert_sw(0x9000, rig_select(rig, aid));
    rig_open_with(rig, &keys, rig->params.kvn, rig->params.level);
    put_signer(rig, ec, signer);
    rig_open(rig);
    return rig;
}

static void gpcs_9_3_5_a_load_file_for_a_dap_domain_is_signed_by_its_key(void **state)
{
    (void)state;
    for (int ec = 0; ec < 2; ec++) {
        struct rig_signer signer;
        struct scp_digest hash;
        uint8_t bytes[256];
        struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
        rig_make_signer(ec == 1, &signer);
        struct rig *rig = rig_with_domain(SCP_BYTES(bank_aid), DAP, ec == 1, &signer);
        rig_package_hash(&package, &hash);
        struct scp_dap dap = sign(&signer, SCP_BYTES(bank_aid), &hash, &w);
        struct rig_loading loading = {.domain = SCP_BYTES(bank_aid)};
        assert_sw(0x6985, rig_load_with(rig, &package, &loading)); /* not signed */
        loading.daps = &dap;
        loading.dap_count = 1;
        assert_sw(0x6985, rig_load_with(rig, &package, &loading)); /* no hash */
        loading.hash = scp_digest_bytes(&hash);
        bytes[3] ^= 1;
        assert_sw(0x6982, rig_load_with(rig, &package, &loading)); /* a wrong signature */
        bytes[3] ^= 1;
        assert_sw(0x9000, rig_load_with(rig, &package, &loading));
        rig_free(rig);
    }
}

static void gpcs_9_2_1_a_dap_domain_verifies_nothing_that_goes_elsewhere(void **state)
{
    (void)state;
    struct rig_signer signer;
    rig_make_signer(true, &signer);
    struct rig *rig = rig_with_domain(SCP_BYTES(bank_aid), DAP, true, &signer);
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    rig_free(rig);
}

static void gpcs_9_2_1_a_mandating_domain_verifies_every_load_file(void **state)
{
    (void)state;
    struct rig_signer signer;
    struct scp_digest hash;
    uint8_t bytes[256];
    struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
    rig_make_signer(true, &signer);
    struct rig *rig = rig_with_domain(SCP_BYTES(authority_aid), MANDATED, true, &signer);
    rig_package_hash(&package, &hash);
    struct scp_dap dap = sign(&signer, SCP_BYTES(authority_aid), &hash, &w);
    struct rig_loading loading = {.hash = scp_digest_bytes(&hash)};
    assert_sw(0x6985, rig_load_with(rig, &package, &loading));
    loading.daps = &dap;
    loading.dap_count = 1;
    assert_sw(0x9000, rig_load_with(rig, &package, &loading));
    rig_free(rig);
}

static void gpcs_5_3_2_3_before_personalized_nothing_is_mandated(void **state)
{
    (void)state;
    static const uint8_t sd_package[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50};
    static const uint8_t sd_module[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41};
    const struct rig_package domains = {SCP_BYTES(sd_package), SCP_BYTES(sd_module), 0};
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    assert_sw(0x9000, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, &domains,
                                      SCP_BYTES(authority_aid), 0xC1));
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    rig_free(rig);
}

static void gpcs_9_3_5_each_dap_block_names_a_domain_that_verifies(void **state)
{
    (void)state;
    struct rig_signer signer;
    struct scp_digest hash;
    uint8_t bytes[256];
    struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
    rig_make_signer(true, &signer);
    struct rig *rig = rig_with_domain(SCP_BYTES(bank_aid), DAP, true, &signer);
    rig_package_hash(&package, &hash);
    const struct scp_dap daps[] = {sign(&signer, SCP_BYTES(bank_aid), &hash, &w),
                                   sign(&signer, rig_isd, &hash, &w)};
    struct rig_loading loading = {.hash = scp_digest_bytes(&hash), .daps = daps, .dap_count = 2};
    assert_sw(0x6985, rig_load_with(rig, &package, &loading)); /* the issuer's verifies none */
    loading.dap_count = 1;
    assert_sw(0x9000, rig_load_with(rig, &package, &loading));
    rig_free(rig);
}

static void gpcs_c_2_a_hash_weaker_than_the_key_is_refused(void **state)
{
    (void)state;
    struct rig_signer signer;
    struct scp_digest hash;
    uint8_t bytes[256];
    struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
    rig_make_signer(true, &signer);
    struct rig *rig = rig_with_domain(SCP_BYTES(bank_aid), DAP, true, &signer);
    rig_package_hash_with(&package, SCP_HASH_SHA1, &hash);
    struct scp_dap dap = sign(&signer, SCP_BYTES(bank_aid), &hash, &w);
    const struct rig_loading loading = {.domain = SCP_BYTES(bank_aid),
                                        .hash = scp_digest_bytes(&hash),
                                        .daps = &dap,
                                        .dap_count = 1};
    assert_sw(0x6985, rig_load_with(rig, &package, &loading));
    rig_free(rig);
}

static void gpcs_c_6_a_ciphered_load_file_is_for_the_domain_that_has_its_key(void **state)
{
    (void)state;
    static const uint8_t icv[16] = {7};
    struct rig_signer signer;
    struct scp_digest hash;
    struct scp_key key = {.len = 16};
    rig_make_signer(false, &signer);
    memcpy(key.bytes, signer.secret, 16);
    rig_package_hash(&package, &hash);
    const struct scp_data_block_cipher cipher = {
        .type = SCP_KEY_TYPE_AES, .key = &key, .icv = SCP_BYTES(icv)};
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_open(rig);
    rig_make_domain(rig, SCP_BYTES(bank_aid),
                    SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_CIPHERED_LOAD_FILE_DATA_BLOCK,
                    &keys);
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(bank_aid)));
    rig_open_with(rig, &keys, rig->params.kvn, rig->params.level);
    rig_put_signer(rig, 0x75, false, &signer);
    rig_open(rig);
    struct rig_loading loading = {.domain = SCP_BYTES(bank_aid), .hash = scp_digest_bytes(&hash)};
    assert_sw(0x6985, rig_load_with(rig, &package, &loading)); /* clear */
    loading.cipher = &cipher;
    loading.hash = SCP_EMPTY;
    assert_sw(0x6985, rig_load_with(rig, &package, &loading)); /* no hash */
    loading.hash = scp_digest_bytes(&hash);
    key.bytes[0] ^= 1;
    assert_sw(0x6A80, rig_load_with(rig, &package, &loading)); /* another key */
    key.bytes[0] ^= 1;
    assert_sw(0x9000, rig_load_with(rig, &package, &loading));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpcs_9_3_5_a_load_file_for_a_dap_domain_is_signed_by_its_key),
        cmocka_unit_test(gpcs_9_2_1_a_dap_domain_verifies_nothing_that_goes_elsewhere),
        cmocka_unit_test(gpcs_9_2_1_a_mandating_domain_verifies_every_load_file),
        cmocka_unit_test(gpcs_5_3_2_3_before_personalized_nothing_is_mandated),
        cmocka_unit_test(gpcs_9_3_5_each_dap_block_names_a_domain_that_verifies),
        cmocka_unit_test(gpcs_c_2_a_hash_weaker_than_the_key_is_refused),
        cmocka_unit_test(gpcs_c_6_a_ciphered_load_file_is_for_the_domain_that_has_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
