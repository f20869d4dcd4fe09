#include "ota-server/http/message.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void http_response_init(struct http_response *response)
{
    *response = (struct http_response){.body = http_buffer_of(HTTP_RESPONSE_BODY_MAX)};
}

static void drop_content(struct http_response *response)
{
    http_buffer_fini(&response->body);
    json_decref(response->problem);
    response->problem = NULL;
    response->content_type[0] = '\0';
    if (response->is_stream && response->stream.release != NULL)
        response->stream.release(response->stream.ctx);
    response->is_stream = false;
}

void http_response_fini(struct http_response *response)
{
    drop_content(response);
    http_fields_fini(&response->fields);
}

void http_response_status(struct http_response *response, unsigned status)
{
    assert(status >= 200 && status <= 599);
    drop_content(response);
    response->status = status;
}

void http_response_header(struct http_response *response, const char *name, const char *value)
{
    assert(strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL); /* RFC 9113, 8.2 */
    enum scp_error error = http_fields_add(&response->fields, scp_bytes_of(name, strlen(name)),
                                           scp_bytes_of(value, strlen(value)));
    response->failed = response->failed || error != SCP_OK;
}

static void set_content_type(struct http_response *response, const char *content_type)
{
    int len = snprintf(response->content_type, sizeof response->content_type, "%s", content_type);
    if (len < 0 || (size_t)len >= sizeof response->content_type)
        response->failed = true;
}

void http_response_body(struct http_response *response, const char *content_type,
                        struct scp_bytes body)
{
    drop_content(response);
    set_content_type(response, content_type);
    if (!http_buffer_put(&response->body, body))
        response->failed = true;
}

/* The document's text into the body. */
static void put_json(struct http_response *response, const char *content_type, const json_t *json)
{
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    if (text == NULL) {
        response->failed = true;
        return;
    }
    set_content_type(response, content_type);
    if (!http_buffer_put_text(&response->body, text))
        response->failed = true;
    free(text);
}

void http_response_json(struct http_response *response, unsigned status, struct json_t *json)
{
    http_response_status(response, status);
    put_json(response, "application/json", json);
    json_decref(json);
}

/* Text that may hold what a client sent: where it is not UTF-8, '?' stands for what is not ASCII.
 */
static json_t *tolerant_string(char *text)
{
    json_t *string = json_string(text);
    if (string != NULL)
        return string;
    for (char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    }
    return json_string(text);
}

/* Text that did not fit has been cut, but must not end in half a character. */
static void mend_cut(char *text, size_t cap)
{
    size_t end = cap - 1;
    while (end > 0 && ((unsigned char)text[end - 1] & 0xC0) == 0x80)
        end--;
    if (end > 0 && ((unsigned char)text[end - 1] & 0x80) != 0)
        end--;
    text[end] = '\0';
}

void http_problem(struct http_response *response, unsigned status, const char *code,
                  const char *title, const char *detail, ...)
{
    char type[96];
    char text[1024] = "";
    va_list args;
    va_start(args, detail);
    int len = vsnprintf(text, sizeof text, detail, args);
    va_end(args);
    if (len >= (int)sizeof text)
        mend_cut(text, sizeof text);
    snprintf(type, sizeof type, "urn:rebind:problem:%s", code);
    http_response_status(response, status);
    response->problem = json_pack("{ss ss si ss so}", "type", type, "title", title, "status",
                                  (int)status, "code", code, "detail", tolerant_string(text));
    response->failed = response->failed || response->problem == NULL;
}

static void add_member(struct http_response *response, const char *name, json_t *value)
{
    assert(response->problem != NULL || response->failed);
    if (response->problem == NULL)
        json_decref(value);
    else if (json_object_set_new(response->problem, name, value) != 0)
        response->failed = true;
}

void http_problem_text(struct http_response *response, const char *name, const char *value)
{
    char *copy = strdup(value);
    add_member(response, name, copy == NULL ? NULL : tolerant_string(copy));
    free(copy);
}

void http_problem_number(struct http_response *response, const char *name, long long value)
{
    add_member(response, name, json_integer(value));
}

void http_response_stream(struct http_response *response, const struct http_stream *stream)
{
    http_response_status(response, 200);
    response->stream = *stream;
    response->is_stream = true;
    set_content_type(response, "text/event-stream");
}

static void write_problem(struct http_response *response)
{
    if (response->problem != NULL)
        put_json(response, "application/problem+json", response->problem);
}

void http_response_finish(struct http_response *response)
{
    write_problem(response);
    if (!response->failed && response->status != 0)
        return;
    http_fields_fini(&response->fields);
    response->failed = false;
    http_problem(response, 500, "internal-error", "Internal error",
                 "the request could not be answered");
    write_problem(response);
}
