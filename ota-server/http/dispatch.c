/* The worker's part of an exchange: who asks, may they, and the handler. */
#include "ota-server/http/exchange.h"

static void refuse_anonymous(const struct http_peer *peer, struct http_response *response)
{
    if (peer->verified)
        http_problem(response, 401, "principal-unknown", "Not registered",
                     "the client certificate is valid, but nobody is registered under it");
    else
        http_problem(response, 401, http_refusal_code(peer->refusal), "Certificate required", "%s",
                     http_refusal_text(peer->refusal));
}

/* A connection may outlive the certificate that it was opened with. */
static bool has_expired(const struct http_server *server, const struct http_peer *peer)
{
    return peer->verified && (int64_t)(rebind_now_ms(&server->env) / 1000) > peer->not_after;
}

static bool authenticate(const struct http_server *server, struct http_request *request,
                         struct http_response *response)
{
    const struct http_peer *peer = &request->peer;
    if (has_expired(server, peer)) {
        http_problem(response, 401, http_refusal_code(HTTP_REFUSAL_EXPIRED), "Certificate refused",
                     "%s", http_refusal_text(HTTP_REFUSAL_EXPIRED));
        return false;
    }
    switch (server->config.authenticate(server->config.ctx, peer, request, &request->principal)) {
    case HTTP_AUTHENTICATED:
        request->has_principal = true;
        return true;
    case HTTP_AUTH_DISABLED:
        http_problem(response, 401, "principal-disabled", "Disabled",
                     "the principal registered under this certificate has been disabled");
        return false;
    case HTTP_AUTH_UNAVAILABLE:
        http_problem(response, 503, "register-unavailable", "Busy",
                     "the register of principals cannot be asked now; try again later");
        return false;
    case HTTP_AUTH_UNKNOWN:
        break;
    }
    refuse_anonymous(peer, response);
    return false;
}

static bool authorise(const struct http_server *server, struct http_request *request,
                      struct http_response *response)
{
    const struct http_route *route = request->route;
    if ((route->roles & HTTP_PUBLIC) != 0)
        return true;
    if (!authenticate(server, request, response))
        return false;
    if ((route->roles & request->principal.roles) != 0)
        return true;
    http_problem(response, 403, "role-not-allowed", "Not allowed",
                 "a principal of this kind may not %s %s", route->method, route->pattern);
    return false;
}

void http_dispatch_run(struct http_job *job)
{
    struct http_exchange *exchange = http_exchange_of_job(job);
    const struct http_server *server = exchange->server;
    if (authorise(server, &exchange->request, &exchange->response))
        exchange->request.route->handle(server->config.ctx, &exchange->request,
                                        &exchange->response);
    http_response_finish(&exchange->response);
}
