#include "scp/gp/install.h"
#include "tests/support/expect.h"

#define PACKAGE HEX("A00000033301")
#define MODULE HEX("A0000003330101")
#define INSTANCE HEX("A000000333010101")
#define DOMAIN HEX("A000000151000000")

/* The forms, and the command data each of them has (GPCS tables 11-42 to 11-47). */
static void every_form_is_built_and_parsed_back(void **state)
{
    (void)state;
    const struct {
        struct scp_install install;
        const char *data;
    } cases[] = {
        {{.p1 = SCP_INSTALL_FOR_LOAD, .load_file = PACKAGE, .security_domain = DOMAIN},
         "06A0000003330108A000000151000000000000"},
        {{.p1 = SCP_INSTALL_FOR_INSTALL,
          .load_file = PACKAGE,
          .module = MODULE,
          .application = INSTANCE,
          .privileges = HEX("00"),
          .parameters = HEX("C900")},
         "06A0000003330107A000000333010108A000000333010101010002C90000"},
        {{.p1 = SCP_INSTALL_FOR_ALL,
          .p2 = SCP_INSTALL_END,
          .module = MODULE,
          .application = INSTANCE,
          .privileges = HEX("00")},
         "0007A000000333010108A00000033301010101000000"},
        {{.p1 = SCP_INSTALL_FOR_MAKE_SELECTABLE, .application = INSTANCE, .privileges = HEX("00")},
         "000008A00000033301010101000000"},
        {{.p1 = SCP_INSTALL_FOR_EXTRADITION, .security_domain = DOMAIN, .application = INSTANCE},
         "08A0000001510000000008A000000333010101000000"},
        {{.p1 = SCP_INSTALL_FOR_PERSONALIZATION, .application = INSTANCE},
         "000008A000000333010101000000"},
        {{.p1 = SCP_INSTALL_FOR_REGISTRY_UPDATE,
          .application = INSTANCE,
          .privileges = HEX("040000"),
          .token = HEX("AABB")},
         "000008A000000333010101030400000002AABB"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct scp_install *in = &cases[i].install;
        uint8_t buffer[128];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        struct scp_apdu apdu;
        struct scp_install out;
        assert_int_equal(scp_install_command(in, &w, &apdu), SCP_OK);
        assert_int_equal(apdu.p1, in->p1);
        assert_int_equal(apdu.p2, in->p2);
        assert_hex(apdu.data, cases[i].data);
        assert_int_equal(scp_install_parse(apdu.p1, apdu.p2, apdu.data, &out), SCP_OK);
        assert_true(scp_bytes_equal(out.load_file, in->load_file));
        assert_true(scp_bytes_equal(out.module, in->module));
        assert_true(scp_bytes_equal(out.application, in->application));
        assert_true(scp_bytes_equal(out.security_domain, in->security_domain));
        assert_true(scp_bytes_equal(out.privileges, in->privileges));
        assert_true(scp_bytes_equal(out.parameters, in->parameters));
        assert_true(scp_bytes_equal(out.token, in->token));
    }
}

static void what_a_form_does_not_allow_is_not_built(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_install install = {.p1 = 0x06};
    assert_int_equal(scp_install_command(&install, &w, &apdu), SCP_UNSUPPORTED);
    w = scp_writer_on(buffer, sizeof buffer);
    install = (struct scp_install){.p1 = SCP_INSTALL_FOR_LOAD, .load_file = HEX("A0000003")};
    assert_int_equal(scp_install_command(&install, &w, &apdu), SCP_OUT_OF_RANGE);
    w = scp_writer_on(buffer, sizeof buffer);
    install = (struct scp_install){.p1 = SCP_INSTALL_FOR_MAKE_SELECTABLE, .application = INSTANCE};
    assert_int_equal(scp_install_command(&install, &w, &apdu), SCP_OUT_OF_RANGE);
}

static void broken_data_are_refused(void **state)
{
    (void)state;
    struct scp_install out;
    assert_int_equal(scp_install_parse(0x20, 0, HEX("000008A0000003330101010000"), &out),
                     SCP_TRUNCATED);
    assert_int_equal(scp_install_parse(0x20, 0, HEX("000008A00000033301010100000000"), &out),
                     SCP_TRAILING);
    assert_int_equal(scp_install_parse(0x20, 0, HEX("01"), &out), SCP_TRUNCATED);
    assert_int_equal(scp_install_parse(0x20, 0, HEX("01AA0008A000000333010101000000"), &out),
                     SCP_MALFORMED);
    assert_int_equal(scp_install_parse(0x20, 0, HEX("000004A0000003000000"), &out),
                     SCP_OUT_OF_RANGE);
    assert_int_equal(scp_install_parse(0x08, 0, HEX("000008A0000003330101010200000000"), &out),
                     SCP_OUT_OF_RANGE);
    assert_int_equal(scp_install_parse(0x0E, 0, SCP_EMPTY, &out), SCP_UNSUPPORTED);
}

static void length_128_is_read_with_one_byte_and_with_two(void **state)
{
    (void)state;
    uint8_t token[128] = {0xAB};
    uint8_t buffer[256];
    struct scp_install out;
    for (int bare = 0; bare < 2; bare++) {
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        scp_put(&w, HEX("000008A0000003330101010000"));
        scp_put(&w, bare ? HEX("80") : HEX("8180"));
        scp_put(&w, SCP_BYTES(token));
        assert_int_equal(scp_install_parse(0x20, 0, scp_written(&w), &out), SCP_OK);
        assert_true(scp_bytes_equal(out.token, SCP_BYTES(token)));
    }
}

static void a_token_signs_all_but_its_own_field(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_install install = {.p1 = SCP_INSTALL_FOR_EXTRADITION,
                                  .security_domain = DOMAIN,
                                  .application = INSTANCE,
                                  .token = HEX("EEEE")};
    scp_put_install_token_data(&w, &install);
    assert_written(&w, "08A0000001510000000008A0000003330101010000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_built_and_parsed_back),
        cmocka_unit_test(what_a_form_does_not_allow_is_not_built),
        cmocka_unit_test(broken_data_are_refused),
        cmocka_unit_test(length_128_is_read_with_one_byte_and_with_two),
        cmocka_unit_test(a_token_signs_all_but_its_own_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
