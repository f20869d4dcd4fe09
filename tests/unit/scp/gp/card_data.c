#include "scp/gp/card_data.h"
#include "scp/gp/tlv.h"
#include "tests/support/expect.h"

static void values_come_with_or_without_their_tag(void **state)
{
    (void)state;
    struct scp_bytes value;
    assert_int_equal(scp_data_value(HEX("420412345678"), SCP_DATA_ISSUER_NUMBER, &value), SCP_OK);
    assert_hex(value, "12345678");
    assert_int_equal(scp_data_value(HEX("12345678"), SCP_DATA_ISSUER_NUMBER, &value), SCP_OK);
    assert_hex(value, "12345678");
    assert_int_equal(scp_data_value(SCP_EMPTY, SCP_DATA_ISSUER_NUMBER, &value), SCP_TRUNCATED);
}

static void object_identifiers_are_shown_dotted(void **state)
{
    (void)state;
    char text[64];
    assert_int_equal(scp_oid_text(HEX("2A864886FC6B01"), text, sizeof text), SCP_OK);
    assert_string_equal(text, "1.2.840.114283.1");
    assert_int_equal(scp_oid_text(HEX("883703"), text, sizeof text), SCP_OK);
    assert_string_equal(text, "2.999.3");
    assert_int_equal(scp_oid_text(HEX("2A86"), text, sizeof text), SCP_MALFORMED);
    assert_int_equal(scp_oid_text(HEX("2A8FFFFFFFFF7F"), text, sizeof text), SCP_MALFORMED);
    assert_int_equal(scp_oid_text(SCP_EMPTY, text, sizeof text), SCP_MALFORMED);
    assert_int_equal(scp_oid_text(HEX("2A864886FC6B01"), text, 16), SCP_NO_SPACE);
}

static void protocols_of_80_and_above_are_read_bare_and_as_arcs(void **state)
{
    (void)state;
    struct scp_card_recognition data;
    uint8_t i;
    assert_int_equal(scp_card_recognition_parse(HEX("661C 731A 640B 0609 2A864886FC6B048000"
                                                    "640B 0609 2A864886FC6B040370"),
                                                &data),
                     SCP_OK);
    assert_int_equal(data.protocol_count, 2);
    assert_int_equal(scp_card_recognition_option(&data, 0x80, &i), SCP_OK);
    assert_int_equal(i, 0x00);
    assert_int_equal(scp_card_recognition_option(&data, 0x03, &i), SCP_OK);
    assert_int_equal(i, 0x70);
    assert_int_equal(scp_card_recognition_option(&data, 0x02, &i), SCP_NOT_FOUND);
    assert_int_equal(
        scp_card_recognition_parse(HEX("6610 730E 640C 060A 2A864886FC6B04 810055"), &data),
        SCP_OK);
    assert_int_equal(scp_card_recognition_option(&data, 0x80, &i), SCP_OK);
    assert_int_equal(i, 0x55);
}

static void identifiers_of_other_schemes_are_given_as_they_are(void **state)
{
    (void)state;
    struct scp_card_recognition data;
    assert_int_equal(scp_card_recognition_parse(HEX("660C 730A 6408 0606 2A811C864801"), &data),
                     SCP_OK);
    assert_int_equal(data.protocol_count, 0);
    assert_hex(data.foreign_protocol, "2A811C864801");
    /* An arc above 255 is no protocol and no option of ours. */
    assert_int_equal(
        scp_card_recognition_parse(HEX("6610 730E 640C 060A 2A864886FC6B04 820055"), &data),
        SCP_OK);
    assert_int_equal(data.protocol_count, 0);
    assert_int_equal(
        scp_card_recognition_parse(HEX("6610 730E 640C 060A 2A864886FC6B04 038200"), &data),
        SCP_OK);
    assert_int_equal(data.protocol_count, 0);
    assert_int_equal(
        scp_card_recognition_parse(HEX("660E 730C 640A 0608 2A864886FC6B04 03"), &data), SCP_OK);
    assert_int_equal(data.protocol_count, 0);
    assert_int_equal(
        scp_card_recognition_parse(HEX("6610 730E 640C 060A 2A864886FC6B04 817F7F"), &data),
        SCP_OK);
    assert_int_equal(data.protocols[0].protocol, 0xFF);
    assert_int_equal(scp_card_recognition_parse(HEX("66027400"), &data), SCP_MALFORMED);
    assert_int_equal(scp_card_recognition_parse(HEX("67027300"), &data), SCP_MALFORMED);
}

static void key_information_round_trips(void **state)
{
    (void)state;
    struct scp_key_info in = {.key_id = 1, .kvn = 0x70, .component_count = 2};
    in.components[0].type = 0xA1;
    in.components[0].len = 256;
    in.components[1].type = 0xA0;
    in.components[1].len = 255;
    uint8_t buffer[32];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_key_info(&w, &in);
    assert_written(&w, "C0060170A100A0FF");
    assert_int_equal(scp_key_info_parse(scp_bytes_from(scp_written(&w), 2), &in), SCP_OK);
    assert_int_equal(in.component_count, 2);
    assert_int_equal(in.components[0].len, 0);
    assert_int_equal(scp_key_info_parse(HEX("01"), &in), SCP_TRUNCATED);
    assert_int_equal(scp_key_info_parse(HEX("017080"), &in), SCP_TRUNCATED);
    assert_int_equal(
        scp_key_info_parse(HEX("0170 8010 8010 8010 8010 8010 8010 8010 8010 8010"), &in),
        SCP_TOO_LONG);
}

static void resources_round_trip(void **state)
{
    (void)state;
    struct scp_card_resources in = {.applications = 2, .non_volatile_free = 93620};
    struct scp_card_resources out;
    uint8_t buffer[32];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_card_resources(&w, &in);
    assert_written(&w, "FF211081020002820400016DB4830400000000");
    assert_int_equal(scp_card_resources_parse(scp_written(&w), &out), SCP_OK);
    assert_int_equal(out.non_volatile_free, 93620);
    assert_int_equal(scp_card_resources_parse(HEX("FF21048102 0002"), &out), SCP_MALFORMED);
    assert_int_equal(scp_card_resources_parse(HEX("FF21078105 0000000001"), &out),
                     SCP_OUT_OF_RANGE);
}

static void a_counter_has_two_or_three_bytes(void **state)
{
    (void)state;
    uint32_t counter;
    assert_int_equal(scp_sequence_counter_parse(HEX("C1020019"), &counter), SCP_OK);
    assert_int_equal(counter, 0x19);
    assert_int_equal(scp_sequence_counter_parse(HEX("C103010019"), &counter), SCP_OK);
    assert_int_equal(counter, 0x010019);
    assert_int_equal(scp_sequence_counter_parse(HEX("C10119"), &counter), SCP_MALFORMED);
    assert_int_equal(scp_sequence_counter_parse(HEX("C10400000019"), &counter), SCP_MALFORMED);
}

static void file_control_information_may_lack_everything(void **state)
{
    (void)state;
    struct scp_fci fci;
    assert_int_equal(scp_fci_parse(HEX("6F00"), &fci), SCP_OK);
    assert_int_equal(fci.aid.len, 0);
    assert_int_equal(fci.data_max, 0);
    assert_int_equal(scp_fci_parse(HEX("6F07A5059F65020100"), &fci), SCP_OK);
    assert_int_equal(fci.data_max, 256);
    assert_int_equal(scp_fci_parse(HEX("6F0AA5089F6E0147 9F65017F"), &fci), SCP_OK);
    assert_hex(fci.production, "47");
    assert_int_equal(fci.data_max, 127);
    assert_int_equal(scp_fci_parse(HEX("6F05A5059F6501"), &fci), SCP_TRUNCATED);
    assert_int_equal(scp_fci_parse(HEX("6F08A5069F6503010000"), &fci), SCP_MALFORMED);
}

static void extended_key_information_round_trips(void **state)
{
    (void)state;
    const struct scp_key_info in = {.key_id = 2,
                                    .kvn = 0x40,
                                    .components = {{0xA1, 256}, {0xA0, 3}},
                                    .component_count = 2,
                                    .extended = true,
                                    .usage = HEX("84"),
                                    .access = HEX("01")};
    struct scp_key_info out;
    uint8_t buffer[32];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_key_info(&w, &in);
    assert_written(&w, "C00E0240FFA10100FFA0000301840101");
    assert_int_equal(scp_key_info_parse(scp_bytes_from(scp_written(&w), 2), &out), SCP_OK);
    assert_true(out.extended);
    assert_int_equal(out.components[0].len, 256);
    assert_hex(out.usage, "84");
    assert_hex(out.access, "01");
}

/* Class 00 answers with the value of the data object alone. */
static void templates_are_read_without_their_tag(void **state)
{
    (void)state;
    struct scp_card_recognition recognition;
    struct scp_key_info_reader keys;
    struct scp_key_info info;
    struct scp_card_resources resources;
    assert_int_equal(
        scp_card_recognition_parse(HEX("730D 640B 0609 2A864886FC6B040370"), &recognition), SCP_OK);
    assert_int_equal(recognition.protocol_count, 1);
    assert_int_equal(scp_key_info_open(&keys, HEX("C00401FF8010")), SCP_OK);
    assert_int_equal(scp_key_info_next(&keys, &info), SCP_OK);
    assert_int_equal(info.kvn, 0xFF);
    assert_int_equal(scp_key_info_next(&keys, &info), SCP_NOT_FOUND);
    assert_int_equal(scp_key_info_open(&keys, HEX("E006C10401FF8010")), SCP_OK);
    assert_int_equal(scp_key_info_next(&keys, &info), SCP_MALFORMED);
    assert_int_equal(scp_card_resources_parse(HEX("81010282040000100083020040"), &resources),
                     SCP_OK);
    assert_int_equal(resources.non_volatile_free, 4096);
}

/* Table H-2: one 64 with several identifiers. */
static void several_protocols_may_stand_in_one_template(void **state)
{
    (void)state;
    struct scp_card_recognition data;
    uint8_t i;
    assert_int_equal(scp_card_recognition_parse(HEX("661A 7318 6416 0609 2A864886FC6B040255"
                                                    "0609 2A864886FC6B040370"),
                                                &data),
                     SCP_OK);
    assert_int_equal(data.protocol_count, 2);
    assert_int_equal(scp_card_recognition_option(&data, 2, &i), SCP_OK);
    assert_int_equal(i, 0x55);
    assert_int_equal(scp_card_recognition_option(&data, 3, &i), SCP_OK);
    assert_int_equal(i, 0x70);
}

static void management_data_of_a_domain_are_read_from_its_selection(void **state)
{
    (void)state;
    struct scp_fci fci;
    struct scp_card_recognition data;
    uint8_t i;
    assert_int_equal(scp_fci_parse(HEX("6F1C 8405A000000151 A513 730D 640B 0609 2A864886FC6B040370"
                                       "9F6501EF"),
                                   &fci),
                     SCP_OK);
    assert_int_equal(fci.data_max, 0xEF);
    assert_int_equal(scp_management_data_parse(fci.management, &data), SCP_OK);
    assert_int_equal(scp_card_recognition_option(&data, 3, &i), SCP_OK);
    assert_int_equal(i, 0x70);
}

static void a_confirmation_counter_has_two_bytes(void **state)
{
    (void)state;
    uint16_t counter = 0;
    assert_int_equal(scp_confirmation_counter_parse(HEX("C2020102"), &counter), SCP_OK);
    assert_int_equal(counter, 0x0102);
    assert_int_equal(scp_confirmation_counter_parse(HEX("0003"), &counter), SCP_OK);
    assert_int_equal(counter, 3);
    assert_int_equal(scp_confirmation_counter_parse(HEX("C203000102"), &counter), SCP_MALFORMED);
}

static void the_list_of_applications_round_trips(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_apdu apdu = scp_get_application_list();
    scp_put_apdu(&w, &apdu);
    assert_written(&w, "80CA2F00025C0000");
    struct scp_aid aid;
    assert_int_equal(scp_aid_parse(&aid, "A000000333010101"), SCP_OK);
    w = scp_writer_on(buffer, sizeof buffer);
    scp_put_application(&w, &aid);
    scp_put_application(&w, &aid);
    assert_written(&w, "610A4F08A000000333010101610A4F08A000000333010101");
    struct scp_reader r = scp_reader_on(scp_written(&w));
    struct scp_aid out;
    assert_int_equal(scp_application_list_next(&r, &out), SCP_OK);
    assert_int_equal(scp_application_list_next(&r, &out), SCP_OK);
    assert_true(scp_aid_equal(&aid, &out));
    assert_int_equal(scp_application_list_next(&r, &out), SCP_NOT_FOUND);
    r = scp_reader_on(HEX("E3074F05A000000333"));
    assert_int_equal(scp_application_list_next(&r, &out), SCP_MALFORMED);
    r = scp_reader_on(HEX("61064F04A0000003"));
    assert_int_equal(scp_application_list_next(&r, &out), SCP_MALFORMED);
}

static void more_protocols_than_the_limit_are_refused(void **state)
{
    (void)state;
    uint8_t buffer[256];
    struct scp_card_recognition data;
    for (size_t count = SCP_RECOGNITION_PROTOCOLS_MAX; count <= SCP_RECOGNITION_PROTOCOLS_MAX + 1;
         count++) {
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        size_t outer = scp_tlv_begin(&w, SCP_DATA_CARD_RECOGNITION);
        size_t inner = scp_tlv_begin(&w, 0x73);
        for (size_t i = 0; i < count; i++)
            scp_put(&w, HEX("640B06092A864886FC6B040370"));
        scp_tlv_end(&w, inner);
        scp_tlv_end(&w, outer);
        assert_int_equal(scp_card_recognition_parse(scp_written(&w), &data),
                         count > SCP_RECOGNITION_PROTOCOLS_MAX ? SCP_TOO_LONG : SCP_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_with_or_without_their_tag),
        cmocka_unit_test(object_identifiers_are_shown_dotted),
        cmocka_unit_test(protocols_of_80_and_above_are_read_bare_and_as_arcs),
        cmocka_unit_test(identifiers_of_other_schemes_are_given_as_they_are),
        cmocka_unit_test(key_information_round_trips),
        cmocka_unit_test(resources_round_trip),
        cmocka_unit_test(a_counter_has_two_or_three_bytes),
        cmocka_unit_test(file_control_information_may_lack_everything),
        cmocka_unit_test(extended_key_information_round_trips),
        cmocka_unit_test(templates_are_read_without_their_tag),
        cmocka_unit_test(several_protocols_may_stand_in_one_template),
        cmocka_unit_test(management_data_of_a_domain_are_read_from_its_selection),
        cmocka_unit_test(a_confirmation_counter_has_two_bytes),
        cmocka_unit_test(the_list_of_applications_round_trips),
        cmocka_unit_test(more_protocols_than_the_limit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
