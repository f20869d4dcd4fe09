#include "ota-server/http/topics.h"

#include "scp/base/bytes.h"

#include <string.h>

bool http_topics_init(struct http_topics *topics)
{
    for (size_t i = 0; i < HTTP_TOPIC_BUCKETS; i++)
        LIST_INIT(&topics->buckets[i]);
    for (size_t i = 0; i < 2; i++) {
        topics->pair[i].count = 0;
        topics->pair[i].everyone = false;
    }
    topics->filling = &topics->pair[0];
    return uv_mutex_init(&topics->mutex) == 0;
}

void http_topics_fini(struct http_topics *topics)
{
    uv_mutex_destroy(&topics->mutex);
}

/* FNV-1a. */
static struct http_subscribers *bucket_of(struct http_topics *topics, const char *topic)
{
    uint32_t hash = 2166136261u;
    for (; *topic != '\0'; topic++)
        hash = (hash ^ (unsigned char)*topic) * 16777619u;
    return &topics->buckets[hash % HTTP_TOPIC_BUCKETS];
}

static void add_notice(struct http_notices *notices, const char *topic)
{
    size_t len = strlen(topic);
    if (notices->count == HTTP_NOTICES_MAX || len > HTTP_TOPIC_MAX) {
        notices->everyone = true;
        return;
    }
    memcpy(notices->topics[notices->count++], topic, len + 1);
}

void http_topics_notify(struct http_topics *topics, const char *topic)
{
    uv_mutex_lock(&topics->mutex);
    add_notice(topics->filling, topic);
    uv_mutex_unlock(&topics->mutex);
}

static struct http_notices *swap_notices(struct http_topics *topics)
{
    uv_mutex_lock(&topics->mutex);
    struct http_notices *full = topics->filling;
    topics->filling = full == &topics->pair[0] ? &topics->pair[1] : &topics->pair[0];
    uv_mutex_unlock(&topics->mutex);
    return full;
}

/* Those of one topic, or all in the bucket for NULL. */
static void wake_bucket(struct http_subscribers *bucket, const char *topic)
{
    struct http_subscriber *subscriber;
    LIST_FOREACH(subscriber, bucket, link)
    {
        if (topic == NULL || strcmp(subscriber->topic, topic) == 0)
            subscriber->wake(subscriber);
    }
}

static void wake_everyone(struct http_topics *topics)
{
    for (size_t i = 0; i < HTTP_TOPIC_BUCKETS; i++)
        wake_bucket(&topics->buckets[i], NULL);
}

void http_topics_deliver(struct http_topics *topics)
{
    struct http_notices *notices = swap_notices(topics);
    if (notices->everyone)
        wake_everyone(topics);
    for (size_t i = 0; i < notices->count && !notices->everyone; i++)
        wake_bucket(bucket_of(topics, notices->topics[i]), notices->topics[i]);
    notices->count = 0;
    notices->everyone = false;
}

void http_topics_subscribe(struct http_topics *topics, struct http_subscriber *subscriber)
{
    LIST_INSERT_HEAD(bucket_of(topics, subscriber->topic), subscriber, link);
    subscriber->is_subscribed = true;
}

void http_topics_unsubscribe(struct http_subscriber *subscriber)
{
    if (subscriber->is_subscribed)
        LIST_REMOVE(subscriber, link);
    subscriber->is_subscribed = false;
}
