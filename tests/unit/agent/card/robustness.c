/* An authenticated host that sends sense and nonsense: the card answers, keeps its books, and every
 * image that it commits comes to life again. */
#include "tests/unit/agent/card/rig.h"

static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01};
static const uint8_t module_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01, 0x01};
static const uint8_t domain_package[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50};
static const uint8_t domain_module[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x50, 0x41};
static const uint8_t first[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x0A};
static const uint8_t second[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x0B};
static const uint8_t third[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x0C};
static const struct rig_package package = {
    {package_aid, sizeof package_aid}, {module_aid, sizeof module_aid}, 500};

static uint8_t pick(struct rig *rig, uint8_t count)
{
    uint8_t value = 0;
    rebind_random(&rig->env, &value, 1);
    return value % count;
}

static struct scp_bytes pick_aid(struct rig *rig)
{
    const struct scp_bytes aids[] = {SCP_BYTES(first), SCP_BYTES(second), SCP_BYTES(third),
                                     SCP_BYTES(package_aid), rig_isd};
    return aids[pick(rig, sizeof aids / sizeof aids[0])];
}

static void put_install(struct rig *rig, struct scp_writer *w, struct scp_apdu *apdu)
{
    static const uint8_t forms[] = {0x02, 0x04, 0x08, 0x0C, 0x0C, 0x10, 0x20, 0x40};
    static const uint8_t privileges[] = {0x00, 0x00, 0x80, 0x04};
    bool domain = pick(rig, 2) == 0;
    const struct scp_install install = {
        .p1 = forms[pick(rig, sizeof forms)],
        .load_file = domain ? SCP_BYTES(domain_package) : SCP_BYTES(package_aid),
        .module = domain ? SCP_BYTES(domain_module) : SCP_BYTES(module_aid),
        .application = pick_aid(rig),
        .security_domain = pick_aid(rig),
        .privileges = scp_bytes_of(&privileges[pick(rig, sizeof privileges)], 1),
        .parameters =
            SCP_LITERAL(0xC9, 0x09, 0x82, 0x01, 0xF0, 0x83, 0x01, 0xF0, 0x87, 0x01, 0xF0)};
    assert_int_equal(SCP_OK, scp_install_command(&install, w, apdu));
}

static void put_delete(struct rig *rig, struct scp_writer *w, struct scp_apdu *apdu)
{
    const struct scp_delete delete = {.aid = pick_aid(rig), .related = pick(rig, 2) == 0};
    assert_int_equal(SCP_OK, scp_delete_command(&delete, w, apdu));
}

static void put_status(struct rig *rig, struct scp_writer *w, struct scp_apdu *apdu)
{
    static const uint8_t types[] = {SCP_SET_STATUS_APPLICATION, SCP_SET_STATUS_DOMAIN_TREE};
    (void)w;
    *apdu = scp_set_status(&(struct scp_set_status){.type = types[pick(rig, 2)],
                                                    .state = pick(rig, 2) == 0 ? 0x80 : 0x00,
                                                    .aid = pick_aid(rig)});
}

static void put_query(struct rig *rig, struct scp_writer *w, struct scp_apdu *apdu)
{
    static const uint8_t subsets[] = {0x80, 0x40, 0x20, 0x10};
    const struct scp_get_status status = {.subset = subsets[pick(rig, 4)],
                                          .next = pick(rig, 3) == 0,
                                          .tag_list = scp_status_tags(0x40)};
    assert_int_equal(SCP_OK, scp_get_status_command(&status, w, apdu));
}

static void put_data(struct rig *rig, struct scp_writer *w, struct scp_apdu *apdu)
{
    static const uint8_t kinds[] = {0x00, 0x08, 0x88, 0x90, 0x68, 0xE8};
    scp_put_dgi(w, pick(rig, 2) == 0 ? 0x0101 : 0x0070, SCP_LITERAL(0x42, 0x02, 0x01, 0x02));
    *apdu = (struct scp_apdu){.cla = 0x80,
                              .ins = SCP_INS_STORE_DATA,
                              .p1 = kinds[pick(rig, sizeof kinds)],
                              .p2 = pick(rig, 2),
                              .data = scp_written(w),
                              .le = SCP_NO_LE};
}

static void put_load(struct rig *rig, struct scp_writer *w, struct scp_apdu *apdu)
{
    scp_put(w, SCP_LITERAL(0xC4, 0x03, 0x01, 0x00, 0x00));
    *apdu = (struct scp_apdu){.cla = 0x80,
                              .ins = SCP_INS_LOAD,
                              .p1 = pick(rig, 2) == 0 ? SCP_LOAD_LAST : 0,
                              .p2 = pick(rig, 2),
                              .data = scp_written(w)};
}

typedef void put_command(struct rig *rig, struct scp_writer *w, struct scp_apdu *apdu);
static put_command *const makers[] = {put_install, put_install, put_install, put_delete,
                                      put_status,  put_query,   put_data,    put_load};

/* Every third command is damaged: a byte of its data, its length, or a parameter. */
static void damage(struct rig *rig, struct scp_apdu *apdu, uint8_t buffer[255])
{
    struct scp_writer w = scp_writer_on(buffer, 255);
    scp_put(&w, apdu->data);
    apdu->data = scp_written(&w);
    uint8_t kind = pick(rig, 9);
    if (kind == 0 && apdu->data.len > 0)
        buffer[pick(rig, (uint8_t)apdu->data.len)] ^= (uint8_t)(1u << pick(rig, 8));
    else if (kind == 1 && apdu->data.len > 0)
        apdu->data = scp_bytes_slice(apdu->data, 0, pick(rig, (uint8_t)apdu->data.len));
    else if (kind == 2 && apdu->ins != SCP_INS_SET_STATUS)
        apdu->p1 = (uint8_t)(apdu->p1 ^ 1u << pick(rig, 7)); /* b8 would begin a chain */
}

static void each_commit_comes_to_life_whatever_an_authenticated_host_sends(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    size_t done = 0;
    rig_open(rig);
    for (size_t i = 0; i < 20000; i++) {
        uint8_t made[SCP_COMMAND_MAX];
        uint8_t sent[255];
        struct scp_apdu apdu;
        struct scp_writer w = scp_writer_on(made, sizeof made);
        makers[pick(rig, sizeof makers / sizeof makers[0])](rig, &w, &apdu);
        damage(rig, &apdu, sent);
        done += rig_send(rig, apdu) == 0x9000;
        assert_true(softcard_memory_free(rig->card) <= softcard_memory_total(rig->card));
        if (i % 100 != 99)
            continue;
        rig_reopen(rig);
        rig_open(rig);
        if (i % 1000 == 999)
            (void)rig_load(rig, &package, SCP_EMPTY);
    }
    assert_true(done > 1500);
    assert_sw(0x9000, rig_select(rig, rig_social)); /* no one of the AIDs in play */
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_commit_comes_to_life_whatever_an_authenticated_host_sends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
