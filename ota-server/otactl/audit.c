/* The audit trail: listed, and verified here rather than believed.
 *
 * A record's hash covers "RBA" 01 ‖ previous(32) ‖ sequence(8) ‖ time_ms(8) ‖ actor ‖ action ‖
 * object ‖ detail, each text behind its length in four bytes. The checkpoint is the server's
 * signature (ECDSA P-256, SHA-256) over sequence(8) ‖ hash(32) of the newest record: a kept one
 * shows a chain that was cut at its end. */
#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/coding.h>

#include "ota-server/otactl/resources.h"
#include "ota-server/vault/vault.h"
#include "scp/crypto/hash.h"
#include "scp/host/file.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_FILE_MAX = 4096, DER_MAX = 1024 };

struct chain {
    const struct otactl *ctl;
    json_int_t sequence; /* of the newest record so far */
    uint8_t hash[32];
    bool broken;
};

/* ---- records ------------------------------------------------------------------------------ */

static const char *text_of(const json_t *record, const char *member)
{
    const char *text = json_string_value(json_object_get(record, member));
    return text != NULL ? text : "";
}

static bool hex_of(const json_t *record, const char *member, uint8_t out[32])
{
    struct scp_writer w = scp_writer_on(out, 32);
    return scp_hex_decode(text_of(record, member), &w) == SCP_OK && scp_written(&w).len == 32;
}

static void put_text(struct scp_writer *w, const char *text)
{
    scp_put_u32(w, (uint32_t)strlen(text));
    scp_put(w, scp_bytes_of(text, strlen(text)));
}

static bool hash_record(const json_t *record, const uint8_t previous[32], uint8_t hash[32])
{
    static const char *const texts[] = {"actor", "action", "object", "detail_text"};
    enum { TEXTS = sizeof texts / sizeof texts[0] };
    size_t size = 4 + 32 + 8 + 8;
    for (size_t i = 0; i < TEXTS; i++)
        size += 4 + strlen(text_of(record, texts[i]));
    uint8_t *buffer = malloc(size);
    if (buffer == NULL)
        return false;
    struct scp_writer w = scp_writer_on(buffer, size);
    scp_put(&w, SCP_LITERAL('R', 'B', 'A', 0x01));
    scp_put(&w, scp_bytes_of(previous, 32));
    scp_put_u64(&w, (uint64_t)json_integer_value(json_object_get(record, "sequence")));
    scp_put_u64(&w, (uint64_t)json_integer_value(json_object_get(record, "time_ms")));
    for (size_t i = 0; i < TEXTS; i++)
        put_text(&w, text_of(record, texts[i]));
    bool hashed = scp_writer_status(&w) == SCP_OK && scp_sha256(scp_written(&w), hash) == SCP_OK;
    free(buffer);
    return hashed;
}

/* What is wrong with the record as the next of the chain; NULL when nothing is. */
static const char *check_record(const struct chain *chain, const json_t *record, uint8_t hash[32])
{
    uint8_t previous[32];
    uint8_t stated[32];
    if (json_integer_value(json_object_get(record, "sequence")) != chain->sequence + 1)
        return "a record is missing before it";
    if (!hex_of(record, "previous", previous) || !hex_of(record, "hash", stated))
        return "its hashes are malformed";
    if (memcmp(previous, chain->hash, sizeof previous) != 0)
        return "it does not follow the record before it";
    if (!hash_record(record, previous, hash) || memcmp(hash, stated, sizeof stated) != 0)
        return "it was altered";
    return NULL;
}

static bool verify_record(void *ctx, json_t *record)
{
    struct chain *chain = ctx;
    uint8_t hash[32];
    const char *wrong = check_record(chain, record, hash);
    if (wrong != NULL) {
        (void)otactl_complain(chain->ctl, OTACTL_FAILED,
                              "audit record %" JSON_INTEGER_FORMAT ": %s",
                              json_integer_value(json_object_get(record, "sequence")), wrong);
        chain->broken = true;
        return false;
    }
    memcpy(chain->hash, hash, sizeof hash);
    chain->sequence++;
    return true;
}

/* ---- the checkpoint ----------------------------------------------------------------------- */

static bool decode_base64(const char *text, struct scp_writer *to)
{
    word32 len = (word32)scp_writer_room(to);
    uint8_t *space = scp_put_space(to, len);
    if (space == NULL || Base64_Decode((const byte *)text, (word32)strlen(text), space, &len) != 0)
        return false;
    to->len = len;
    return true;
}

/* The key to check against: the one that the caller keeps, else the one presented. */
static bool read_key(const struct otactl *ctl, const char *file, const json_t *checkpoint,
                     struct scp_writer *key)
{
    struct rebind_blob text = {NULL, 0};
    struct rebind_problem problem = {""};
    if (file == NULL)
        return decode_base64(text_of(checkpoint, "public_key"), key);
    bool read = rebind_file_read(file, KEY_FILE_MAX, &text, &problem) == SCP_OK;
    if (!read)
        (void)otactl_complain(ctl, OTACTL_FAILED, "%s", problem.text);
    bool decoded = read && decode_base64((const char *)text.ptr, key);
    rebind_blob_free(&text);
    return decoded;
}

static bool verify_signature(const struct otactl *ctl, const char *key_file,
                             const json_t *checkpoint, const struct chain *chain)
{
    uint8_t key[DER_MAX];
    uint8_t signature[DER_MAX];
    uint8_t head[8 + 32];
    struct scp_writer key_out = scp_writer_on(key, sizeof key);
    struct scp_writer signature_out = scp_writer_on(signature, sizeof signature);
    struct scp_writer w = scp_writer_on(head, sizeof head);
    scp_put_u64(&w, (uint64_t)chain->sequence);
    scp_put(&w, SCP_BYTES(chain->hash));
    return read_key(ctl, key_file, checkpoint, &key_out) &&
           decode_base64(text_of(checkpoint, "signature"), &signature_out) &&
           vault_verify(scp_written(&key_out), scp_written(&w), scp_written(&signature_out)) ==
               SCP_OK;
}

/* The checkpoint was taken before the records are read, so a whole chain is at least as long. */
struct verification {
    struct chain chain;
    json_int_t signed_sequence;
    struct chain at_checkpoint;
};

static bool verify_and_note(void *ctx, json_t *record)
{
    struct verification *v = ctx;
    if (!verify_record(&v->chain, record))
        return false;
    if (v->chain.sequence == v->signed_sequence)
        v->at_checkpoint = v->chain;
    return true;
}

static enum otactl_exit verify_against(struct otactl *ctl, const struct otactl_arguments *args,
                                       const json_t *checkpoint)
{
    struct verification v = {.chain = {.ctl = ctl}};
    v.signed_sequence = json_integer_value(json_object_get(checkpoint, "sequence"));
    enum otactl_exit code = otactl_each(ctl, "/v1/audit", verify_and_note, &v);
    if (code != OTACTL_OK || v.chain.broken)
        return OTACTL_OK == code ? OTACTL_FAILED : code;
    if (v.chain.sequence < v.signed_sequence)
        return otactl_complain(ctl, OTACTL_FAILED,
                               "the trail was cut: %" JSON_INTEGER_FORMAT
                               " records, the checkpoint has signed %" JSON_INTEGER_FORMAT,
                               v.chain.sequence, v.signed_sequence);
    if (!verify_signature(ctl, args->option[OTACTL_PUBLIC_KEY], checkpoint, &v.at_checkpoint))
        return otactl_complain(ctl, OTACTL_FAILED,
                               "the checkpoint's signature is not of this trail and key");
    (void)fprintf(ctl->out,
                  "%" JSON_INTEGER_FORMAT " records, unbroken; signed to %" JSON_INTEGER_FORMAT
                  "\n",
                  v.chain.sequence, v.signed_sequence);
    return OTACTL_OK;
}

/* A checkpoint that the auditor kept shows a cut even when the server has signed the stump. */
static enum otactl_exit verify_kept(struct otactl *ctl, const struct otactl_arguments *args)
{
    json_error_t error;
    json_t *kept = json_load_file(args->option[OTACTL_CHECKPOINT], 0, &error);
    if (kept == NULL)
        return otactl_complain(ctl, OTACTL_FAILED, "%s: %s", args->option[OTACTL_CHECKPOINT],
                               error.text);
    enum otactl_exit code = verify_against(ctl, args, kept);
    json_decref(kept);
    return code;
}

static enum otactl_exit run_verify(struct otactl *ctl, const struct otactl_command *command,
                                   const struct otactl_arguments *args)
{
    if (args->option[OTACTL_CHECKPOINT] != NULL)
        return verify_kept(ctl, args);
    const struct otactl_http http = {.method = "GET", .path = command->request.path};
    struct otactl_reply checkpoint;
    enum otactl_exit code = otactl_send(ctl, &http, &checkpoint);
    if (code == OTACTL_OK)
        code = verify_against(ctl, args, checkpoint.json);
    otactl_reply_free(&checkpoint);
    return code;
}

/* ---- rows --------------------------------------------------------------------------------- */

static const struct otactl_column columns[] = {
    {"SEQUENCE", "sequence"}, {"TIME", "time"},          {"ACTOR", "actor"}, {"ACTION", "action"},
    {"OBJECT", "object"},     {"DETAIL", "detail_text"}, {NULL, NULL},
};

static const struct otactl_command commands[] = {
    {
        .verb = "list",
        .args = "",
        .summary = "list the audit records, oldest first",
        .details = "  otactl audit list --json",
        .run = otactl_run_request,
        .request = {.method = "GET", .path = "/v1/audit", .columns = columns},
    },
    {
        .verb = "checkpoint",
        .args = "",
        .summary = "have the newest record signed",
        .details = "  otactl audit checkpoint --json > january.json",
        .run = otactl_run_request,
        .request = {.method = "GET", .path = "/v1/audit/checkpoint"},
    },
    {
        .verb = "verify",
        .args = "",
        .summary = "recompute the chain and check its signature",
        .details =
            "A key that comes with the answer proves nothing about who signed, and a server\n"
            "that cut the trail would sign the stump. So keep a checkpoint from a time when\n"
            "you trusted the server, and verify against it:\n\n"
            "  otactl audit checkpoint --json > january.json\n"
            "  jq -r .public_key january.json > audit-key.txt\n"
            "  otactl audit verify --checkpoint january.json\n"
            "  otactl audit verify --public-key audit-key.txt",
        .options = OTACTL_BIT(OTACTL_PUBLIC_KEY) | OTACTL_BIT(OTACTL_CHECKPOINT),
        .run = run_verify,
        .request = {.method = "GET", .path = "/v1/audit/checkpoint"},
    },
};

const struct otactl_resource otactl_resource_audit = {
    .name = "audit",
    .summary = "who did what",
    OTACTL_ROWS(commands),
};
