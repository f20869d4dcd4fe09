/* A reader of event streams (text/event-stream, WHATWG HTML 9.2): bytes as they come in, whole
 * events out. Fields other than `event` and `data` are ignored; an event that does not fit is
 * dropped whole. Pure. */
#ifndef AGENT_RELAY_SSE_H
#define AGENT_RELAY_SSE_H

#include <stdbool.h>
#include <stddef.h>

enum { AGENT_SSE_LINE_MAX = 2048, AGENT_SSE_DATA_MAX = 4096, AGENT_SSE_NAME_MAX = 64 };

struct agent_sse {
    /* `event` is "message" when the stream named none. */
    void (*on_event)(void *ctx, const char *event, const char *data);
    void *ctx;
    char line[AGENT_SSE_LINE_MAX]; /* private from here on */
    size_t line_len;
    char event[AGENT_SSE_NAME_MAX];
    char data[AGENT_SSE_DATA_MAX];
    size_t data_len;
    bool has_data;
    bool dropped;  /* something of this event did not fit */
    bool after_cr; /* the last byte was CR: a following LF belongs to it */
};

void agent_sse_init(struct agent_sse *sse,
                    void (*on_event)(void *ctx, const char *event, const char *data), void *ctx);
void agent_sse_feed(struct agent_sse *sse, const char *bytes, size_t len);

#endif
