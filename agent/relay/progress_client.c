#include "agent/relay/progress_client.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIMEOUT_MS = 3000, TICK_MS = 1000, BODY_SIZE = 40 };

struct agent_progress_client {
    const struct agent_endpoint *endpoint;
    CURLM *multi; /* a transfer within it can be woken, and so cancelled */
    CURL *curl;
    atomic_bool cancelled;
};

struct agent_progress_client *agent_progress_client_new(const struct agent_endpoint *endpoint)
{
    struct agent_progress_client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return NULL;
    client->endpoint = endpoint;
    atomic_init(&client->cancelled, false);
    client->multi = curl_multi_init();
    client->curl = agent_http_handle(endpoint);
    if (client->multi == NULL || client->curl == NULL) {
        agent_progress_client_free(client);
        return NULL;
    }
    return client;
}

void agent_progress_client_free(struct agent_progress_client *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->curl);
    (void)curl_multi_cleanup(client->multi);
    free(client);
}

/* ---- one post ----------------------------------------------------------------------------- */

/* What the answer says is in its status. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's */
static size_t drop_body(char *bytes, size_t size, size_t count, void *ctx)
{
    (void)bytes;
    (void)ctx;
    return size * count;
}

static enum agent_error prepare(const struct agent_progress_client *client, const char *path,
                                const char *body)
{
    CURL *curl = client->curl;
    AGENT_TRY(agent_http_set_path(curl, client->endpoint, path));
    bool set = curl_easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, body) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS) == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop_body) == CURLE_OK;
    return set ? AGENT_OK : AGENT_NO_MEMORY;
}

/* How the transfer ended. */
static enum agent_error outcome(const struct agent_progress_client *client)
{
    int left = 0;
    long status = 0;
    const CURLMsg *message = curl_multi_info_read(client->multi, &left);
    if (message == NULL || message->msg != CURLMSG_DONE || message->data.result != CURLE_OK)
        return AGENT_UNREACHABLE;
    (void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    return agent_http_meaning(status);
}

static enum agent_error transfer(struct agent_progress_client *client)
{
    int running = 1;
    while (!atomic_load(&client->cancelled)) {
        if (curl_multi_perform(client->multi, &running) != CURLM_OK)
            return AGENT_NO_MEMORY;
        if (running == 0)
            return outcome(client);
        if (curl_multi_poll(client->multi, NULL, 0, TICK_MS, NULL) != CURLM_OK)
            return AGENT_NO_MEMORY;
    }
    return AGENT_STOPPED;
}

static enum agent_error send_prepared(struct agent_progress_client *client,
                                      struct curl_slist *headers)
{
    if (curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers) != CURLE_OK ||
        curl_multi_add_handle(client->multi, client->curl) != CURLM_OK)
        return AGENT_NO_MEMORY;
    enum agent_error error = transfer(client);
    (void)curl_multi_remove_handle(client->multi, client->curl);
    (void)curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, NULL);
    return error;
}

static enum agent_error post(void *ctx, const char *path, size_t commands)
{
    struct agent_progress_client *client = ctx;
    struct curl_slist *headers = NULL;
    char body[BODY_SIZE];
    (void)snprintf(body, sizeof body, "{\"commands\": %zu}", commands);
    AGENT_TRY(prepare(client, path, body));
    bool added = agent_http_add_header(&headers, "X-Admin-From", client->endpoint->agent) &&
                 agent_http_add_header(&headers, "Content-Type", "application/json");
    enum agent_error error = added ? send_prepared(client, headers) : AGENT_NO_MEMORY;
    curl_slist_free_all(headers);
    return error;
}

static void cancel(void *ctx)
{
    struct agent_progress_client *client = ctx;
    atomic_store(&client->cancelled, true);
    (void)curl_multi_wakeup(client->multi);
}

struct agent_progress_poster agent_progress_client_poster(struct agent_progress_client *client)
{
    return (struct agent_progress_poster){.ctx = client, .post = post, .cancel = cancel};
}
