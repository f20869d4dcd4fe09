#include "agent/terminal/key_file.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY "404142434445464748494A4B4C4D4E4F"

static char path[64];

static void write_file(const char *text, mode_t mode)
{
    (void)snprintf(path, sizeof path, "/tmp/rebind-key-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    (void)close(fd);
}

static void a_key_set_is_read(void **state)
{
    (void)state;
    struct terminal_keys keys;
    struct rebind_problem problem;
    write_file("scheme: kdf3\nkvn: 48\nenc: " KEY "\nmac: " KEY "\ndek: " KEY KEY "\n", 0600);
    assert_int_equal(terminal_key_set_read(path, &keys, &problem), SCP_OK);
    assert_int_equal(keys.scheme, SCP_DIVERSIFY_KDF3);
    assert_int_equal(keys.kvn, 48);
    assert_int_equal(keys.masters.mac.len, 16);
    assert_int_equal(keys.masters.dek.len, 32);
    (void)unlink(path);
    write_file("enc: " KEY "\nmac: " KEY "\ndek: " KEY "\n", 0600);
    assert_int_equal(terminal_key_set_read(path, &keys, &problem), SCP_OK);
    assert_int_equal(keys.scheme, SCP_DIVERSIFY_NONE);
    assert_int_equal(keys.kvn, -1);
    (void)unlink(path);
}

static void a_wrong_key_set_is_told_without_its_keys(void **state)
{
    (void)state;
    const char *const wrong[] = {
        "enc: " KEY "\nmac: " KEY "\n",
        "enc: " KEY "00\nmac: " KEY "\ndek: " KEY "\n",
        "enc: " KEY "\nmac: " KEY "\ndek: " KEY "zz\n",
        "enc: " KEY "\nmac: " KEY "\ndek: " KEY "\nscheme: own\n",
        "enc: " KEY "\nmac: " KEY "\ndek: " KEY "\nkvn: 200\n",
        "[]",
        "",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct terminal_keys keys;
        struct rebind_problem problem = {.text = ""};
        write_file(wrong[i], 0600);
        assert_int_not_equal(terminal_key_set_read(path, &keys, &problem), SCP_OK);
        assert_non_null(strstr(problem.text, path));
        assert_null(strstr(problem.text, "404142"));
        (void)unlink(path);
    }
}

static void a_file_that_others_can_read_is_refused(void **state)
{
    (void)state;
    struct terminal_keys keys;
    struct scp_key key;
    struct rebind_problem problem;
    write_file("enc: " KEY "\nmac: " KEY "\ndek: " KEY "\n", 0644);
    assert_int_equal(terminal_key_set_read(path, &keys, &problem), SCP_OUT_OF_RANGE);
    assert_int_equal(terminal_key_read(path, &key, &problem), SCP_OUT_OF_RANGE);
    (void)unlink(path);
}

static void a_single_key_is_its_digits(void **state)
{
    (void)state;
    struct scp_key key;
    struct rebind_problem problem;
    write_file(KEY "\n", 0600);
    assert_int_equal(terminal_key_read(path, &key, &problem), SCP_OK);
    assert_int_equal(key.len, 16);
    assert_int_equal(key.bytes[15], 0x4F);
    (void)unlink(path);
    write_file("", 0600);
    assert_int_not_equal(terminal_key_read(path, &key, &problem), SCP_OK);
    (void)unlink(path);
    write_file(KEY "4", 0600);
    assert_int_not_equal(terminal_key_read(path, &key, &problem), SCP_OK);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_set_is_read),
        cmocka_unit_test(a_wrong_key_set_is_told_without_its_keys),
        cmocka_unit_test(a_file_that_others_can_read_is_refused),
        cmocka_unit_test(a_single_key_is_its_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
