/* Who waits for which topic, and the notices on their way from any thread to the loop. */
#ifndef OTA_SERVER_HTTP_TOPICS_H
#define OTA_SERVER_HTTP_TOPICS_H

#include "ota-server/http/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <uv.h>

/* Embedded in what waits. `wake` runs on the loop and must neither subscribe nor unsubscribe. */
struct http_subscriber {
    const char *topic; /* borrowed while subscribed */
    void (*wake)(struct http_subscriber *subscriber);
    bool is_subscribed;
    LIST_ENTRY(http_subscriber) link;
};

LIST_HEAD(http_subscribers, http_subscriber);

enum { HTTP_TOPIC_BUCKETS = 256 };

struct http_notices {
    char topics[HTTP_NOTICES_MAX][HTTP_TOPIC_MAX + 1];
    size_t count;
    bool everyone; /* more than fit */
};

struct http_topics {
    struct http_subscribers buckets[HTTP_TOPIC_BUCKETS];
    uv_mutex_t mutex; /* guards `filling` and what it points to */
    struct http_notices *filling;
    struct http_notices pair[2]; /* one being filled, one being delivered */
};

/* False when the system has no mutex. */
bool http_topics_init(struct http_topics *topics);
void http_topics_fini(struct http_topics *topics);

/* Any thread; allocates nothing. */
void http_topics_notify(struct http_topics *topics, const char *topic);

/* The loop's thread: wake everyone notified since the last call. */
void http_topics_deliver(struct http_topics *topics);

void http_topics_subscribe(struct http_topics *topics, struct http_subscriber *subscriber);
/* One that is not subscribed is left alone. */
void http_topics_unsubscribe(struct http_subscriber *subscriber);

#endif
