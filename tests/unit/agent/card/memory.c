/* Memory accounting: what takes memory and when it is given back (GPCS 9.7). */
#include "tests/unit/agent/card/rig.h"

static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01};
static const struct scp_install load = {.p1 = SCP_INSTALL_FOR_LOAD,
                                        .load_file = {package_aid, sizeof package_aid}};

static uint16_t send_block(struct rig *rig, uint8_t number)
{
    static const uint8_t bytes[100] = {0xC4, 0x82, 0x10, 0x00};
    return rig_send(
        rig,
        (struct scp_apdu){
            .cla = 0x80, .ins = SCP_INS_LOAD, .p2 = number, .data = SCP_BYTES(bytes), .le = 256});
}

/* A card that has taken two blocks of a load file. */
static struct rig *rig_loading(void)
{
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    assert_sw(0x9000, rig_install(rig, load));
    assert_sw(0x9000, send_block(rig, 0));
    assert_sw(0x9000, send_block(rig, 1));
    return rig;
}

static void each_block_of_a_load_takes_its_memory(void **state)
{
    (void)state;
    struct rig *idle = rig_new("scp03-i70-aes128");
    struct rig *rig = rig_loading();
    assert_int_equal(softcard_memory_free(idle->card) - 200, softcard_memory_free(rig->card));
    rig_free(rig);
    rig_free(idle);
}

static void power_off(struct rig *rig)
{
    uint8_t atr[SOFTCARD_ATR_MAX];
    size_t atr_len;
    softcard_power(rig->card, atr, &atr_len);
}

static void block_out_of_sequence(struct rig *rig)
{
    assert_sw(0x6A86, send_block(rig, 7));
}

static void other_command(struct rig *rig)
{
    assert_sw(0x9000, rig_delete(rig, rig_old_bank, false));
}

static void plain_command(struct rig *rig)
{
    assert_sw(0x6982, rig_hex(rig, "80E8000200"));
}

static void selection(struct rig *rig)
{
    assert_sw(0x9000, rig_select(rig, rig_isd));
}

static void a_load_that_ends_early_gives_its_memory_back(void **state)
{
    (void)state;
    void (*const ends[])(struct rig * rig) = {power_off,     rig_reopen,    block_out_of_sequence,
                                              other_command, plain_command, selection};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct rig *rig = rig_loading();
        uint32_t loading = softcard_memory_free(rig->card);
        ends[i](rig);
        struct rig *idle = rig_new("scp03-i70-aes128");
        if (ends[i] == other_command) {
            rig_open(idle);
            other_command(idle);
        }
        assert_true(softcard_memory_free(rig->card) > loading);
        assert_int_equal(softcard_memory_free(idle->card), softcard_memory_free(rig->card));
        rig_free(idle);
        rig_free(rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_block_of_a_load_takes_its_memory),
        cmocka_unit_test(a_load_that_ends_early_gives_its_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
