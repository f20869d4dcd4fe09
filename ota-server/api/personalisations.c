/* /v1/banks/{bank}/personalisations: sealed records. The server keeps them as they come; only the
 * vault opens them. */
#include "ota-server/api/api.h"
#include "ota-server/api/base64.h"
#include "ota-server/api/handlers.h"

#include <stdio.h>
#include <string.h>

enum { RECORD_TEXT_SIZE = (VAULT_RECORD_MAX + 2) / 3 * 4 + 1 };

struct posted {
    char product[STORE_SLUG_SIZE];
    char card[STORE_ID_SIZE];
    char record[RECORD_TEXT_SIZE];
};

static bool read_posted(const struct http_request *request, struct http_response *response,
                        struct posted *posted)
{
    const struct body_member members[] = {
        {"product", BODY_SLUG, .required = true, .text = posted->product,
         .size = sizeof posted->product},
        {"card", BODY_TEXT, .required = true, .text = posted->card, .size = sizeof posted->card},
        {"record", BODY_TEXT, .required = true, .text = posted->record,
         .size = sizeof posted->record},
    };
    struct body body;
    if (!body_open(&body, request, response))
        return false;
    bool fits = body_read(&body, members, sizeof members / sizeof members[0], response);
    body_close(&body);
    return fits;
}

/* The card and the product exist; the record is added and audited. */
static enum store_error add(struct store_tx *tx, const struct http_request *request,
                            struct store_personalisation *record, struct scp_bytes sealed)
{
    struct store_card card;
    struct store_product product;
    char bank[STORE_SLUG_SIZE];
    char id[STORE_SLUG_SIZE];
    char object[STORE_NAME_SIZE];

    if (!product_ref_split(record->product, bank, id))
        return STORE_INVALID;
    STORE_TRY(store_card_get(tx, record->card, &card));
    STORE_TRY(store_product_get(tx, bank, id, STORE_VERSION_LATEST, &product));
    STORE_TRY(store_personalisation_add(tx, record, sealed));
    snprintf(object, sizeof object, "personalisation/%s", record->id);
    return api_audit(tx, request, "personalisation.add", object,
                     json_pack("{s:s, s:s}", "product", record->product, "card", record->card));
}

void api_personalisation_post(void *ctx, const struct http_request *request,
                              struct http_response *response)
{
    const struct api *api = ctx;
    const char *bank = http_request_param(request, "bank");
    struct store_personalisation record = {.created_ms = 0};
    struct posted posted;
    uint8_t sealed[VAULT_RECORD_MAX];
    struct scp_writer w = scp_writer_on(sealed, sizeof sealed);
    struct store_tx *tx;

    if (!api_is_own_bank(request, bank, response) || !read_posted(request, response, &posted))
        return;
    if (base64_decode(posted.record, &w) != SCP_OK) {
        problem_member(response, "record", "must be base64 of a sealed record");
        return;
    }
    snprintf(record.product, sizeof record.product, "%.64s/%.64s", bank, posted.product);
    snprintf(record.card, sizeof record.card, "%s", posted.card);
    enum store_error error = store_begin(api->store, STORE_WRITE, &tx);
    if (error == STORE_OK)
        error = store_end(tx, add(tx, request, &record, scp_written(&w)));
    if (error != STORE_OK)
        problem_store(response, error, "the card or the published product");
    else
        http_response_json(response, 201, json_pack("{s:s}", "id", record.id));
}
