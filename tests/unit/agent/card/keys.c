/* PUT KEY, DELETE of keys, and keys by STORE DATA (GPCS 11.8, 11.2, 11.11.4; Amendment D 7.2). */
#include "tests/unit/agent/card/rig.h"

#include "scp/crypto/kdf.h"
#include "scp/gp/card_data.h"
#include "scp/gp/privileges.h"
#include "scp/gp/tlv.h"

static const char *const all_profiles[] = {"scp02-i15", "scp02-i55", "scp03-i10-aes192",
                                           "scp03-i60-aes256", "scp03-i70-aes128"};
enum { PROFILES = sizeof all_profiles / sizeof all_profiles[0], NEW_KVN = 0x2A };

static const uint8_t domain_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0xDD};

static uint16_t delete_keys(struct rig *rig, uint8_t kvn)
{
    const struct scp_delete delete = {.has_kvn = true, .kvn = kvn};
    uint8_t buffer[16];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(SCP_OK, scp_delete_command(&delete, &w, &apdu));
    return rig_send(rig, apdu);
}

static void a_new_key_set_is_added_proven_and_the_old_one_deleted(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        struct rig *rig = rig_new(all_profiles[i]);
        struct scp_key_set keys = rig_keys(rig, 0x31);
        rig_open(rig);
        assert_sw(0x9000, rig_put_keys(rig, 0, NEW_KVN, &keys));
        rig_reopen(rig);
        assert_sw(0x9000, rig_select(rig, rig_isd));
        rig_open_with(rig, &keys, NEW_KVN, rig->params.level);
        assert_sw(0x9000, delete_keys(rig, rig->params.kvn));
        assert_sw(0x6A88, delete_keys(rig, rig->params.kvn));
        assert_sw(0x6985, delete_keys(rig, NEW_KVN)); /* the session's own */
        rig_reopen(rig);
        assert_sw(0x9000, rig_select(rig, rig_isd));
        rig_open_with(rig, &keys, 0, rig->params.level);
        rig_free(rig);
    }
}

static void an_existing_version_is_not_added_again(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct scp_key_set keys = rig_keys(rig, 0x31);
    rig_open(rig);
    assert_sw(0x6A80, rig_put_keys(rig, 0, rig->params.kvn, &keys));
    assert_sw(0x6A88, rig_put_keys(rig, 0x11, NEW_KVN, &keys));
    rig_free(rig);
}

static void replaced_keys_begin_with_counter_zero(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp02-i55");
    struct scp_key_set keys = rig_keys(rig, 0x31);
    rig_open(rig);
    rig_open(rig);
    assert_sw(0x9000, rig_put_keys(rig, rig->params.kvn, rig->params.kvn, &keys));
    rig_reopen(rig);
    assert_sw(0x9000, rig_hex(rig, "80CA00C100"));
    assert_data_hex(rig, "C1020000");
    rig_open_with(rig, &keys, rig->params.kvn, rig->params.level);
    rig_free(rig);
}

static void a_replaced_key_keeps_its_size_11_8_2_3_3(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i60-aes256");
    struct scp_key_set keys = rig_keys(rig, 0x31);
    keys.enc.len = keys.mac.len = keys.dek.len = 16;
    rig_open(rig);
    assert_sw(0x6A80, rig_put_keys(rig, rig->params.kvn, rig->params.kvn, &keys));
    rig_open(rig); /* the old keys are all there */
    rig_free(rig);
}

static void a_wrong_check_value_stores_none_of_the_keys_11_8_3_2(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    uint8_t data[24];
    struct scp_writer w = scp_writer_on(data, sizeof data);
    scp_put_u8(&w, NEW_KVN);
    scp_put(&w, SCP_LITERAL(0x88, 0x11, 0x10));
    scp_put_fill(&w, 0x5A, 16);
    scp_put(&w, SCP_LITERAL(0x03, 0x01, 0x02, 0x03));
    rig_open(rig);
    uint32_t before = softcard_memory_free(rig->card);
    assert_sw(0x6982,
              rig_send(rig, (struct scp_apdu){
                                .cla = 0x80, .ins = 0xD8, .p2 = 0x01, .data = scp_written(&w)}));
    assert_int_equal(before, softcard_memory_free(rig->card));
    rig_free(rig);
}

static void a_public_key_is_stored_and_shown_in_key_information(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    uint8_t data[200];
    struct scp_writer w = scp_writer_on(data, sizeof data);
    scp_put_u8(&w, 0x73);
    scp_put(&w, SCP_LITERAL(0xA1, 0x81, 0x80));
    scp_put_fill(&w, 0xC3, 128);
    scp_put(&w, SCP_LITERAL(0xA0, 0x03, 0x01, 0x00, 0x01, 0x00));
    rig_open(rig);
    assert_sw(0x9000,
              rig_send(rig, (struct scp_apdu){
                                .cla = 0x80, .ins = 0xD8, .p2 = 0x01, .data = scp_written(&w)}));
    assert_sw(0x9000, rig_send(rig, scp_get_data(0xE0)));
    struct scp_key_info_reader r;
    struct scp_key_info info;
    bool found = false;
    assert_int_equal(SCP_OK, scp_key_info_open(&r, rig->data));
    while (scp_key_info_next(&r, &info) == SCP_OK)
        found = found || (info.kvn == 0x73 && info.components[0].type == 0xA1 &&
                          info.components[0].len == 128 && info.component_count == 2);
    assert_true(found);
    rig_free(rig);
}

static void a_domain_is_keyed_in_a_session_under_its_parents_keys_7_5(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        struct rig *rig = rig_new(all_profiles[i]);
        struct scp_key_set keys = rig_keys(rig, 0x41);
        rig_open(rig);
        rig_make_domain(rig, SCP_BYTES(domain_aid),
                        SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_TRUSTED_PATH, &keys);
        rig_reopen(rig);
        assert_sw(0x9000, rig_select(rig, SCP_BYTES(domain_aid)));
        assert_sw(0x9000, rig_hex(rig, "80CA006600"));
        rig_open_with(rig, &keys, rig->params.kvn, rig->params.level);
        assert_sw(0x6985, rig_send(rig, (struct scp_apdu){.cla = 0x80,
                                                          .ins = 0xF0,
                                                          .p1 = 0x40,
                                                          .p2 = 0x0F,
                                                          .data = SCP_BYTES(domain_aid),
                                                          .le = SCP_NO_LE}));
        rig_free(rig);
    }
}

/* DGI 00B9 for three keys and their 8113. */
static void put_key_dgis(struct rig *rig, const struct scp_key_set *keys, struct scp_writer *info,
                         struct scp_dgi dgis[4])
{
    const struct scp_key *const list[] = {&keys->enc, &keys->mac, &keys->dek};
    for (size_t i = 0; i < 3; i++) {
        uint8_t kcv[3];
        assert_int_equal(SCP_OK, scp_kcv_aes(list[i], kcv));
        size_t mark = scp_tlv_begin(info, 0xB9);
        scp_put_tlv_u8(info, 0x95, 0x38);
        scp_put_tlv_u8(info, 0x80, 0x88);
        scp_put_tlv_u8(info, 0x81, (uint8_t)list[i]->len);
        scp_put_tlv_u8(info, 0x82, (uint8_t)(i + 1));
        scp_put_tlv_u8(info, 0x83, rig->params.kvn);
        scp_put_tlv(info, 0x84, SCP_BYTES(kcv));
        scp_tlv_end(info, mark);
        dgis[i + 1] =
            (struct scp_dgi){.id = 0x8113, .value = scp_key_bytes(list[i]), .encrypted = true};
    }
    dgis[0] = (struct scp_dgi){.id = 0x00B9, .value = scp_written(info)};
}

static void a_domain_is_keyed_by_store_data_from_its_parent_11_11_4(void **state)
{
    (void)state;
    static const uint8_t sd_package[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50};
    static const uint8_t sd_module[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41};
    const struct rig_package domains = {SCP_BYTES(sd_package), SCP_BYTES(sd_module), 0};
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct scp_key_set keys = rig_keys(rig, 0x51);
    uint8_t info_bytes[255];
    struct scp_writer info = scp_writer_on(info_bytes, sizeof info_bytes);
    struct scp_dgi dgis[4];
    put_key_dgis(rig, &keys, &info, dgis);
    rig_open(rig);
    assert_sw(0x9000, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, &domains,
                                      SCP_BYTES(domain_aid), 0x80));
    assert_sw(0x9000, rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                                            .application = SCP_BYTES(domain_aid)}));
    assert_sw(0x9000, rig_store(rig, dgis, 4));
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(domain_aid)));
    rig_open_with(rig, &keys, rig->params.kvn, rig->params.level);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_key_set_is_added_proven_and_the_old_one_deleted),
        cmocka_unit_test(an_existing_version_is_not_added_again),
        cmocka_unit_test(replaced_keys_begin_with_counter_zero),
        cmocka_unit_test(a_replaced_key_keeps_its_size_11_8_2_3_3),
        cmocka_unit_test(a_wrong_check_value_stores_none_of_the_keys_11_8_3_2),
        cmocka_unit_test(a_public_key_is_stored_and_shown_in_key_information),
        cmocka_unit_test(a_domain_is_keyed_in_a_session_under_its_parents_keys_7_5),
        cmocka_unit_test(a_domain_is_keyed_by_store_data_from_its_parent_11_11_4),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
