#include "ota-server/rebind/protect.h"
#include "scp/gp/commands.h"
#include "scp/gp/install.h"
#include "tests/support/test.h"

/* The social-security application and its package. */
static const struct scp_aid protected_aids[] = {
    {{0x73, 0x78, 0x31, 0x2E, 0x73, 0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF},
     15},
    {{0xA0, 0x00, 0x00, 0x06, 0x32, 0x01}, 6},
};
static const struct scp_aid issuer_domain = {{0xA0, 0, 0, 1, 0x51, 0, 0, 0}, 8};
static const struct protect_rules rules = {protected_aids, 2, &issuer_domain};
static const struct scp_aid bank = {{0xA0, 0, 0, 3, 0x33, 1, 1, 0x42}, 8};

static bool passes(const struct scp_apdu *command, bool wrapped)
{
    const char *why;
    bool allowed = protect_check(&rules, command, wrapped, &why) == SCP_OK;
    assert_true(allowed == (why == NULL));
    return allowed;
}

static bool install_passes(uint8_t p1, struct scp_bytes load_file, struct scp_bytes module,
                           struct scp_bytes application)
{
    uint8_t buffer[255];
    struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu command;
    const struct scp_install install = {
        .p1 = p1,
        .load_file = load_file,
        .module = module,
        .application = application,
        .privileges = p1 == SCP_INSTALL_FOR_INSTALL ? SCP_LITERAL(0, 0, 0) : SCP_EMPTY,
        .parameters = p1 == SCP_INSTALL_FOR_INSTALL ? SCP_LITERAL(0xC9, 0x00) : SCP_EMPTY};
    assert_int_equal(scp_install_command(&install, &data, &command), SCP_OK);
    return passes(&command, true);
}

static bool delete_passes(struct scp_bytes aid, bool related)
{
    uint8_t buffer[255];
    struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu command;
    const struct scp_delete content = {.aid = aid, .related = related};
    assert_int_equal(scp_delete_command(&content, &data, &command), SCP_OK);
    return passes(&command, true);
}

static bool state_passes(uint8_t type, uint8_t state, struct scp_bytes aid)
{
    const struct scp_set_status status = {.type = type, .state = state, .aid = aid};
    struct scp_apdu command = scp_set_status(&status);
    return passes(&command, true);
}

static void commands_of_a_rebind_pass(void **state)
{
    (void)state;
    struct scp_bytes aid = scp_aid_bytes(&bank);
    assert_true(install_passes(SCP_INSTALL_FOR_LOAD, aid, SCP_EMPTY, SCP_EMPTY));
    assert_true(install_passes(SCP_INSTALL_FOR_INSTALL, aid, aid, aid));
    assert_true(install_passes(SCP_INSTALL_FOR_PERSONALIZATION, SCP_EMPTY, SCP_EMPTY, aid));
    assert_true(delete_passes(aid, false));
    assert_true(state_passes(SCP_SET_STATUS_APPLICATION, 0x87, aid));
}

static void no_write_names_a_protected_aid(void **state)
{
    (void)state;
    struct scp_bytes aid = scp_aid_bytes(&bank);
    for (size_t i = 0; i < rules.count; i++) {
        struct scp_bytes kept = scp_aid_bytes(&protected_aids[i]);
        assert_false(install_passes(SCP_INSTALL_FOR_LOAD, kept, SCP_EMPTY, SCP_EMPTY));
        assert_false(install_passes(SCP_INSTALL_FOR_INSTALL, kept, aid, aid));
        assert_false(install_passes(SCP_INSTALL_FOR_INSTALL, aid, kept, aid));
        assert_false(install_passes(SCP_INSTALL_FOR_INSTALL, aid, aid, kept));
        assert_false(install_passes(SCP_INSTALL_FOR_PERSONALIZATION, SCP_EMPTY, SCP_EMPTY, kept));
        assert_false(delete_passes(kept, false));
        assert_false(delete_passes(kept, true));
        assert_false(state_passes(SCP_SET_STATUS_APPLICATION, 0x87, kept));
    }
}

static void issuer_domain_is_protected_without_being_listed(void **state)
{
    (void)state;
    struct scp_bytes kept = scp_aid_bytes(&issuer_domain);
    assert_false(install_passes(SCP_INSTALL_FOR_PERSONALIZATION, SCP_EMPTY, SCP_EMPTY, kept));
    assert_false(delete_passes(kept, false));
    assert_false(state_passes(SCP_SET_STATUS_APPLICATION, 0x87, kept));
}

static void partial_and_longer_names_count_as_the_protected_one(void **state)
{
    (void)state;
    struct scp_bytes kept = scp_aid_bytes(&protected_aids[0]);
    uint8_t longer[16];
    struct scp_writer w = scp_writer_on(longer, sizeof longer);
    scp_put(&w, kept);
    scp_put_u8(&w, 0x01);
    assert_false(delete_passes(scp_bytes_slice(kept, 0, 7), false));
    assert_false(delete_passes(scp_written(&w), false));
}

static void the_card_itself_is_never_locked_or_terminated(void **state)
{
    (void)state;
    assert_false(state_passes(SCP_SET_STATUS_CARD, 0x7F, SCP_EMPTY));
    assert_false(state_passes(SCP_SET_STATUS_CARD, 0xFF, SCP_EMPTY));
    assert_false(state_passes(SCP_SET_STATUS_DOMAIN_TREE, 0x8F, scp_aid_bytes(&bank)));
    assert_false(state_passes(SCP_SET_STATUS_APPLICATION, 0x87, SCP_EMPTY));
}

static void keys_are_never_deleted(void **state)
{
    (void)state;
    const struct scp_apdu by_kvn = {.cla = 0x80, .ins = 0xE4, .data = SCP_LITERAL(0xD2, 1, 1)};
    const struct scp_apdu two = {
        .cla = 0x80, .ins = 0xE4, .data = SCP_LITERAL(0x4F, 5, 1, 2, 3, 4, 5, 0xD2, 1, 1)};
    assert_false(passes(&by_kvn, true));
    assert_false(passes(&two, true));
}

static void only_listed_instructions_leave_the_server(void **state)
{
    (void)state;
    static const uint8_t wrapped[] = {0xE6, 0xE8, 0xE2, 0xE4, 0xF0, 0xF2, 0xCA};
    static const uint8_t plain[] = {0xA4, 0x50, 0x82, 0xA8, 0xAE};
    size_t allowed_wrapped = 0;
    size_t allowed_plain = 0;
    for (unsigned ins = 0; ins <= 0xFF; ins++) {
        /* Data that every examination accepts: an LV list, a DELETE object and an AID at once. */
        const struct scp_apdu command = {.ins = (uint8_t)ins,
                                         .p1 = 0x40,
                                         .data = SCP_LITERAL(0x01, 0x55, 0x01, 0x55, 0x01, 0x55)};
        allowed_plain += passes(&command, false);
        allowed_wrapped += passes(&command, true);
    }
    assert_int_equal(allowed_plain, sizeof plain);
    assert_int_equal(allowed_wrapped, sizeof wrapped - 1); /* the data are no DELETE object */
}

static void truncated_install_is_refused(void **state)
{
    (void)state;
    const struct scp_apdu command = {.ins = 0xE6, .p1 = 0x04, .data = SCP_LITERAL(0x09, 0xA0)};
    assert_false(passes(&command, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_of_a_rebind_pass),
        cmocka_unit_test(no_write_names_a_protected_aid),
        cmocka_unit_test(issuer_domain_is_protected_without_being_listed),
        cmocka_unit_test(partial_and_longer_names_count_as_the_protected_one),
        cmocka_unit_test(the_card_itself_is_never_locked_or_terminated),
        cmocka_unit_test(keys_are_never_deleted),
        cmocka_unit_test(only_listed_instructions_leave_the_server),
        cmocka_unit_test(truncated_install_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
