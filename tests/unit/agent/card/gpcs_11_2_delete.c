/* DELETE (GPCS 11.2, 9.5). */
#include "tests/unit/agent/card/rig.h"

#include "scp/gp/privileges.h"

static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99};
static const uint8_t module_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01};
static const struct rig_package package = {
    {package_aid, sizeof package_aid}, {module_aid, sizeof module_aid}, 100};
static const uint8_t instance_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x01, 0x01};
static const uint8_t domain_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x02, 0x01};
static const uint8_t child_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x02, 0x02};
static const uint8_t domains_aid[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50};

enum { MANAGER = SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_AUTHORIZED_MANAGEMENT };

static struct rig *rig_opened(void)
{
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    return rig;
}

static struct rig *rig_loaded(void)
{
    struct rig *rig = rig_opened();
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    assert_sw(0x9000, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, &package,
                                      SCP_BYTES(instance_aid), 0));
    return rig;
}

static void gpcs_11_2_2_delete_of_unknown_aid_is_6a88(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    assert_sw(0x6A88, rig_delete(rig, SCP_BYTES(package_aid), false));
    assert_sw(0x6A88, rig_delete(rig, SCP_BYTES(package_aid), true));
    rig_free(rig);
}

static void gpcs_11_2_2_3_wrong_data_are_6a80(void **state)
{
    (void)state;
    static const struct rig_row rows[] = {
        {"80E4000000", 0x6A80},                     /* nothing */
        {"80E40000064F0401020304", 0x6A80},         /* an AID of four bytes */
        {"80E40000044F050102", 0x6A80},             /* cut */
        {"80E40000021234", 0x6A80},                 /* no tag */
        {"80E400000A4F050102030405D20130", 0x6A80}, /* content and keys */
        {"80E4000004D2020130", 0x6A80},             /* a version of two bytes */
        {"80E400000A4F0501020304059E01FF", 0x6A80}, /* a token where none is due */
        {"80E47F7F074F050102030405", 0x6A88},       /* reserved bits are ignored */
    };
    struct rig *rig = rig_opened();
    rig_rows(rig, rows);
    rig_free(rig);
}

static void gpcs_11_2_3_1_the_answer_is_00(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    assert_sw(0x9000, rig_delete(rig, SCP_BYTES(instance_aid), false));
    assert_data_hex(rig, "00");
    assert_sw(0x9000, rig_delete(rig, package.aid, false));
    assert_data_hex(rig, "00");
    assert_sw(0x6A82, rig_select(rig, SCP_BYTES(instance_aid)));
    rig_free(rig);
}

static void gpcs_9_5_2_a_load_file_with_instances_is_6985_without_them(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    assert_sw(0x6985, rig_delete(rig, package.aid, false));
    assert_sw(0x9000, rig_delete(rig, package.aid, true));
    assert_sw(0x6A88, rig_delete(rig, SCP_BYTES(instance_aid), false));
    rig_free(rig);
}

static void gpcs_9_5_1_the_selected_domain_and_the_issuers_stay(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    assert_sw(0x6985, rig_delete(rig, rig_isd, false));
    rig_make_domain(rig, SCP_BYTES(domain_aid), MANAGER, &keys);
    assert_sw(0x6985, rig_delete(rig, SCP_BYTES(domain_aid), false)); /* itself */
    assert_sw(0x6985, rig_delete(rig, rig_isd, false));
    rig_free(rig);
}

static void gpcs_9_5_1_a_domain_goes_when_nothing_is_associated_with_it(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_make_domain(rig, SCP_BYTES(domain_aid), MANAGER, &keys);
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    rig_open(rig);
    assert_sw(0x6985, rig_delete(rig, SCP_BYTES(domain_aid), false));
    assert_sw(0x9000, rig_delete(rig, package.aid, false)); /* by Global Delete */
    assert_sw(0x9000, rig_delete(rig, SCP_BYTES(domain_aid), false));
    rig_free(rig);
}

static void gpcs_9_5_3_a_package_goes_with_a_tree_of_domains(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_make_domain(rig, SCP_BYTES(domain_aid), MANAGER, &keys);
    struct scp_key_set parent = rig->keys;
    rig->keys = keys; /* the child is keyed in a session under its parent's */
    rig_open_with(rig, &keys, rig->params.kvn, rig->params.level);
    rig_make_domain(rig, SCP_BYTES(child_aid), SCP_PRIVILEGE_SECURITY_DOMAIN, &keys);
    rig->keys = parent;
    rig_open(rig);
    assert_sw(0x6985, rig_delete(rig, SCP_BYTES(domain_aid), false));
    assert_sw(0x9000, rig_delete(rig, SCP_BYTES(domains_aid), true));
    assert_sw(0x6A82, rig_select(rig, SCP_BYTES(child_aid)));
    assert_sw(0x6A82, rig_select(rig, SCP_BYTES(domain_aid)));
    rig_free(rig);
}

static void gpcs_9_1_3_4_without_global_delete_others_content_stays(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_make_domain(rig, SCP_BYTES(domain_aid), MANAGER, &keys);
    assert_sw(0x6985, rig_delete(rig, SCP_BYTES(instance_aid), false));
    rig_open(rig);
    rig_make_domain(rig, SCP_BYTES(child_aid), MANAGER | SCP_PRIVILEGE_GLOBAL_DELETE, &keys);
    assert_sw(0x9000, rig_delete(rig, SCP_BYTES(instance_aid), false));
    rig_free(rig);
}

static void gpcs_9_5_1_global_delete_alone_manages_nothing(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_make_domain(rig, SCP_BYTES(domain_aid),
                    SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_GLOBAL_DELETE, &keys);
    assert_sw(0x6985, rig_delete(rig, SCP_BYTES(instance_aid), false));
    rig_free(rig);
}

static void gpcs_11_2_2_3_2_keys_go_by_version_by_identifier_or_by_both(void **state)
{
    (void)state;
    static const struct rig_row rows[] = {
        {"80E4000006D00101D20141", 0x9000}, /* one key */
        {"80E4000006D00101D20141", 0x6A88},
        {"80E4000003D20141", 0x9000}, /* the rest of the version */
        {"80E4000003D20141", 0x6A88},
        {"80E4000003D00104", 0x6A88}, /* an identifier that nothing has */
        {"80E4000003D20130", 0x6985}, /* the keys of this session */
        {"80E4000003D00101", 0x6985}, /* among others */
    };
    struct rig *rig = rig_opened();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    assert_sw(0x9000, rig_put_keys(rig, 0, 0x41, &keys));
    rig_send_rows(rig, rows, 1);
    assert_data_hex(rig, "00");
    rig_send_rows(rig, rows + 1, sizeof rows / sizeof rows[0] - 1);
    rig_free(rig);
}

static void gpcs_7_1_1_the_issuers_domain_keeps_a_whole_key_set(void **state)
{
    (void)state;
    struct rig *rig = rig_new_with("scp03-i70-aes128", "  logical_channels: 1\n");
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_open(rig);
    assert_sw(0x9000, rig_put_keys(rig, 0, 0x41, &keys));
    assert_sw(0x9000, rig_hex(rig, "0070000001"));
    struct scp_channel basic = rig->channel;
    struct scp_keys holder = rig->holder;
    scp_channel_fini(&rig->channel);
    rig->channel_number = 1;
    assert_sw(0x9000, rig_select(rig, rig_isd));
    rig_open_with(rig, &keys, 0x41, rig->params.level);
    assert_sw(0x9000, rig_send_hex(rig, "80E4000003D20130")); /* those of the other session */
    scp_channel_fini(&rig->channel);
    rig->channel_number = 0;
    rig->channel = basic;
    rig->holder = holder;
    assert_sw(0x6985, rig_send_hex(rig, "80E4000003D20141"));
    rig_free(rig);
}

static void gpcs_6_6_2_card_reset_and_final_application_go_back_to_the_issuer(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    assert_sw(0x9000, rig_install(rig, (struct scp_install){
                                           .p1 = SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE,
                                           .load_file = package.aid,
                                           .module = package.module,
                                           .application = SCP_BYTES(instance_aid),
                                           .privileges = SCP_LITERAL(0x04, 0x02, 0x00),
                                           .parameters = SCP_LITERAL(0xC9, 0x00)}));
    assert_sw(0x9000, rig_send_hex(rig, "80F28002024F0000"));
    assert_data_hex(rig, "E31D4F08A0000001510000009F70010FC5039AFC80CC08A000000151000000");
    assert_sw(0x9000, rig_delete(rig, SCP_BYTES(instance_aid), false));
    assert_sw(0x9000, rig_send_hex(rig, "80F28002024F0000"));
    assert_data_hex(rig, "E31D4F08A0000001510000009F70010FC5039EFE80CC08A000000151000000");
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpcs_11_2_2_delete_of_unknown_aid_is_6a88),
        cmocka_unit_test(gpcs_11_2_2_3_wrong_data_are_6a80),
        cmocka_unit_test(gpcs_11_2_3_1_the_answer_is_00),
        cmocka_unit_test(gpcs_9_5_2_a_load_file_with_instances_is_6985_without_them),
        cmocka_unit_test(gpcs_9_5_1_the_selected_domain_and_the_issuers_stay),
        cmocka_unit_test(gpcs_9_5_1_a_domain_goes_when_nothing_is_associated_with_it),
        cmocka_unit_test(gpcs_9_5_3_a_package_goes_with_a_tree_of_domains),
        cmocka_unit_test(gpcs_9_1_3_4_without_global_delete_others_content_stays),
        cmocka_unit_test(gpcs_9_5_1_global_delete_alone_manages_nothing),
        cmocka_unit_test(gpcs_11_2_2_3_2_keys_go_by_version_by_identifier_or_by_both),
        cmocka_unit_test(gpcs_7_1_1_the_issuers_domain_keeps_a_whole_key_set),
        cmocka_unit_test(gpcs_6_6_2_card_reset_and_final_application_go_back_to_the_issuer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
