/* The corpus as a test: each file goes through the fuzz target once. */
#include "tests/support/test.h"

#include "policies/document/document.h"
#include "scp/host/file.h"

#include <dirent.h>
#include <stdio.h>

#define CORPUS REBIND_SOURCE_DIR "/tests/fuzz/corpus/policy"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void corpus_of_policies_is_harmless(void **state)
{
    (void)state;
    DIR *folder = opendir(CORPUS);
    assert_non_null(folder);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[1024];
        struct rebind_blob file;
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", CORPUS, entry->d_name);
        assert_int_equal(rebind_file_read(path, (size_t)2 * DOC_SIZE_MAX, &file, NULL), SCP_OK);
        assert_int_equal(LLVMFuzzerTestOneInput(file.ptr, file.len), 0);
        rebind_blob_free(&file);
        count++;
    }
    assert_int_equal(closedir(folder), 0);
    assert_true(count >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus_of_policies_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
