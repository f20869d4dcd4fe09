/* /v1/principals: whose certificates count, and as what. */
#include "ota-server/api/api.h"
#include "ota-server/api/handlers.h"
#include "ota-server/api/principal_kind.h"

#include <stdio.h>
#include <string.h>

enum { PEM_SIZE = 8 * 1024 };

static json_t *render(const void *element)
{
    const struct store_principal *principal = element;
    char created[OPERATION_TIME_SIZE];
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s}", "id", principal->id, "name",
                     principal->name, "kind", principal_kind_name(principal->kind), "tenant",
                     principal->tenant, "person", principal->person, "fingerprint",
                     api_hex(SCP_BYTES(principal->fingerprint)), "status",
                     principal->status == STORE_PRINCIPAL_ACTIVE ? "active" : "disabled", "created",
                     operation_time(created, principal->created_ms));
}

static bool complete(struct store_principal *principal, const char *kind, const char *certificate,
                     struct http_response *response)
{
    const char *missing;
    if (!principal_kind_from_name(kind, &principal->kind)) {
        problem_member(response, "kind",
                       "must be bank, agent, operator, author, approver, officer or auditor");
        return false;
    }
    if (principal_fingerprint(certificate, principal->fingerprint) != SCP_OK) {
        problem_member(response, "certificate", "must be one certificate in PEM");
        return false;
    }
    missing = principal_missing(principal);
    if (missing != NULL)
        problem_member(response, missing, "is missing for this kind");
    else if (!principal_has_region(principal))
        problem_member(response, "tenant", "must be a region code of six digits for an agent");
    else
        return true;
    return false;
}

static bool read_principal(const struct http_request *request, struct http_response *response,
                           struct store_principal *principal)
{
    char kind[STORE_WORD_SIZE];
    char certificate[PEM_SIZE];
    const struct body_member members[] = {
        {"name", BODY_TEXT, .required = true, .text = principal->name,
         .size = sizeof principal->name},
        {"kind", BODY_TEXT, .required = true, .text = kind, .size = sizeof kind},
        {"tenant", BODY_TEXT, .nullable = true, .text = principal->tenant,
         .size = sizeof principal->tenant},
        {"person", BODY_TEXT, .nullable = true, .text = principal->person,
         .size = sizeof principal->person},
        {"certificate", BODY_TEXT, .required = true, .text = certificate,
         .size = sizeof certificate},
    };
    struct body body;
    if (!body_open(&body, request, response))
        return false;
    bool fits = body_read(&body, members, sizeof members / sizeof members[0], response) &&
                complete(principal, kind, certificate, response);
    body_close(&body);
    return fits;
}

void api_principal_post(void *ctx, const struct http_request *request,
                        struct http_response *response)
{
    const struct api *api = ctx;
    struct store_principal principal = {.created_ms = 0};
    char object[STORE_NAME_SIZE];
    struct store_tx *tx;

    if (!read_principal(request, response, &principal))
        return;
    enum store_error error = store_begin(api->store, STORE_WRITE, &tx);
    if (error == STORE_OK) {
        error = store_principal_add(tx, &principal);
        snprintf(object, sizeof object, "principal/%s", principal.id);
        if (error == STORE_OK)
            error = api_audit(tx, request, "principal.add", object, render(&principal));
        error = store_end(tx, error);
    }
    if (error != STORE_OK)
        problem_store(response, error, "the certificate");
    else
        http_response_json(response, 201, render(&principal));
}

void api_principal_delete(void *ctx, const struct http_request *request,
                          struct http_response *response)
{
    const struct api *api = ctx;
    const char *id = http_request_param(request, "principal");
    char object[STORE_NAME_SIZE];
    struct store_tx *tx;

    snprintf(object, sizeof object, "principal/%.64s", id);
    enum store_error error = store_begin(api->store, STORE_WRITE, &tx);
    if (error == STORE_OK) {
        error = store_principal_disable(tx, id);
        if (error == STORE_OK)
            error = api_audit(tx, request, "principal.disable", object, NULL);
        error = store_end(tx, error);
    }
    if (error != STORE_OK)
        problem_store(response, error, "the principal");
    else
        http_response_status(response, 204);
}

static enum store_error fetch(struct store_tx *tx, const void *filter, const char *after, void *out,
                              size_t cap, size_t *count)
{
    (void)filter;
    return store_principal_list(tx, after, out, cap, count);
}

void api_principal_list(void *ctx, const struct http_request *request,
                        struct http_response *response)
{
    static const struct api_listing listing = {
        .what = "the principals",
        .element_size = sizeof(struct store_principal),
        .fetch = fetch,
        .render = render,
        .id_offset = offsetof(struct store_principal, id),
    };
    api_answer_list(ctx, request, response, &listing, NULL);
}
