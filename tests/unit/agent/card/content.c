/* Card content management: INSTALL, LOAD, DELETE, extradition, memory (GPCS 9, 11). */
#include "tests/unit/agent/card/rig.h"

#include "scp/gp/card_data.h"
#include "scp/gp/privileges.h"

static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01};
static const uint8_t module_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01, 0x01};
static const uint8_t instance_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01, 0x01, 0x01};
static const uint8_t domain_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0xDD};
static const uint8_t other_domain_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0xDE};
static const struct rig_package package = {
    {package_aid, sizeof package_aid}, {module_aid, sizeof module_aid}, 5000};
static const uint32_t simple_domain = SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_TRUSTED_PATH;
static const uint32_t managing_domain = SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_TRUSTED_PATH |
                                        SCP_PRIVILEGE_AUTHORIZED_MANAGEMENT;

static struct rig *rig_opened(void)
{
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    return rig;
}

/* The same with the package on it. */
static struct rig *rig_loaded(void)
{
    struct rig *rig = rig_opened();
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    return rig;
}

static uint16_t instantiate(struct rig *rig, uint8_t p1, uint8_t privileges)
{
    return rig_instantiate(rig, p1, &package, SCP_BYTES(instance_aid), privileges);
}

static uint16_t make_selectable(struct rig *rig, uint8_t privileges)
{
    return rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_MAKE_SELECTABLE,
                                                 .application = SCP_BYTES(instance_aid),
                                                 .privileges = scp_bytes_of(&privileges, 1)});
}

static uint16_t extradite(struct rig *rig, struct scp_bytes content, struct scp_bytes domain)
{
    return rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_EXTRADITION,
                                                 .application = content,
                                                 .security_domain = domain});
}

/* ---- LOAD -------------------------------------------------------------------------------------
 */

static uint16_t load_block(struct rig *rig, uint8_t p1, uint8_t p2, struct scp_bytes data)
{
    return rig_send(rig,
                    (struct scp_apdu){.cla = 0x80, .ins = 0xE8, .p1 = p1, .p2 = p2, .data = data});
}

static uint16_t begin_load(struct rig *rig, struct scp_bytes hash, struct scp_bytes parameters)
{
    return rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_LOAD,
                                                 .load_file = SCP_BYTES(package_aid),
                                                 .hash = hash,
                                                 .parameters = parameters});
}

static void a_load_without_install_is_refused_9_3_5(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    assert_sw(0x6985, load_block(rig, 0x00, 0x00, SCP_LITERAL(0xC4, 0x01)));
    rig_free(rig);
}

static void load_blocks_out_of_sequence_end_the_load_11_6_2_2(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    assert_sw(0x9000, begin_load(rig, SCP_EMPTY, SCP_EMPTY));
    assert_sw(0x9000, load_block(rig, 0x00, 0x00, SCP_LITERAL(0xC4, 0x05)));
    assert_sw(0x6A86, load_block(rig, 0x00, 0x02, SCP_LITERAL(0x01)));
    assert_sw(0x6985, load_block(rig, 0x00, 0x01, SCP_LITERAL(0x01)));
    rig_free(rig);
}

static void a_load_file_that_is_none_leaves_nothing_behind(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    uint32_t before = softcard_memory_free(rig->card);
    assert_sw(0x9000, begin_load(rig, SCP_EMPTY, SCP_EMPTY));
    assert_sw(0x6A80, load_block(rig, 0x80, 0x00, SCP_LITERAL(0xC4, 0x02, 0x01, 0x00)));
    assert_int_equal(before, softcard_memory_free(rig->card));
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    rig_free(rig);
}

static void a_load_file_is_taken_with_its_hash_and_refused_with_another_9_2_2(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    struct scp_digest digest;
    rig_package_hash(&package, &digest);
    assert_sw(0x6A80, begin_load(rig, scp_bytes_of(digest.bytes, 7), SCP_EMPTY));
    digest.bytes[0] ^= 1;
    assert_sw(0x9000, begin_load(rig, scp_bytes_of(digest.bytes, digest.len), SCP_EMPTY));
    assert_sw(0x6A80, rig_load_blocks(rig, &package));
    digest.bytes[0] ^= 1;
    assert_sw(0x9000, begin_load(rig, scp_bytes_of(digest.bytes, digest.len), SCP_EMPTY));
    assert_sw(0x9000, rig_load_blocks(rig, &package));
    rig_free(rig);
}

static void another_package_than_the_one_announced_is_refused_11_5_2_3_1(void **state)
{
    (void)state;
    static const uint8_t other[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x02};
    const struct rig_package impostor = {SCP_BYTES(other), package.module, 100};
    struct rig *rig = rig_opened();
    assert_sw(0x9000, begin_load(rig, SCP_EMPTY, SCP_EMPTY));
    assert_sw(0x6A80, rig_load_blocks(rig, &impostor));
    rig_free(rig);
}

static void only_some_chips_take_more_than_256_blocks(void **state)
{
    (void)state;
    static const struct {
        const char *profile;
        uint16_t sw;
    } cases[] = {{"scp03-i60-aes256", 0x9000}, {"scp03-i70-aes128", 0x6A86}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig *rig = rig_new(cases[i].profile);
        rig_open(rig);
        assert_sw(0x9000, begin_load(rig, SCP_EMPTY, SCP_EMPTY));
        for (size_t block = 0; block < 256; block++)
            assert_sw(0x9000, load_block(rig, 0x00, (uint8_t)block, SCP_LITERAL(0xC4)));
        assert_sw(cases[i].sw, load_block(rig, 0x00, 0x00, SCP_LITERAL(0xC4)));
        rig_free(rig);
    }
}

static void more_memory_than_the_card_has_is_refused_at_install_9_7(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    assert_sw(0x6A84, begin_load(rig, SCP_EMPTY,
                                 SCP_LITERAL(0xEF, 0x06, 0xC6, 0x04, 0x00, 0x10, 0x00, 0x00)));
    rig_free(rig);
}

static void a_package_larger_than_the_memory_ends_with_6a84_and_changes_nothing(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp02-i15");
    const struct rig_package large = {package.aid, package.module, 30000};
    rig_open(rig);
    uint32_t before = softcard_memory_free(rig->card);
    assert_sw(0x6A84, rig_load(rig, &large, SCP_EMPTY));
    assert_int_equal(before, softcard_memory_free(rig->card));
    rig_free(rig);
}

static void a_load_file_aid_is_loaded_once(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    assert_sw(0x6A80, begin_load(rig, SCP_EMPTY, SCP_EMPTY));
    rig_free(rig);
}

static void a_combined_process_loads_installs_and_makes_selectable_9_3_8(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    const struct scp_install end = {.p1 = SCP_INSTALL_FOR_ALL,
                                    .p2 = SCP_INSTALL_END,
                                    .module = SCP_BYTES(module_aid),
                                    .application = SCP_BYTES(instance_aid),
                                    .privileges = SCP_LITERAL(0x00),
                                    .parameters = SCP_LITERAL(0xC9, 0x00)};
    assert_sw(0x6985, rig_install(rig, end));
    assert_sw(0x9000, rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_ALL,
                                                            .p2 = SCP_INSTALL_BEGIN,
                                                            .load_file = package.aid}));
    assert_sw(0x9000, rig_load_blocks(rig, &package));
    assert_sw(0x9000, rig_install(rig, end));
    assert_sw(0x6985, rig_install(rig, end));
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(instance_aid)));
    rig_free(rig);
}

/* ---- INSTALL [for install] --------------------------------------------------------------------
 */

static void an_instance_is_selectable_only_after_make_selectable_5_3_1(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    assert_sw(0x9000, instantiate(rig, SCP_INSTALL_FOR_INSTALL, 0x00));
    assert_sw(0x6A82, rig_select(rig, SCP_BYTES(instance_aid)));
    rig_open(rig);
    assert_sw(0x9000, make_selectable(rig, 0x00));
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(instance_aid)));
    assert_data_hex(rig, "6F0C8408A000000099010101A500");
    rig_free(rig);
}

static void install_errors_of_table_11_55(void **state)
{
    (void)state;
    static const uint8_t unknown[] = {0xA0, 0x00, 0x00, 0x00, 0x98};
    struct rig *rig = rig_loaded();
    const struct rig_package no_file = {SCP_BYTES(unknown), package.module, 0};
    const struct rig_package no_module = {package.aid, SCP_BYTES(unknown), 0};
    struct scp_bytes aid = SCP_BYTES(instance_aid);
    assert_sw(0x6A88, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL, &no_file, aid, 0));
    assert_sw(0x6A88, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL, &no_module, aid, 0));
    assert_sw(0x6A80, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL, &package, package.aid, 0));
    assert_sw(0x6A80, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL, &package, rig_old_bank, 0));
    assert_sw(0x6A80, instantiate(rig, SCP_INSTALL_FOR_INSTALL, 0x80)); /* no security domain */
    assert_sw(0x6A80, instantiate(rig, SCP_INSTALL_FOR_INSTALL, 0x04)); /* Card Reset too early */
    assert_sw(0x6A86, rig_send(rig, (struct scp_apdu){.cla = 0x80, .ins = 0xE6, .p1 = 0x06}));
    const struct scp_install no_c9 = {.p1 = SCP_INSTALL_FOR_INSTALL,
                                      .load_file = package.aid,
                                      .module = package.module,
                                      .application = aid,
                                      .privileges = SCP_LITERAL(0x00),
                                      .parameters = SCP_LITERAL(0xEF, 0x00)};
    assert_sw(0x6A80, rig_install(rig, no_c9));
    rig_free(rig);
}

static void card_reset_belongs_to_one_application_6_6_2(void **state)
{
    (void)state;
    static const uint8_t second[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01, 0x02};
    struct rig *rig = rig_loaded();
    assert_sw(0x9000, instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, 0x04));
    assert_sw(0x6A80, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, &package,
                                      SCP_BYTES(second), 0x04));
    uint8_t atr[SOFTCARD_ATR_MAX];
    size_t atr_len = 0;
    softcard_power(rig->card, atr, &atr_len);
    assert_sw(0x6D00, rig_hex(rig, "80CA004200")); /* the application, not the issuer's domain */
    rig_open(rig);
    assert_sw(0x9000, rig_delete(rig, SCP_BYTES(instance_aid), false));
    softcard_power(rig->card, atr, &atr_len);
    assert_sw(0x9000, rig_hex(rig, "80CA004200"));
    rig_free(rig);
}

static void a_quota_limits_what_an_instance_may_keep_9_7(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    const struct scp_install install = {
        .p1 = SCP_INSTALL_FOR_INSTALL,
        .load_file = package.aid,
        .module = package.module,
        .application = SCP_BYTES(instance_aid),
        .privileges = SCP_LITERAL(0x00),
        .parameters = SCP_LITERAL(0xC9, 0x00, 0xEF, 0x04, 0xC8, 0x02, 0x00, 0x20)};
    assert_sw(0x9000, rig_install(rig, install));
    uint8_t value[100] = {0};
    const struct scp_dgi dgi = {.id = 0x0101, .value = SCP_BYTES(value)};
    assert_sw(0x9000,
              rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                                    .application = SCP_BYTES(instance_aid)}));
    assert_sw(0x6A84, rig_store(rig, &dgi, 1));
    rig_free(rig);
}

static void partial_selection_finds_an_aid_by_its_beginning_6_4(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    assert_sw(0x9000, instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, 0x00));
    assert_sw(0x9000, rig_hex(rig, "00A4040005A00000009900"));
    assert_data_hex(rig, "6F0C8408A000000099010101A500");
    assert_sw(0x6A82, rig_hex(rig, "00A4040205A00000009900"));
    rig_free(rig);
}

/* ---- DELETE ------------------------------------------------------------------------------------
 */

static void memory_is_exact_after_install_and_delete(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    uint32_t before = softcard_memory_free(rig->card);
    uint32_t volatile_before = softcard_memory_volatile_free(rig->card);
    for (size_t i = 0; i < 3; i++) {
        assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
        uint32_t loaded = softcard_memory_free(rig->card);
        assert_true(before - loaded >= package.size);
        assert_sw(0x9000, instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, 0x00));
        assert_int_equal(volatile_before - 64, softcard_memory_volatile_free(rig->card));
        assert_sw(0x9000, rig_delete(rig, SCP_BYTES(instance_aid), false));
        assert_int_equal(loaded, softcard_memory_free(rig->card));
        assert_sw(0x9000, rig_delete(rig, package.aid, false));
        assert_int_equal(before, softcard_memory_free(rig->card));
        assert_int_equal(volatile_before, softcard_memory_volatile_free(rig->card));
    }
    struct scp_card_resources resources;
    assert_sw(0x9000, rig_send(rig, scp_get_data(0xFF21)));
    assert_int_equal(SCP_OK, scp_card_resources_parse(rig->data, &resources));
    assert_int_equal(before, resources.non_volatile_free);
    assert_int_equal(volatile_before, resources.volatile_free);
    assert_int_equal(3, resources.applications);
    rig_free(rig);
}

static void a_package_with_instances_needs_delete_of_related_objects_9_5_2(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    assert_sw(0x9000, instantiate(rig, SCP_INSTALL_FOR_INSTALL, 0x00));
    assert_sw(0x6985, rig_delete(rig, package.aid, false));
    assert_sw(0x9000, rig_delete(rig, package.aid, true));
    assert_sw(0x6A88, rig_delete(rig, package.aid, true));
    assert_sw(0x6A88, rig_delete(rig, SCP_BYTES(instance_aid), false));
    rig_free(rig);
}

static void the_issuer_domain_is_never_deleted_9_5_1(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    assert_sw(0x6985, rig_delete(rig, rig_isd, false));
    rig_free(rig);
}

/* ---- security domains --------------------------------------------------------------------------
 */

static void a_simple_domain_personalises_but_does_not_install_9_1_3(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_make_domain(rig, SCP_BYTES(domain_aid), simple_domain, &keys);
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(domain_aid)));
    rig_open_with(rig, &keys, rig->params.kvn, rig->params.level);
    assert_sw(0x6985, instantiate(rig, SCP_INSTALL_FOR_INSTALL, 0x00));
    assert_sw(0x6985, rig_load(rig, &package, SCP_EMPTY));
    assert_sw(0x6985, rig_delete(rig, rig_old_bank, false));
    rig_free(rig);
}

static void an_extradited_instance_is_personalised_by_its_new_domain_alone_9_4_1(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    const struct scp_install personalise = {.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                            .application = SCP_BYTES(instance_aid)};
    const struct scp_dgi dgi = {.id = 0x0101, .value = SCP_LITERAL(0x70, 0x00)};
    rig_make_domain(rig, SCP_BYTES(domain_aid), simple_domain, &keys);
    rig_open(rig);
    assert_sw(0x9000, instantiate(rig, SCP_INSTALL_FOR_INSTALL, 0x00));
    assert_sw(0x9000, extradite(rig, SCP_BYTES(instance_aid), SCP_BYTES(domain_aid)));
    assert_sw(0x6985, rig_install(rig, personalise));
    assert_sw(0x6985, extradite(rig, SCP_BYTES(instance_aid), SCP_BYTES(domain_aid)));
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(domain_aid)));
    rig_open_with(rig, &keys, rig->params.kvn, rig->params.level);
    assert_sw(0x9000, rig_install(rig, personalise));
    assert_sw(0x9000, rig_store(rig, &dgi, 1));
    rig_open(rig);
    assert_sw(0x9000, make_selectable(rig, 0x00));
    assert_sw(0x6985, rig_delete(rig, SCP_BYTES(domain_aid), false)); /* not empty */
    assert_sw(0x9000, rig_delete(rig, SCP_BYTES(instance_aid), false));
    assert_sw(0x9000, rig_delete(rig, SCP_BYTES(domain_aid), false));
    rig_free(rig);
}

static void an_authorized_domain_installs_below_itself_9_1_3_2(void **state)
{
    (void)state;
    struct rig *rig = rig_opened();
    struct scp_key_set keys = rig_keys(rig, 0x22);
    rig_make_domain(rig, SCP_BYTES(domain_aid), managing_domain, &keys);
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(domain_aid)));
    rig_open_with(rig, &keys, rig->params.kvn, rig->params.level);
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    assert_sw(0x9000, instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, 0x00));
    assert_sw(0x6A88, rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_MAKE_SELECTABLE,
                                                            .application = rig_old_bank,
                                                            .privileges = SCP_LITERAL(0x00)}));
    assert_sw(0x6985, rig_delete(rig, rig_old_bank, false));
    assert_sw(0x9000, rig_delete(rig, package.aid, true));
    rig_free(rig);
}

static void nothing_is_extradited_to_a_domain_before_it_is_personalised_5_3_2(void **state)
{
    (void)state;
    static const uint8_t sd_package[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50};
    static const uint8_t sd_module[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41};
    const struct rig_package domains = {SCP_BYTES(sd_package), SCP_BYTES(sd_module), 0};
    struct rig *rig = rig_loaded();
    assert_sw(0x9000, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, &domains,
                                      SCP_BYTES(other_domain_aid), 0x80));
    assert_sw(0x9000, instantiate(rig, SCP_INSTALL_FOR_INSTALL, 0x00));
    assert_sw(0x6985, extradite(rig, SCP_BYTES(instance_aid), SCP_BYTES(other_domain_aid)));
    assert_sw(0x6A88, extradite(rig, SCP_BYTES(instance_aid), SCP_BYTES(domain_aid)));
    rig_free(rig);
}

static void registry_update_changes_privileges_or_nothing_9_4_2(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    assert_sw(0x9000, instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, 0x00));
    struct scp_install update = {.p1 = SCP_INSTALL_FOR_REGISTRY_UPDATE,
                                 .application = SCP_BYTES(instance_aid),
                                 .privileges = SCP_LITERAL(0x04)};
    assert_sw(0x9000, rig_install(rig, update));
    update.privileges = SCP_LITERAL(0x80);
    assert_sw(0x6A80, rig_install(rig, update));
    update.application = SCP_EMPTY;
    assert_sw(0x6A80, rig_install(rig, update));
    rig_free(rig);
}

/* ---- personalisation ---------------------------------------------------------------------------
 */

static void a_chip_that_wants_selectable_instances_refuses_earlier_personalisation(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i10-aes192");
    const struct scp_install personalise = {.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                            .application = SCP_BYTES(instance_aid)};
    rig_open(rig);
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    assert_sw(0x9000, instantiate(rig, SCP_INSTALL_FOR_INSTALL, 0x00));
    assert_sw(0x6985, rig_install(rig, personalise));
    assert_sw(0x9000, make_selectable(rig, 0x00));
    assert_sw(0x9000, rig_install(rig, personalise));
    rig_free(rig);
}

static void store_data_blocks_are_numbered_and_a_wrong_one_ends_the_personalisation(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    const uint8_t dgi[] = {0x01, 0x01, 0x02, 0x70, 0x00};
    struct scp_apdu store = {.cla = 0x80, .ins = 0xE2, .p1 = 0x08, .data = SCP_BYTES(dgi)};
    store.le = SCP_NO_LE;
    assert_sw(0x9000, instantiate(rig, SCP_INSTALL_FOR_INSTALL, 0x00));
    assert_sw(0x9000,
              rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                                    .application = SCP_BYTES(instance_aid)}));
    assert_sw(0x9000, rig_send(rig, store));
    store.p2 = 2;
    assert_sw(0x6A86, rig_send(rig, store));
    store.p2 = 1;
    assert_sw(0x6A86, rig_send(rig, store));
    store.p2 = 0; /* now for the security domain, which knows no such grouping */
    assert_sw(0x6A80, rig_send(rig, store));
    rig_free(rig);
}

static void a_grouping_may_go_on_in_the_next_command_11_11_2_3(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    uint8_t value[600];
    for (size_t i = 0; i < sizeof value; i++)
        value[i] = (uint8_t)i;
    uint8_t small[200] = {0x70, 0x00};
    const struct scp_dgi dgis[] = {{.id = 0x0101, .value = SCP_BYTES(value)},
                                   {.id = 0x0102, .value = SCP_BYTES(small)}};
    assert_sw(0x9000, rig_select(rig, rig_isd));
    rig_open(rig);
    uint32_t before = softcard_memory_free(rig->card);
    assert_sw(0x9000, rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                                            .application = rig_old_bank}));
    assert_sw(0x9000, rig_store(rig, dgis, 2));
    assert_int_equal(before - 600 - 200 - 16, softcard_memory_free(rig->card));
    assert_sw(0x9000, rig_select(rig, rig_old_bank));
    assert_sw(0x9000, rig_hex(rig, "00B2020C00"));
    assert_true(scp_bytes_equal(rig->data, SCP_BYTES(small)));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_load_without_install_is_refused_9_3_5),
        cmocka_unit_test(load_blocks_out_of_sequence_end_the_load_11_6_2_2),
        cmocka_unit_test(a_load_file_that_is_none_leaves_nothing_behind),
        cmocka_unit_test(a_load_file_is_taken_with_its_hash_and_refused_with_another_9_2_2),
        cmocka_unit_test(another_package_than_the_one_announced_is_refused_11_5_2_3_1),
        cmocka_unit_test(only_some_chips_take_more_than_256_blocks),
        cmocka_unit_test(more_memory_than_the_card_has_is_refused_at_install_9_7),
        cmocka_unit_test(a_package_larger_than_the_memory_ends_with_6a84_and_changes_nothing),
        cmocka_unit_test(a_load_file_aid_is_loaded_once),
        cmocka_unit_test(a_combined_process_loads_installs_and_makes_selectable_9_3_8),
        cmocka_unit_test(an_instance_is_selectable_only_after_make_selectable_5_3_1),
        cmocka_unit_test(install_errors_of_table_11_55),
        cmocka_unit_test(card_reset_belongs_to_one_application_6_6_2),
        cmocka_unit_test(a_quota_limits_what_an_instance_may_keep_9_7),
        cmocka_unit_test(partial_selection_finds_an_aid_by_its_beginning_6_4),
        cmocka_unit_test(memory_is_exact_after_install_and_delete),
        cmocka_unit_test(a_package_with_instances_needs_delete_of_related_objects_9_5_2),
        cmocka_unit_test(the_issuer_domain_is_never_deleted_9_5_1),
        cmocka_unit_test(a_simple_domain_personalises_but_does_not_install_9_1_3),
        cmocka_unit_test(an_extradited_instance_is_personalised_by_its_new_domain_alone_9_4_1),
        cmocka_unit_test(an_authorized_domain_installs_below_itself_9_1_3_2),
        cmocka_unit_test(nothing_is_extradited_to_a_domain_before_it_is_personalised_5_3_2),
        cmocka_unit_test(registry_update_changes_privileges_or_nothing_9_4_2),
        cmocka_unit_test(a_chip_that_wants_selectable_instances_refuses_earlier_personalisation),
        cmocka_unit_test(store_data_blocks_are_numbered_and_a_wrong_one_ends_the_personalisation),
        cmocka_unit_test(a_grouping_may_go_on_in_the_next_command_11_11_2_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
