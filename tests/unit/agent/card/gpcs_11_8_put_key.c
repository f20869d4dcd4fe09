/* PUT KEY (GPCS 11.8, Amendment D 7.2), and keys by STORE DATA (GPCS 11.11.4). */
#include "tests/unit/agent/card/rig.h"

#include <string.h>

#include "scp/crypto/kdf.h"
#include "scp/gp/card_data.h"
#include "scp/gp/key_data.h"
#include "scp/gp/tlv.h"

static const char aes_profile[] = "scp03-i70-aes128";

static struct rig *rig_opened(const char *profile)
{
    struct rig *rig = rig_new(profile);
    rig_open(rig);
    return rig;
}

/* ---- building commands ------------------------------------------------------------------------
 */

/* One symmetric key for PUT KEY, ready to be changed before it is sent. */
struct made_key {
    uint8_t cipher[48];
    uint8_t kcv[3];
    struct scp_put_key command;
};

static void make_key(struct rig *rig, uint8_t kvn, uint8_t id, const struct scp_key *key,
                     struct made_key *made)
{
    bool aes = rig->params.protocol == SCP_PROTOCOL_03;
    uint8_t padded[48] = {0};
    size_t len = aes ? (key->len + 15) / 16 * 16 : key->len;
    memcpy(padded, key->bytes, key->len);
    assert_int_equal(SCP_OK, scp_channel_dek_encrypt(&rig->channel, &rig->holder,
                                                     scp_bytes_of(padded, len), made->cipher));
    assert_int_equal(SCP_OK, aes ? scp_kcv_aes(key, made->kcv) : scp_kcv_des(key, made->kcv));
    made->command = (struct scp_put_key){.kvn = kvn, .first_key_id = id, .key_count = 1};
    made->command.keys[0] =
        scp_symmetric_key(aes ? SCP_KEY_TYPE_AES : SCP_KEY_TYPE_DES,
                          scp_bytes_of(made->cipher, len), key->len, SCP_BYTES(made->kcv), NULL);
}

static uint16_t send_put_key(struct rig *rig, const struct scp_put_key *put_key)
{
    uint8_t data[SCP_COMMAND_MAX];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(data, sizeof data);
    assert_int_equal(SCP_OK, scp_put_key_command(put_key, &w, &apdu));
    return rig_send(rig, apdu);
}

static uint16_t put_one(struct rig *rig, uint8_t replaced, uint8_t kvn, uint8_t id,
                        const struct scp_key *key)
{
    struct made_key made;
    make_key(rig, kvn, id, key, &made);
    made.command.replaced_kvn = replaced;
    return send_put_key(rig, &made.command);
}

/* Data as hex behind the key version number. */
static uint16_t put_hex(struct rig *rig, uint8_t p1, uint8_t p2, const char *hex)
{
    uint8_t data[255];
    struct scp_writer w = scp_writer_on(data, sizeof data);
    assert_int_equal(SCP_OK, scp_hex_decode(hex, &w));
    return rig_send(
        rig, (struct scp_apdu){
                 .cla = 0x80, .ins = SCP_INS_PUT_KEY, .p1 = p1, .p2 = p2, .data = scp_written(&w)});
}

static uint32_t counter(struct rig *rig)
{
    uint32_t value = 0;
    assert_sw(0x9000, rig_send(rig, scp_get_data(0xC1)));
    assert_int_equal(SCP_OK, scp_sequence_counter_parse(rig->data, &value));
    return value;
}

/* The C0 of a key in the key information template, as hex; empty when there is none. */
static const char *information(struct rig *rig, uint8_t kvn, uint8_t id)
{
    static char hex[256];
    hex[0] = 0;
    struct scp_bytes value;
    struct scp_tlv tlv;
    assert_sw(0x9000, rig_send(rig, scp_get_data(0xE0)));
    assert_int_equal(SCP_OK, scp_tlv_expect(rig->data, 0xE0, &value));
    struct scp_reader r = scp_reader_on(value);
    while (scp_tlv_next(&r, &tlv) == SCP_OK)
        if (tlv.value.ptr[0] == id && tlv.value.ptr[1] == kvn)
            (void)scp_hex_encode(hex, sizeof hex, tlv.value);
    return hex;
}

/* ---- symmetric keys ---------------------------------------------------------------------------
 */

static void gpcs_11_8_2_1_a_set_is_put_one_key_at_a_time(void **state)
{
    (void)state;
    static const char *const profiles[] = {"scp03-i70-aes128", "scp03-i60-aes256", "scp02-i55"};
    for (size_t i = 0; i < 3; i++) {
        struct rig *rig = rig_opened(profiles[i]);
        struct scp_key_set keys = rig_keys(rig, 0x33);
        const struct scp_key *const list[] = {&keys.enc, &keys.mac, &keys.dek};
        for (uint8_t id = 1; id <= 3; id++) {
            assert_sw(0x9000, put_one(rig, 0, 0x3A, id, list[id - 1]));
            assert_int_equal(4, rig->data.len);
            assert_int_equal(0x3A, rig->data.ptr[0]);
        }
        assert_sw(0x9000, rig_select(rig, rig_isd));
        rig_open_with(rig, &keys, 0x3A, rig->params.level);
        rig_free(rig);
    }
}

static void gpcs_11_8_2_3_3_a_part_of_a_set_opens_no_session(void **state)
{
    (void)state;
    struct rig *rig = rig_opened(aes_profile);
    struct scp_key_set keys = rig_keys(rig, 0x33);
    assert_sw(0x9000, put_one(rig, 0, 0x3A, 1, &keys.enc));
    assert_sw(0x9000, put_one(rig, 0, 0x3A, 2, &keys.mac));
    assert_sw(0x6A88, rig_hex(rig, "80503A0008010203040506070800"));
    rig_free(rig);
}

static void gpcs_11_8_3_2_errors(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        uint16_t sw;
        uint8_t p1;
        uint8_t p2;
    } rows[] = {
        {"", 0x6A80, 0x00, 0x01},
        {"31", 0x6A80, 0x00, 0x01},
        {"00A10101A0010100", 0x6A80, 0x00, 0x01}, /* key version number 00 */
        {"80A10101A0010100", 0x6A80, 0x00, 0x01}, /* above 7F */
        {"31A10101A0010100", 0x6A88, 0x31, 0x01}, /* replaces what is not there */
        {"31A10101A00101", 0x6A80, 0x00, 0x01},   /* cut */
        {"31A1010100", 0x6A80, 0x00, 0x01},       /* a modulus alone is no key */
        {"31A10101A10101A0010100", 0x6A80, 0x00, 0x01},
        {"31A10101A001010100", 0x6A80, 0x00, 0x01},             /* a check value on a public key */
        {"31A10101A0010100A10101A0010100", 0x6A80, 0x00, 0x01}, /* two where P2 says one */
        {"31A10101A0010100A10101A0010100", 0x6A80, 0x00, 0xFF}, /* identifiers above 7F */
        {"31C00101FF", 0x6A80, 0x00, 0x01},                     /* a type that is none */
    };
    struct rig *rig = rig_opened(aes_profile);
    uint32_t before = softcard_memory_free(rig->card);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_sw(rows[i].sw, put_hex(rig, rows[i].p1, rows[i].p2, rows[i].data));
    assert_int_equal(before, softcard_memory_free(rig->card));
    rig_free(rig);
}

static void gpcs_11_8_2_3_3_check_values_are_mandatory_and_verified(void **state)
{
    (void)state;
    struct rig *rig = rig_opened(aes_profile);
    struct scp_key_set keys = rig_keys(rig, 0x33);
    struct made_key made;
    make_key(rig, 0x3A, 1, &keys.enc, &made);
    made.command.keys[0].kcv = SCP_EMPTY;
    assert_sw(0x6A80, send_put_key(rig, &made.command));
    made.command.keys[0].kcv = SCP_LITERAL(1, 2, 3);
    assert_sw(0x6982, send_put_key(rig, &made.command));
    made.command.keys[0].kcv = SCP_BYTES(made.kcv);
    assert_sw(0x9000, send_put_key(rig, &made.command));
    rig_free(rig);
}

static void gpcs_11_8_2_3_3_algorithm_and_size_of_a_key_stay(void **state)
{
    (void)state;
    struct rig *rig = rig_opened("scp03-i60-aes256");
    struct scp_key_set keys = rig_keys(rig, 0x33);
    struct scp_key shorter = keys.enc;
    shorter.len = 16;
    assert_sw(0x9000, put_one(rig, 0, 0x3A, 1, &keys.enc));
    assert_sw(0x6A80, put_one(rig, 0x3A, 0x3A, 1, &shorter));
    assert_sw(0x6A80, put_one(rig, 0x3A, 0x3B, 1, &shorter));
    struct made_key made;
    make_key(rig, 0x3A, 1, &keys.enc, &made);
    made.command.replaced_kvn = 0x3A;
    made.command.keys[0].components[0].type = SCP_KEY_TYPE_HMAC_SHA1;
    assert_sw(0x6A80, send_put_key(rig, &made.command));
    rig_free(rig);
}

static void gpcs_11_8_1_a_replaced_key_may_take_another_version_and_is_gone(void **state)
{
    (void)state;
    struct rig *rig = rig_opened(aes_profile);
    struct scp_key_set keys = rig_keys(rig, 0x33);
    assert_sw(0x9000, put_one(rig, 0, 0x3A, 7, &keys.enc));
    assert_sw(0x6A80, put_one(rig, 0, 0x3A, 7, &keys.mac)); /* added twice */
    assert_sw(0x9000, put_one(rig, 0x3A, 0x3A, 7, &keys.mac));
    assert_sw(0x9000, put_one(rig, 0x3A, 0x3B, 7, &keys.dek));
    assert_string_equal("", information(rig, 0x3A, 7));
    assert_string_equal("073B8810", information(rig, 0x3B, 7));
    assert_sw(0x9000, put_one(rig, 0, 0x3C, 7, &keys.enc));
    assert_sw(0x6A80, put_one(rig, 0x3C, 0x3B, 7, &keys.enc)); /* the place is taken */
    assert_string_equal("073C8810", information(rig, 0x3C, 7));
    rig_free(rig);
}

static void amd_d_6_2_2_1_the_counter_begins_anew_with_a_whole_set_alone(void **state)
{
    (void)state;
    struct rig *rig = rig_opened(aes_profile);
    struct scp_key_set keys = rig_keys(rig, 0x33);
    assert_int_equal(1, counter(rig));
    assert_sw(0x9000, put_one(rig, 0x30, 0x30, 1, &keys.enc));
    assert_int_equal(1, counter(rig));
    assert_sw(0x9000, rig_put_keys(rig, 0x30, 0x30, &keys));
    assert_int_equal(0, counter(rig));
    rig_free(rig);
}

static void gpcs_e_1_2_the_counter_begins_anew_with_any_key_of_the_set(void **state)
{
    (void)state;
    struct rig *rig = rig_opened("scp02-i55");
    uint8_t kvn = rig->params.kvn;
    struct scp_key_set keys = rig_keys(rig, 0x33);
    assert_int_equal(1, counter(rig));
    assert_sw(0x9000, put_one(rig, 0, kvn, 9, &keys.enc)); /* no secure channel key */
    assert_int_equal(1, counter(rig));
    assert_sw(0x9000, put_one(rig, kvn, kvn, 3, &keys.dek));
    assert_int_equal(0, counter(rig));
    rig_free(rig);
}

/* ---- asymmetric keys --------------------------------------------------------------------------
 */

/* A key data field of components as {type, length, fill}, in the basic format. */
struct part {
    uint8_t type;
    uint8_t len;
};

static void put_parts(struct rig *rig, struct scp_writer *w, const struct part *parts)
{
    for (; parts->type != 0; parts++) {
        uint8_t clear[64] = {0x04};
        uint8_t cipher[64];
        scp_put_u8(w, parts->type);
        scp_put_u8(w, parts->len);
        struct scp_bytes value = scp_bytes_of(clear, parts->len);
        if (scp_key_type_is_secret(parts->type)) {
            assert_int_equal(SCP_OK,
                             scp_channel_dek_encrypt(&rig->channel, &rig->holder, value, cipher));
            value = scp_bytes_of(cipher, parts->len);
        }
        scp_put(w, value);
    }
    scp_put_u8(w, 0x00);
}

static void gpcs_11_8_2_3_5_the_components_of_a_key_are_those_of_tables_11_72_to_11_77(void **state)
{
    (void)state;
    static const struct {
        struct part parts[8];
        uint16_t sw;
    } rows[] = {
        {{{0xA1, 64}, {0xA0, 3}}, 0x9000},
        {{{0xA0, 3}, {0xA1, 64}}, 0x9000},
        {{{0xA1, 64}, {0xA3, 64}}, 0x9000},
        {{{0xA2, 64}, {0xA3, 64}}, 0x9000},
        {{{0xA4, 32}, {0xA5, 32}, {0xA6, 32}, {0xA7, 32}, {0xA8, 32}}, 0x9000},
        {{{0xB0, 33}, {0xF0, 1}}, 0x9000},
        {{{0xB1, 32}, {0xF0, 1}}, 0x9000},
        {{{0xB0, 33}, {0xB2, 16}, {0xB3, 16}, {0xB4, 16}, {0xB5, 33}, {0xB6, 16}}, 0x9000},
        {{{0xB0, 33}, {0xB2, 16}, {0xB3, 16}, {0xB4, 16}, {0xB5, 33}, {0xB6, 16}, {0xB7, 1}},
         0x9000},
        {{{0xF0, 1}, {0xB2, 16}, {0xB3, 16}, {0xB4, 16}, {0xB5, 33}, {0xB6, 16}}, 0x9000},
        {{{0xA1, 64}}, 0x6A80},
        {{{0xA1, 64}, {0xA0, 3}, {0xA3, 64}}, 0x6A80},
        {{{0xA4, 32}, {0xA5, 32}}, 0x6A80},
        {{{0xB0, 33}}, 0x6A80},
        {{{0xB0, 33}, {0xB1, 32}, {0xF0, 1}}, 0x6A80},
        {{{0xB0, 33}, {0xF0, 1}, {0xB2, 16}}, 0x6A80},
        {{{0xF0, 1}}, 0x6A80},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rig *rig = rig_opened(aes_profile);
        uint8_t data[255];
        struct scp_writer w = scp_writer_on(data, sizeof data);
        scp_put_u8(&w, 0x73);
        put_parts(rig, &w, rows[i].parts);
        assert_int_equal(SCP_OK, scp_writer_status(&w));
        assert_sw(rows[i].sw,
                  rig_send(rig, (struct scp_apdu){
                                    .cla = 0x80, .ins = 0xD8, .p2 = 1, .data = scp_written(&w)}));
        rig_free(rig);
    }
}

static void gpcs_11_3_3_1_1_key_information_of_public_keys(void **state)
{
    (void)state;
    struct rig *rig = rig_opened(aes_profile);
    uint8_t point[65] = {0x04};
    const struct scp_put_key ec = {
        .kvn = 0x70,
        .first_key_id = 1,
        .key_count = 1,
        .keys = {scp_ec_public_key(SCP_BYTES(point), SCP_LITERAL(0x00))}};
    assert_sw(0x9000, send_put_key(rig, &ec));
    assert_data_hex(rig, "70");
    assert_string_equal("0170B040F000", information(rig, 0x70, 1));
    const struct scp_put_key rsa = {
        .kvn = 0x73,
        .first_key_id = 1,
        .key_count = 1,
        .keys = {scp_rsa_public_key(SCP_BYTES(point), SCP_LITERAL(0x01, 0x00, 0x01))}};
    assert_sw(0x9000, send_put_key(rig, &rsa));
    assert_string_equal("0173A141A003", information(rig, 0x73, 1));
    rig_free(rig);
}

static void gpcs_11_8_2_3_1_the_extended_format_tells_usage_and_access(void **state)
{
    (void)state;
    struct rig *rig = rig_opened(aes_profile);
    struct scp_key_set keys = rig_keys(rig, 0x33);
    struct made_key made;
    make_key(rig, 0x3A, 1, &keys.enc, &made);
    made.command.keys[0].extended = true;
    made.command.keys[0].usage = SCP_LITERAL(0x38);
    made.command.keys[0].access = SCP_LITERAL(0x00);
    assert_sw(0x9000, send_put_key(rig, &made.command));
    assert_string_equal("013AFF88001001380100", information(rig, 0x3A, 1));
    rig_free(rig);
}

/* ---- access -----------------------------------------------------------------------------------
 */

static void put_set_with_access(struct rig *rig, uint8_t kvn, uint8_t access,
                                const struct scp_key_set *keys)
{
    const struct scp_key *const list[] = {&keys->enc, &keys->mac, &keys->dek};
    for (uint8_t id = 1; id <= 3; id++) {
        struct made_key made;
        make_key(rig, kvn, id, list[id - 1], &made);
        made.command.keys[0].extended = true;
        made.command.keys[0].access = scp_bytes_of(&access, 1);
        assert_sw(0x9000, send_put_key(rig, &made.command));
    }
}

static void gpcs_7_5_2_keys_of_the_domain_alone_serve_no_application(void **state)
{
    (void)state;
    struct rig *rig = rig_opened(aes_profile);
    struct scp_key_set keys = rig_keys(rig, 0x33);
    put_set_with_access(rig, 0x3A, SCP_KEY_ACCESS_DOMAIN, &keys);
    put_set_with_access(rig, 0x3B, SCP_KEY_ACCESS_APPLICATIONS, &keys);
    assert_sw(0x9000, rig_select(rig, rig_old_bank));
    assert_sw(0x6A88, rig_hex(rig, "80503A0008010203040506070800"));
    rig_open_with(rig, &keys, 0x3B, rig->params.level);
    assert_sw(0x9000, rig_select(rig, rig_isd));
    assert_sw(0x6A88, rig_hex(rig, "80503B0008010203040506070800"));
    rig_open_with(rig, &keys, 0x3A, rig->params.level);
    rig_free(rig);
}

/* ---- velocity ---------------------------------------------------------------------------------
 */

static void fail_once(struct rig *rig)
{
    assert_sw(0x9000, rig_hex(rig, "8050300008010203040506070800"));
    assert_sw(0x6300, rig_hex(rig, "848201001000112233445566778899AABBCCDDEEFF"));
}

static void gpcs_9_6_7_failures_in_a_row_end_the_card_where_the_profile_says_so(void **state)
{
    (void)state;
    struct rig *rig = rig_new_with(aes_profile, "  terminate_after: 4\n");
    for (size_t i = 0; i < 3; i++)
        fail_once(rig);
    rig_open(rig); /* begins the count anew */
    for (size_t i = 0; i < 4; i++)
        fail_once(rig);
    assert_sw(0x6985, rig_hex(rig, "8050300008010203040506070800"));
    rig_reopen(rig);
    assert_sw(0x6985, rig_hex(rig, "8050300008010203040506070800"));
    assert_sw(0x6A81, rig_select(rig, rig_isd));
    assert_sw(0x9000, rig_hex(rig, "80CA9F7F00"));
    rig_free(rig);
}

static void gpcs_e_5_1_3_version_00_passes_over_a_locked_set(void **state)
{
    (void)state;
    struct rig *rig = rig_opened("scp03-i60-aes256"); /* 6 tries */
    struct scp_key_set keys = rig_keys(rig, 0x33);
    assert_sw(0x9000, rig_put_keys(rig, 0, 0x3A, &keys));
    for (size_t i = 0; i < 6; i++)
        fail_once(rig);
    assert_sw(0x6983, rig_hex(rig, "8050300008010203040506070800"));
    assert_sw(0x9000, rig_hex(rig, "8050000008010203040506070800"));
    assert_int_equal(0x3A, rig->data.ptr[10]);
    rig_free(rig);
}

/* ---- STORE DATA -------------------------------------------------------------------------------
 */

/* Three keys as groupings; each value is enciphered by rig_store. */
static void store_controls(const struct scp_key_set *keys, uint8_t kvn, uint8_t kcv[3][3],
                           struct scp_key_control controls[3])
{
    static const uint8_t usage[] = {0x38};
    const struct scp_key *const list[] = {&keys->enc, &keys->mac, &keys->dek};
    for (uint8_t i = 0; i < 3; i++) {
        assert_int_equal(SCP_OK, scp_kcv_aes(list[i], kcv[i]));
        controls[i] = (struct scp_key_control){.type = SCP_KEY_TYPE_AES,
                                               .length = (uint16_t)list[i]->len,
                                               .has_identity = true,
                                               .key_id = i + 1,
                                               .kvn = kvn,
                                               .usage = SCP_BYTES(usage),
                                               .kcv = scp_bytes_of(kcv[i], 3),
                                               .value = scp_key_bytes(list[i])};
    }
}

static uint16_t store_keys(struct rig *rig, const struct scp_key_control *controls, size_t count,
                           enum scp_key_control_form form)
{
    uint8_t scratch[512];
    struct scp_dgi dgis[SCP_KEY_DGIS_MAX];
    size_t made = 0;
    struct scp_writer w = scp_writer_on(scratch, sizeof scratch);
    const struct scp_key_transfer transfer = {.keys = controls, .count = count, .form = form};
    assert_int_equal(SCP_OK, scp_key_dgis(&transfer, &w, dgis, &made));
    return rig_store(rig, dgis, made);
}

static void gpcs_11_11_4_1_keys_come_by_store_data_in_both_forms(void **state)
{
    (void)state;
    for (uint8_t form = 0; form < 2; form++) {
        struct rig *rig = rig_opened(aes_profile);
        struct scp_key_set keys = rig_keys(rig, 0x33);
        struct scp_key_control controls[3];
        uint8_t kcv[3][3];
        store_controls(&keys, 0x3A, kcv, controls);
        assert_sw(0x9000, store_keys(rig, controls, 3, (enum scp_key_control_form)form));
        assert_sw(0x9000, rig_select(rig, rig_isd));
        rig_open_with(rig, &keys, 0x3A, rig->params.level);
        rig_free(rig);
    }
}

static void gpcs_11_11_4_1_a_wrong_check_value_is_6982_and_stores_nothing(void **state)
{
    (void)state;
    struct rig *rig = rig_opened(aes_profile);
    struct scp_key_set keys = rig_keys(rig, 0x33);
    struct scp_key_control controls[3];
    uint8_t kcv[3][3];
    store_controls(&keys, 0x3A, kcv, controls);
    kcv[2][0] ^= 1;
    assert_sw(0x6982, store_keys(rig, controls, 3, SCP_KEY_CONTROL_EACH));
    assert_string_equal("", information(rig, 0x3A, 1));
    rig_free(rig);
}

static void gpcs_11_11_4_keys_that_were_announced_and_do_not_come_are_6a80(void **state)
{
    (void)state;
    struct rig *rig = rig_opened(aes_profile);
    struct scp_key_set keys = rig_keys(rig, 0x33);
    struct scp_key_control controls[3];
    uint8_t kcv[3][3];
    uint8_t scratch[512];
    struct scp_dgi dgis[SCP_KEY_DGIS_MAX];
    size_t made = 0;
    struct scp_writer w = scp_writer_on(scratch, sizeof scratch);
    store_controls(&keys, 0x3A, kcv, controls);
    const struct scp_key_transfer transfer = {.keys = controls, .count = 3};
    assert_int_equal(SCP_OK, scp_key_dgis(&transfer, &w, dgis, &made));
    assert_sw(0x6A80, rig_store(rig, dgis, made - 1));
    assert_string_equal("", information(rig, 0x3A, 1));
    const struct scp_dgi stray = {
        .id = 0x8113, .value = scp_key_bytes(&keys.enc), .encrypted = true};
    assert_sw(0x6A80, rig_store(rig, &stray, 1));
    rig_free(rig);
}

static void gpcs_11_11_4_2_1_1_a_public_key_comes_by_store_data(void **state)
{
    (void)state;
    uint8_t modulus[128] = {0xC3};
    const struct scp_key_control controls[] = {
        {.type = SCP_KEY_TYPE_RSA_MODULUS,
         .length = 128,
         .has_identity = true,
         .key_id = 1,
         .kvn = 0x73,
         .usage = SCP_LITERAL(0x84),
         .value = SCP_BYTES(modulus)},
        {.type = SCP_KEY_TYPE_RSA_EXPONENT,
         .length = 3,
         .has_identity = true,
         .key_id = 1,
         .kvn = 0x73,
         .usage = SCP_LITERAL(0x84),
         .value = SCP_LITERAL(0x01, 0x00, 0x01)},
    };
    struct rig *rig = rig_opened(aes_profile);
    assert_sw(0x9000, store_keys(rig, controls, 2, SCP_KEY_CONTROL_EACH));
    assert_string_equal("0173FFA10080FFA00003018400", information(rig, 0x73, 1));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpcs_11_8_2_1_a_set_is_put_one_key_at_a_time),
        cmocka_unit_test(gpcs_11_8_2_3_3_a_part_of_a_set_opens_no_session),
        cmocka_unit_test(gpcs_11_8_3_2_errors),
        cmocka_unit_test(gpcs_11_8_2_3_3_check_values_are_mandatory_and_verified),
        cmocka_unit_test(gpcs_11_8_2_3_3_algorithm_and_size_of_a_key_stay),
        cmocka_unit_test(gpcs_11_8_1_a_replaced_key_may_take_another_version_and_is_gone),
        cmocka_unit_test(amd_d_6_2_2_1_the_counter_begins_anew_with_a_whole_set_alone),
        cmocka_unit_test(gpcs_e_1_2_the_counter_begins_anew_with_any_key_of_the_set),
        cmocka_unit_test(
            gpcs_11_8_2_3_5_the_components_of_a_key_are_those_of_tables_11_72_to_11_77),
        cmocka_unit_test(gpcs_11_3_3_1_1_key_information_of_public_keys),
        cmocka_unit_test(gpcs_11_8_2_3_1_the_extended_format_tells_usage_and_access),
        cmocka_unit_test(gpcs_7_5_2_keys_of_the_domain_alone_serve_no_application),
        cmocka_unit_test(gpcs_9_6_7_failures_in_a_row_end_the_card_where_the_profile_says_so),
        cmocka_unit_test(gpcs_e_5_1_3_version_00_passes_over_a_locked_set),
        cmocka_unit_test(gpcs_11_11_4_1_keys_come_by_store_data_in_both_forms),
        cmocka_unit_test(gpcs_11_11_4_1_a_wrong_check_value_is_6982_and_stores_nothing),
        cmocka_unit_test(gpcs_11_11_4_keys_that_were_announced_and_do_not_come_are_6a80),
        cmocka_unit_test(gpcs_11_11_4_2_1_1_a_public_key_comes_by_store_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
