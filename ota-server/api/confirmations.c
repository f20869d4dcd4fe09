/* /v1/cards/{card}/confirmations: a second person agrees to a change before it is asked for. */
#include "ota-server/api/api.h"
#include "ota-server/api/handlers.h"

#include <stdio.h>
#include <string.h>

static bool read_product(const struct http_request *request, struct http_response *response,
                         struct store_confirmation *confirmation)
{
    char bank[STORE_SLUG_SIZE];
    char id[STORE_SLUG_SIZE];
    const struct body_member members[] = {
        {"product", BODY_TEXT, .nullable = true, .text = confirmation->product,
         .size = sizeof confirmation->product},
    };
    struct body body;
    if (!body_open(&body, request, response))
        return false;
    bool fits = body_read(&body, members, 1, response);
    body_close(&body);
    if (!fits || confirmation->product[0] == '\0' ||
        product_ref_split(confirmation->product, bank, id))
        return fits;
    problem_member(response, "product", "must have the form BANK/PRODUCT");
    return false;
}

static enum store_error add(struct store_tx *tx, const struct http_request *request,
                            struct store_confirmation *confirmation)
{
    struct store_card card;
    char object[STORE_NAME_SIZE];
    STORE_TRY(store_card_get(tx, confirmation->card, &card));
    STORE_TRY(store_confirmation_add(tx, confirmation));
    snprintf(object, sizeof object, "card/%s", confirmation->card);
    return api_audit(
        tx, request, "binding.confirm", object,
        json_pack("{s:s, s:s}", "id", confirmation->id, "product", confirmation->product));
}

void api_confirmation_post(void *ctx, const struct http_request *request,
                           struct http_response *response)
{
    const struct api *api = ctx;
    const struct http_principal *principal = http_request_principal(request);
    struct store_confirmation confirmation = {.made_ms = 0};
    struct store_tx *tx;
    if (!read_product(request, response, &confirmation))
        return;
    snprintf(confirmation.card, sizeof confirmation.card, "%.32s",
             http_request_param(request, "card"));
    snprintf(confirmation.principal, sizeof confirmation.principal, "%.32s", principal->id);
    snprintf(confirmation.person, sizeof confirmation.person, "%s", principal->person);
    enum store_error error = store_begin(api->store, STORE_WRITE, &tx);
    if (error == STORE_OK)
        error = store_end(tx, add(tx, request, &confirmation));
    if (error == STORE_INVALID)
        http_problem(response, 403, "no-person", "Nobody stands behind this certificate",
                     "a machine cannot confirm");
    else if (error != STORE_OK)
        problem_store(response, error, "the card");
    else
        http_response_json(response, 201, json_pack("{s:s}", "id", confirmation.id));
}
