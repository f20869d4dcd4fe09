/* The checker of what always holds: it finds each kind of damage. The rig asks it after every
 * command of every other test. */
#include "tests/unit/agent/card/rig.h"

#include "agent/card/card.h"
#include "agent/card/invariants.h"
#include "agent/card/registry.h"

static void break_state(struct softcard *card)
{
    card->image.applications[1]->state = 0x05;
}

static void break_card_state(struct softcard *card)
{
    card_isd(&card->image)->state = 0x03;
}

static void break_aid(struct softcard *card)
{
    card->image.applications[1]->aid = card->image.load_files[0]->aid;
}

static void break_association(struct softcard *card)
{
    card->image.applications[1]->domain = card->image.applications[2]->aid;
}

static void break_module(struct softcard *card)
{
    card->image.applications[1]->module = card_isd(&card->image)->aid;
}

static void break_privileges(struct softcard *card)
{
    card->image.applications[1]->privileges = SCP_PRIVILEGE_DELEGATED_MANAGEMENT;
}

static void break_card_reset(struct softcard *card)
{
    card->image.applications[1]->privileges |= SCP_PRIVILEGE_CARD_RESET;
}

static void break_implicit(struct softcard *card)
{
    for (size_t i = 1; i < 3; i++) {
        card->image.applications[i]->implicit[0] = 0x40;
        card->image.applications[i]->implicit_count = 1;
    }
}

static void break_counter(struct softcard *card)
{
    card_isd(&card->image)->sd->versions[0].counter = CARD_COUNTER_MAX_03 + 1;
}

static void break_keys(struct softcard *card)
{
    card_key_remove(card_isd(&card->image)->sd, 0x30, 2);
}

static void break_quota(struct softcard *card)
{
    card->image.applications[3]->quota = 1;
}

static void break_deletion(struct softcard *card)
{
    card->image.started.deletion = card->image.load_files[0]->aid;
}

static void break_selection(struct softcard *card)
{
    card->at->selected = card->image.load_files[0]->aid;
}

static void break_load(struct softcard *card)
{
    static const struct card_logical_channel closed = {.open = false};
    card->load.active = true;
    card->load.by = &closed;
}

static void each_kind_of_damage_is_found(void **state)
{
    (void)state;
    static void (*const breakers[])(struct softcard * card) = {
        break_state,    break_card_state, break_aid,     break_association, break_module,
        break_quota,    break_card_reset, break_counter, break_implicit,    break_keys,
        break_deletion, break_selection,  break_load,    break_privileges};
    for (size_t i = 0; i < sizeof breakers / sizeof breakers[0]; i++) {
        struct rig *rig = rig_new("scp03-i70-aes128");
        assert_null(softcard_broken_invariant(rig->card));
        breakers[i](rig->card);
        if (softcard_broken_invariant(rig->card) == NULL)
            fail_msg("damage %zu is not found", i);
        rig_free(rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_damage_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
