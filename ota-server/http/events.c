#include "ota-server/http/message.h"

#include <stdio.h>
#include <string.h>

static bool is_one_line(const char *text)
{
    return text == NULL || strpbrk(text, "\r\n") == NULL;
}

static bool put_line(struct http_buffer *to, const char *field, struct scp_bytes value)
{
    return http_buffer_put_text(to, field) && http_buffer_put(to, value) &&
           http_buffer_put_text(to, "\n");
}

static bool put_field(struct http_buffer *to, const char *field, const char *value)
{
    return value == NULL || put_line(to, field, scp_bytes_of(value, strlen(value)));
}

/* One "data:" line for each line; CR LF, LF and CR end a line (WHATWG HTML, 9.2.5). */
static bool put_data(struct http_buffer *to, const char *data)
{
    for (;;) {
        size_t len = strcspn(data, "\r\n");
        if (!put_line(to, "data: ", scp_bytes_of(data, len)))
            return false;
        data += len;
        if (*data == '\0')
            return true;
        data += strncmp(data, "\r\n", 2) == 0 ? 2 : 1;
    }
}

bool http_events_put(struct http_events *events, const struct http_event *event)
{
    struct http_buffer *to = &events->text;
    size_t before = http_buffer_len(to);
    if (!is_one_line(event->id) || !is_one_line(event->name) ||
        (event->id != NULL && strlen(event->id) > HTTP_EVENT_ID_MAX))
        return false;
    bool ok = put_field(to, "id: ", event->id) && put_field(to, "event: ", event->name) &&
              put_data(to, event->data) && http_buffer_put_text(to, "\n");
    if (!ok)
        http_buffer_truncate(to, before);
    else if (event->id != NULL)
        snprintf(events->last_id, sizeof events->last_id, "%s", event->id);
    return ok;
}
