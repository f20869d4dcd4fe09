/* /v1/banks/{bank}/products: what a bank offers for a card. A draft may change; a published version
 * is frozen. */
#include "ota-server/api/api.h"
#include "ota-server/api/handlers.h"
#include "ota-server/api/path.h"
#include "ota-server/api/personalisation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const statuses[] = {
    [STORE_PRODUCT_DRAFT] = "draft",
    [STORE_PRODUCT_PUBLISHED] = "published",
};

static json_t *render(const void *element)
{
    const struct store_product *product = element;
    return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:i}", "bank",
                     product->bank, "id", product->id, "version", (int)product->version, "status",
                     statuses[product->status], "role", product->role, "package", product->package,
                     "module", product->module, "instance", product->instance, "privileges",
                     api_hex(SCP_BYTES(product->privileges)), "parameters",
                     api_hex(scp_bytes_of(product->parameters, product->parameters_len)), "label",
                     product->label, "priority", product->priority);
}

/* A product from a request; the personalisation comes out as text for the store (freed by the
 * caller). */
static bool read_product(const struct http_request *request, struct http_response *response,
                         struct store_product *product, char **personalisation)
{
    struct body body;
    json_t *dgis = NULL;
    int64_t priority = 1;
    const struct body_member members[] = {
        {"role", BODY_SLUG, .required = true, .text = product->role, .size = sizeof product->role},
        {"package", BODY_AID, .required = true, .text = product->package,
         .size = sizeof product->package},
        {"module", BODY_AID, .required = true, .text = product->module,
         .size = sizeof product->module},
        {"instance", BODY_AID, .required = true, .text = product->instance,
         .size = sizeof product->instance},
        {"privileges", BODY_PRIVILEGES, .bytes = product->privileges},
        {"parameters", BODY_HEX, .required = true, .bytes = product->parameters,
         .size = sizeof product->parameters, .count = &product->parameters_len},
        {"label", BODY_TEXT, .required = true, .text = product->label,
         .size = sizeof product->label},
        {"priority", BODY_INTEGER, .number = &priority, .minimum = 1, .maximum = 15},
        {"personalisation", BODY_ARRAY, .required = true, .json = &dgis},
    };

    if (!body_open(&body, request, response))
        return false;
    bool fits = body_read(&body, members, sizeof members / sizeof members[0], response) &&
                personalisation_check(dgis, response);
    product->priority = (uint8_t)priority;
    *personalisation = fits ? json_dumps(dgis, JSON_COMPACT) : NULL;
    body_close(&body);
    return fits;
}

static void object_name(char to[STORE_NAME_SIZE], const char *bank, const char *product)
{
    snprintf(to, STORE_NAME_SIZE, "product/%.56s/%.56s", bank, product);
}

void api_product_put(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    struct store_product product = {.version = STORE_VERSION_DRAFT};
    char *personalisation;
    char object[STORE_NAME_SIZE];
    struct store_tx *tx;

    if (!api_is_own_bank(request, http_request_param(request, "bank"), response) ||
        !path_slug(request, "bank", product.bank, response) ||
        !path_slug(request, "product", product.id, response) ||
        !read_product(request, response, &product, &personalisation))
        return;
    object_name(object, product.bank, product.id);
    enum store_error error =
        personalisation == NULL ? STORE_NO_MEMORY : store_begin(api->store, STORE_WRITE, &tx);
    if (error == STORE_OK) {
        error = store_product_put_draft(tx, &product, personalisation);
        if (error == STORE_OK)
            error = api_audit(tx, request, "product.put", object, render(&product));
        error = store_end(tx, error);
    }
    free(personalisation);
    if (error != STORE_OK)
        problem_store(response, error, "the product");
    else
        http_response_json(response, 200, render(&product));
}

static bool has_module(const struct store_package *package, const char *module)
{
    for (size_t i = 0; i < package->module_count; i++) {
        if (strcmp(package->modules[i], module) == 0)
            return true;
    }
    return false;
}

/* Freeze the draft if the bank has the package and module that it names. On INVALID the response
 * says what is missing. */
static enum store_error publish(struct store_tx *tx, const struct http_request *request,
                                struct http_response *response, struct store_product *product)
{
    const char *bank = http_request_param(request, "bank");
    const char *id = http_request_param(request, "product");
    struct store_package package;
    char object[STORE_NAME_SIZE];

    STORE_TRY(store_product_get(tx, bank, id, STORE_VERSION_DRAFT, product));
    enum store_error error = store_package_get(tx, bank, product->package, &package);
    if (error == STORE_NOT_FOUND) {
        http_problem(response, 422, "package-missing", "The product's package is missing",
                     "the bank has no package %s", product->package);
        return STORE_INVALID;
    }
    if (error == STORE_OK && !has_module(&package, product->module)) {
        http_problem(response, 422, "module-missing", "The product's module is missing",
                     "package %s has no module %s", product->package, product->module);
        return STORE_INVALID;
    }
    if (error == STORE_OK)
        error = store_product_publish(tx, bank, id, product);
    object_name(object, bank, id);
    return error == STORE_OK ? api_audit(tx, request, "product.publish", object, render(product))
                             : error;
}

void api_product_publish(void *ctx, const struct http_request *request,
                         struct http_response *response)
{
    const struct api *api = ctx;
    struct store_product product;
    struct store_tx *tx;

    if (!api_is_own_bank(request, http_request_param(request, "bank"), response))
        return;
    enum store_error error = store_begin(api->store, STORE_WRITE, &tx);
    if (error == STORE_OK)
        error = store_end(tx, publish(tx, request, response, &product));
    if (error == STORE_CONFLICT)
        http_problem(response, 409, "instance-aid-taken", "The instance AID is another product's",
                     "instance AIDs are unique on a card, so no two products may share one");
    else if (error == STORE_OK)
        http_response_json(response, 200, render(&product));
    else if (error != STORE_INVALID)
        problem_store(response, error, "the draft");
}

static enum store_error get_shown(struct store_tx *tx, const char *bank, const char *id,
                                  struct store_product *product)
{
    enum store_error error = store_product_get(tx, bank, id, STORE_VERSION_LATEST, product);
    if (error == STORE_NOT_FOUND)
        error = store_product_get(tx, bank, id, STORE_VERSION_DRAFT, product);
    return error;
}

void api_product_get(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    const char *bank = http_request_param(request, "bank");
    struct store_product product;
    struct store_blob text = {.len = 0};
    struct store_tx *tx;

    if (!api_is_own_bank(request, bank, response))
        return;
    enum store_error error = store_begin(api->store, STORE_READ, &tx);
    if (error == STORE_OK) {
        error = get_shown(tx, bank, http_request_param(request, "product"), &product);
        if (error == STORE_OK)
            error = store_product_personalisation(tx, bank, product.id, product.version, &text);
        error = store_end(tx, error);
    }
    if (error != STORE_OK) {
        problem_store(response, error, "the product");
    } else {
        json_t *answer = render(&product);
        json_object_set_new(answer, "personalisation",
                            json_loadb((const char *)text.ptr, text.len, 0, NULL));
        http_response_json(response, 200, answer);
    }
    store_blob_fini(&text);
}

static enum store_error fetch(struct store_tx *tx, const void *filter, const char *after, void *out,
                              size_t cap, size_t *count)
{
    return store_product_list(tx, filter, after, out, cap, count);
}

void api_product_list(void *ctx, const struct http_request *request, struct http_response *response)
{
    static const struct api_listing listing = {
        .what = "the products",
        .element_size = sizeof(struct store_product),
        .fetch = fetch,
        .render = render,
        .id_offset = offsetof(struct store_product, id),
    };
    const char *bank = http_request_param(request, "bank");
    if (api_is_own_bank(request, bank, response))
        api_answer_list(ctx, request, response, &listing, bank);
}
