/* Cryptogram versions: answers that another implementation gave for the same keys and data. */
#include "scp/emv/script.h"
#include "tests/support/test.h"

static const struct scp_key cryptogram_key = {.len = 16,
                                              .bytes = {0xA7, 0xCD, 0x8A, 0x64, 0x4A, 0x2F, 0xA8,
                                                        0x29, 0xD0, 0x67, 0x52, 0x10, 0xC4, 0xB0,
                                                        0x01, 0xF1}};
static const struct scp_key mac_key = {.len = 16,
                                       .bytes = {0x52, 0xE0, 0xE0, 0xB6, 0x92, 0x02, 0x80, 0x2A,
                                                 0x91, 0x70, 0xC7, 0xB6, 0xD3, 0xBC, 0xB5, 0xD0}};
static const struct scp_key confidentiality_key = {.len = 16,
                                                   .bytes = {0x38, 0xFE, 0x13, 0xC4, 0x54, 0xF1,
                                                             0x10, 0xA7, 0x76, 0xFE, 0x31, 0x9D,
                                                             0xAB, 0x3D, 0x76, 0x80}};
static const uint8_t terminal_data[] = {0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
                                        0x00, 0x00, 0x01, 0x56, 0x80, 0x00, 0x04, 0x80, 0x00, 0x01,
                                        0x56, 0x26, 0x11, 0x23, 0x00, 0xAA, 0xBB, 0xCC, 0xDD};
static const uint8_t aip[2] = {0x1C, 0x00};
static const uint8_t new_pin[8] = {0x24, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
enum { ATC = 0x001C };

static const struct known {
    const char *issuer_data;
    const char *request;
    const char *authentication; /* for response code 00 */
    const char *block_mac;      /* of APPLICATION BLOCK */
    const char *new_pin;        /* enciphered; NULL: not known */
    const char *pin_mac;
} known[] = {
    {"", "52F6DD8D5892C745", "B399A9B12BA159763030", NULL, NULL, NULL},
    {"07010103A0000001", "B272ACE524F2A18F", "4153127B296290483030", "038D60DA19973D58", NULL,
     NULL},
    {"06010A03A00000", "50AA31EA411F6A8F", "A7FA5298A680ECAA3030", "01E778D59697F281",
     "D7C65E192561714BC1BF42DB1C60BED0", "55ED8F78972CC388"},
    {"06011203A00000", "06637899A8F422B1", "2C0F9D9100800000", "16AF2B5E03D45AC7",
     "D7C65E192561714BC1BF42DB1C60BED0", "0EC3AEB26AAC5F18"},
    {"06011603A00000", "2FED23F2D5ACAFC6", "EE445D1C00800000", "34432C5FF5E7D336",
     "D86A2A90B4BBD33BE3B3DF2A9D291BA8", "E4E699D4ADCA351A"},
};
enum { KNOWN = sizeof known / sizeof known[0] };

static struct scp_bytes decode(const char *hex, uint8_t buffer[32])
{
    struct scp_writer w = scp_writer_on(buffer, 32);
    assert_int_equal(SCP_OK, scp_hex_decode(hex, &w));
    return scp_written(&w);
}

static void assert_hex(const char *hex, struct scp_bytes actual)
{
    uint8_t buffer[32];
    assert_true(scp_bytes_equal(decode(hex, buffer), actual));
}

static struct scp_emv_request request_of(const struct known *k)
{
    uint8_t data[32];
    struct scp_emv_request request = {.scheme = scp_emv_scheme_of(decode(k->issuer_data, data)),
                                      .atc = ATC};
    struct scp_writer w = scp_writer_on(request.cryptogram, sizeof request.cryptogram);
    assert_int_equal(SCP_OK, scp_hex_decode(k->request, &w));
    return request;
}

static void each_version_has_its_cryptogram(void **state)
{
    (void)state;
    for (size_t i = 0; i < KNOWN; i++) {
        uint8_t data[32];
        uint8_t cryptogram[8];
        const struct scp_emv_transaction transaction = {.terminal_data = SCP_BYTES(terminal_data),
                                                        .aip = SCP_BYTES(aip),
                                                        .issuer_data =
                                                            decode(known[i].issuer_data, data),
                                                        .atc = ATC};
        assert_int_equal(SCP_OK,
                         scp_emv_application_cryptogram(&cryptogram_key, &transaction, cryptogram));
        assert_hex(known[i].request, SCP_BYTES(cryptogram));
    }
}

static void each_version_has_its_issuers_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < KNOWN; i++) {
        uint8_t buffer[SCP_EMV_AUTHENTICATION_MAX];
        struct scp_emv_request request = request_of(&known[i]);
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        assert_int_equal(SCP_OK, scp_emv_authentication_put(&cryptogram_key, &request,
                                                            (const uint8_t *)"00", &w));
        assert_hex(known[i].authentication, scp_written(&w));
        assert_int_equal(SCP_OK,
                         scp_emv_authentication_check(&cryptogram_key, &request, scp_written(&w)));
    }
}

static void a_changed_answer_is_refused_in_each_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < KNOWN; i++) {
        uint8_t buffer[32];
        struct scp_emv_request request = request_of(&known[i]);
        struct scp_bytes data = decode(known[i].authentication, buffer);
        for (size_t at = 0; at < data.len; at++) {
            buffer[at] ^= 0x10;
            assert_int_equal(SCP_BAD_CRYPTOGRAM,
                             scp_emv_authentication_check(&cryptogram_key, &request, data));
            buffer[at] ^= 0x10;
        }
        assert_int_equal(
            SCP_OUT_OF_RANGE,
            scp_emv_authentication_check(&cryptogram_key, &request, scp_bytes_slice(data, 0, 7)));
    }
}

static void each_version_protects_its_scripts(void **state)
{
    (void)state;
    for (size_t i = 0; i < KNOWN; i++) {
        uint8_t mac[8];
        struct scp_emv_request request = request_of(&known[i]);
        const struct scp_emv_script block = {.header = {0x84, 0x1E, 0, 0, 0x08}};
        assert_int_equal(SCP_OK, scp_emv_script_mac(&mac_key, &request, &block, mac));
        if (known[i].block_mac != NULL)
            assert_hex(known[i].block_mac, SCP_BYTES(mac));
    }
}

static void a_new_pin_is_enciphered_and_comes_back(void **state)
{
    (void)state;
    const struct scp_emv_pin_keys keys = {&confidentiality_key, &cryptogram_key};
    for (size_t i = 0; i < KNOWN; i++) {
        uint8_t cipher[16];
        uint8_t block[8];
        uint8_t mac[8];
        struct scp_emv_request request = request_of(&known[i]);
        struct scp_writer w = scp_writer_on(cipher, sizeof cipher);
        assert_int_equal(SCP_OK, scp_emv_pin_encipher(&keys, &request, new_pin, &w));
        assert_int_equal(SCP_OK, scp_emv_pin_decipher(&keys, &request, scp_written(&w), block));
        assert_memory_equal(new_pin, block, sizeof block);
        if (known[i].new_pin == NULL)
            continue;
        const struct scp_emv_script change = {.header = {0x84, 0x24, 0, 0x02, 0x18},
                                              .data = scp_written(&w)};
        assert_hex(known[i].new_pin, scp_written(&w));
        assert_int_equal(SCP_OK, scp_emv_script_mac(&mac_key, &request, &change, mac));
        assert_hex(known[i].pin_mac, SCP_BYTES(mac));
    }
}

static void what_deciphers_to_no_pin_is_refused(void **state)
{
    (void)state;
    const struct scp_emv_pin_keys keys = {&confidentiality_key, &cryptogram_key};
    const struct scp_emv_pin_keys others = {&mac_key, &cryptogram_key};
    for (size_t i = 0; i < KNOWN; i++) {
        uint8_t cipher[16];
        uint8_t block[8];
        struct scp_emv_request request = request_of(&known[i]);
        struct scp_writer w = scp_writer_on(cipher, sizeof cipher);
        assert_int_equal(SCP_OK, scp_emv_pin_encipher(&others, &request, new_pin, &w));
        assert_int_not_equal(SCP_OK, scp_emv_pin_decipher(&keys, &request, scp_written(&w), block));
        assert_int_equal(SCP_OUT_OF_RANGE,
                         scp_emv_pin_decipher(&keys, &request, SCP_LITERAL(1, 2, 3), block));
    }
}

static void a_pin_block_has_four_to_twelve_digits(void **state)
{
    (void)state;
    static const struct {
        uint8_t block[8];
        bool valid;
    } cases[] = {
        {{0x24, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, true},
        {{0x2C, 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0xFF}, true},
        {{0x23, 0x12, 0x3F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, false},
        {{0x2D, 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x3F}, false},
        {{0x14, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, false},
        {{0x24, 0x12, 0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, false},
        {{0x24, 0x12, 0x34, 0x5F, 0xFF, 0xFF, 0xFF, 0xFF}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(cases[i].valid, scp_emv_pin_block_valid(cases[i].block));
}

static void an_unknown_version_is_what_emv_recommends(void **state)
{
    (void)state;
    assert_ptr_equal(scp_emv_scheme_of(SCP_EMPTY),
                     scp_emv_scheme_of(SCP_LITERAL(6, 1, 0x99, 3, 0xA0, 0, 0)));
    assert_ptr_equal(scp_emv_scheme_of(SCP_EMPTY),
                     scp_emv_scheme_of(SCP_LITERAL(6, 1, 0x0A, 3, 0xA0, 0)));
    assert_ptr_not_equal(scp_emv_scheme_of(SCP_EMPTY),
                         scp_emv_scheme_of(SCP_LITERAL(6, 1, 0x0A, 3, 0xA0, 0, 0)));
}

static void keys_of_another_length_are_refused(void **state)
{
    (void)state;
    const struct scp_key aes = {.len = 32};
    for (size_t i = 0; i < KNOWN; i++) {
        uint8_t out[32];
        struct scp_writer w = scp_writer_on(out, sizeof out);
        struct scp_emv_request request = request_of(&known[i]);
        const struct scp_emv_script block = {.header = {0x84, 0x1E, 0, 0, 0x08}};
        const struct scp_emv_transaction transaction = {.terminal_data = SCP_BYTES(terminal_data),
                                                        .aip = SCP_BYTES(aip)};
        assert_int_equal(SCP_OUT_OF_RANGE,
                         scp_emv_authentication_put(&aes, &request, (const uint8_t *)"00", &w));
        assert_int_equal(SCP_OUT_OF_RANGE, scp_emv_script_mac(&aes, &request, &block, out));
        assert_int_equal(SCP_OUT_OF_RANGE, scp_emv_application_cryptogram(&aes, &transaction, out));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_version_has_its_cryptogram),
        cmocka_unit_test(each_version_has_its_issuers_answer),
        cmocka_unit_test(a_changed_answer_is_refused_in_each_byte),
        cmocka_unit_test(each_version_protects_its_scripts),
        cmocka_unit_test(a_new_pin_is_enciphered_and_comes_back),
        cmocka_unit_test(what_deciphers_to_no_pin_is_refused),
        cmocka_unit_test(a_pin_block_has_four_to_twelve_digits),
        cmocka_unit_test(an_unknown_version_is_what_emv_recommends),
        cmocka_unit_test(keys_of_another_length_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
