#include "scp/cap/cap.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zip.h>

enum {
    ENTRIES_MAX = 256, /* of an archive; a package has twelve components */
    COMPONENT_MAX = 3 + UINT16_MAX,
    NAME_MAX_SIZE = 64,
};

struct scp_cap {
    struct scp_package package;
    struct scp_components components; /* views of `buffers` */
    uint8_t *buffers[SCP_COMPONENT_TAGS];
    uint8_t *data_block; /* with Descriptor at its end */
    size_t data_block_len;
};

/* What the loading functions share. */
struct loader {
    struct scp_cap *cap;
    zip_t *zip;
    size_t total;
    struct scp_cap_problem *problem;
};

__attribute__((format(printf, 3, 4))) static enum scp_error
fail(struct scp_cap_problem *problem, enum scp_error error, const char *format, ...)
{
    if (problem != NULL) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(problem->text, sizeof problem->text, format, args);
        va_end(args);
    }
    return error;
}

/* ---- finding components ------------------------------------------------------------------- */

/* Whether `path` is `javacard/<file>` in any folder. */
static bool is_component_path(const char *path, const char *file)
{
    size_t path_len = strlen(path);
    size_t file_len = strlen(file);
    if (path_len < file_len || strcmp(&path[path_len - file_len], file) != 0)
        return false;
    return path_len == file_len || path[path_len - file_len - 1] == '/';
}

/* The component whose file this is; 0 for any other file. Debug is none: it is never loaded. */
static uint8_t component_of(const char *path, const char *ending)
{
    for (int tag = SCP_COMPONENT_HEADER; tag < SCP_COMPONENT_DEBUG; tag++) {
        char file[NAME_MAX_SIZE];
        (void)snprintf(file, sizeof file, "javacard/%s.%s", scp_component_name((uint8_t)tag),
                       ending);
        if (is_component_path(path, file))
            return (uint8_t)tag;
    }
    return 0;
}

/* ---- reading components ------------------------------------------------------------------- */

/* Read exactly what the archive claims. The read behind the end makes libzip check its sum. */
static bool read_file(zip_t *zip, zip_uint64_t index, uint8_t *to, size_t len)
{
    zip_file_t *file = zip_fopen_index(zip, index, 0);
    if (file == NULL)
        return false;
    uint8_t more;
    bool whole = zip_fread(file, to, len) == (zip_int64_t)len && zip_fread(file, &more, 1) == 0;
    (void)zip_fclose(file);
    return whole;
}

/* Sizes are judged by what the archive claims, before anything is unpacked. */
static enum scp_error check_claim(struct loader *loader, const zip_stat_t *stat, const char *name)
{
    if ((stat->valid & ZIP_STAT_SIZE) == 0 || stat->size == 0)
        return fail(loader->problem, SCP_TRUNCATED, "the %s component is empty", name);
    if (stat->size > COMPONENT_MAX)
        return fail(loader->problem, SCP_TOO_LONG,
                    "the %s component claims %llu bytes, more than a component can have", name,
                    (unsigned long long)stat->size);
    loader->total += (size_t)stat->size;
    if (loader->total > SCP_LOAD_FILE_MAX)
        return fail(loader->problem, SCP_TOO_LONG,
                    "with the %s component the package is longer than %d bytes", name,
                    SCP_LOAD_FILE_MAX);
    return SCP_OK;
}

static enum scp_error read_component(struct loader *loader, uint8_t tag, const zip_stat_t *stat)
{
    const char *name = scp_component_name(tag);
    if (loader->cap->buffers[tag] != NULL)
        return fail(loader->problem, SCP_DUPLICATE, "the archive has two %s components", name);
    SCP_TRY(check_claim(loader, stat, name));
    size_t len = (size_t)stat->size;
    uint8_t *buffer = malloc(len);
    if (buffer == NULL)
        return fail(loader->problem, SCP_NO_MEMORY, "no memory for the %s component", name);
    loader->cap->buffers[tag] = buffer;
    if (!read_file(loader->zip, stat->index, buffer, len))
        return fail(loader->problem, SCP_MALFORMED, "the %s component cannot be unpacked", name);
    loader->cap->components.by_tag[tag] = scp_bytes_of(buffer, len);
    enum scp_error error = scp_component_check(scp_bytes_of(buffer, len), tag);
    if (error != SCP_OK)
        return fail(loader->problem, error,
                    "the %s component has the wrong tag or not the size it states", name);
    return SCP_OK;
}

static enum scp_error read_entry(struct loader *loader, zip_uint64_t index)
{
    zip_stat_t stat;
    if (zip_stat_index(loader->zip, index, 0, &stat) != 0 || (stat.valid & ZIP_STAT_NAME) == 0)
        return fail(loader->problem, SCP_MALFORMED, "entry %llu of the archive is broken",
                    (unsigned long long)index);
    if (component_of(stat.name, "capx") != 0)
        return fail(loader->problem, SCP_UNSUPPORTED,
                    "the archive is in the extended CAP format (.capx)");
    uint8_t tag = component_of(stat.name, "cap");
    return tag == 0 ? SCP_OK : read_component(loader, tag, &stat);
}

static enum scp_error read_entries(struct loader *loader)
{
    zip_int64_t count = zip_get_num_entries(loader->zip, 0);
    if (count > ENTRIES_MAX)
        return fail(loader->problem, SCP_TOO_LONG, "the archive has %lld entries, more than %d",
                    (long long)count, ENTRIES_MAX);
    for (zip_int64_t i = 0; i < count; i++)
        SCP_TRY(read_entry(loader, (zip_uint64_t)i));
    return SCP_OK;
}

/* ---- checking the package ----------------------------------------------------------------- */

static enum scp_error check_present(const struct loader *loader)
{
    static const uint8_t required[] = {SCP_COMPONENT_HEADER,
                                       SCP_COMPONENT_DIRECTORY,
                                       SCP_COMPONENT_IMPORT,
                                       SCP_COMPONENT_METHOD,
                                       SCP_COMPONENT_STATIC_FIELD,
                                       SCP_COMPONENT_CONSTANT_POOL,
                                       SCP_COMPONENT_REFERENCE_LOCATION};
    for (size_t i = 0; i < sizeof required; i++) {
        if (loader->cap->buffers[required[i]] == NULL)
            return fail(loader->problem, SCP_NOT_FOUND, "the archive has no %s component",
                        scp_component_name(required[i]));
    }
    return SCP_OK;
}

/* The sizes that Directory states are those of the components (JCVM specification 6.5). */
static enum scp_error check_directory(const struct loader *loader)
{
    const struct scp_components *components = &loader->cap->components;
    struct scp_reader r = scp_reader_on(components->by_tag[SCP_COMPONENT_DIRECTORY]);
    (void)scp_get(&r, 3);
    for (int tag = SCP_COMPONENT_HEADER; tag <= SCP_COMPONENT_DESCRIPTOR; tag++) {
        size_t stated = scp_get_u16(&r);
        size_t len = components->by_tag[tag].len;
        size_t size = len > 0 ? len - 3 : 0;
        if (scp_reader_status(&r) != SCP_OK)
            return fail(loader->problem, SCP_TRUNCATED, "the Directory component is too short");
        if (stated != size && tag != SCP_COMPONENT_DESCRIPTOR)
            return fail(loader->problem, SCP_MISMATCH,
                        "the Directory component states %zu bytes for %s, which has %zu", stated,
                        scp_component_name((uint8_t)tag), size);
    }
    return SCP_OK;
}

static enum scp_error check_package(const struct loader *loader)
{
    enum scp_error error = scp_package_parse(&loader->cap->components, &loader->cap->package);
    if (error != SCP_OK)
        return fail(loader->problem, error, "the Header, Applet or Import component: %s",
                    scp_error_text(error));
    return SCP_OK;
}

static enum scp_error join(const struct loader *loader)
{
    struct scp_cap *cap = loader->cap;
    assert(loader->total > 0); /* the required components are there */
    cap->data_block = malloc(loader->total);
    if (cap->data_block == NULL)
        return fail(loader->problem, SCP_NO_MEMORY, "no memory for the load file data block");
    struct scp_writer w = scp_writer_on(cap->data_block, loader->total);
    scp_put_data_block(&w, &cap->components, true);
    cap->data_block_len = scp_written(&w).len;
    return scp_writer_status(&w);
}

static enum scp_error load(struct loader *loader)
{
    SCP_TRY(read_entries(loader));
    SCP_TRY(check_present(loader));
    SCP_TRY(check_directory(loader));
    SCP_TRY(check_package(loader));
    return join(loader);
}

/* ---- the object --------------------------------------------------------------------------- */

/* NULL when the bytes are no archive. No bytes at all are an empty archive to libzip. */
static zip_t *open_zip(struct scp_bytes archive)
{
    if (archive.len == 0)
        return NULL;
    zip_source_t *source = zip_source_buffer_create(archive.ptr, archive.len, 0, NULL);
    if (source == NULL)
        return NULL;
    zip_t *zip = zip_open_from_source(source, ZIP_RDONLY, NULL);
    if (zip == NULL)
        zip_source_free(source);
    return zip;
}

enum scp_error scp_cap_open(struct scp_cap **out, struct scp_bytes archive,
                            struct scp_cap_problem *problem)
{
    *out = NULL;
    if (archive.len > SCP_CAP_MAX)
        return fail(problem, SCP_TOO_LONG, "the archive is longer than %d bytes", SCP_CAP_MAX);
    struct loader loader = {.problem = problem, .zip = open_zip(archive)};
    if (loader.zip == NULL)
        return fail(problem, SCP_MALFORMED, "the file is not a CAP archive (ZIP)");
    loader.cap = calloc(1, sizeof *loader.cap);
    enum scp_error error =
        loader.cap == NULL ? fail(problem, SCP_NO_MEMORY, "no memory") : load(&loader);
    zip_discard(loader.zip);
    if (error != SCP_OK) {
        scp_cap_free(loader.cap);
        return error;
    }
    *out = loader.cap;
    return SCP_OK;
}

void scp_cap_free(struct scp_cap *cap)
{
    if (cap == NULL)
        return;
    for (size_t tag = 0; tag < SCP_COMPONENT_TAGS; tag++)
        free(cap->buffers[tag]);
    free(cap->data_block);
    free(cap);
}

const struct scp_package *scp_cap_package(const struct scp_cap *cap)
{
    return &cap->package;
}

const struct scp_components *scp_cap_components(const struct scp_cap *cap)
{
    return &cap->components;
}

struct scp_bytes scp_cap_data_block(const struct scp_cap *cap, bool with_descriptor)
{
    size_t descriptor = cap->components.by_tag[SCP_COMPONENT_DESCRIPTOR].len;
    assert(descriptor <= cap->data_block_len);
    return scp_bytes_of(cap->data_block, cap->data_block_len - (with_descriptor ? 0 : descriptor));
}

void scp_cap_put_load_file(const struct scp_cap *cap, const struct scp_dap *daps, size_t dap_count,
                           struct scp_writer *w)
{
    scp_put_load_file(w, daps, dap_count, scp_cap_data_block(cap, false));
}
