/* Commands that work on vault and database without the network: how a new server gets its keys and
 * its first principals. */
#include "ota-server/api/principal_kind.h"
#include "ota-server/daemon/daemon.h"
#include "scp/host/file.h"

#include <stdio.h>
#include <string.h>

enum { KEY_FILE_MAX = 4096, CERTIFICATE_MAX = 16 * 1024 };

static const char *const key_set_keys[] = {"scheme", "enc", "mac", "dek", NULL};

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "ota-server: %s: %s\n", what, why);
    return EXIT_DAEMON_FAILED;
}

/* The text of a file that could not be read names the file itself. */
static int fail_reading(const struct rebind_problem *problem)
{
    fprintf(stderr, "ota-server: %s\n", problem->text);
    return EXIT_DAEMON_FAILED;
}

static void read_key(const struct document_node *set, const char *name, struct scp_key *key,
                     struct document_problem *problem)
{
    const struct document_node *node = doc_require(set, name, problem);
    uint8_t bytes[SCP_KEY_MAX];
    size_t len = doc_hex(node, bytes, 16, sizeof bytes, problem);
    if (problem->error == DOC_OK && scp_key_from(key, scp_bytes_of(bytes, len)) != SCP_OK)
        doc_fail(node, problem, "a key has 16, 24 or 32 bytes");
    scp_wipe(bytes, sizeof bytes);
}

static void read_key_set(const struct document_node *root, struct scp_key_set *set,
                         enum scp_diversification *scheme, struct document_problem *problem)
{
    const struct document_node *node = doc_require(root, "scheme", problem);
    const char *name = doc_string(node, "", problem);
    doc_expect_keys(root, key_set_keys, problem);
    if (problem->error == DOC_OK && scp_diversification_from_name(name, scheme) != SCP_OK)
        doc_fail(node, problem, "the scheme must be none, emv, visa2, kdf3, visa or sp800-108");
    read_key(root, "enc", &set->enc, problem);
    read_key(root, "mac", &set->mac, problem);
    read_key(root, "dek", &set->dek, problem);
}

int daemon_add_key_set(struct daemon_parts *parts, const char *label, const char *file)
{
    struct document_problem problem = {.error = DOC_OK};
    struct rebind_problem why = {.text = ""};
    struct rebind_blob text = {.len = 0};
    enum scp_diversification scheme = SCP_DIVERSIFY_NONE;
    struct scp_key_set set = {.enc = {.len = 0}};
    struct document *doc = NULL;
    int status = 0;

    if (rebind_file_read_private(file, KEY_FILE_MAX, &text, &why) != SCP_OK)
        return fail_reading(&why);
    if (doc_new(file, rebind_blob_bytes(&text), &doc, &problem) == DOC_OK)
        read_key_set(doc_root(doc), &set, &scheme, &problem);
    doc_free(doc);
    rebind_blob_free(&text);
    if (problem.error != DOC_OK) {
        problem.source[0] = '\0'; /* the line holds a key */
        fprintf(stderr, "ota-server: %s:%u:%u: %s\n", problem.file, problem.line, problem.column,
                problem.text);
        status = EXIT_DAEMON_FAILED;
    } else {
        enum scp_error error = vault_add_key_set(parts->vault, label, scheme, &set);
        if (error != SCP_OK)
            status = fail(label, error == SCP_DUPLICATE ? "the vault has a key set of this label"
                                                        : scp_error_text(error));
    }
    scp_wipe(&set, sizeof set);
    return status;
}

int daemon_add_bank_key(struct daemon_parts *parts, const char *bank, const char *file)
{
    struct rebind_problem why = {.text = ""};
    struct rebind_blob text = {.len = 0};
    uint8_t bytes[32];
    struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
    struct scp_key key = {.len = 0};
    int status = 0;

    if (rebind_file_read_private(file, KEY_FILE_MAX, &text, &why) != SCP_OK)
        return fail_reading(&why);
    bool fits = scp_hex_decode((const char *)text.ptr, &w) == SCP_OK && w.len == sizeof bytes &&
                scp_key_from(&key, SCP_BYTES(bytes)) == SCP_OK;
    rebind_blob_free(&text);
    if (!fits) {
        status = fail(file, "a transport key is 32 bytes in hex");
    } else {
        enum scp_error error = vault_add_bank_key(parts->vault, bank, &key);
        if (error != SCP_OK)
            status = fail(bank, error == SCP_DUPLICATE ? "the vault has a key of this bank"
                                                       : scp_error_text(error));
    }
    scp_wipe(bytes, sizeof bytes);
    scp_wipe(&key, sizeof key);
    return status;
}

static enum store_error add_principal(struct store_tx *tx, struct store_principal *principal)
{
    char object[STORE_NAME_SIZE];
    struct store_audit_entry entry = {
        .actor = "", .action = "principal.add", .object = object, .detail = ""};
    STORE_TRY(store_principal_add(tx, principal));
    snprintf(object, sizeof object, "principal/%s", principal->id);
    return store_audit_append(tx, &entry, NULL);
}

static const char *describe(const struct daemon_principal *given, struct store_principal *principal)
{
    snprintf(principal->name, sizeof principal->name, "%s", given->name);
    snprintf(principal->tenant, sizeof principal->tenant, "%s", given->tenant);
    snprintf(principal->person, sizeof principal->person, "%s", given->person);
    if (!principal_kind_from_name(given->kind, &principal->kind))
        return "the kind must be bank, agent, operator, author, approver, officer or auditor";
    const char *missing = principal_missing(principal);
    if (missing == NULL)
        return principal_has_region(principal)
                   ? NULL
                   : "an agent's --tenant is a region code of six digits";
    return strcmp(missing, "tenant") == 0
               ? "this kind needs --tenant (a bank, or an agent's region)"
               : "this kind needs --person";
}

int daemon_add_principal(struct daemon_parts *parts, const struct daemon_principal *given)
{
    struct store_principal principal = {.created_ms = 0};
    struct rebind_problem why = {.text = ""};
    struct rebind_blob pem = {.len = 0};
    struct store_tx *tx;
    const char *wrong = describe(given, &principal);

    if (wrong != NULL)
        return fail(given->name, wrong);
    if (rebind_file_read(given->certificate, CERTIFICATE_MAX, &pem, &why) != SCP_OK)
        return fail_reading(&why);
    enum scp_error parsed = principal_fingerprint((const char *)pem.ptr, principal.fingerprint);
    rebind_blob_free(&pem);
    if (parsed != SCP_OK)
        return fail(given->certificate, "this is no certificate in PEM");
    enum store_error error = store_begin(parts->store, STORE_WRITE, &tx);
    if (error == STORE_OK)
        error = store_end(tx, add_principal(tx, &principal));
    if (error == STORE_CONFLICT)
        return fail(given->certificate, "the certificate is registered already");
    if (error != STORE_OK)
        return fail("database", store_error_text(error));
    printf("%s\n", principal.id);
    return 0;
}
