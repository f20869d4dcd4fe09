/* vector-check FILE.json…: check every record of the files against libscp.
 *
 * Prints each failure with what was expected and what came out, each skipped record with its
 * reason, and ends with `N passed, N failed, N skipped`. The exit status is 1 when a record failed,
 * is of an unknown kind, or has an expected field that nothing looked at; 2 when a file cannot be
 * read, which does not keep the others from being checked. Kinds of protocols that libscp does not
 * speak whole are skipped instead.
 *
 * A kind `X-negative` or `X-quirk` without a check of its own is checked as `X`, which then looks
 * at the record's `accept`. Upper and lower case are one in kinds, and so are the protocols GP,
 * GP-DM, DAP and CAP where the record's own has no such kind. */
#include "tests/vectors/vector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PATH = 256 };

struct tally {
    size_t passed;
    size_t failed;
    size_t skipped;
};

/* Protocols of which libscp speaks a part, or nothing. */
static const struct {
    const char *name;
    const char *reason;
} partial[] = {
    {"SCP01", "SCP01 is not spoken"},
    {"SCP81", "SCP81 is not spoken"},
    {"EMV", "this kind of EMV record has no check"},
};

static const char *why_skipped(const char *protocol)
{
    for (size_t i = 0; i < sizeof partial / sizeof partial[0]; i++)
        if (strcmp(partial[i].name, protocol) == 0)
            return partial[i].reason;
    return NULL;
}

/* Sources differ in which of these they file a record of content management under. */
static bool is_content(const char *protocol)
{
    static const char *const names[] = {"GP", "GP-DM", "DAP", "CAP"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], protocol) == 0)
            return true;
    return false;
}

/* Whether a table's kind is the first `len` characters of a record's. */
static bool is_kind(const char *own, const char *kind, size_t len)
{
    return strlen(own) == len && strncasecmp(own, kind, len) == 0;
}

/* One that ends in '*' is the start that a group of kinds shares. */
static bool is_group(const char *own, const char *kind, size_t len)
{
    size_t start = strcspn(own, "*");
    return start <= len && own[start] == '*' && strncasecmp(own, kind, start) == 0;
}

typedef bool kind_fits(const char *own, const char *kind, size_t len);

static const struct vector_kind *find_kind(const char *protocol, const char *kind, size_t len,
                                           kind_fits *fits)
{
    const struct vector_kind *found = NULL;
    for (size_t f = 0; f < vector_family_count; f++) {
        const struct vector_family *family = vector_families[f];
        for (size_t k = 0; k < family->count; k++) {
            const struct vector_kind *own = &family->kinds[k];
            if (!fits(own->kind, kind, len))
                continue;
            if (strcmp(own->protocol, protocol) == 0)
                return own;
            if (found == NULL && is_content(own->protocol) && is_content(protocol))
                found = own;
        }
    }
    return found;
}

static const struct vector_kind *kind_of(const char *protocol, const char *kind)
{
    static const char *const variants[] = {"-negative", "-quirk"};
    size_t len = strlen(kind);
    const struct vector_kind *found = find_kind(protocol, kind, len, is_kind);
    for (size_t i = 0; found == NULL && i < sizeof variants / sizeof variants[0]; i++) {
        size_t suffix = strlen(variants[i]);
        if (len > suffix && strcmp(&kind[len - suffix], variants[i]) == 0)
            found = find_kind(protocol, kind, len - suffix, is_kind);
    }
    return found != NULL ? found : find_kind(protocol, kind, len, is_group);
}

static const char *text_of(const json_t *record, const char *name)
{
    const char *text = json_string_value(json_object_get(record, name));
    return text == NULL ? "?" : text;
}

/* Name every leaf that is left of an expected value: "parsed.scp[0].oid". */
static void report_unchecked(struct vector *v, json_t *value, const char *path)
{
    char inner_path[PATH];
    const char *name;
    json_t *inner;
    size_t i;
    if (json_is_object(value)) {
        json_object_foreach(value, name, inner)
        {
            (void)snprintf(inner_path, sizeof inner_path, "%s%s%s", path, *path ? "." : "", name);
            report_unchecked(v, inner, inner_path);
        }
        return;
    }
    if (json_is_array(value)) {
        json_array_foreach(value, i, inner)
        {
            (void)snprintf(inner_path, sizeof inner_path, "%s[%zu]", path, i);
            report_unchecked(v, inner, inner_path);
        }
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    vector_fail(v, path, "a check of this field", text == NULL ? "none" : text);
    free(text);
}

/* Check a record of a known kind; a record that expects nothing proves nothing. */
static void run_kind(struct vector *v, const struct vector_kind *kind)
{
    if (json_object_size(v->expected) == 0)
        vector_fail(v, "expected", "a field", "none");
    kind->check(v);
    if (v->skipped == NULL)
        report_unchecked(v, v->expected, "");
}

static void check_record(const json_t *record, struct tally *tally)
{
    static struct vector v; /* its arena is too large for a stack frame */
    const char *protocol = text_of(record, "protocol");
    memset(&v, 0, sizeof v);
    v.id = text_of(record, "id");
    v.kind = text_of(record, "kind");
    v.inputs = json_object_get(record, "inputs");
    v.expected = json_deep_copy(json_object_get(record, "expected"));
    const struct vector_kind *kind = kind_of(protocol, v.kind);
    if (kind != NULL)
        run_kind(&v, kind);
    else if (why_skipped(protocol) != NULL)
        vector_skip(&v, why_skipped(protocol));
    else
        vector_fail(&v, protocol, "a known kind", v.kind);
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
    bool all_read = true;
    for (int i = 1; i < argc; i++)
        all_read = check_file(argv[i], &tally) && all_read;
    printf("%zu passed, %zu failed, %zu skipped\n", tally.passed, tally.failed, tally.skipped);
    if (!all_read)
        return 2;
    return tally.failed == 0 ? 0 : 1;
}
