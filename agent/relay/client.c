#include "agent/relay/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_TYPE "application/vnd.globalplatform.card-content-mgt;version=1.0"
#define RESPONSE_TYPE "application/vnd.globalplatform.card-content-mgt-response;version=1.0"
#define PROTOCOL "globalplatform-remote-admin/1.1.1"
#define EXTENSIONS "guard, targets"

enum { REQUEST_TIMEOUT_S = 60, FIRST_CAP = 4096, REFUSAL_MAX = 256 };

struct agent_client {
    const struct agent_endpoint *endpoint;
    struct rebind_log *log;
    CURL *curl;
    char problem[CURL_ERROR_SIZE];
};

/* A body as it comes in. */
struct body {
    uint8_t *bytes;
    size_t len;
    size_t cap;
    enum agent_error error;
};

struct agent_client *agent_client_new(const struct agent_endpoint *endpoint, struct rebind_log *log)
{
    struct agent_client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return NULL;
    client->endpoint = endpoint;
    client->log = log;
    client->curl = agent_http_handle(endpoint);
    if (client->curl == NULL) {
        free(client);
        return NULL;
    }
    return client;
}

void agent_client_free(struct agent_client *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->curl);
    free(client);
}

/* ---- sending ------------------------------------------------------------------------------ */

static bool add_headers(const struct agent_client *client, const struct agent_request *request,
                        struct curl_slist **list)
{
    char limit[24];
    (void)snprintf(limit, sizeof limit, "%d", SCP_SCRIPT_MAX);
    const struct {
        const char *name;
        const char *value;
        bool wanted;
    } headers[] = {
        {"X-Admin-Protocol", PROTOCOL, true},
        {"X-Admin-From", client->endpoint->agent, true},
        {"X-Admin-SE-List", request->se, true},
        {"X-Rebind-Extensions", EXTENSIONS, true},
        {"X-Rebind-Script-Limit", limit, true},
        {"Content-Type", request->has_result ? RESPONSE_TYPE : "", true},
        {"X-Admin-Script-Status", agent_script_status_name(request->status), request->has_result},
        {"X-Admin-Resume", "true", request->resume},
        {"Expect", "", true}, /* an empty value takes libcurl's own header away */
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        if (headers[i].wanted && !agent_http_add_header(list, headers[i].name, headers[i].value))
            return false;
    return true;
}

/* The body may grow to a script's limit. */
static bool grow(struct body *body, size_t more)
{
    size_t cap = body->cap == 0 ? FIRST_CAP : body->cap;
    while (cap < body->len + more)
        cap *= 2;
    if (cap == body->cap)
        return true;
    uint8_t *bytes = realloc(body->bytes, cap);
    if (bytes == NULL) {
        body->error = AGENT_NO_MEMORY;
        return false;
    }
    body->bytes = bytes;
    body->cap = cap;
    return true;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct body *body = ctx;
    size_t more = size * count;
    if (more > SCP_SCRIPT_MAX - body->len) {
        body->error = AGENT_SERVER_ANSWER;
        return 0;
    }
    if (!grow(body, more))
        return 0;
    memcpy(body->bytes + body->len, bytes, more);
    body->len += more;
    return more;
}

static enum agent_error perform(struct agent_client *client, const struct agent_request *request,
                                struct curl_slist *headers, struct body *body)
{
    CURL *curl = client->curl;
    AGENT_TRY(agent_http_set_path(curl, client->endpoint, request->path));
    bool set = curl_easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request->body.len) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                                request->body.len == 0 ? (const void *)"" : request->body.ptr) ==
                   CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)REQUEST_TIMEOUT_S) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_WRITEDATA, body) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->problem) == CURLE_OK;
    if (!set)
        return AGENT_NO_MEMORY;
    client->problem[0] = '\0';
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK)
        return AGENT_OK;
    REBIND_LOG(client->log, REBIND_LOG_WARN, "server.unreachable",
               REBIND_TEXT("cause", client->problem[0] != '\0' ? client->problem
                                                               : curl_easy_strerror(code)));
    return body->error != AGENT_OK ? body->error : AGENT_UNREACHABLE;
}

/* ---- receiving ---------------------------------------------------------------------------- */

/* Copy a header; an absent one leaves the text empty. */
static enum agent_error copy_header(CURL *curl, const char *name, char *to, size_t cap)
{
    struct curl_header *header = NULL;
    to[0] = '\0';
    if (curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return AGENT_OK;
    size_t len = strlen(header->value);
    if (len >= cap)
        return AGENT_SERVER_ANSWER;
    memcpy(to, header->value, len + 1);
    return AGENT_OK;
}

/* The type without its parameters: white space in them differs between servers. */
static bool is_script(CURL *curl)
{
    const char *type = NULL;
    size_t len = strcspn(COMMAND_TYPE, ";");
    return curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type != NULL &&
           strncmp(type, COMMAND_TYPE, len) == 0 &&
           (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

static void log_refusal(const struct agent_client *client, long status, const struct body *body)
{
    char text[REFUSAL_MAX];
    size_t len = body->len < sizeof text ? body->len : sizeof text - 1;
    if (len > 0)
        memcpy(text, body->bytes, len);
    text[len] = '\0';
    REBIND_LOG(client->log, REBIND_LOG_WARN, "server.refused", REBIND_INT("status", status),
               REBIND_TEXT("problem", text));
}

/* Is the reply meant for the card that we asked for? */
static enum agent_error check_se(CURL *curl, const char *asked)
{
    char se[AGENT_SE_MAX];
    AGENT_TRY(copy_header(curl, "X-Admin-Targeted-SE", se, sizeof se));
    return se[0] == '\0' || strcmp(se, asked) == 0 ? AGENT_OK : AGENT_SERVER_ANSWER;
}

static enum agent_error read_reply(const struct agent_client *client,
                                   const struct agent_request *request, struct body *body,
                                   struct agent_reply *reply)
{
    CURL *curl = client->curl;
    long status = 0;
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    enum agent_error meaning = agent_http_meaning(status);
    if (meaning != AGENT_OK) {
        log_refusal(client, status, body);
        return meaning;
    }
    if (status == 204)
        return AGENT_OK;
    if (!is_script(curl))
        return AGENT_SERVER_ANSWER;
    AGENT_TRY(check_se(curl, request->se));
    AGENT_TRY(copy_header(curl, "X-Admin-Next-URI", reply->next_uri, sizeof reply->next_uri));
    AGENT_TRY(
        copy_header(curl, "X-Admin-Targeted-Application", reply->target, sizeof reply->target));
    if (reply->next_uri[0] != '\0' && !agent_http_path_valid(reply->next_uri))
        return AGENT_SERVER_ANSWER;
    reply->has_script = true;
    reply->script = body->bytes;
    reply->script_len = body->len;
    *body = (struct body){0};
    return AGENT_OK;
}

static enum agent_error post(void *ctx, const struct agent_request *request,
                             struct agent_reply *reply)
{
    struct agent_client *client = ctx;
    struct curl_slist *headers = NULL;
    struct body body = {0};
    *reply = (struct agent_reply){0};
    enum agent_error error = add_headers(client, request, &headers) ? AGENT_OK : AGENT_NO_MEMORY;
    if (error == AGENT_OK)
        error = perform(client, request, headers, &body);
    if (error == AGENT_OK)
        error = read_reply(client, request, &body, reply);
    (void)curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    free(body.bytes);
    return error;
}

struct agent_transport agent_client_transport(struct agent_client *client)
{
    return (struct agent_transport){.ctx = client, .post = post};
}
