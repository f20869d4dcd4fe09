/* What every handler works with, and the small things that all of them do alike.
 *
 * A handler runs on a worker thread: it reads its request strictly (body.h), does its work in one
 * transaction, audit record included, and answers after the commit. */
#ifndef OTA_SERVER_API_API_H
#define OTA_SERVER_API_API_H

#include "ota-server/api/body.h"
#include "ota-server/api/problem.h"
#include "ota-server/http/router.h"
#include "ota-server/http/server.h"
#include "ota-server/rebind/operation_json.h"
#include "ota-server/rebind/product_ref.h"
#include "ota-server/rebind/service.h"
#include "ota-server/store/store.h"
#include "ota-server/vault/vault.h"
#include "scp/host/env.h"
#include "scp/host/log.h"

/* The handlers' context: borrowed parts of the running server. */
struct api {
    struct store *store;
    struct vault *vault;
    const struct rebind_env *env;
    const struct card_profiles *profiles;
    const struct rebind_service *rebind; /* over the same store, vault and profiles */
    struct rebind_log *log;
    struct http_server *server; /* for notices to event streams */
};

/* A principal's kind as the role bit of the routes table. */
#define ROLE(kind) (1u << STORE_PRINCIPAL_##kind)

/* Topics of the event streams. An operation's own topic is its id. */
#define TOPIC_OPERATIONS "operations"
#define TOPIC_WORK "work"

/* The id of who asks. */
const char *api_actor(const struct http_request *request);

/* Whether a request of a bank is about that bank; every other kind passes. On false the response is
 * a 404 like that for a bank that does not exist: a bank learns nothing of others. */
bool api_is_own_bank(const struct http_request *request, const char *bank,
                     struct http_response *response);

/* The bank that asks; NULL when it is no bank. */
const char *api_bank_of(const struct http_request *request);

/* Let operations fail that are past their deadline, so that what is read next says so. */
void api_expire(const struct api *api);

/* The operation that the path names. NOT_FOUND too for a bank that it does not concern. */
STORE_MUST_USE enum store_error api_operation_find(const struct api *api,
                                                   const struct http_request *request,
                                                   struct store_operation *operation);

/* Whether a product ("BANK/PRODUCT", "" for none) is the bank's. */
bool api_product_is_of(const char *product, const char *bank);

/* Append an audit record in the handler's transaction. `detail` is taken over; NULL for none. */
STORE_MUST_USE enum store_error api_audit(struct store_tx *tx, const struct http_request *request,
                                          const char *action, const char *object, json_t *detail);

/* A list resource: how to fetch a page and show its elements. */
struct api_listing {
    const char *what; /* "the banks" */
    size_t element_size;
    /* `after` is the client's cursor, "" to start. */
    enum store_error (*fetch)(struct store_tx *tx, const void *filter, const char *after, void *out,
                              size_t cap, size_t *count);
    json_t *(*render)(const void *element);
    /* Where to go on after an element: the text at `id_offset` in it, or this number. */
    size_t id_offset;
    int64_t (*number)(const void *element); /* NULL: the text */
    void (*fini)(void *element);            /* may be NULL */
};

enum { API_PAGE_DEFAULT = 100, API_PAGE_MAX = 500 };

/* Read ?limit= and ?cursor=, fetch in one read transaction, answer {"items", "next"}. */
void api_answer_list(const struct api *api, const struct http_request *request,
                     struct http_response *response, const struct api_listing *listing,
                     const void *filter);

/* Bytes as upper-case hex in a JSON string. */
json_t *api_hex(struct scp_bytes bytes);

/* Sign the end of the audit chain and keep the checkpoint: when the server starts, when it stops,
 * and when somebody asks. CORRUPT when records that an earlier checkpoint covers are gone. */
STORE_MUST_USE enum store_error api_audit_sign(const struct api *api,
                                               struct store_checkpoint *head);

/* All routes of the service. */
extern const struct http_route api_routes[];
extern const size_t api_route_count;

/* The authentication callback of the HTTP server: looks the certificate up among the principals. */
http_authenticate_fn api_authenticate;

#endif
