/* Personalisation: the bank seals a card's record here, so that it is clear in no other place than
 * the bank's and the vault. */
#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/coding.h>

#include "ota-server/otactl/record_file.h"
#include "ota-server/otactl/resources.h"
#include "ota-server/vault/record.h"
#include "ota-server/vault/vault.h"
#include "scp/host/text.h"

#include <string.h>

enum { FILE_MAX = 16 * 1024, KEY_FILE_MAX = 256, PRODUCT_MAX = 160, NONCE_SIZE = 12 };

static enum scp_error read_key(const char *path, struct scp_key *key,
                               struct rebind_problem *problem)
{
    struct rebind_blob text;
    uint8_t bytes[SCP_KEY_MAX];
    struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
    SCP_TRY(rebind_file_read_private(path, KEY_FILE_MAX, &text, problem));
    char *hex = (char *)text.ptr;
    hex[strcspn(hex, "\r\n")] = '\0';
    bool whole = scp_hex_decode(hex, &w) == SCP_OK && scp_written(&w).len == SCP_KEY_MAX;
    enum scp_error error = whole ? scp_key_from(key, scp_written(&w)) : SCP_MALFORMED;
    scp_wipe(bytes, sizeof bytes);
    rebind_blob_free(&text);
    if (error != SCP_OK)
        return rebind_problem_set(problem, error, "%s must hold 32 bytes in hex", path);
    return SCP_OK;
}

static enum scp_error read_record(const char *path, struct scp_writer *record,
                                  struct rebind_problem *problem)
{
    struct rebind_blob text;
    SCP_TRY(
        rebind_file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, FILE_MAX, &text, problem));
    enum scp_error error = record_file_parse(&text, record, problem);
    rebind_blob_free(&text);
    return error;
}

static enum scp_error seal(const struct otactl *ctl, const struct otactl_arguments *args,
                           struct scp_writer *sealed, struct rebind_problem *problem)
{
    uint8_t clear[VAULT_RECORD_MAX];
    uint8_t nonce[NONCE_SIZE];
    struct scp_writer record = scp_writer_on(clear, sizeof clear);
    struct scp_key key = {.len = 0};
    struct rebind_text product = rebind_text_new(PRODUCT_MAX);
    rebind_text_addf(&product, "%s/%s", args->positional[0], args->positional[1]);
    const struct vault_record_purpose purpose = {rebind_text_string(&product), args->positional[2]};
    rebind_random(ctl->env, nonce, sizeof nonce);
    enum scp_error error = read_key(args->option[OTACTL_TRANSPORT_KEY], &key, problem);
    if (error == SCP_OK)
        error = read_record(args->positional[3], &record, problem);
    if (error == SCP_OK) {
        error = vault_record_seal(&key, &purpose, nonce, scp_written(&record), sealed);
        if (error != SCP_OK)
            (void)rebind_problem_set(problem, error, "the record cannot be sealed: %s",
                                     scp_error_text(error));
    }
    scp_wipe(&key, sizeof key);
    scp_wipe(clear, sizeof clear);
    rebind_text_free(&product);
    return error;
}

static json_t *add_body(const struct otactl *ctl, const struct otactl_arguments *args,
                        struct rebind_problem *problem)
{
    uint8_t sealed[VAULT_RECORD_MAX];
    byte base64[VAULT_RECORD_MAX * 4 / 3 + 8];
    word32 len = sizeof base64;
    struct scp_writer w = scp_writer_on(sealed, sizeof sealed);
    if (seal(ctl, args, &w, problem) != SCP_OK)
        return NULL;
    json_t *body = NULL;
    if (Base64_Encode_NoNl(sealed, (word32)scp_written(&w).len, base64, &len) == 0)
        body = json_pack("{s:s, s:s, s:s%}", "product", args->positional[1], "card",
                         args->positional[2], "record", (const char *)base64, (size_t)len);
    if (body == NULL)
        (void)rebind_problem_set(problem, SCP_MALFORMED, "an argument is not valid UTF-8");
    return body;
}

static const struct otactl_command commands[] = {
    {
        .verb = "add",
        .args = "BANK PRODUCT CARD FILE",
        .summary = "seal a card's personalisation record and hand it in",
        .details = "FILE has one data object a line, TAG=HEX, - reads standard input: 5A PAN,\n"
                   "57 track 2, 5F24 expiry, 5F20 name, 5F34 sequence number, DF01 DF02 DF03\n"
                   "application keys. It is sealed here, for this product on this card alone.\n\n"
                   "  otactl personalisation add bank-b debit 7f3a9c record.txt \\\n"
                   "      --transport-key bank-b.hex",
        .options = OTACTL_BIT(OTACTL_TRANSPORT_KEY),
        .needs = OTACTL_BIT(OTACTL_TRANSPORT_KEY),
        .run = otactl_run_request,
        .request = {.method = "POST", .path = "/v1/banks/{0}/personalisations", .body = add_body},
    },
};

const struct otactl_resource otactl_resource_personalisation = {
    .name = "personalisation",
    .summary = "what a bank writes onto its card",
    OTACTL_ROWS(commands),
};
