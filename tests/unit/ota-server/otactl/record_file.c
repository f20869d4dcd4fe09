/* Personalisation records: from lines to data objects, and from there sealed to the vault. */
#include "ota-server/otactl/record_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/coding.h>

#include "ota-server/otactl/parse.h"
#include "ota-server/vault/record.h"
#include "tests/support/test.h"

static enum scp_error parse(const char *text, struct scp_writer *to, struct rebind_problem *problem)
{
    struct rebind_blob blob = {(uint8_t *)strdup(text), strlen(text)};
    assert_non_null(blob.ptr);
    enum scp_error error = record_file_parse(&blob, to, problem);
    rebind_blob_free(&blob);
    return error;
}

static void record_lines_become_data_objects_in_order(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(parse("# a comment\n5A=62 22\n\n5F24=311231\nDF01=", &w, NULL), SCP_OK);
    assert_true(scp_bytes_equal(scp_written(&w), SCP_LITERAL(0x5A, 2, 0x62, 0x22, 0x5F, 0x24, 3,
                                                             0x31, 0x12, 0x31, 0xDF, 0x01, 0)));
}

static void record_fault_names_the_line_and_quotes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum scp_error error;
    } rows[] = {
        {"5A=6222\n57:1234567890", SCP_MALFORMED},     {"5A=6222\n5A=6223", SCP_DUPLICATE},
        {"5A=6222\n57=123456789", SCP_MALFORMED},      {"5A=6222\n5F=1234567890", SCP_MALFORMED},
        {"5A=6222\n5A5A=1234567890", SCP_MALFORMED},   {"5A=6222\n=1234567890", SCP_MALFORMED},
        {"5A=6222\nDF818181=12345678", SCP_MALFORMED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t buffer[64];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        struct rebind_problem problem = {""};
        assert_int_equal(parse(rows[i].text, &w, &problem), rows[i].error);
        assert_non_null(strstr(problem.text, "line 2"));
        assert_null(strstr(problem.text, "1234"));
    }
}

static void record_longer_than_its_place_is_refused(void **state)
{
    (void)state;
    uint8_t buffer[4];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(parse("5A=112233", &w, NULL), SCP_NO_SPACE);
}

/* ---- the whole body ----------------------------------------------------------------------- */

static const char key_hex[] = "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F\n";
static const char record_text[] = "5A=6222020000000001\n";
static const uint8_t record_bytes[] = {0x5A, 8, 0x62, 0x22, 0x02, 0, 0, 0, 0, 0x01};

static void save(const char *path, const char *text)
{
    assert_int_equal(rebind_file_write(path, scp_bytes_of(text, strlen(text)), 0600, NULL), SCP_OK);
}

static bool make_body(const char *key_file, const char *record_file, json_t **body)
{
    struct rebind_seeded seeded;
    struct rebind_env env = rebind_env_seeded(&seeded, 1, 0);
    const struct otactl ctl = {.env = &env};
    struct otactl_arguments args = {.positional = {"bank-b", "debit", "c1", record_file},
                                    .count = 4};
    args.option[OTACTL_TRANSPORT_KEY] = key_file;
    const struct otactl_command *add =
        otactl_find_command(otactl_find_resource("personalisation"), "add");
    struct rebind_problem problem = {""};
    *body = add->request.body(&ctl, &args, &problem);
    rebind_seeded_fini(&seeded);
    assert_true((*body == NULL) == (problem.text[0] != '\0'));
    return *body != NULL;
}

/* Open the record of a body as the vault does. */
static enum scp_error open_record(const json_t *body, const char *card, struct scp_writer *out)
{
    const char *text = json_string_value(json_object_get(body, "record"));
    uint8_t sealed[256];
    word32 len = sizeof sealed;
    struct scp_key key;
    uint8_t bytes[32];
    for (uint8_t i = 0; i < 32; i++)
        bytes[i] = i;
    assert_int_equal(scp_key_from(&key, SCP_BYTES(bytes)), SCP_OK);
    assert_int_equal(Base64_Decode((const byte *)text, (word32)strlen(text), sealed, &len), 0);
    const struct vault_record_purpose purpose = {"bank-b/debit", card};
    return vault_record_open(&key, &purpose, scp_bytes_of(sealed, len), out);
}

static void record_is_sealed_for_its_product_and_card(void **state)
{
    (void)state;
    char dir[] = "/tmp/rebind-record-XXXXXX";
    char key_file[64], record_file[64];
    uint8_t opened[64];
    assert_non_null(mkdtemp(dir));
    (void)snprintf(key_file, sizeof key_file, "%s/key", dir);
    (void)snprintf(record_file, sizeof record_file, "%s/record", dir);
    save(key_file, key_hex);
    save(record_file, record_text);
    json_t *body;
    assert_true(make_body(key_file, record_file, &body));
    assert_string_equal(json_string_value(json_object_get(body, "product")), "debit");
    assert_string_equal(json_string_value(json_object_get(body, "card")), "c1");
    struct scp_writer w = scp_writer_on(opened, sizeof opened);
    assert_int_equal(open_record(body, "c1", &w), SCP_OK);
    assert_true(scp_bytes_equal(scp_written(&w), SCP_BYTES(record_bytes)));
    struct scp_writer other = scp_writer_on(opened, sizeof opened);
    assert_int_equal(open_record(body, "c2", &other), SCP_BAD_MAC);
    json_decref(body);

    save(key_file, "0011\n");
    assert_false(make_body(key_file, record_file, &body));
    (void)unlink(key_file);
    (void)unlink(record_file);
    (void)rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_lines_become_data_objects_in_order),
        cmocka_unit_test(record_fault_names_the_line_and_quotes_nothing),
        cmocka_unit_test(record_longer_than_its_place_is_refused),
        cmocka_unit_test(record_is_sealed_for_its_product_and_card),
    };
    return cmocka_run_group_tests_name("otactl_record_file", tests, NULL, NULL);
}
