/* vector-check FILE.json…: check every record of the files against libscp.
 *
 * Prints each failure with what was expected and what came out, each skipped record with its
 * reason, and ends with `N passed, N failed, N skipped`. The exit status is 1 when a record failed,
 * is of an unknown kind, or has an expected field that nothing looked at; 2 when a file cannot be
 * read. */
#include "tests/vectors/vector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tally {
    size_t passed;
    size_t failed;
    size_t skipped;
};

/* A kind in a table may end in '*': the start that a group of kinds shares. */
static bool kind_fits(const char *pattern, const char *kind)
{
    size_t len = strlen(pattern);
    return len > 0 && pattern[len - 1] == '*' ? strncmp(pattern, kind, len - 1) == 0
                                              : strcmp(pattern, kind) == 0;
}

static const struct vector_kind *kind_of(const char *protocol, const char *kind)
{
    for (size_t f = 0; f < vector_family_count; f++) {
        const struct vector_family *family = vector_families[f];
        for (size_t k = 0; k < family->count; k++)
            if (strcmp(family->kinds[k].protocol, protocol) == 0 &&
                kind_fits(family->kinds[k].kind, kind))
                return &family->kinds[k];
    }
    return NULL;
}

static const char *text_of(const json_t *record, const char *name)
{
    const char *text = json_string_value(json_object_get(record, name));
    return text == NULL ? "?" : text;
}

/* Whether nothing is left of an expected value: of an object or array, nothing in any part. */
static bool is_spent(json_t *value)
{
    const char *name;
    json_t *inner;
    size_t i;
    json_t *element;
    if (json_is_object(value)) {
        json_object_foreach(value, name, inner)
        {
            if (!is_spent(inner))
                return false;
        }
        return true;
    }
    if (json_is_array(value)) {
        json_array_foreach(value, i, element)
        {
            if (!is_spent(element))
                return false;
        }
        return true;
    }
    return false;
}

static void report_unchecked(struct vector *v)
{
    const char *name;
    json_t *value;
    json_object_foreach(v->expected, name, value)
    {
        if (is_spent(value))
            continue;
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        vector_fail(v, name, "a check of this field", text == NULL ? "none" : text);
        free(text);
    }
}

static void check_record(const json_t *record, struct tally *tally)
{
    static struct vector v; /* its arena is too large for a stack frame */
    memset(&v, 0, sizeof v);
    v.id = text_of(record, "id");
    v.kind = text_of(record, "kind");
    v.inputs = json_object_get(record, "inputs");
    v.expected = json_deep_copy(json_object_get(record, "expected"));
    const struct vector_kind *kind = kind_of(text_of(record, "protocol"), text_of(record, "kind"));
    if (kind == NULL)
        vector_fail(&v, text_of(record, "protocol"), "a known kind", text_of(record, "kind"));
    else
        kind->check(&v);
    if (kind != NULL && v.skipped == NULL)
        report_unchecked(&v);
    if (v.skipped != NULL)
        printf("skipped %s: %s\n", v.id, v.skipped);
    json_decref(v.expected);
    size_t *count = v.failures > 0      ? &tally->failed
                    : v.skipped != NULL ? &tally->skipped
                                        : &tally->passed;
    ++*count;
}

static bool check_file(const char *path, struct tally *tally)
{
    json_error_t error;
    json_t *file = json_load_file(path, 0, &error);
    const json_t *records = json_object_get(file, "records");
    if (json_array_size(records) == 0) {
        fprintf(stderr, "%s: %s\n", path, file == NULL ? error.text : "no records");
        json_decref(file);
        return false;
    }
    size_t i;
    json_t *record;
    json_array_foreach(records, i, record)
    {
        check_record(record, tally);
    }
    json_decref(file);
    return true;
}

int main(int argc, char **argv)
{
    struct tally tally = {0, 0, 0};
    if (argc < 2) {
        fprintf(stderr, "usage: vector-check FILE.json...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++)
        if (!check_file(argv[i], &tally))
            return 2;
    printf("%zu passed, %zu failed, %zu skipped\n", tally.passed, tally.failed, tally.skipped);
    return tally.failed == 0 ? 0 : 1;
}
