/* The table of cards over a reader whose places the test sets, in a world whose clock stands still
 * until it is moved. */
#include "agent/relay/cards.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_MAX = 600, FAR_MS = 120000 };

struct world {
    struct agent_reader reader;
    struct rebind_seeded seeded;
    struct rebind_env env;
    struct agent_cards cards;
    size_t count;
    uint64_t insertion;
    enum agent_error poll_error;
    enum agent_error connect_error;
    bool nameless;
    size_t connects;
    unsigned number; /* of the card that is being read */
};

static enum agent_error on_command(void *ctx, struct scp_bytes command, struct scp_writer *response)
{
    const struct world *world = ctx;
    if (command.ptr[1] == 0xCA && world->nameless) {
        scp_put_u16(response, 0x6A88);
        return AGENT_OK;
    }
    if (command.ptr[1] == 0xCA) {
        scp_put_u8(response, command.ptr[3]);
        scp_put_u8(response, 2);
        scp_put_u16(response, (uint16_t)world->number);
    }
    scp_put_u16(response, 0x9000);
    return AGENT_OK;
}

static enum agent_error on_poll(struct agent_reader *reader, struct agent_places *places)
{
    const struct world *world = (const struct world *)reader;
    for (size_t i = 0; i < world->count; i++) {
        char name[24];
        (void)snprintf(name, sizeof name, "%zu", i + 1);
        assert_int_equal(agent_places_add(places, name, world->insertion), AGENT_OK);
    }
    return world->poll_error;
}

static void on_close(struct agent_contact *contact)
{
    free(contact);
}

static enum agent_error on_connect(struct agent_reader *reader, const char *place,
                                   struct agent_contact **contact)
{
    struct world *world = (struct world *)reader;
    world->connects++;
    if (world->connect_error != AGENT_OK)
        return world->connect_error;
    world->number = (unsigned)strtoul(place, NULL, 10);
    *contact = calloc(1, sizeof **contact);
    assert_non_null(*contact);
    (*contact)->card = (struct agent_transceive){.ctx = world, .fn = on_command};
    (*contact)->close = on_close;
    return AGENT_OK;
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->reader = (struct agent_reader){.kind = "test", .poll = on_poll, .connect = on_connect};
    world->env = rebind_env_seeded(&world->seeded, 1, 1700000000000);
    agent_cards_init(&world->cards, &world->env, NULL);
    world->cards.readers[world->cards.reader_count++] = &world->reader;
    world->count = 1;
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    agent_cards_fini(&world->cards);
    rebind_seeded_fini(&world->seeded);
    free(world);
    return 0;
}

static void scan(struct world *world)
{
    assert_int_equal(agent_cards_scan(&world->cards), AGENT_OK);
}

static void assert_listed(struct world *world, const char *expected)
{
    char *list = agent_cards_list(&world->cards);
    assert_string_equal(list, expected);
    free(list);
}

static void a_card_is_read_once_while_it_stays(void **state)
{
    struct world *world = *state;
    world->count = 2;
    scan(world);
    scan(world);
    assert_int_equal(world->connects, 2);
    assert_listed(world, "//se-id/CUD/00010001, //se-id/CUD/00020002");
    world->count = 1;
    scan(world);
    assert_listed(world, "//se-id/CUD/00010001");
}

static void another_insertion_is_read_anew(void **state)
{
    struct world *world = *state;
    scan(world);
    assert_true(agent_cards_work(&world->cards, "//se-id/CUD/00010001"));
    world->insertion++;
    scan(world);
    assert_int_equal(world->connects, 2);
    assert_null(agent_cards_next(&world->cards)); /* the work was another card's */
}

static void a_busy_card_is_tried_again_later(void **state)
{
    struct world *world = *state;
    world->connect_error = AGENT_BUSY;
    scan(world);
    scan(world);
    assert_int_equal(world->connects, 1);
    world->connect_error = AGENT_OK;
    rebind_seeded_advance(&world->seeded, FAR_MS);
    scan(world);
    assert_listed(world, "//se-id/CUD/00010001");
}

static void a_card_without_name_is_left_until_it_is_inserted_anew(void **state)
{
    struct world *world = *state;
    world->nameless = true;
    scan(world);
    rebind_seeded_advance(&world->seeded, FAR_MS);
    scan(world);
    assert_int_equal(world->connects, 1);
    assert_listed(world, "");
    world->nameless = false;
    world->insertion++;
    scan(world);
    assert_listed(world, "//se-id/CUD/00010001");
}

static void a_failed_reader_has_no_cards_and_may_come_back(void **state)
{
    struct world *world = *state;
    world->count = 0;
    world->poll_error = AGENT_READER;
    scan(world);
    assert_listed(world, "");
    world->count = 1;
    world->poll_error = AGENT_OK;
    scan(world);
    assert_listed(world, "//se-id/CUD/00010001");
}

static void a_served_card_rests_until_the_server_names_it(void **state)
{
    struct world *world = *state;
    scan(world);
    assert_true(agent_cards_work(&world->cards, "//se-id/CUD/00010001"));
    struct agent_card *card = agent_cards_next(&world->cards);
    assert_non_null(card);
    card->served = true;
    card->work = false;
    assert_null(agent_cards_next(&world->cards));
    agent_cards_served(&world->cards, card, AGENT_OK);
    assert_null(agent_cards_next(&world->cards));
}

static void work_named_while_a_card_is_served_is_not_forgotten(void **state)
{
    struct world *world = *state;
    scan(world);
    assert_true(agent_cards_work(&world->cards, "//se-id/CUD/00010001"));
    struct agent_card *card = agent_cards_next(&world->cards);
    card->served = true;
    card->work = false;
    assert_true(agent_cards_work(&world->cards, "//se-id/CUD/00010001"));
    assert_null(agent_cards_next(&world->cards)); /* one thread a card */
    agent_cards_served(&world->cards, card, AGENT_OK);
    assert_ptr_equal(agent_cards_next(&world->cards), card);
}

static void a_card_that_failed_is_tried_again_later(void **state)
{
    struct world *world = *state;
    scan(world);
    assert_true(agent_cards_work(&world->cards, "//se-id/CUD/00010001"));
    struct agent_card *card = agent_cards_next(&world->cards);
    card->served = true;
    card->work = false;
    agent_cards_served(&world->cards, card, AGENT_UNREACHABLE);
    assert_null(agent_cards_next(&world->cards));
    rebind_seeded_advance(&world->seeded, FAR_MS);
    assert_ptr_equal(agent_cards_next(&world->cards), card);
}

static void a_card_that_is_gone_stays_while_it_is_served(void **state)
{
    struct world *world = *state;
    scan(world);
    assert_true(agent_cards_work(&world->cards, "//se-id/CUD/00010001"));
    struct agent_card *card = agent_cards_next(&world->cards);
    card->served = true;
    world->count = 0;
    scan(world);
    assert_int_equal(world->cards.count, 1);
    agent_cards_served(&world->cards, card, AGENT_OK);
    scan(world);
    assert_int_equal(world->cards.count, 0);
}

static void an_absent_card_has_work_until_it_is_done(void **state)
{
    struct world *world = *state;
    world->count = 0;
    assert_int_equal(agent_cards_add_absent(&world->cards, "//se-id/CUD/77"), AGENT_OK);
    scan(world);
    struct agent_card *card = agent_cards_next(&world->cards);
    assert_non_null(card);
    assert_null(card->reader);
    assert_listed(world, "");
    card->served = true;
    card->work = false;
    agent_cards_served(&world->cards, card, AGENT_OK);
    scan(world);
    assert_int_equal(world->cards.count, 0);
}

static void cards_beyond_the_stream_ask_by_themselves(void **state)
{
    struct world *world = *state;
    world->count = PLACES_MAX;
    scan(world);
    char *list = agent_cards_list(&world->cards);
    assert_true(strlen(list) <= AGENT_LIST_TEXT_MAX);
    size_t listed = 1;
    for (const char *comma = strchr(list, ','); comma != NULL; comma = strchr(comma + 1, ','))
        listed++;
    assert_int_equal(listed, AGENT_LIST_CARDS_MAX);
    free(list);
    size_t asking = 0;
    for (size_t i = 0; i < world->cards.count; i++)
        asking += world->cards.items[i]->work;
    assert_int_equal(asking, PLACES_MAX - AGENT_LIST_CARDS_MAX);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_card_is_read_once_while_it_stays),
        IN_WORLD(another_insertion_is_read_anew),
        IN_WORLD(a_busy_card_is_tried_again_later),
        IN_WORLD(a_card_without_name_is_left_until_it_is_inserted_anew),
        IN_WORLD(a_failed_reader_has_no_cards_and_may_come_back),
        IN_WORLD(a_served_card_rests_until_the_server_names_it),
        IN_WORLD(work_named_while_a_card_is_served_is_not_forgotten),
        IN_WORLD(a_card_that_failed_is_tried_again_later),
        IN_WORLD(a_card_that_is_gone_stays_while_it_is_served),
        IN_WORLD(an_absent_card_has_work_until_it_is_done),
        IN_WORLD(cards_beyond_the_stream_ask_by_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
