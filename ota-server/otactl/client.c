#include "ota-server/otactl/client.h"

#include "ota-server/otactl/events.h"
#include "scp/host/file.h"

#include <curl/curl.h>

#include <stdlib.h>
#include <string.h>

enum { CONNECT_TIMEOUT_S = 10, REQUEST_TIMEOUT_S = 120, KEY_FILE_MAX = 64 * 1024, URL_MAX = 4096 };

struct otactl_client {
    CURL *curl;
    char *url; /* without a final slash */
    char *ca;
    char *cert;
    struct rebind_blob key;
    char error[CURL_ERROR_SIZE];
};

/* One transfer. */
struct transfer {
    struct otactl_client *client;
    struct otactl_reply *reply;
    struct rebind_text url;
    struct rebind_text body;
    struct curl_slist *headers;
    struct otactl_events *events; /* NULL: no stream is expected */
    bool stopped;                 /* by the reader of the stream */
};

/* ---- client ------------------------------------------------------------------------------- */

static char *copy_url(const char *url)
{
    char *copy = strdup(url);
    size_t len = copy == NULL ? 0 : strlen(copy);
    while (len > 0 && copy[len - 1] == '/')
        copy[--len] = '\0';
    return copy;
}

static enum scp_error fill(struct otactl_client *client, const struct otactl_settings *settings,
                           struct rebind_problem *problem)
{
    client->curl = curl_easy_init();
    client->url = copy_url(settings->url);
    client->ca = settings->ca == NULL ? NULL : strdup(settings->ca);
    client->cert = settings->cert == NULL ? NULL : strdup(settings->cert);
    if (client->curl == NULL || client->url == NULL ||
        (client->ca == NULL) != (settings->ca == NULL) ||
        (client->cert == NULL) != (settings->cert == NULL))
        return rebind_problem_set(problem, SCP_NO_MEMORY, "memory is exhausted");
    if (settings->key == NULL)
        return SCP_OK;
    return rebind_file_read_private(settings->key, KEY_FILE_MAX, &client->key, problem);
}

enum scp_error otactl_client_new(struct otactl_client **out, const struct otactl_settings *settings,
                                 struct rebind_problem *problem)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return rebind_problem_set(problem, SCP_NO_MEMORY, "memory is exhausted");
    enum scp_error error = fill(*out, settings, problem);
    if (error != SCP_OK) {
        otactl_client_free(*out);
        *out = NULL;
    }
    return error;
}

void otactl_client_free(struct otactl_client *client)
{
    if (client == NULL)
        return;
    if (client->curl != NULL)
        curl_easy_cleanup(client->curl);
    rebind_blob_free(&client->key);
    free(client->url);
    free(client->ca);
    free(client->cert);
    free(client);
}

void otactl_reply_free(struct otactl_reply *reply)
{
    json_decref(reply->json);
    free(reply->text);
    *reply = (struct otactl_reply){.status = 0};
}

/* ---- what comes in ------------------------------------------------------------------------ */

static bool is_stream(CURL *curl)
{
    const char *type = NULL;
    long status = 0;
    (void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return status == 200 && type != NULL && strncmp(type, "text/event-stream", 17) == 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct transfer *transfer = ctx;
    size_t len = size * count;
    if (transfer->events != NULL && is_stream(transfer->client->curl)) {
        transfer->stopped = !otactl_events_feed(transfer->events, scp_bytes_of(bytes, len));
        return transfer->stopped ? 0 : len;
    }
    rebind_text_add_len(&transfer->body, bytes, len);
    return rebind_text_status(&transfer->body) == SCP_OK ? len : 0;
}

/* Keep the value of one header, cut to its place, when `line` is that header. */
static void keep_header(const char *line, size_t len, const char *name, char *to, size_t cap)
{
    size_t name_len = strlen(name);
    if (len <= name_len || strncasecmp(line, name, name_len) != 0)
        return;
    const char *value = line + name_len;
    const char *end = line + len;
    while (value < end && *value == ' ')
        value++;
    while (end > value && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
        end--;
    (void)snprintf(to, cap, "%.*s", (int)(end - value), value);
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
    struct transfer *transfer = ctx;
    struct otactl_reply *reply = transfer->reply;
    size_t len = size * count;
    keep_header(line, len, "etag:", reply->etag, sizeof reply->etag);
    keep_header(line, len, "location:", reply->location, sizeof reply->location);
    keep_header(line, len, "x-rebind-next:", reply->next, sizeof reply->next);
    keep_header(line, len, "x-rebind-cards:", reply->cards, sizeof reply->cards);
    return len;
}

/* ---- one transfer ------------------------------------------------------------------------- */

static bool add_header(struct transfer *transfer, const char *name, const char *value)
{
    struct rebind_text line = rebind_text_new(1024);
    rebind_text_addf(&line, "%s: %s", name, value);
    struct curl_slist *more = NULL;
    if (rebind_text_status(&line) == SCP_OK)
        more = curl_slist_append(transfer->headers, rebind_text_string(&line));
    rebind_text_free(&line);
    if (more != NULL)
        transfer->headers = more;
    return more != NULL;
}

static bool set_tls(struct otactl_client *client)
{
    CURL *curl = client->curl;
    struct curl_blob key = {client->key.ptr, client->key.len, CURL_BLOB_NOCOPY};
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) == CURLE_OK &&
           (client->ca == NULL || curl_easy_setopt(curl, CURLOPT_CAINFO, client->ca) == CURLE_OK) &&
           (client->cert == NULL ||
            curl_easy_setopt(curl, CURLOPT_SSLCERT, client->cert) == CURLE_OK) &&
           (client->key.len == 0 || curl_easy_setopt(curl, CURLOPT_SSLKEY_BLOB, &key) == CURLE_OK);
}

static bool set_callbacks(struct transfer *transfer)
{
    CURL *curl = transfer->client->curl;
    return curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->client->error) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT,
                            transfer->events != NULL ? 0L : (long)REQUEST_TIMEOUT_S) == CURLE_OK;
}

static bool set_body(struct transfer *transfer, const struct otactl_http *request)
{
    CURL *curl = transfer->client->curl;
    if (request->media == NULL)
        return true;
    const void *body = request->body.len == 0 ? (const void *)"" : request->body.ptr;
    return add_header(transfer, "content-type", request->media) &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len) ==
               CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body) == CURLE_OK;
}

static bool prepare(struct transfer *transfer, const struct otactl_http *request)
{
    CURL *curl = transfer->client->curl;
    curl_easy_reset(curl); /* keeps the connection */
    transfer->client->error[0] = '\0';
    rebind_text_addf(&transfer->url, "%s%s", transfer->client->url, request->path);
    return rebind_text_status(&transfer->url) == SCP_OK && set_tls(transfer->client) &&
           set_callbacks(transfer) && set_body(transfer, request) &&
           curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method) == CURLE_OK &&
           (request->if_match == NULL || add_header(transfer, "if-match", request->if_match)) &&
           (request->idempotency_key == NULL ||
            add_header(transfer, "idempotency-key", request->idempotency_key)) &&
           add_header(transfer, "accept",
                      transfer->events != NULL ? "text/event-stream" : "application/json") &&
           curl_easy_setopt(curl, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_URL, rebind_text_string(&transfer->url)) == CURLE_OK;
}

static enum scp_error finish(struct transfer *transfer, CURLcode code,
                             struct rebind_problem *problem)
{
    struct otactl_reply *reply = transfer->reply;
    (void)curl_easy_getinfo(transfer->client->curl, CURLINFO_RESPONSE_CODE, &reply->status);
    if (rebind_text_status(&transfer->body) != SCP_OK)
        return rebind_problem_set(problem, SCP_TOO_LONG, "the answer is longer than %d bytes",
                                  OTACTL_BODY_MAX);
    if (code != CURLE_OK && !transfer->stopped)
        return rebind_problem_set(problem, SCP_IO, "%s: %s", transfer->client->url,
                                  transfer->client->error[0] != '\0' ? transfer->client->error
                                                                     : curl_easy_strerror(code));
    if (transfer->body.len == 0)
        return SCP_OK;
    reply->json = json_loadb(transfer->body.ptr, transfer->body.len, 0, NULL);
    if (reply->json == NULL)
        reply->text = strdup(rebind_text_string(&transfer->body));
    return SCP_OK;
}

static enum scp_error run(struct transfer *transfer, const struct otactl_http *request,
                          struct rebind_problem *problem)
{
    transfer->url = rebind_text_new(URL_MAX);
    transfer->body = rebind_text_new(OTACTL_BODY_MAX);
    enum scp_error error;
    if (prepare(transfer, request))
        error = finish(transfer, curl_easy_perform(transfer->client->curl), problem);
    else
        error = rebind_problem_set(problem, SCP_NO_MEMORY, "the request could not be prepared");
    curl_slist_free_all(transfer->headers);
    rebind_text_free(&transfer->url);
    rebind_text_free(&transfer->body);
    return error;
}

enum scp_error otactl_client_send(struct otactl_client *client, const struct otactl_http *request,
                                  struct otactl_reply *reply, struct rebind_problem *problem)
{
    *reply = (struct otactl_reply){.status = 0};
    struct transfer transfer = {.client = client, .reply = reply};
    return run(&transfer, request, problem);
}

enum scp_error otactl_client_events(struct otactl_client *client, const char *path,
                                    otactl_event_fn *on_event, void *ctx,
                                    struct otactl_reply *reply, struct rebind_problem *problem)
{
    *reply = (struct otactl_reply){.status = 0};
    struct otactl_events events;
    otactl_events_init(&events, on_event, ctx);
    struct transfer transfer = {.client = client, .reply = reply, .events = &events};
    const struct otactl_http request = {.method = "GET", .path = path};
    enum scp_error error = run(&transfer, &request, problem);
    otactl_events_fini(&events);
    return error;
}

/* ---- problems ----------------------------------------------------------------------------- */

static bool is_standard(const char *name)
{
    static const char *const names[] = {"type", "title", "status", "detail", "code", "instance"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static void print_member(FILE *to, const char *name, const json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    (void)fprintf(to, "  %s: %s\n", name,
                  json_is_string(value) ? json_string_value(value)
                  : text != NULL        ? text
                                        : "?");
    free(text);
}

void otactl_print_problem(FILE *to, const struct otactl_reply *reply)
{
    const char *code = json_string_value(json_object_get(reply->json, "code"));
    const char *title = json_string_value(json_object_get(reply->json, "title"));
    const char *detail = json_string_value(json_object_get(reply->json, "detail"));
    if (title == NULL)
        title = "the server gave no reason";
    bool adds = detail != NULL && strcmp(detail, title) != 0;
    (void)fprintf(to, "otactl: %ld %s: %s%s%s\n", reply->status, code != NULL ? code : "error",
                  title, adds ? ": " : "", adds ? detail : "");
    if (!json_is_object(reply->json))
        return;
    for (void *at = json_object_iter(reply->json); at != NULL;
         at = json_object_iter_next(reply->json, at)) {
        const json_t *value = json_object_iter_value(at);
        bool said = detail != NULL && json_is_string(value) &&
                    strcmp(json_string_value(value), detail) == 0;
        if (!said && !is_standard(json_object_iter_key(at)))
            print_member(to, json_object_iter_key(at), value);
    }
}
