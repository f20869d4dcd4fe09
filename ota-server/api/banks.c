/* /v1/banks */
#include "ota-server/api/api.h"
#include "ota-server/api/handlers.h"
#include "ota-server/api/path.h"
#include "policies/compile/schema.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const statuses[] = {
    [STORE_BANK_ACTIVE] = "active",
    [STORE_BANK_SUSPENDED] = "suspended",
    [STORE_BANK_LEAVING] = "leaving",
};

enum { STATUS_COUNT = sizeof statuses / sizeof statuses[0] };

static json_t *render(const void *element)
{
    const struct store_bank *bank = element;
    json_t *regions = json_array();
    for (size_t i = 0; i < bank->region_count; i++)
        json_array_append_new(regions, json_string(bank->regions[i]));
    return json_pack("{s:s, s:s, s:s, s:s?, s:o}", "id", bank->id, "name", bank->name, "status",
                     statuses[bank->status], "kind", bank->kind[0] == '\0' ? NULL : bank->kind,
                     "regions", regions);
}

static void set_etag(struct http_response *response, const struct store_bank *bank)
{
    char etag[32];
    snprintf(etag, sizeof etag, "\"%lld\"", (long long)bank->etag);
    http_response_header(response, "etag", etag);
}

static bool read_status(const char *text, struct store_bank *bank, struct http_response *response)
{
    for (size_t i = 0; i < STATUS_COUNT; i++) {
        if (strcmp(text, statuses[i]) == 0) {
            bank->status = (enum store_bank_status)i;
            return true;
        }
    }
    problem_member(response, "status", "must be active, suspended or leaving");
    return false;
}

static bool check_kind(const struct store_bank *bank, struct http_response *response)
{
    if (bank->kind[0] == '\0' || policy_word_index(POLICY_BANK_KIND, bank->kind) >= 0)
        return true;
    problem_member(response, "kind", "must be state, joint-stock, city, rural, postal or foreign");
    return false;
}

static bool read_regions(json_t *regions, struct store_bank *bank, struct http_response *response)
{
    size_t i;
    json_t *region;
    if (json_array_size(regions) > STORE_REGIONS_MAX) {
        problem_member(response, "regions", "has too many elements");
        return false;
    }
    json_array_foreach(regions, i, region)
    {
        const char *text = json_string_value(region);
        if (text == NULL || !text_is_region(text)) {
            problem_member(response, "regions", "must be an array of region codes of six digits");
            return false;
        }
        snprintf(bank->regions[i], sizeof bank->regions[i], "%s", text);
    }
    bank->region_count = json_array_size(regions);
    return true;
}

static bool read_bank(const struct http_request *request, struct http_response *response,
                      struct store_bank *bank)
{
    char status[STORE_WORD_SIZE];
    json_t *regions;
    const struct body_member members[] = {
        {"name", BODY_TEXT, .required = true, .text = bank->name, .size = sizeof bank->name},
        {"status", BODY_TEXT, .required = true, .text = status, .size = sizeof status},
        {"kind", BODY_TEXT, .nullable = true, .text = bank->kind, .size = sizeof bank->kind},
        {"regions", BODY_ARRAY, .required = true, .json = &regions},
    };
    struct body body;
    if (!body_open(&body, request, response))
        return false;
    bool fits = body_read(&body, members, sizeof members / sizeof members[0], response) &&
                read_status(status, bank, response) && check_kind(bank, response) &&
                read_regions(regions, bank, response);
    body_close(&body);
    return fits;
}

/* If-Match: "N". Without it a bank is created, or replaced whatever it was. */
static bool read_if_match(const struct http_request *request, struct http_response *response,
                          int64_t *if_match)
{
    const char *text = http_request_header(request, "if-match");
    char *end;
    *if_match = STORE_ETAG_ANY;
    if (text == NULL)
        return true;
    errno = 0;
    *if_match = *text == '"' ? strtoll(text + 1, &end, 10) : 0;
    if (*if_match > 0 && errno == 0 && strcmp(end, "\"") == 0)
        return true;
    problem_member(response, "If-Match", "must be the ETag of a bank");
    return false;
}

void api_bank_put(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    struct store_bank bank = {.etag = 0};
    int64_t if_match;
    struct store_tx *tx;
    char object[STORE_NAME_SIZE];

    if (!path_slug(request, "bank", bank.id, response) || !read_bank(request, response, &bank) ||
        !read_if_match(request, response, &if_match))
        return;
    snprintf(object, sizeof object, "bank/%s", bank.id);
    enum store_error error = store_begin(api->store, STORE_WRITE, &tx);
    if (error == STORE_OK) {
        error = store_bank_put(tx, &bank, if_match);
        if (error == STORE_OK)
            error = api_audit(tx, request, "bank.put", object, render(&bank));
        error = store_end(tx, error);
    }
    if (error != STORE_OK) {
        problem_store(response, error, "the bank");
        return;
    }
    set_etag(response, &bank);
    http_response_json(response, bank.etag == 1 ? 201 : 200, render(&bank));
}

void api_bank_get(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    const char *id = http_request_param(request, "bank");
    struct store_bank bank;
    struct store_tx *tx;

    if (!api_is_own_bank(request, id, response))
        return;
    enum store_error error = store_begin(api->store, STORE_READ, &tx);
    if (error == STORE_OK)
        error = store_end(tx, store_bank_get(tx, id, &bank));
    if (error != STORE_OK) {
        problem_store(response, error, "the bank");
        return;
    }
    set_etag(response, &bank);
    http_response_json(response, 200, render(&bank));
}

static enum store_error fetch(struct store_tx *tx, const void *filter, const char *after, void *out,
                              size_t cap, size_t *count)
{
    (void)filter;
    return store_bank_list(tx, after, out, cap, count);
}

void api_bank_list(void *ctx, const struct http_request *request, struct http_response *response)
{
    static const struct api_listing listing = {
        .what = "the banks",
        .element_size = sizeof(struct store_bank),
        .fetch = fetch,
        .render = render,
        .id_offset = offsetof(struct store_bank, id),
    };
    api_answer_list(ctx, request, response, &listing, NULL);
}
