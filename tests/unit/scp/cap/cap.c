#include "scp/cap/cap.h"
#include "tests/support/cap_maker.h"
#include "tests/support/expect.h"

#include <stdlib.h>
#include <string.h>

static struct cap_spec spec_of(const char *package, const char *applet, size_t method_size)
{
    struct cap_spec spec = {.major = 1, .minor = 2, .method_size = method_size, .applet_count = 1};
    assert_int_equal(scp_aid_parse(&spec.package, package), SCP_OK);
    assert_int_equal(scp_aid_parse(&spec.applets[0], applet), SCP_OK);
    return spec;
}

static const struct cap_spec *the_spec(void)
{
    static struct cap_spec spec;
    spec = spec_of("A00000033301", "A0000003330101", 200);
    return &spec;
}

/* The files of an archive, to be spoiled by a test. */
struct files {
    uint8_t buffer[2048];
    struct cap_entry entries[SCP_COMPONENT_TAGS + 2];
    size_t count;
};

static void files_init(struct files *files)
{
    static const char *const names[SCP_COMPONENT_TAGS] = {
        NULL,
        "javacard/Header.cap",
        "javacard/Directory.cap",
        "javacard/Applet.cap",
        "javacard/Import.cap",
        "javacard/ConstantPool.cap",
        "javacard/Class.cap",
        "javacard/Method.cap",
        "javacard/StaticField.cap",
        "javacard/RefLocation.cap",
        NULL,
        "javacard/Descriptor.cap",
        NULL,
    };
    struct scp_components components;
    struct scp_writer w = scp_writer_on(files->buffer, sizeof files->buffer);
    assert_int_equal(cap_make_components(the_spec(), &w, &components), SCP_OK);
    files->count = 0;
    for (size_t tag = 0; tag < SCP_COMPONENT_TAGS; tag++) {
        if (names[tag] != NULL)
            files->entries[files->count++] = (struct cap_entry){names[tag], components.by_tag[tag]};
    }
}

static struct cap_entry *find_file(struct files *files, const char *name)
{
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->entries[i].name, name) == 0)
            return &files->entries[i];
    }
    fail_msg("no file %s", name);
    return NULL;
}

/* Pack the files, open the archive, and expect a refusal that names `word`. */
static void assert_refused(const struct files *files, enum scp_error expected, const char *word)
{
    uint8_t *archive;
    size_t len;
    struct scp_cap *cap;
    struct scp_cap_problem problem = {.text = ""};
    assert_int_equal(cap_make_archive(files->entries, files->count, &archive, &len), SCP_OK);
    assert_int_equal(scp_cap_open(&cap, scp_bytes_of(archive, len), &problem), expected);
    assert_null(cap);
    if (strstr(problem.text, word) == NULL)
        fail_msg("\"%s\" does not name %s", problem.text, word);
    assert_int_equal(scp_cap_open(&cap, scp_bytes_of(archive, len), NULL), expected);
    free(archive);
}

static void a_made_archive_says_what_it_was_made_of(void **state)
{
    (void)state;
    struct cap_spec spec = spec_of("A00000033301", "A0000003330101", 30000);
    assert_int_equal(scp_aid_parse(&spec.applets[1], "A0000003330102"), SCP_OK);
    spec.applet_count = 2;
    uint8_t *archive;
    size_t len;
    struct scp_cap *cap;
    assert_int_equal(cap_make(&spec, &archive, &len), SCP_OK);
    assert_int_equal(scp_cap_open(&cap, scp_bytes_of(archive, len), NULL), SCP_OK);
    free(archive); /* the object keeps nothing of it */
    const struct scp_package *package = scp_cap_package(cap);
    assert_true(scp_aid_equal(&package->aid, &spec.package));
    assert_int_equal(package->major, 1);
    assert_int_equal(package->minor, 2);
    assert_int_equal(package->applet_count, 2);
    assert_true(scp_aid_equal(&package->applets[1], &spec.applets[1]));
    assert_int_equal(package->import_count, 2);
    assert_int_equal(scp_cap_data_block(cap, false).len, package->code_size);
    assert_true(package->code_size > 30000);
    scp_cap_free(cap);
}

static void the_load_file_is_the_data_block_without_descriptor(void **state)
{
    (void)state;
    static uint8_t buffer[4096];
    uint8_t *archive;
    size_t len;
    struct scp_cap *cap;
    struct scp_load_file file;
    assert_int_equal(cap_make(the_spec(), &archive, &len), SCP_OK);
    assert_int_equal(scp_cap_open(&cap, scp_bytes_of(archive, len), NULL), SCP_OK);
    free(archive);
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_cap_put_load_file(cap, NULL, 0, &w);
    assert_int_equal(scp_load_file_parse(scp_written(&w), &file), SCP_OK);
    assert_true(scp_bytes_equal(file.data_block, scp_cap_data_block(cap, false)));
    struct scp_components split;
    assert_int_equal(scp_data_block_split(file.data_block, &split), SCP_OK);
    assert_int_equal(split.by_tag[SCP_COMPONENT_DESCRIPTOR].len, 0);
    assert_int_equal(scp_data_block_split(scp_cap_data_block(cap, true), &split), SCP_OK);
    assert_true(split.by_tag[SCP_COMPONENT_DESCRIPTOR].len > 0);
    scp_cap_free(cap);
}

static void two_packages_have_two_hashes(void **state)
{
    (void)state;
    struct scp_digest digests[2];
    static const char *const packages[] = {"A00000033301", "A00000033302"};
    for (size_t i = 0; i < 2; i++) {
        struct cap_spec spec = spec_of(packages[i], "A0000003330101", 100);
        uint8_t *archive;
        size_t len;
        struct scp_cap *cap;
        assert_int_equal(cap_make(&spec, &archive, &len), SCP_OK);
        assert_int_equal(scp_cap_open(&cap, scp_bytes_of(archive, len), NULL), SCP_OK);
        assert_int_equal(
            scp_data_block_hash(SCP_HASH_SHA256, scp_cap_data_block(cap, false), &digests[i]),
            SCP_OK);
        scp_cap_free(cap);
        free(archive);
    }
    assert_memory_not_equal(digests[0].bytes, digests[1].bytes, 32);
}

static void a_missing_component_is_named(void **state)
{
    (void)state;
    struct files files;
    files_init(&files);
    find_file(&files, "javacard/Method.cap")->name = "javacard/Other.cap";
    assert_refused(&files, SCP_NOT_FOUND, "Method");
}

static void two_of_one_component_are_refused(void **state)
{
    (void)state;
    struct files files;
    files_init(&files);
    files.entries[files.count++] = (struct cap_entry){
        "other/javacard/Class.cap", find_file(&files, "javacard/Class.cap")->bytes};
    assert_refused(&files, SCP_DUPLICATE, "Class");
}

static void a_component_of_another_size_than_it_says_is_refused(void **state)
{
    (void)state;
    struct files files;
    files_init(&files);
    find_file(&files, "javacard/Method.cap")->bytes.len--;
    assert_refused(&files, SCP_TRUNCATED, "Method");
    files_init(&files);
    struct cap_entry *applet = find_file(&files, "javacard/Applet.cap");
    applet->bytes = find_file(&files, "javacard/Import.cap")->bytes;
    assert_refused(&files, SCP_MALFORMED, "Applet");
    files_init(&files);
    find_file(&files, "javacard/Class.cap")->bytes = SCP_EMPTY;
    assert_refused(&files, SCP_TRUNCATED, "Class");
}

static void a_directory_that_disagrees_is_refused(void **state)
{
    (void)state;
    struct files files;
    files_init(&files);
    find_file(&files, "javacard/Applet.cap")->name = "javacard/Gone.cap";
    assert_refused(&files, SCP_MISMATCH, "Applet");
}

/* Zeros pack into almost nothing. */
static void a_component_that_would_unpack_into_too_much_is_refused(void **state)
{
    (void)state;
    enum { BOMB = 70000 };
    struct files files;
    uint8_t *zeros = calloc(1, BOMB);
    assert_non_null(zeros);
    files_init(&files);
    find_file(&files, "javacard/Method.cap")->bytes = scp_bytes_of(zeros, BOMB);
    assert_refused(&files, SCP_TOO_LONG, "Method");
    free(zeros);
}

static void components_that_are_too_long_together_are_refused(void **state)
{
    (void)state;
    enum { LARGE = 3 + UINT16_MAX, COUNT = 5 };
    static uint8_t large[COUNT][LARGE];
    struct files files;
    files_init(&files);
    for (size_t i = 0; i < COUNT; i++) {
        large[i][0] = files.entries[i].bytes.ptr[0];
        scp_store_u16(&large[i][1], UINT16_MAX);
        files.entries[i].bytes = SCP_BYTES(large[i]);
    }
    assert_refused(&files, SCP_TOO_LONG, "longer than");
}

/* Code that does not compress is stored as it is, so that a change in it shows in the sum alone. */
static void a_component_with_a_wrong_sum_is_refused(void **state)
{
    (void)state;
    uint8_t *archive;
    size_t len;
    struct scp_cap *cap;
    struct scp_cap_problem problem;
    struct files files;
    files_init(&files);
    struct scp_bytes method = find_file(&files, "javacard/Method.cap")->bytes;
    assert_int_equal(cap_make(the_spec(), &archive, &len), SCP_OK);
    size_t at = 0;
    while (at < len &&
           !scp_bytes_start_with(scp_bytes_from(scp_bytes_of(archive, len), at), method))
        at++;
    assert_true(at < len);
    archive[at + method.len / 2] ^= 0x01;
    assert_int_equal(scp_cap_open(&cap, scp_bytes_of(archive, len), &problem), SCP_MALFORMED);
    assert_non_null(strstr(problem.text, "Method"));
    free(archive);
}

static void the_extended_format_is_refused_by_name(void **state)
{
    (void)state;
    struct files files;
    files_init(&files);
    find_file(&files, "javacard/Method.cap")->name = "javacard/Method.capx";
    assert_refused(&files, SCP_UNSUPPORTED, "capx");
}

static void a_header_without_magic_is_refused(void **state)
{
    (void)state;
    struct files files;
    files_init(&files);
    uint8_t header[64];
    struct cap_entry *entry = find_file(&files, "javacard/Header.cap");
    memcpy(header, entry->bytes.ptr, entry->bytes.len);
    header[3] ^= 1;
    entry->bytes.ptr = header;
    assert_refused(&files, SCP_MALFORMED, "Header");
}

static void what_is_no_archive_is_refused(void **state)
{
    (void)state;
    struct scp_cap *cap;
    struct scp_cap_problem problem;
    assert_int_equal(scp_cap_open(&cap, HEX("C40101"), &problem), SCP_MALFORMED);
    assert_non_null(strstr(problem.text, "CAP archive"));
    assert_int_equal(scp_cap_open(&cap, SCP_EMPTY, &problem), SCP_MALFORMED);
}

/* Every single-byte change and every shortening gives an error or an archive, never a fault. */
static void spoiled_archives_do_no_harm(void **state)
{
    (void)state;
    uint8_t *archive;
    size_t len;
    struct scp_cap *cap;
    assert_int_equal(cap_make(the_spec(), &archive, &len), SCP_OK);
    for (size_t i = 0; i < len; i++) {
        archive[i] ^= 0xFF;
        enum scp_error error = scp_cap_open(&cap, scp_bytes_of(archive, len), NULL);
        assert_int_equal(error == SCP_OK, cap != NULL);
        scp_cap_free(cap);
        archive[i] ^= 0xFF;
        assert_int_not_equal(scp_cap_open(&cap, scp_bytes_of(archive, i), NULL), SCP_OK);
    }
    free(archive);
}

static void a_missing_object_may_be_freed(void **state)
{
    (void)state;
    scp_cap_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_made_archive_says_what_it_was_made_of),
        cmocka_unit_test(the_load_file_is_the_data_block_without_descriptor),
        cmocka_unit_test(two_packages_have_two_hashes),
        cmocka_unit_test(a_missing_component_is_named),
        cmocka_unit_test(two_of_one_component_are_refused),
        cmocka_unit_test(a_component_of_another_size_than_it_says_is_refused),
        cmocka_unit_test(a_directory_that_disagrees_is_refused),
        cmocka_unit_test(a_component_that_would_unpack_into_too_much_is_refused),
        cmocka_unit_test(components_that_are_too_long_together_are_refused),
        cmocka_unit_test(a_component_with_a_wrong_sum_is_refused),
        cmocka_unit_test(the_extended_format_is_refused_by_name),
        cmocka_unit_test(a_header_without_magic_is_refused),
        cmocka_unit_test(what_is_no_archive_is_refused),
        cmocka_unit_test(spoiled_archives_do_no_harm),
        cmocka_unit_test(a_missing_object_may_be_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
