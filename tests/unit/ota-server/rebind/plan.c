#include "ota-server/rebind/plan.h"
#include "ota-server/rebind/directory.h"
#include "scp/gp/lifecycle.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static const struct scp_aid package_a = {{0xA0, 0, 0, 3, 0x33, 1, 1, 0x41, 1}, 9};
static const struct scp_aid instance_a = {{0xA0, 0, 0, 3, 0x33, 1, 1, 0x41}, 8};
static const struct scp_aid package_b = {{0xA0, 0, 0, 3, 0x33, 1, 1, 0x42, 1}, 9};
static const struct scp_aid module_b = {{0xA0, 0, 0, 3, 0x33, 1, 1, 0x42, 1, 1}, 10};
static const struct scp_aid instance_b = {{0xA0, 0, 0, 3, 0x33, 1, 1, 0x42}, 8};

static const struct scp_aid issuer = {{0xA0, 0, 0, 1, 0x51, 0, 0, 0}, 8};

static const uint8_t load_file[1000] = {0xC4};

static struct plan_product product_b(void)
{
    return (struct plan_product){
        .package = package_b,
        .module = module_b,
        .instance = instance_b,
        .load_file = SCP_BYTES(load_file),
        .label = "Bank B",
        .priority = 1,
        .personalised = true,
    };
}

static void put(struct card_content *content, enum content_kind kind, struct scp_aid aid,
                struct scp_aid load_file_aid, uint8_t life_cycle)
{
    struct content_entry entry = {
        .kind = kind, .aid = aid, .load_file = load_file_aid, .life_cycle = life_cycle};
    assert_int_equal(content_put(content, &entry), SCP_OK);
}

/* A card that carries bank A, with room for another. */
static struct card_content card_with_bank_a(void)
{
    struct card_content content = {
        .known = true, .free_known = true, .free_non_volatile = 64 * 1024};
    put(&content, CONTENT_LOAD_FILE, package_a, (struct scp_aid){.len = 0}, 1);
    put(&content, CONTENT_APPLICATION, instance_a, package_a, SCP_APPLICATION_SELECTABLE);
    put(&content, CONTENT_APPLICATION, directory_aids[0], (struct scp_aid){.len = 0},
        SCP_APPLICATION_SELECTABLE);
    return content;
}

static struct plan_request switch_to(const struct plan_product *product,
                                     const struct card_content *observed)
{
    return (struct plan_request){
        .operation = PLAN_SWITCH,
        .product = product,
        .observed = observed,
        .issuer = &issuer,
        .retired = &instance_a,
        .retired_count = 1,
        .retire = PLAN_RETIRE_DELETE,
        .directories = true,
        .prove = true,
    };
}

/* The steps of a plan in words: "load, install, …". */
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

static size_t place_of(const struct plan *plan, enum plan_step_kind kind)
{
    size_t i = 0;
    while (i < plan->count && plan->steps[i].kind != kind)
        i++;
    return i;
}

static void switch_makes_before_it_breaks(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    struct plan_request request = switch_to(&product, &content);
    struct plan plan;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_string_equal(words(&plan), "load, install, personalise, make selectable, directory, "
                                      "delete, delete package, confirm, prove");
    assert_false(plan.breaks_first);
    assert_int_equal(plan.memory_needed, sizeof load_file + PLAN_INSTANCE_RESERVE);
}

static void resident_package_is_not_loaded_again(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    product.load_file = SCP_EMPTY;
    struct card_content content = card_with_bank_a();
    put(&content, CONTENT_LOAD_FILE, package_b, (struct scp_aid){.len = 0}, 1);
    struct plan_request request = switch_to(&product, &content);
    struct plan plan;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_int_equal(place_of(&plan, PLAN_STEP_LOAD), plan.count);
    assert_int_equal(plan.memory_needed, PLAN_INSTANCE_RESERVE);
}

static void interrupted_instance_is_deleted_and_done_again(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    put(&content, CONTENT_LOAD_FILE, package_b, (struct scp_aid){.len = 0}, 1);
    put(&content, CONTENT_APPLICATION, instance_b, package_b, SCP_APPLICATION_INSTALLED);
    struct plan_request request = switch_to(&product, &content);
    struct plan plan;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_int_equal(plan.steps[0].kind, PLAN_STEP_DELETE);
    assert_true(scp_aid_equal(&plan.steps[0].aid, &instance_b));
    assert_int_equal(plan.steps[1].kind, PLAN_STEP_INSTALL);
}

static void selectable_instance_is_not_personalised_again(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    put(&content, CONTENT_LOAD_FILE, package_b, (struct scp_aid){.len = 0}, 1);
    put(&content, CONTENT_APPLICATION, instance_b, package_b, SCP_APPLICATION_SELECTABLE);
    struct plan_request request = switch_to(&product, &content);
    struct plan plan;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_string_equal(words(&plan), "directory, delete, delete package, confirm, prove");
}

/* On such a card an interruption can leave a selectable instance without its personalisation. */
static void selectable_instance_is_done_again_where_its_state_does_not_tell(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    put(&content, CONTENT_LOAD_FILE, package_b, (struct scp_aid){.len = 0}, 1);
    put(&content, CONTENT_APPLICATION, instance_b, package_b, SCP_APPLICATION_SELECTABLE);
    struct plan_request request = switch_to(&product, &content);
    struct plan plan;
    request.personalise_selectable = true;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_string_equal(words(&plan), "delete, install, make selectable, personalise, directory, "
                                      "delete, delete package, confirm, prove");
    assert_true(scp_aid_equal(&plan.steps[0].aid, &instance_b));

    request.operation = PLAN_BIND;
    request.retired_count = 0;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_string_equal(words(&plan), "delete, install, make selectable, personalise, directory, "
                                      "confirm, prove");
}

/* The old bank goes after the new one is complete, so its absence tells. */
static void instance_that_outlived_the_old_bank_is_complete(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    put(&content, CONTENT_LOAD_FILE, package_b, (struct scp_aid){.len = 0}, 1);
    put(&content, CONTENT_APPLICATION, instance_b, package_b, SCP_APPLICATION_SELECTABLE);
    content_remove(&content, &instance_a);
    struct plan_request request = switch_to(&product, &content);
    struct plan plan;
    request.personalise_selectable = true;
    request.retired_count = 0;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_string_equal(words(&plan), "directory, confirm, prove");
}

static void instance_with_older_data_is_done_again(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    put(&content, CONTENT_LOAD_FILE, package_b, (struct scp_aid){.len = 0}, 1);
    put(&content, CONTENT_APPLICATION, instance_b, package_b, SCP_APPLICATION_SELECTABLE);
    struct plan_request request = switch_to(&product, &content);
    struct plan plan;
    product.renewed = true;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_int_equal(plan.steps[0].kind, PLAN_STEP_DELETE);
    assert_true(scp_aid_equal(&plan.steps[0].aid, &instance_b));
    assert_int_equal(place_of(&plan, PLAN_STEP_LOAD), plan.count);
    assert_true(place_of(&plan, PLAN_STEP_PERSONALISE) < plan.count);
}

/* A script with the new data went out; the card may not have run it. */
static void instance_with_doubted_data_is_done_again_until_the_old_bank_goes(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    put(&content, CONTENT_LOAD_FILE, package_b, (struct scp_aid){.len = 0}, 1);
    put(&content, CONTENT_APPLICATION, instance_b, package_b, SCP_APPLICATION_SELECTABLE);
    struct plan_request request = switch_to(&product, &content);
    struct plan plan;
    product.doubted = true;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_true(scp_aid_equal(&plan.steps[0].aid, &instance_b));
    assert_int_equal(plan.steps[0].kind, PLAN_STEP_DELETE);
    request.retired_count = 0;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_int_equal(place_of(&plan, PLAN_STEP_PERSONALISE), plan.count);
    put(&content, CONTENT_APPLICATION, instance_b, package_b,
        SCP_APPLICATION_SELECTABLE | SCP_LIFE_CYCLE_LOCKED);
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_int_equal(place_of(&plan, PLAN_STEP_UNLOCK), plan.count);
    assert_true(place_of(&plan, PLAN_STEP_PERSONALISE) < plan.count);
}

static void locked_resident_bank_comes_back_without_loading(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    put(&content, CONTENT_LOAD_FILE, package_b, (struct scp_aid){.len = 0}, 1);
    put(&content, CONTENT_APPLICATION, instance_b, package_b,
        SCP_APPLICATION_SELECTABLE | SCP_LIFE_CYCLE_LOCKED);
    struct plan_request request = switch_to(&product, &content);
    request.retire = PLAN_RETIRE_LOCK;
    struct plan plan;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_string_equal(words(&plan), "unlock, directory, lock, confirm, prove");
}

static void without_room_nothing_is_planned(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    content.free_non_volatile = 3000;
    struct plan_request request = switch_to(&product, &content);
    struct plan plan;
    assert_int_equal(plan_make(&request, &plan), PLAN_NO_ROOM);
    assert_int_equal(plan.count, 0);
    assert_int_equal(plan.memory_needed, sizeof load_file + PLAN_INSTANCE_RESERVE);
}

static void only_an_obligation_may_break_first(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    content.free_non_volatile = 3000;
    struct plan_request request = switch_to(&product, &content);
    request.break_before_make = true;
    struct plan plan;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_true(plan.breaks_first);
    assert_true(place_of(&plan, PLAN_STEP_DELETE) < place_of(&plan, PLAN_STEP_LOAD));
    request.retire = PLAN_RETIRE_LOCK; /* locking frees nothing */
    assert_int_equal(plan_make(&request, &plan), PLAN_NO_ROOM);
}

static void shared_package_stays_when_its_instance_goes(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    struct scp_aid other = {{0xA0, 0, 0, 0, 1}, 5};
    put(&content, CONTENT_APPLICATION, other, package_a, SCP_APPLICATION_SELECTABLE);
    struct plan_request request = switch_to(&product, &content);
    struct plan plan;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_int_equal(place_of(&plan, PLAN_STEP_DELETE_PACKAGE), plan.count);
}

static void revocation_clears_the_directory_before_the_bank_goes(void **state)
{
    (void)state;
    struct card_content content = card_with_bank_a();
    struct plan_request request = switch_to(NULL, &content);
    request.operation = PLAN_REVOKE;
    struct plan plan;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_string_equal(words(&plan), "directory, delete, delete package, confirm");
    assert_true(scp_aid_equal(&plan.steps[0].aid, &directory_aids[0]));
    request.retire = PLAN_RETIRE_KEEP; /* a revoked bank is at least locked */
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_string_equal(words(&plan), "directory, lock, confirm");
}

static void unknown_content_is_read_first(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = {.known = false};
    struct plan_request request = switch_to(&product, &content);
    struct plan plan;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_string_equal(words(&plan), "read");
}

static void aid_of_something_else_is_refused(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    put(&content, CONTENT_SECURITY_DOMAIN, instance_b, (struct scp_aid){.len = 0}, 0x0F);
    struct plan_request request = switch_to(&product, &content);
    struct plan plan;
    assert_int_equal(plan_make(&request, &plan), PLAN_AID_TAKEN);
}

/* ---- the bank's security domain ----------------------------------------------------------- */

static const struct scp_aid domain_a = {{0xA0, 0, 0, 3, 0x33, 0x41}, 6};
static const struct plan_domain domain_b = {.aid = {{0xA0, 0, 0, 3, 0x33, 0x42}, 6}};

static void bank_with_a_domain_personalises_through_it(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    struct plan_request request = switch_to(&product, &content);
    struct plan plan;
    request.domain = &domain_b;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_string_equal(words(&plan), "load, create domain, key domain, install, extradite, "
                                      "personalise, make selectable, directory, delete, "
                                      "delete package, confirm, prove");
    for (size_t i = 0; i < plan.count; i++) {
        enum plan_step_kind kind = plan.steps[i].kind;
        assert_int_equal(plan.steps[i].channel, kind == PLAN_STEP_PERSONALISE ? PLAN_CHANNEL_BANK
                                                : kind == PLAN_STEP_PROVE     ? PLAN_CHANNEL_NONE
                                                                          : PLAN_CHANNEL_ISSUER);
    }
    assert_int_equal(plan.memory_needed,
                     sizeof load_file + PLAN_INSTANCE_RESERVE + PLAN_DOMAIN_RESERVE);
}

/* One that manages content is there before its package, and needs no extradition. */
static void bank_that_manages_content_brings_it_itself(void **state)
{
    (void)state;
    struct plan plan;
    struct plan_domain managing = domain_b;
    const struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    struct plan_request request = switch_to(&product, &content);
    managing.manages_content = true;
    request.domain = &managing;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_string_equal(words(&plan), "create domain, key domain, load, install, personalise, "
                                      "make selectable, directory, delete, delete package, "
                                      "confirm, prove");
    for (size_t i = 0; i < plan.count; i++) {
        bool own = i >= 2 && i <= 5;
        if (plan.steps[i].kind != PLAN_STEP_PROVE)
            assert_int_equal(plan.steps[i].channel, own ? PLAN_CHANNEL_BANK : PLAN_CHANNEL_ISSUER);
    }
}

/* A package that is the issuer's makes instances that are the issuer's too. */
static void package_of_the_issuers_is_installed_by_the_issuer(void **state)
{
    (void)state;
    struct plan plan;
    struct plan_domain managing = domain_b;
    const struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    struct plan_request request = switch_to(&product, &content);
    managing.manages_content = true;
    request.domain = &managing;
    put(&content, CONTENT_LOAD_FILE, product.package, (struct scp_aid){.len = 0}, 1);
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_non_null(strstr(words(&plan), "install, extradite, personalise"));
    content.entries[content.count - 1].security_domain = managing.aid;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_null(strstr(words(&plan), "extradite"));
}

/* It was made a simple one, which it stays. */
static void domain_that_was_made_simple_stays_so(void **state)
{
    (void)state;
    struct plan plan;
    struct plan_domain managing = domain_b;
    const struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    struct plan_request request = switch_to(&product, &content);
    managing.manages_content = true;
    request.domain = &managing;
    put(&content, CONTENT_SECURITY_DOMAIN, managing.aid, (struct scp_aid){.len = 0},
        SCP_SECURITY_DOMAIN_PERSONALIZED);
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_non_null(strstr(words(&plan), "load, install, extradite, personalise"));
    content.entries[content.count - 1].privileges[0] = 0x80;
    content.entries[content.count - 1].privileges[1] = 0xC0;
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_null(strstr(words(&plan), "extradite"));
}

static void domain_with_keys_is_used_and_one_without_is_made_again(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    struct plan_request request = switch_to(&product, &content);
    struct plan plan;
    request.domain = &domain_b;
    put(&content, CONTENT_SECURITY_DOMAIN, domain_b.aid, (struct scp_aid){.len = 0},
        SCP_SECURITY_DOMAIN_PERSONALIZED);
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    assert_int_equal(place_of(&plan, PLAN_STEP_CREATE_DOMAIN), plan.count);
    put(&content, CONTENT_SECURITY_DOMAIN, domain_b.aid, (struct scp_aid){.len = 0},
        SCP_APPLICATION_SELECTABLE);
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    size_t create = place_of(&plan, PLAN_STEP_CREATE_DOMAIN);
    assert_int_equal(plan.steps[create - 1].kind, PLAN_STEP_DELETE);
    assert_true(scp_aid_equal(&plan.steps[create - 1].aid, &domain_b.aid));
}

static void domain_that_is_locked_or_something_else_is_left_alone(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    struct plan_request request = switch_to(&product, &content);
    struct plan plan;
    request.domain = &domain_b;
    put(&content, CONTENT_SECURITY_DOMAIN, domain_b.aid, (struct scp_aid){.len = 0},
        SCP_SECURITY_DOMAIN_PERSONALIZED | SCP_LIFE_CYCLE_LOCKED);
    assert_int_equal(plan_make(&request, &plan), PLAN_DOMAIN_LOCKED);
    put(&content, CONTENT_APPLICATION, domain_b.aid, (struct scp_aid){.len = 0},
        SCP_APPLICATION_SELECTABLE);
    assert_int_equal(plan_make(&request, &plan), PLAN_AID_TAKEN);
}

/* Of the bank that goes: its instance, the package, and the domain when that leaves it empty. */
static void domain_goes_with_its_last_instance(void **state)
{
    (void)state;
    struct plan_product product = product_b();
    struct card_content content = card_with_bank_a();
    struct plan_request request = switch_to(&product, &content);
    struct plan plan;
    put(&content, CONTENT_SECURITY_DOMAIN, domain_a, (struct scp_aid){.len = 0},
        SCP_SECURITY_DOMAIN_PERSONALIZED);
    for (size_t i = 0; i < content.count; i++) {
        if (scp_aid_equal(&content.entries[i].aid, &instance_a) ||
            scp_aid_equal(&content.entries[i].aid, &package_a))
            content.entries[i].security_domain = domain_a;
    }
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    size_t package = place_of(&plan, PLAN_STEP_DELETE_PACKAGE);
    assert_int_equal(plan.steps[package + 1].kind, PLAN_STEP_DELETE);
    assert_true(scp_aid_equal(&plan.steps[package + 1].aid, &domain_a));

    struct content_entry other = {.kind = CONTENT_APPLICATION,
                                  .aid = {{1, 2, 3, 4, 5}, 5},
                                  .security_domain = domain_a,
                                  .life_cycle = SCP_APPLICATION_SELECTABLE};
    assert_int_equal(content_put(&content, &other), SCP_OK);
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    package = place_of(&plan, PLAN_STEP_DELETE_PACKAGE);
    assert_int_equal(plan.steps[package + 1].kind, PLAN_STEP_CONFIRM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(switch_makes_before_it_breaks),
        cmocka_unit_test(resident_package_is_not_loaded_again),
        cmocka_unit_test(interrupted_instance_is_deleted_and_done_again),
        cmocka_unit_test(selectable_instance_is_not_personalised_again),
        cmocka_unit_test(selectable_instance_is_done_again_where_its_state_does_not_tell),
        cmocka_unit_test(instance_that_outlived_the_old_bank_is_complete),
        cmocka_unit_test(instance_with_older_data_is_done_again),
        cmocka_unit_test(instance_with_doubted_data_is_done_again_until_the_old_bank_goes),
        cmocka_unit_test(locked_resident_bank_comes_back_without_loading),
        cmocka_unit_test(without_room_nothing_is_planned),
        cmocka_unit_test(only_an_obligation_may_break_first),
        cmocka_unit_test(shared_package_stays_when_its_instance_goes),
        cmocka_unit_test(revocation_clears_the_directory_before_the_bank_goes),
        cmocka_unit_test(unknown_content_is_read_first),
        cmocka_unit_test(aid_of_something_else_is_refused),
        cmocka_unit_test(bank_with_a_domain_personalises_through_it),
        cmocka_unit_test(bank_that_manages_content_brings_it_itself),
        cmocka_unit_test(package_of_the_issuers_is_installed_by_the_issuer),
        cmocka_unit_test(domain_that_was_made_simple_stays_so),
        cmocka_unit_test(domain_with_keys_is_used_and_one_without_is_made_again),
        cmocka_unit_test(domain_that_is_locked_or_something_else_is_left_alone),
        cmocka_unit_test(domain_goes_with_its_last_instance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
