/* search-secrets SECRETS FILE…: looks for secrets in files, as they are and as text.
 *
 * SECRETS has one a line: a name and the bytes in hex. Each is looked for raw, in hex of both
 * cases, and in base64 at the three places where it may begin in a group. Every find is a line,
 * `FILE: NAME as FORM at OFFSET`. Exit status: 0 nothing found, 1 something, 2 trouble. */
#include "scp/base/bytes.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    EXIT_FOUND = 1,
    EXIT_TROUBLE = 2,
    SECRET_MIN = 8, /* shorter ones would be found by chance */
    SECRET_MAX = 64,
    NAME_SIZE = 64,
    FORM_SIZE = 2 * SECRET_MAX,
    HEADS = 0x10000, /* needles are found by their first two bytes */
};

struct needle {
    char name[NAME_SIZE];
    const char *form;
    uint8_t bytes[FORM_SIZE];
    size_t len;
    struct needle *next;
};

static struct needle *needles[HEADS];

static size_t head_of(const uint8_t *bytes)
{
    return (size_t)bytes[0] << 8 | bytes[1];
}

static bool add_needle(const char *name, const char *form, struct scp_bytes bytes)
{
    struct needle *needle = calloc(1, sizeof *needle);
    if (needle == NULL || bytes.len > sizeof needle->bytes || bytes.len < 2) {
        free(needle);
        return false;
    }
    (void)snprintf(needle->name, sizeof needle->name, "%s", name);
    needle->form = form;
    memcpy(needle->bytes, bytes.ptr, bytes.len);
    needle->len = bytes.len;
    needle->next = needles[head_of(bytes.ptr)];
    needles[head_of(bytes.ptr)] = needle;
    return true;
}

static bool add_hex(const char *name, const char *form, const char *digits, struct scp_bytes secret)
{
    uint8_t text[FORM_SIZE];
    for (size_t i = 0; i < secret.len; i++) {
        text[2 * i] = (uint8_t)digits[secret.ptr[i] >> 4];
        text[2 * i + 1] = (uint8_t)digits[secret.ptr[i] & 0x0F];
    }
    return add_needle(name, form, scp_bytes_of(text, 2 * secret.len));
}

/* The whole groups of three from the drop-th byte on: the same text wherever the secret begins. */
static bool add_base64(const char *name, const char *form, size_t drop, struct scp_bytes secret)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t text[FORM_SIZE];
    size_t len = 0;
    for (size_t i = drop; i + 3 <= secret.len; i += 3) {
        unsigned group =
            (unsigned)secret.ptr[i] << 16 | (unsigned)secret.ptr[i + 1] << 8 | secret.ptr[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            text[len++] = (uint8_t)letters[group >> shift & 0x3F];
    }
    return add_needle(name, form, scp_bytes_of(text, len));
}

static bool add_secret(const char *name, struct scp_bytes secret)
{
    static const char *const base64_forms[] = {"base64", "base64 from its second byte",
                                               "base64 from its third byte"};
    bool added = add_needle(name, "bytes", secret) &&
                 add_hex(name, "lower-case hex", "0123456789abcdef", secret) &&
                 add_hex(name, "upper-case hex", "0123456789ABCDEF", secret);
    for (size_t drop = 0; added && drop < 3; drop++)
        added = add_base64(name, base64_forms[drop], drop, secret);
    return added;
}

static bool read_secrets(const char *path, size_t *count)
{
    char line[NAME_SIZE + 2 * SECRET_MAX + 2];
    FILE *file = fopen(path, "r");
    bool read = file != NULL;
    *count = 0;
    while (read && fgets(line, sizeof line, file) != NULL) {
        uint8_t bytes[SECRET_MAX];
        struct scp_writer secret = scp_writer_on(bytes, sizeof bytes);
        line[strcspn(line, "\n")] = '\0';
        char *hex = strchr(line, ' ');
        read =
            hex != NULL && scp_hex_decode(hex + 1, &secret) == SCP_OK && secret.len >= SECRET_MIN;
        if (!read)
            break;
        *hex = '\0';
        read = add_secret(line, scp_written(&secret));
        (*count)++;
    }
    if (file != NULL)
        (void)fclose(file);
    return read && *count > 0;
}

static size_t search(const char *path, struct scp_bytes in)
{
    size_t found = 0;
    for (size_t at = 0; at + 1 < in.len; at++) {
        for (const struct needle *n = needles[head_of(in.ptr + at)]; n != NULL; n = n->next) {
            if (n->len > in.len - at || memcmp(in.ptr + at, n->bytes, n->len) != 0)
                continue;
            printf("%s: %s as %s at %zu\n", path, n->name, n->form, at);
            found++;
        }
    }
    return found;
}

static bool search_file(const char *path, size_t *found)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    size_t len = (size_t)st.st_size;
    void *map = len == 0 ? NULL : mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
    (void)close(fd);
    if (map == MAP_FAILED)
        return false;
    if (map != NULL) {
        *found += search(path, scp_bytes_of(map, len));
        (void)munmap(map, len);
    }
    return true;
}

static void forget_needles(void)
{
    for (size_t i = 0; i < HEADS; i++) {
        while (needles[i] != NULL) {
            struct needle *next = needles[i]->next;
            free(needles[i]);
            needles[i] = next;
        }
    }
}

int main(int argc, char **argv)
{
    size_t secrets = 0;
    size_t found = 0;
    bool searched = argc > 2 && read_secrets(argv[1], &secrets);
    if (!searched)
        fprintf(stderr, "usage: search-secrets SECRETS FILE…; a secret is a name and 8–64 bytes\n");
    for (int i = 2; searched && i < argc; i++) {
        searched = search_file(argv[i], &found);
        if (!searched)
            perror(argv[i]);
    }
    forget_needles();
    if (!searched)
        return EXIT_TROUBLE;
    printf("%zu secrets in %d files: %zu found\n", secrets, argc - 2, found);
    return found == 0 ? EXIT_SUCCESS : EXIT_FOUND;
}
