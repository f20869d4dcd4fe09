/* GET STATUS, SET STATUS, GET DATA and the domain's own STORE DATA (GPCS 11.3, 11.4, 11.10). */
#include "tests/unit/agent/card/rig.h"

#include "scp/gp/card_data.h"
#include "scp/gp/privileges.h"
#include "scp/gp/registry.h"

static const uint8_t domain_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0xDD};

static uint16_t get_status(struct rig *rig, struct scp_get_status status)
{
    uint8_t buffer[64];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(SCP_OK, scp_get_status_command(&status, &w, &apdu));
    return rig_send(rig, apdu);
}

static struct scp_registry_entry first_entry(const struct rig *rig, uint8_t subset)
{
    struct scp_registry_reader r;
    struct scp_registry_entry entry;
    scp_registry_open(&r, subset, rig->data);
    assert_int_equal(SCP_OK, scp_registry_next(&r, &entry));
    return entry;
}

static uint16_t set_status(struct rig *rig, uint8_t type, uint8_t to, struct scp_bytes aid)
{
    return rig_send(
        rig, scp_set_status(&(struct scp_set_status){.type = type, .state = to, .aid = aid}));
}

/* ---- GET STATUS --------------------------------------------------------------------------------
 */

static void the_issuer_domain_shows_the_state_of_the_card_11_1_1(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    assert_sw(0x9000, get_status(rig, (struct scp_get_status){.subset = 0x80}));
    struct scp_registry_entry entry = first_entry(rig, 0x80);
    assert_true(scp_bytes_equal(rig_isd, scp_aid_bytes(&entry.aid)));
    assert_int_equal(0x0F, entry.life_cycle);
    assert_int_equal(0x9EFE80, entry.privileges);
    rig_free(rig);
}

static void a_tag_list_chooses_what_is_answered_11_4_2_3(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    assert_sw(0x9000, get_status(rig, (struct scp_get_status){.subset = 0x40,
                                                              .aid = rig_old_bank,
                                                              .tag_list = scp_status_tags(0x40)}));
    struct scp_registry_entry entry = first_entry(rig, 0x40);
    assert_int_equal(0x07, entry.life_cycle);
    assert_true(scp_bytes_equal(rig_isd, scp_aid_bytes(&entry.security_domain)));
    assert_int_equal(7, entry.load_file.len);
    assert_sw(0x9000, get_status(rig, (struct scp_get_status){.subset = 0x40,
                                                              .aid = rig_old_bank,
                                                              .tag_list = SCP_LITERAL(0x4F)}));
    assert_data_hex(rig, "E30B4F09A00000033301010101");
    assert_sw(0x9000, get_status(rig, (struct scp_get_status){
                                          .subset = 0x10,
                                          .aid = SCP_LITERAL(0xA0, 0x00, 0x00, 0x03, 0x33),
                                          .tag_list = scp_status_tags(0x10)}));
    entry = first_entry(rig, 0x10);
    assert_int_equal(1, entry.module_count);
    assert_true(scp_bytes_equal(rig_payment_module, scp_aid_bytes(&entry.modules[0])));
    rig_free(rig);
}

static void an_unknown_aid_is_not_found_11_4_3_2(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    assert_sw(0x6A88, get_status(rig, (struct scp_get_status){.subset = 0x40,
                                                              .aid = SCP_BYTES(domain_aid)}));
    rig_free(rig);
}

static void a_long_registry_comes_in_pages_11_4_3_2(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    static const uint8_t package[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0xF0, 0x01};
    const struct rig_package resident = {SCP_BYTES(package), rig_payment_module, 0};
    uint8_t aid[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0x01, 0x01, 0x01, 0x10};
    rig_open(rig);
    for (size_t i = 0; i < 12; i++, aid[8]++)
        assert_sw(0x9000,
                  rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL, &resident, SCP_BYTES(aid), 0x00));
    struct scp_get_status all = {.subset = 0x40, .tag_list = scp_status_tags(0x40)};
    struct scp_get_status next = all;
    next.next = true;
    assert_sw(0x6985, get_status(rig, next));
    size_t count = 0;
    size_t pages = 0;
    uint16_t sw = get_status(rig, all);
    for (;; sw = get_status(rig, next)) {
        struct scp_registry_reader r;
        struct scp_registry_entry entry;
        pages++;
        scp_registry_open(&r, 0x40, rig->data);
        while (scp_registry_next(&r, &entry) == SCP_OK)
            count++;
        if (sw != 0x6310)
            break;
    }
    assert_sw(0x9000, sw);
    assert_int_equal(15, count);
    assert_true(pages > 2);
    assert_sw(0x6985, get_status(rig, next));
    rig_free(rig);
}

static void a_domain_sees_its_own_hierarchy_alone_11_4_2_3(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct scp_key_set keys = rig_keys(rig, 0x61);
    rig_open(rig);
    rig_make_domain(rig, SCP_BYTES(domain_aid), SCP_PRIVILEGE_SECURITY_DOMAIN, &keys);
    assert_sw(0x6A86, get_status(rig, (struct scp_get_status){.subset = 0x80}));
    assert_sw(0x6A88, get_status(rig, (struct scp_get_status){.subset = 0x20}));
    assert_sw(0x9000, get_status(rig, (struct scp_get_status){.subset = 0x40,
                                                              .tag_list = SCP_LITERAL(0x4F)}));
    assert_data_hex(rig, "E3084F06A0000000"
                         "99DD");
    rig_free(rig);
}

/* ---- SET STATUS --------------------------------------------------------------------------------
 */

static void a_locked_application_is_not_selected_and_unlocks_to_its_old_state_5_3_1(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    assert_sw(0x9000, set_status(rig, SCP_SET_STATUS_APPLICATION, 0x80, rig_old_bank));
    assert_sw(0x6985, set_status(rig, SCP_SET_STATUS_APPLICATION, 0x80, rig_old_bank));
    rig_reopen(rig);
    assert_sw(0x6A82, rig_select(rig, rig_old_bank));
    rig_open(rig);
    assert_sw(0x9000, set_status(rig, SCP_SET_STATUS_APPLICATION, 0x00, rig_old_bank));
    assert_sw(0x6985, set_status(rig, SCP_SET_STATUS_APPLICATION, 0x00, rig_old_bank));
    assert_sw(0x6A88, set_status(rig, SCP_SET_STATUS_APPLICATION, 0x80, SCP_BYTES(domain_aid)));
    assert_sw(0x9000, rig_select(rig, rig_old_bank));
    rig_free(rig);
}

static void a_domain_is_locked_with_its_applications_11_10_2_1(void **state)
{
    (void)state;
    static const uint8_t package[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0xF0, 0x01};
    static const uint8_t aid[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0x01, 0x01, 0x01, 0x10};
    const struct rig_package resident = {SCP_BYTES(package), rig_payment_module, 0};
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct scp_key_set keys = rig_keys(rig, 0x61);
    rig_open(rig);
    rig_make_domain(rig, SCP_BYTES(domain_aid),
                    SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_TRUSTED_PATH, &keys);
    rig_open(rig);
    assert_sw(0x9000, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, &resident,
                                      SCP_BYTES(aid), 0x00));
    assert_sw(0x9000,
              rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_EXTRADITION,
                                                    .application = SCP_BYTES(aid),
                                                    .security_domain = SCP_BYTES(domain_aid)}));
    assert_sw(0x9000, set_status(rig, SCP_SET_STATUS_DOMAIN_TREE, 0x80, SCP_BYTES(domain_aid)));
    assert_sw(0x9000, set_status(rig, SCP_SET_STATUS_DOMAIN_TREE, 0x80, SCP_BYTES(domain_aid)));
    assert_sw(0x6A82, rig_select(rig, SCP_BYTES(aid)));
    assert_sw(0x6A82, rig_select(rig, SCP_BYTES(domain_aid)));
    assert_sw(0x9000, rig_select(rig, rig_old_bank));
    rig_open(rig);
    assert_sw(0x9000, set_status(rig, SCP_SET_STATUS_DOMAIN_TREE, 0x00, SCP_BYTES(domain_aid)));
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(aid)));
    rig_free(rig);
}

static void the_card_is_locked_unlocked_and_terminated_5_1(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    assert_sw(0x6985, set_status(rig, SCP_SET_STATUS_CARD, 0x0F, SCP_EMPTY));
    assert_sw(0x6985, set_status(rig, SCP_SET_STATUS_CARD, 0x07, SCP_EMPTY));
    assert_sw(0x9000, set_status(rig, SCP_SET_STATUS_CARD, 0x7F, SCP_EMPTY));
    assert_sw(0x6A81, rig_select(rig, rig_old_bank));
    assert_sw(0x6283, rig_select(rig, rig_isd));
    rig_open_with(rig, &rig->keys, rig->params.kvn, rig->params.level);
    assert_sw(0x9000, set_status(rig, SCP_SET_STATUS_CARD, 0x0F, SCP_EMPTY));
    assert_sw(0x9000, rig_select(rig, rig_old_bank));
    rig_open(rig);
    assert_sw(0x9000, set_status(rig, SCP_SET_STATUS_CARD, 0xFF, SCP_EMPTY));
    rig_reopen(rig);
    assert_sw(0x6A81, rig_select(rig, rig_old_bank));
    assert_sw(0x6985, rig_hex(rig, "8050300008010203040506070800"));
    assert_sw(0x9000, rig_hex(rig, "80CA9F7F00"));
    rig_free(rig);
}

/* ---- GET DATA, STORE DATA -----------------------------------------------------------------------
 */

static void data_objects_come_whole_or_as_their_value_11_3_3_1(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    static const struct {
        const char *command;
        const char *answer;
    } cases[] = {
        {"80CA004200", "420442310000"},
        {"00CA004200", "42310000"},
        {"80CA004500", "45089156000011112222"},
        {"00CA00CF00", "00010203040506070809"},
        {"80CA00C100", "C103000000"},
        {"80CA00D300", "D30100"},
        {"80CA006600", "6631732F0607"
                       "2A864886FC6B01"
                       "600C060A2A864886FC6B02020301"
                       "630906072A864886FC6B03"
                       "640B06092A864886FC6B040370"},
        {"80CA00E000", "E012C00401308810C00402308810C00403308810"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_sw(0x9000, rig_hex(rig, cases[i].command));
        assert_data_hex(rig, cases[i].answer);
    }
    assert_sw(0x6A88, rig_hex(rig, "80CA006700"));
    assert_sw(0x9000, rig_hex(rig, "80CA9F7F00"));
    struct scp_bytes cplc;
    assert_int_equal(SCP_OK, scp_cplc_parse(rig->data, &cplc));
    assert_true(
        scp_bytes_equal(scp_cplc_field(cplc, SCP_CPLC_IC_SERIAL_NUMBER), SCP_LITERAL(6, 7, 8, 9)));
    rig_free(rig);
}

static void recognition_data_name_the_channel_of_the_profile_h_2(void **state)
{
    (void)state;
    static const char *const profiles[] = {"scp02-i15", "scp02-i55", "scp03-i10-aes192",
                                           "scp03-i60-aes256", "scp03-i70-aes128"};
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        struct rig *rig = rig_new(profiles[i]);
        struct scp_card_recognition recognition;
        uint8_t option = 0;
        assert_sw(0x9000, rig_hex(rig, "80CA006600"));
        assert_int_equal(SCP_OK, scp_card_recognition_parse(rig->data, &recognition));
        assert_int_equal(SCP_OK, scp_card_recognition_option(
                                     &recognition, (uint8_t)rig->params.protocol, &option));
        assert_int_equal(rig->params.i, option);
        rig_free(rig);
    }
}

static void the_issuer_number_is_written_by_store_data_alone_11_11_2_3(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct scp_apdu store = {.cla = 0x80,
                             .ins = 0xE2,
                             .p1 = 0x90,
                             .data = SCP_LITERAL(0x42, 0x02, 0xAA, 0xBB),
                             .le = SCP_NO_LE};
    assert_sw(0x6982, rig_plain(rig, store));
    rig_open(rig);
    assert_sw(0x9000, rig_send(rig, store));
    store.data = SCP_LITERAL(0xC1, 0x02, 0xAA, 0xBB);
    assert_sw(0x6A80, rig_send(rig, store));
    rig_reopen(rig);
    assert_sw(0x9000, rig_hex(rig, "80CA004200"));
    assert_data_hex(rig, "4202AABB");
    rig_free(rig);
}

static void the_issuer_domain_answers_select_with_its_longest_command_11_9_3_1(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct scp_fci fci;
    assert_sw(0x9000, rig_hex(rig, "00A4040000"));
    assert_int_equal(SCP_OK, scp_fci_parse(rig->data, &fci));
    assert_true(scp_bytes_equal(fci.aid, rig_isd));
    assert_int_equal(255, fci.data_max);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_issuer_domain_shows_the_state_of_the_card_11_1_1),
        cmocka_unit_test(a_tag_list_chooses_what_is_answered_11_4_2_3),
        cmocka_unit_test(an_unknown_aid_is_not_found_11_4_3_2),
        cmocka_unit_test(a_long_registry_comes_in_pages_11_4_3_2),
        cmocka_unit_test(a_domain_sees_its_own_hierarchy_alone_11_4_2_3),
        cmocka_unit_test(a_locked_application_is_not_selected_and_unlocks_to_its_old_state_5_3_1),
        cmocka_unit_test(a_domain_is_locked_with_its_applications_11_10_2_1),
        cmocka_unit_test(the_card_is_locked_unlocked_and_terminated_5_1),
        cmocka_unit_test(data_objects_come_whole_or_as_their_value_11_3_3_1),
        cmocka_unit_test(recognition_data_name_the_channel_of_the_profile_h_2),
        cmocka_unit_test(the_issuer_number_is_written_by_store_data_alone_11_11_2_3),
        cmocka_unit_test(the_issuer_domain_answers_select_with_its_longest_command_11_9_3_1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
