/* cap-maker: write a synthetic CAP archive. */
#include "tests/support/cap_maker.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_SIZE = 1024 };

static int usage(void)
{
    (void)fputs("usage: cap-maker OUT.cap --package AID [--version MAJOR.MINOR]"
                " [--applet AID[,AID]...] [--size BYTES]\n",
                stderr);
    return EXIT_FAILURE;
}

/* A decimal number that ends at one of `ends`; leaves `text` on it. */
static bool take_number(const char **text, const char *ends, unsigned long max, unsigned long *out)
{
    char *end;
    errno = 0;
    *out = strtoul(*text, &end, 10);
    bool ok = errno == 0 && end != *text && *out <= max && strchr(ends, *end) != NULL;
    *text = end;
    return ok;
}

static bool take_version(const char *text, struct cap_spec *spec)
{
    unsigned long major;
    unsigned long minor;
    if (!take_number(&text, ".", UINT8_MAX, &major) || *text != '.')
        return false;
    text++;
    if (!take_number(&text, "", UINT8_MAX, &minor))
        return false;
    spec->major = (uint8_t)major;
    spec->minor = (uint8_t)minor;
    return true;
}

static bool take_applets(char *list, struct cap_spec *spec)
{
    char *rest = list;
    const char *item;
    while ((item = strsep(&rest, ",")) != NULL) {
        if (spec->applet_count == SCP_PACKAGE_APPLETS_MAX ||
            scp_aid_parse(&spec->applets[spec->applet_count], item) != SCP_OK)
            return false;
        spec->applet_count++;
    }
    return true;
}

static bool take_option(int option, char *value, struct cap_spec *spec)
{
    const char *text = value;
    unsigned long size;
    switch (option) {
    case 'p':
        return scp_aid_parse(&spec->package, value) == SCP_OK;
    case 'v':
        return take_version(value, spec);
    case 'a':
        return take_applets(value, spec);
    case 's':
        if (!take_number(&text, "", CAP_METHOD_MAX, &size))
            return false;
        spec->method_size = size;
        return true;
    default:
        return false;
    }
}

static bool write_file(const char *path, const uint8_t *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return false;
    bool written = fwrite(bytes, 1, len, file) == len;
    return fclose(file) == 0 && written;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"package", required_argument, NULL, 'p'},
                                            {"version", required_argument, NULL, 'v'},
                                            {"applet", required_argument, NULL, 'a'},
                                            {"size", required_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    struct cap_spec spec = {.major = 1, .minor = 0, .method_size = DEFAULT_SIZE};
    int option;
    while ((option = getopt_long(argc, argv, "p:v:a:s:", options, NULL)) != -1) {
        if (!take_option(option, optarg, &spec))
            return usage();
    }
    if (optind + 1 != argc || spec.package.len == 0)
        return usage();
    uint8_t *archive;
    size_t len;
    enum scp_error error = cap_make(&spec, &archive, &len);
    if (error != SCP_OK) {
        (void)fprintf(stderr, "cap-maker: %s\n", scp_error_text(error));
        return EXIT_FAILURE;
    }
    bool written = write_file(argv[optind], archive, len);
    if (!written)
        perror(argv[optind]);
    free(archive);
    return written ? EXIT_SUCCESS : EXIT_FAILURE;
}
