/* POST /v1/cards: a card that was issued already comes under the service. What is said of its
 * contents is the bureau's word, so it is kept as reported. */
#include "ota-server/api/api.h"
#include "ota-server/api/card_identity.h"
#include "ota-server/api/handlers.h"

#include <stdio.h>
#include <string.h>

/* What the request says. */
struct import {
    struct card_identity identity;
    struct store_card card;
    struct store_key_set keys;
    struct store_content contents[STORE_CONTENTS_MAX];
    size_t content_count;
    char active[STORE_PRODUCT_REF_SIZE];
    json_t *keys_json; /* borrowed from the body while it is read */
    json_t *contents_json;
};

enum { MEMORY_MAX = 16 * 1024 * 1024, COUNTER_MAX = 0xFFFFFF };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool read_keys(struct import *in, struct http_response *response)
{
    int64_t kvn = 0;
    int64_t counter = 0;
    const struct body_member members[] = {
        {"key_set", BODY_TEXT, .required = true, .text = in->keys.label,
         .size = sizeof in->keys.label},
        {"kvn", BODY_INTEGER, .required = true, .number = &kvn, .minimum = 1, .maximum = 255},
        {"diversification_data", BODY_HEX, .required = true, .bytes = in->keys.diversification_data,
         .size = sizeof in->keys.diversification_data,
         .minimum = sizeof in->keys.diversification_data},
        {"counter", BODY_INTEGER, .nullable = true, .number = &counter, .minimum = 0,
         .maximum = COUNTER_MAX, .present = &in->keys.counter_known},
    };
    if (!body_read_at("keys", in->keys_json, members, COUNT(members), response))
        return false;
    in->keys.kvn = (uint8_t)kvn;
    in->keys.counter = (uint32_t)counter;
    return true;
}

static struct store_content *new_entry(struct import *in, const char *path,
                                       struct http_response *response)
{
    if (in->content_count == STORE_CONTENTS_MAX) {
        problem_member(response, path, "is more than one card can have");
        return NULL;
    }
    return &in->contents[in->content_count++];
}

static bool read_load_file(struct import *in, const char *path, json_t *json,
                           struct http_response *response)
{
    struct store_content *entry = new_entry(in, path, response);
    json_t *modules = NULL;
    if (entry == NULL)
        return false;
    const struct body_member members[] = {
        {"aid", BODY_AID, .required = true, .text = entry->aid, .size = sizeof entry->aid},
        {"modules", BODY_ARRAY, .json = &modules},
    };
    entry->kind = STORE_CONTENT_LOAD_FILE;
    entry->life_cycle = 1;
    return body_read_at(path, json, members, COUNT(members), response);
}

static bool read_application(struct import *in, const char *path, json_t *json,
                             struct http_response *response)
{
    struct store_content *entry = new_entry(in, path, response);
    int64_t state = 0;
    if (entry == NULL)
        return false;
    const struct body_member members[] = {
        {"aid", BODY_AID, .required = true, .text = entry->aid, .size = sizeof entry->aid},
        {"load_file", BODY_AID, .text = entry->load_file, .size = sizeof entry->load_file},
        {"state", BODY_INTEGER, .required = true, .number = &state, .minimum = 1, .maximum = 255},
        {"privileges", BODY_PRIVILEGES, .bytes = entry->privileges},
    };
    entry->kind = STORE_CONTENT_APPLICATION;
    bool fits = body_read_at(path, json, members, COUNT(members), response);
    entry->life_cycle = (uint8_t)state;
    return fits;
}

/* AIDs are unique on a card (GPCS 2.3.1 6.5). */
static bool is_repeated(const struct import *in)
{
    const struct store_content *last = &in->contents[in->content_count - 1];
    for (const struct store_content *entry = in->contents; entry < last; entry++) {
        if (strcmp(entry->aid, last->aid) == 0)
            return true;
    }
    return false;
}

static bool read_array(struct import *in, const char *name, json_t *array,
                       bool (*read)(struct import *, const char *, json_t *,
                                    struct http_response *),
                       struct http_response *response)
{
    size_t i;
    json_t *element;
    json_array_foreach(array, i, element)
    {
        char path[64];
        snprintf(path, sizeof path, "contents.%s[%zu]", name, i);
        if (!read(in, path, element, response))
            return false;
        if (is_repeated(in)) {
            problem_member(response, path, "has an AID that stands there twice");
            return false;
        }
    }
    return true;
}

static bool read_contents(struct import *in, struct http_response *response)
{
    json_t *load_files = NULL;
    json_t *applications = NULL;
    int64_t free_memory = 0;
    const struct body_member members[] = {
        {"load_files", BODY_ARRAY, .required = true, .json = &load_files},
        {"applications", BODY_ARRAY, .required = true, .json = &applications},
        {"active", BODY_TEXT, .nullable = true, .text = in->active, .size = sizeof in->active},
        {"free_non_volatile", BODY_INTEGER, .nullable = true, .number = &free_memory, .minimum = 0,
         .maximum = MEMORY_MAX, .present = &in->card.free_known},
    };
    bool fits = body_read_at("contents", in->contents_json, members, COUNT(members), response) &&
                read_array(in, "load_files", load_files, read_load_file, response) &&
                read_array(in, "applications", applications, read_application, response);
    in->card.free_non_volatile = (uint32_t)free_memory;
    in->card.content_known = true;
    return fits;
}

static bool read_import(const struct http_request *request, struct http_response *response,
                        struct import *in)
{
    struct card_identity *identity = &in->identity;
    const struct body_member members[] = {
        {"iin", BODY_HEX, .required = true, .bytes = identity->iin, .size = sizeof identity->iin,
         .minimum = 1, .count = &identity->iin_len},
        {"cin", BODY_HEX, .required = true, .bytes = identity->cin, .size = sizeof identity->cin,
         .minimum = 1, .count = &identity->cin_len},
        {"profile", BODY_SLUG, .required = true, .text = in->card.profile,
         .size = sizeof in->card.profile},
        {"region", BODY_REGION, .required = true, .text = in->card.region,
         .size = sizeof in->card.region},
        {"generation", BODY_TEXT, .required = true, .text = in->card.generation,
         .size = sizeof in->card.generation},
        {"keys", BODY_OBJECT, .required = true, .json = &in->keys_json},
        {"contents", BODY_OBJECT, .nullable = true, .json = &in->contents_json},
    };
    struct body body;
    if (!body_open(&body, request, response))
        return false;
    bool fits = body_read(&body, members, COUNT(members), response) && read_keys(in, response) &&
                (in->contents_json == NULL || read_contents(in, response));
    body_close(&body);
    return fits;
}

/* References to what the server has: the profile and the key set. */
static bool check_references(const struct api *api, struct import *in,
                             struct http_response *response)
{
    const struct card_profile *profile = card_profiles_find(api->profiles, in->card.profile);
    if (profile == NULL) {
        problem_member(response, "profile", "names no card profile of this server");
        return false;
    }
    if (!vault_has_key_set(api->vault, in->keys.label)) {
        problem_member(response, "keys.key_set", "names no key set of the vault");
        return false;
    }
    scp_hex_encode(in->keys.security_domain, sizeof in->keys.security_domain,
                   scp_aid_bytes(&profile->isd));
    return true;
}

/* The active product becomes the binding, and its instance is marked as the product's. */
static enum store_error bind_active(struct store_tx *tx, struct import *in)
{
    struct store_product product;
    struct store_binding binding = {.since_ms = 0};
    char bank[STORE_SLUG_SIZE];
    char id[STORE_SLUG_SIZE];

    if (in->active[0] == '\0')
        return STORE_OK;
    if (!product_ref_split(in->active, bank, id))
        return STORE_INVALID;
    STORE_TRY(store_product_get(tx, bank, id, STORE_VERSION_LATEST, &product));
    for (size_t i = 0; i < in->content_count; i++) {
        struct store_content *entry = &in->contents[i];
        if (strcmp(entry->aid, product.instance) != 0)
            continue;
        snprintf(entry->product, sizeof entry->product, "%s", in->active);
        entry->product_version = product.version;
    }
    snprintf(binding.card, sizeof binding.card, "%s", in->card.id);
    snprintf(binding.role, sizeof binding.role, "%s", product.role);
    snprintf(binding.product, sizeof binding.product, "%s", in->active);
    binding.version = product.version;
    return store_binding_put(tx, &binding);
}

static enum store_error add(struct store_tx *tx, const struct http_request *request,
                            struct import *in)
{
    char object[STORE_NAME_SIZE];
    STORE_TRY(store_card_add(tx, &in->card));
    snprintf(in->keys.card, sizeof in->keys.card, "%s", in->card.id);
    STORE_TRY(store_key_set_put(tx, &in->keys));
    STORE_TRY(bind_active(tx, in));
    STORE_TRY(store_content_replace(tx, in->card.id, in->contents, in->content_count));
    snprintf(object, sizeof object, "card/%s", in->card.id);
    return api_audit(tx, request, "card.import", object,
                     json_pack("{s:s, s:s, s:s}", "profile", in->card.profile, "region",
                               in->card.region, "active", in->active));
}

void api_card_post(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    struct import in = {.content_count = 0};
    struct store_tx *tx;

    if (!read_import(request, response, &in) || !check_references(api, &in, response))
        return;
    enum store_error error =
        card_identity_pseudonym(api->vault, &in.identity, in.card.identity) == SCP_OK
            ? store_begin(api->store, STORE_WRITE, &tx)
            : STORE_IO;
    if (error == STORE_OK)
        error = store_end(tx, add(tx, request, &in));
    if (error == STORE_CONFLICT)
        http_problem(response, 409, "card-known", "The card is known already",
                     "a card with this identity has been imported");
    else if (error == STORE_NOT_FOUND || error == STORE_INVALID)
        problem_member(response, "contents.active", "names no published product");
    else if (error != STORE_OK)
        problem_store(response, error, "the card");
    else
        http_response_json(response, 201, json_pack("{s:s}", "id", in.card.id));
}
