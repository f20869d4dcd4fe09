/* An authority, an issuer and signed records, made with another library's RSA. */
#include "scp/emv/certificate.h"
#include "tests/support/test.h"

#include <string.h>

static const char authority_hex[] =
    "E406B2A4C4A3C1912217D96EDF2A2695F4BD66CCB1C9D69A9AD4CF78979B9F8FB96B8888A01CCE79"
    "72DBF895A70DAD38267CF5ED60D33E22058D3693E65FCA4FC96500043BD130082C3A3FF1C30DC08C"
    "57478254BD5E713705D5F64AB5F25321D34954F01040585A13609BFBC85832C5485741725EB689BC"
    "88FDAC4AC811E947";
static const char certificate_hex[] =
    "E2E79DB1737A0C2E92FB0871F742C842ADB6DDAD6CF022FE672090B4B2216C340EF7B3D7068D6185"
    "1C8850FBAD7494BAAC9BA61B99516A12D05B18A92CD382A7FBF4FC31336384369204E3E1833E0396"
    "FFEE5AD8616870F25A53ECC3D61B064C0CEABF97B558753FFCFD356123379E0D90E3229BE9F91F04"
    "BB3F3F88E6805ACF";
static const char remainder_hex[] =
    "9B13FD02C070052FBF6EB3211516AD64421394A71FAE9FF2112ED4AE17CD2F86381EB84B";
static const char issuer_hex[] =
    "BE0FBE86D425BC0782CC19D0CEC3F2E5BB3ABF0E389EBF66A444A6B237EA910063456ED7A731C8C5"
    "023BA354109751DC3DC92B55FE7CE765BC007BD32969096B57E67E360EEB84F01A1BB3748C60A61E"
    "74406094B9B8B9BE45061D289B13FD02C070052FBF6EB3211516AD64421394A71FAE9FF2112ED4AE"
    "17CD2F86381EB84B";
static const char signature_hex[] =
    "3CC6044331BE8E4CCA8A35F2E98CC7757BFF663D73F18835A6077F95BF11F26CB1F89DB5308D551A"
    "29E7C84540E7F78F8472399A92BDAE1DF2543F6B475C860095458840F48720EC94E4E3C7BAF9BF30"
    "521E316B1395A56EC7894ACBC0CBAF67AA90D4D7D03765C8C5EBFD72BBB90885006BE577DF5013DF"
    "3192D723BB8CA834";
static const char records_hex[] = "5A0862220012345678905F24033112315C00";

/* A card's key pair of 512 bits. */
static const char card_hex[] = "C384DEC00843F7BD0AD1395527DA50DF355B1AAA4229B4AEF713D112F803FBFC"
                               "684DD150681C0D41BBBCDA2270BB65973AF3660F18D7A7571DB49AA74C2841F1";
static const char card_private_hex[] =
    "825894800582A528B1E0D0E36FE6E094CE3CBC718171231F4F628B61FAAD52A7"
    "1A65C4A4AF8B7E7710A3A43F1BC677B194DDECDD0243D3FAEB9109CEFDDE454B";

struct memory {
    uint8_t bytes[1024];
    struct scp_writer w;
};

static struct scp_bytes decode(struct memory *m, const char *hex)
{
    struct scp_bytes before = scp_written(&m->w);
    assert_int_equal(SCP_OK, scp_hex_decode(hex, &m->w));
    return scp_bytes_from(scp_written(&m->w), before.len);
}

static void begin(struct memory *m)
{
    m->w = scp_writer_on(m->bytes, sizeof m->bytes);
}

static const uint8_t three[1] = {3};

static struct scp_emv_public_key key_of(struct memory *m, const char *hex)
{
    return (struct scp_emv_public_key){.modulus = decode(m, hex), .exponent = SCP_BYTES(three)};
}

static struct scp_emv_issuer_certificate certificate_of(struct memory *m)
{
    return (struct scp_emv_issuer_certificate){.certificate = decode(m, certificate_hex),
                                               .remainder = decode(m, remainder_hex),
                                               .exponent = SCP_BYTES(three)};
}

static void the_issuers_key_is_joined_from_certificate_and_remainder(void **state)
{
    (void)state;
    struct memory m;
    uint8_t buffer[SCP_EMV_MODULUS_MAX];
    struct scp_emv_issuer_key issuer;
    begin(&m);
    struct scp_emv_public_key authority = key_of(&m, authority_hex);
    struct scp_emv_issuer_certificate certificate = certificate_of(&m);
    assert_int_equal(SCP_OK, scp_emv_issuer_key_recover(&authority, &certificate, buffer, &issuer));
    assert_true(scp_bytes_equal(decode(&m, issuer_hex),
                                scp_bytes_of(issuer.modulus_buffer, issuer.modulus_len)));
    assert_true(scp_bytes_equal(SCP_LITERAL(0x62, 0x22, 0x00, 0xFF), issuer.issuer_id));
    assert_true(scp_bytes_equal(SCP_LITERAL(0x12, 0x31), issuer.expiry));
    assert_true(scp_bytes_equal(SCP_LITERAL(0x00, 0x01, 0x02), issuer.serial));
}

static void a_certificate_that_was_changed_is_refused(void **state)
{
    (void)state;
    struct memory m;
    uint8_t buffer[SCP_EMV_MODULUS_MAX];
    struct scp_emv_issuer_key issuer;
    begin(&m);
    struct scp_emv_public_key authority = key_of(&m, authority_hex);
    struct scp_emv_issuer_certificate certificate = certificate_of(&m);
    uint8_t *remainder = m.bytes + (certificate.remainder.ptr - m.bytes);
    remainder[0] ^= 1;
    assert_int_equal(SCP_BAD_SIGNATURE,
                     scp_emv_issuer_key_recover(&authority, &certificate, buffer, &issuer));
    remainder[0] ^= 1;
    certificate.exponent = SCP_LITERAL(1, 0, 1);
    assert_int_equal(SCP_OUT_OF_RANGE,
                     scp_emv_issuer_key_recover(&authority, &certificate, buffer, &issuer));
    certificate.exponent = SCP_BYTES(three);
    certificate.certificate = scp_bytes_slice(certificate.certificate, 0, 127);
    assert_int_equal(SCP_OUT_OF_RANGE,
                     scp_emv_issuer_key_recover(&authority, &certificate, buffer, &issuer));
}

static void a_certificate_of_another_authority_is_refused(void **state)
{
    (void)state;
    struct memory m;
    uint8_t buffer[SCP_EMV_MODULUS_MAX];
    struct scp_emv_issuer_key issuer;
    begin(&m);
    struct scp_emv_public_key other = key_of(&m, issuer_hex);
    struct scp_emv_issuer_certificate certificate = certificate_of(&m);
    assert_int_not_equal(SCP_OK, scp_emv_issuer_key_recover(&other, &certificate, buffer, &issuer));
}

static void signed_records_give_the_data_authentication_code(void **state)
{
    (void)state;
    struct memory m;
    uint8_t code[2];
    begin(&m);
    struct scp_emv_public_key issuer = key_of(&m, issuer_hex);
    struct scp_bytes signature = decode(&m, signature_hex);
    struct scp_bytes records = decode(&m, records_hex);
    assert_int_equal(SCP_OK, scp_emv_static_data_check(&issuer, signature, records, code));
    assert_memory_equal("\xDA\xC1", code, 2);
    records.len--;
    assert_int_equal(SCP_BAD_SIGNATURE,
                     scp_emv_static_data_check(&issuer, signature, records, code));
}

static void a_certificate_is_no_signed_data(void **state)
{
    (void)state;
    struct memory m;
    uint8_t code[2];
    begin(&m);
    struct scp_emv_public_key authority = key_of(&m, authority_hex);
    assert_int_equal(
        SCP_BAD_SIGNATURE,
        scp_emv_static_data_check(&authority, decode(&m, certificate_hex), SCP_EMPTY, code));
}

static void dynamic_data_are_signed_for_one_terminal(void **state)
{
    (void)state;
    struct memory m;
    uint8_t signature[SCP_EMV_MODULUS_MAX];
    uint8_t buffer[SCP_EMV_MODULUS_MAX];
    struct scp_bytes number;
    const struct scp_bytes own = SCP_LITERAL(1, 2, 3, 4, 5, 6, 7, 8);
    const struct scp_bytes terminal = SCP_LITERAL(0xAA, 0xBB, 0xCC, 0xDD);
    begin(&m);
    struct scp_emv_public_key card = key_of(&m, card_hex);
    const struct scp_emv_private_key key = {.modulus = card.modulus,
                                            .exponent = decode(&m, card_private_hex)};
    struct scp_writer w = scp_writer_on(signature, sizeof signature);
    assert_int_equal(SCP_OK, scp_emv_dynamic_data_sign(&key, own, terminal, &w));
    assert_int_equal(64, scp_written(&w).len);
    assert_int_equal(SCP_OK,
                     scp_emv_dynamic_data_check(&card, scp_written(&w), terminal, buffer, &number));
    assert_true(scp_bytes_equal(own, number));
    assert_int_equal(SCP_BAD_SIGNATURE, scp_emv_dynamic_data_check(
                                            &card, scp_written(&w),
                                            SCP_LITERAL(0xAA, 0xBB, 0xCC, 0xDE), buffer, &number));
}

static void dynamic_data_need_a_number_and_a_key_that_fit(void **state)
{
    (void)state;
    struct memory m;
    uint8_t signature[SCP_EMV_MODULUS_MAX];
    begin(&m);
    struct scp_bytes modulus = decode(&m, card_hex);
    struct scp_bytes exponent = decode(&m, card_private_hex);
    const struct scp_emv_private_key key = {modulus, exponent};
    const struct scp_emv_private_key cut = {scp_bytes_from(modulus, 17), exponent};
    struct scp_writer w = scp_writer_on(signature, sizeof signature);
    assert_int_equal(SCP_OUT_OF_RANGE,
                     scp_emv_dynamic_data_sign(&key, SCP_LITERAL(1), SCP_EMPTY, &w));
    assert_int_equal(SCP_OUT_OF_RANGE,
                     scp_emv_dynamic_data_sign(&cut, SCP_LITERAL(1, 2), SCP_EMPTY, &w));
    w = scp_writer_on(signature, 63);
    assert_int_equal(SCP_NO_SPACE,
                     scp_emv_dynamic_data_sign(&key, SCP_LITERAL(1, 2), SCP_EMPTY, &w));
}

static void numbers_that_do_not_fit_the_key_are_refused(void **state)
{
    (void)state;
    uint8_t out[4];
    const struct scp_bytes odd = SCP_LITERAL(0x00, 0x00, 0x00, 0x0F);
    const struct scp_bytes even = SCP_LITERAL(0x00, 0x00, 0x00, 0x0E);
    const struct scp_bytes two = SCP_LITERAL(0, 0, 0, 2);
    assert_int_equal(SCP_OK, scp_rsa_public(odd, SCP_BYTES(three), two, out));
    assert_memory_equal("\0\0\0\x08", out, 4);
    assert_int_equal(SCP_OUT_OF_RANGE, scp_rsa_public(even, SCP_BYTES(three), two, out));
    assert_int_equal(SCP_OUT_OF_RANGE, scp_rsa_public(odd, SCP_BYTES(three), odd, out));
    assert_int_equal(SCP_OUT_OF_RANGE, scp_rsa_public(odd, SCP_EMPTY, two, out));
    assert_int_equal(SCP_OUT_OF_RANGE,
                     scp_rsa_public(odd, SCP_BYTES(three), scp_bytes_from(two, 1), out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_issuers_key_is_joined_from_certificate_and_remainder),
        cmocka_unit_test(a_certificate_that_was_changed_is_refused),
        cmocka_unit_test(a_certificate_of_another_authority_is_refused),
        cmocka_unit_test(signed_records_give_the_data_authentication_code),
        cmocka_unit_test(a_certificate_is_no_signed_data),
        cmocka_unit_test(dynamic_data_are_signed_for_one_terminal),
        cmocka_unit_test(dynamic_data_need_a_number_and_a_key_that_fit),
        cmocka_unit_test(numbers_that_do_not_fit_the_key_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
