#include "tests/support/test.h"

#include "policies/document/document.h"

#include <string.h>

static const char *const facts[] = {"card.region", "card.status", "bank.status", NULL};

static void slips_of_the_hand_are_understood(void **state)
{
    (void)state;
    assert_string_equal(doc_suggest("card.regoin", facts), "card.region");
    assert_string_equal(doc_suggest("card.regio", facts), "card.region");
    assert_string_equal(doc_suggest("cardd.status", facts), "card.status");
    assert_string_equal(doc_suggest("bank_status", facts), "bank.status");
    assert_string_equal(doc_suggest("nay", (const char *const[]){"all", "any", NULL}), "any");
}

static void distant_words_get_no_suggestion(void **state)
{
    (void)state;
    assert_null(doc_suggest("colour", facts));
    assert_null(doc_suggest("", facts));
    assert_null(doc_suggest("x", (const char *const[]){"y", NULL}));
    assert_null(doc_suggest("card", (const char *const[]){NULL}));
}

static void very_long_words_are_left_alone(void **state)
{
    (void)state;
    char word[200];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_null(doc_suggest(word, (const char *const[]){word, NULL}));
    word[48] = '\0';
    assert_string_equal(doc_suggest(word, (const char *const[]){word, NULL}), word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slips_of_the_hand_are_understood),
        cmocka_unit_test(distant_words_get_no_suggestion),
        cmocka_unit_test(very_long_words_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
