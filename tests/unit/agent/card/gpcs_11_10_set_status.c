/* SET STATUS (GPCS 11.10) and the life cycles of chapter 5: every transition, allowed or not. */
#include "tests/unit/agent/card/rig.h"

#include "scp/gp/privileges.h"

static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99};
static const uint8_t module_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01};
static const struct rig_package package = {
    {package_aid, sizeof package_aid}, {module_aid, sizeof module_aid}, 100};
static const uint8_t instance_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x01, 0x01};
static const uint8_t domain_aid[] = {0xD1, 0x56, 0x00, 0x00, 0x02, 0x01};

static uint16_t set(struct rig *rig, uint8_t type, uint8_t state, struct scp_bytes aid)
{
    const struct scp_set_status status = {.type = type, .state = state, .aid = aid};
    return rig_send(rig, scp_set_status(&status));
}

/* The state in the registry. */
static uint8_t state_of(struct rig *rig, struct scp_bytes aid)
{
    uint8_t data[64];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(data, sizeof data);
    bool issuer = scp_bytes_equal(aid, rig_isd);
    const struct scp_get_status status = {.subset = issuer ? SCP_STATUS_ISSUER_DOMAIN
                                                           : SCP_STATUS_APPLICATIONS,
                                          .aid = aid,
                                          .tag_list = SCP_LITERAL(0x9F, 0x70)};
    assert_int_equal(SCP_OK, scp_get_status_command(&status, &w, &apdu));
    assert_sw(0x9000, rig_send(rig, apdu));
    return rig->data.ptr[rig->data.len - 1];
}

/* A card brought to a state of its life. */
static struct rig *card_in(uint8_t state)
{
    static const uint8_t way[] = {0x01, 0x07, 0x0F, 0x7F};
    struct rig *rig = rig_new_state("scp03-i70-aes128", "op-ready");
    rig_open(rig);
    for (size_t i = 1; i < sizeof way && way[i] <= state; i++)
        assert_sw(0x9000, set(rig, SCP_SET_STATUS_CARD, way[i], SCP_EMPTY));
    return rig;
}

/* ---- the card ---------------------------------------------------------------------------------
 */

static void gpcs_figure_5_1_each_transition_of_the_card(void **state)
{
    (void)state;
    static const uint8_t states[] = {0x01, 0x07, 0x0F, 0x7F, 0xFF};
    static const bool arrows[4][5] = {
        {false, true, false, false, true}, /* OP_READY */
        {false, false, true, false, true}, /* INITIALIZED */
        {false, false, false, true, true}, /* SECURED */
        {false, false, true, false, true}, /* CARD_LOCKED */
    };
    for (size_t from = 0; from < 4; from++) {
        for (size_t to = 0; to < 5; to++) {
            struct rig *rig = card_in(states[from]);
            assert_int_equal(states[from], state_of(rig, rig_isd));
            uint16_t sw = set(rig, SCP_SET_STATUS_CARD, states[to], SCP_EMPTY);
            if (sw != (arrows[from][to] ? 0x9000 : 0x6985))
                fail_msg("%02X to %02X: %04X", states[from], states[to], sw);
            if (states[to] != 0xFF)
                assert_int_equal(arrows[from][to] ? states[to] : states[from],
                                 state_of(rig, rig_isd));
            rig_free(rig);
        }
    }
}

static void gpcs_11_10_2_parameters_and_data(void **state)
{
    (void)state;
    static const struct rig_row rows[] = {
        {"80F00080"
         "06D15600000101",
         0x6A86}, /* P1 says nothing */
        {"80F0A08006D15600000101", 0x6A86},
        {"80F0C08006D15600000101", 0x6A86},
        {"80F0800E", 0x6A86}, /* a state that no card has */
        {"80F0808F", 0x6A86},
        {"80F0408004D1560000", 0x6A80}, /* no AID */
        {"80F04080", 0x6A80},
        {"80F0408006D15600000199", 0x6A88}, /* nobody */
        {"80F0608006D15600000199", 0x6A88},
        {"80F0608009A00000033301010101", 0x6A88}, /* no domain */
        {"80F0408008A000000151000000", 0x6985},   /* the issuer's is the card */
        {"80F0608008A000000151000000", 0x6985},
    };
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rig_send_hex(rig, rows[i].command) != rows[i].sw)
            fail_msg("%s: %04X", rows[i].command, rig->sw);
    assert_sw(0x9000, rig_send_hex(rig, "80F05F8009A00000033301010101")); /* reserved bits */
    rig_free(rig);
}

static void gpcs_11_10_2_3_the_data_for_the_card_are_ignored(void **state)
{
    (void)state;
    struct rig *rig = card_in(0x07);
    assert_sw(0x9000, set(rig, SCP_SET_STATUS_CARD, 0x0F, SCP_LITERAL(1, 2, 3)));
    rig_free(rig);
}

static void gpcs_11_10_2_2_card_lock_and_card_terminate_are_privileges(void **state)
{
    (void)state;
    static const struct {
        uint32_t privilege;
        uint8_t to;
        uint16_t sw;
    } rows[] = {{0, 0x7F, 0x6985},
                {0, 0xFF, 0x6985},
                {SCP_PRIVILEGE_CARD_LOCK, 0x7F, 0x9000},
                {SCP_PRIVILEGE_CARD_LOCK, 0xFF, 0x6985},
                {SCP_PRIVILEGE_CARD_TERMINATE, 0xFF, 0x9000},
                {SCP_PRIVILEGE_CARD_TERMINATE, 0x7F, 0x6985}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_new("scp03-i70-aes128");
        struct scp_key_set keys = rig_keys(rig, 0x11);
        rig_open(rig);
        rig_make_domain(rig, SCP_BYTES(domain_aid),
                        SCP_PRIVILEGE_SECURITY_DOMAIN | rows[i].privilege, &keys);
        assert_sw(rows[i].sw, set(rig, SCP_SET_STATUS_CARD, rows[i].to, SCP_EMPTY));
        rig_free(rig);
    }
}

/* ---- applications -----------------------------------------------------------------------------
 */

static struct rig *with_instance(uint8_t p1)
{
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    assert_sw(0x9000, rig_instantiate(rig, p1, &package, SCP_BYTES(instance_aid), 0));
    return rig;
}

static void gpcs_figure_5_2_lock_and_back_from_each_state(void **state)
{
    (void)state;
    static const struct {
        uint8_t p1;
        uint8_t state;
        uint8_t locked;
    } rows[] = {{SCP_INSTALL_FOR_INSTALL, 0x03, 0x83},
                {SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, 0x07, 0x87}};
    for (size_t i = 0; i < 2; i++) {
        struct rig *rig = with_instance(rows[i].p1);
        struct scp_bytes aid = SCP_BYTES(instance_aid);
        assert_sw(0x6985, set(rig, 0x40, 0x00, aid)); /* not locked */
        assert_sw(0x6985, set(rig, 0x40, 0x07, aid)); /* b8 alone counts */
        assert_sw(0x9000, set(rig, 0x40, 0xFF, aid));
        assert_int_equal(rows[i].locked, state_of(rig, aid));
        assert_sw(0x6985, set(rig, 0x40, 0x80, aid)); /* its present state */
        assert_sw(0x9000, set(rig, 0x40, 0x7F, aid));
        assert_int_equal(rows[i].state, state_of(rig, aid));
        rig_free(rig);
    }
}

static void gpcs_5_3_1_3_a_locked_application_is_made_selectable_only_after_unlocking(void **state)
{
    (void)state;
    struct rig *rig = with_instance(SCP_INSTALL_FOR_INSTALL);
    const struct scp_install select = {.p1 = SCP_INSTALL_FOR_MAKE_SELECTABLE,
                                       .application = SCP_BYTES(instance_aid),
                                       .privileges = SCP_LITERAL(0x00)};
    assert_sw(0x9000, set(rig, 0x40, 0x80, SCP_BYTES(instance_aid)));
    assert_sw(0x6985, rig_install(rig, select));
    assert_sw(0x9000, set(rig, 0x40, 0x00, SCP_BYTES(instance_aid)));
    assert_sw(0x9000, rig_install(rig, select));
    rig_free(rig);
}

static void gpcs_9_6_2_who_may_lock_what(void **state)
{
    (void)state;
    static const struct {
        uint32_t privilege;
        uint16_t others; /* content of the issuer's */
    } rows[] = {{0, 0x6985}, {SCP_PRIVILEGE_GLOBAL_LOCK, 0x9000}};
    for (size_t i = 0; i < 2; i++) {
        struct rig *rig = with_instance(SCP_INSTALL_FOR_INSTALL);
        struct scp_key_set keys = rig_keys(rig, 0x11);
        rig_make_domain(rig, SCP_BYTES(domain_aid),
                        SCP_PRIVILEGE_SECURITY_DOMAIN | rows[i].privilege, &keys);
        assert_sw(rows[i].others, set(rig, 0x40, 0x80, SCP_BYTES(instance_aid)));
        rig_open(rig); /* what is associated with a domain is its own to lock */
        if (rows[i].others == 0x9000)
            assert_sw(0x9000, set(rig, 0x40, 0x00, SCP_BYTES(instance_aid)));
        assert_sw(0x9000,
                  rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_EXTRADITION,
                                                        .security_domain = SCP_BYTES(domain_aid),
                                                        .application = SCP_BYTES(instance_aid)}));
        assert_sw(0x9000, rig_select(rig, SCP_BYTES(domain_aid)));
        rig_open_with(rig, &keys, rig->params.kvn, rig->params.level);
        assert_sw(0x9000, set(rig, 0x40, 0x80, SCP_BYTES(instance_aid)));
        assert_sw(0x9000, set(rig, 0x40, 0x00, SCP_BYTES(instance_aid)));
        rig_free(rig);
    }
}

/* ---- security domains -------------------------------------------------------------------------
 */

static void gpcs_11_10_2_2_a_domain_sets_itself_personalized_or_locked_alone(void **state)
{
    (void)state;
    static const uint8_t sd_package[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50};
    static const uint8_t sd_module[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41};
    const struct rig_package domains = {SCP_BYTES(sd_package), SCP_BYTES(sd_module), 0};
    struct scp_bytes aid = SCP_BYTES(domain_aid);
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    assert_sw(0x9000, rig_instantiate(rig, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE, &domains,
                                      aid, 0x80));
    assert_sw(0x6985, set(rig, 0x40, 0x0F, aid)); /* not by another */
    assert_sw(0x9000, rig_select(rig, aid));
    rig_open_with(rig, &rig->keys, rig->params.kvn, rig->params.level);
    assert_sw(0x6985, set(rig, 0x40, 0x07, aid));
    assert_sw(0x6985, set(rig, 0x40, 0x03, aid));
    assert_sw(0x6985, set(rig, 0x40, 0x1F, aid));
    assert_sw(0x9000, set(rig, 0x40, 0x0F, aid));
    assert_sw(0x6985, set(rig, 0x40, 0x0F, aid));
    assert_sw(0x6985, set(rig, 0x60, 0x80, aid)); /* the tree is for those above */
    assert_sw(0x9000, set(rig, 0x40, 0x8F, aid));
    rig_open(rig);
    assert_int_equal(0x8F, state_of(rig, aid));
    assert_sw(0x9000, set(rig, 0x40, 0x00, aid));
    assert_int_equal(0x0F, state_of(rig, aid));
    rig_free(rig);
}

static void gpcs_11_10_2_1_a_tree_is_locked_and_unlocked_whatever_part_was_before(void **state)
{
    (void)state;
    struct rig *rig = with_instance(SCP_INSTALL_FOR_INSTALL);
    struct scp_key_set keys = rig_keys(rig, 0x11);
    struct scp_bytes aid = SCP_BYTES(instance_aid);
    rig_make_domain(rig, SCP_BYTES(domain_aid), SCP_PRIVILEGE_SECURITY_DOMAIN, &keys);
    rig_open(rig);
    assert_sw(0x9000,
              rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_EXTRADITION,
                                                    .security_domain = SCP_BYTES(domain_aid),
                                                    .application = aid}));
    assert_sw(0x9000, set(rig, 0x40, 0x80, aid));
    assert_sw(0x9000, set(rig, 0x60, 0x80, SCP_BYTES(domain_aid)));
    assert_sw(0x9000, set(rig, 0x60, 0x80, SCP_BYTES(domain_aid))); /* no error (11.10.2.1) */
    assert_int_equal(0x83, state_of(rig, aid));
    assert_int_equal(0x8F, state_of(rig, SCP_BYTES(domain_aid)));
    assert_sw(0x9000, set(rig, 0x60, 0x00, SCP_BYTES(domain_aid)));
    assert_int_equal(0x03, state_of(rig, aid));
    assert_int_equal(0x0F, state_of(rig, SCP_BYTES(domain_aid)));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpcs_figure_5_1_each_transition_of_the_card),
        cmocka_unit_test(gpcs_11_10_2_parameters_and_data),
        cmocka_unit_test(gpcs_11_10_2_3_the_data_for_the_card_are_ignored),
        cmocka_unit_test(gpcs_11_10_2_2_card_lock_and_card_terminate_are_privileges),
        cmocka_unit_test(gpcs_figure_5_2_lock_and_back_from_each_state),
        cmocka_unit_test(gpcs_5_3_1_3_a_locked_application_is_made_selectable_only_after_unlocking),
        cmocka_unit_test(gpcs_9_6_2_who_may_lock_what),
        cmocka_unit_test(gpcs_11_10_2_2_a_domain_sets_itself_personalized_or_locked_alone),
        cmocka_unit_test(gpcs_11_10_2_1_a_tree_is_locked_and_unlocked_whatever_part_was_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
