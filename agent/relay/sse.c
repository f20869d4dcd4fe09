#include "agent/relay/sse.h"

#include <string.h>

static void start_event(struct agent_sse *sse)
{
    sse->event[0] = '\0';
    sse->data_len = 0;
    sse->has_data = false;
    sse->dropped = false;
}

void agent_sse_init(struct agent_sse *sse,
                    void (*on_event)(void *ctx, const char *event, const char *data), void *ctx)
{
    *sse = (struct agent_sse){.on_event = on_event, .ctx = ctx};
}

static void set_event(struct agent_sse *sse, const char *value)
{
    size_t len = strlen(value);
    if (len >= sizeof sse->event)
        sse->dropped = true;
    else
        memcpy(sse->event, value, len + 1);
}

/* Lines of data are joined by line feeds. */
static void add_data(struct agent_sse *sse, const char *value)
{
    size_t len = strlen(value);
    size_t joint = sse->has_data ? 1 : 0;
    if (sse->data_len + joint + len >= sizeof sse->data) {
        sse->dropped = true;
        return;
    }
    if (joint)
        sse->data[sse->data_len++] = '\n';
    memcpy(sse->data + sse->data_len, value, len + 1);
    sse->data_len += len;
    sse->has_data = true;
}

static void dispatch(struct agent_sse *sse)
{
    if (sse->has_data && !sse->dropped)
        sse->on_event(sse->ctx, sse->event[0] == '\0' ? "message" : sse->event, sse->data);
    start_event(sse);
}

static void take_line(struct agent_sse *sse)
{
    sse->line[sse->line_len] = '\0';
    if (sse->line_len == 0) {
        dispatch(sse);
        return;
    }
    sse->line_len = 0;
    char *value = strchr(sse->line, ':');
    if (value == NULL)
        return; /* a field without value says nothing to us */
    *value++ = '\0';
    if (*value == ' ')
        value++;
    if (strcmp(sse->line, "event") == 0)
        set_event(sse, value);
    else if (strcmp(sse->line, "data") == 0)
        add_data(sse, value);
}

void agent_sse_feed(struct agent_sse *sse, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool line_feed_of_cr = sse->after_cr && bytes[i] == '\n';
        sse->after_cr = bytes[i] == '\r';
        if (line_feed_of_cr)
            continue;
        if (bytes[i] == '\n' || bytes[i] == '\r')
            take_line(sse);
        else if (sse->line_len + 1 < sizeof sse->line)
            sse->line[sse->line_len++] = bytes[i];
        else
            sse->dropped = true;
    }
}
