#include "ota-server/otactl/events.h"

#include <string.h>

void otactl_events_init(struct otactl_events *events,
                        bool (*on_event)(void *ctx, const char *name, const char *data), void *ctx)
{
    *events = (struct otactl_events){
        .line = rebind_text_new(OTACTL_EVENT_MAX),
        .name = rebind_text_new(OTACTL_EVENT_MAX),
        .data = rebind_text_new(OTACTL_EVENT_MAX),
        .on_event = on_event,
        .ctx = ctx,
    };
}

void otactl_events_fini(struct otactl_events *events)
{
    rebind_text_free(&events->line);
    rebind_text_free(&events->name);
    rebind_text_free(&events->data);
}

/* An empty line: what was gathered is an event, if it had data. */
static bool dispatch(struct otactl_events *events)
{
    const char *name = rebind_text_string(&events->name);
    bool go_on = true;
    if (events->has_data)
        go_on = events->on_event(events->ctx, name[0] == '\0' ? "message" : name,
                                 rebind_text_string(&events->data));
    rebind_text_clear(&events->name);
    rebind_text_clear(&events->data);
    events->has_data = false;
    return go_on;
}

static void take_field(struct otactl_events *events, const char *field, size_t len,
                       const char *value)
{
    if (len == 5 && memcmp(field, "event", 5) == 0) {
        rebind_text_clear(&events->name);
        rebind_text_add(&events->name, value);
    } else if (len == 4 && memcmp(field, "data", 4) == 0) {
        if (events->has_data)
            rebind_text_add_char(&events->data, '\n');
        rebind_text_add(&events->data, value);
        events->has_data = true;
    } /* id, retry and unknown fields are of no use here */
}

static bool take_line(struct otactl_events *events)
{
    const char *line = rebind_text_string(&events->line);
    if (line[0] == '\0')
        return dispatch(events);
    if (line[0] != ':') { /* else a comment: a heartbeat */
        size_t len = strcspn(line, ":");
        const char *value = line[len] == ':' ? line + len + 1 : line + len;
        take_field(events, line, len, value[0] == ' ' ? value + 1 : value);
    }
    return true;
}

bool otactl_events_feed(struct otactl_events *events, struct scp_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        char c = (char)bytes.ptr[i];
        bool second_half = c == '\n' && events->after_cr;
        events->after_cr = c == '\r';
        if (second_half)
            continue;
        if (c != '\r' && c != '\n') {
            rebind_text_add_char(&events->line, c);
            continue;
        }
        bool go_on = rebind_text_status(&events->line) == SCP_OK && take_line(events);
        rebind_text_clear(&events->line);
        if (!go_on || rebind_text_status(&events->data) != SCP_OK)
            return false;
    }
    return true;
}
