/* GET /healthz, GET /readyz. */
#include "ota-server/api/api.h"
#include "ota-server/api/handlers.h"

void api_healthz(void *ctx, const struct http_request *request, struct http_response *response)
{
    (void)ctx;
    (void)request;
    http_response_json(response, 200, json_pack("{s:s}", "status", "alive"));
}

/* Ready when the database answers and a policy decides. */
void api_readyz(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    struct store_policy policy;
    struct store_tx *tx;

    (void)request;
    enum store_error error = store_begin(api->store, STORE_READ, &tx);
    if (error == STORE_OK) {
        error = store_policy_active(tx, &policy);
        store_rollback(tx);
    }
    if (error == STORE_OK)
        http_response_json(response, 200, json_pack("{s:s}", "status", "ready"));
    else
        http_problem(response, 503, "not-ready", "The service is not ready", "%s",
                     error == STORE_NOT_FOUND ? "no policy is active" : store_error_text(error));
}
