/* Which way the planner takes in which situation, what it says of it, and what would have to go. */
#include "ota-server/rebind/directory.h"
#include "ota-server/rebind/plan.h"
#include "scp/gp/lifecycle.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

enum { LOCKED = SCP_APPLICATION_SELECTABLE | SCP_LIFE_CYCLE_LOCKED, LOAD_FILE_SIZE = 1000 };

static const struct scp_aid issuer = {{0xA0, 0, 0, 1, 0x51, 0, 0, 0}, 8};
static const struct scp_aid package_a = {{0xA0, 0, 0, 3, 0x33, 1, 1, 0x41, 1}, 9};
static const struct scp_aid instance_a = {{0xA0, 0, 0, 3, 0x33, 1, 1, 0x41}, 8};
static const struct scp_aid package_b = {{0xA0, 0, 0, 3, 0x33, 1, 1, 0x42, 1}, 9};
static const struct scp_aid instance_b = {{0xA0, 0, 0, 3, 0x33, 1, 1, 0x42}, 8};
static const struct scp_aid domain_b = {{0xA0, 0, 0, 3, 0x33, 0x42}, 6};
static const uint8_t load_file[LOAD_FILE_SIZE] = {0xC4};

static void put(struct card_content *content, enum content_kind kind, struct scp_aid aid,
                struct scp_aid of, uint8_t life_cycle)
{
    const struct content_entry entry = {
        .kind = kind, .aid = aid, .load_file = of, .life_cycle = life_cycle};
    assert_int_equal(content_put(content, &entry), SCP_OK);
}

/* What is on the card besides bank A and the directory. */
struct situation {
    const char *name;
    enum plan_operation operation;
    bool package;     /* bank B's */
    uint8_t instance; /* bank B's life cycle; 0: none */
    uint32_t free;    /* 0: not known */
    bool package_only;
    bool break_before_make;
    enum plan_error error;
    enum plan_way way;
    const char *steps;
    const char *why; /* in it */
};

static const struct situation situations[] = {
    {"suspended bank comes back", PLAN_SWITCH, true, LOCKED, 100, false, false, PLAN_OK,
     PLAN_WAY_UNLOCK, "unlock, directory, lock, confirm", "locked, and nothing is loaded"},
    {"resident package", PLAN_SWITCH, true, 0, 4000, false, false, PLAN_OK, PLAN_WAY_INSTANCE,
     "install, personalise, make selectable, directory, lock, confirm",
     "takes 2048 bytes of the 4000 that are free"},
    {"nothing there", PLAN_SWITCH, false, 0, 4000, false, false, PLAN_OK, PLAN_WAY_LOAD,
     "load, install, personalise, make selectable, directory, lock, confirm",
     "takes 3048 bytes of the 4000 that are free"},
    {"memory not stated", PLAN_SWITCH, false, 0, 0, false, false, PLAN_OK, PLAN_WAY_LOAD,
     "load, install, personalise, make selectable, directory, lock, confirm",
     "that the card does not state"},
    {"in use already", PLAN_SWITCH, true, SCP_APPLICATION_SELECTABLE, 100, false, false, PLAN_OK,
     PLAN_WAY_THERE, "directory, lock, confirm", "on the card and selectable"},
    {"interrupted instance", PLAN_SWITCH, true, SCP_APPLICATION_INSTALLED, 4000, false, false,
     PLAN_OK, PLAN_WAY_INSTANCE,
     "delete, install, personalise, make selectable, directory, lock, confirm", "new instance"},
    {"no room", PLAN_SWITCH, false, 0, 3000, false, false, PLAN_NO_ROOM, PLAN_WAY_LOAD, "",
     "takes 3048 bytes, and 3000 are free"},
    {"room for an instance, not for the package", PLAN_SWITCH, true, 0, 3000, false, false, PLAN_OK,
     PLAN_WAY_INSTANCE, "install, personalise, make selectable, directory, lock, confirm",
     "of the 3000"},
    {"load of the package", PLAN_LOAD, false, 0, 1500, true, false, PLAN_OK, PLAN_WAY_LOAD,
     "load, read", "takes 1000 bytes"},
    {"package is there", PLAN_LOAD, true, 0, 100, true, false, PLAN_OK, PLAN_WAY_NONE, "", ""},
    {"package does not fit", PLAN_LOAD, false, 0, 999, true, false, PLAN_NO_ROOM, PLAN_WAY_LOAD, "",
     "takes 1000 bytes"},
    {"load of an instance", PLAN_LOAD, false, 0, 4000, false, false, PLAN_OK, PLAN_WAY_LOAD,
     "load, install, personalise, make selectable, lock, confirm", "3048"},
    {"instance is ready", PLAN_LOAD, true, LOCKED, 100, false, false, PLAN_OK, PLAN_WAY_UNLOCK, "",
     ""},
    {"instance was not locked yet", PLAN_LOAD, true, SCP_APPLICATION_SELECTABLE, 100, false, false,
     PLAN_OK, PLAN_WAY_THERE, "lock, confirm", ""},
    {"resumed", PLAN_BIND, true, LOCKED, 100, false, false, PLAN_OK, PLAN_WAY_UNLOCK,
     "unlock, directory, lock, confirm", "locked"},
};

static struct card_content content_of(const struct situation *s)
{
    struct card_content content = {
        .known = true, .free_known = s->free != 0, .free_non_volatile = s->free};
    put(&content, CONTENT_LOAD_FILE, package_a, (struct scp_aid){.len = 0}, 1);
    put(&content, CONTENT_APPLICATION, instance_a, package_a, SCP_APPLICATION_SELECTABLE);
    put(&content, CONTENT_APPLICATION, directory_aids[0], (struct scp_aid){.len = 0},
        SCP_APPLICATION_SELECTABLE);
    if (s->package)
        put(&content, CONTENT_LOAD_FILE, package_b, (struct scp_aid){.len = 0}, 1);
    if (s->instance != 0)
        put(&content, CONTENT_APPLICATION, instance_b, package_b, s->instance);
    return content;
}

static const char *words(const struct plan *plan)
{
    static char text[512];
    text[0] = '\0';
    for (size_t i = 0; i < plan->count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", i == 0 ? "" : ", ",
                 plan_step_name(plan->steps[i].kind));
    }
    return text;
}

static struct plan_product product_b(void)
{
    return (struct plan_product){.package = package_b,
                                 .instance = instance_b,
                                 .load_file = SCP_BYTES(load_file),
                                 .label = "Bank B",
                                 .data_size = 300,
                                 .personalised = true};
}

static void way_is_the_cheapest_that_fits_and_says_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof situations / sizeof situations[0]; i++) {
        const struct situation *s = &situations[i];
        const struct plan_product product = product_b();
        const struct card_content content = content_of(s);
        const struct plan_request request = {
            .operation = s->operation,
            .product = &product,
            .observed = &content,
            .issuer = &issuer,
            .retired = &instance_a,
            .retired_count = 1,
            .retire = PLAN_RETIRE_LOCK,
            .package_only = s->package_only,
            .break_before_make = s->break_before_make,
            .directories = true,
        };
        struct plan plan;
        enum plan_error error = plan_make(&request, &plan);
        if (error != s->error || plan.way != s->way || strcmp(words(&plan), s->steps) != 0 ||
            strstr(plan.why, s->why) == NULL)
            fail_msg("%s: error %d, way %d, %s (%s)", s->name, (int)error, (int)plan.way,
                     words(&plan), plan.why);
    }
}

static void step_knows_what_it_leaves_and_what_it_takes(void **state)
{
    (void)state;
    const struct plan_product product = product_b();
    const struct card_content content = content_of(&situations[2]);
    const struct plan_request request = {.operation = PLAN_SWITCH,
                                         .product = &product,
                                         .observed = &content,
                                         .issuer = &issuer,
                                         .retired = &instance_a,
                                         .retired_count = 1,
                                         .retire = PLAN_RETIRE_DELETE};
    struct plan plan;
    size_t memory = 0;
    size_t wire = 0;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    for (size_t i = 0; i < plan.count; i++) {
        const struct plan_step *step = &plan.steps[i];
        assert_true(step->wire > 0);
        memory += step->memory;
        wire += step->wire;
        if (step->kind == PLAN_STEP_LOAD)
            assert_in_range(step->wire, LOAD_FILE_SIZE, LOAD_FILE_SIZE + 400);
        if (step->kind == PLAN_STEP_MAKE_SELECTABLE)
            assert_int_equal(step->after.life_cycle, SCP_APPLICATION_SELECTABLE);
        assert_int_equal(step->after.listed,
                         step->kind != PLAN_STEP_DELETE && step->kind != PLAN_STEP_DELETE_PACKAGE);
    }
    assert_int_equal(memory, plan.memory_needed);
    assert_int_equal(wire, plan_wire(&plan));
}

static void what_would_have_to_go_is_named_first_what_nobody_desires(void **state)
{
    (void)state;
    const struct plan_product product = product_b();
    struct card_content content = content_of(&situations[6]);
    const struct scp_aid left_over = {{0xA0, 0, 0, 9, 9}, 5};
    put(&content, CONTENT_LOAD_FILE, left_over, (struct scp_aid){.len = 0}, 1);
    const struct plan_spare spare[] = {
        {{{1, 2, 3, 4, 5}, 5}, 700}, /* not on this card */
        {left_over, 30},
        {instance_a, 0},
        {package_a, 900},
        {directory_aids[0], 100},
    };
    const struct plan_request request = {.operation = PLAN_SWITCH,
                                         .product = &product,
                                         .observed = &content,
                                         .issuer = &issuer,
                                         .spare = spare,
                                         .spare_count = 5,
                                         .undesired_count = 2};
    struct plan plan;
    assert_int_equal(plan_make(&request, &plan), PLAN_NO_ROOM);
    assert_int_equal(plan.spare_count, 3); /* 48 bytes are missing */
    assert_true(scp_aid_equal(&plan.spare[0].aid, &left_over));
    assert_true(scp_aid_equal(&plan.spare[1].aid, &instance_a));
    assert_true(scp_aid_equal(&plan.spare[2].aid, &package_a));
}

/* The power went between the old bank's instance and its package. */
static void what_an_interrupted_retirement_left_goes_too(void **state)
{
    (void)state;
    const struct plan_product product = product_b();
    struct card_content content = content_of(&situations[4]);
    content_remove(&content, &instance_a);
    struct plan_request request = {.operation = PLAN_SWITCH,
                                   .product = &product,
                                   .observed = &content,
                                   .issuer = &issuer,
                                   .remains = &package_a,
                                   .remain_count = 1,
                                   .retire = PLAN_RETIRE_DELETE};
    struct plan plan;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_string_equal(words(&plan), "delete package, confirm");
    request.retire = PLAN_RETIRE_LOCK;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_string_equal(words(&plan), "confirm");
    request.retire = PLAN_RETIRE_DELETE;
    put(&content, CONTENT_APPLICATION, instance_a, package_a, SCP_APPLICATION_SELECTABLE);
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_string_equal(words(&plan), "confirm"); /* somebody uses it */
}

/* Instances, then the packages that they used, then the domain that is empty without them. */
static void purge_takes_what_nobody_desires_in_an_order_that_works(void **state)
{
    (void)state;
    struct card_content content = content_of(&situations[0]);
    struct content_entry domain = {
        .kind = CONTENT_SECURITY_DOMAIN, .aid = domain_b, .life_cycle = 0x0F};
    assert_int_equal(content_put(&content, &domain), SCP_OK);
    for (size_t i = 0; i < content.count; i++) {
        if (scp_aid_equal(&content.entries[i].aid, &instance_b))
            content.entries[i].security_domain = domain_b;
    }
    const struct plan_spare spare[] = {{domain_b, 0}, {package_b, 0}, {instance_b, 0}};
    struct plan_request request = {.operation = PLAN_PURGE,
                                   .observed = &content,
                                   .issuer = &issuer,
                                   .spare = spare,
                                   .spare_count = 3,
                                   .undesired_count = 3};
    struct plan plan;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_string_equal(words(&plan), "delete, delete package, delete, read");
    assert_true(scp_aid_equal(&plan.steps[0].aid, &instance_b));
    assert_true(scp_aid_equal(&plan.steps[2].aid, &domain_b));
    request.undesired_count = 2; /* the instance is desired: what it needs stays */
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_int_equal(plan.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(way_is_the_cheapest_that_fits_and_says_why),
        cmocka_unit_test(step_knows_what_it_leaves_and_what_it_takes),
        cmocka_unit_test(what_would_have_to_go_is_named_first_what_nobody_desires),
        cmocka_unit_test(what_an_interrupted_retirement_left_goes_too),
        cmocka_unit_test(purge_takes_what_nobody_desires_in_an_order_that_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
