#include "ota-server/api/api.h"

#include "ota-server/rebind/operation_life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *api_actor(const struct http_request *request)
{
    const struct http_principal *principal = http_request_principal(request);
    return principal == NULL ? "" : principal->id;
}

bool api_is_own_bank(const struct http_request *request, const char *bank,
                     struct http_response *response)
{
    const struct http_principal *principal = http_request_principal(request);
    bool is_bank = principal != NULL && (principal->roles & ROLE(BANK)) != 0;
    if (!is_bank || strcmp(principal->tenant, bank) == 0)
        return true;
    problem_store(response, STORE_NOT_FOUND, "the bank");
    return false;
}

const char *api_bank_of(const struct http_request *request)
{
    const struct http_principal *principal = http_request_principal(request);
    return (principal->roles & ROLE(BANK)) != 0 ? principal->tenant : NULL;
}

void api_expire(const struct api *api)
{
    struct operation_news news = {.count = 0};
    enum store_error error = operation_life_expire_all(api->rebind, &news);
    if (error != STORE_OK)
        REBIND_LOG(api->log, REBIND_LOG_WARN, "operation.expire",
                   REBIND_TEXT("cause", store_error_text(error)));
    for (size_t i = 0; i < news.count; i++)
        http_server_notify(api->server, news.ids[i]);
    if (news.count > 0)
        http_server_notify(api->server, TOPIC_OPERATIONS);
}

bool api_product_is_of(const char *product, const char *bank)
{
    size_t len = strlen(bank);
    return strncmp(product, bank, len) == 0 && product[len] == '/';
}

enum store_error api_audit(struct store_tx *tx, const struct http_request *request,
                           const char *action, const char *object, json_t *detail)
{
    char *text = detail == NULL ? NULL : json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
    struct store_audit_entry entry = {.actor = api_actor(request),
                                      .action = action,
                                      .object = object,
                                      .detail = text == NULL ? "" : text};
    enum store_error error =
        detail != NULL && text == NULL ? STORE_NO_MEMORY : store_audit_append(tx, &entry, NULL);
    free(text);
    json_decref(detail);
    return error;
}

json_t *api_hex(struct scp_bytes bytes)
{
    char text[SCP_HEX_SIZE(256)];
    return json_string(scp_hex_encode(text, sizeof text, bytes));
}

enum http_authentication api_authenticate(void *ctx, const struct http_peer *peer,
                                          const struct http_request *request,
                                          struct http_principal *principal)
{
    const struct api *api = ctx;
    struct store_principal found;
    struct store_tx *tx;

    (void)request;
    if (!peer->verified)
        return HTTP_AUTH_UNKNOWN;
    if (store_begin(api->store, STORE_READ, &tx) != STORE_OK)
        return HTTP_AUTH_UNAVAILABLE;
    enum store_error error = store_principal_by_fingerprint(tx, peer->fingerprint, &found);
    store_rollback(tx);
    if (error == STORE_NOT_FOUND)
        return HTTP_AUTH_UNKNOWN;
    if (error != STORE_OK)
        return HTTP_AUTH_UNAVAILABLE;
    if (found.status != STORE_PRINCIPAL_ACTIVE)
        return HTTP_AUTH_DISABLED;
    principal->roles = 1u << found.kind;
    snprintf(principal->id, sizeof principal->id, "%s", found.id);
    snprintf(principal->tenant, sizeof principal->tenant, "%s", found.tenant);
    snprintf(principal->person, sizeof principal->person, "%s", found.person);
    return HTTP_AUTHENTICATED;
}
