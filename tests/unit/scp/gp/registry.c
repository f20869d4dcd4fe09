#include "scp/gp/registry.h"
#include "scp/gp/commands.h"
#include "tests/support/expect.h"

static void what_a_card_writes_is_read_back(void **state)
{
    (void)state;
    struct scp_registry_entry in = {
        .life_cycle = 0x07, .has_privileges = true, .privileges = 0x808000, .implicit = {0x81}};
    in.implicit_count = 1;
    assert_int_equal(scp_aid_parse(&in.aid, "A000000333010101"), SCP_OK);
    assert_int_equal(scp_aid_parse(&in.load_file, "A00000033301"), SCP_OK);
    assert_int_equal(scp_aid_parse(&in.security_domain, "A000000151000000"), SCP_OK);
    uint8_t buffer[128];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_registry_entry(&w, &in, SCP_STATUS_APPLICATIONS,
                           scp_status_tags(SCP_STATUS_APPLICATIONS));
    struct scp_registry_reader r;
    struct scp_registry_entry out;
    scp_registry_open(&r, SCP_STATUS_APPLICATIONS, scp_written(&w));
    assert_int_equal(scp_registry_next(&r, &out), SCP_OK);
    assert_true(scp_aid_equal(&out.aid, &in.aid));
    assert_true(scp_aid_equal(&out.load_file, &in.load_file));
    assert_true(scp_aid_equal(&out.security_domain, &in.security_domain));
    assert_int_equal(out.life_cycle, 0x07);
    assert_int_equal(out.privileges, 0x808000);
    assert_int_equal(out.implicit_count, 1);
    assert_int_equal(out.implicit[0], 0x81);
    assert_int_equal(scp_registry_next(&r, &out), SCP_NOT_FOUND);
}

/* What the entity does not have is left out. */
static void without_a_tag_list_an_entry_tells_all(void **state)
{
    (void)state;
    struct scp_registry_entry entry = {.life_cycle = 0x01, .module_count = 1};
    assert_int_equal(scp_aid_parse(&entry.aid, "A00000033301"), SCP_OK);
    assert_int_equal(scp_aid_parse(&entry.modules[0], "A0000003330101"), SCP_OK);
    uint8_t buffer[64];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_registry_entry(&w, &entry, SCP_STATUS_LOAD_FILES, SCP_EMPTY);
    assert_written(&w, "E30C4F06A000000333019F700101");
    entry.version = SCP_LITERAL(0x01, 0x00);
    assert_int_equal(scp_aid_parse(&entry.security_domain, "A000000151"), SCP_OK);
    w = scp_writer_on(buffer, sizeof buffer);
    scp_put_registry_entry(&w, &entry, SCP_STATUS_LOAD_FILES_AND_MODULES, SCP_EMPTY);
    assert_written(&w, "E3204F06A000000333019F700101CE0201008407A0000003330101CC05A000000151");
    struct scp_registry_entry app = {.aid = entry.aid,
                                     .life_cycle = 0x07,
                                     .has_privileges = true,
                                     .load_file = entry.aid,
                                     .security_domain = entry.security_domain,
                                     .implicit_count = 1,
                                     .implicit = {0x81}};
    w = scp_writer_on(buffer, sizeof buffer);
    scp_put_registry_entry(&w, &app, SCP_STATUS_APPLICATIONS, SCP_EMPTY);
    assert_written(&w,
                   "E3234F06A000000333019F700107C503000000CF0181C406A00000033301CC05A000000151");
}

static void entries_before_a_cut_are_given(void **state)
{
    (void)state;
    struct scp_registry_reader r;
    struct scp_registry_entry entry;
    scp_registry_open(&r, SCP_STATUS_LOAD_FILES, HEX("E30B4F05A0000000049F700101 E30B4F05A000"));
    assert_int_equal(scp_registry_next(&r, &entry), SCP_OK);
    assert_int_equal(scp_registry_next(&r, &entry), SCP_TRUNCATED);
}

static void an_entry_without_aid_does_not_hide_the_next(void **state)
{
    (void)state;
    struct scp_registry_reader r;
    struct scp_registry_entry entry;
    scp_registry_open(&r, SCP_STATUS_LOAD_FILES, HEX("E3049F700101 E30B4F05A0000000049F700101"));
    assert_int_equal(scp_registry_next(&r, &entry), SCP_MALFORMED);
    assert_int_equal(scp_registry_next(&r, &entry), SCP_OK);
    assert_int_equal(entry.aid.len, 5);
    assert_int_equal(scp_registry_next(&r, &entry), SCP_NOT_FOUND);
}

static void the_old_format_with_modules_is_read(void **state)
{
    (void)state;
    struct scp_registry_reader r;
    struct scp_registry_entry entry;
    scp_registry_open(&r, SCP_STATUS_LOAD_FILES_AND_MODULES,
                      HEX("06A00000033301 01 00 01 07A0000003330101 05A000000004 01 00 00"));
    assert_int_equal(scp_registry_next(&r, &entry), SCP_OK);
    assert_int_equal(entry.module_count, 1);
    assert_int_equal(entry.modules[0].len, 7);
    assert_int_equal(scp_registry_next(&r, &entry), SCP_OK);
    assert_int_equal(entry.module_count, 0);
    assert_int_equal(scp_registry_next(&r, &entry), SCP_NOT_FOUND);
    scp_registry_open(&r, SCP_STATUS_LOAD_FILES, HEX("06A0000003330101"));
    assert_int_equal(scp_registry_next(&r, &entry), SCP_TRUNCATED);
}

static void an_empty_answer_has_no_entries(void **state)
{
    (void)state;
    struct scp_registry_reader r;
    struct scp_registry_entry entry;
    scp_registry_open(&r, SCP_STATUS_APPLICATIONS, SCP_EMPTY);
    assert_int_equal(scp_registry_next(&r, &entry), SCP_NOT_FOUND);
}

static void an_entry_with_too_many_modules_does_not_hide_the_next(void **state)
{
    (void)state;
    uint8_t buffer[256];
    struct scp_registry_reader r;
    struct scp_registry_entry entry;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put(&w, HEX("E381 84 4F05A000000004"));
    for (size_t i = 0; i <= SCP_REGISTRY_MODULES_MAX; i++)
        scp_put(&w, HEX("8405A000000004"));
    buffer[2] = (uint8_t)(scp_written(&w).len - 3);
    scp_put(&w, HEX("E3074F05A000000005"));
    scp_registry_open(&r, SCP_STATUS_LOAD_FILES_AND_MODULES, scp_written(&w));
    assert_int_equal(scp_registry_next(&r, &entry), SCP_TOO_LONG);
    assert_int_equal(scp_registry_next(&r, &entry), SCP_OK);
    assert_int_equal(entry.aid.bytes[4], 0x05);
}

static void old_entries_with_too_many_modules_do_not_hide_the_next(void **state)
{
    (void)state;
    uint8_t buffer[256];
    struct scp_registry_reader r;
    struct scp_registry_entry entry;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put(&w, HEX("05A000000004 01 00"));
    scp_put_u8(&w, SCP_REGISTRY_MODULES_MAX + 1);
    for (size_t i = 0; i <= SCP_REGISTRY_MODULES_MAX; i++)
        scp_put(&w, HEX("05A000000004"));
    scp_put(&w, HEX("05A000000005 01 00 00"));
    scp_registry_open(&r, SCP_STATUS_LOAD_FILES_AND_MODULES, scp_written(&w));
    assert_int_equal(scp_registry_next(&r, &entry), SCP_TOO_LONG);
    assert_int_equal(scp_registry_next(&r, &entry), SCP_OK);
    assert_int_equal(entry.aid.bytes[4], 0x05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_card_writes_is_read_back),
        cmocka_unit_test(without_a_tag_list_an_entry_tells_all),
        cmocka_unit_test(entries_before_a_cut_are_given),
        cmocka_unit_test(an_entry_without_aid_does_not_hide_the_next),
        cmocka_unit_test(the_old_format_with_modules_is_read),
        cmocka_unit_test(an_empty_answer_has_no_entries),
        cmocka_unit_test(an_entry_with_too_many_modules_does_not_hide_the_next),
        cmocka_unit_test(old_entries_with_too_many_modules_do_not_hide_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
