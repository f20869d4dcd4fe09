#include "ota-server/rebind/protect.h"
#include "scp/gp/commands.h"
#include "scp/gp/install.h"
#include "scp/gp/privileges.h"
#include "tests/support/test.h"

/* The social-security application and its package. */
static const struct scp_aid protected_aids[] = {
    {{0x73, 0x78, 0x31, 0x2E, 0x73, 0x68, 0x2E, 0xC9, 0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF},
     15},
    {{0xA0, 0x00, 0x00, 0x06, 0x32, 0x01}, 6},
};
static const struct scp_aid issuer_domain = {{0xA0, 0, 0, 1, 0x51, 0, 0, 0}, 8};
static const struct protect_rules rules = {
    .aids = protected_aids, .count = 2, .isd = &issuer_domain};
static const struct scp_aid bank = {{0xA0, 0, 0, 3, 0x33, 1, 1, 0x42}, 8};

static bool passes(const struct scp_apdu *command, bool wrapped)
{
    const char *why;
    struct protect_state open = {.channel_kvn = 0x30};
    bool allowed = protect_check(&rules, &open, command, wrapped, &why) == SCP_OK;
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

/* ---- where data go ----------------------------------------------------------------------------
 */

static const struct scp_apdu load_block = {.cla = 0x80, .ins = 0xE8};
static const struct scp_apdu store_data = {.cla = 0x80, .ins = 0xE2};

/* One after the other in one channel; whether the last one passes. */
static bool sequence_passes(const struct scp_apdu *commands, size_t count)
{
    const char *why;
    struct protect_state channel;
    bool allowed = true;
    protect_begin(&channel, 0x30);
    for (size_t i = 0; i < count; i++)
        allowed =
            protect_check(&rules, &channel, &commands[i], commands[i].ins != 0xA4, &why) == SCP_OK;
    return allowed;
}

static struct scp_apdu install_for(uint8_t p1, const struct scp_aid *aid, uint8_t buffer[64])
{
    struct scp_writer data = scp_writer_on(buffer, 64);
    struct scp_apdu command;
    bool loads = p1 == SCP_INSTALL_FOR_LOAD;
    const struct scp_install install = {.p1 = p1,
                                        .load_file = loads ? scp_aid_bytes(aid) : SCP_EMPTY,
                                        .application = loads ? SCP_EMPTY : scp_aid_bytes(aid)};
    assert_int_equal(scp_install_command(&install, &data, &command), SCP_OK);
    return command;
}

static void data_go_where_an_install_says_or_nowhere(void **state)
{
    (void)state;
    uint8_t one[64], two[64];
    const struct scp_apdu personalise = install_for(SCP_INSTALL_FOR_PERSONALIZATION, &bank, one);
    const struct scp_apdu load = install_for(SCP_INSTALL_FOR_LOAD, &bank, two);
    const struct scp_apdu select = {.ins = 0xA4, .p1 = 4};
    struct scp_apdu last = store_data;
    last.p1 = 0x80;
    assert_false(sequence_passes((struct scp_apdu[]){store_data}, 1));
    assert_false(sequence_passes((struct scp_apdu[]){load_block}, 1));
    assert_true(sequence_passes((struct scp_apdu[]){personalise, store_data, store_data}, 3));
    assert_true(sequence_passes((struct scp_apdu[]){load, load_block, load_block}, 3));
    assert_false(sequence_passes((struct scp_apdu[]){personalise, load_block}, 2));
    assert_false(sequence_passes((struct scp_apdu[]){load, store_data}, 2));
    assert_false(sequence_passes((struct scp_apdu[]){personalise, last, store_data}, 3));
    assert_false(sequence_passes((struct scp_apdu[]){personalise, select, store_data}, 3));
    assert_false(sequence_passes((struct scp_apdu[]){personalise, load, store_data}, 3));
}

/* The INSTALL is refused, and what would follow it has nowhere to go either. */
static void data_for_a_protected_application_stop_twice(void **state)
{
    (void)state;
    uint8_t one[64], two[64];
    const struct scp_apdu kept =
        install_for(SCP_INSTALL_FOR_PERSONALIZATION, &protected_aids[0], one);
    const struct scp_apdu issuer =
        install_for(SCP_INSTALL_FOR_PERSONALIZATION, &issuer_domain, two);
    assert_false(sequence_passes((struct scp_apdu[]){kept}, 1));
    assert_false(sequence_passes((struct scp_apdu[]){kept, store_data}, 2));
    assert_false(sequence_passes((struct scp_apdu[]){issuer, store_data}, 2));
}

/* A refused command leaves open what was open: the builder gives the script up, and if it did not,
 * the data would still go to the bank's instance. */
static void new_channel_continues_nothing(void **state)
{
    (void)state;
    uint8_t one[64];
    const char *why;
    struct protect_state channel;
    const struct scp_apdu personalise = install_for(SCP_INSTALL_FOR_PERSONALIZATION, &bank, one);
    protect_begin(&channel, 0x30);
    assert_int_equal(protect_check(&rules, &channel, &personalise, true, &why), SCP_OK);
    protect_begin(&channel, 0x30);
    assert_int_equal(protect_check(&rules, &channel, &store_data, true, &why), SCP_OUT_OF_RANGE);
}

/* ---- parts of commands ------------------------------------------------------------------------
 */

/* What a protected AID in the second half would hide behind: the first half alone, and the second
 * one as if it were a whole. */
static void parts_of_commands_are_refused(void **state)
{
    (void)state;
    uint8_t one[64], buffer[64];
    struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu command;
    struct scp_apdu part;
    const struct scp_apdu install =
        install_for(SCP_INSTALL_FOR_PERSONALIZATION, &protected_aids[0], one);
    for (size_t room = 1; room <= install.data.len; room++) {
        for (size_t i = 0; scp_segment(&install, room, i, &part) == SCP_OK; i++)
            assert_false(passes(&part, true));
    }
    const struct scp_delete content = {.aid = scp_aid_bytes(&protected_aids[0])};
    assert_int_equal(scp_delete_command(&content, &data, &command), SCP_OK);
    for (size_t room = 1; room <= command.data.len; room++) {
        for (size_t i = 0; scp_segment(&command, room, i, &part) == SCP_OK; i++)
            assert_false(passes(&part, true));
    }
}

/* A command that needs several APDUs is examined whole, however long. */
static void long_install_is_examined_to_its_end(void **state)
{
    (void)state;
    static const uint8_t token[256] = {1};
    uint8_t buffer[600];
    struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu command;
    struct scp_install install = {.p1 = SCP_INSTALL_FOR_INSTALL,
                                  .load_file = scp_aid_bytes(&bank),
                                  .module = scp_aid_bytes(&bank),
                                  .application = scp_aid_bytes(&bank),
                                  .privileges = SCP_LITERAL(0, 0, 0),
                                  .parameters = SCP_LITERAL(0xC9, 0x00),
                                  .token = SCP_BYTES(token)};
    assert_int_equal(scp_install_command(&install, &data, &command), SCP_OK);
    assert_true(command.data.len > SCP_APDU_DATA_MAX);
    assert_true(passes(&command, true));
    data = scp_writer_on(buffer, sizeof buffer);
    install.application = scp_aid_bytes(&protected_aids[1]);
    assert_int_equal(scp_install_command(&install, &data, &command), SCP_OK);
    assert_false(passes(&command, true));
}

/* ---- privileges and parameters ----------------------------------------------------------------
 */

static bool instance_passes(struct scp_bytes privileges, struct scp_bytes parameters)
{
    uint8_t buffer[255];
    struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu command;
    const struct scp_install install = {.p1 = SCP_INSTALL_FOR_INSTALL,
                                        .load_file = scp_aid_bytes(&bank),
                                        .module = scp_aid_bytes(&bank),
                                        .application = scp_aid_bytes(&bank),
                                        .privileges = privileges,
                                        .parameters = parameters};
    assert_int_equal(scp_install_command(&install, &data, &command), SCP_OK);
    return passes(&command, true);
}

/* Bits that any application may have, and those that only the bank's security domain may. */
enum {
    ANYBODYS = SCP_PRIVILEGE_CVM_MANAGEMENT | SCP_PRIVILEGE_GLOBAL_SERVICE |
               SCP_PRIVILEGE_CONTACTLESS_ACTIVATION | SCP_PRIVILEGE_CONTACTLESS_SELF_ACTIVATION,
    A_DOMAINS = SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_DAP_VERIFICATION |
                SCP_PRIVILEGE_DELEGATED_MANAGEMENT | SCP_PRIVILEGE_TRUSTED_PATH |
                SCP_PRIVILEGE_AUTHORIZED_MANAGEMENT | SCP_PRIVILEGE_CIPHERED_LOAD_FILE_DATA_BLOCK,
};

static bool passes_with(const struct protect_rules *by, uint32_t privileges)
{
    uint8_t buffer[255], bytes[3];
    const char *why;
    struct protect_state channel = {.channel_kvn = 0x30};
    struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu command;
    scp_privileges_store(bytes, privileges);
    const struct scp_install install = {.p1 = SCP_INSTALL_FOR_INSTALL,
                                        .load_file = scp_aid_bytes(&bank),
                                        .module = scp_aid_bytes(&bank),
                                        .application = scp_aid_bytes(&bank),
                                        .privileges = SCP_BYTES(bytes),
                                        .parameters = SCP_LITERAL(0xC9, 0x00)};
    assert_int_equal(scp_install_command(&install, &data, &command), SCP_OK);
    return protect_check(by, &channel, &command, true, &why) == SCP_OK;
}

static void no_privilege_reaches_what_is_not_the_holders(void **state)
{
    (void)state;
    struct protect_rules with_domain = rules;
    with_domain.domain = &bank;
    for (uint32_t bit = 0x10; bit <= 0x800000; bit <<= 1) {
        assert_int_equal(passes_with(&rules, bit), (ANYBODYS & bit) != 0);
        assert_int_equal(passes_with(&with_domain, bit), ((ANYBODYS | A_DOMAINS) & bit) != 0);
    }
    with_domain.domain = &protected_aids[1]; /* another one is */
    assert_false(passes_with(&with_domain, SCP_PRIVILEGE_SECURITY_DOMAIN));
}

static void nothing_is_asked_that_cannot_be_taken_back(void **state)
{
    (void)state;
    const struct scp_bytes none = SCP_LITERAL(0, 0, 0);
    assert_true(instance_passes(none, SCP_LITERAL(0xC9, 0, 0xEF, 4, 0xC8, 2, 0x10, 0)));
    assert_false(instance_passes(none, SCP_LITERAL(0xC9, 0, 0xEF, 3, 0xCF, 1, 0x80)));
    assert_false(instance_passes(none, SCP_LITERAL(0xC9, 0, 0xEF, 3, 0xD9, 1, 0x01)));
    assert_false(instance_passes(none, SCP_LITERAL(0xC9, 5, 0)));
}

static void registry_is_not_updated(void **state)
{
    (void)state;
    assert_false(install_passes(SCP_INSTALL_FOR_REGISTRY_UPDATE, SCP_EMPTY, SCP_EMPTY,
                                scp_aid_bytes(&bank)));
}

/* ---- keys --------------------------------------------------------------------------------------
 */

static const uint8_t old_kvns[] = {0x20, 0x30};
/* A change of keys: 21 comes, 20 goes, and 30 is named though the channel stands under it. */
static const struct protect_rules key_rules = {
    .aids = protected_aids,
    .count = 2,
    .isd = &issuer_domain,
    .keys = {.added_kvn = 0x21, .old_kvns = old_kvns, .old_count = 2},
};

static bool key_command_passes(const struct protect_rules *by, const struct scp_apdu *command)
{
    const char *why;
    struct protect_state channel;
    protect_begin(&channel, 0x30);
    return protect_check(by, &channel, command, true, &why) == SCP_OK;
}

static bool put_key_passes(const struct protect_rules *by, uint8_t p1, uint8_t p2, uint8_t kvn)
{
    const uint8_t data[] = {kvn, 0x80, 0x10};
    const struct scp_apdu command = {
        .cla = 0x80, .ins = 0xD8, .p1 = p1, .p2 = p2, .data = SCP_BYTES(data)};
    return key_command_passes(by, &command);
}

static bool delete_keys_passes(const struct protect_rules *by, struct scp_bytes data)
{
    const struct scp_apdu command = {.cla = 0x80, .ins = 0xE4, .data = data};
    return key_command_passes(by, &command);
}

static void keys_stay_unless_the_operation_is_about_them(void **state)
{
    (void)state;
    assert_false(put_key_passes(&rules, 0, 0x81, 0x21));
    assert_false(put_key_passes(&rules, 0, 0x81, 0));
    assert_false(delete_keys_passes(&rules, SCP_LITERAL(0xD2, 1, 0x20)));
    assert_true(put_key_passes(&key_rules, 0, 0x81, 0x21));
    assert_true(delete_keys_passes(&key_rules, SCP_LITERAL(0xD2, 1, 0x20)));
}

static void put_key_adds_the_one_key_set_and_replaces_none(void **state)
{
    (void)state;
    for (unsigned kvn = 0; kvn <= 0xFF; kvn++)
        assert_int_equal(put_key_passes(&key_rules, 0, 0x81, (uint8_t)kvn), kvn == 0x21);
    for (unsigned replaced = 1; replaced <= 0xFF; replaced++) /* also a part of one: b8 */
        assert_false(put_key_passes(&key_rules, (uint8_t)replaced, 0x81, 0x21));
    assert_true(put_key_passes(&key_rules, 0, 0x01, 0x21)); /* of one base key */
    assert_false(put_key_passes(&key_rules, 0, 0x82, 0x21));
    const struct scp_apdu empty = {.cla = 0x80, .ins = 0xD8, .p2 = 0x81};
    assert_false(key_command_passes(&key_rules, &empty));
}

/* The only key set that a security domain has is the one under which the channel stands: an old one
 * can be deleted under another alone. */
static void only_key_set_is_never_deleted(void **state)
{
    (void)state;
    assert_false(delete_keys_passes(&key_rules, SCP_LITERAL(0xD2, 1, 0x30)));
    assert_false(delete_keys_passes(&key_rules, SCP_LITERAL(0xD2, 1, 0x21)));
    assert_false(delete_keys_passes(&key_rules, SCP_LITERAL(0xD0, 1, 0x01)));
    assert_false(delete_keys_passes(&key_rules, SCP_LITERAL(0xD0, 1, 0x01, 0xD2, 1, 0x20)));
    assert_false(
        delete_keys_passes(&key_rules, SCP_LITERAL(0x4F, 5, 1, 2, 3, 4, 5, 0xD2, 1, 0x20)));
    assert_false(delete_keys_passes(&key_rules, SCP_LITERAL(0xD2, 1, 0x20, 0xD2, 1, 0x30)));
    assert_false(delete_keys_passes(&key_rules, SCP_EMPTY));
    struct protect_state none = {.channel_kvn = 0};
    const char *why;
    const struct scp_apdu old = {.cla = 0x80, .ins = 0xE4, .data = SCP_LITERAL(0xD2, 1, 0x20)};
    assert_int_equal(protect_check(&key_rules, &none, &old, true, &why), SCP_OUT_OF_RANGE);
}

/* ---- the list ---------------------------------------------------------------------------------
 */

static void only_listed_instructions_leave_the_server(void **state)
{
    (void)state;
    static const uint8_t plain[] = {0xA4, 0x50, 0x82, 0xA8, 0xAE};
    static const uint8_t wrapped[] = {0xF0, 0xF2, 0xCA}; /* those that need nothing before them */
    size_t allowed_wrapped = 0;
    size_t allowed_plain = 0;
    for (unsigned ins = 0; ins <= 0xFF; ins++) {
        const struct scp_apdu command = {.ins = (uint8_t)ins,
                                         .p1 = 0x40,
                                         .data = SCP_LITERAL(0x01, 0x55, 0x01, 0x55, 0x01, 0x55)};
        allowed_plain += passes(&command, false);
        allowed_wrapped += passes(&command, true);
    }
    assert_int_equal(allowed_plain, sizeof plain);
    assert_int_equal(allowed_wrapped, sizeof wrapped);
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
        cmocka_unit_test(data_go_where_an_install_says_or_nowhere),
        cmocka_unit_test(data_for_a_protected_application_stop_twice),
        cmocka_unit_test(new_channel_continues_nothing),
        cmocka_unit_test(parts_of_commands_are_refused),
        cmocka_unit_test(long_install_is_examined_to_its_end),
        cmocka_unit_test(no_privilege_reaches_what_is_not_the_holders),
        cmocka_unit_test(nothing_is_asked_that_cannot_be_taken_back),
        cmocka_unit_test(registry_is_not_updated),
        cmocka_unit_test(keys_stay_unless_the_operation_is_about_them),
        cmocka_unit_test(put_key_adds_the_one_key_set_and_replaces_none),
        cmocka_unit_test(only_key_set_is_never_deleted),
        cmocka_unit_test(only_listed_instructions_leave_the_server),
        cmocka_unit_test(truncated_install_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
