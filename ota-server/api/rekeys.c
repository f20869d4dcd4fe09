/* POST /v1/cards/{card}/keys: a security domain of the card gets other keys. */
#include "ota-server/api/accepted.h"
#include "ota-server/api/handlers.h"
#include "ota-server/api/refusal.h"
#include "ota-server/rebind/rekey.h"

enum { KVN_MAX = 0x7F };

void api_card_keys_post(void *ctx, const struct http_request *request,
                        struct http_response *response)
{
    const struct api *api = ctx;
    char bank[STORE_SLUG_SIZE] = "";
    char key_set[STORE_LABEL_SIZE] = "";
    int64_t kvn = 0;
    bool has_bank = false;
    const struct body_member members[] = {
        {"key_set", BODY_TEXT, .required = true, .text = key_set, .size = sizeof key_set},
        {"kvn", BODY_INTEGER, .required = true, .number = &kvn, .minimum = 1, .maximum = KVN_MAX},
        {"bank", BODY_SLUG, .nullable = true, .text = bank, .size = sizeof bank,
         .present = &has_bank},
    };
    struct rekey_request rekey = {.card = http_request_param(request, "card"),
                                  .key_set = key_set,
                                  .principal = api_actor(request)};
    struct store_operation operation;
    struct body body;
    if (!api_idempotency_key(request, response, &rekey.idempotency_key) ||
        !body_open(&body, request, response))
        return;
    bool fits = body_read(&body, members, sizeof members / sizeof members[0], response);
    body_close(&body);
    if (!fits)
        return;
    rekey.bank = has_bank ? bank : NULL;
    rekey.kvn = (uint8_t)kvn;
    enum rebind_refusal refusal = rekey_make(api->rebind, &rekey, &operation);
    if (refusal == REBIND_REFUSED_NONE)
        answer_accepted(api, &operation, response);
    else
        answer_refusal(response, refusal, rebind_refusal_text(refusal)->title);
}
