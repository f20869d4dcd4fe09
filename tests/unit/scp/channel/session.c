/* Commands and responses of an open session, for every protocol, option and level. */
#include "tests/unit/scp/channel/pair.h"

#include <string.h>

static const uint16_t statuses[] = {0x9000, 0x6283, 0x6310, 0x6A88, 0x6985};

/* The card takes the command; its response of `len` bytes comes back to the host. */
static void exchange(struct pair *p, const struct scp_apdu *command, size_t len, uint16_t sw)
{
    uint8_t wrapped[SCP_APDU_MAX];
    uint8_t received[SCP_APDU_DATA_MAX];
    struct scp_apdu plain;
    struct scp_bytes bytes = wrap(p, command, wrapped);
    assert_int_equal(scp_card_channel_receive(&p->card, bytes, &plain, received), SCP_OK);
    assert_same_command(&plain, command);

    uint8_t data[SCP_COMMAND_MAX];
    memset(data, 0x5A, sizeof data);
    uint8_t response[SCP_COMMAND_MAX + 64];
    uint8_t back[SCP_COMMAND_MAX];
    struct scp_writer rw = scp_writer_on(response, sizeof response);
    struct scp_writer bw = scp_writer_on(back, sizeof back);
    uint16_t got = 0;
    assert_int_equal(scp_card_channel_respond(&p->card, scp_bytes_of(data, len), sw, &rw), SCP_OK);
    assert_int_equal(scp_channel_unwrap(&p->host, scp_written(&rw), &bw, &got), SCP_OK);
    assert_int_equal(got, sw);
    bool bare = (p->level & SCP_LEVEL_R_MAC) != 0 && sw >> 12 == 0x6 && sw >> 8 > 0x63;
    assert_true(scp_bytes_equal(scp_written(&bw), scp_bytes_of(data, bare ? 0 : len)));
}

static void run_round_trip(struct pair *p)
{
    for (size_t n = 0; n < SAMPLE_COUNT; n++) {
        struct scp_apdu command = sample(p, n);
        exchange(p, &command, 15 * n, statuses[n % 5]);
    }
}

static void commands_and_responses_come_back(void **state)
{
    (void)state;
    for_each_session(run_round_trip);
}

static void run_long_responses(struct pair *p)
{
    static const size_t lengths[] = {255, 256, 257, 600, 2000};
    for (size_t n = 0; n < sizeof lengths / sizeof lengths[0]; n++) {
        struct scp_apdu command = sample(p, n);
        exchange(p, &command, lengths[n], 0x9000);
    }
}

static void responses_collected_in_parts_come_back(void **state)
{
    (void)state;
    for_each_session(run_long_responses);
}

/* ---- flipped bits ------------------------------------------------------------------------- */

/* The bits of a command that no MAC covers: the logical channel in the class byte (E.4.4) and Le.
 * With implicit initiation, a class byte without secure messaging asks for no MAC at all. */
static bool is_covered(const struct pair *p, size_t byte, unsigned bit, size_t covered_len)
{
    unsigned uncovered = is_implicit(&p->option) ? 8 : 2;
    return byte < covered_len && !(byte == 0 && bit < uncovered);
}

static void run_flipped_command(struct pair *p)
{
    if ((p->level & SCP_LEVEL_C_MAC) == 0)
        return;
    for (size_t n = 0; n < SAMPLE_COUNT; n += 3) {
        struct scp_apdu command = sample(p, n);
        uint8_t wrapped[SCP_APDU_MAX];
        uint8_t received[SCP_APDU_DATA_MAX];
        struct scp_apdu plain;
        struct scp_bytes bytes = wrap(p, &command, wrapped);
        size_t covered = bytes.len - (command.le == SCP_NO_LE ? 0 : 1);
        for (size_t at = 0; at < bytes.len; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                if (!is_covered(p, at, bit, covered))
                    continue;
                wrapped[at] ^= (uint8_t)(1u << bit);
                assert_int_not_equal(scp_card_channel_receive(&p->card, bytes, &plain, received),
                                     SCP_OK);
                wrapped[at] ^= (uint8_t)(1u << bit);
            }
        }
        /* Refusing changed nothing: the right one still fits the chain. */
        assert_int_equal(scp_card_channel_receive(&p->card, bytes, &plain, received), SCP_OK);
    }
}

static void a_flipped_bit_of_a_command_is_refused(void **state)
{
    (void)state;
    for_each_session(run_flipped_command);
}

static void run_flipped_response(struct pair *p)
{
    if ((p->level & SCP_LEVEL_R_MAC) == 0)
        return;
    for (size_t n = 0; n < 6; n++) {
        struct scp_apdu command = sample(p, n);
        uint8_t wrapped[SCP_APDU_MAX];
        uint8_t received[SCP_APDU_DATA_MAX];
        uint8_t data[40] = {0x6F};
        uint8_t response[SCP_RESPONSE_MAX];
        uint8_t back[SCP_RESPONSE_DATA_MAX];
        struct scp_apdu plain;
        struct scp_writer rw = scp_writer_on(response, sizeof response);
        uint16_t sw;
        struct scp_bytes bytes = wrap(p, &command, wrapped);
        assert_int_equal(scp_card_channel_receive(&p->card, bytes, &plain, received), SCP_OK);
        assert_int_equal(
            scp_card_channel_respond(&p->card, scp_bytes_of(data, 8 * n), statuses[n % 3], &rw),
            SCP_OK);
        for (size_t bit = 0; bit < 8 * rw.len; bit++) {
            struct scp_writer bw = scp_writer_on(back, sizeof back);
            response[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_not_equal(scp_channel_unwrap(&p->host, scp_written(&rw), &bw, &sw), SCP_OK);
            assert_int_equal(bw.len, 0);
            response[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        struct scp_writer bw = scp_writer_on(back, sizeof back);
        assert_int_equal(scp_channel_unwrap(&p->host, scp_written(&rw), &bw, &sw), SCP_OK);
    }
}

static void a_flipped_bit_of_a_response_is_refused(void **state)
{
    (void)state;
    for_each_session(run_flipped_response);
}

/* Who has the keys and leaves the padding out is refused all the same. */
static void unpadded_data_are_refused_under_a_right_mac(void **state)
{
    (void)state;
    const uint8_t covered[] = {0x84, 0xF2, 0x40, 0x00, 16, 1, 2, 3, 4, 5, 6, 7, 8};
    const uint8_t zero[8] = {0};
    struct pair p;
    uint8_t data[SCP_APDU_DATA_MAX];
    uint8_t command[5 + 16] = {0x84, 0xF2, 0x40, 0x00, 16};
    struct scp_apdu plain;
    pair_open(&p, &(struct option){SCP_PROTOCOL_02, 0x05, 16, 0}, 0x03);
    assert_int_equal(
        scp_des3_cbc_encrypt(&p.host.keys.enc, zero, scp_bytes_of(&covered[5], 8), &command[5]),
        SCP_OK);
    assert_int_equal(
        scp_mac_des_retail(&p.host.keys.mac, p.host.chaining, SCP_BYTES(covered), &command[13]),
        SCP_OK);
    assert_int_equal(scp_card_channel_receive(&p.card, SCP_BYTES(command), &plain, data),
                     SCP_BAD_MAC);
    pair_fini(&p);
}

/* ---- order -------------------------------------------------------------------------------- */

static void run_skipped_command(struct pair *p)
{
    if ((p->level & SCP_LEVEL_C_MAC) == 0)
        return;
    uint8_t first[SCP_APDU_MAX];
    uint8_t second[SCP_APDU_MAX];
    uint8_t received[SCP_APDU_DATA_MAX];
    struct scp_apdu plain;
    struct scp_apdu command = sample(p, 8);
    struct scp_bytes a = wrap(p, &command, first);
    struct scp_bytes b = wrap(p, &command, second);
    assert_int_equal(scp_card_channel_receive(&p->card, b, &plain, received), SCP_BAD_MAC);
    assert_int_equal(scp_card_channel_receive(&p->card, a, &plain, received), SCP_OK);
    assert_int_equal(scp_card_channel_receive(&p->card, a, &plain, received), SCP_BAD_MAC);
    assert_int_equal(scp_card_channel_receive(&p->card, b, &plain, received), SCP_OK);
}

static void a_skipped_or_repeated_command_is_refused(void **state)
{
    (void)state;
    for_each_session(run_skipped_command);
}

static void run_plain_command(struct pair *p)
{
    if (is_implicit(&p->option))
        return; /* there it passes: see implicit.c */
    uint8_t buffer[SCP_APDU_MAX];
    uint8_t received[SCP_APDU_DATA_MAX];
    struct scp_apdu plain;
    for (size_t n = 0; n < SAMPLE_COUNT; n++) {
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        struct scp_apdu command = sample(p, n);
        scp_put_apdu(&w, &command);
        bool secured = (p->level & SCP_LEVEL_C_MAC) != 0;
        assert_int_equal(scp_card_channel_receive(&p->card, scp_written(&w), &plain, received),
                         secured ? SCP_BAD_MAC : SCP_OK);
    }
}

static void a_plain_command_is_refused_where_a_mac_is_due(void **state)
{
    (void)state;
    for_each_session(run_plain_command);
}

static void run_stale_response(struct pair *p)
{
    if ((p->level & SCP_LEVEL_R_MAC) == 0)
        return;
    uint8_t wrapped[SCP_APDU_MAX];
    uint8_t received[SCP_APDU_DATA_MAX];
    uint8_t response[SCP_RESPONSE_MAX];
    uint8_t back[SCP_RESPONSE_DATA_MAX];
    struct scp_apdu plain;
    struct scp_apdu command = sample(p, 4);
    struct scp_writer rw = scp_writer_on(response, sizeof response);
    struct scp_writer bw = scp_writer_on(back, sizeof back);
    uint16_t sw = 0;
    struct scp_bytes bytes = wrap(p, &command, wrapped);
    assert_int_equal(scp_card_channel_receive(&p->card, bytes, &plain, received), SCP_OK);
    assert_int_equal(scp_card_channel_respond(&p->card, SCP_LITERAL(1, 2), 0x9000, &rw), SCP_OK);
    assert_int_equal(scp_channel_unwrap(&p->host, scp_written(&rw), &bw, &sw), SCP_OK);
    assert_int_equal(scp_channel_unwrap(&p->host, scp_written(&rw), &bw, &sw), SCP_STATE);
    (void)wrap(p, &command, wrapped);
    assert_int_equal(scp_channel_unwrap(&p->host, scp_written(&rw), &bw, &sw), SCP_BAD_MAC);
}

static void a_response_of_an_earlier_command_is_refused(void **state)
{
    (void)state;
    for_each_session(run_stale_response);
}

static void run_bare_status(struct pair *p)
{
    uint8_t wrapped[SCP_APDU_MAX];
    uint8_t back[SCP_RESPONSE_DATA_MAX];
    struct scp_apdu command = sample(p, 2);
    struct scp_writer w = scp_writer_on(back, sizeof back);
    uint16_t sw = 0;
    (void)wrap(p, &command, wrapped);
    enum scp_error without_mac = (p->level & SCP_LEVEL_R_MAC) != 0 ? SCP_TRUNCATED : SCP_OK;
    assert_int_equal(scp_channel_unwrap(&p->host, SCP_LITERAL(0x90), &w, &sw), SCP_TRUNCATED);
    assert_int_equal(scp_channel_unwrap(&p->host, SCP_LITERAL(0x90, 0x00), &w, &sw), without_mac);
    assert_int_equal(sw, 0x9000);
    (void)wrap(p, &command, wrapped);
    if (p->option.protocol == SCP_PROTOCOL_03)
        without_mac = SCP_OK; /* an error status word carries no R-MAC */
    assert_int_equal(scp_channel_unwrap(&p->host, SCP_LITERAL(0x69, 0x82), &w, &sw), without_mac);
    assert_int_equal(sw, 0x6982);
}

static void a_bare_status_word_proves_nothing(void **state)
{
    (void)state;
    for_each_session(run_bare_status);
}

static void data_beside_an_error_are_refused_under_r_mac(void **state)
{
    (void)state;
    const struct option both[] = {{SCP_PROTOCOL_02, 0x75, 16, 0}, {SCP_PROTOCOL_03, 0x70, 16, 0}};
    for (size_t n = 0; n < 2; n++) {
        struct pair p;
        pair_open(&p, &both[n], 0x13);
        uint8_t wrapped[SCP_APDU_MAX];
        uint8_t back[64];
        struct scp_writer w = scp_writer_on(back, sizeof back);
        struct scp_apdu command = sample(&p, 2);
        uint16_t sw;
        (void)wrap(&p, &command, wrapped);
        const uint8_t response[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 0x6A, 0x88};
        assert_int_equal(scp_channel_unwrap(&p.host, SCP_BYTES(response), &w, &sw), SCP_BAD_MAC);
        pair_fini(&p);
    }
}

/* ---- room and space ----------------------------------------------------------------------- */

static void run_room(struct pair *p)
{
    uint8_t data[SCP_APDU_DATA_MAX + 1] = {0};
    size_t room = scp_channel_room(&p->host);
    struct scp_apdu command = {0x80, 0xE2, 0, 0, scp_bytes_of(data, room), 0};
    exchange(p, &command, 0, 0x9000);
    uint8_t wrapped[SCP_APDU_MAX + 64];
    struct scp_writer w = scp_writer_on(wrapped, sizeof wrapped);
    command.data.len = room + 1;
    assert_int_equal(scp_channel_wrap(&p->host, &command, &w), SCP_TOO_LONG);
    assert_int_equal(w.len, 0);
    command.data.len = room;
    exchange(p, &command, 0, 0x9000);
}

static void room_is_the_most_that_fits(void **state)
{
    (void)state;
    for_each_session(run_room);
}

static void room_has_the_known_values(void **state)
{
    (void)state;
    const struct {
        struct option option;
        uint8_t level;
        size_t room;
    } known[] = {
        {{SCP_PROTOCOL_02, 0x15, 16, 0}, 0x00, 255}, {{SCP_PROTOCOL_02, 0x15, 16, 0}, 0x01, 247},
        {{SCP_PROTOCOL_02, 0x15, 16, 0}, 0x03, 239}, {{SCP_PROTOCOL_03, 0x70, 16, 0}, 0x01, 247},
        {{SCP_PROTOCOL_03, 0x70, 16, 0}, 0x33, 239}, {{SCP_PROTOCOL_03, 0x71, 16, 0}, 0x01, 239},
        {{SCP_PROTOCOL_03, 0x71, 16, 0}, 0x03, 223},
    };
    for (size_t n = 0; n < sizeof known / sizeof known[0]; n++) {
        struct pair p;
        pair_open(&p, &known[n].option, known[n].level);
        assert_int_equal(scp_channel_room(&p.host), known[n].room);
        pair_fini(&p);
    }
}

static void run_no_space(struct pair *p)
{
    uint8_t wrapped[SCP_APDU_MAX];
    uint8_t received[SCP_APDU_DATA_MAX];
    struct scp_apdu plain;
    struct scp_apdu command = sample(p, 10);
    for (size_t cap = 0; cap < 16; cap++) {
        struct scp_writer w = scp_writer_on(wrapped, cap);
        assert_int_equal(scp_channel_wrap(&p->host, &command, &w), SCP_NO_SPACE);
    }
    struct scp_bytes bytes = wrap(p, &command, wrapped);
    assert_int_equal(scp_card_channel_receive(&p->card, bytes, &plain, received), SCP_OK);
}

static void a_command_without_space_does_not_advance_the_channel(void **state)
{
    (void)state;
    for_each_session(run_no_space);
}

/* ---- class bytes and quirks --------------------------------------------------------------- */

/* Logical channels 0 to 3 have one coding of the class byte, 4 to 19 the other (GPCS 11.1.4). */
static uint8_t on_channel(uint8_t class, unsigned channel)
{
    return (uint8_t)(channel < 4 ? class | channel : class | 0x40 | (channel - 4));
}

static void run_class_bytes(struct pair *p)
{
    static const uint8_t classes[] = {0x80, 0x00, 0x90};
    enum { CHANNELS = 20, ALL = 3 * CHANNELS };
    for (size_t n = 0; n < ALL; n++) {
        uint8_t wrapped[SCP_APDU_MAX];
        uint8_t received[SCP_APDU_DATA_MAX];
        struct scp_apdu plain;
        struct scp_apdu command = sample(p, 7);
        command.cla = on_channel(classes[n / CHANNELS], n % CHANNELS);
        struct scp_bytes bytes = wrap(p, &command, wrapped);
        if ((p->level & SCP_LEVEL_C_MAC) != 0)
            assert_int_equal(wrapped[0], command.cla | (n % CHANNELS < 4 ? 0x04 : 0x20));
        else
            assert_int_equal(wrapped[0], command.cla);
        assert_int_equal(scp_card_channel_receive(&p->card, bytes, &plain, received), SCP_OK);
        assert_same_command(&plain, &command);
    }
}

static void class_bytes_come_back(void **state)
{
    (void)state;
    for_each_session(run_class_bytes);
}

/* Who holds the reader may use another logical channel than the one the host thought of. */
static void run_moved_channel(struct pair *p)
{
    static const uint8_t classes[][2] = {{0x82, 0x86}, {0xC5, 0xE5}, {0xCF, 0xEF}, {0x80, 0x84}};
    bool secured = (p->level & SCP_LEVEL_C_MAC) != 0;
    for (size_t n = 0; n < sizeof classes / sizeof classes[0]; n++) {
        uint8_t wrapped[SCP_APDU_MAX];
        uint8_t received[SCP_APDU_DATA_MAX];
        uint8_t response[SCP_RESPONSE_MAX];
        uint8_t back[SCP_RESPONSE_DATA_MAX];
        struct scp_writer rw = scp_writer_on(response, sizeof response);
        struct scp_writer bw = scp_writer_on(back, sizeof back);
        struct scp_apdu plain;
        uint16_t sw;
        struct scp_apdu command = sample(p, n + 4);
        struct scp_bytes bytes = wrap(p, &command, wrapped);
        wrapped[0] = classes[n][secured ? 1 : 0];
        assert_int_equal(scp_card_channel_receive(&p->card, bytes, &plain, received), SCP_OK);
        assert_int_equal(plain.cla, classes[n][0]);
        assert_int_equal(scp_card_channel_respond(&p->card, SCP_LITERAL(1, 2), 0x9000, &rw),
                         SCP_OK);
        assert_int_equal(scp_channel_unwrap(&p->host, scp_written(&rw), &bw, &sw), SCP_OK);
    }
}

static void a_session_moves_to_another_logical_channel(void **state)
{
    (void)state;
    for_each_session(run_moved_channel);
}

static size_t wrapped_len_of_empty(uint8_t quirks)
{
    const struct option option = {SCP_PROTOCOL_03, 0x70, 16, quirks};
    struct pair p;
    uint8_t wrapped[SCP_APDU_MAX];
    pair_open(&p, &option, 0x33);
    struct scp_apdu command = {0x80, 0xF2, 0, 0, SCP_EMPTY, SCP_NO_LE};
    size_t len = wrap(&p, &command, wrapped).len;
    pair_fini(&p);
    return len;
}

static void empty_data_are_encrypted_only_by_quirk(void **state)
{
    (void)state;
    assert_int_equal(wrapped_len_of_empty(0), 5 + 8);
    assert_int_equal(wrapped_len_of_empty(SCP_QUIRK_ENCRYPT_EMPTY), 5 + 16 + 8);
}

static void an_uncounted_command_is_a_different_chain(void **state)
{
    (void)state;
    const struct option option = {SCP_PROTOCOL_03, 0x70, 16, 0};
    struct pair p;
    uint8_t wrapped[SCP_APDU_MAX];
    uint8_t received[SCP_APDU_DATA_MAX];
    struct scp_apdu plain;
    pair_open(&p, &option, 0x33);
    p.card.ch.params.quirks = SCP_QUIRK_EMPTY_UNCOUNTED;
    struct scp_apdu command = {0x80, 0xF2, 0, 0, SCP_EMPTY, SCP_NO_LE};
    assert_int_equal(
        scp_card_channel_receive(&p.card, wrap(&p, &command, wrapped), &plain, received), SCP_OK);
    command.data = SCP_LITERAL(1, 2, 3);
    enum scp_error error =
        scp_card_channel_receive(&p.card, wrap(&p, &command, wrapped), &plain, received);
    /* The MAC is right and the IV is not: padding nearly always shows it, data always do. */
    assert_true(error == SCP_BAD_PADDING || !scp_bytes_equal(plain.data, command.data));
    pair_fini(&p);
}

/* ---- sensitive data ----------------------------------------------------------------------- */

static void run_dek(struct pair *p)
{
    uint8_t plain[32] = {1, 2, 3};
    uint8_t cipher[32];
    uint8_t back[32];
    assert_int_equal(scp_channel_dek_encrypt(&p->host, &p->keys, SCP_BYTES(plain), cipher), SCP_OK);
    assert_memory_not_equal(cipher, plain, sizeof plain);
    assert_int_equal(scp_card_channel_dek_decrypt(&p->card, SCP_BYTES(cipher), back), SCP_OK);
    assert_memory_equal(back, plain, sizeof plain);
    assert_int_equal(scp_channel_dek_encrypt(&p->host, &p->keys, scp_bytes_of(plain, 12), cipher),
                     SCP_OUT_OF_RANGE);
}

static void sensitive_data_come_back(void **state)
{
    (void)state;
    for_each_session(run_dek);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_and_responses_come_back),
        cmocka_unit_test(responses_collected_in_parts_come_back),
        cmocka_unit_test(a_flipped_bit_of_a_command_is_refused),
        cmocka_unit_test(a_flipped_bit_of_a_response_is_refused),
        cmocka_unit_test(unpadded_data_are_refused_under_a_right_mac),
        cmocka_unit_test(a_skipped_or_repeated_command_is_refused),
        cmocka_unit_test(a_plain_command_is_refused_where_a_mac_is_due),
        cmocka_unit_test(a_response_of_an_earlier_command_is_refused),
        cmocka_unit_test(a_bare_status_word_proves_nothing),
        cmocka_unit_test(data_beside_an_error_are_refused_under_r_mac),
        cmocka_unit_test(room_is_the_most_that_fits),
        cmocka_unit_test(room_has_the_known_values),
        cmocka_unit_test(a_command_without_space_does_not_advance_the_channel),
        cmocka_unit_test(class_bytes_come_back),
        cmocka_unit_test(a_session_moves_to_another_logical_channel),
        cmocka_unit_test(empty_data_are_encrypted_only_by_quirk),
        cmocka_unit_test(an_uncounted_command_is_a_different_chain),
        cmocka_unit_test(sensitive_data_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
