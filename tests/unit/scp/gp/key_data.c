#include "scp/gp/key_data.h"
#include "tests/support/expect.h"

enum { ROOM = 1024 };

#define ENC HEX("D533E59B45A153ED7E5E9C5DFCFD4AAA")
#define MAC HEX("3EF0B1A5E3059DAB21FCE23A7B61C4CA")

/* The groupings as one string of bytes. */
static struct scp_bytes coded(const struct scp_key_transfer *transfer, uint8_t buffer[ROOM])
{
    static uint8_t scratch[ROOM];
    struct scp_writer s = scp_writer_on(scratch, sizeof scratch);
    struct scp_writer w = scp_writer_on(buffer, ROOM);
    struct scp_dgi dgis[SCP_KEY_DGIS_MAX];
    size_t made = 0;
    assert_int_equal(scp_key_dgis(transfer, &s, dgis, &made), SCP_OK);
    for (size_t i = 0; i < made; i++)
        scp_put_dgi(&w, dgis[i].id, dgis[i].value);
    assert_int_equal(scp_writer_status(&w), SCP_OK);
    return scp_written(&w);
}

static enum scp_error read_back(struct scp_bytes in, struct scp_key_data *out)
{
    struct scp_reader r = scp_reader_on(in);
    struct scp_dgi dgi;
    enum scp_error error;
    *out = (struct scp_key_data){.count = 0};
    while ((error = scp_dgi_next(&r, &dgi)) == SCP_OK)
        SCP_TRY(scp_key_data_take(out, &dgi));
    return error == SCP_NOT_FOUND ? scp_key_data_end(out) : error;
}

/* Table 11-92: each template states all. */
static void symmetric_keys_are_described_each(void **state)
{
    (void)state;
    uint8_t buffer[ROOM];
    const struct scp_key_control keys[] = {{.type = SCP_KEY_TYPE_AES,
                                            .length = 16,
                                            .has_identity = true,
                                            .key_id = 1,
                                            .kvn = 0x30,
                                            .usage = HEX("38"),
                                            .has_access = true,
                                            .access = SCP_KEY_ACCESS_DOMAIN,
                                            .kcv = HEX("504A77"),
                                            .value = ENC},
                                           {.type = SCP_KEY_TYPE_AES,
                                            .length = 16,
                                            .has_identity = true,
                                            .key_id = 2,
                                            .kvn = 0x30,
                                            .usage = HEX("34"),
                                            .kcv = HEX("F2A8DF"),
                                            .value = MAC}};
    const struct scp_key_transfer transfer = {.keys = keys, .count = 2};
    struct scp_bytes data = coded(&transfer, buffer);
    assert_hex(data, "00B92FB91795013896010180018881011082010183013084"
                     "03504A77B914"
                     "950134800188810110820102830130"
                     "8403F2A8DF"
                     "811310D533E59B45A153ED7E5E9C5DFCFD4AAA"
                     "8113103EF0B1A5E3059DAB21FCE23A7B61C4CA");
    struct scp_key_data out;
    assert_int_equal(read_back(data, &out), SCP_OK);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.keys[0].access, SCP_KEY_ACCESS_DOMAIN);
    assert_false(out.keys[1].has_access);
    assert_true(out.keys[1].has_identity);
    assert_int_equal(out.keys[1].key_id, 2);
    assert_int_equal(out.keys[1].kvn, 0x30);
    assert_hex(out.keys[1].usage, "34");
    assert_hex(out.keys[1].value, "3EF0B1A5E3059DAB21FCE23A7B61C4CA");
}

static void keys_may_share_their_attributes(void **state)
{
    (void)state;
    uint8_t buffer[ROOM];
    struct scp_key_control keys[] = {{.type = SCP_KEY_TYPE_AES,
                                      .length = 16,
                                      .key_id = 1,
                                      .kvn = 1,
                                      .has_access = true,
                                      .access = SCP_KEY_ACCESS_DOMAIN,
                                      .purpose = HEX("0003"),
                                      .kcv = HEX("504A77"),
                                      .value = ENC},
                                     {.key_id = 2}};
    keys[1] = keys[0];
    keys[1].key_id = 2;
    keys[1].kcv = HEX("F2A8DF");
    keys[1].value = MAC;
    struct scp_key_transfer transfer = {.keys = keys, .count = 2, .form = SCP_KEY_CONTROL_SHARED};
    struct scp_bytes data = coded(&transfer, buffer);
    assert_hex(data, "00B926B71080018881011083010196010197020003"
                     "B9088201018403504A77B9088201028403F2A8DF"
                     "811310D533E59B45A153ED7E5E9C5DFCFD4AAA"
                     "8113103EF0B1A5E3059DAB21FCE23A7B61C4CA");
    struct scp_key_data out;
    assert_int_equal(read_back(data, &out), SCP_OK);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.keys[1].type, SCP_KEY_TYPE_AES);
    assert_int_equal(out.keys[1].kvn, 1);
    assert_int_equal(out.keys[1].key_id, 2);
    assert_hex(out.keys[1].purpose, "0003");
    keys[1].kvn = 2;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_dgi dgis[SCP_KEY_DGIS_MAX];
    size_t made;
    assert_int_equal(scp_key_dgis(&transfer, &w, dgis, &made), SCP_MISMATCH);
}

/* Tables 11-94 and 11-102. */
static void public_keys_come_in_their_own_groupings(void **state)
{
    (void)state;
    uint8_t buffer[ROOM];
    const struct scp_key_control rsa[] = {{.type = SCP_KEY_TYPE_RSA_MODULUS,
                                           .length = 256,
                                           .has_identity = true,
                                           .key_id = 1,
                                           .kvn = 0x73,
                                           .usage = HEX("84"),
                                           .value = HEX("C1C2")},
                                          {.type = SCP_KEY_TYPE_RSA_EXPONENT,
                                           .length = 3,
                                           .has_identity = true,
                                           .key_id = 1,
                                           .kvn = 0x73,
                                           .usage = HEX("84"),
                                           .value = HEX("010001")}};
    const struct scp_key_control ec[] = {{.type = SCP_KEY_TYPE_EC_PUBLIC,
                                          .length = 65,
                                          .has_identity = true,
                                          .key_id = 1,
                                          .kvn = 0x73,
                                          .usage = HEX("84"),
                                          .value = HEX("04AABB")},
                                         {.type = SCP_KEY_TYPE_EC_PARAMETERS, .curve = HEX("00")}};
    const struct scp_key_transfer rsa_transfer = {.keys = rsa, .count = 2};
    const struct scp_key_transfer ec_transfer = {.keys = ec, .count = 2};
    struct scp_key_data out;
    struct scp_bytes data = coded(&rsa_transfer, buffer);
    assert_hex(data, "00B923B9109501848001A181020100820101830173"
                     "B90F9501848001A0810103820101830173"
                     "001002C1C2001103010001");
    assert_int_equal(read_back(data, &out), SCP_OK);
    assert_int_equal(out.keys[0].length, 256);
    assert_hex(out.keys[1].value, "010001");
    data = coded(&ec_transfer, buffer);
    assert_hex(data, "00B919B90F9501848001B0810141820101830173B9068001F0850100003603"
                     "04AABB");
    assert_int_equal(read_back(data, &out), SCP_OK);
    assert_int_equal(out.count, 2);
    assert_hex(out.keys[0].value, "04AABB");
    assert_hex(out.keys[1].curve, "00");
}

/* A key with its own curve: the parameters follow in a second description (11.11.4.2.2.2). */
static void a_second_description_follows_the_first_ones_values(void **state)
{
    (void)state;
    struct scp_key_data out;
    assert_int_equal(read_back(HEX("00B90CB90A8001B0810103820101830173"), &out), SCP_TRUNCATED);
    assert_int_equal(read_back(HEX("00B90EB90C8001B0810103820101830173 003603040506"
                                   "00B908B9068001B2810101 003001AA"),
                               &out),
                     SCP_OK);
    assert_int_equal(out.count, 2);
    assert_hex(out.keys[1].value, "AA");
    assert_int_equal(read_back(HEX("00B90EB90C8001B0810103820101830173"
                                   "00B908B9068001B2810101"),
                               &out),
                     SCP_MISMATCH);
}

static void only_secret_values_are_encrypted(void **state)
{
    (void)state;
    uint8_t scratch[64];
    struct scp_writer w = scp_writer_on(scratch, sizeof scratch);
    const struct scp_key_control keys[] = {
        {.type = SCP_KEY_TYPE_EC_PRIVATE, .length = 255, .value = HEX("AA")},
        {.type = SCP_KEY_TYPE_EC_G, .value = HEX("BB")}};
    const struct scp_key_transfer transfer = {.keys = keys, .count = 2};
    struct scp_dgi dgis[SCP_KEY_DGIS_MAX];
    size_t made = 0;
    assert_int_equal(scp_key_dgis(&transfer, &w, dgis, &made), SCP_OK);
    assert_int_equal(made, 3);
    assert_hex(dgis[0].value, "B9068001B18101FFB9038001B5");
    assert_false(dgis[0].encrypted);
    assert_true(dgis[1].encrypted);
    assert_int_equal(dgis[1].id, 0x8137);
    assert_false(dgis[2].encrypted);
    assert_int_equal(dgis[2].id, 0x0033);
}

static void what_does_not_belong_together_is_refused(void **state)
{
    (void)state;
    struct scp_key_data out;
    assert_int_equal(read_back(SCP_EMPTY, &out), SCP_NOT_FOUND);
    assert_int_equal(read_back(HEX("81130100"), &out), SCP_MISMATCH);
    assert_int_equal(read_back(HEX("00B906B904800188 ") /* cut */, &out), SCP_TRUNCATED);
    assert_int_equal(read_back(HEX("00B905B903800188 003601AA"), &out), SCP_MISMATCH);
    assert_int_equal(read_back(HEX("00B905B803800188"), &out), SCP_MALFORMED);
    assert_int_equal(read_back(HEX("00B906B90480028800"), &out), SCP_OUT_OF_RANGE);
    assert_int_equal(read_back(HEX("00B908B906800188810110 811308AAAAAAAAAAAAAAAA"), &out),
                     SCP_MALFORMED);
    assert_int_equal(read_back(HEX("00B92DB903800188B903800188B903800188B903800188B903800188"
                                   "B903800188B903800188B903800188B903800188"),
                               &out),
                     SCP_TOO_LONG);
}

static void a_type_without_a_grouping_is_not_sent(void **state)
{
    (void)state;
    uint8_t scratch[64];
    struct scp_writer w = scp_writer_on(scratch, sizeof scratch);
    const struct scp_key_control key = {.type = SCP_KEY_TYPE_EXTENDED};
    struct scp_key_transfer transfer = {.keys = &key, .count = 1};
    struct scp_dgi dgis[SCP_KEY_DGIS_MAX];
    size_t made = 1;
    assert_int_equal(scp_key_dgis(&transfer, &w, dgis, &made), SCP_UNSUPPORTED);
    transfer.count = 0;
    assert_int_equal(scp_key_dgis(&transfer, &w, dgis, &made), SCP_OUT_OF_RANGE);
    assert_int_equal(made, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symmetric_keys_are_described_each),
        cmocka_unit_test(keys_may_share_their_attributes),
        cmocka_unit_test(public_keys_come_in_their_own_groupings),
        cmocka_unit_test(a_second_description_follows_the_first_ones_values),
        cmocka_unit_test(only_secret_values_are_encrypted),
        cmocka_unit_test(what_does_not_belong_together_is_refused),
        cmocka_unit_test(a_type_without_a_grouping_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
