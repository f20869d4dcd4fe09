/* What terminals find in PSE and PPSE, and what a user's choices in the contactless registry do to
 * it. */
#include "tests/unit/agent/card/rig.h"

#include "scp/gp/lifecycle.h"
#include "scp/gp/tlv.h"

static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0xF0, 0x02};
static const uint8_t module_aid[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0xF0, 0x02, 0x01};
static const uint8_t crs_package_aid[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x43, 0x52, 0x53};
static const uint8_t crs_aid[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x43, 0x52, 0x53, 0x00};
static const struct rig_package package = {
    {package_aid, sizeof package_aid}, {module_aid, sizeof module_aid}, 2000};
static const struct rig_package crs_package = {
    {crs_package_aid, sizeof crs_package_aid}, {crs_aid, sizeof crs_aid}, 500};

/* Banks 1 (issued with the card), 2 and 3. */
#define BANK_1 "A00000033301010101"
#define BANK_2 "A00000033301010102"
#define BANK_3 "A00000033301010103"
static const uint8_t bank_2[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0x01, 0x01, 0x01, 0x02};
static const uint8_t bank_3[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0x01, 0x01, 0x01, 0x03};
static const uint8_t scheme[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0x01, 0x01, 0x01};

#define ENTRY(aid, priority) "610E4F09" aid "8701" priority
#define PPSE_HEAD "840E325041592E5359532E4444463031"

static uint16_t store_in_ppse(struct rig *rig, const char *hex)
{
    uint8_t buffer[255];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(SCP_OK, scp_hex_decode(hex, &w));
    const struct scp_dgi dgi = {.id = 0x9102, .value = scp_written(&w)};
    assert_sw(0x9000, rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                                            .application = rig_ppse}));
    return rig_store(rig, &dgi, 1);
}

/* Three banks and a directory that names them in another order than their priorities. */
static struct rig *new_card(void)
{
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    assert_sw(0x9000, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, &package,
                                      SCP_BYTES(bank_2), 0x00));
    assert_sw(0x9000, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, &package,
                                      SCP_BYTES(bank_3), 0x00));
    assert_sw(0x9000, rig_load(rig, &crs_package, SCP_EMPTY));
    assert_sw(0x9000, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE,
                                      &crs_package, SCP_BYTES(crs_aid), 0x00));
    assert_sw(0x9000, store_in_ppse(rig, "A533BF0C30" ENTRY(BANK_3, "03") ENTRY(BANK_1, "81")
                                             ENTRY(BANK_2, "02")));
    return rig;
}

static void into_field(struct rig *rig)
{
    uint8_t atr[SOFTCARD_ATR_MAX];
    size_t atr_len = 0;
    softcard_use_contactless(rig->card, true);
    softcard_power(rig->card, atr, &atr_len);
}

static uint16_t to_registry(struct rig *rig, const char *hex)
{
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(crs_aid)));
    return rig_hex(rig, hex);
}

static void assert_ppse(struct rig *rig, const char *hex)
{
    assert_sw(0x9000, rig_select(rig, rig_ppse));
    assert_data_hex(rig, hex);
}

#define ALL_BY_PRIORITY \
    "6F45" PPSE_HEAD "A533BF0C30" ENTRY(BANK_1, "81") ENTRY(BANK_2, "02") ENTRY(BANK_3, "03")
#define ACTIVATE(aid) "80F001010B4F09" aid "00"
#define DEACTIVATE(aid) "80F001000B4F09" aid "00"

/* ---- directories ----------------------------------------------------------------------------- */

static void the_ppse_lists_its_entries_by_priority(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    assert_ppse(rig, ALL_BY_PRIORITY);
    rig_free(rig);
}

static void an_instance_that_is_not_selectable_is_not_listed(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    rig_open(rig);
    assert_sw(0x9000, rig_delete(rig, SCP_BYTES(bank_2), false));
    assert_sw(0x9000, rig_send(rig, scp_set_status(
                                        &(struct scp_set_status){.type = SCP_SET_STATUS_APPLICATION,
                                                                 .state = SCP_LIFE_CYCLE_LOCKED,
                                                                 .aid = rig_old_bank})));
    assert_ppse(rig, "6F25" PPSE_HEAD "A513BF0C10" ENTRY(BANK_3, "03"));
    rig_open(rig);
    assert_sw(0x9000, rig_delete(rig, SCP_BYTES(bank_3), false));
    assert_ppse(rig, "6F15" PPSE_HEAD "A503BF0C00");
    rig_open(rig);
    assert_sw(0x9000,
              rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL, &package, SCP_BYTES(bank_3), 0));
    assert_ppse(rig, "6F15" PPSE_HEAD "A503BF0C00");
    rig_free(rig);
}

static void an_entry_with_the_schemes_aid_stands_for_any_bank_of_it(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    rig_open(rig);
    assert_sw(0x9000, store_in_ppse(rig, "A512BF0C0F610D4F08A000000333010101870101"));
    assert_ppse(rig, "6F24" PPSE_HEAD "A512BF0C0F610D4F08A000000333010101870101");
    rig_free(rig);
}

static void other_objects_of_the_template_stay(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    rig_open(rig);
    assert_sw(0x9000, store_in_ppse(rig, "A51D5F2D027A68BF0C15" ENTRY(BANK_2, "01") "9F4D020B0A"));
    assert_ppse(rig, "6F2F" PPSE_HEAD "A51D5F2D027A68BF0C15" ENTRY(BANK_2, "01") "9F4D020B0A");
    rig_free(rig);
}

/* ---- the registry ---------------------------------------------------------------------------- */

static void the_registry_tells_its_version_and_counts_updates(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    assert_sw(0x9000, to_registry(rig, "80CA00A500"));
    assert_data_hex(rig, "A5099F0802010080020000");
    assert_sw(0x9000, to_registry(rig, DEACTIVATE(BANK_2)));
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(crs_aid)));
    assert_data_hex(rig, "6F168409A00000015143525300A5099F0802010080020001");
    rig_free(rig);
}

static void a_deactivated_bank_is_neither_listed_nor_selected_in_a_field(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    into_field(rig);
    assert_sw(0x9000, to_registry(rig, DEACTIVATE(BANK_1)));
    assert_ppse(rig, "6F35" PPSE_HEAD "A523BF0C20" ENTRY(BANK_2, "02") ENTRY(BANK_3, "03"));
    assert_sw(0x6A82, rig_select(rig, rig_old_bank));
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(scheme)));
    rig_reopen(rig); /* among contacts again */
    assert_sw(0x9000, rig_select(rig, rig_old_bank));
    into_field(rig);
    assert_sw(0x6A82, rig_select(rig, rig_old_bank));
    assert_sw(0x9000, to_registry(rig, ACTIVATE(BANK_1)));
    assert_ppse(rig, ALL_BY_PRIORITY);
    rig_free(rig);
}

static void get_status_shows_life_cycle_activation_and_priority(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    assert_sw(0x9000, to_registry(rig, DEACTIVATE(BANK_2)));
    assert_sw(0x9000, rig_hex(rig, "80F24000124F09" BANK_2 "5C054F9F70808100"));
    assert_data_hex(rig, "61174F09" BANK_2 "9F70020700"
                         "80020001"
                         "810104");
    assert_sw(0x9000, rig_hex(rig, "80F240000B4F009F700207005C024F8100"));
    assert_data_hex(rig, "610E4F09" BANK_2 "810104");
    assert_sw(0x9000, rig_hex(rig, "80F24000064F005C024F8100"));
    assert_int_equal(3 * 16, rig->data.len); /* neither social security nor the directories */
    assert_sw(0x9000, rig_hex(rig, "80F24000024F0000"));
    assert_int_equal(3 * 25, rig->data.len);
    rig_free(rig);
}

static void get_status_errors(void **state)
{
    (void)state;
    static const struct {
        const char *command;
        uint16_t sw;
    } cases[] = {
        {"80F2400000", 0x6A80},
        {"80F24000015C00", 0x6A80},
        {"80F24000084F06A0000000990100", 0x6A88},
        {"80F24000054F005C015000", 0x6A88},
        {"80F24000054F0088010100", 0x6A88},
        {"80F24001024F0000", 0x6985},
        {"80F24004024F0000", 0x6A86},
        {"80F28000024F0000", 0x6A86},
        {"80F20400024F0000", 0x6A80},
        {"80F20400054F005C018900", 0x6A88},
        {"80CA00660000", 0x6700},
        {"80CA006600", 0x6A88},
        {"00F24000024F0000", 0x6E00},
        {"80E2800004000101"
         "01",
         0x6982},
        {"80A4000000", 0x6D00},
    };
    struct rig *rig = new_card();
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(crs_aid)));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_sw(cases[i].sw, rig_hex(rig, cases[i].command));
    assert_sw(0x9000, rig_hex(rig, "80F20400054F005C019500"));
    assert_data_hex(rig, "61039501C0");
    rig_free(rig);
}

static void set_status_errors(void **state)
{
    (void)state;
    static const struct {
        const char *command;
        uint16_t sw;
    } cases[] = {
        {"80F001800B4F09" BANK_1 "00", 0x6A86},
        {"80F0010102500000", 0x6A80},
        {"80F0010100", 0x6A80},
        {"80F001010450020101"
         "00",
         0x6A80},
        {"80F00101044F02A00000", 0x6A80},
        {"80F004800380014000", 0x6A86},
        {"80F0800000", 0x6A86},
        {"80F00102164F09" BANK_1 "4F09" BANK_2 "00", 0x6A86},
        {"80F00202164F09" BANK_1 "4F09" BANK_2 "00", 0x6A80},
    };
    struct rig *rig = new_card();
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(crs_aid)));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_sw(cases[i].sw, rig_hex(rig, cases[i].command));
    rig_free(rig);
}

static void what_is_the_bureaus_is_not_the_users_to_switch(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    assert_sw(0x6320,
              to_registry(rig, "80F001001C4F0F7378312E73682EC9E7BBE1B1A3D5CF4F09" BANK_2 "00"));
    assert_data_hex(rig, "6113A1114F0F7378312E73682EC9E7BBE1B1A3D5CF");
    assert_sw(0x6320, rig_hex(rig, "80F00100104F0E325041592E5359532E444446303100"));
    into_field(rig);
    assert_sw(0x9000, rig_select(rig, rig_social));
    assert_ppse(rig, "6F35" PPSE_HEAD "A523BF0C20" ENTRY(BANK_1, "81") ENTRY(BANK_3, "03"));
    rig_free(rig);
}

static void a_locked_bank_cannot_be_activated(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    rig_open(rig);
    assert_sw(0x9000, rig_send(rig, scp_set_status(
                                        &(struct scp_set_status){.type = SCP_SET_STATUS_APPLICATION,
                                                                 .state = SCP_LIFE_CYCLE_LOCKED,
                                                                 .aid = SCP_BYTES(bank_2)})));
    assert_sw(0x6320, to_registry(rig, ACTIVATE(BANK_2)));
    assert_data_hex(rig, "610DA10B4F09" BANK_2);
    assert_sw(0x6320, rig_hex(rig, "80F002020B4F09" BANK_2 "00"));
    rig_free(rig);
}

/* ---- the user's order ------------------------------------------------------------------------ */

static void the_highest_priority_leads_list_and_partial_selection(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    assert_sw(0x9000, to_registry(rig, "80F002010B4F09" BANK_3 "00"));
    rig_reopen(rig);
    into_field(rig);
    assert_ppse(rig, "6F45" PPSE_HEAD "A533BF0C30" ENTRY(BANK_3, "01") ENTRY(BANK_1, "82")
                         ENTRY(BANK_2, "03"));
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(scheme)));
    assert_data_hex(rig, "6F0D8409" BANK_3 "A500");
    assert_sw(0x9000, to_registry(rig, "80F002810B4F09" BANK_3 "00"));
    assert_ppse(rig, "6F45" PPSE_HEAD "A533BF0C30" ENTRY(BANK_1, "81") ENTRY(BANK_2, "02")
                         ENTRY(BANK_3, "03"));
    assert_sw(0x9000, to_registry(rig, "80F00201164F09" BANK_1 "4F09" BANK_2 "00"));
    assert_ppse(rig, "6F45" PPSE_HEAD "A533BF0C30" ENTRY(BANK_2, "01") ENTRY(BANK_1, "82")
                         ENTRY(BANK_3, "03"));
    rig_free(rig);
}

static void the_volatile_priority_lasts_until_the_next_reset(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    into_field(rig);
    assert_sw(0x9000, to_registry(rig, DEACTIVATE(BANK_3)));
    assert_sw(0x9000, rig_hex(rig, "80F002020B4F09" BANK_3 "00"));
    assert_sw(0x9000, rig_hex(rig, "80F24000104F09" BANK_3 "5C039F708100"));
    assert_data_hex(rig, "61089F70020701810100");
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(scheme)));
    assert_data_hex(rig, "6F0D8409" BANK_3 "A500");
    assert_ppse(rig, "6F45" PPSE_HEAD "A533BF0C30" ENTRY(BANK_3, "01") ENTRY(BANK_1, "82")
                         ENTRY(BANK_2, "03"));
    into_field(rig);
    assert_sw(0x6A82, rig_select(rig, SCP_BYTES(bank_3)));
    assert_ppse(rig, "6F35" PPSE_HEAD "A523BF0C20" ENTRY(BANK_1, "81") ENTRY(BANK_2, "02"));
    rig_free(rig);
}

static void the_volatile_priority_can_be_taken_back(void **state)
{
    (void)state;
    struct rig *rig = new_card();
    into_field(rig);
    assert_sw(0x9000, to_registry(rig, "80F002020B4F09" BANK_3 "00"));
    assert_sw(0x9000, rig_hex(rig, "80F0028200"));
    assert_ppse(rig, ALL_BY_PRIORITY);
    assert_sw(0x9000, to_registry(rig, "80F002020B4F09" BANK_3 "00"));
    assert_sw(0x9000, rig_hex(rig, DEACTIVATE(BANK_3)));
    assert_ppse(rig, "6F35" PPSE_HEAD "A523BF0C20" ENTRY(BANK_1, "81") ENTRY(BANK_2, "02"));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ppse_lists_its_entries_by_priority),
        cmocka_unit_test(an_instance_that_is_not_selectable_is_not_listed),
        cmocka_unit_test(an_entry_with_the_schemes_aid_stands_for_any_bank_of_it),
        cmocka_unit_test(other_objects_of_the_template_stay),
        cmocka_unit_test(the_registry_tells_its_version_and_counts_updates),
        cmocka_unit_test(a_deactivated_bank_is_neither_listed_nor_selected_in_a_field),
        cmocka_unit_test(get_status_shows_life_cycle_activation_and_priority),
        cmocka_unit_test(get_status_errors),
        cmocka_unit_test(set_status_errors),
        cmocka_unit_test(what_is_the_bureaus_is_not_the_users_to_switch),
        cmocka_unit_test(a_locked_bank_cannot_be_activated),
        cmocka_unit_test(the_highest_priority_leads_list_and_partial_selection),
        cmocka_unit_test(the_volatile_priority_lasts_until_the_next_reset),
        cmocka_unit_test(the_volatile_priority_can_be_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
