/* /v1/audit: who did what, as a chain of hashes. */
#include "ota-server/api/api.h"
#include "ota-server/api/base64.h"
#include "ota-server/api/handlers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *render(const void *element)
{
    const struct store_audit *record = element;
    char time[OPERATION_TIME_SIZE];
    json_t *detail = record->detail.len == 0 ? json_null()
                                             : json_loadb((const char *)record->detail.ptr,
                                                          record->detail.len, 0, NULL);
    return json_pack("{s:I, s:s, s:I, s:s, s:s, s:s, s:o, s:s, s:o, s:o}", "sequence",
                     (json_int_t)record->sequence, "time", operation_time(time, record->time_ms),
                     "time_ms", (json_int_t)record->time_ms, "actor", record->actor, "action",
                     record->action, "object", record->object, "detail", detail, "detail_text",
                     record->detail.len == 0 ? "" : (const char *)record->detail.ptr, "previous",
                     api_hex(SCP_BYTES(record->previous)), "hash",
                     api_hex(SCP_BYTES(record->hash)));
}

static enum store_error fetch(struct store_tx *tx, const void *filter, const char *after, void *out,
                              size_t cap, size_t *count)
{
    (void)filter;
    return store_audit_list(tx, strtoll(after, NULL, 10), out, cap, count);
}

static int64_t number(const void *element)
{
    const struct store_audit *record = element;
    return record->sequence;
}

static void fini(void *element)
{
    store_audit_fini(element);
}

void api_audit_list(void *ctx, const struct http_request *request, struct http_response *response)
{
    static const struct api_listing listing = {
        .what = "the audit records",
        .element_size = sizeof(struct store_audit),
        .fetch = fetch,
        .render = render,
        .number = number,
        .fini = fini,
    };
    api_answer_list(ctx, request, response, &listing, NULL);
}

/* Nothing is signed over a chain that lost the records of its last checkpoint: the signature would
 * cover up what it is there to show. */
static enum store_error check_not_cut(struct store_tx *tx, const struct store_checkpoint *head)
{
    struct store_checkpoint last;
    enum store_error error = store_checkpoint_last(tx, &last);
    if (error == STORE_NOT_FOUND)
        return STORE_OK;
    STORE_TRY(error);
    bool cut =
        head->sequence < last.sequence ||
        (head->sequence == last.sequence && memcmp(head->hash, last.hash, sizeof head->hash) != 0);
    return cut ? STORE_CORRUPT : STORE_OK;
}

/* Sign the end of the chain and keep the checkpoint: a chain that was cut shows from then on. */
static enum store_error sign_head(const struct api *api, struct store_tx *tx,
                                  struct store_checkpoint *head)
{
    uint8_t signed_bytes[8 + 32];
    struct scp_writer w = scp_writer_on(signed_bytes, sizeof signed_bytes);
    struct scp_writer signature = scp_writer_on(head->signature, sizeof head->signature);

    STORE_TRY(store_audit_head(tx, head));
    STORE_TRY(check_not_cut(tx, head));
    scp_put_u64(&w, (uint64_t)head->sequence);
    scp_put(&w, SCP_BYTES(head->hash));
    if (vault_sign(api->vault, scp_written(&w), &signature) != SCP_OK)
        return STORE_IO;
    head->signature_len = scp_written(&signature).len;
    return head->sequence == 0 ? STORE_OK : store_checkpoint_add(tx, head);
}

enum store_error api_audit_sign(const struct api *api, struct store_checkpoint *head)
{
    struct store_tx *tx;
    STORE_TRY(store_begin(api->store, STORE_WRITE, &tx));
    return store_end(tx, sign_head(api, tx, head));
}

void api_audit_checkpoint(void *ctx, const struct http_request *request,
                          struct http_response *response)
{
    const struct api *api = ctx;
    struct store_checkpoint head = {.sequence = 0};
    uint8_t key[VAULT_PUBLIC_KEY_MAX];
    struct scp_writer public_key = scp_writer_on(key, sizeof key);

    (void)request;
    enum store_error error =
        vault_public_key(api->vault, &public_key) == SCP_OK ? api_audit_sign(api, &head) : STORE_IO;
    if (error != STORE_OK) {
        problem_store(response, error, "the audit chain");
        return;
    }
    http_response_json(response, 200,
                       json_pack("{s:I, s:o, s:o, s:o}", "sequence", (json_int_t)head.sequence,
                                 "hash", api_hex(SCP_BYTES(head.hash)), "signature",
                                 base64_json(scp_bytes_of(head.signature, head.signature_len)),
                                 "public_key", base64_json(scp_written(&public_key))));
}
