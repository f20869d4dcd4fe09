/* The social-security application: a look at all of it, so that anybody can see that it is
 * untouched. The digest covers, for each elementary file that can be selected, its path and each
 * record (or the whole of a transparent file):
 *
 *     directory(2) ‖ file(2) ‖ number(2) ‖ length(4) ‖ data
 *
 * in ascending order; directory 3F00 stands for the application itself. */
#include "agent/terminal/terminal.h"

#include "scp/base/secret.h"
#include "scp/crypto/hash.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SW_OK = 0x9000,
    SW_NOT_FOUND = 0x6A82,
    SW_NOT_RECORDS = 0x6981,
    INS_READ_BINARY = 0xB0,
    INS_READ_RECORD = 0xB2,
    SELECT_CHILD_DIRECTORY = 0x01,
    SELECT_FILE = 0x02,
    READ_BY_NUMBER = 0x04,
    OWN_DIRECTORY = 0x3F00,
    FILE_FIRST = 0xEF01,
    FILE_LAST = 0xEF1F,
    RECORDS_MAX = 254,
    OFFSET_MAX = 0x7FFF,
    DIGEST_SIZE = 32,
    DIGESTED_MAX = 1024 * 1024,
};

static const uint8_t aid[] = {0x73, 0x78, 0x31, 0x2E, 0x73, 0x68, 0x2E, 0xC9,
                              0xE7, 0xBB, 0xE1, 0xB1, 0xA3, 0xD5, 0xCF};
static const uint16_t directories[] = {OWN_DIRECTORY, 0xDF01, 0xDF02, 0xDF03, 0xDF04};

struct survey {
    const struct terminal *terminal;
    uint16_t directory;
    uint16_t file;
    struct scp_writer digested;
    json_t *files;
    struct agent_answer answer;
};

static bool send(struct survey *s, const struct scp_apdu *apdu)
{
    return terminal_send(s->terminal, apdu, &s->answer);
}

static bool select_file(struct survey *s, uint8_t p1, uint16_t id)
{
    uint8_t bytes[2];
    scp_store_u16(bytes, id);
    return send(s, &(struct scp_apdu){
                       .ins = SCP_INS_SELECT, .p1 = p1, .data = SCP_BYTES(bytes), .le = SCP_NO_LE});
}

static void digest(struct survey *s, uint16_t number)
{
    scp_put_u16(&s->digested, s->directory);
    scp_put_u16(&s->digested, s->file);
    scp_put_u16(&s->digested, number);
    scp_put_u32(&s->digested, (uint32_t)s->answer.data.len);
    scp_put(&s->digested, s->answer.data);
}

/* Parts of the current file until the card has no more. False when the card was lost. */
static bool read_records(struct survey *s, size_t *parts, size_t *bytes)
{
    for (int number = 1; number <= RECORDS_MAX; number++) {
        if (!send(s, &(struct scp_apdu){.ins = INS_READ_RECORD,
                                        .p1 = (uint8_t)number,
                                        .p2 = READ_BY_NUMBER,
                                        .le = 0}))
            return false;
        if (s->answer.sw != SW_OK)
            return true;
        digest(s, (uint16_t)number);
        *bytes += s->answer.data.len;
        ++*parts;
    }
    return true;
}

static bool read_binary(struct survey *s, size_t *bytes)
{
    while (*bytes <= OFFSET_MAX) {
        uint16_t offset = (uint16_t)*bytes;
        if (!send(s, &(struct scp_apdu){.ins = INS_READ_BINARY,
                                        .p1 = (uint8_t)(offset >> 8),
                                        .p2 = (uint8_t)offset,
                                        .le = 0}))
            return false;
        bool last = s->answer.sw != SW_OK || s->answer.data.len < SCP_RESPONSE_DATA_MAX;
        if (s->answer.data.len > 0)
            digest(s, offset);
        *bytes += s->answer.data.len;
        if (last)
            return true;
    }
    return true;
}

static bool read_file(struct survey *s)
{
    size_t records = 0;
    size_t bytes = 0;
    char path[10];
    if (!read_records(s, &records, &bytes))
        return false;
    uint16_t end = s->answer.sw;
    if (records == 0 && end == SW_NOT_RECORDS && !read_binary(s, &bytes))
        return false;
    (void)snprintf(path, sizeof path, "%04X/%04X", s->directory, s->file);
    (void)json_array_append_new(s->files, json_pack("{s:s, s:i, s:i, s:b}", "path", path, "records",
                                                    (int)records, "bytes", (int)bytes, "readable",
                                                    bytes > 0));
    return true;
}

static bool read_directory(struct survey *s)
{
    for (int file = FILE_FIRST; file <= FILE_LAST; file++) {
        s->file = (uint16_t)file;
        if (!select_file(s, SELECT_FILE, s->file))
            return false;
        if (s->answer.sw == SW_OK && !read_file(s))
            return false;
    }
    return true;
}

static enum terminal_result select_application(struct survey *s)
{
    struct scp_apdu select = scp_select(SCP_BYTES(aid));
    if (!send(s, &select))
        return TERMINAL_FAILED;
    if (s->answer.sw == SW_NOT_FOUND) {
        (void)rebind_problem_set(s->terminal->problem, SCP_NOT_FOUND,
                                 "the card has no social-security application");
        return TERMINAL_ABSENT;
    }
    return s->answer.sw == SW_OK
               ? TERMINAL_OK
               : terminal_refused(s->terminal, "SELECT of the application", s->answer.sw);
}

/* The application is selected anew before each directory, so that each path starts there. */
static enum terminal_result survey(struct survey *s)
{
    for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++) {
        s->directory = directories[i];
        enum terminal_result result = select_application(s);
        if (result != TERMINAL_OK)
            return result;
        if (s->directory != OWN_DIRECTORY) {
            if (!select_file(s, SELECT_CHILD_DIRECTORY, s->directory))
                return TERMINAL_FAILED;
            if (s->answer.sw != SW_OK)
                continue;
        }
        if (!read_directory(s))
            return TERMINAL_FAILED;
    }
    return TERMINAL_OK;
}

static enum terminal_result finish(struct survey *s, json_t **findings)
{
    uint8_t sum[DIGEST_SIZE];
    if (s->digested.len == 0) { /* the digest of nothing would always be the same */
        (void)rebind_problem_set(s->terminal->problem, SCP_NOT_FOUND,
                                 "nothing of the social-security application can be read");
        return TERMINAL_FAILED;
    }
    if (scp_writer_status(&s->digested) != SCP_OK ||
        scp_sha256(scp_written(&s->digested), sum) != SCP_OK) {
        (void)rebind_problem_set(s->terminal->problem, SCP_NO_SPACE,
                                 "the application has more data than can be digested");
        return TERMINAL_FAILED;
    }
    *findings = json_pack("{s:o, s:O, s:o}", "aid", terminal_hex(SCP_BYTES(aid)), "files", s->files,
                          "sha256", terminal_hex(SCP_BYTES(sum)));
    return TERMINAL_OK;
}

enum terminal_result terminal_social(const struct terminal *terminal, json_t **findings)
{
    *findings = NULL;
    uint8_t *buffer = malloc(DIGESTED_MAX);
    if (buffer == NULL) {
        (void)rebind_problem_set(terminal->problem, SCP_NO_MEMORY, "memory is exhausted");
        return TERMINAL_FAILED;
    }
    struct survey s = {.terminal = terminal,
                       .digested = scp_writer_on(buffer, DIGESTED_MAX),
                       .files = json_array()};
    enum terminal_result result = survey(&s);
    if (result == TERMINAL_OK)
        result = finish(&s, findings);
    json_decref(s.files);
    scp_wipe(buffer, s.digested.len);
    free(buffer);
    scp_wipe(&s.answer, sizeof s.answer);
    return result;
}
