/* /v1/banks/{bank}/packages: CAP files. What is kept is the load file, ready for INSTALL [for load]
 * and LOAD, not the archive. */
#include "ota-server/api/api.h"
#include "ota-server/api/handlers.h"
#include "ota-server/api/path.h"
#include "scp/cap/cap.h"
#include "scp/crypto/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *render(const void *element)
{
    const struct store_package *package = element;
    json_t *modules = json_array();
    for (size_t i = 0; i < package->module_count; i++)
        json_array_append_new(modules, json_string(package->modules[i]));
    return json_pack("{s:s, s:s, s:o, s:I, s:o}", "aid", package->aid, "version", package->version,
                     "modules", modules, "load_file_size", (json_int_t)package->load_file_size,
                     "sha256", api_hex(SCP_BYTES(package->load_file_sha256)));
}

static void aid_text(char to[STORE_AID_SIZE], const struct scp_aid *aid)
{
    scp_hex_encode(to, STORE_AID_SIZE, scp_aid_bytes(aid));
}

/* What the CAP says of itself. False: the response says what is wrong. */
static bool describe(const struct scp_package *cap, struct http_response *response,
                     struct store_package *package)
{
    char aid[STORE_AID_SIZE];

    aid_text(aid, &cap->aid);
    if (strcmp(aid, package->aid) != 0) {
        http_problem(response, 422, "package-aid-mismatch", "The CAP file holds another package",
                     "Header.cap names package %s, the request names %s", aid, package->aid);
        return false;
    }
    snprintf(package->version, sizeof package->version, "%u.%u", cap->major, cap->minor);
    package->module_count = cap->applet_count;
    for (size_t i = 0; i < cap->applet_count; i++)
        aid_text(package->modules[i], &cap->applets[i]);
    return true;
}

static enum store_error keep(const struct api *api, const struct http_request *request,
                             struct store_package *package, struct scp_bytes load_file)
{
    char object[STORE_NAME_SIZE];
    struct store_tx *tx;
    snprintf(object, sizeof object, "package/%s/%s", package->bank, package->aid);
    STORE_TRY(store_begin(api->store, STORE_WRITE, &tx));
    enum store_error error = store_package_put(tx, package, load_file);
    if (error == STORE_OK)
        error = api_audit(tx, request, "package.put", object, render(package));
    return store_end(tx, error);
}

static void put_cap(const struct api *api, const struct http_request *request,
                    struct http_response *response, const struct scp_cap *cap,
                    struct store_package *package)
{
    uint8_t *buffer;
    if (!describe(scp_cap_package(cap), response, package))
        return;
    buffer = malloc(SCP_LOAD_FILE_MAX);
    if (buffer == NULL) {
        problem_store(response, STORE_NO_MEMORY, "the package");
        return;
    }
    struct scp_writer load_file = scp_writer_on(buffer, SCP_LOAD_FILE_MAX);
    scp_cap_put_load_file(cap, NULL, 0, &load_file);
    enum store_error error = STORE_INVALID;
    if (scp_writer_status(&load_file) == SCP_OK &&
        scp_sha256(http_request_body(request), package->cap_sha256) == SCP_OK)
        error = keep(api, request, package, scp_written(&load_file));
    free(buffer);
    if (error != STORE_OK)
        problem_store(response, error, "the package");
    else
        http_response_json(response, 201, render(package));
}

void api_package_put(void *ctx, const struct http_request *request, struct http_response *response)
{
    struct store_package package = {.created_ms = 0};
    struct scp_cap_problem problem;
    struct scp_cap *cap;

    if (!api_is_own_bank(request, http_request_param(request, "bank"), response) ||
        !path_slug(request, "bank", package.bank, response) ||
        !path_aid(request, "aid", package.aid, response))
        return;
    if (scp_cap_open(&cap, http_request_body(request), &problem) != SCP_OK) {
        http_problem(response, 422, "cap-invalid", "The CAP file cannot be used", "%s",
                     problem.text);
        return;
    }
    put_cap(ctx, request, response, cap, &package);
    scp_cap_free(cap);
}

static enum store_error fetch(struct store_tx *tx, const void *filter, const char *after, void *out,
                              size_t cap, size_t *count)
{
    return store_package_list(tx, filter, after, out, cap, count);
}

void api_package_list(void *ctx, const struct http_request *request, struct http_response *response)
{
    static const struct api_listing listing = {
        .what = "the packages",
        .element_size = sizeof(struct store_package),
        .fetch = fetch,
        .render = render,
        .id_offset = offsetof(struct store_package, aid),
    };
    const char *bank = http_request_param(request, "bank");
    if (api_is_own_bank(request, bank, response))
        api_answer_list(ctx, request, response, &listing, bank);
}
