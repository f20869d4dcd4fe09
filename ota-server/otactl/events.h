/* Event streams (WHATWG HTML 9.2.6, text/event-stream): bytes in, events out. Pure. */
#ifndef OTA_SERVER_OTACTL_EVENTS_H
#define OTA_SERVER_OTACTL_EVENTS_H

#include "scp/host/text.h"

#include <stdbool.h>

enum { OTACTL_EVENT_MAX = 64 * 1024 };

struct otactl_events {
    struct rebind_text line;
    struct rebind_text name;
    struct rebind_text data;
    bool has_data;
    bool after_cr; /* a LF that follows is part of the same line end */
    bool (*on_event)(void *ctx, const char *name, const char *data);
    void *ctx;
};

void otactl_events_init(struct otactl_events *events,
                        bool (*on_event)(void *ctx, const char *name, const char *data), void *ctx);
void otactl_events_fini(struct otactl_events *events);

/* False when the callback wants no more or an event is longer than OTACTL_EVENT_MAX. */
bool otactl_events_feed(struct otactl_events *events, struct scp_bytes bytes);

#endif
