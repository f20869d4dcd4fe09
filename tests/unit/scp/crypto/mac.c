/* MACs and hashes: published answers, and parts that make no difference. */
#include "scp/crypto/mac.h"
#include "tests/support/test.h"

#include <string.h>

static void assert_hex(const uint8_t *bytes, size_t len, const char *hex)
{
    char text[SCP_HEX_SIZE(64)];
    assert_string_equal(scp_hex_encode(text, sizeof text, scp_bytes_of(bytes, len)), hex);
}

static struct scp_key key_of(const char *hex)
{
    uint8_t bytes[SCP_KEY_MAX];
    struct scp_writer w = scp_writer_on(bytes, sizeof bytes);
    struct scp_key key;
    assert_int_equal(scp_hex_decode(hex, &w), SCP_OK);
    assert_int_equal(scp_key_from(&key, scp_written(&w)), SCP_OK);
    return key;
}

/* NIST SP 800-38B, D.1 to D.3. */
static const char message[] = "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51"
                              "30C81C46A35CE411E5FBC1191A0A52EFF69F2445DF4F9B17AD2B417BE66C3710";
static const struct {
    const char *key;
    struct {
        size_t len;
        const char *mac;
    } answers[4];
} cmacs[] = {
    {"2B7E151628AED2A6ABF7158809CF4F3C",
     {{0, "BB1D6929E95937287FA37D129B756746"},
      {16, "070A16B46B4D4144F79BDD9DD04A287C"},
      {40, "DFA66747DE9AE63030CA32611497C827"},
      {64, "51F0BEBF7E3B9D92FC49741779363CFE"}}},
    {"8E73B0F7DA0E6452C810F32B809079E562F8EAD2522C6B7B",
     {{0, "D17DDF46ADAACDE531CAC483DE7A9367"},
      {16, "9E99A7BF31E710900662F65E617C5184"},
      {40, "8A1DE5BE2EB31AAD089A82E6EE908B0E"},
      {64, "A1D5DF0EED790F794D77589659F39A11"}}},
    {"603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4",
     {{0, "028962F61B7BF89EFC6B551F4667D983"},
      {16, "28A7023F452E8F82BD4BF28D8C37C35C"},
      {40, "AAF3D8F1DE5640C232F5B169B9C911E6"},
      {64, "E1992190549F6ED5696A2C056C315410"}}},
};

static void cmac_knows_sp_800_38b(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(scp_hex_decode(message, &w), SCP_OK);
    for (size_t k = 0; k < 3; k++) {
        struct scp_key key = key_of(cmacs[k].key);
        for (size_t i = 0; i < 4; i++) {
            uint8_t mac[16];
            struct scp_bytes part = scp_bytes_of(buffer, cmacs[k].answers[i].len);
            assert_int_equal(scp_cmac(&key, &part, 1, mac), SCP_OK);
            assert_hex(mac, sizeof mac, cmacs[k].answers[i].mac);
        }
    }
}

static void cmac_of_parts_is_cmac_of_the_whole(void **state)
{
    (void)state;
    struct scp_key key = key_of(cmacs[0].key);
    uint8_t buffer[70];
    memset(buffer, 0xA5, sizeof buffer);
    for (size_t len = 0; len <= sizeof buffer; len++) {
        struct scp_bytes whole = scp_bytes_of(buffer, len);
        uint8_t expected[16];
        assert_int_equal(scp_cmac(&key, &whole, 1, expected), SCP_OK);
        for (size_t cut = 0; cut <= len; cut++) {
            const struct scp_bytes parts[] = {scp_bytes_slice(whole, 0, cut / 2),
                                              scp_bytes_slice(whole, cut / 2, cut - cut / 2),
                                              SCP_EMPTY, scp_bytes_from(whole, cut)};
            uint8_t mac[16];
            assert_int_equal(scp_cmac(&key, parts, 4, mac), SCP_OK);
            assert_memory_equal(mac, expected, sizeof mac);
        }
    }
}

static void full_mac_covers_more_than_one_run_of_blocks(void **state)
{
    (void)state;
    struct scp_key key = key_of("404142434445464748494A4B4C4D4E4F");
    uint8_t in[300] = {0};
    uint8_t iv[8] = {1};
    uint8_t first[8];
    assert_int_equal(scp_mac_des3_full(&key, iv, SCP_BYTES(in), first), SCP_OK);
    for (size_t i = 0; i < sizeof in; i++) {
        uint8_t mac[8];
        in[i] ^= 0x40;
        assert_int_equal(scp_mac_des3_full(&key, iv, SCP_BYTES(in), mac), SCP_OK);
        assert_memory_not_equal(mac, first, sizeof mac);
        in[i] ^= 0x40;
    }
}

/* With equal halves the last triple encryption is a single one: both MACs are one. */
static void retail_and_full_mac_agree_on_a_single_key(void **state)
{
    (void)state;
    struct scp_key key = key_of("40414243444546474041424344454647");
    const uint8_t iv[8] = {7, 7};
    uint8_t in[41] = {0x5A};
    for (size_t len = 0; len <= sizeof in; len++) {
        uint8_t retail[8];
        uint8_t full[8];
        assert_int_equal(scp_mac_des_retail(&key, iv, scp_bytes_of(in, len), retail), SCP_OK);
        assert_int_equal(scp_mac_des3_full(&key, iv, scp_bytes_of(in, len), full), SCP_OK);
        assert_memory_equal(retail, full, sizeof full);
    }
}

/* A part may end anywhere; what was added so far may be stored and gone on with. */
static void retail_mac_in_parts_is_that_of_the_whole(void **state)
{
    (void)state;
    struct scp_key key = key_of("404142434445464748494A4B4C4D4E4F");
    struct scp_retail_key schedule;
    const uint8_t iv[8] = {9, 8, 7};
    uint8_t in[700];
    memset(in, 0x3C, sizeof in);
    assert_int_equal(scp_retail_set(&schedule, &key), SCP_OK);
    for (size_t len = 0; len <= sizeof in; len += 7) {
        uint8_t whole[8];
        assert_int_equal(scp_mac_des_retail(&key, iv, scp_bytes_of(in, len), whole), SCP_OK);
        for (size_t cut = 0; cut <= len; cut += 5) {
            struct scp_retail mac;
            uint8_t parts[8];
            scp_retail_start(&mac, iv);
            assert_int_equal(scp_retail_add(&schedule, &mac, scp_bytes_of(in, cut)), SCP_OK);
            struct scp_retail stored = mac;
            assert_int_equal(scp_retail_add(&schedule, &stored, scp_bytes_of(in + cut, len - cut)),
                             SCP_OK);
            assert_int_equal(scp_retail_end(&schedule, &stored, parts), SCP_OK);
            assert_memory_equal(parts, whole, sizeof whole);
        }
    }
}

static void a_schedule_serves_many_messages(void **state)
{
    (void)state;
    struct scp_key key = key_of(cmacs[1].key);
    struct scp_cmac_key schedule;
    uint8_t in[700];
    memset(in, 0xA7, sizeof in);
    assert_int_equal(scp_cmac_set(&schedule, &key), SCP_OK);
    for (size_t len = 0; len <= sizeof in; len++) {
        const struct scp_bytes whole = scp_bytes_of(in, len);
        const struct scp_bytes parts[] = {scp_bytes_slice(whole, 0, 300),
                                          scp_bytes_from(whole, 300)};
        uint8_t once[16];
        uint8_t again[16];
        assert_int_equal(scp_cmac(&key, &whole, 1, once), SCP_OK);
        assert_int_equal(scp_cmac_with(&schedule, parts, 2, again), SCP_OK);
        assert_memory_equal(once, again, sizeof once);
    }
}

static void mac_may_replace_its_iv(void **state)
{
    (void)state;
    struct scp_key key = key_of("404142434445464748494A4B4C4D4E4F");
    uint8_t in[20] = {3};
    uint8_t apart[8];
    uint8_t iv[8] = {1, 2, 3};
    assert_int_equal(scp_mac_des_retail(&key, iv, SCP_BYTES(in), apart), SCP_OK);
    assert_int_equal(scp_mac_des_retail(&key, iv, SCP_BYTES(in), iv), SCP_OK);
    assert_memory_equal(iv, apart, sizeof iv);
}

static void wrong_key_lengths_are_refused(void **state)
{
    (void)state;
    const uint8_t iv[8] = {0};
    uint8_t mac[16];
    struct scp_key none = {.len = 0};
    struct scp_key long_key = key_of(cmacs[2].key);
    assert_int_equal(scp_cmac(&none, NULL, 0, mac), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_mac_des_retail(&long_key, iv, SCP_EMPTY, mac), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_mac_des3_full(&long_key, iv, SCP_EMPTY, mac), SCP_OUT_OF_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cmac_knows_sp_800_38b),
        cmocka_unit_test(cmac_of_parts_is_cmac_of_the_whole),
        cmocka_unit_test(full_mac_covers_more_than_one_run_of_blocks),
        cmocka_unit_test(retail_and_full_mac_agree_on_a_single_key),
        cmocka_unit_test(retail_mac_in_parts_is_that_of_the_whole),
        cmocka_unit_test(a_schedule_serves_many_messages),
        cmocka_unit_test(mac_may_replace_its_iv),
        cmocka_unit_test(wrong_key_lengths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
