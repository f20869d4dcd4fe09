/* A change of keys, torn at every command and at every write of the card's memory: the card is
 * always reachable under a key set of the record, the next contact completes the change, no
 * authentication fails, and the old key set is gone. Store, vault, engine, script runner and card
 * in one process. */
#include "tests/integration/rebind/office.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

/* One sweep at work. */
struct sweep {
    struct office *office;
    char domain[STORE_AID_SIZE];
    const char *bank; /* whose domain; NULL: the issuer's */
    struct office_snapshot ordered;
    uint32_t memory_free; /* of a change that nothing cut */
};

/* ---- one tear ---------------------------------------------------------------------------------
 */

static void assert_changed(const struct sweep *s, const struct office_cut *cut)
{
    struct office *o = s->office;
    struct store_key_set sets[4];
    struct scp_aid paid;
    struct store_operation operation = office_operation(o);
    if (operation.state != STORE_OPERATION_DONE)
        fail_msg("%s, cut after command %zu, at write %zu: state %d, %s", o->bench->profile.name,
                 cut->command, (size_t)cut->write, (int)operation.state, operation.cause);
    assert_int_equal(office_key_sets(o, s->domain, sets), 1);
    assert_int_equal(sets[0].kvn, office_new_kvn(o));
    assert_string_equal(sets[0].label, OFFICE_NEW_KEYS);
    assert_int_equal(sets[0].standing, STORE_KEYS_PRESENT);
    assert_int_equal(office_keys_on_card(o, sets, 1), 1);
    assert_int_equal(o->bench->refused, 0);
    assert_int_equal(softcard_memory_free(o->bench->card), s->memory_free);
    struct store_card card = office_card(o);
    if (card.free_known)
        assert_int_equal(card.free_non_volatile, s->memory_free);
    assert_listed_bank_pays(o->bench, &paid);
    assert_social_security_is_as_issued(o->bench);
}

static void assert_old_keys_are_gone(struct sweep *s, const struct store_key_set *old)
{
    assert_int_equal(office_keys_on_card(s->office, old, 1), 0);
}

static void tear_and_recover(struct sweep *s, const struct office_cut *cut)
{
    struct office *o = s->office;
    struct store_key_set before[4], left[4];
    office_return_to(o, &s->ordered);
    assert_int_equal(office_key_sets(o, s->domain, before), 1);
    office_cut_contact(o, cut);
    size_t candidates = office_key_sets(o, s->domain, left);
    assert_in_range(candidates, 1, 2);
    assert_in_range(office_keys_on_card(o, left, candidates), 1, 2);
    office_contact(o, &office_agent);
    assert_changed(s, cut);
    assert_old_keys_are_gone(s, before);
}

/* ---- sweeps -----------------------------------------------------------------------------------
 */

static void sweep_points(struct sweep *s, size_t commands, size_t writes)
{
    size_t covered = 0;
    for (size_t n = 1; n <= commands; n++) {
        tear_and_recover(s, &(struct office_cut){.command = n});
        tear_and_recover(s, &(struct office_cut){.command = n, .answers_lost = true});
        covered += 2;
    }
    for (size_t n = 1; n <= writes; n++) {
        tear_and_recover(s, &(struct office_cut){.write = n});
        covered++;
    }
    printf("%s, keys of %s: covered %zu of %zu: %zu tear points\n", s->office->bench->profile.name,
           s->bank == NULL ? "the issuer" : "the bank", covered, 2 * commands + writes, covered);
}

static void order(struct sweep *s)
{
    struct office *o = s->office;
    if (s->bank != NULL) {
        office_give_bank_b_a_domain(o);
        office_order(o);
        office_contact(o, &office_agent);
        struct store_operation brought = office_operation(o);
        if (brought.state != STORE_OPERATION_DONE)
            fail_msg("%s: %s", o->bench->profile.name, brought.cause);
    }
    assert_refused(NONE, office_rekey(o, s->bank));
    s->ordered = office_keep(o);
}

static void sweep(const char *profile, const char *bank)
{
    struct sweep s = {.office = office_new(profile), .bank = bank};
    struct bench *b = s.office->bench;
    struct store_key_set old[4];
    if (bank == NULL)
        office_isd(s.office, s.domain);
    else
        snprintf(s.domain, sizeof s.domain, "%s", OFFICE_DOMAIN_B);
    order(&s);
    office_return_to(s.office, &s.ordered);
    assert_int_equal(office_key_sets(s.office, s.domain, old), 1);
    office_contact(s.office, &office_agent);
    size_t commands = b->commands;
    size_t writes = (size_t)softcard_writes(b->card);
    s.memory_free = softcard_memory_free(b->card);
    assert_changed(&s, &(struct office_cut){.command = 0});
    assert_old_keys_are_gone(&s, old);
    sweep_points(&s, commands, writes);
    office_snapshot_free(&s.ordered);
    office_free(s.office);
}

static void change_of_keys_survives_every_tear(void **state)
{
    glob_t found = {.gl_pathc = 0};
    (void)state;
    assert_int_equal(glob(REBIND_SOURCE_DIR "/configs/profiles/*.yaml", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char name[CARD_PROFILE_NAME_SIZE];
        const char *file = strrchr(found.gl_pathv[i], '/') + 1;
        snprintf(name, sizeof name, "%.*s", (int)(strlen(file) - strlen(".yaml")), file);
        sweep(name, NULL);
        sweep(name, "bank-b");
    }
    globfree(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(change_of_keys_survives_every_tear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
