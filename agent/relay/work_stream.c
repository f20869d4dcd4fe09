#include "agent/relay/work_stream.h"

#include "agent/relay/backoff.h"
#include "agent/relay/sse.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define WORK_PATH "/v1/work"

enum { FIRST_DELAY_MS = 500, LAST_DELAY_MS = 60000 };

struct agent_work_stream {
    struct agent_work_stream_setup setup;
    CURLM *multi;
    CURL *curl; /* NULL: closed */
    struct curl_slist *headers;
    char *se_list; /* NULL: no card in reach */
    struct agent_sse sse;
    struct agent_backoff backoff;
    uint64_t open_at_ms; /* monotonic: not before */
    bool alive;          /* bytes of a good answer came in */
};

bool agent_work_card(const char *data, char se[AGENT_SE_MAX])
{
    json_t *object = json_loads(data, 0, NULL);
    const char *named = json_string_value(json_object_get(object, "se"));
    bool fits = named != NULL && strlen(named) < AGENT_SE_MAX;
    if (fits)
        memcpy(se, named, strlen(named) + 1);
    json_decref(object);
    return fits;
}

static void on_event(void *ctx, const char *event, const char *data)
{
    struct agent_work_stream *stream = ctx;
    char se[AGENT_SE_MAX];
    if (strcmp(event, "work") == 0 && agent_work_card(data, se))
        stream->setup.on_work(stream->setup.ctx, se);
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
    struct agent_work_stream *stream = ctx;
    long status = 0;
    (void)curl_easy_getinfo(stream->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200) {
        if (!stream->alive)
            rebind_log_event(stream->setup.log, REBIND_LOG_INFO, "stream.opened");
        stream->alive = true;
        agent_backoff_reset(&stream->backoff);
        agent_sse_feed(&stream->sse, bytes, size * count);
    }
    return size * count;
}

struct agent_work_stream *agent_work_stream_new(const struct agent_work_stream_setup *setup)
{
    struct agent_work_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return NULL;
    stream->setup = *setup;
    stream->backoff = (struct agent_backoff){.first_ms = FIRST_DELAY_MS, .cap_ms = LAST_DELAY_MS};
    stream->multi = curl_multi_init();
    if (stream->multi == NULL) {
        free(stream);
        return NULL;
    }
    return stream;
}

/* ---- opening and closing ------------------------------------------------------------------ */

static void close_stream(struct agent_work_stream *stream)
{
    if (stream->curl != NULL) {
        (void)curl_multi_remove_handle(stream->multi, stream->curl);
        curl_easy_cleanup(stream->curl);
    }
    curl_slist_free_all(stream->headers);
    stream->curl = NULL;
    stream->headers = NULL;
    stream->alive = false;
}

void agent_work_stream_free(struct agent_work_stream *stream)
{
    if (stream == NULL)
        return;
    close_stream(stream);
    (void)curl_multi_cleanup(stream->multi);
    free(stream->se_list);
    free(stream);
}

static void delay(struct agent_work_stream *stream)
{
    uint32_t random = 0;
    uint8_t bytes[4];
    rebind_random(stream->setup.env, bytes, sizeof bytes);
    random = scp_load_u32(bytes);
    stream->open_at_ms =
        rebind_monotonic_ms(stream->setup.env) + agent_backoff_next(&stream->backoff, random);
}

static bool prepare(struct agent_work_stream *stream)
{
    const struct agent_endpoint *endpoint = stream->setup.endpoint;
    CURL *curl = stream->curl;
    return agent_http_add_header(&stream->headers, "X-Admin-From", endpoint->agent) &&
           agent_http_add_header(&stream->headers, "X-Admin-SE-List", stream->se_list) &&
           agent_http_add_header(&stream->headers, "Accept", "text/event-stream") &&
           agent_http_set_path(curl, endpoint, WORK_PATH) == AGENT_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTPHEADER, stream->headers) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, stream) == CURLE_OK &&
           curl_multi_add_handle(stream->multi, curl) == CURLM_OK;
}

static void open_stream(struct agent_work_stream *stream)
{
    agent_sse_init(&stream->sse, on_event, stream);
    stream->curl = agent_http_handle(stream->setup.endpoint);
    if (stream->curl != NULL && prepare(stream))
        return;
    rebind_log_event(stream->setup.log, REBIND_LOG_ERROR, "stream.failed");
    close_stream(stream);
    delay(stream);
}

enum agent_error agent_work_stream_cards(struct agent_work_stream *stream, const char *se_list)
{
    const char *before = stream->se_list == NULL ? "" : stream->se_list;
    if (strcmp(before, se_list) == 0)
        return AGENT_OK;
    char *copy = NULL;
    if (se_list[0] != '\0' && (copy = strdup(se_list)) == NULL)
        return AGENT_NO_MEMORY;
    close_stream(stream);
    free(stream->se_list);
    stream->se_list = copy;
    return AGENT_OK;
}

/* ---- moving ------------------------------------------------------------------------------- */

/* The stream has ended, or could not be opened. */
static void ended(struct agent_work_stream *stream, CURLcode code)
{
    long status = 0;
    (void)curl_easy_getinfo(stream->curl, CURLINFO_RESPONSE_CODE, &status);
    REBIND_LOG(stream->setup.log, REBIND_LOG_WARN, "stream.ended", REBIND_INT("status", status),
               REBIND_TEXT("cause", code == CURLE_OK ? NULL : curl_easy_strerror(code)));
    close_stream(stream);
    delay(stream);
}

static void move(struct agent_work_stream *stream)
{
    int running = 0;
    int left = 0;
    (void)curl_multi_perform(stream->multi, &running);
    const CURLMsg *message = curl_multi_info_read(stream->multi, &left);
    if (message != NULL && message->msg == CURLMSG_DONE)
        ended(stream, message->data.result);
}

void agent_work_stream_run(struct agent_work_stream *stream, const int wake_fds[2],
                           uint32_t timeout_ms)
{
    struct curl_waitfd wake[] = {
        {.fd = wake_fds[0], .events = CURL_WAIT_POLLIN},
        {.fd = wake_fds[1], .events = CURL_WAIT_POLLIN},
    };
    if (stream->curl == NULL && stream->se_list != NULL &&
        rebind_monotonic_ms(stream->setup.env) >= stream->open_at_ms)
        open_stream(stream);
    if (stream->curl != NULL)
        move(stream);
    (void)curl_multi_poll(stream->multi, wake, 2, (int)timeout_ms, NULL);
    if (stream->curl != NULL)
        move(stream);
}
