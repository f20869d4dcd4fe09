#include "ota-server/http/topics.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct waiter {
    struct http_subscriber subscriber; /* first, so that it is also the waiter */
    int woken;
};

static void wake(struct http_subscriber *subscriber)
{
    ((struct waiter *)(void *)subscriber)->woken++;
}

static struct waiter waiter_on(const char *topic)
{
    return (struct waiter){.subscriber = {.topic = topic, .wake = wake}};
}

static int make(void **state)
{
    struct http_topics *topics = calloc(1, sizeof *topics);
    assert_non_null(topics);
    assert_true(http_topics_init(topics));
    *state = topics;
    return 0;
}

static int destroy(void **state)
{
    http_topics_fini(*state);
    free(*state);
    return 0;
}

static void topics_wake_those_of_a_topic_alone(void **state)
{
    struct waiter a = waiter_on("a");
    struct waiter also_a = waiter_on("a");
    struct waiter b = waiter_on("b");
    http_topics_subscribe(*state, &a.subscriber);
    http_topics_subscribe(*state, &also_a.subscriber);
    http_topics_subscribe(*state, &b.subscriber);
    http_topics_notify(*state, "a");
    assert_int_equal(a.woken, 0);
    http_topics_deliver(*state);
    http_topics_deliver(*state);
    assert_int_equal(a.woken, 1);
    assert_int_equal(also_a.woken, 1);
    assert_int_equal(b.woken, 0);
    http_topics_unsubscribe(&a.subscriber);
    http_topics_unsubscribe(&a.subscriber);
    http_topics_notify(*state, "a");
    http_topics_notify(*state, "b");
    http_topics_deliver(*state);
    assert_int_equal(a.woken, 1);
    assert_int_equal(also_a.woken, 2);
    assert_int_equal(b.woken, 1);
}

static void topics_wake_everyone_when_notices_overflow(void **state)
{
    struct waiter lost = waiter_on("lost");
    http_topics_subscribe(*state, &lost.subscriber);
    char topic[32];
    for (int i = 0; i < HTTP_NOTICES_MAX; i++) {
        snprintf(topic, sizeof topic, "topic-%d", i);
        http_topics_notify(*state, topic);
    }
    http_topics_notify(*state, "lost");
    http_topics_deliver(*state);
    assert_int_equal(lost.woken, 1);
    http_topics_notify(*state, "other");
    http_topics_deliver(*state);
    assert_int_equal(lost.woken, 1);
}

static void topics_wake_everyone_for_a_topic_that_is_too_long(void **state)
{
    struct waiter waiter = waiter_on("a");
    http_topics_subscribe(*state, &waiter.subscriber);
    char topic[HTTP_TOPIC_MAX + 2];
    memset(topic, 'x', sizeof topic - 1);
    topic[sizeof topic - 1] = '\0';
    http_topics_notify(*state, topic);
    http_topics_deliver(*state);
    assert_int_equal(waiter.woken, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(topics_wake_those_of_a_topic_alone, make, destroy),
        cmocka_unit_test_setup_teardown(topics_wake_everyone_when_notices_overflow, make, destroy),
        cmocka_unit_test_setup_teardown(topics_wake_everyone_for_a_topic_that_is_too_long, make,
                                        destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
