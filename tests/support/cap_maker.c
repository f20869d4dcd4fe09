#include "tests/support/cap_maker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zip.h>

static const uint32_t magic = 0xDECAFFED;

enum {
    FORMAT_MAJOR = 2,
    FORMAT_MINOR = 1,
    FLAG_APPLET = 0x04,
    IMPORTS = 2,
    ENTRY_NAME_SIZE = 64,
    MTIME = 1577836800, /* 2020-01-01: archives do not tell when they were made */
};

/* ---- components (JCVM specification, chapter 6) ------------------------------------------- */

typedef void put_info(struct scp_writer *w, const struct cap_spec *spec);

static void put_header(struct scp_writer *w, const struct cap_spec *spec)
{
    scp_put_u32(w, magic);
    scp_put_u8(w, FORMAT_MINOR);
    scp_put_u8(w, FORMAT_MAJOR);
    scp_put_u8(w, spec->applet_count > 0 ? FLAG_APPLET : 0);
    scp_put_u8(w, spec->minor);
    scp_put_u8(w, spec->major);
    scp_put_lv(w, scp_aid_bytes(&spec->package));
}

/* javacard.framework 1.2 and java.lang 1.0. */
static void put_imports(struct scp_writer *w, const struct cap_spec *spec)
{
    (void)spec;
    scp_put_u8(w, IMPORTS);
    scp_put(w, SCP_LITERAL(0x02, 0x01));
    scp_put_lv(w, SCP_LITERAL(0xA0, 0x00, 0x00, 0x00, 0x62, 0x01, 0x01));
    scp_put(w, SCP_LITERAL(0x00, 0x01));
    scp_put_lv(w, SCP_LITERAL(0xA0, 0x00, 0x00, 0x00, 0x62, 0x00, 0x01));
}

static void put_applets(struct scp_writer *w, const struct cap_spec *spec)
{
    scp_put_u8(w, (uint8_t)spec->applet_count);
    for (size_t i = 0; i < spec->applet_count; i++) {
        scp_put_lv(w, scp_aid_bytes(&spec->applets[i]));
        scp_put_u16(w, 1); /* install is the first method */
    }
}

/* One class without fields and methods of its own. */
static void put_class(struct scp_writer *w, const struct cap_spec *spec)
{
    (void)spec;
    scp_put(w, SCP_LITERAL(0x00, 0x80, 0x00, 0x00, 0xFF, 0x00, 0x00, 0x00, 0x00, 0x00));
}

/* Code that looks like code to a compressor, and differs from package to package. */
static void put_method(struct scp_writer *w, const struct cap_spec *spec)
{
    uint32_t state = 1;
    for (size_t i = 0; i < spec->package.len; i++)
        state = state * 31 + spec->package.bytes[i];
    scp_put_u8(w, 0); /* no exception handlers */
    for (size_t i = 0; i < spec->method_size; i++) {
        state = state * 1664525 + 1013904223;
        scp_put_u8(w, (uint8_t)(state >> 24));
    }
}

static void put_static_fields(struct scp_writer *w, const struct cap_spec *spec)
{
    (void)spec;
    scp_put_fill(w, 0, 10);
}

static void put_constant_pool(struct scp_writer *w, const struct cap_spec *spec)
{
    (void)spec;
    scp_put_u16(w, 0);
}

static void put_references(struct scp_writer *w, const struct cap_spec *spec)
{
    (void)spec;
    scp_put_fill(w, 0, 4);
}

static void put_descriptor(struct scp_writer *w, const struct cap_spec *spec)
{
    (void)spec;
    scp_put_fill(w, 0, 3);
}

/* Directory is made after all others, whose sizes it states. */
static put_info *const infos[SCP_COMPONENT_TAGS] = {
    [SCP_COMPONENT_HEADER] = put_header,
    [SCP_COMPONENT_APPLET] = put_applets,
    [SCP_COMPONENT_IMPORT] = put_imports,
    [SCP_COMPONENT_CONSTANT_POOL] = put_constant_pool,
    [SCP_COMPONENT_CLASS] = put_class,
    [SCP_COMPONENT_METHOD] = put_method,
    [SCP_COMPONENT_STATIC_FIELD] = put_static_fields,
    [SCP_COMPONENT_REFERENCE_LOCATION] = put_references,
    [SCP_COMPONENT_DESCRIPTOR] = put_descriptor,
};

/* Set tag and size around the info put since `start`. */
static struct scp_bytes close_component(const struct scp_writer *w, size_t start, uint8_t tag)
{
    struct scp_bytes whole = scp_bytes_from(scp_written(w), start);
    if (whole.len == 0)
        return SCP_EMPTY;
    w->buf[start] = tag;
    scp_store_u16(&w->buf[start + 1], (uint16_t)(whole.len - 3));
    return whole;
}

static void make_directory(const struct cap_spec *spec, struct scp_writer *w,
                           struct scp_components *out)
{
    enum { SIZES = SCP_COMPONENT_DESCRIPTOR, INFO = 2 * SIZES + 6 + 3 };
    size_t start = w->len;
    scp_put_fill(w, 0, 3);
    for (int tag = SCP_COMPONENT_HEADER; tag <= SCP_COMPONENT_DESCRIPTOR; tag++) {
        size_t len = out->by_tag[tag].len;
        size_t size = len > 0 ? len - 3 : 0;
        scp_put_u16(w, tag == SCP_COMPONENT_DIRECTORY ? INFO : (uint16_t)size);
    }
    scp_put_fill(w, 0, 6); /* no static fields */
    scp_put_u8(w, IMPORTS);
    scp_put_u8(w, (uint8_t)spec->applet_count);
    scp_put_u8(w, 0); /* no custom components */
    out->by_tag[SCP_COMPONENT_DIRECTORY] = close_component(w, start, SCP_COMPONENT_DIRECTORY);
}

enum scp_error cap_make_components(const struct cap_spec *spec, struct scp_writer *w,
                                   struct scp_components *out)
{
    if (spec->method_size > CAP_METHOD_MAX || spec->applet_count > SCP_PACKAGE_APPLETS_MAX)
        return SCP_OUT_OF_RANGE;
    *out = (struct scp_components){.by_tag = {SCP_EMPTY}};
    for (int tag = 0; tag < SCP_COMPONENT_TAGS; tag++) {
        if (infos[tag] == NULL || (tag == SCP_COMPONENT_APPLET && spec->applet_count == 0))
            continue;
        size_t start = w->len;
        scp_put_fill(w, 0, 3);
        infos[tag](w, spec);
        out->by_tag[tag] = close_component(w, start, (uint8_t)tag);
    }
    make_directory(spec, w, out);
    return scp_writer_status(w);
}

/* ---- archive ------------------------------------------------------------------------------ */

static bool add_entries(zip_t *zip, const struct cap_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        zip_source_t *source =
            zip_source_buffer(zip, entries[i].bytes.ptr, entries[i].bytes.len, 0);
        if (source == NULL)
            return false;
        zip_int64_t index = zip_file_add(zip, entries[i].name, source, ZIP_FL_ENC_UTF_8);
        if (index < 0) {
            zip_source_free(source);
            return false;
        }
        (void)zip_file_set_mtime(zip, (zip_uint64_t)index, MTIME, 0);
    }
    return true;
}

/* What libzip wrote into its memory source, as a copy of our own. */
static enum scp_error take_source(zip_source_t *source, uint8_t **archive, size_t *len)
{
    zip_stat_t stat;
    if (zip_source_stat(source, &stat) != 0 || zip_source_open(source) != 0)
        return SCP_IO;
    enum scp_error error = SCP_OK;
    *len = (size_t)stat.size;
    *archive = malloc(*len);
    if (*archive == NULL)
        error = SCP_NO_MEMORY;
    else if (zip_source_read(source, *archive, *len) != (zip_int64_t)*len)
        error = SCP_IO;
    (void)zip_source_close(source);
    if (error != SCP_OK) {
        free(*archive);
        *archive = NULL;
    }
    return error;
}

enum scp_error cap_make_archive(const struct cap_entry *entries, size_t count, uint8_t **archive,
                                size_t *len)
{
    *archive = NULL;
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
    if (source == NULL)
        return SCP_NO_MEMORY;
    zip_t *zip = zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    if (zip == NULL) {
        zip_source_free(source);
        return SCP_IO;
    }
    zip_source_keep(source);
    enum scp_error error = SCP_IO;
    if (!add_entries(zip, entries, count) || zip_close(zip) != 0)
        zip_discard(zip);
    else
        error = take_source(source, archive, len);
    zip_source_free(source);
    return error;
}

enum scp_error cap_make(const struct cap_spec *spec, uint8_t **archive, size_t *len)
{
    static const char manifest[] = "Manifest-Version: 1.0\r\n\r\n";
    char names[SCP_COMPONENT_TAGS][ENTRY_NAME_SIZE];
    struct cap_entry entries[SCP_COMPONENT_TAGS];
    struct scp_components components;
    size_t cap = spec->method_size + CAP_MAKER_OVERHEAD;
    uint8_t *buffer = malloc(cap);
    *archive = NULL;
    if (buffer == NULL)
        return SCP_NO_MEMORY;
    struct scp_writer w = scp_writer_on(buffer, cap);
    enum scp_error error = cap_make_components(spec, &w, &components);
    size_t count = 0;
    entries[count++] =
        (struct cap_entry){"META-INF/MANIFEST.MF", scp_bytes_of(manifest, sizeof manifest - 1)};
    for (int tag = 0; error == SCP_OK && tag < SCP_COMPONENT_TAGS; tag++) {
        if (components.by_tag[tag].len == 0)
            continue;
        (void)snprintf(names[tag], ENTRY_NAME_SIZE, "org/example/javacard/%s.cap",
                       scp_component_name((uint8_t)tag));
        entries[count++] = (struct cap_entry){names[tag], components.by_tag[tag]};
    }
    if (error == SCP_OK)
        error = cap_make_archive(entries, count, archive, len);
    free(buffer);
    return error;
}
