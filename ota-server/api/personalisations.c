/* /v1/banks/{bank}/personalisations: sealed records. The server keeps them as they come; only the
 * vault opens them, at upload too: a record that could not be used later is refused at once. */
#include "ota-server/api/api.h"
#include "ota-server/api/base64.h"
#include "ota-server/api/handlers.h"
#include "ota-server/api/path.h"
#include "ota-server/rebind/templates.h"

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

/* ---- the record and the product's templates ----------------------------------------------- */

struct record_problem {
    enum scp_error error;
    unsigned status;
    const char *code;
    const char *detail;
};

static const struct record_problem problems[] = {
    {SCP_KEY_UNAVAILABLE, 409, "transport-key-missing",
     "the vault has no transport key of the bank"},
    {SCP_BAD_MAC, 422, "record-unreadable",
     "the record was altered, or sealed under another key or for another product or card"},
    {SCP_UNSUPPORTED, 422, "record-malformed", "the record has a version that is not known here"},
    {SCP_MALFORMED, 422, "record-malformed", "the record is no sealed list of data objects"},
    {SCP_TOO_LONG, 422, "record-too-long", "a value made of the record is too long for the card"},
};

/* The tag that a template names at a position, without the '#' before it. */
static struct scp_bytes tag_at(const char *value, size_t position)
{
    const char *tag = value + position + (value[position] == '#');
    return scp_bytes_of((const uint8_t *)tag, strspn(tag, "0123456789ABCDEFabcdef"));
}

static void answer_lacking(struct http_response *response, const struct vault_dgi *dgi,
                           size_t position)
{
    struct scp_bytes tag = tag_at(dgi->value, position);
    http_problem(response, 422, "record-incomplete", "The record lacks what the product needs",
                 "the record has no object %.*s, which DGI %04X of the product is made of",
                 (int)tag.len, (const char *)tag.ptr, dgi->id);
}

static void answer_unusable(struct http_response *response, enum scp_error error)
{
    for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++) {
        if (problems[i].error == error) {
            http_problem(response, problems[i].status, problems[i].code,
                         "The record cannot be used", "%s", problems[i].detail);
            return;
        }
    }
    http_problem(response, 500, "internal", "The server failed", "the vault: %s",
                 scp_error_text(error));
}

/* Whether the vault can make the product's DGIs of the record. False: the response says why not. */
static bool check_record(struct vault *vault, const struct vault_record *record,
                         const struct store_blob *personalisation, struct http_response *response)
{
    struct vault_dgi dgis[TEMPLATES_MAX];
    struct vault_problem problem;
    json_t *json = json_loadb((const char *)personalisation->ptr, personalisation->len, 0, NULL);
    size_t count;
    enum scp_error error = templates_read(json, dgis, &count)
                               ? vault_check_record(vault, record, dgis, count, &problem)
                               : SCP_IO;
    if (error == SCP_NOT_FOUND && problem.dgi < count)
        answer_lacking(response, &dgis[problem.dgi], problem.position);
    else if (error != SCP_OK)
        answer_unusable(response, error);
    json_decref(json);
    return error == SCP_OK;
}

/* ---- the request -------------------------------------------------------------------------- */

/* A record for a card that is known, and the templates of the product's last version. */
static enum store_error load_templates(const struct api *api, const struct vault_record *record,
                                       struct store_blob *personalisation)
{
    struct store_card card;
    struct store_tx *tx;
    const char *product = strchr(record->product, '/') + 1;
    STORE_TRY(store_begin(api->store, STORE_READ, &tx));
    enum store_error error = store_card_get(tx, record->card, &card);
    if (error == STORE_OK)
        error = store_product_personalisation(tx, record->bank, product, STORE_VERSION_LATEST,
                                              personalisation);
    return store_end(tx, error);
}

static enum store_error add(const struct api *api, const struct http_request *request,
                            struct store_personalisation *record, struct scp_bytes sealed)
{
    char object[STORE_NAME_SIZE];
    struct store_tx *tx;
    STORE_TRY(store_begin(api->store, STORE_WRITE, &tx));
    enum store_error error = store_personalisation_add(tx, record, sealed);
    snprintf(object, sizeof object, "personalisation/%s", record->id);
    if (error == STORE_OK)
        error =
            api_audit(tx, request, "personalisation.add", object,
                      json_pack("{s:s, s:s}", "product", record->product, "card", record->card));
    return store_end(tx, error);
}

static void take(const struct api *api, const struct http_request *request,
                 struct http_response *response, const struct vault_record *given)
{
    struct store_personalisation record = {.created_ms = 0};
    struct store_blob personalisation = {.len = 0};
    enum store_error error = load_templates(api, given, &personalisation);
    if (error == STORE_OK && !check_record(api->vault, given, &personalisation, response)) {
        store_blob_fini(&personalisation);
        return;
    }
    store_blob_fini(&personalisation);
    snprintf(record.product, sizeof record.product, "%s", given->product);
    snprintf(record.card, sizeof record.card, "%s", given->card);
    if (error == STORE_OK)
        error = add(api, request, &record, given->sealed);
    if (error != STORE_OK)
        problem_store(response, error, "the card or the published product");
    else
        http_response_json(response, 201, json_pack("{s:s}", "id", record.id));
}

void api_personalisation_post(void *ctx, const struct http_request *request,
                              struct http_response *response)
{
    char bank[STORE_SLUG_SIZE];
    char product[STORE_PRODUCT_REF_SIZE];
    struct posted posted = {.product = ""};
    uint8_t sealed[VAULT_RECORD_MAX];
    struct scp_writer w = scp_writer_on(sealed, sizeof sealed);

    if (!api_is_own_bank(request, http_request_param(request, "bank"), response) ||
        !path_slug(request, "bank", bank, response) || !read_posted(request, response, &posted))
        return;
    if (base64_decode(posted.record, &w) != SCP_OK) {
        problem_member(response, "record", "must be base64 of a sealed record");
        return;
    }
    snprintf(product, sizeof product, "%s/%s", bank, posted.product);
    const struct vault_record record = {
        .bank = bank, .product = product, .card = posted.card, .sealed = scp_written(&w)};
    take(ctx, request, response, &record);
}
