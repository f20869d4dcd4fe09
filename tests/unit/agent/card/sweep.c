/* Power lost at every write of the non-volatile memory that content management makes, and at every
 * write of the start after it: the card then is as before the command or as after it, never between
 * and never back, its registry holds together and its memory is counted to the byte.
 *
 * A scenario runs once; its commands are recorded and played back to a card whose power is cut. All
 * of them open a session of their own, so that opening one is swept too. */
#include "tests/unit/agent/card/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/card/card.h"
#include "agent/card/invariants.h"
#include "agent/card/record.h"
#include "agent/card/registry.h"

enum { COMMANDS_MAX = 128 };

static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01};
static const uint8_t module_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01, 0x01};
static const uint8_t first[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01, 0x01, 0x01};
static const uint8_t second[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01, 0x01, 0x02};
static const uint8_t domain_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0xDD};
static const struct rig_package package = {
    {package_aid, sizeof package_aid}, {module_aid, sizeof module_aid}, 2000};
static const uint32_t domain_privileges = SCP_PRIVILEGE_SECURITY_DOMAIN |
                                          SCP_PRIVILEGE_TRUSTED_PATH |
                                          SCP_PRIVILEGE_AUTHORIZED_MANAGEMENT;

/* ---- scenarios --------------------------------------------------------------------------------
 */

static void with_package(struct rig *rig)
{
    rig_open(rig);
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
}

static void with_instances(struct rig *rig)
{
    with_package(rig);
    assert_sw(0x9000, rig_instantiate(rig, 0x0C, &package, SCP_BYTES(first), 0x00));
    assert_sw(0x9000, rig_instantiate(rig, 0x04, &package, SCP_BYTES(second), 0x00));
}

/* The first instance is selected by itself when the card starts. */
static void with_default_selected(struct rig *rig)
{
    with_package(rig);
    assert_sw(0x9000, rig_instantiate(rig, 0x0C, &package, SCP_BYTES(first), 0x04));
}

static void with_domain(struct rig *rig)
{
    const struct scp_key_set keys = rig_keys(rig, 0x11);
    with_instances(rig);
    rig_make_domain(rig, SCP_BYTES(domain_aid), domain_privileges, &keys);
}

static void with_new_keys(struct rig *rig)
{
    const struct scp_key_set keys = rig_keys(rig, 0x22);
    rig_open(rig);
    assert_sw(0x9000, rig_put_keys(rig, 0, 0x2F, &keys));
}

static void with_pin(struct rig *rig)
{
    static const uint8_t block[16] = {0x24, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    const struct scp_dgi dgi = {.id = 0x8010, .value = SCP_BYTES(block), .encrypted = true};
    rig_open(rig);
    assert_sw(0x9000, rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                                            .application = rig_old_bank}));
    assert_sw(0x9000, rig_store(rig, &dgi, 1));
}

static void no_more(struct rig *rig)
{
    (void)rig;
}

static void wrong_cryptogram(struct rig *rig)
{
    assert_sw(0x9000, rig_hex(rig, "8050000008010203040506070800"));
    assert_sw(0x6300, rig_hex(rig, "848201001000112233445566778899AABBCCDDEEFF"));
}

static void load(struct rig *rig)
{
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
}

static void load_and_install(struct rig *rig)
{
    assert_sw(0x9000, rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_ALL,
                                                            .p2 = SCP_INSTALL_BEGIN,
                                                            .load_file = package.aid}));
    assert_sw(0x9000, rig_load_blocks(rig, &package));
    assert_sw(0x9000,
              rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_ALL,
                                                    .p2 = SCP_INSTALL_END,
                                                    .module = package.module,
                                                    .application = SCP_BYTES(first),
                                                    .privileges = SCP_LITERAL(0x00),
                                                    .parameters = SCP_LITERAL(0xC9, 0x00)}));
}

static void install(struct rig *rig)
{
    assert_sw(0x9000, rig_instantiate(rig, 0x0C, &package, SCP_BYTES(first), 0x00));
}

static void install_then_make_selectable(struct rig *rig)
{
    static const uint8_t none = 0x00;
    assert_sw(0x9000, rig_instantiate(rig, 0x04, &package, SCP_BYTES(first), 0x00));
    assert_sw(0x9000, rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_MAKE_SELECTABLE,
                                                            .application = SCP_BYTES(first),
                                                            .privileges = {&none, 1}}));
}

static void make_domain(struct rig *rig)
{
    const struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_make_domain(rig, SCP_BYTES(domain_aid), domain_privileges, &keys);
}

static void delete_instance(struct rig *rig)
{
    assert_sw(0x9000, rig_delete(rig, SCP_BYTES(first), false));
}

static void delete_personalised_instance(struct rig *rig)
{
    assert_sw(0x9000, rig_delete(rig, rig_old_bank, false));
}

static void delete_package_with_related(struct rig *rig)
{
    assert_sw(0x9000, rig_delete(rig, SCP_BYTES(package_aid), true));
}

static void delete_domain(struct rig *rig)
{
    assert_sw(0x9000, rig_delete(rig, SCP_BYTES(domain_aid), false));
}

static void add_keys(struct rig *rig)
{
    const struct scp_key_set keys = rig_keys(rig, 0x33);
    assert_sw(0x9000, rig_put_keys(rig, 0, 0x2E, &keys));
}

static void replace_keys(struct rig *rig)
{
    const struct scp_key_set keys = rig_keys(rig, 0x44);
    assert_sw(0x9000, rig_put_keys(rig, 0x2F, 0x2F, &keys));
}

static void delete_keys(struct rig *rig)
{
    assert_sw(0x9000, rig_send(rig, (struct scp_apdu){.cla = 0x80,
                                                      .ins = SCP_INS_DELETE,
                                                      .data = SCP_LITERAL(0xD2, 0x01, 0x2F)}));
}

static void store_data(struct rig *rig)
{
    static const uint8_t record[200] = {0x70, 0x81, 197};
    static const uint8_t keys[48] = {1};
    const struct scp_dgi dgis[] = {
        {.id = 0x0101, .value = SCP_BYTES(record)},
        {.id = 0x0102, .value = SCP_BYTES(record)},
        {.id = 0x9102, .value = SCP_LITERAL(0xA5, 0x04, 0x50, 0x02, 'X', 'Y')},
        {.id = 0x8000, .value = SCP_BYTES(keys), .encrypted = true}};
    assert_sw(0x9000, rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                                            .application = rig_old_bank}));
    assert_sw(0x9000, rig_store(rig, dgis, sizeof dgis / sizeof dgis[0]));
}

static void set_status(struct rig *rig)
{
    struct scp_set_status status = {
        .type = SCP_SET_STATUS_APPLICATION, .state = 0x80, .aid = SCP_BYTES(first)};
    assert_sw(0x9000, rig_send(rig, scp_set_status(&status)));
    status.state = 0x00;
    assert_sw(0x9000, rig_send(rig, scp_set_status(&status)));
    status = (struct scp_set_status){
        .type = SCP_SET_STATUS_DOMAIN_TREE, .state = 0x80, .aid = SCP_BYTES(domain_aid)};
    assert_sw(0x9000, rig_send(rig, scp_set_status(&status)));
}

static void extradite(struct rig *rig)
{
    assert_sw(0x9000,
              rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_EXTRADITION,
                                                    .application = SCP_BYTES(first),
                                                    .security_domain = SCP_BYTES(domain_aid)}));
}

static void update_registry(struct rig *rig)
{
    static const uint8_t privileges[] = {0x00, 0x00, 0x00};
    assert_sw(0x9000,
              rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_REGISTRY_UPDATE,
                                                    .application = SCP_BYTES(first),
                                                    .security_domain = SCP_BYTES(domain_aid),
                                                    .privileges = SCP_BYTES(privileges)}));
}

static void lock_the_card(struct rig *rig)
{
    struct scp_set_status status = {.type = SCP_SET_STATUS_CARD, .state = SCP_CARD_LOCKED};
    assert_sw(0x9000, rig_send(rig, scp_set_status(&status)));
    status.state = SCP_CARD_SECURED;
    assert_sw(0x9000, rig_send(rig, scp_set_status(&status)));
}

static void verify_pin(struct rig *rig)
{
    assert_sw(0x9000, rig_select(rig, rig_old_bank));
    assert_sw(0x63C2, rig_hex(rig, "0020008008249999FFFFFFFFFF"));
    assert_sw(0x9000, rig_hex(rig, "0020008008241234FFFFFFFFFF"));
}

static const struct scenario {
    const char *name;
    void (*prepare)(struct rig *rig);
    void (*run)(struct rig *rig);
} scenarios[] = {
    {"session", no_more, no_more},
    {"wrong cryptogram", no_more, wrong_cryptogram},
    {"LOAD", no_more, load},
    {"LOAD and INSTALL in one", no_more, load_and_install},
    {"INSTALL", with_package, install},
    {"INSTALL, make selectable", with_package, install_then_make_selectable},
    {"a security domain and its keys", no_more, make_domain},
    {"DELETE instance", with_instances, delete_instance},
    {"DELETE default selected instance", with_default_selected, delete_instance},
    {"DELETE personalised instance", no_more, delete_personalised_instance},
    {"DELETE package with related", with_instances, delete_package_with_related},
    {"DELETE security domain", with_domain, delete_domain},
    {"PUT KEY, add", no_more, add_keys},
    {"PUT KEY, replace", with_new_keys, replace_keys},
    {"DELETE key", with_new_keys, delete_keys},
    {"STORE DATA", no_more, store_data},
    {"SET STATUS", with_domain, set_status},
    {"extradition", with_domain, extradite},
    {"registry update", with_domain, update_registry},
    {"SET STATUS of the card", no_more, lock_the_card},
    {"VERIFY", with_pin, verify_pin},
};

/* ---- a recorded run ---------------------------------------------------------------------------
 */

/* A card, and what power cuts may leave of it: states[k] is how it starts after k commands. */
struct take {
    struct rig *rig;
    uint8_t *image; /* before the commands */
    size_t image_len;
    struct rebind_blob commands[COMMANDS_MAX];
    struct rebind_blob states[COMMANDS_MAX + 1];
    size_t count;
    uint64_t writes;
    size_t points;
};

static struct rebind_blob copy_of(struct scp_bytes bytes)
{
    struct rebind_blob blob = {.ptr = malloc(bytes.len + 1), .len = bytes.len};
    assert_non_null(blob.ptr);
    memcpy(blob.ptr, bytes.ptr, bytes.len);
    return blob;
}

static void record(void *ctx, struct scp_bytes command)
{
    struct take *take = ctx;
    assert_true(take->count < COMMANDS_MAX);
    take->commands[take->count++] = copy_of(command);
}

/* What a card remembers after a start. */
static struct rebind_blob state_of(const struct softcard *card)
{
    struct rebind_blob flat;
    assert_int_equal(SCP_OK, card_image_flatten(&card->image, 0, &flat));
    return flat;
}

/* The card as it was before the commands, in the storage of the rig. */
static void rewind_card(struct take *take)
{
    memcpy(take->rig->image, take->image, take->image_len);
    take->rig->image_len = take->image_len;
    rig_reopen(take->rig);
}

/* Whether the card had the power to answer. */
static bool play(struct take *take, size_t index)
{
    uint8_t answer[SOFTCARD_RESPONSE_MAX];
    struct scp_writer w = scp_writer_on(answer, sizeof answer);
    enum scp_error error =
        softcard_transmit(take->rig->card, rebind_blob_bytes(&take->commands[index]), &w);
    assert_true(error == SCP_OK || (error == SCP_STATE && w.len == 0));
    return error == SCP_OK;
}

/* How the card would start if its power were lost now. */
static struct rebind_blob state_after_restart(struct take *take)
{
    struct rig *rig = take->rig;
    struct rebind_blob image = copy_of(scp_bytes_of(rig->image, rig->image_len));
    struct softcard *live = rig->card;
    rig->card = NULL;
    rig_reopen(rig);
    struct rebind_blob state = state_of(rig->card);
    softcard_free(rig->card);
    rig->card = live;
    memcpy(rig->image, image.ptr, image.len);
    rig->image_len = image.len;
    rebind_blob_free(&image);
    return state;
}

static bool same(const struct rebind_blob *a, const struct rebind_blob *b)
{
    return scp_bytes_equal(rebind_blob_bytes(a), rebind_blob_bytes(b));
}

static void record_take(const struct scenario *scenario, const char *profile, struct take *take)
{
    *take = (struct take){.rig = rig_new(profile)};
    scenario->prepare(take->rig);
    take->image = malloc(RIG_IMAGE_MAX);
    assert_non_null(take->image);
    memcpy(take->image, take->rig->image, take->rig->image_len);
    take->image_len = take->rig->image_len;
    rewind_card(take);
    take->rig->watch = record;
    take->rig->watch_ctx = take;
    rig_open(take->rig);
    scenario->run(take->rig);
    take->rig->watch = NULL;
    rewind_card(take);
    take->states[0] = state_of(take->rig->card);
    for (size_t i = 0; i < take->count; i++) {
        assert_true(play(take, i));
        take->states[i + 1] = state_after_restart(take);
        const struct softcard *card = take->rig->card;
        if (card->image.started.load_bytes == 0) /* replayed, it is what it was, in its order */
            assert_true(same(&card->nvm.committed, &take->states[i + 1]));
    }
    take->writes = softcard_writes(take->rig->card);
}

static void free_take(struct take *take)
{
    for (size_t i = 0; i < take->count; i++)
        rebind_blob_free(&take->commands[i]);
    for (size_t i = 0; i <= take->count; i++)
        rebind_blob_free(&take->states[i]);
    free(take->image);
    rig_free(take->rig);
}

/* ---- judging ----------------------------------------------------------------------------------
 */

static void assert_holds_together(const struct softcard *card)
{
    const char *broken = softcard_broken_invariant(card);
    if (broken != NULL)
        fail_msg("%s", broken);
    assert_int_equal(0, card->image.started.load_bytes);
    assert_int_equal(0, card->image.started.deletion.len);
}

/* What counts tries, and in which kinds of records it does. A power cut in the middle of it leaves
 * the try counted, and nothing else. */
static const struct try_counter {
    uint8_t ins;
    unsigned kinds;
} try_counters[] = {
    {SCP_INS_EXTERNAL_AUTHENTICATE, 1u << CARD_RECORD_KEY_VERSION | 1u << CARD_RECORD_STATE},
    {0x20, 1u << CARD_RECORD_OBJECT}, /* VERIFY */
};

static enum scp_error add_kind(void *ctx, const struct card_record *record)
{
    unsigned *kinds = ctx;
    *kinds |= 1u << record->kind;
    return SCP_OK;
}

static bool only_a_try(uint8_t ins, struct scp_bytes from, struct scp_bytes to)
{
    unsigned kinds = 0;
    assert_int_equal(SCP_OK, card_records_diff(from, to, add_kind, &kinds));
    for (size_t i = 0; i < sizeof try_counters / sizeof try_counters[0]; i++)
        if (try_counters[i].ins == ins)
            return (kinds & ~try_counters[i].kinds) == 0;
    return false;
}

/* The card has started after its power was cut in a command. Returns whether the command has
 * changed it. */
static bool judge(const struct take *take, size_t command)
{
    struct rebind_blob now = state_of(take->rig->card);
    const struct rebind_blob *before = &take->states[command];
    bool after = same(&now, &take->states[command + 1]);
    bool tried = only_a_try(take->commands[command].ptr[1], rebind_blob_bytes(before),
                            rebind_blob_bytes(&now));
    assert_true(after || same(&now, before) || tried);
    assert_holds_together(take->rig->card);
    assert_non_null(card_selected(take->rig->card));
    assert_true(scp_sw_executed(rig_select(take->rig, rig_isd))); /* 6283 of a locked card too */
    rebind_blob_free(&now);
    return after && !same(before, &take->states[command + 1]);
}

/* Play until the power is cut at that write; the command it was cut in. */
static size_t play_until(struct take *take, uint64_t write)
{
    size_t command = 0;
    rewind_card(take);
    softcard_tear_after(take->rig->card, write);
    while (play(take, command))
        command++;
    return command;
}

/* Cut the power at each write of the start in turn too. */
static void cut_starts(struct take *take, uint64_t write)
{
    for (uint64_t at = 1;; at++) {
        uint8_t atr[SOFTCARD_ATR_MAX];
        size_t atr_len;
        size_t command = play_until(take, write);
        softcard_tear_after(take->rig->card, at);
        softcard_power(take->rig->card, atr, &atr_len);
        bool cut = !play(take, 0);
        if (cut)
            rig_reopen(take->rig);
        softcard_tear_after(take->rig->card, 0);
        (void)judge(take, command);
        if (!cut)
            return;
        take->points++;
    }
}

static void sweep(struct take *take)
{
    size_t done = COMMANDS_MAX; /* the command that a cut has not undone */
    for (uint64_t write = 1; write <= take->writes; write++) {
        size_t command = play_until(take, write);
        rig_reopen(take->rig);
        bool after = judge(take, command);
        assert_true(after || done != command); /* what has happened is never undone */
        done = after ? command : COMMANDS_MAX;
        take->points++;
        cut_starts(take, write);
    }
}

static void sweep_all(const char *profile)
{
    size_t points = 0;
    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        struct take take;
        record_take(&scenarios[i], profile, &take);
        sweep(&take);
        printf("%s, %s: %zu tear points\n", profile, scenarios[i].name, take.points);
        points += take.points;
        free_take(&take);
    }
    printf("%s: %zu tear points\n", profile, points);
}

static void power_cut_at_any_write_leaves_an_scp03_card_whole(void **state)
{
    (void)state;
    sweep_all("scp03-i70-aes128");
}

static void power_cut_at_any_write_leaves_an_scp02_card_whole(void **state)
{
    (void)state;
    sweep_all("scp02-i55");
}

static void a_power_cut_while_authenticating_costs_a_try(void **state)
{
    (void)state;
    static const char *const profiles[] = {"scp03-i70-aes128", "scp02-i55"};
    for (size_t i = 0; i < 2; i++) {
        struct take take;
        record_take(&scenarios[0], profiles[i], &take);
        (void)play_until(&take, take.writes); /* the write that takes the try back */
        rig_reopen(take.rig);
        assert_int_equal(1, card_isd(&take.rig->card->image)->sd->versions[0].failed);
        free_take(&take);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_cut_at_any_write_leaves_an_scp03_card_whole),
        cmocka_unit_test(power_cut_at_any_write_leaves_an_scp02_card_whole),
        cmocka_unit_test(a_power_cut_while_authenticating_costs_a_try),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
