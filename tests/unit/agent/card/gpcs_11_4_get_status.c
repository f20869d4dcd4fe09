/* GET STATUS (GPCS 11.4). */
#include "tests/unit/agent/card/rig.h"

#include "scp/gp/privileges.h"
#include "scp/gp/registry.h"

static const uint8_t domain_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x02, 0x01};

#define ISD_AID "A000000151000000"
#define PAYMENT "A00000033301010101"

static struct rig *rig_opened(void)
{
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    return rig;
}

static void gpcs_11_4_2_parameters_and_data(void **state)
{
    (void)state;
    static const struct rig_row rows[] = {
        {"80F28002024F0000", 0x9000},
        {"80F24002024F0000", 0x9000},
        {"80F22002024F0000", 0x9000},
        {"80F21002024F0000", 0x9000},
        {"80F20002024F0000", 0x6A86},   /* no subset */
        {"80F2C002024F0000", 0x6A86},   /* two subsets */
        {"80F24F02024F0000", 0x9000},   /* reserved bits are ignored */
        {"80F240FE024F0000", 0x9000},   /* in P2 too */
        {"80F2400200", 0x6A80},         /* no search criterion */
        {"80F24002025C0000", 0x6A80},   /* not an AID first */
        {"80F24002034F020100", 0x6A80}, /* cut */
        {"80F24002134F11010101010101010101010101010101010100", 0x6A80}, /* 17 bytes */
        {"80F24002074F05010203040500", 0x6A88},                         /* nothing matches */
    };
    struct rig *rig = rig_opened();
    rig_rows(rig, rows);
    rig_free(rig);
}

static void gpcs_11_4_2_2_get_next_needs_a_first_with_more_to_come(void **state)
{
    (void)state;
    static const struct rig_row rows[] = {
        {"80F24003024F0000", 0x6985},
        {"80F24002024F0000", 0x9000},
        {"80F24003024F0000", 0x6985},
        {"80F28003024F0000", 0x6A86}, /* never for the issuer's */
    };
    struct rig *rig = rig_opened();
    rig_rows(rig, rows);
    rig_free(rig);
}

static void gpcs_11_4_3_1_without_a_tag_list_all_data_come(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    assert_sw(0x9000, rig_send_hex(rig, "80F28002024F0000"));
    assert_data_hex(rig, "E31D4F08" ISD_AID "9F70010FC5039EFE80CC08" ISD_AID);
    assert_sw(0x9000, rig_send_hex(rig, "80F240020B4F09" PAYMENT "00"));
    assert_data_hex(rig, "E3274F09" PAYMENT "9F700107C503000000C407A000000333F001CC08" ISD_AID);
    assert_sw(0x9000, rig_send_hex(rig, "80F22002094F07A000000333F00100"));
    assert_data_hex(rig, "E31B4F07A000000333F0019F700101CE020000CC08" ISD_AID);
    assert_sw(0x9000, rig_send_hex(rig, "80F21002094F07A000000333F00100"));
    assert_data_hex(rig, "E3254F07A000000333F0019F700101CE0200008408A000000333F00101CC08" ISD_AID);
    rig_free(rig);
}

static void gpcs_11_4_2_3_a_tag_list_says_what_comes(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    assert_sw(0x9000, rig_send_hex(rig, "80F240020F4F09" PAYMENT "5C024FCC00"));
    assert_data_hex(rig, "E3154F09" PAYMENT "CC08" ISD_AID);
    assert_sw(0x9000, rig_send_hex(rig, "80F240020F4F09" PAYMENT "5C02C4CF00"));
    assert_data_hex(rig, "E309C407A000000333F001"); /* no implicit selection: left out */
    rig_free(rig);
}

static void gpcs_11_4_2_3_a_search_by_registered_provider(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    assert_sw(0x9000, rig_send_hex(rig, "80F22002074F05A00000033300"));
    assert_data_hex(rig, "E31B4F07A000000333F0019F700101CE020000CC08" ISD_AID);
    rig_free(rig);
}

static void gpcs_11_4_2_3_further_search_criteria(void **state)
{
    (void)state;
    static const struct rig_row rows[] = {
        {"80F24002064F009F70010700", 0x9000},
        {"80F24002064F009F70010300", 0x6A88},
        {"80F24002074F00C50300000000", 0x9000},
        {"80F24002074F00C50380000000", 0x6A88},
        {"80F24002"
         "0B4F00C407A000000333F00100",
         0x9000},
        {"80F24002"
         "0C4F00CC08" ISD_AID "00",
         0x9000},
        {"80F24002"
         "0C4F00CC08A00000015100000100",
         0x6A88},
        {"80F24002064F00DF00020102"
         "00",
         0x6A80}, /* broken */
        {"80F24002064F00DF010101"
         "00",
         0x9000}, /* unknown: ignored */
    };
    struct rig *rig = rig_opened();
    rig_send_rows(rig, rows, 7);
    assert_sw(0x9000, rig_send_hex(rig, rows[4].command));
    assert_data_hex(rig, "E3274F09" PAYMENT "9F700107C503000000C407A000000333F001CC08" ISD_AID);
    rig_free(rig);
}

static void gpcs_11_4_2_2_the_format_before_2_2(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    assert_sw(0x9000, rig_send_hex(rig, "80F28000024F0000"));
    assert_data_hex(rig, "08" ISD_AID "0F9E");
    assert_sw(0x9000, rig_send_hex(rig, "80F240000B4F09" PAYMENT "00"));
    assert_data_hex(rig, "09" PAYMENT "0700");
    assert_sw(0x9000, rig_send_hex(rig, "80F21000094F07A000000333F00100"));
    assert_data_hex(rig, "07A000000333F00101000108A000000333F00101");
    rig_free(rig);
}

static void gpcs_11_4_2_3_a_domain_searches_below_itself_unless_it_sees_all(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_make_domain(rig, SCP_BYTES(domain_aid), SCP_PRIVILEGE_SECURITY_DOMAIN, &keys);
    static const struct rig_row rows[] = {
        {"80F28002024F0000", 0x6A86},
        {"80F24002024F0000", 0x9000},
        {"80F22002024F0000", 0x6A88},
        {"80F240020B4F09" PAYMENT "00", 0x6A88},
    };
    rig_rows(rig, rows);
    rig_free(rig);
}

/* Every page but the last says 6310, and together they name each application once. */
static void gpcs_11_4_3_2_pages(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    static const uint8_t packages[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0xF0, 0x01};
    static const uint8_t modules[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0xF0, 0x01, 0x01};
    const struct rig_package package = {SCP_BYTES(packages), SCP_BYTES(modules), 0};
    for (uint8_t i = 0; i < 30; i++) {
        const uint8_t aid[] = {0xD1, 0x56, 0x00, 0x00, 0x07, i};
        assert_sw(0x9000,
                  rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL, &package, SCP_BYTES(aid), 0));
    }
    size_t count = 0;
    uint16_t sw = rig_send_hex(rig, "80F24002074F05D15600000700");
    for (size_t pages = 0; pages < 30; pages++) {
        struct scp_registry_reader r;
        struct scp_registry_entry entry;
        scp_registry_open(&r, SCP_STATUS_APPLICATIONS, rig->data);
        for (; scp_registry_next(&r, &entry) == SCP_OK; count++)
            assert_int_equal(count, entry.aid.bytes[5]);
        if (sw != 0x6310)
            break;
        sw = rig_send_hex(rig, "80F24003074F05D15600000700");
    }
    assert_sw(0x9000, sw);
    assert_int_equal(30, count);
    rig_free(rig);
}

/* A load file of many modules goes on in further templates, so that each fits a page. */
static void gpcs_11_4_3_1_all_modules_of_a_load_file(void **state)
{
    (void)state;
    static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99};
    static const uint8_t module_aid[] = {0xA0, 0, 0, 0, 0x99, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0};
    const struct rig_package package = {SCP_BYTES(package_aid), SCP_BYTES(module_aid), 10};
    struct rig *rig = rig_opened();
    assert_sw(0x9000, rig_load_with(rig, &package, &(struct rig_loading){.more_modules = 15}));
    size_t count = 0;
    uint16_t sw = rig_send_hex(rig, "80F21002074F05A00000009900");
    for (size_t pages = 0; pages < 4; pages++) {
        struct scp_registry_reader r;
        struct scp_registry_entry entry;
        scp_registry_open(&r, SCP_STATUS_LOAD_FILES_AND_MODULES, rig->data);
        while (scp_registry_next(&r, &entry) == SCP_OK)
            for (size_t i = 0; i < entry.module_count; i++, count++)
                assert_int_equal(count, entry.modules[i].bytes[15]);
        if (sw != 0x6310)
            break;
        sw = rig_send_hex(rig, "80F21003074F05A00000009900");
    }
    assert_sw(0x9000, sw);
    assert_int_equal(16, count);
    assert_sw(0x9000, rig_send_hex(rig, "80F22002074F05A00000009900"));
    assert_data_hex(rig, "E3194F05A0000000999F700101CE020100CC08" ISD_AID);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpcs_11_4_2_parameters_and_data),
        cmocka_unit_test(gpcs_11_4_2_2_get_next_needs_a_first_with_more_to_come),
        cmocka_unit_test(gpcs_11_4_3_1_without_a_tag_list_all_data_come),
        cmocka_unit_test(gpcs_11_4_2_3_a_tag_list_says_what_comes),
        cmocka_unit_test(gpcs_11_4_2_3_a_search_by_registered_provider),
        cmocka_unit_test(gpcs_11_4_2_3_further_search_criteria),
        cmocka_unit_test(gpcs_11_4_2_2_the_format_before_2_2),
        cmocka_unit_test(gpcs_11_4_2_3_a_domain_searches_below_itself_unless_it_sees_all),
        cmocka_unit_test(gpcs_11_4_3_2_pages),
        cmocka_unit_test(gpcs_11_4_3_1_all_modules_of_a_load_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
