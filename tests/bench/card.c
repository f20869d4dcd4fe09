/* What the soft card itself costs: the CPU time of a whole rebind in the card, and the memory of
 * very many cards in one process.
 *
 * The time is set against the cipher alone over the same bytes, because that holds on any machine;
 * the storage is memory, so no disk is measured. */
#include "tests/unit/agent/card/rig.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scp/crypto/cipher.h"
#include "tests/support/cap_maker.h"

enum { RUNS = 5, COMMANDS_MAX = 256, CARDS = 10000, RECORDS = 26, RECORD_SIZE = 200 };

static const uint8_t package_aid[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0xF0, 0x02};
static const uint8_t module_aid[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0xF0, 0x02, 0x01};
static const uint8_t instance_aid[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0x01, 0x01, 0x01, 0x02};
static const struct rig_package package = {
    {package_aid, sizeof package_aid}, {module_aid, sizeof module_aid}, 32768};

static double cpu_now(void)
{
    struct timespec at;
    assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at), 0);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

/* ---- a rebind, recorded -----------------------------------------------------------------------
 */

struct tape {
    uint8_t commands[COMMANDS_MAX][SCP_APDU_MAX];
    size_t lengths[COMMANDS_MAX];
    size_t count;
    size_t bytes;
};

static void record(void *ctx, struct scp_bytes command)
{
    struct tape *tape = ctx;
    assert_true(tape->count < COMMANDS_MAX && command.len <= SCP_APDU_MAX);
    memcpy(tape->commands[tape->count], command.ptr, command.len);
    tape->lengths[tape->count++] = command.len;
    tape->bytes += command.len;
}

/* 27 STORE DATA: records of one command each, then the keys. */
static void personalise(struct rig *rig)
{
    static const uint8_t keys[48] = {1};
    uint8_t record_bytes[RECORD_SIZE] = {0x70, 0x81, RECORD_SIZE - 3};
    struct scp_dgi dgis[RECORDS + 1];
    for (size_t i = 0; i < RECORDS; i++)
        dgis[i] = (struct scp_dgi){.id = (uint16_t)(0x0101 + i), .value = SCP_BYTES(record_bytes)};
    dgis[RECORDS] = (struct scp_dgi){.id = 0x8000, .value = SCP_BYTES(keys), .encrypted = true};
    assert_sw(0x9000,
              rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                                    .application = SCP_BYTES(instance_aid)}));
    assert_sw(0x9000, rig_store(rig, dgis, RECORDS + 1));
}

static void rebind(struct rig *rig)
{
    rig_open(rig);
    assert_sw(0x9000, rig_load(rig, &package, SCP_EMPTY));
    assert_sw(0x9000, rig_instantiate(rig, 0x04, &package, SCP_BYTES(instance_aid), 0x00));
    personalise(rig);
    assert_sw(0x9000, rig_install(rig, (struct scp_install){.p1 = SCP_INSTALL_FOR_MAKE_SELECTABLE,
                                                            .application = SCP_BYTES(instance_aid),
                                                            .privileges = SCP_LITERAL(0x00)}));
    assert_sw(0x9000, rig_delete(rig, rig_old_bank, false));
}

/* The same commands again on the card as it was. */
static double play(struct rig *rig, const struct tape *tape)
{
    double start = cpu_now();
    for (size_t i = 0; i < tape->count; i++) {
        uint8_t answer[SOFTCARD_RESPONSE_MAX];
        struct scp_writer w = scp_writer_on(answer, sizeof answer);
        assert_int_equal(
            SCP_OK,
            softcard_transmit(rig->card, scp_bytes_of(tape->commands[i], tape->lengths[i]), &w));
        assert_true(w.len >= 2 && answer[w.len - 2] == 0x90);
    }
    return cpu_now() - start;
}

/* MAC and decryption are two passes of the cipher over the commands. */
static double cipher_alone(const struct tape *tape)
{
    static const uint8_t iv[16];
    static uint8_t data[256];
    struct scp_key key = {.len = 16, .bytes = {1}};
    double start = cpu_now();
    for (size_t i = 0; i < 2 * tape->count; i++)
        assert_int_equal(
            SCP_OK,
            scp_aes_cbc_encrypt(&key, iv, scp_bytes_of(data, (tape->lengths[i / 2] & 0xF0)), data));
    return cpu_now() - start;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

static void a_rebind_costs_the_card_a_small_multiple_of_its_cipher(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct tape *tape = calloc(1, sizeof *tape);
    struct rebind_blob image = {.ptr = malloc(rig->image_len), .len = rig->image_len};
    assert_non_null(tape);
    assert_non_null(image.ptr);
    memcpy(image.ptr, rig->image, image.len);
    rig->watch = record;
    rig->watch_ctx = tape;
    rebind(rig);
    double card = 1e9;
    double cipher = 1e9;
    for (size_t n = 0; n < RUNS; n++) { /* the best of each: others share the machine */
        memcpy(rig->image, image.ptr, image.len);
        rig->image_len = image.len;
        rig_reopen(rig);
        card = least(card, play(rig, tape));
        cipher = least(cipher, cipher_alone(tape));
    }
    printf("a rebind of %zu commands, %zu bytes, costs the card %.2f ms, %.1f times the cipher "
           "alone, with %llu writes\n",
           tape->count, tape->bytes, 1e3 * card, card / cipher,
           (unsigned long long)softcard_writes(rig->card));
    assert_true(card / cipher < 40);
    rebind_blob_free(&image);
    free(tape);
    rig_free(rig);
}

/* ---- very many cards --------------------------------------------------------------------------
 */

static enum scp_error drop(void *ctx, size_t at, struct scp_bytes bytes)
{
    (void)ctx;
    (void)at;
    (void)bytes;
    return SCP_OK;
}

static size_t heap_in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void ten_thousand_cards_fit_in_a_gibibyte(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct softcard **cards = calloc(CARDS, sizeof(struct softcard *));
    const struct softcard_storage storage = {.write = drop};
    assert_non_null(cards);
    size_t before = heap_in_use();
    for (size_t i = 0; i < CARDS; i++)
        assert_int_equal(SCP_OK, softcard_restore(scp_bytes_of(rig->image, rig->image_len),
                                                  &rig->env, storage, &cards[i]));
    size_t used = heap_in_use() - before;
    if (used == 0)
        print_message("the allocator of a sanitizer does not tell what is in use\n");
    else
        printf("%d cards take %zu MiB, %zu bytes each, %.1f times their image\n", CARDS, used >> 20,
               used / CARDS, (double)used / CARDS / (double)rig->image_len);
    assert_true(used < (size_t)1 << 30);
    for (size_t i = 0; i < CARDS; i++)
        softcard_free(cards[i]);
    free(cards);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rebind_costs_the_card_a_small_multiple_of_its_cipher),
        cmocka_unit_test(ten_thousand_cards_fit_in_a_gibibyte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
