/* Issuance: documents that people write become a card, or an error with its place. */
#include "tests/unit/agent/card/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/card/issue.h"

static const char good_profile[] = "name: test\n"
                                   "card:\n"
                                   "  protocol: scp03\n"
                                   "  i: '70'\n"
                                   "  key_length: 16\n"
                                   "  kvn: 0x30\n"
                                   "  isd_aid: A000000151000000\n"
                                   "soft:\n"
                                   "  atr: 3B00\n"
                                   "  cplc: '" /* 42 bytes */
                                   "00000000000000000000000000000000000000000000"
                                   "0000000000000000000000000000000000000000'\n"
                                   "  memory: {non_volatile: 4096, volatile: 128}\n"
                                   "  native:\n"
                                   "    - {module: A000000333F00101, applet: payment}\n";

static const char good_issuance[] = "diversification_data: '00010203040506070809'\n"
                                    "iin: '4231'\n"
                                    "cin: '9156'\n"
                                    "content:\n"
                                    "  - package: A000000333F001\n"
                                    "    size: 1000\n"
                                    "    modules: [A000000333F00101]\n"
                                    "    instances:\n"
                                    "      - aid: A00000033301010101\n"
                                    "        module: A000000333F00101\n"
                                    "        dgis: [{dgi: '9102', value: A500}]\n";

static const char good_keys[] = "scheme: none\n"
                                "enc: 404142434445464748494A4B4C4D4E4F\n"
                                "mac: 404142434445464748494A4B4C4D4E4F\n"
                                "dek: 404142434445464748494A4B4C4D4E4F\n";

/* A text with the first `from` in it replaced. */
static void replace(const char *text, const char *from, const char *to, char *out, size_t size)
{
    const char *at = strstr(text, from);
    assert_non_null(at);
    (void)snprintf(out, size, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static bool issue(const char *profile, const char *issuance, const char *keys,
                  struct document_problem *problem)
{
    const char *const texts[] = {profile, issuance, keys};
    const char *const names[] = {"profile", "issuance", "keys"};
    struct document *docs[3] = {NULL};
    struct rebind_blob image;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(
            DOC_OK, doc_new(names[i], scp_bytes_of(texts[i], strlen(texts[i])), &docs[i], problem));
    bool issued = softcard_issue(docs[0], docs[1], docs[2], &image, problem);
    assert_true(issued == (image.len > 0));
    rebind_blob_free(&image);
    for (size_t i = 0; i < 3; i++)
        doc_free(docs[i]);
    return issued;
}

static void good_documents_make_a_card(void **state)
{
    (void)state;
    struct document_problem problem = {0};
    assert_true(issue(good_profile, good_issuance, good_keys, &problem));
}

static void a_profile_needs_no_native_applet(void **state)
{
    (void)state;
    struct document_problem problem = {0};
    char profile[2048];
    replace(good_profile, "  native:\n    - {module: A000000333F00101, applet: payment}\n", "",
            profile, sizeof profile);
    assert_true(issue(profile, good_issuance, good_keys, &problem));
    assert_false(issue("just text", good_issuance, good_keys, &problem));
    assert_int_equal(1, problem.line);
}

static void a_mistake_is_named_with_file_line_and_column(void **state)
{
    (void)state;
    enum which { PROFILE, ISSUANCE, KEYS };
    static const struct {
        enum which which;
        unsigned line;
        const char *from;
        const char *to;
        const char *file;
        const char *text; /* part of the message */
    } cases[] = {
        {PROFILE, 3, "protocol: scp03", "protocol: scp04", "profile", "scp04"},
        {PROFILE, 3, "protocol: scp03", "protokol: scp03", "profile", "protocol"},
        {PROFILE, 5, "key_length: 16", "key_length: 17", "profile", "17"},
        {PROFILE, 7, "isd_aid: A000000151000000", "isd_aid: A000", "profile", NULL},
        {PROFILE, 13, "applet: payment", "applet: paiment", "profile", "payment"},
        {PROFILE, 10, "  cplc: '", "  cplc: '00", "profile", NULL},
        {PROFILE, 5, "non_volatile: 4096", "non_volatile: 1100", "issuance", "1100"},
        {ISSUANCE, 2, "iin: '4231'", "iin: '423'", "issuance", NULL},
        {ISSUANCE, 1, "cin: '9156'\n", "", "issuance", "cin"},
        {ISSUANCE, 7, "modules: [A000000333F00101]", "modules: [A0]", "issuance", NULL},
        {ISSUANCE, 9, "aid: A00000033301010101", "aid: A000000333F001", "issuance", "AID"},
        {ISSUANCE, 11, "value: A500", "value: A5X0", "issuance", NULL},
        {ISSUANCE, 11, "dgi: '9102'", "dgi: '91'", "issuance", NULL},
        {ISSUANCE, 11, "dgi: '9102'", "dgi: '8000'", "issuance", "payment"},
        {KEYS, 1, "scheme: none", "scheme: some", "keys", "none"},
        {KEYS, 2, "enc: 40", "enc: ", "keys", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *texts[] = {good_profile, good_issuance, good_keys};
        char changed[2048];
        struct document_problem problem = {0};
        replace(texts[cases[i].which], cases[i].from, cases[i].to, changed, sizeof changed);
        texts[cases[i].which] = changed;
        bool issued = issue(texts[0], texts[1], texts[2], &problem);
        if (issued || problem.line != cases[i].line || strcmp(problem.file, cases[i].file) != 0 ||
            (cases[i].text != NULL && strstr(problem.text, cases[i].text) == NULL))
            fail_msg("'%s': %s:%u:%u: %s", cases[i].to, problem.file, problem.line, problem.column,
                     problem.text);
    }
}

/* ---- files -------------------------------------------------------------------------------------
 */

static void write_file(const char *folder, const char *name, const char *text, mode_t mode)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)unlink(path);
    assert_int_equal(SCP_OK,
                     rebind_file_create(path, scp_bytes_of(text, strlen(text)), mode, NULL));
}

static bool issue_files(const char *folder, const char *keys, struct document_problem *problem)
{
    char profile[128];
    char issuance[128];
    struct rebind_blob image;
    (void)snprintf(profile, sizeof profile, "%s/profile.yaml", folder);
    (void)snprintf(issuance, sizeof issuance, "%s/issuance.yaml", folder);
    const struct softcard_issue_files files = {profile, issuance, keys};
    bool issued = softcard_issue_from_files(&files, &image, problem);
    rebind_blob_free(&image);
    return issued;
}

static void the_key_file_is_named_by_the_issuance_and_is_private(void **state)
{
    (void)state;
    static const char *const names[] = {"profile.yaml", "issuance.yaml", "keys.yaml"};
    char folder[] = "/tmp/rebind-softcard-XXXXXX";
    char issuance[1024];
    char path[128];
    struct document_problem problem = {0};
    assert_non_null(mkdtemp(folder));
    (void)snprintf(issuance, sizeof issuance, "keys: keys.yaml\n%s", good_issuance);
    write_file(folder, "profile.yaml", good_profile, 0644);
    write_file(folder, "issuance.yaml", issuance, 0644);
    write_file(folder, "keys.yaml", good_keys, 0600);
    assert_true(issue_files(folder, NULL, &problem));
    write_file(folder, "keys.yaml", good_keys, 0644);
    assert_false(issue_files(folder, NULL, &problem));
    assert_non_null(strstr(problem.file, "keys.yaml"));
    write_file(folder, "issuance.yaml", good_issuance, 0644);
    problem = (struct document_problem){0};
    assert_false(issue_files(folder, NULL, &problem));
    assert_non_null(strstr(problem.text, "keys"));
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_equal(0, unlink(path));
    }
    assert_int_equal(0, rmdir(folder));
}

/* Those for trying tools bring issuance data and keys of their own. */
static void every_test_profile_makes_a_card_by_itself(void **state)
{
    (void)state;
    static const char *const profiles[] = {"test-scp02-i15", "test-scp02-i55-t0", "test-scp02-i75",
                                           "test-scp03-i70", "test-scp03-s16"};
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        char path[512];
        struct document_problem problem = {0};
        struct rebind_blob image;
        (void)snprintf(path, sizeof path, "%s/configs/profiles/%s.yaml", REBIND_SOURCE_DIR,
                       profiles[i]);
        const struct softcard_issue_files files = {.profile = path};
        if (!softcard_issue_from_files(&files, &image, &problem))
            fail_msg("%s:%u: %s", problem.file, problem.line, problem.text);
        rebind_blob_free(&image);
    }
}

static const char own_issuance[] = "  issuance:\n"
                                   "    diversification_data: '00010203040506070809'\n"
                                   "    iin: '4231'\n"
                                   "    cin: '9156'\n"
                                   "    keys:\n"
                                   "      - {kvn: 0x30, scheme: none, enc: &, mac: &, dek: &}\n"
                                   "      - {kvn: 0x01, scheme: none, enc: &, mac: &, dek: &}\n";

/* A profile with issuance data, a test key for each '&'. */
static void with_issuance(const char *issuance_lines, char *out, size_t size)
{
    size_t len = (size_t)snprintf(out, size, "%s", good_profile);
    for (const char *at = issuance_lines; *at != '\0' && len + 33 < size; at++)
        len += (size_t)snprintf(out + len, size - len, *at == '&' ? "%s" : "%.1s",
                                *at == '&' ? "404142434445464748494A4B4C4D4E4F" : at);
}

static void a_mistake_in_the_profiles_own_issuance_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *to;
        unsigned line;
        const char *text;
    } cases[] = {
        {"    iin: '4231'\n", "    inn: '4231'\n", 16, "inn"},
        {"kvn: 0x01", "kvn: 0x30", 20, "version 48"},
        {"kvn: 0x01", "kvn: 256", 20, "256"},
        {"      - {kvn: 0x01, scheme: none, enc: &", "      - {kvn: 0x01, scheme: none, enc: 40",
         20, NULL},
        {"  issuance:\n", "  timing: {interface: t2, bit_rate: 9600}\n  issuance:\n", 14, "t2"},
        {"  issuance:\n", "  timing: {interface: t1}\n  issuance:\n", 14, "bit_rate"},
        {own_issuance, "", 9, "issuance"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char changed[2048];
        char profile[4096];
        struct document_problem problem = {0};
        struct document *doc = NULL;
        struct rebind_blob image;
        replace(own_issuance, cases[i].from, cases[i].to, changed, sizeof changed);
        with_issuance(changed, profile, sizeof profile);
        assert_int_equal(
            DOC_OK, doc_new("profile", scp_bytes_of(profile, strlen(profile)), &doc, &problem));
        bool issued = softcard_issue(doc, NULL, NULL, &image, &problem);
        doc_free(doc);
        if (issued || problem.line != cases[i].line ||
            (cases[i].text != NULL && strstr(problem.text, cases[i].text) == NULL))
            fail_msg("'%s': %s:%u:%u: %s", cases[i].to, problem.file, problem.line, problem.column,
                     problem.text);
    }
}

static void every_profile_of_the_house_makes_a_card(void **state)
{
    (void)state;
    static const char *const profiles[] = {"scp02-i15", "scp02-i55", "scp03-i10-aes192",
                                           "scp03-i60-aes256", "scp03-i70-aes128"};
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        struct rig *rig = rig_new(profiles[i]);
        assert_true(softcard_memory_free(rig->card) > 0);
        assert_true(softcard_memory_free(rig->card) < softcard_memory_total(rig->card));
        struct scp_bytes atr = softcard_atr(rig->card);
        uint8_t check = 0; /* ISO/IEC 7816-3 8.2.5: exclusive-or from T0 to TCK is zero */
        for (size_t k = 1; k < atr.len; k++)
            check ^= atr.ptr[k];
        assert_int_equal(0, check);
        rig_free(rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_documents_make_a_card),
        cmocka_unit_test(a_profile_needs_no_native_applet),
        cmocka_unit_test(a_mistake_is_named_with_file_line_and_column),
        cmocka_unit_test(the_key_file_is_named_by_the_issuance_and_is_private),
        cmocka_unit_test(every_test_profile_makes_a_card_by_itself),
        cmocka_unit_test(a_mistake_in_the_profiles_own_issuance_is_named),
        cmocka_unit_test(every_profile_of_the_house_makes_a_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
