/* AIDs, privileges and life cycles. */
#include "scp/gp/aid.h"
#include "scp/gp/commands.h"
#include "scp/gp/lifecycle.h"
#include "scp/gp/privileges.h"
#include "tests/support/expect.h"

static void an_aid_has_five_to_sixteen_bytes(void **state)
{
    (void)state;
    struct scp_aid aid = {.len = 0};
    assert_int_equal(scp_aid_parse(&aid, "A0000003"), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_aid_parse(&aid, "000102030405060708090A0B0C0D0E0F10"), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_aid_parse(&aid, "A0000003331"), SCP_MALFORMED);
    assert_int_equal(aid.len, 0);
    assert_int_equal(scp_aid_parse(&aid, "a000000333"), SCP_OK);
    char text[SCP_AID_HEX_SIZE];
    assert_string_equal(scp_aid_hex(&aid, text), "A000000333");
    assert_int_equal(scp_aid_parse(&aid, "000102030405060708090A0B0C0D0E0F"), SCP_OK);
    assert_string_equal(scp_aid_hex(&aid, text), "000102030405060708090A0B0C0D0E0F");
}

static void aids_are_ordered_and_match_by_beginning(void **state)
{
    (void)state;
    struct scp_aid scheme;
    struct scp_aid bank;
    assert_int_equal(scp_aid_parse(&scheme, "A000000333010101"), SCP_OK);
    assert_int_equal(scp_aid_parse(&bank, "A00000033301010142"), SCP_OK);
    assert_true(scp_aid_compare(&scheme, &bank) < 0);
    assert_true(scp_aid_compare(&bank, &scheme) > 0);
    assert_int_equal(scp_aid_compare(&bank, &bank), 0);
    assert_false(scp_aid_equal(&scheme, &bank));
    assert_true(scp_aid_matches(&bank, scp_aid_bytes(&scheme)));
    assert_false(scp_aid_matches(&scheme, scp_aid_bytes(&bank)));
    assert_true(scp_aid_matches(&bank, SCP_EMPTY));
}

static void privileges_have_one_or_three_bytes(void **state)
{
    (void)state;
    uint32_t set;
    assert_int_equal(scp_privileges_parse(HEX("80C000"), &set), SCP_OK);
    assert_true(scp_privileges_have(set, SCP_PRIVILEGE_AUTHORIZED_MANAGEMENT));
    assert_int_equal(scp_privileges_parse(HEX("8000"), &set), SCP_MALFORMED);
    assert_int_equal(scp_privileges_parse(SCP_EMPTY, &set), SCP_MALFORMED);
    uint8_t bytes[3];
    scp_privileges_store(bytes, 0x82FC80);
    assert_hex(SCP_BYTES(bytes), "82FC80");
    assert_int_equal(scp_privileges_load(bytes), 0x82FC80);
}

static void a_card_gives_a_domain_of_one_byte_trusted_path(void **state)
{
    (void)state;
    uint32_t set;
    assert_int_equal(scp_privileges_complete(HEX("80"), &set), SCP_OK);
    assert_int_equal(set, 0x808000);
    assert_int_equal(scp_privileges_complete(HEX("04"), &set), SCP_OK);
    assert_int_equal(set, 0x040000);
    assert_int_equal(scp_privileges_complete(HEX("800000"), &set), SCP_OK);
    assert_int_equal(set, 0x800000);
}

static void contradicting_privileges_are_found(void **state)
{
    (void)state;
    static const uint32_t good[] = {0x000000, 0x808000, 0xC08000, 0xC18000, 0xA08000, 0x80C000};
    static const uint32_t bad[] = {0x400000, 0xA0C000, 0xA0A000, 0xA00080, 0x810000, 0x004000};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(scp_privileges_consistent(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(scp_privileges_consistent(bad[i]));
}

static void privileges_have_names_both_ways(void **state)
{
    (void)state;
    enum scp_privilege privilege;
    assert_int_equal(scp_privilege_from_name("card-reset", &privilege), SCP_OK);
    assert_int_equal(privilege, SCP_PRIVILEGE_CARD_RESET);
    assert_string_equal(scp_privilege_name(SCP_PRIVILEGE_CARD_RESET), "card-reset");
    assert_int_equal(scp_privilege_from_name("card", &privilege), SCP_NOT_FOUND);
    assert_null(scp_privilege_name((enum scp_privilege)0));
    assert_string_equal(scp_privileges_nth_name(0x80C000, 2), "authorized-management");
    assert_null(scp_privileges_nth_name(0x80C000, 3));
}

static void one_byte_means_different_states(void **state)
{
    (void)state;
    assert_string_equal(scp_life_cycle_name(SCP_ENTITY_CARD, 0x0F), "secured");
    assert_string_equal(scp_life_cycle_name(SCP_ENTITY_SECURITY_DOMAIN, 0x0F), "personalized");
    assert_string_equal(scp_life_cycle_name(SCP_ENTITY_APPLICATION, 0x0F), "application-specific");
    assert_string_equal(scp_life_cycle_name(SCP_ENTITY_APPLICATION, 0x87), "locked");
    assert_string_equal(scp_life_cycle_name(SCP_ENTITY_APPLICATION, 0x07), "selectable");
    assert_string_equal(scp_life_cycle_name(SCP_ENTITY_LOAD_FILE, 0x01), "loaded");
    assert_string_equal(scp_life_cycle_name(SCP_ENTITY_LOAD_FILE, 0x07), "unknown");
    assert_true(scp_life_cycle_is_locked(0x83));
    assert_false(scp_life_cycle_is_locked(0x07));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_aid_has_five_to_sixteen_bytes),
        cmocka_unit_test(aids_are_ordered_and_match_by_beginning),
        cmocka_unit_test(privileges_have_one_or_three_bytes),
        cmocka_unit_test(a_card_gives_a_domain_of_one_byte_trusted_path),
        cmocka_unit_test(contradicting_privileges_are_found),
        cmocka_unit_test(privileges_have_names_both_ways),
        cmocka_unit_test(one_byte_means_different_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
