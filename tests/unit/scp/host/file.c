/* Files: limits, modes, and that a write is whole or not at all. */
#include "scp/host/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/test.h"

struct folder {
    char path[64];
    char file[80];
};

static int make_folder(void **state)
{
    struct folder *f = calloc(1, sizeof *f);
    assert_non_null(f);
    (void)snprintf(f->path, sizeof f->path, "%s", "/tmp/rebind-file-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    (void)snprintf(f->file, sizeof f->file, "%s/file", f->path);
    *state = f;
    return 0;
}

static int drop_folder(void **state)
{
    struct folder *f = *state;
    (void)unlink(f->file);
    (void)rmdir(f->path);
    free(f);
    return 0;
}

static int count_entries(const char *path)
{
    DIR *dir = opendir(path);
    assert_non_null(dir);
    int count = 0;
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            count++;
    }
    (void)closedir(dir);
    return count;
}

static void write_text(const char *path, const char *text, mode_t mode)
{
    assert_int_equal(rebind_file_write(path, scp_bytes_of(text, strlen(text)), mode, NULL), SCP_OK);
}

static void file_read_returns_what_was_written(void **state)
{
    struct folder *f = *state;
    static uint8_t content[10000];
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(i * 31);
    assert_int_equal(rebind_file_write(f->file, SCP_BYTES(content), 0644, NULL), SCP_OK);
    struct rebind_blob blob;
    assert_int_equal(rebind_file_read(f->file, sizeof content, &blob, NULL), SCP_OK);
    assert_true(scp_bytes_equal(rebind_blob_bytes(&blob), SCP_BYTES(content)));
    assert_int_equal(blob.ptr[blob.len], 0);
    rebind_blob_free(&blob);
    assert_null(blob.ptr);
}

static void file_read_refuses_more_than_the_limit(void **state)
{
    struct folder *f = *state;
    write_text(f->file, "12345", 0644);
    struct rebind_blob blob;
    struct rebind_problem problem = {""};
    assert_int_equal(rebind_file_read(f->file, 4, &blob, &problem), SCP_TOO_LONG);
    assert_null(blob.ptr);
    assert_non_null(strstr(problem.text, "longer than 4 bytes"));
    assert_int_equal(rebind_file_read(f->file, 5, &blob, NULL), SCP_OK);
    rebind_blob_free(&blob);
}

static void file_read_of_an_empty_file_gives_empty_text(void **state)
{
    struct folder *f = *state;
    write_text(f->file, "", 0644);
    struct rebind_blob blob;
    assert_int_equal(rebind_file_read(f->file, 0, &blob, NULL), SCP_OK);
    assert_int_equal(blob.len, 0);
    assert_string_equal((const char *)blob.ptr, "");
    rebind_blob_free(&blob);
}

static void file_read_names_the_missing_file_and_the_cause(void **state)
{
    struct folder *f = *state;
    struct rebind_blob blob;
    struct rebind_problem problem = {""};
    assert_int_equal(rebind_file_read(f->file, 10, &blob, &problem), SCP_NOT_FOUND);
    assert_non_null(strstr(problem.text, f->file));
    assert_non_null(strstr(problem.text, "No such file"));
    assert_int_equal(rebind_file_read(f->path, 10, &blob, &problem), SCP_IO);
}

static void private_read_refuses_a_file_open_to_others(void **state)
{
    struct folder *f = *state;
    static const mode_t open_modes[] = {0640, 0604, 0620, 0602, 0610, 0601};
    struct rebind_blob blob;
    for (size_t i = 0; i < sizeof open_modes / sizeof open_modes[0]; i++) {
        write_text(f->file, "key", open_modes[i]);
        struct rebind_problem problem = {""};
        assert_int_equal(rebind_file_read_private(f->file, 10, &blob, &problem), SCP_OUT_OF_RANGE);
        assert_non_null(strstr(problem.text, "open to others"));
        assert_null(blob.ptr);
    }
    write_text(f->file, "key", 0600);
    assert_int_equal(rebind_file_read_private(f->file, 10, &blob, NULL), SCP_OK);
    rebind_blob_free(&blob);
    assert_int_equal(rebind_file_read_private("/dev/null", 10, &blob, NULL), SCP_OUT_OF_RANGE);
}

static void file_write_replaces_content_and_mode_and_leaves_no_temporary(void **state)
{
    struct folder *f = *state;
    write_text(f->file, "old and longer", 0644);
    write_text(f->file, "new", 0600);
    struct stat st;
    assert_int_equal(stat(f->file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 3);
    assert_int_equal(count_entries(f->path), 1);
}

static void file_write_that_fails_leaves_nothing_behind(void **state)
{
    struct folder *f = *state;
    assert_int_equal(mkdir(f->file, 0700), 0);
    struct rebind_problem problem = {""};
    assert_int_not_equal(rebind_file_write(f->file, SCP_LITERAL(1), 0600, &problem), SCP_OK);
    assert_non_null(strstr(problem.text, "cannot write"));
    assert_int_equal(count_entries(f->path), 1);
    assert_int_equal(rmdir(f->file), 0);
    assert_int_equal(rebind_file_write("/nonexistent/x", SCP_LITERAL(1), 0600, NULL),
                     SCP_NOT_FOUND);
}

static void file_create_never_overwrites(void **state)
{
    struct folder *f = *state;
    assert_int_equal(rebind_file_create(f->file, SCP_LITERAL('a'), 0600, NULL), SCP_OK);
    assert_int_equal(rebind_file_create(f->file, SCP_LITERAL('b'), 0600, NULL), SCP_DUPLICATE);
    struct rebind_blob blob;
    assert_int_equal(rebind_file_read(f->file, 1, &blob, NULL), SCP_OK);
    assert_int_equal(blob.ptr[0], 'a');
    rebind_blob_free(&blob);
    assert_int_equal(count_entries(f->path), 1);
}

static void make_dirs_makes_parents_and_accepts_what_is_there(void **state)
{
    struct folder *f = *state;
    char deep[100];
    (void)snprintf(deep, sizeof deep, "%s/a//b/", f->path);
    assert_int_equal(rebind_make_dirs(deep, 0700, NULL), SCP_OK);
    assert_int_equal(rebind_make_dirs(deep, 0700, NULL), SCP_OK);
    struct stat st;
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(rmdir(deep), 0);
    (void)snprintf(deep, sizeof deep, "%s/a", f->path);
    assert_int_equal(rmdir(deep), 0);
}

static void make_dirs_refuses_a_file_in_the_way(void **state)
{
    struct folder *f = *state;
    write_text(f->file, "x", 0600);
    struct rebind_problem problem = {""};
    assert_int_equal(rebind_make_dirs(f->file, 0700, &problem), SCP_IO);
    assert_non_null(strstr(problem.text, "Not a directory"));
    assert_int_equal(rebind_make_dirs("", 0700, &problem), SCP_TOO_LONG);
}

static void problem_keeps_the_cause_when_the_path_is_long(void **state)
{
    (void)state;
    char path[600];
    memset(path, 'p', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    struct rebind_problem problem = {""};
    assert_int_equal(rebind_problem_errno(&problem, 13, "cannot open %s", path), SCP_IO);
    assert_non_null(strstr(problem.text, ": Permission denied"));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(file_read_returns_what_was_written),
        IN_FOLDER(file_read_refuses_more_than_the_limit),
        IN_FOLDER(file_read_of_an_empty_file_gives_empty_text),
        IN_FOLDER(file_read_names_the_missing_file_and_the_cause),
        IN_FOLDER(private_read_refuses_a_file_open_to_others),
        IN_FOLDER(file_write_replaces_content_and_mode_and_leaves_no_temporary),
        IN_FOLDER(file_write_that_fails_leaves_nothing_behind),
        IN_FOLDER(file_create_never_overwrites),
        IN_FOLDER(make_dirs_makes_parents_and_accepts_what_is_there),
        IN_FOLDER(make_dirs_refuses_a_file_in_the_way),
        cmocka_unit_test(problem_keeps_the_cause_when_the_path_is_long),
    };
    return cmocka_run_group_tests_name("scp_host_file", tests, NULL, NULL);
}
