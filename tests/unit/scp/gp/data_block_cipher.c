#include "scp/gp/load_file.h"
#include "tests/support/expect.h"

#include <string.h>

enum { BLOCK_MAX = 256 };

/* Keys and chaining values of every kind that C.6 knows; no ICV means zeros. */
static struct {
    enum scp_key_type type;
    const char *key;
    const char *icv;
    size_t block;
} const cases[] = {
    {SCP_KEY_TYPE_DES, "404142434445464748494A4B4C4D4E4F", "", 8},
    {SCP_KEY_TYPE_DES, "404142434445464748494A4B4C4D4E4F", "0102030405060708", 8},
    {SCP_KEY_TYPE_AES, "2B7E151628AED2A6ABF7158809CF4F3C", "", 16},
    {SCP_KEY_TYPE_AES, "2B7E151628AED2A6ABF7158809CF4F3C", "000102030405060708090A0B0C0D0E0F", 16},
    {SCP_KEY_TYPE_AES, "8E73B0F7DA0E6452C810F32B809079E562F8EAD2522C6B7B", "", 16},
    {SCP_KEY_TYPE_AES, "603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4",
     "000102030405060708090A0B0C0D0E0F", 16},
};

enum { CASES = sizeof cases / sizeof cases[0] };

/* Memory of one case's cipher. */
struct rig {
    struct scp_key key;
    uint8_t icv[16];
    struct scp_data_block_cipher cipher;
};

static void set_up(struct rig *rig, size_t i)
{
    uint8_t key[SCP_KEY_MAX];
    assert_int_equal(scp_key_from(&rig->key, expect_decode(key, sizeof key, cases[i].key)), SCP_OK);
    rig->cipher = (struct scp_data_block_cipher){
        .type = cases[i].type,
        .key = &rig->key,
        .icv = expect_decode(rig->icv, sizeof rig->icv, cases[i].icv)};
}

static void a_data_block_of_any_length_round_trips(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        struct rig rig;
        set_up(&rig, i);
        for (size_t len = 1; len <= 48; len++) {
            uint8_t clear[48], ciphered[BLOCK_MAX], back[BLOCK_MAX];
            memset(clear, 0xC5, sizeof clear);
            struct scp_writer c = scp_writer_on(ciphered, sizeof ciphered);
            struct scp_writer b = scp_writer_on(back, sizeof back);
            struct scp_bytes in = scp_bytes_of(clear, len);
            assert_int_equal(scp_data_block_encrypt(&rig.cipher, in, &c), SCP_OK);
            assert_int_equal(c.len, (len / cases[i].block + 1) * cases[i].block);
            assert_int_equal(scp_data_block_decrypt(&rig.cipher, scp_written(&c), &b), SCP_OK);
            assert_true(scp_bytes_equal(scp_written(&b), in));
        }
    }
}

/* SP 800-38A F.2.1 and F.2.5, first blocks; the padding makes another one behind them. */
static void cbc_knows_sp_800_38a(void **state)
{
    (void)state;
    static const char *const answers[CASES] = {
        [3] = "7649ABAC8119B246CEE98E9B12E9197D", [5] = "F58C4C04D6E5F1BA779EABFB5F7BFBD6"};
    for (size_t i = 0; i < CASES; i++) {
        struct rig rig;
        uint8_t ciphered[BLOCK_MAX];
        struct scp_writer w = scp_writer_on(ciphered, sizeof ciphered);
        if (answers[i] == NULL)
            continue;
        set_up(&rig, i);
        assert_int_equal(
            scp_data_block_encrypt(&rig.cipher, HEX("6BC1BEE22E409F96E93D7E117393172A"), &w),
            SCP_OK);
        assert_hex(scp_bytes_slice(scp_written(&w), 0, 16), answers[i]);
    }
}

static void a_wrong_key_or_a_cut_block_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        struct rig rig;
        uint8_t ciphered[BLOCK_MAX], back[BLOCK_MAX];
        struct scp_writer c = scp_writer_on(ciphered, sizeof ciphered);
        struct scp_writer b = scp_writer_on(back, sizeof back);
        set_up(&rig, i);
        assert_int_equal(scp_data_block_encrypt(&rig.cipher, HEX("010203"), &c), SCP_OK);
        struct scp_bytes whole = scp_written(&c);
        assert_int_equal(scp_data_block_decrypt(&rig.cipher, SCP_EMPTY, &b), SCP_OUT_OF_RANGE);
        assert_int_equal(
            scp_data_block_decrypt(&rig.cipher, scp_bytes_slice(whole, 0, whole.len - 1), &b),
            SCP_OUT_OF_RANGE);
        rig.key.bytes[0] ^= 0x10;
        assert_int_equal(scp_data_block_decrypt(&rig.cipher, whole, &b), SCP_BAD_PADDING);
        assert_int_equal(scp_written(&b).len, 0);
    }
}

static void padding_longer_than_a_block_is_refused(void **state)
{
    (void)state;
    struct rig rig;
    uint8_t ciphered[BLOCK_MAX], back[BLOCK_MAX];
    struct scp_writer c = scp_writer_on(ciphered, sizeof ciphered);
    struct scp_writer b = scp_writer_on(back, sizeof back);
    set_up(&rig, 0);
    /* Its own padding is a whole block: what comes before is a data block padded twice. */
    assert_int_equal(
        scp_data_block_encrypt(&rig.cipher, HEX("01020304050607800000000000000000"), &c), SCP_OK);
    assert_int_equal(
        scp_data_block_decrypt(&rig.cipher, scp_bytes_slice(scp_written(&c), 0, 16), &b),
        SCP_BAD_PADDING);
}

static void other_keys_and_chaining_values_are_refused(void **state)
{
    (void)state;
    struct rig rig;
    uint8_t out[BLOCK_MAX];
    struct scp_writer w = scp_writer_on(out, sizeof out);
    set_up(&rig, 2);
    rig.cipher.icv = HEX("0102030405060708");
    assert_int_equal(scp_data_block_encrypt(&rig.cipher, HEX("01"), &w), SCP_OUT_OF_RANGE);
    rig.cipher.icv = SCP_EMPTY;
    rig.cipher.type = SCP_KEY_TYPE_RSA_MODULUS;
    assert_int_equal(scp_data_block_encrypt(&rig.cipher, HEX("01"), &w), SCP_UNSUPPORTED);
    assert_int_equal(scp_data_block_decrypt(&rig.cipher, HEX("01"), &w), SCP_UNSUPPORTED);
    rig.cipher.type = SCP_KEY_TYPE_AES;
    w = scp_writer_on(out, 15);
    assert_int_equal(scp_data_block_encrypt(&rig.cipher, HEX("01"), &w), SCP_NO_SPACE);
}

static void a_ciphered_load_file_round_trips(void **state)
{
    (void)state;
    uint8_t buffer[BLOCK_MAX];
    struct scp_load_file file;
    struct scp_dap dap = {.signature = HEX("AABB")};
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(scp_aid_parse(&dap.security_domain, "A000000151"), SCP_OK);
    scp_put_ciphered_load_file(&w, &dap, 1, HEX("0102030405060708"), HEX("1112131415161718"));
    assert_written(&w, "E20B4F05A000000151C302AABBD3080102030405060708D4081112131415161718");
    assert_int_equal(scp_load_file_parse(scp_written(&w), &file), SCP_OK);
    assert_hex(file.icv, "0102030405060708");
    assert_hex(file.ciphered, "1112131415161718");
    assert_int_equal(file.data_block.len, 0);
    w = scp_writer_on(buffer, sizeof buffer);
    scp_put_ciphered_load_file(&w, NULL, 0, SCP_EMPTY, HEX("1112131415161718"));
    assert_written(&w, "D4081112131415161718");
}

static void objects_out_of_place_are_refused(void **state)
{
    (void)state;
    struct scp_load_file file;
    struct scp_bytes cases_of[] = {
        HEX("D30101C40101"),       /* an ICV for a clear data block */
        HEX("D40101D30101"),       /* behind what it is for */
        HEX("D30101D30101D40101"), /* twice */
        HEX("D30101"),             /* for nothing */
        HEX("C40101D40101"),       /* two data blocks */
        HEX("D300D40101"),         /* empty */
        HEX("D40101E20A4F05A000000151C301AA"),
    };
    for (size_t i = 0; i < sizeof cases_of / sizeof cases_of[0]; i++)
        assert_int_equal(scp_load_file_parse(cases_of[i], &file), SCP_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_data_block_of_any_length_round_trips),
        cmocka_unit_test(cbc_knows_sp_800_38a),
        cmocka_unit_test(a_wrong_key_or_a_cut_block_is_refused),
        cmocka_unit_test(padding_longer_than_a_block_is_refused),
        cmocka_unit_test(other_keys_and_chaining_values_are_refused),
        cmocka_unit_test(a_ciphered_load_file_round_trips),
        cmocka_unit_test(objects_out_of_place_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
