/* CAP archives. The real ones are not in this tree: they are looked for in the folder that
 * REBIND_CAPS_DIR names. */
#include "scp/cap/cap.h"
#include "tests/vectors/families.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 512, TEXT = 16, BLOCK_MAX = 65535 };

/* ---- load file structure ------------------------------------------------------------------ */

static void load_file_structure(struct vector *v)
{
    static const uint8_t block[BLOCK_MAX];
    static uint8_t buffer[BLOCK_MAX + 8];
    const json_t *headers = json_object_get(v->expected, "headers");
    const json_t *lengths = json_object_get(v->inputs, "lengths");
    size_t i;
    json_t *length;
    vector_expect_count(v, "headers", headers, json_array_size(lengths));
    json_array_foreach(lengths, i, length)
    {
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        scp_put_load_file(&w, NULL, 0, scp_bytes_of(block, (size_t)json_integer_value(length)));
        struct scp_bytes expected = vector_hex_of(v, json_array_get(headers, i));
        if (!scp_bytes_start_with(scp_written(&w), expected))
            vector_fail_bytes(v, "header", expected, scp_bytes_slice(scp_written(&w), 0, 4));
    }
    vector_taken(v->expected, "headers");
}

/* ---- archives ----------------------------------------------------------------------------- */

/* Read a whole file, which the caller frees. */
static bool read_file(const char *path, uint8_t **bytes, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    *bytes = malloc(SCP_CAP_MAX);
    *len = *bytes == NULL ? 0 : fread(*bytes, 1, SCP_CAP_MAX, file);
    (void)fclose(file);
    return *bytes != NULL;
}

static void expect_version(struct vector *v, json_t *of, const char *name, uint8_t major,
                           uint8_t minor)
{
    char text[TEXT];
    (void)snprintf(text, sizeof text, "%u.%u", major, minor);
    vector_expect_text(v, of, name, text);
}

static void expect_package(struct vector *v, const struct scp_package *package)
{
    json_t *name = json_object_get(v->expected, "package");
    expect_version(v, v->expected, "cap_format_version", package->format_major,
                   package->format_minor);
    vector_expect_bytes(v, v->expected, "flags", scp_bytes_of(&package->flags, 1));
    expect_version(v, name, "version", package->major, package->minor);
    vector_expect_bytes(v, name, "aid", scp_aid_bytes(&package->aid));
    json_t *applets = json_object_get(v->expected, "applets");
    vector_expect_count(v, "applets", applets, package->applet_count);
    for (size_t i = 0; i < package->applet_count; i++) {
        json_t *applet = json_array_get(applets, i);
        vector_expect_bytes(v, applet, "aid", scp_aid_bytes(&package->applets[i]));
        vector_expect_number(v, applet, "install_method_offset", package->install_offsets[i]);
    }
    json_t *imports = json_object_get(v->expected, "imports");
    vector_expect_count(v, "imports", imports, package->import_count);
    for (size_t i = 0; i < package->import_count; i++) {
        json_t *import = json_array_get(imports, i);
        vector_expect_bytes(v, import, "aid", scp_aid_bytes(&package->imports[i].aid));
        expect_version(v, import, "version", package->imports[i].major, package->imports[i].minor);
    }
}

static uint8_t tag_named(const char *name)
{
    for (int tag = SCP_COMPONENT_HEADER; tag < SCP_COMPONENT_TAGS; tag++) {
        if (strcmp(scp_component_name((uint8_t)tag), name) == 0)
            return (uint8_t)tag;
    }
    return 0;
}

static void expect_components(struct vector *v, const struct scp_components *components)
{
    size_t i;
    json_t *component;
    json_array_foreach(json_object_get(v->expected, "components"), i, component)
    {
        uint8_t tag = tag_named(vector_text(v, component, "name"));
        vector_expect_number(v, component, "length", (long)components->by_tag[tag].len);
        vector_expect_number(v, component, "tag", tag);
        vector_taken(component, "name");
    }
    /* That Directory agrees with the components is checked when the archive is opened. */
    json_t *size;
    json_array_foreach(json_object_get(v->expected, "directory_component_sizes"), i, size)
    {
        size_t len = i + 1 < SCP_COMPONENT_TAGS ? components->by_tag[i + 1].len : 0;
        if ((size_t)json_integer_value(size) != (len > 0 ? len - 3 : 0))
            vector_fail(v, "directory size", "that of the component", "another");
    }
    vector_taken(v->expected, "directory_component_sizes");
}

static void expect_block(struct vector *v, const char *name, struct scp_bytes block)
{
    json_t *of = json_object_get(v->expected, name);
    struct scp_digest digest;
    vector_expect_number(v, of, "length", (long)block.len);
    if (vector_ok(v, "SHA-1", scp_data_block_hash(SCP_HASH_SHA1, block, &digest)))
        vector_expect_bytes(v, of, "sha1", scp_bytes_of(digest.bytes, digest.len));
    if (vector_ok(v, "SHA-256", scp_data_block_hash(SCP_HASH_SHA256, block, &digest)))
        vector_expect_bytes(v, of, "sha256", scp_bytes_of(digest.bytes, digest.len));
}

static void expect_load_file(struct vector *v, const struct scp_cap *cap)
{
    static uint8_t buffer[SCP_LOAD_FILE_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_cap_put_load_file(cap, NULL, 0, &w);
    size_t header = vector_hex(v, v->expected, "load_file_header").len;
    vector_expect_bytes(v, v->expected, "load_file_header",
                        scp_bytes_slice(scp_written(&w), 0, header));
    vector_expect_number(v, v->expected, "load_file_length", (long)scp_written(&w).len);
}

static void expect_archive(struct vector *v, struct scp_bytes archive)
{
    struct scp_cap *cap;
    struct scp_cap_problem problem;
    if (scp_cap_open(&cap, archive, &problem) != SCP_OK) {
        vector_fail(v, "scp_cap_open", "success", problem.text);
        return;
    }
    expect_package(v, scp_cap_package(cap));
    expect_components(v, scp_cap_components(cap));
    expect_block(v, "load_file_data_block", scp_cap_data_block(cap, false));
    expect_block(v, "load_file_data_block_with_descriptor", scp_cap_data_block(cap, true));
    expect_load_file(v, cap);
    scp_cap_free(cap);
}

/* Whether these bytes are the record's: of its length, and with its hash. */
static bool is_record(struct vector *v, struct scp_bytes archive)
{
    struct scp_digest digest;
    struct scp_bytes expected = VECTOR_ANY(v, "file_sha256");
    if (vector_u32(v, v->inputs, "file_length", (uint32_t)archive.len) != archive.len)
        return false;
    return expected.len == 0 || (scp_data_block_hash(SCP_HASH_SHA256, archive, &digest) == SCP_OK &&
                                 scp_bytes_equal(expected, scp_bytes_of(digest.bytes, digest.len)));
}

/* Check the file if it is the record's. */
static bool check_file(struct vector *v, const char *folder, const char *name)
{
    char path[PATH];
    uint8_t *bytes;
    size_t len;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!read_file(path, &bytes, &len))
        return false;
    bool found = is_record(v, scp_bytes_of(bytes, len));
    if (found)
        expect_archive(v, scp_bytes_of(bytes, len));
    free(bytes);
    return found;
}

/* A record without a name is known by its hash alone. */
static bool check_any(struct vector *v, const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    bool found = false;
    while (dir != NULL && !found && (entry = readdir(dir)) != NULL)
        found = entry->d_name[0] != '.' && check_file(v, folder, entry->d_name);
    if (dir != NULL)
        (void)closedir(dir);
    return found;
}

static void cap_file(struct vector *v)
{
    const char *folder = getenv("REBIND_CAPS_DIR");
    if (folder == NULL || *folder == '\0') {
        vector_skip(v, "REBIND_CAPS_DIR is not set");
        return;
    }
    bool found = vector_has(v->inputs, "file")
                     ? check_file(v, folder, vector_text(v, v->inputs, "file"))
                     : vector_has(v->inputs, "file_sha256") && check_any(v, folder);
    if (!found)
        vector_skip(v, "the file is not in REBIND_CAPS_DIR");
}

static const struct vector_kind kinds[] = {
    {"CAP", "cap-file", cap_file},
    {"CAP", "load-file-structure", load_file_structure},
};
const struct vector_family vector_cap = VECTOR_FAMILY(kinds);
