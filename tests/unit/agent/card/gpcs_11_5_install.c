/* INSTALL (GPCS 11.5, 9.3, 9.4), [for load] with LOAD. */
#include "tests/unit/agent/card/rig.h"

#include <string.h>

#include "scp/gp/parameters.h"
#include "scp/gp/privileges.h"

static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99};
static const uint8_t module_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01};
static const struct rig_package package = {
    {package_aid, sizeof package_aid}, {module_aid, sizeof module_aid}, 100};
static const uint8_t instance_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x01, 0x01};
static const uint8_t domain_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x02, 0x01};
static const uint8_t other_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x02, 0x02};
static const uint8_t sd_package[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50};
static const uint8_t sd_module[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41};

enum {
    SELECTABLE = SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE,
    MANAGER = SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_AUTHORIZED_MANAGEMENT,
};

static struct rig *rig_loaded(void)
{
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    return rig;
}

/* An instance of the loaded module; privileges as they stand, parameters behind C9. */
static uint16_t make(struct rig *rig, uint8_t p1, struct scp_bytes privileges,
                     struct scp_bytes parameters)
{
    return rig_install(rig, (struct scp_install){.p1 = p1,
                                                 .load_file = package.aid,
                                                 .module = package.module,
                                                 .application = SCP_BYTES(instance_aid),
                                                 .privileges = privileges,
                                                 .parameters = parameters});
}

static uint16_t make_domain(struct rig *rig, uint8_t p1, uint32_t privileges, struct scp_bytes c9)
{
    uint8_t set[3];
    uint8_t field[80];
    struct scp_writer w = scp_writer_on(field, sizeof field);
    scp_privileges_store(set, privileges);
    scp_put_u8(&w, 0xC9);
    scp_put_lv(&w, c9);
    return rig_install(rig, (struct scp_install){.p1 = p1,
                                                 .load_file = SCP_BYTES(sd_package),
                                                 .module = SCP_BYTES(sd_module),
                                                 .application = SCP_BYTES(other_aid),
                                                 .privileges = SCP_BYTES(set),
                                                 .parameters = scp_written(&w)});
}

static uint16_t extradite(struct rig *rig, struct scp_bytes what, struct scp_bytes to)
{
    return rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_EXTRADITION,
                                                 .security_domain = to,
                                                 .application = what});
}

static uint16_t update(struct rig *rig, struct scp_bytes what, struct scp_bytes privileges,
                       struct scp_bytes parameters)
{
    return rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_REGISTRY_UPDATE,
                                                 .application = what,
                                                 .privileges = privileges,
                                                 .parameters = parameters});
}

static const uint8_t plain[] = {0xC9, 0x00};
static const uint8_t none[] = {0x00};

/* ---- form -------------------------------------------------------------------------------------
 */

static void gpcs_11_5_2_1_the_forms_of_p1_and_p2(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    for (unsigned p1 = 0; p1 < 0x80; p1++) {
        for (uint8_t p2 = 0; p2 < 4; p2++) {
            bool combined = p1 == 0x0E && (p2 == 1 || p2 == 3);
            bool alone = strchr("\x02\x04\x08\x0C\x10\x20\x40", (int)p1) != NULL && p1 != 0;
            bool known = combined || (alone && p2 == 0);
            uint16_t sw = rig_send(rig, (struct scp_apdu){.cla = 0x80,
                                                          .ins = 0xE6,
                                                          .p1 = (uint8_t)p1,
                                                          .p2 = p2,
                                                          .data = SCP_BYTES(none)});
            if (sw != (known ? 0x6A80 : 0x6A86))
                fail_msg("P1 %02X P2 %02X: %04X", p1, p2, sw);
        }
    }
    rig_free(rig);
}

static void gpcs_11_5_2_3_a_token_where_none_is_due_is_6a80(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    struct scp_install install = {.p1 = SCP_INSTALL_FOR_INSTALL,
                                  .load_file = package.aid,
                                  .module = package.module,
                                  .application = SCP_BYTES(instance_aid),
                                  .privileges = SCP_BYTES(none),
                                  .parameters = SCP_BYTES(plain),
                                  .token = SCP_LITERAL(1, 2, 3, 4)};
    assert_sw(0x6A80, rig_install(rig, install));
    install.token = SCP_EMPTY;
    assert_sw(0x9000, rig_install(rig, install));
    assert_data_hex(rig, "00");
    rig_free(rig);
}

/* ---- privileges -------------------------------------------------------------------------------
 */

static void gpcs_6_6_which_privileges_may_stand_together(void **state)
{
    (void)state;
    static const struct {
        uint8_t set[3];
        uint16_t app;    /* for an application */
        uint16_t domain; /* for a security domain */
    } rows[] = {
        {{0x00, 0x00, 0x00}, 0x9000, 0x6A80}, {{0x80, 0x00, 0x00}, 0x6A80, 0x9000},
        {{0xC0, 0x00, 0x00}, 0x6A80, 0x9000}, {{0xC1, 0x00, 0x00}, 0x6A80, 0x9000},
        {{0x81, 0x00, 0x00}, 0x6A80, 0x6A80}, /* mandated DAP without DAP */
        {{0x40, 0x00, 0x00}, 0x6A80, 0x6A80}, /* DAP without Security Domain */
        {{0xA0, 0x00, 0x00}, 0x6A80, 0x9000}, {{0xA0, 0x40, 0x00}, 0x6A80, 0x6A80},
        {{0xA0, 0x20, 0x00}, 0x6A80, 0x6A80}, {{0xA0, 0x00, 0x80}, 0x6A80, 0x6A80},
        {{0x80, 0x60, 0x80}, 0x6A80, 0x9000}, {{0x20, 0x00, 0x00}, 0x6A80, 0x6A80},
        {{0x00, 0x40, 0x00}, 0x6A80, 0x6A80}, {{0x18, 0x00, 0x00}, 0x9000, 0x6A80},
        {{0x02, 0x00, 0x00}, 0x9000, 0x6A80}, {{0x00, 0x1D, 0x00}, 0x9000, 0x6A80},
        {{0x00, 0x00, 0x0F}, 0x9000, 0x6A80}, /* reserved bits are ignored */
        {{0x04, 0x00, 0x00}, 0x9000, 0x6A80}, {{0x84, 0x02, 0x00}, 0x6A80, 0x9000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_loaded();
        uint16_t app = make(rig, SELECTABLE, SCP_BYTES(rows[i].set), SCP_BYTES(plain));
        if (app == 0x9000)
            assert_sw(0x9000, rig_delete(rig, SCP_BYTES(instance_aid), false));
        uint16_t domain = make_domain(rig, SELECTABLE, scp_privileges_load(rows[i].set), SCP_EMPTY);
        if (app != rows[i].app || domain != rows[i].domain)
            fail_msg("row %zu: %04X %04X", i, app, domain);
        rig_free(rig);
    }
}

static void gpcs_6_6_2_one_byte_is_completed_with_the_defaults_of_table_6_2(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    const struct rig_package domains = {SCP_BYTES(sd_package), SCP_BYTES(sd_module), 0};
    assert_sw(0x9000, rig_instantiate(rig, SELECTABLE, &domains, SCP_BYTES(other_aid), 0x80));
    assert_sw(0x9000, rig_send_hex(rig, "80F240020B4F06D156000002025C01C500"));
    assert_data_hex(rig, "E305C503808000");
    assert_sw(0x9000, rig_instantiate(rig, SELECTABLE, &package, SCP_BYTES(instance_aid), 0x02));
    assert_sw(0x9000, rig_send_hex(rig, "80F240020B4F06D156000001015C01C500"));
    assert_data_hex(rig, "E305C503020000");
    rig_free(rig);
}

static void gpcs_11_5_2_3_3_make_selectable_looks_at_card_reset_alone(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    const struct scp_install selectable = {.p1 = SCP_INSTALL_FOR_MAKE_SELECTABLE,
                                           .application = SCP_BYTES(instance_aid),
                                           .privileges = SCP_LITERAL(0xFF, 0xFF, 0xF0)};
    assert_sw(0x6A88, rig_install(rig, selectable)); /* nobody yet */
    assert_sw(0x9000, make(rig, SCP_INSTALL_FOR_INSTALL, SCP_BYTES(none), SCP_BYTES(plain)));
    assert_sw(0x9000, rig_install(rig, selectable));
    assert_sw(0x9000, rig_send_hex(rig, "80F240020B4F06D156000001015C01C500"));
    assert_data_hex(rig, "E305C503040000");
    rig_free(rig);
}

/* Tools make an application the default one that was selectable long before. */
static void gpcs_9_3_7_what_is_selectable_is_given_more(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    struct scp_install selectable = {.p1 = SCP_INSTALL_FOR_MAKE_SELECTABLE,
                                     .application = SCP_BYTES(instance_aid),
                                     .privileges = SCP_LITERAL(0x04),
                                     .parameters = SCP_LITERAL(0xEF, 0x03, 0xCF, 0x01, 0x81)};
    assert_sw(0x9000, make(rig, SELECTABLE, SCP_BYTES(none), SCP_BYTES(plain)));
    assert_sw(0x9000, rig_install(rig, selectable));
    assert_sw(0x9000, rig_send_hex(rig, "80F240020E4F06D156000001015C049F70C5CF00"));
    assert_data_hex(rig, "E30C9F700107C503040000CF0181");
    selectable.parameters = SCP_LITERAL(0xEF, 0x03, 0xCF, 0x01, 0x41);
    assert_sw(0x9000, rig_install(rig, selectable)); /* again, for the other interface */
    assert_sw(0x9000, rig_send_hex(rig, "80F240020B4F06D156000001015C01CF00"));
    assert_data_hex(rig, "E306CF0181CF0141");
    assert_sw(0x9000, rig_send_hex(rig, "80F0408006D1560000010100"));
    assert_sw(0x6985, rig_install(rig, selectable)); /* locked */
    rig_free(rig);
}

/* ---- parameters -------------------------------------------------------------------------------
 */

static void gpcs_9_7_quotas_and_reserved_memory(void **state)
{
    (void)state;
    static const struct {
        uint8_t system[14]; /* EF and its content */
        uint16_t sw;
        uint32_t taken; /* beside what an instance takes by itself */
    } rows[] = {
        {{0xEF, 0x00}, 0x9000, 0},
        {{0xEF, 0x04, 0xC8, 0x02, 0x02, 0x00}, 0x9000, 0}, /* a quota takes nothing */
        {{0xEF, 0x04, 0xD8, 0x02, 0x02, 0x00}, 0x9000, 0x200},
        {{0xEF, 0x08, 0xC8, 0x02, 0x02, 0x00, 0xD8, 0x02, 0x02, 0x00}, 0x9000, 0x200},
        {{0xEF, 0x08, 0xC8, 0x02, 0x01, 0xFF, 0xD8, 0x02, 0x02, 0x00}, 0x6A80, 0},
        {{0xEF, 0x06, 0xD8, 0x04, 0x00, 0x02, 0x00, 0x00}, 0x6A84, 0},
        {{0xEF, 0x04, 0xD7, 0x02, 0x7F, 0xFF}, 0x6A84, 0},
        {{0xEF, 0x04, 0xC7, 0x02, 0x00, 0x10}, 0x6A84, 0}, /* less than an instance holds */
        {{0xEF, 0x08, 0xC7, 0x02, 0x00, 0x80, 0xD7, 0x02, 0x00, 0x81}, 0x6A80, 0},
        {{0xEF, 0x03, 0xC8, 0x01, 0x10}, 0x6A80, 0},
    };
    enum { INSTANCE = 96 };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_loaded();
        uint8_t field[16] = {0xC9, 0x00};
        memcpy(field + 2, rows[i].system, sizeof rows[i].system);
        uint32_t before = softcard_memory_free(rig->card);
        uint16_t sw = make(rig, SELECTABLE, SCP_BYTES(none),
                           scp_bytes_of(field, 2u + 2u + rows[i].system[1]));
        uint32_t taken = before - softcard_memory_free(rig->card);
        if (sw != rows[i].sw || taken != (sw == 0x9000 ? INSTANCE + rows[i].taken : 0))
            fail_msg("row %zu: %04X, %u bytes", i, sw, (unsigned)taken);
        if (sw == 0x9000)
            assert_sw(0x9000, rig_delete(rig, SCP_BYTES(instance_aid), false));
        assert_int_equal(before, softcard_memory_free(rig->card));
        rig_free(rig);
    }
}

static void gpcs_11_5_2_3_7_what_a_domain_is_made_with(void **state)
{
    (void)state;
    static const struct {
        uint8_t len;
        uint8_t c9[12];
        uint16_t sw;
    } rows[] = {
        {0, {0}, 0x9000},
        {4, {0x81, 0x02, 0x03, 0x70}, 0x9000},
        {4, {0x81, 0x02, 0x03, 0x10}, 0x9000},
        {4, {0x81, 0x02, 0x03, 0x71}, 0x9000},
        {4, {0x81, 0x02, 0x03, 0x40}, 0x6A80},
        {4, {0x81, 0x02, 0x02, 0x55}, 0x6A80}, /* a protocol that the chip has not */
        {3, {0x81, 0x01, 0x03}, 0x6A80},
        {2, {0x84, 0x00}, 0x9000},
        {3, {0x82, 0x02, 0xF0}, 0x6A80}, /* cut */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_loaded();
        uint16_t sw = make_domain(rig, SELECTABLE, SCP_PRIVILEGE_SECURITY_DOMAIN,
                                  scp_bytes_of(rows[i].c9, rows[i].len));
        if (sw != rows[i].sw)
            fail_msg("row %zu: %04X", i, sw);
        rig_free(rig);
    }
}

static void gpcs_5_3_2_3_a_domain_with_84_waits_for_set_status(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    assert_sw(0x9000, make_domain(rig, SELECTABLE, MANAGER, SCP_LITERAL(0x84, 0x00)));
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(other_aid)));
    rig_open_with(rig, &rig->keys, rig->params.kvn, rig->params.level);
    assert_sw(0x9000, rig_put_keys(rig, 0, rig->params.kvn, &keys));
    assert_sw(0x6985, rig_load(rig,
                               &(struct rig_package){SCP_LITERAL(1, 2, 3, 4, 5),
                                                     SCP_LITERAL(1, 2, 3, 4, 5, 6), 10},
                               SCP_EMPTY));
    assert_sw(0x9000, rig_send_hex(rig, "80F0400F06D15600000202"));
    assert_sw(0x9000, rig_load(rig,
                               &(struct rig_package){SCP_LITERAL(1, 2, 3, 4, 5),
                                                     SCP_LITERAL(1, 2, 3, 4, 5, 6), 10},
                               SCP_EMPTY));
    rig_free(rig);
}

/* ---- who may ----------------------------------------------------------------------------------
 */

static void gpcs_9_1_3_only_personalized_managers_manage(void **state)
{
    (void)state;
    static const uint32_t rows[] = {
        SCP_PRIVILEGE_SECURITY_DOMAIN,
        SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_DELEGATED_MANAGEMENT,
        SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_GLOBAL_DELETE | SCP_PRIVILEGE_GLOBAL_LOCK};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_loaded();
        struct scp_key_set keys = rig_keys(rig, 0x11);
        rig_make_domain(rig, SCP_BYTES(domain_aid), rows[i], &keys);
        assert_sw(0x6985, make(rig, SELECTABLE, SCP_BYTES(none), SCP_BYTES(plain)));
        assert_sw(0x6985, rig_load(rig, &package, SCP_EMPTY));
        assert_sw(0x6985, extradite(rig, rig_old_bank, SCP_BYTES(domain_aid)));
        assert_sw(0x6985, update(rig, rig_old_bank, SCP_BYTES(none), SCP_EMPTY));
        assert_sw(0x6985, rig_delete(rig, rig_old_bank, false));
        rig_free(rig);
    }
}

static void gpcs_6_7_forwarding_needs_trusted_path(void **state)
{
    (void)state;
    static const struct {
        uint32_t privilege;
        uint16_t sw;
    } rows[] = {{0, 0x6985}, {SCP_PRIVILEGE_TRUSTED_PATH, 0x9000}};
    const struct scp_install personalise = {.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                            .application = SCP_BYTES(instance_aid)};
    for (size_t i = 0; i < 2; i++) {
        struct rig *rig = rig_loaded();
        struct scp_key_set keys = rig_keys(rig, 0x11);
        assert_sw(0x9000, make(rig, SELECTABLE, SCP_BYTES(none), SCP_BYTES(plain)));
        rig_make_domain(rig, SCP_BYTES(domain_aid),
                        SCP_PRIVILEGE_SECURITY_DOMAIN | rows[i].privilege, &keys);
        assert_sw(0x6985, rig_install(rig, personalise)); /* not its own */
        rig_open(rig);
        assert_sw(0x9000, extradite(rig, SCP_BYTES(instance_aid), SCP_BYTES(domain_aid)));
        assert_sw(0x6985, rig_install(rig, personalise)); /* no longer the issuer's */
        assert_sw(0x9000, rig_select(rig, SCP_BYTES(domain_aid)));
        rig_open_with(rig, &keys, rig->params.kvn, rig->params.level);
        assert_sw(rows[i].sw, rig_install(rig, personalise));
        rig_free(rig);
    }
}

static void gpcs_7_3_2_what_can_be_personalized(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    struct scp_install personalise = {.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                      .application = SCP_BYTES(instance_aid)};
    assert_sw(0x6A88, rig_install(rig, personalise));
    personalise.application = rig_isd;
    assert_sw(0x6985, rig_install(rig, personalise));
    personalise.application = rig_old_bank;
    assert_sw(0x9000, rig_install(rig, personalise));
    assert_data_hex(rig, "00");
    assert_sw(0x9000, rig_send_hex(rig, "80F0408009A00000033301010101"));
    assert_sw(0x6985, rig_install(rig, personalise)); /* locked */
    rig_free(rig);
}

/* ---- extradition ------------------------------------------------------------------------------
 */

static void gpcs_9_4_1_extradition_asks_both_domains(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    struct scp_bytes app = SCP_BYTES(instance_aid);
    assert_sw(0x9000, make(rig, SELECTABLE, SCP_BYTES(none), SCP_BYTES(plain)));
    assert_sw(0x6A88, extradite(rig, app, SCP_BYTES(domain_aid)));
    assert_sw(0x6A88, extradite(rig, app, rig_social)); /* no domain */
    assert_sw(0x6985, extradite(rig, app, rig_isd));    /* there already */
    assert_sw(0x6985, extradite(rig, rig_isd, rig_isd));
    /* A domain that says nothing refuses whatever comes. */
    assert_sw(0x9000, make_domain(rig, SELECTABLE, MANAGER, SCP_EMPTY));
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(other_aid)));
    rig_open_with(rig, &rig->keys, rig->params.kvn, rig->params.level);
    assert_sw(0x9000, rig_put_keys(rig, 0, rig->params.kvn, &keys));
    rig_open(rig);
    assert_sw(0x6985, extradite(rig, app, SCP_BYTES(other_aid)));
    rig_make_domain(rig, SCP_BYTES(domain_aid), MANAGER, &keys);
    rig_open(rig);
    assert_sw(0x9000, extradite(rig, app, SCP_BYTES(domain_aid)));
    /* Its policy lets the issuer take it away again. */
    assert_sw(0x9000, extradite(rig, app, rig_isd));
    rig_free(rig);
}

static void gpcs_9_4_1_nobody_takes_from_the_issuer(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_make_domain(rig, SCP_BYTES(domain_aid), MANAGER, &keys);
    assert_sw(0x6985, extradite(rig, rig_old_bank, SCP_BYTES(domain_aid)));
    rig_free(rig);
}

static void gpcs_7_2_a_domain_becomes_a_root_but_not_its_own_descendant(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    struct scp_key_set issuers = rig->keys;
    rig_make_domain(rig, SCP_BYTES(domain_aid), MANAGER, &keys);
    rig->keys = keys;
    rig_open_with(rig, &keys, rig->params.kvn, rig->params.level);
    rig_make_domain(rig, SCP_BYTES(other_aid), MANAGER, &keys); /* below the first */
    rig->keys = issuers;
    rig_open(rig);
    assert_sw(0x6985, extradite(rig, SCP_BYTES(domain_aid), SCP_BYTES(other_aid)));
    assert_sw(0x9000, extradite(rig, SCP_BYTES(domain_aid), SCP_BYTES(domain_aid)));
    assert_sw(0x9000, rig_send_hex(rig, "80F240020B4F06D156000002015C01CC00"));
    assert_data_hex(rig, "E308CC06D15600000201");
    rig_free(rig);
}

static void gpcs_9_4_1_a_load_file_is_not_extradited_to_a_dap_domain(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    rig_make_domain(rig, SCP_BYTES(domain_aid),
                    SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_DAP_VERIFICATION, &keys);
    rig_open(rig);
    assert_sw(0x6985, extradite(rig, package.aid, SCP_BYTES(domain_aid)));
    assert_sw(0x9000, make(rig, SELECTABLE, SCP_BYTES(none), SCP_BYTES(plain)));
    assert_sw(0x9000, extradite(rig, SCP_BYTES(instance_aid), SCP_BYTES(domain_aid)));
    rig_free(rig);
}

/* ---- registry update --------------------------------------------------------------------------
 */

static void gpcs_11_5_2_3_5_all_of_a_registry_update_or_nothing(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    assert_sw(0x9000, make(rig, SELECTABLE, SCP_BYTES(none), SCP_BYTES(plain)));
    /* The domain is unknown: the privileges stay. */
    assert_sw(0x6A88,
              rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_REGISTRY_UPDATE,
                                                    .security_domain = SCP_BYTES(domain_aid),
                                                    .application = SCP_BYTES(instance_aid),
                                                    .privileges = SCP_LITERAL(0x02)}));
    assert_sw(0x9000, rig_send_hex(rig, "80F240020B4F06D156000001015C01C500"));
    assert_data_hex(rig, "E305C503000000");
    assert_sw(0x6985, update(rig, rig_isd, SCP_LITERAL(0x80, 0x00, 0x00), SCP_EMPTY));
    rig_free(rig);
}

static void gpcs_6_6_2_card_reset_is_revoked_before_it_is_given(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    assert_sw(0x9000, make(rig, SELECTABLE, SCP_LITERAL(0x04), SCP_BYTES(plain)));
    assert_sw(0x6985, update(rig, rig_old_bank, SCP_LITERAL(0x04), SCP_EMPTY));
    assert_sw(0x9000, update(rig, SCP_BYTES(instance_aid), SCP_BYTES(none), SCP_EMPTY));
    assert_sw(0x9000, update(rig, rig_old_bank, SCP_LITERAL(0x04), SCP_EMPTY));
    rig_free(rig);
}

static void gpcs_table_11_53_what_is_restricted_is_6985_for_good(void **state)
{
    (void)state;
    static const struct {
        uint8_t bit;
        uint8_t ins;
        uint8_t p1;
        const char *data;
    } rows[] = {
        {SCP_RESTRICT_LOAD, 0xE6, 0x02,
         "050102030405"
         "00000000"},
        {SCP_RESTRICT_INSTALL, 0xE6, 0x04,
         "05A000000099"
         "06A00000009901"
         "06D15600000109"
         "0100"
         "02C900"
         "00"},
        {SCP_RESTRICT_MAKE_SELECTABLE, 0xE6, 0x08,
         "0000"
         "06D15600000101"
         "0100"
         "0000"},
        {SCP_RESTRICT_EXTRADITION, 0xE6, 0x10,
         "08A000000151000000"
         "00"
         "06D15600000101"
         "000000"},
        {SCP_RESTRICT_PERSONALIZATION, 0xE6, 0x20,
         "0000"
         "06D15600000101"
         "000000"},
        {SCP_RESTRICT_DELETE, 0xE4, 0x00, "4F06D15600000101"},
        {SCP_RESTRICT_REGISTRY_UPDATE, 0xE6, 0x40,
         "0000"
         "06D15600000101"
         "0100"
         "0000"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_loaded();
        uint8_t field[] = {0xEF, 0x03, 0xD9, 0x01, rows[i].bit};
        assert_sw(0x9000, make(rig, SCP_INSTALL_FOR_INSTALL, SCP_BYTES(none), SCP_BYTES(plain)));
        if (rows[i].bit == SCP_RESTRICT_PERSONALIZATION || rows[i].bit == SCP_RESTRICT_INSTALL)
            assert_sw(0x9000, rig_send_body(rig, rows[i].ins, rows[i].p1, rows[i].data));
        assert_sw(0x9000, update(rig, SCP_EMPTY, SCP_EMPTY, SCP_BYTES(field)));
        assert_sw(0x6985, rig_send_body(rig, rows[i].ins, rows[i].p1, rows[i].data));
        rig_reopen(rig);
        rig_open(rig);
        assert_sw(0x6985, rig_send_body(rig, rows[i].ins, rows[i].p1, rows[i].data));
        rig_free(rig);
    }
}

static void gpcs_9_4_2_1_restricting_the_card_needs_global_lock(void **state)
{
    (void)state;
    struct rig *rig = rig_loaded();
    struct scp_key_set keys = rig_keys(rig, 0x11);
    struct scp_bytes restrict_load = SCP_LITERAL(0xEF, 0x03, 0xD9, 0x01, 0x02);
    assert_sw(0x6A80, update(rig, SCP_EMPTY, SCP_EMPTY, SCP_EMPTY));
    assert_sw(0x6A80, update(rig, SCP_EMPTY, SCP_BYTES(none), restrict_load));
    assert_sw(0x6A80, update(rig, rig_old_bank, SCP_EMPTY, restrict_load)); /* no domain */
    rig_make_domain(rig, SCP_BYTES(domain_aid), MANAGER, &keys);
    assert_sw(0x6985, update(rig, SCP_EMPTY, SCP_EMPTY, restrict_load));
    assert_sw(0x9000, rig_load(rig,
                               &(struct rig_package){SCP_LITERAL(1, 2, 3, 4, 5),
                                                     SCP_LITERAL(1, 2, 3, 4, 5, 6), 10},
                               SCP_EMPTY));
    rig_open(rig);
    assert_sw(0x9000, update(rig, SCP_BYTES(domain_aid), SCP_EMPTY, restrict_load));
    assert_sw(0x9000, rig_delete(rig, SCP_LITERAL(1, 2, 3, 4, 5), false));
    assert_sw(0x9000, rig_select(rig, SCP_BYTES(domain_aid)));
    rig_open_with(rig, &keys, rig->params.kvn, rig->params.level);
    assert_sw(0x6985, rig_load(rig,
                               &(struct rig_package){SCP_LITERAL(1, 2, 3, 4, 5),
                                                     SCP_LITERAL(1, 2, 3, 4, 5, 6), 10},
                               SCP_EMPTY));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpcs_11_5_2_1_the_forms_of_p1_and_p2),
        cmocka_unit_test(gpcs_11_5_2_3_a_token_where_none_is_due_is_6a80),
        cmocka_unit_test(gpcs_6_6_which_privileges_may_stand_together),
        cmocka_unit_test(gpcs_6_6_2_one_byte_is_completed_with_the_defaults_of_table_6_2),
        cmocka_unit_test(gpcs_11_5_2_3_3_make_selectable_looks_at_card_reset_alone),
        cmocka_unit_test(gpcs_9_3_7_what_is_selectable_is_given_more),
        cmocka_unit_test(gpcs_9_7_quotas_and_reserved_memory),
        cmocka_unit_test(gpcs_11_5_2_3_7_what_a_domain_is_made_with),
        cmocka_unit_test(gpcs_5_3_2_3_a_domain_with_84_waits_for_set_status),
        cmocka_unit_test(gpcs_9_1_3_only_personalized_managers_manage),
        cmocka_unit_test(gpcs_6_7_forwarding_needs_trusted_path),
        cmocka_unit_test(gpcs_7_3_2_what_can_be_personalized),
        cmocka_unit_test(gpcs_9_4_1_extradition_asks_both_domains),
        cmocka_unit_test(gpcs_9_4_1_nobody_takes_from_the_issuer),
        cmocka_unit_test(gpcs_7_2_a_domain_becomes_a_root_but_not_its_own_descendant),
        cmocka_unit_test(gpcs_9_4_1_a_load_file_is_not_extradited_to_a_dap_domain),
        cmocka_unit_test(gpcs_11_5_2_3_5_all_of_a_registry_update_or_nothing),
        cmocka_unit_test(gpcs_6_6_2_card_reset_is_revoked_before_it_is_given),
        cmocka_unit_test(gpcs_table_11_53_what_is_restricted_is_6985_for_good),
        cmocka_unit_test(gpcs_9_4_2_1_restricting_the_card_needs_global_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
