/* What agents speak: the push (GET /v1/work) and remote administration (POST /admin-agent). */
#include "ota-server/api/api.h"
#include "ota-server/api/card_identity.h"
#include "ota-server/api/handlers.h"
#include "ota-server/api/refusal.h"
#include "ota-server/rebind/contact.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRIPT_TYPE "application/vnd.globalplatform.card-content-mgt;version=1.0"

enum { SE_SIZE = 96, SE_MAX = 256, SCRIPT_LIMIT_MIN = 512 };

/* Copy the `index`-th element of a comma-separated header; false when there is none. */
static bool nth_element(const char *list, size_t index, char to[SE_SIZE])
{
    while (list != NULL && index-- > 0) {
        list = strchr(list, ',');
        list = list == NULL ? NULL : list + 1;
    }
    if (list == NULL)
        return false;
    list += strspn(list, " ");
    size_t len = strcspn(list, ", ");
    if (len == 0 || len >= SE_SIZE)
        return false;
    snprintf(to, SE_SIZE, "%.*s", (int)len, list);
    return true;
}

/* ---- the push ----------------------------------------------------------------------------- */

/* The cards that one agent has in reach. */
struct work {
    const struct api *api;
    size_t count;
    struct {
        char se[SE_SIZE];
        uint8_t identity[32];
    } cards[];
};

static void put_work(struct http_events *to, const char *se)
{
    char data[SE_SIZE + 16];
    const struct http_event event = {.name = "work", .data = data};
    snprintf(data, sizeof data, "{\"se\":\"%s\"}", se);
    http_events_put(to, &event);
}

/* Every card with work, the most urgent first, each time something changed: an agent that is told
 * twice asks twice, and gets nothing the second time. */
static enum http_pull pull_work(void *ctx, const char *last_id, struct http_events *to)
{
    const struct work *work = ctx;
    struct contact_work found[SE_MAX];
    (void)last_id;
    for (size_t i = 0; i < work->count; i++) {
        if (contact_find_work(work->api->rebind, work->cards[i].identity, &found[i]) != STORE_OK)
            found[i].is_due = false;
    }
    for (int priority = STORE_PRIORITY_MAX; priority >= 0; priority--) {
        for (size_t i = 0; i < work->count; i++) {
            if (found[i].is_due && (int)found[i].priority == priority)
                put_work(to, work->cards[i].se);
        }
    }
    return HTTP_PULL_WAIT;
}

static bool read_cards(const struct api *api, const char *list, struct work *work,
                       struct http_response *response)
{
    while (work->count < SE_MAX && nth_element(list, work->count, work->cards[work->count].se)) {
        if (card_identity_from_se(api->vault, work->cards[work->count].se,
                                  work->cards[work->count].identity) != SCP_OK) {
            problem_member(response, "X-Admin-SE-List", "must list //se-id/CUD/<hex>");
            return false;
        }
        work->count++;
    }
    return true;
}

void api_work(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    const char *list = http_request_header(request, "x-admin-se-list");
    struct work *work = calloc(1, sizeof *work + SE_MAX * sizeof work->cards[0]);
    struct http_stream stream = {.topic = TOPIC_WORK,
                                 .pull = pull_work,
                                 .pull_when_silent = true,
                                 .release = free,
                                 .ctx = work};
    if (work == NULL) {
        problem_store(response, STORE_NO_MEMORY, "the event stream");
        return;
    }
    work->api = api;
    if (read_cards(api, list, work, response))
        http_response_stream(response, &stream);
    else
        free(work);
}

/* ---- remote administration ---------------------------------------------------------------- */

static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    while (list != NULL && *list != '\0') {
        list += strspn(list, ", ");
        size_t element = strcspn(list, ", ");
        if (element == len && strncmp(list, word, len) == 0)
            return true;
        list += element;
    }
    return false;
}

static size_t script_limit(const char *text)
{
    char *end;
    if (text == NULL)
        return 0;
    errno = 0;
    unsigned long limit = strtoul(text, &end, 10);
    bool fits = *end == '\0' && end != text && errno == 0;
    return fits && limit >= SCRIPT_LIMIT_MIN && limit < SCP_SCRIPT_MAX ? limit : 0;
}

static struct contact_agent agent_of(const struct http_request *request)
{
    const struct http_principal *principal = http_request_principal(request);
    const char *extensions = http_request_header(request, "x-rebind-extensions");
    return (struct contact_agent){
        .id = principal->id,
        .region = principal->tenant,
        .peer = {.guard = has_word(extensions, "guard"),
                 .targets = has_word(extensions, "targets"),
                 .script_limit =
                     script_limit(http_request_header(request, "x-rebind-script-limit"))},
    };
}

/* X-Admin-Targeted-Application: //aid/<RID>/<PIX> */
static void put_target(struct http_response *response, const struct scp_aid *aid)
{
    char rid[SCP_HEX_SIZE(5)];
    char pix[SCP_HEX_SIZE(11)];
    char value[64];
    struct scp_bytes bytes = scp_aid_bytes(aid);
    scp_hex_encode(rid, sizeof rid, scp_bytes_slice(bytes, 0, 5));
    scp_hex_encode(pix, sizeof pix, scp_bytes_from(bytes, 5));
    snprintf(value, sizeof value, "//aid/%s/%s", rid, pix);
    http_response_header(response, "x-admin-targeted-application", value);
}

static void answer(const struct api *api, const struct contact_reply *reply, const char *se,
                   struct http_response *response)
{
    char next[64];
    http_response_header(response, "x-admin-protocol", "globalplatform-remote-admin/1.1.1");
    if (reply->has_script) {
        snprintf(next, sizeof next, "/admin-agent/%s", reply->exchange);
        http_response_header(response, "x-admin-next-uri", next);
        put_target(response, &reply->target);
        if (se != NULL)
            http_response_header(response, "x-admin-targeted-se", se);
        http_response_status(response, 200);
        http_response_body(response, SCRIPT_TYPE, store_blob_bytes(&reply->script));
    } else {
        http_response_status(response, 204);
    }
    if (reply->operation[0] != '\0') {
        http_server_notify(api->server, reply->operation);
        http_server_notify(api->server, TOPIC_OPERATIONS);
    }
    for (size_t i = 0; i < reply->news.count; i++)
        http_server_notify(api->server, reply->news.ids[i]);
    if (reply->news.count > 0)
        http_server_notify(api->server, TOPIC_OPERATIONS);
    if (reply->more_work)
        http_server_notify(api->server, TOPIC_WORK);
}

void api_admin_agent(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    const struct contact_agent agent = agent_of(request);
    const char *list = http_request_header(request, "x-admin-se-list");
    char se[SE_SIZE];
    uint8_t identity[32];
    struct contact_reply reply;

    if (!nth_element(list, 0, se) || card_identity_from_se(api->vault, se, identity) != SCP_OK) {
        problem_member(response, "X-Admin-SE-List", "must name one card as //se-id/CUD/<hex>");
        return;
    }
    enum rebind_refusal refusal = contact_begin(api->rebind, &agent, identity, &reply);
    if (refusal == REBIND_REFUSED_NONE)
        answer(api, &reply, se, response);
    else
        answer_refusal(response, refusal, rebind_refusal_text(refusal)->title);
    if (reply.has_sighting)
        http_server_notify(api->server, TOPIC_OPERATIONS);
    contact_reply_fini(&reply);
}

void api_admin_agent_progress(void *ctx, const struct http_request *request,
                              struct http_response *response)
{
    const struct api *api = ctx;
    const struct contact_agent agent = agent_of(request);
    int64_t commands = 0;
    const struct body_member members[] = {
        {"commands", BODY_INTEGER, .required = true, .number = &commands, .minimum = 0,
         .maximum = SCP_SCRIPT_COMMANDS_MAX},
    };
    struct body body;
    char operation[STORE_ID_SIZE];

    if (!body_open(&body, request, response))
        return;
    bool fits = body_read(&body, members, 1, response);
    body_close(&body);
    if (!fits)
        return;
    const struct contact_progress progress = {.exchange = http_request_param(request, "exchange"),
                                              .commands = (size_t)commands};
    enum rebind_refusal refusal = contact_report(api->rebind, &agent, &progress, operation);
    if (refusal != REBIND_REFUSED_NONE) {
        answer_refusal(response, refusal, rebind_refusal_text(refusal)->title);
        return;
    }
    http_server_notify(api->server, operation);
    http_server_notify(api->server, TOPIC_OPERATIONS);
    http_response_status(response, 204);
}

void api_admin_agent_exchange(void *ctx, const struct http_request *request,
                              struct http_response *response)
{
    const struct api *api = ctx;
    const struct contact_agent agent = agent_of(request);
    const char *status = http_request_header(request, "x-admin-script-status");
    const struct contact_answer brought = {
        .exchange = http_request_param(request, "exchange"),
        .responses = http_request_body(request),
    };
    struct contact_reply reply;

    if (status == NULL) {
        problem_member(response, "X-Admin-Script-Status", "is missing");
        return;
    }
    enum rebind_refusal refusal = contact_answer(api->rebind, &agent, &brought, &reply);
    if (refusal == REBIND_REFUSED_NONE)
        answer(api, &reply, NULL, response);
    else
        answer_refusal(response, refusal, rebind_refusal_text(refusal)->title);
    contact_reply_fini(&reply);
}
