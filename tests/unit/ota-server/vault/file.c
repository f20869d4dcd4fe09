/* The vault's file: what opens it, what does not, and what never stands in it. */
#include "tests/unit/ota-server/vault/samples.h"
#include "tests/unit/ota-server/vault/support.h"

#include "scp/host/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_SIZE_MAX = 4096 };

static struct rebind_blob read_file(const char *path)
{
    struct rebind_blob blob;
    assert_scp_ok(rebind_file_read(path, FILE_SIZE_MAX, &blob, NULL));
    return blob;
}

static void write_file(const char *path, struct scp_bytes bytes)
{
    assert_scp_ok(rebind_file_write(path, bytes, 0600, NULL));
}

static enum scp_error try_open(struct fixture *f, const struct vault_credential *credential)
{
    struct vault *other = NULL;
    enum scp_error error = vault_open(f->path, credential, &f->env, &other);
    assert_true((other != NULL) == (error == SCP_OK));
    vault_close(other);
    return error;
}

static void keys_are_there_after_reopening(void **state)
{
    struct fixture *f = *state;
    fixture_reopen(f);
    assert_true(vault_has_key_set(f->vault, "isd-2021"));
    assert_true(vault_has_bank_key(f->vault, "bank-a"));
    assert_false(vault_has_key_set(f->vault, "bank-a"));
    assert_false(vault_has_bank_key(f->vault, "bank-b"));
}

static void passphrase_opens_what_it_sealed(void **state)
{
    struct fixture *f = *state;
    const struct vault_credential right = {.passphrase = "correct horse"};
    const struct vault_credential wrong = {.passphrase = "battery staple"};
    vault_close(f->vault);
    f->vault = NULL;
    assert_int_equal(unlink(f->path), 0);
    assert_scp_ok(vault_create(f->path, &right, &f->env, &f->vault));
    assert_scp_ok(try_open(f, &right));
    assert_scp_error(BAD_MAC, try_open(f, &wrong));
    assert_scp_error(MISMATCH, try_open(f, &f->credential));
}

static void other_credential_does_not_open(void **state)
{
    struct fixture *f = *state;
    const struct vault_credential passphrase = {.passphrase = "x"};
    const struct vault_credential none = {NULL, NULL};
    const struct vault_credential both = {"x", f->credential_path};
    assert_scp_error(MISMATCH, try_open(f, &passphrase));
    assert_scp_error(OUT_OF_RANGE, try_open(f, &none));
    assert_scp_error(OUT_OF_RANGE, try_open(f, &both));
    write_file(f->credential_path, SCP_BYTES((const uint8_t[32]){1}));
    assert_scp_error(BAD_MAC, try_open(f, &f->credential));
    write_file(f->credential_path, SCP_BYTES((const uint8_t[31]){1}));
    assert_scp_error(MALFORMED, try_open(f, &f->credential));
    assert_int_equal(unlink(f->credential_path), 0);
    assert_scp_error(NOT_FOUND, try_open(f, &f->credential));
}

static void flipped_byte_anywhere_is_refused(void **state)
{
    struct fixture *f = *state;
    struct rebind_blob file = read_file(f->path);
    for (size_t i = 0; i < file.len; i++) {
        file.ptr[i] ^= 0x10;
        write_file(f->path, rebind_blob_bytes(&file));
        assert_int_not_equal(try_open(f, &f->credential), SCP_OK);
        file.ptr[i] ^= 0x10;
    }
    write_file(f->path, rebind_blob_bytes(&file));
    assert_scp_ok(try_open(f, &f->credential));
    rebind_blob_free(&file);
}

static void cut_file_is_refused(void **state)
{
    struct fixture *f = *state;
    struct rebind_blob file = read_file(f->path);
    for (size_t len = 0; len < file.len; len += len < 60 ? 1 : 37) {
        write_file(f->path, scp_bytes_of(file.ptr, len));
        assert_int_not_equal(try_open(f, &f->credential), SCP_OK);
    }
    rebind_blob_free(&file);
}

static void what_is_wrong_with_a_file_is_told(void **state)
{
    struct fixture *f = *state;
    struct rebind_blob file = read_file(f->path);
    file.ptr[3] = 3;
    write_file(f->path, rebind_blob_bytes(&file));
    assert_scp_error(UNSUPPORTED, try_open(f, &f->credential));
    file.ptr[0] = 'X';
    write_file(f->path, rebind_blob_bytes(&file));
    assert_scp_error(MALFORMED, try_open(f, &f->credential));
    rebind_blob_free(&file);
    assert_int_equal(unlink(f->path), 0);
    assert_scp_error(NOT_FOUND, try_open(f, &f->credential));
}

static void existing_file_is_never_overwritten(void **state)
{
    struct fixture *f = *state;
    struct vault *other = NULL;
    assert_scp_error(DUPLICATE, vault_create(f->path, &f->credential, &f->env, &other));
    assert_null(other);
    assert_scp_error(DUPLICATE, vault_credential_create(f->credential_path, &f->env));
    assert_scp_ok(try_open(f, &f->credential));
}

static void file_is_its_owners_alone(void **state)
{
    struct fixture *f = *state;
    struct stat status;
    assert_int_equal(stat(f->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(stat(f->credential_path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(chmod(f->path, 0644), 0);
    assert_scp_error(OUT_OF_RANGE, try_open(f, &f->credential));
}

static bool contains(struct scp_bytes where, struct scp_bytes what)
{
    for (size_t at = 0; at + what.len <= where.len; at++)
        if (scp_bytes_equal(scp_bytes_slice(where, at, what.len), what))
            return true;
    return false;
}

static void assert_secret_is_absent(struct scp_bytes file, const struct scp_key *key)
{
    char hex[SCP_HEX_SIZE(SCP_KEY_MAX)];
    const struct scp_bytes half = scp_bytes_of(key->bytes, 8);
    assert_false(contains(file, half));
    scp_hex_encode(hex, sizeof hex, half);
    assert_false(contains(file, scp_bytes_of(hex, strlen(hex))));
    for (char *c = hex; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'F')
            *c = (char)(*c - 'A' + 'a');
    assert_false(contains(file, scp_bytes_of(hex, strlen(hex))));
}

static void no_secret_stands_in_the_file(void **state)
{
    struct fixture *f = *state;
    struct rebind_blob file = read_file(f->path);
    const struct scp_bytes bytes = rebind_blob_bytes(&file);
    assert_true(contains(bytes, SCP_LITERAL('R', 'B', 'V', 2)));
    assert_secret_is_absent(bytes, &masters.enc);
    assert_secret_is_absent(bytes, &masters.mac);
    assert_secret_is_absent(bytes, &masters.dek);
    assert_secret_is_absent(bytes, &bank_key);
    rebind_blob_free(&file);
}

static void labels_and_keys_are_checked(void **state)
{
    struct fixture *f = *state;
    struct scp_key_set bad = masters;
    char overlong[VAULT_LABEL_MAX + 2];
    memset(overlong, 'x', sizeof overlong - 1);
    overlong[sizeof overlong - 1] = '\0';
    assert_scp_error(DUPLICATE,
                     vault_add_key_set(f->vault, "isd-2021", SCP_DIVERSIFY_NONE, &masters));
    assert_scp_error(OUT_OF_RANGE, vault_add_key_set(f->vault, "", SCP_DIVERSIFY_NONE, &masters));
    assert_scp_error(OUT_OF_RANGE,
                     vault_add_key_set(f->vault, "a b", SCP_DIVERSIFY_NONE, &masters));
    assert_scp_error(OUT_OF_RANGE,
                     vault_add_key_set(f->vault, overlong, SCP_DIVERSIFY_NONE, &masters));
    bad.enc.len = 24;
    bad.mac.len = 32;
    bad.dek.len = 32;
    assert_scp_error(OUT_OF_RANGE, vault_add_key_set(f->vault, "bad", SCP_DIVERSIFY_EMV, &bad));
    assert_scp_error(DUPLICATE, vault_add_bank_key(f->vault, "bank-a", &bank_key));
    assert_scp_error(OUT_OF_RANGE, vault_add_bank_key(f->vault, "bank-b", &masters.enc));
    fixture_reopen(f);
    assert_false(vault_has_key_set(f->vault, "bad"));
    assert_false(vault_has_bank_key(f->vault, "bank-b"));
}

static void full_vault_refuses_and_stays_whole(void **state)
{
    struct fixture *f = *state;
    char label[32];
    for (int i = 1; i < VAULT_KEY_SETS_MAX; i++) {
        snprintf(label, sizeof label, "set-%d", i);
        assert_scp_ok(vault_add_key_set(f->vault, label, SCP_DIVERSIFY_NONE, &masters));
    }
    assert_scp_error(TOO_LONG, vault_add_key_set(f->vault, "x", SCP_DIVERSIFY_NONE, &masters));
    fixture_reopen(f);
    assert_true(vault_has_key_set(f->vault, "set-127"));
    assert_false(vault_has_key_set(f->vault, "x"));
}

static void change_by_another_process_is_not_overwritten(void **state)
{
    struct fixture *f = *state;
    struct vault *other = NULL;
    assert_scp_ok(vault_open(f->path, &f->credential, &f->env, &other));
    assert_scp_ok(vault_add_bank_key(other, "bank-b", &bank_key));
    vault_close(other);
    assert_scp_error(STATE, vault_add_bank_key(f->vault, "bank-c", &bank_key));
    assert_false(vault_has_bank_key(f->vault, "bank-c"));
    fixture_reopen(f);
    assert_true(vault_has_bank_key(f->vault, "bank-b"));
    assert_scp_ok(vault_add_bank_key(f->vault, "bank-c", &bank_key));
}

static void write_hex(const char *path, const char *hex)
{
    uint8_t bytes[FILE_SIZE_MAX];
    struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
    assert_scp_ok(scp_hex_decode(hex, &w));
    write_file(path, scp_written(&w));
}

static void check_sample(struct fixture *f)
{
    uint8_t sealed[128], plain[16], pseudonym[32], expected[32];
    struct scp_writer s = scp_writer_on(sealed, sizeof sealed);
    struct scp_writer p = scp_writer_on(plain, sizeof plain);
    struct scp_writer e = scp_writer_on(expected, sizeof expected);
    assert_true(vault_has_key_set(f->vault, "isd-2021"));
    assert_true(vault_has_bank_key(f->vault, "bank-a"));
    assert_scp_ok(scp_hex_decode(sample_sealed_1, &s));
    assert_scp_ok(
        vault_unseal(f->vault, "channel", scp_bytes_of("exchange 1", 10), scp_written(&s), &p));
    assert_true(scp_bytes_equal(scp_written(&p), scp_bytes_of("kept", 4)));
    assert_scp_ok(scp_hex_decode(sample_pseudonym, &e));
    assert_scp_ok(vault_pseudonym(f->vault, "card", SCP_LITERAL(0x42, 0x31), pseudonym));
    assert_memory_equal(pseudonym, expected, sizeof expected);
}

static void file_of_version_1_is_read(void **state)
{
    struct fixture *f = *state;
    write_hex(f->path, sample_vault_1_credential);
    write_hex(f->credential_path, sample_credential);
    fixture_reopen(f);
    check_sample(f);
    write_hex(f->path, sample_vault_1_passphrase);
    f->credential = (struct vault_credential){.passphrase = "correct horse"};
    fixture_reopen(f);
    check_sample(f);
}

/* A file that is written again is of this version, and has what it had. */
static void file_of_version_1_becomes_one_of_version_2(void **state)
{
    struct fixture *f = *state;
    const uint8_t value[16] = {1};
    const struct scp_key_component aes = {.type = SCP_KEY_TYPE_AES, .value = SCP_BYTES(value)};
    write_hex(f->path, sample_vault_1_credential);
    write_hex(f->credential_path, sample_credential);
    fixture_reopen(f);
    assert_false(vault_has_signing_key(f->vault, "token"));
    assert_scp_ok(vault_add_signing_key(f->vault, "token", &aes, 1));
    fixture_reopen(f);
    check_sample(f);
    assert_true(vault_has_signing_key(f->vault, "token"));
}

static void file_of_version_2_is_read(void **state)
{
    struct fixture *f = *state;
    write_hex(f->path, sample_vault_2_credential);
    write_hex(f->credential_path, sample_credential);
    fixture_reopen(f);
    check_sample(f);
    assert_true(vault_has_signing_key(f->vault, "token"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keys_are_there_after_reopening),
        TEST(passphrase_opens_what_it_sealed),
        TEST(other_credential_does_not_open),
        TEST(flipped_byte_anywhere_is_refused),
        TEST(cut_file_is_refused),
        TEST(what_is_wrong_with_a_file_is_told),
        TEST(existing_file_is_never_overwritten),
        TEST(file_is_its_owners_alone),
        TEST(no_secret_stands_in_the_file),
        TEST(labels_and_keys_are_checked),
        TEST(full_vault_refuses_and_stays_whole),
        TEST(change_by_another_process_is_not_overwritten),
        TEST(file_of_version_1_is_read),
        TEST(file_of_version_1_becomes_one_of_version_2),
        TEST(file_of_version_2_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
