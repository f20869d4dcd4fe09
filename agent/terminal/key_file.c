#include "agent/terminal/key_file.h"

#include "policies/document/document.h"
#include "scp/host/file.h"

#include <string.h>

enum { FILE_MAX = 64 * 1024 };

static const char *const set_keys[] = {"scheme", "kvn", "enc", "mac", "dek", "social_update", NULL};
static const char *const schemes[] = {"none", "emv", "visa2", "kdf3", "visa", "sp800-108", NULL};

static void read_key(const struct document_node *root, const char *name, struct scp_key *key,
                     struct document_problem *problem)
{
    const struct document_node *node = doc_require(root, name, problem);
    key->len = doc_hex(node, key->bytes, 16, SCP_KEY_MAX, problem);
    if (problem->error == DOC_OK && key->len % 8 != 0)
        doc_fail(node, problem, "a key has 16, 24 or 32 bytes");
}

static void read_set(const struct document_node *root, struct terminal_keys *keys,
                     struct document_problem *problem)
{
    doc_expect(root, DOC_MAPPING, problem);
    doc_expect_keys(root, set_keys, problem);
    size_t scheme = doc_word(doc_get(root, "scheme"), schemes, 0, problem);
    keys->kvn = (int)doc_integer(doc_get(root, "kvn"), 0x00, 0x7F, -1, problem);
    read_key(root, "enc", &keys->masters.enc, problem);
    read_key(root, "mac", &keys->masters.mac, problem);
    read_key(root, "dek", &keys->masters.dek, problem);
    if (problem->error == DOC_OK &&
        scp_diversification_from_name(schemes[scheme], &keys->scheme) != SCP_OK)
        doc_fail(root, problem, "the diversification scheme is not supported");
}

/* Only the place and the message: the source line of a key file holds a key. */
static enum scp_error from_document(const struct document_problem *from,
                                    struct rebind_problem *problem)
{
    return rebind_problem_set(problem, SCP_MALFORMED, "%s:%u:%u: %.160s", from->file, from->line,
                              from->column, from->text);
}

enum scp_error terminal_key_set_read(const char *path, struct terminal_keys *keys,
                                     struct rebind_problem *problem)
{
    struct rebind_blob blob = {0};
    struct document *doc = NULL;
    struct document_problem found = {0};
    *keys = (struct terminal_keys){.kvn = -1};
    SCP_TRY(rebind_file_read_private(path, FILE_MAX, &blob, problem));
    if (doc_new(path, rebind_blob_bytes(&blob), &doc, &found) == DOC_OK)
        read_set(doc_root(doc), keys, &found);
    doc_free(doc);
    rebind_blob_free(&blob);
    enum scp_error error = found.error == DOC_OK ? SCP_OK : from_document(&found, problem);
    scp_wipe(&found, sizeof found);
    return error;
}

enum scp_error terminal_key_read(const char *path, struct scp_key *key,
                                 struct rebind_problem *problem)
{
    struct rebind_blob blob = {0};
    uint8_t bytes[SCP_KEY_MAX];
    struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
    SCP_TRY(rebind_file_read_private(path, FILE_MAX, &blob, problem));
    char *text = (char *)blob.ptr;
    text[strcspn(text, "\r\n")] = '\0';
    enum scp_error error = scp_hex_decode(text, &w);
    if (error == SCP_OK)
        error = scp_key_from(key, scp_written(&w));
    if (error != SCP_OK)
        (void)rebind_problem_set(problem, error,
                                 "%s: not the hex digits of a key of 16, 24 or 32 "
                                 "bytes",
                                 path);
    scp_wipe(bytes, sizeof bytes);
    rebind_blob_free(&blob);
    return error;
}
