/* Delegated management: tokens and receipts (GPCS 9.1.3.3, 9.2.3, C.4, C.5). */
#include "tests/unit/agent/card/rig.h"
#include "tests/unit/agent/card/signer.h"

#include "scp/gp/privileges.h"
#include "scp/gp/receipt.h"
#include "scp/gp/token.h"

static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99};
static const uint8_t module_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01};
static const struct rig_package package = {
    {package_aid, sizeof package_aid}, {module_aid, sizeof module_aid}, 300};
static const uint8_t bank_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x02, 0x01};
static const uint8_t instance_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x01, 0x01};
static const uint8_t none[] = {0x00};
static const uint8_t plain[] = {0xC9, 0x00};
static const uint8_t random_bytes[SCP_SIGNATURE_RANDOM] = {1};

enum {
    DELEGATED = SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_DELEGATED_MANAGEMENT,
    TOKEN_MAX = 128,
};

/* A card whose issuer verifies tokens, in a session with a bank's delegated domain. */
static struct rig *rig_delegated(const struct rig_signer *signer)
{
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_open(rig);
    if (signer != NULL)
        rig_put_signer(rig, 0x70, true, signer);
    rig_make_domain(rig, SCP_BYTES(bank_aid), DELEGATED, &keys);
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(bank_aid)));
    rig_open_with(rig, &keys, rig->params.kvn, rig->params.level);
    return rig;
}

/* The token for commands that stand without one; the last is what carries it. */
static struct scp_bytes sign(const struct rig_signer *signer, const struct scp_apdu *commands,
                             size_t count, uint8_t token[TOKEN_MAX])
{
    struct scp_token parsed[2];
    struct scp_writer w = scp_writer_on(token, TOKEN_MAX);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(SCP_OK, scp_token_parse(&commands[i], &parsed[i]));
    assert_int_equal(SCP_OK, scp_token_sign(&signer->key, random_bytes, parsed, count, &w));
    return scp_written(&w);
}

static uint16_t install_by(struct rig *rig, const struct rig_signer *signer,
                           struct scp_install install)
{
    uint8_t data[SCP_COMMAND_MAX];
    uint8_t token[TOKEN_MAX];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(data, sizeof data);
    assert_int_equal(SCP_OK, scp_install_command(&install, &w, &apdu));
    install.token = sign(signer, &apdu, 1, token);
    return rig_install(rig, install);
}

static struct scp_install load_of(const struct scp_digest *hash)
{
    return (struct scp_install){
        .p1 = SCP_INSTALL_FOR_LOAD, .load_file = package.aid, .hash = scp_digest_bytes(hash)};
}

static struct scp_install install_of(uint8_t p1, uint8_t p2)
{
    return (struct scp_install){.p1 = p1,
                                .p2 = p2,
                                .load_file = package.aid,
                                .module = package.module,
                                .application = SCP_BYTES(instance_aid),
                                .privileges = SCP_BYTES(none),
                                .parameters = SCP_BYTES(plain)};
}

static void gpcs_9_1_3_3_a_delegated_domain_does_each_thing_by_its_token(void **state)
{
    (void)state;
    struct rig_signer signer;
    struct scp_digest hash;
    uint8_t data[64];
    uint8_t token[TOKEN_MAX];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(data, sizeof data);
    rig_make_signer(true, &signer);
    rig_package_hash(&package, &hash);
    struct rig *rig = rig_delegated(&signer);
    assert_sw(0x6985, rig_install(rig, load_of(&hash))); /* without */
    assert_sw(0x9000, install_by(rig, &signer, load_of(&hash)));
    assert_sw(0x9000, rig_load_blocks(rig, &package));
    assert_sw(0x9000, install_by(rig, &signer, install_of(SCP_INSTALL_FOR_INSTALL, 0)));
    assert_sw(0x9000, install_by(rig, &signer,
                                 (struct scp_install){.p1 = SCP_INSTALL_FOR_MAKE_SELECTABLE,
                                                      .application = SCP_BYTES(instance_aid),
                                                      .privileges = SCP_BYTES(none)}));
    struct scp_delete delete = {.aid = package.aid, .related = true};
    assert_sw(0x6985, rig_delete(rig, package.aid, true));
    assert_int_equal(SCP_OK, scp_delete_command(&delete, &w, &apdu));
    delete.token = sign(&signer, &apdu, 1, token);
    uint8_t whole[TOKEN_MAX + 64];
    w = scp_writer_on(whole, sizeof whole);
    assert_int_equal(SCP_OK, scp_delete_command(&delete, &w, &apdu));
    assert_sw(0x9000, rig_send(rig, apdu));
    rig_free(rig);
}

static void gpcs_c_4_a_wrong_token_is_6982_and_does_nothing(void **state)
{
    (void)state;
    struct rig_signer signer;
    struct scp_digest hash;
    uint8_t data[SCP_COMMAND_MAX];
    uint8_t token[TOKEN_MAX];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(data, sizeof data);
    rig_make_signer(true, &signer);
    rig_package_hash(&package, &hash);
    struct rig *rig = rig_delegated(&signer);
    struct scp_install install = load_of(&hash);
    assert_int_equal(SCP_OK, scp_install_command(&install, &w, &apdu));
    install.token = sign(&signer, &apdu, 1, token);
    install.load_file = SCP_LITERAL(0xA0, 0x00, 0x00, 0x00, 0x98); /* it was for another */
    assert_sw(0x6982, rig_install(rig, install));
    install.load_file = package.aid;
    token[5] ^= 1;
    assert_sw(0x6982, rig_install(rig, install));
    assert_sw(0x6985, rig_send_hex(rig, "80E80000020102")); /* nothing was announced */
    token[5] ^= 1;
    assert_sw(0x9000, rig_install(rig, install));
    rig_free(rig);
}

static void gpcs_9_2_2_a_load_token_wants_a_hash(void **state)
{
    (void)state;
    struct rig_signer signer;
    rig_make_signer(true, &signer);
    struct rig *rig = rig_delegated(&signer);
    assert_sw(0x6A80, install_by(rig, &signer,
                                 (struct scp_install){.p1 = SCP_INSTALL_FOR_LOAD,
                                                      .load_file = package.aid}));
    rig_free(rig);
}

static void gpcs_c_4_a_token_may_be_bound_to_the_card_of_its_verifier(void **state)
{
    (void)state;
    struct rig_signer signer;
    struct scp_digest hash;
    rig_make_signer(true, &signer);
    rig_package_hash(&package, &hash);
    struct rig *rig = rig_delegated(&signer);
    struct scp_install install = load_of(&hash);
    install.parameters = SCP_LITERAL(0xB6, 0x06, 0x42, 0x04, 0x42, 0x31, 0x00, 0x01);
    assert_sw(0x6985, install_by(rig, &signer, install)); /* of another issuer */
    install.parameters = SCP_LITERAL(0xB6, 0x06, 0x42, 0x04, 0x42, 0x31, 0x00, 0x00);
    assert_sw(0x9000, install_by(rig, &signer, install));
    rig_free(rig);
}

static void gpcs_9_1_3_1_without_a_token_key_nothing_is_delegated(void **state)
{
    (void)state;
    struct rig_signer signer;
    struct scp_digest hash;
    rig_make_signer(true, &signer);
    rig_package_hash(&package, &hash);
    struct rig *rig = rig_delegated(NULL);
    assert_sw(0x6985, install_by(rig, &signer, load_of(&hash)));
    rig_free(rig);
}

static void gpcs_c_4_7_one_token_covers_both_ends_of_a_combined_process(void **state)
{
    (void)state;
    struct rig_signer signer;
    struct scp_digest hash;
    uint8_t first[SCP_COMMAND_MAX];
    uint8_t second[SCP_COMMAND_MAX];
    uint8_t token[TOKEN_MAX];
    struct scp_apdu commands[2];
    struct scp_writer w = scp_writer_on(first, sizeof first);
    rig_make_signer(true, &signer);
    rig_package_hash(&package, &hash);
    struct rig *rig = rig_delegated(&signer);
    struct scp_install begin = load_of(&hash);
    begin.p1 = SCP_INSTALL_FOR_ALL;
    begin.p2 = SCP_INSTALL_BEGIN;
    struct scp_install end = install_of(SCP_INSTALL_FOR_ALL, SCP_INSTALL_END);
    assert_int_equal(SCP_OK, scp_install_command(&begin, &w, &commands[0]));
    w = scp_writer_on(second, sizeof second);
    assert_int_equal(SCP_OK, scp_install_command(&end, &w, &commands[1]));
    end.token = sign(&signer, commands, 2, token);
    assert_sw(0x9000, rig_install(rig, begin));
    assert_sw(0x9000, rig_load_blocks(rig, &package));
    assert_sw(0x9000, rig_install(rig, end));
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(instance_aid)));
    rig_free(rig);
}

/* ---- receipts ---------------------------------------------------------------------------------
 */

/* The confirmation in the last answer is a receipt for that, with that counter. */
static void assert_receipt(const struct rig *rig, const struct rig_signer *signer,
                           const struct scp_receipt_subject *subject, uint16_t counter)
{
    struct scp_confirmation confirmation;
    const struct scp_domain_identity issuer = {
        .provider = SCP_LITERAL(0x42, 0x31, 0x00, 0x00),
        .image = SCP_LITERAL(0x91, 0x56, 0x00, 0x00, 0x11, 0x11, 0x22, 0x22)};
    assert_int_equal(SCP_OK, scp_confirmation_parse(rig->data, &confirmation));
    assert_int_equal(SCP_OK, scp_confirmation_check(&confirmation, &issuer));
    assert_int_equal(SCP_OK, scp_receipt_verify(&signer->key, subject, &confirmation));
    assert_int_equal(counter, confirmation.counter);
}

static void gpcs_c_5_each_delegated_command_is_confirmed_by_a_receipt(void **state)
{
    (void)state;
    struct rig_signer signer;
    struct rig_signer receipts;
    struct scp_digest hash;
    uint8_t data[64];
    uint8_t token[TOKEN_MAX];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(data, sizeof data);
    rig_make_signer(true, &signer);
    rig_make_signer(false, &receipts);
    rig_package_hash(&package, &hash);
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_open(rig);
    rig_put_signer(rig, 0x70, true, &signer);
    rig_put_signer(rig, 0x71, false, &receipts);
    rig_make_domain(rig, SCP_BYTES(bank_aid), DELEGATED, &keys);
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(bank_aid)));
    rig_open_with(rig, &keys, rig->params.kvn, rig->params.level);
    assert_sw(0x9000, install_by(rig, &signer, load_of(&hash)));
    assert_data_hex(rig, "00"); /* announced only */
    assert_sw(0x9000, rig_load_blocks(rig, &package));
    struct scp_receipt_subject subject = {.kind = SCP_RECEIPT_LOAD,
                                          .load_file = package.aid,
                                          .application = SCP_BYTES(instance_aid),
                                          .security_domain = SCP_BYTES(bank_aid)};
    assert_receipt(rig, &receipts, &subject, 1);
    assert_sw(0x9000, install_by(rig, &signer, install_of(SCP_INSTALL_FOR_INSTALL, 0)));
    subject.kind = SCP_RECEIPT_INSTALL;
    assert_receipt(rig, &receipts, &subject, 2);
    struct scp_install update = {.p1 = SCP_INSTALL_FOR_REGISTRY_UPDATE,
                                 .application = SCP_BYTES(instance_aid),
                                 .privileges = SCP_LITERAL(0x02),
                                 .parameters = SCP_LITERAL(0xB6, 0x03, 0x93, 0x01, 0x55)};
    assert_sw(0x9000, install_by(rig, &signer, update));
    const struct scp_receipt_subject updated = {.kind = SCP_RECEIPT_REGISTRY_UPDATE,
                                                .application = SCP_BYTES(instance_aid),
                                                .privileges = update.privileges,
                                                .parameters = update.parameters};
    assert_receipt(rig, &receipts, &updated, 3);
    struct scp_confirmation confirmation;
    assert_int_equal(SCP_OK, scp_confirmation_parse(rig->data, &confirmation));
    assert_true(scp_bytes_equal(confirmation.token_id, SCP_LITERAL(0x55)));
    struct scp_delete delete = {.aid = package.aid, .related = true};
    assert_int_equal(SCP_OK, scp_delete_command(&delete, &w, &apdu));
    delete.token = sign(&signer, &apdu, 1, token);
    uint8_t whole[TOKEN_MAX + 64];
    w = scp_writer_on(whole, sizeof whole);
    assert_int_equal(SCP_OK, scp_delete_command(&delete, &w, &apdu));
    assert_sw(0x9000, rig_send(rig, apdu));
    subject.kind = SCP_RECEIPT_DELETE;
    subject.application = package.aid;
    assert_receipt(rig, &receipts, &subject, 4);
    rig_reopen(rig);
    assert_sw(0x9000, rig_hex(rig, "80CA00C200"));
    assert_data_hex(rig, "C2020004");
    rig_free(rig);
}

static void gpcs_11_5_3_1_authorized_management_has_no_receipts(void **state)
{
    (void)state;
    struct rig_signer receipts;
    rig_make_signer(false, &receipts);
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    rig_put_signer(rig, 0x71, false, &receipts);
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    assert_data_hex(rig, "00");
    assert_sw(0x9000, rig_delete(rig, package.aid, true));
    assert_data_hex(rig, "00");
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpcs_9_1_3_3_a_delegated_domain_does_each_thing_by_its_token),
        cmocka_unit_test(gpcs_c_4_a_wrong_token_is_6982_and_does_nothing),
        cmocka_unit_test(gpcs_9_2_2_a_load_token_wants_a_hash),
        cmocka_unit_test(gpcs_c_4_a_token_may_be_bound_to_the_card_of_its_verifier),
        cmocka_unit_test(gpcs_9_1_3_1_without_a_token_key_nothing_is_delegated),
        cmocka_unit_test(gpcs_c_4_7_one_token_covers_both_ends_of_a_combined_process),
        cmocka_unit_test(gpcs_c_5_each_delegated_command_is_confirmed_by_a_receipt),
        cmocka_unit_test(gpcs_11_5_3_1_authorized_management_has_no_receipts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
