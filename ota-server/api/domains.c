/* /v1/banks/{bank}/security-domain */
#include "ota-server/api/api.h"
#include "ota-server/api/handlers.h"
#include "ota-server/api/path.h"

#include <stdio.h>
#include <string.h>

static const char *const managements[] = {
    [STORE_MANAGEMENT_SIMPLE] = "simple",
    [STORE_MANAGEMENT_AUTHORIZED] = "authorized",
};

static json_t *render(const struct store_domain *domain)
{
    json_t *keys = json_object();
    for (size_t i = 0; i < domain->key_count; i++)
        json_object_set_new(keys, domain->keys[i].profile, json_string(domain->keys[i].label));
    return json_pack("{s:s, s:s, s:s, s:o}", "bank", domain->bank, "aid", domain->aid, "management",
                     managements[domain->management], "key_sets", keys);
}

/* One member of key_sets: cards of this profile get keys from these masters. */
static bool read_key(const struct api *api, const char *profile, json_t *label,
                     struct store_domain_key *out, struct http_response *response)
{
    char path[STORE_NAME_SIZE];
    const char *text = json_string_value(label);
    snprintf(path, sizeof path, "key_sets.%.*s", STORE_LABEL_SIZE - 1, profile);
    if (card_profiles_find(api->profiles, profile) == NULL) {
        problem_member(response, path, "is no card profile of this server");
        return false;
    }
    if (text == NULL || strlen(text) >= STORE_LABEL_SIZE || !vault_has_key_set(api->vault, text)) {
        problem_member(response, path, "must be the label of a key set in the vault");
        return false;
    }
    snprintf(out->profile, sizeof out->profile, "%s", profile);
    snprintf(out->label, sizeof out->label, "%s", text);
    return true;
}

static bool read_keys(const struct api *api, json_t *keys, struct store_domain *domain,
                      struct http_response *response)
{
    const char *profile;
    json_t *label;
    if (json_object_size(keys) == 0 || json_object_size(keys) > STORE_DOMAIN_KEYS_MAX) {
        problem_member(response, "key_sets", "must name 1 to 32 card profiles");
        return false;
    }
    json_object_foreach(keys, profile, label)
    {
        if (!read_key(api, profile, label, &domain->keys[domain->key_count++], response))
            return false;
    }
    return true;
}

/* "" stands for what it is when nothing is said. */
static bool read_management(const char *text, struct store_domain *domain,
                            struct http_response *response)
{
    for (size_t i = 0; i < sizeof managements / sizeof managements[0]; i++) {
        if (text[0] != '\0' && strcmp(managements[i], text) != 0)
            continue;
        domain->management = (enum store_management)i;
        return true;
    }
    problem_member(response, "management", "must be simple or authorized");
    return false;
}

static bool read_domain(const struct api *api, const struct http_request *request,
                        struct http_response *response, struct store_domain *domain)
{
    json_t *keys;
    char management[STORE_WORD_SIZE] = "";
    const struct body_member members[] = {
        {"aid", BODY_AID, .required = true, .text = domain->aid, .size = sizeof domain->aid},
        {"management", BODY_TEXT, .text = management, .size = sizeof management},
        {"key_sets", BODY_OBJECT, .required = true, .json = &keys},
    };
    struct body body;
    if (!body_open(&body, request, response))
        return false;
    bool fits = body_read(&body, members, sizeof members / sizeof members[0], response) &&
                read_management(management, domain, response) &&
                read_keys(api, keys, domain, response);
    body_close(&body);
    return fits;
}

void api_domain_put(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    struct store_domain domain = {.key_count = 0};
    struct store_tx *tx;
    char object[STORE_NAME_SIZE];

    if (!path_slug(request, "bank", domain.bank, response) ||
        !read_domain(api, request, response, &domain))
        return;
    snprintf(object, sizeof object, "bank/%s", domain.bank);
    enum store_error error = store_begin(api->store, STORE_WRITE, &tx);
    if (error == STORE_OK) {
        error = store_domain_put(tx, &domain);
        if (error == STORE_OK)
            error = api_audit(tx, request, "domain.put", object, render(&domain));
        error = store_end(tx, error);
    }
    if (error == STORE_CONFLICT)
        http_problem(response, 409, "domain-aid-taken", "The security domain's AID is taken",
                     "another bank's security domain has the AID %s", domain.aid);
    else if (error != STORE_OK)
        problem_store(response, error, "the bank");
    else
        http_response_json(response, 200, render(&domain));
}

void api_domain_get(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    const char *bank = http_request_param(request, "bank");
    struct store_domain domain;
    struct store_tx *tx;

    if (!api_is_own_bank(request, bank, response))
        return;
    enum store_error error = store_begin(api->store, STORE_READ, &tx);
    if (error == STORE_OK)
        error = store_end(tx, store_domain_get(tx, bank, &domain));
    if (error != STORE_OK)
        problem_store(response, error, "the bank's security domain");
    else
        http_response_json(response, 200, render(&domain));
}
