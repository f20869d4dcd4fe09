#include "agent/relay/journal.h"

#include "scp/crypto/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORD_SCRIPT = 1, RECORD_RESPONSE = 2, RECORD_END = 3 };

enum {
    HEADER_SIZE = 4,
    FRAME_SIZE = 1 + 4, /* type and length */
    CHECK_SIZE = 8,
    DIGEST_SIZE = 32,
    PAYLOAD_MAX = 16 * 1024,
    SCRIPT_RECORD_MAX = 4 + DIGEST_SIZE + 1 + AGENT_SE_MAX + 1 + AGENT_URI_MAX,
    FILE_MAX = 64 * 1024 * 1024,
    NAME_DIGITS = 16, /* bytes of the digest that name a card's file */
};

static const uint8_t header[HEADER_SIZE] = {'R', 'B', 'J', 0x01};
static const char suffix[] = ".journal";

static const char *const status_names[] = {
    [AGENT_SCRIPT_OK] = "ok",
    [AGENT_SCRIPT_UNKNOWN_APPLICATION] = "unknown-application",
    [AGENT_SCRIPT_NOT_A_SECURITY_DOMAIN] = "not-a-security-domain",
    [AGENT_SCRIPT_SECURITY_ERROR] = "security-error",
    [AGENT_SCRIPT_UNAVAILABLE_SE] = "unavailable-se",
    [AGENT_SCRIPT_FORMAT_ERROR] = "script-format-error",
};
enum { STATUS_COUNT = sizeof status_names / sizeof status_names[0] };

const char *agent_script_status_name(enum agent_script_status status)
{
    return (size_t)status < STATUS_COUNT ? status_names[status] : "?";
}

/* ---- names and files ---------------------------------------------------------------------- */

/* The file of a card: its name tells nothing of the card's identity. */
static enum agent_error path_of(char path[AGENT_JOURNAL_PATH_MAX], const char *directory,
                                const char *se)
{
    uint8_t digest[DIGEST_SIZE];
    char hex[SCP_HEX_SIZE(NAME_DIGITS)];
    if (scp_sha256(scp_bytes_of(se, strlen(se)), digest) != SCP_OK)
        return AGENT_JOURNAL;
    scp_hex_encode(hex, sizeof hex, scp_bytes_of(digest, NAME_DIGITS));
    int len = snprintf(path, AGENT_JOURNAL_PATH_MAX, "%s/%s%s", directory, hex, suffix);
    return len > 0 && len < AGENT_JOURNAL_PATH_MAX ? AGENT_OK : AGENT_JOURNAL;
}

static enum agent_error write_all(int fd, struct scp_bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return AGENT_JOURNAL;
        bytes = scp_bytes_from(bytes, (size_t)n);
    }
    return AGENT_OK;
}

/* A rename or removal is on disk when its directory is. */
static enum agent_error sync_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return AGENT_JOURNAL;
    int failed = fsync(fd);
    (void)close(fd);
    return failed == 0 ? AGENT_OK : AGENT_JOURNAL;
}

/* ---- writing ------------------------------------------------------------------------------ */

static enum agent_error check_of(struct scp_bytes framed, uint8_t check[CHECK_SIZE])
{
    uint8_t digest[DIGEST_SIZE];
    if (scp_sha256(framed, digest) != SCP_OK)
        return AGENT_JOURNAL;
    memcpy(check, digest, CHECK_SIZE);
    return AGENT_OK;
}

/* One record in one write, so that a killed process leaves it whole or torn, never mixed. */
static enum agent_error append(const struct agent_journal *journal, uint8_t type,
                               struct scp_bytes payload)
{
    uint8_t buffer[FRAME_SIZE + PAYLOAD_MAX + CHECK_SIZE];
    uint8_t check[CHECK_SIZE];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_u8(&w, type);
    scp_put_u32(&w, (uint32_t)payload.len);
    scp_put(&w, payload);
    AGENT_TRY(check_of(scp_written(&w), check));
    scp_put(&w, SCP_BYTES(check));
    if (!journal->open || scp_writer_status(&w) != SCP_OK)
        return AGENT_JOURNAL;
    return write_all(journal->fd, scp_written(&w));
}

static enum agent_error append_script(const struct agent_journal *journal,
                                      const struct agent_journal_script *script)
{
    uint8_t buffer[SCRIPT_RECORD_MAX];
    uint8_t digest[DIGEST_SIZE];
    if (strlen(script->se) >= AGENT_SE_MAX || strlen(script->next_uri) >= AGENT_URI_MAX ||
        scp_sha256(script->script, digest) != SCP_OK)
        return AGENT_JOURNAL;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_u32(&w, (uint32_t)script->commands);
    scp_put(&w, SCP_BYTES(digest));
    scp_put_lv(&w, scp_bytes_of(script->se, strlen(script->se)));
    scp_put_lv(&w, scp_bytes_of(script->next_uri, strlen(script->next_uri)));
    if (scp_writer_status(&w) != SCP_OK)
        return AGENT_JOURNAL;
    return append(journal, RECORD_SCRIPT, scp_written(&w));
}

/* The path with something behind it. */
static enum agent_error path_with(char to[AGENT_JOURNAL_PATH_MAX], const char *path,
                                  const char *tail)
{
    int len = snprintf(to, AGENT_JOURNAL_PATH_MAX, "%s%s", path, tail);
    return len > 0 && len < AGENT_JOURNAL_PATH_MAX ? AGENT_OK : AGENT_JOURNAL;
}

/* Make the file under another name, then give it its own. */
static enum agent_error make_file(struct agent_journal *journal, const char *path,
                                  const struct agent_journal_script *script)
{
    char fresh[AGENT_JOURNAL_PATH_MAX];
    AGENT_TRY(path_with(fresh, path, ".new"));
    journal->fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (journal->fd < 0)
        return AGENT_JOURNAL;
    journal->open = true;
    AGENT_TRY(write_all(journal->fd, SCP_BYTES(header)));
    AGENT_TRY(append_script(journal, script));
    return fsync(journal->fd) == 0 && rename(fresh, path) == 0 ? AGENT_OK : AGENT_JOURNAL;
}

enum agent_error agent_journal_begin(struct agent_journal *journal, const char *directory,
                                     const struct agent_journal_script *script)
{
    char path[AGENT_JOURNAL_PATH_MAX];
    *journal = (struct agent_journal){0};
    AGENT_TRY(path_of(path, directory, script->se));
    enum agent_error error = make_file(journal, path, script);
    if (error == AGENT_OK)
        error = sync_directory(directory);
    if (error != AGENT_OK)
        agent_journal_close(journal);
    return error;
}

enum agent_error agent_journal_response(struct agent_journal *journal, struct scp_bytes response)
{
    return append(journal, RECORD_RESPONSE, response);
}

enum agent_error agent_journal_end(struct agent_journal *journal, enum agent_script_status status)
{
    AGENT_TRY(append(journal, RECORD_END, SCP_LITERAL((uint8_t)status)));
    return fsync(journal->fd) == 0 ? AGENT_OK : AGENT_JOURNAL;
}

void agent_journal_close(struct agent_journal *journal)
{
    if (journal->open)
        (void)close(journal->fd);
    *journal = (struct agent_journal){0};
}

enum agent_error agent_journal_posted(const char *directory, const char *se)
{
    char path[AGENT_JOURNAL_PATH_MAX];
    AGENT_TRY(path_of(path, directory, se));
    if (unlink(path) != 0)
        return errno == ENOENT ? AGENT_OK : AGENT_JOURNAL;
    return sync_directory(directory);
}

enum agent_error agent_journal_set_aside(const char *directory, const char *se)
{
    char path[AGENT_JOURNAL_PATH_MAX];
    char aside[AGENT_JOURNAL_PATH_MAX];
    AGENT_TRY(path_of(path, directory, se));
    AGENT_TRY(path_with(aside, path, ".damaged"));
    return rename(path, aside) == 0 ? AGENT_OK : AGENT_JOURNAL;
}

/* ---- reading ------------------------------------------------------------------------------ */

/* The next whole record. NOT_FOUND where a torn or damaged tail, or the end, begins. */
static enum scp_error next_record(struct scp_reader *r, uint8_t *type, struct scp_bytes *payload)
{
    struct scp_bytes rest = scp_reader_rest(r);
    *type = scp_get_u8(r);
    uint32_t len = scp_get_u32(r);
    if (len > PAYLOAD_MAX)
        return SCP_NOT_FOUND;
    *payload = scp_get(r, len);
    struct scp_bytes stored = scp_get(r, CHECK_SIZE);
    uint8_t check[CHECK_SIZE];
    if (scp_reader_status(r) != SCP_OK ||
        check_of(scp_bytes_slice(rest, 0, FRAME_SIZE + len), check) != AGENT_OK ||
        !scp_bytes_equal(stored, SCP_BYTES(check)))
        return SCP_NOT_FOUND;
    return SCP_OK;
}

static enum agent_error copy_text(char *to, size_t cap, struct scp_bytes text)
{
    if (text.len >= cap || memchr(text.ptr, 0, text.len) != NULL)
        return AGENT_JOURNAL;
    memcpy(to, text.ptr, text.len);
    to[text.len] = '\0';
    return AGENT_OK;
}

static enum agent_error read_script_record(struct scp_bytes payload,
                                           struct agent_journal_entry *entry)
{
    struct scp_reader r = scp_reader_on(payload);
    entry->commands = scp_get_u32(&r);
    scp_get_into(&r, entry->script_digest, sizeof entry->script_digest);
    struct scp_bytes se = scp_get_lv(&r);
    struct scp_bytes uri = scp_get_lv(&r);
    if (scp_reader_end(&r) != SCP_OK || se.len == 0 || uri.len == 0)
        return AGENT_JOURNAL;
    AGENT_TRY(copy_text(entry->se, sizeof entry->se, se));
    return copy_text(entry->next_uri, sizeof entry->next_uri, uri);
}

static enum agent_error add_response(struct agent_journal_entry *entry, struct scp_bytes response)
{
    size_t n = entry->count;
    if ((n & (n - 1)) == 0) { /* full at each power of two */
        struct scp_bytes *grown = realloc(entry->responses, (n == 0 ? 1 : 2 * n) * sizeof *grown);
        if (grown == NULL)
            return AGENT_NO_MEMORY;
        entry->responses = grown;
    }
    entry->responses[n] = response;
    entry->count = n + 1;
    return AGENT_OK;
}

static enum agent_error read_records(struct scp_reader *r, struct agent_journal_entry *entry)
{
    uint8_t type;
    struct scp_bytes payload;
    if (next_record(r, &type, &payload) != SCP_OK || type != RECORD_SCRIPT)
        return AGENT_JOURNAL;
    AGENT_TRY(read_script_record(payload, entry));
    while (!entry->ended && next_record(r, &type, &payload) == SCP_OK) {
        if (type == RECORD_RESPONSE && payload.len >= 2) {
            AGENT_TRY(add_response(entry, payload));
        } else if (type == RECORD_END && payload.len == 1 && payload.ptr[0] < STATUS_COUNT) {
            entry->ended = true;
            entry->status = (enum agent_script_status)payload.ptr[0];
        } else {
            return AGENT_JOURNAL;
        }
    }
    return AGENT_OK;
}

static enum agent_error load_path(const char *path, struct agent_journal_entry *entry, bool *found)
{
    *found = false;
    *entry = (struct agent_journal_entry){.status = AGENT_SCRIPT_UNAVAILABLE_SE};
    enum scp_error read = rebind_file_read(path, FILE_MAX, &entry->file, NULL);
    if (read != SCP_OK)
        return read == SCP_NOT_FOUND ? AGENT_OK : AGENT_JOURNAL;
    struct scp_reader r = scp_reader_on(rebind_blob_bytes(&entry->file));
    enum agent_error error = AGENT_JOURNAL;
    if (scp_bytes_equal(scp_get(&r, HEADER_SIZE), SCP_BYTES(header)))
        error = read_records(&r, entry);
    if (error != AGENT_OK)
        agent_journal_entry_fini(entry);
    *found = error == AGENT_OK;
    return error;
}

enum agent_error agent_journal_load(const char *directory, const char *se,
                                    struct agent_journal_entry *entry, bool *found)
{
    char path[AGENT_JOURNAL_PATH_MAX];
    *found = false;
    AGENT_TRY(path_of(path, directory, se));
    return load_path(path, entry, found);
}

void agent_journal_entry_fini(struct agent_journal_entry *entry)
{
    free(entry->responses);
    rebind_blob_free(&entry->file);
    *entry = (struct agent_journal_entry){0};
}

static bool is_journal(const char *name)
{
    size_t len = strlen(name);
    size_t tail = sizeof suffix - 1;
    return len > tail && strcmp(name + len - tail, suffix) == 0;
}

enum agent_error agent_journal_each(const char *directory, void (*fn)(void *ctx, const char *se),
                                    void *ctx, size_t *damaged)
{
    *damaged = 0;
    DIR *dir = opendir(directory);
    if (dir == NULL)
        return AGENT_JOURNAL;
    for (const struct dirent *file = readdir(dir); file != NULL; file = readdir(dir)) {
        char path[AGENT_JOURNAL_PATH_MAX];
        struct agent_journal_entry entry;
        bool found = false;
        if (!is_journal(file->d_name))
            continue;
        int len = snprintf(path, sizeof path, "%s/%s", directory, file->d_name);
        if (len < 0 || (size_t)len >= sizeof path || load_path(path, &entry, &found) != AGENT_OK) {
            (*damaged)++;
        } else if (found) {
            fn(ctx, entry.se);
            agent_journal_entry_fini(&entry);
        }
    }
    (void)closedir(dir);
    return AGENT_OK;
}
