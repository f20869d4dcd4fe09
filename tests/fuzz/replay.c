/* Run a fuzz target over files: replay FOLDER…, every file in each. Fails when there is none. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>

enum { PATH = 4096, INPUT_MAX = 1024 * 1024 };

static bool run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return false;
    }
    uint8_t *buffer = malloc(INPUT_MAX);
    size_t len = buffer == NULL ? 0 : fread(buffer, 1, INPUT_MAX, file);
    (void)fclose(file);
    /* A copy of exactly this size, so that reading past its end is found. */
    uint8_t *input = malloc(len > 0 ? len : 1);
    bool ok = buffer != NULL && input != NULL;
    if (ok) {
        struct scp_writer w = scp_writer_on(input, len);
        scp_put(&w, scp_bytes_of(buffer, len));
        (void)LLVMFuzzerTestOneInput(input, len);
    }
    free(input);
    free(buffer);
    return ok;
}

/* The number of files run; 0 when one could not be read. */
static size_t run_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t count = 0;
    const struct dirent *entry;
    if (dir == NULL) {
        perror(folder);
        return 0;
    }
    while ((entry = readdir(dir)) != NULL) {
        char path[PATH];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (!run_file(path)) {
            count = 0;
            break;
        }
        count++;
    }
    (void)closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        size_t count = run_folder(argv[i]);
        printf("%s: %zu inputs\n", argv[i], count);
        if (count == 0)
            return EXIT_FAILURE;
    }
    return argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
