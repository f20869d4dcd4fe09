#include "scp/gp/load_file.h"
#include "tests/support/expect.h"

static const char header_hex[] = "010010DECAFFED010204010206A00000033301";

/* Small components, in the order of their tags. */
static struct scp_components components(uint8_t *buffer, size_t cap)
{
    struct scp_components c = {.by_tag = {SCP_EMPTY}};
    struct scp_writer w = scp_writer_on(buffer, cap);
    for (int tag = 2; tag < SCP_COMPONENT_TAGS; tag++) {
        struct scp_bytes rest = {&buffer[w.len], 4};
        scp_put_u8(&w, (uint8_t)tag);
        scp_put_u16(&w, 1);
        scp_put_u8(&w, 0xEE);
        c.by_tag[tag] = rest;
    }
    struct scp_bytes header = {&buffer[w.len], sizeof header_hex / 2};
    assert_int_equal(scp_hex_decode(header_hex, &w), SCP_OK);
    c.by_tag[SCP_COMPONENT_HEADER] = header;
    return c;
}

static void components_are_loaded_in_order_and_never_debug(void **state)
{
    (void)state;
    static const uint8_t order[] = {2, 4, 3, 6, 7, 8, 10, 5, 9};
    uint8_t buffer[128];
    uint8_t block[128];
    struct scp_components c = components(buffer, sizeof buffer);
    for (int with_descriptor = 0; with_descriptor < 2; with_descriptor++) {
        struct scp_writer w = scp_writer_on(block, sizeof block);
        scp_put_data_block(&w, &c, with_descriptor != 0);
        struct scp_reader r = scp_reader_on(scp_written(&w));
        assert_hex(scp_get(&r, sizeof header_hex / 2), header_hex);
        for (size_t i = 0; i < sizeof order; i++)
            assert_int_equal(scp_get(&r, 4).ptr[0], order[i]);
        if (with_descriptor)
            assert_int_equal(scp_get(&r, 4).ptr[0], SCP_COMPONENT_DESCRIPTOR);
        assert_int_equal(scp_reader_end(&r), SCP_OK);
    }
}

static void a_data_block_is_split_again(void **state)
{
    (void)state;
    uint8_t buffer[128];
    uint8_t block[128];
    struct scp_components c = components(buffer, sizeof buffer);
    struct scp_components split;
    struct scp_writer w = scp_writer_on(block, sizeof block);
    scp_put_data_block(&w, &c, true);
    assert_int_equal(scp_data_block_split(scp_written(&w), &split), SCP_OK);
    for (int tag = 1; tag < SCP_COMPONENT_DEBUG; tag++)
        assert_true(scp_bytes_equal(split.by_tag[tag], c.by_tag[tag]));
    assert_int_equal(split.by_tag[SCP_COMPONENT_DEBUG].len, 0);
}

static void broken_data_blocks_are_refused(void **state)
{
    (void)state;
    struct scp_components split;
    assert_int_equal(scp_data_block_split(HEX("020002EE"), &split), SCP_TRUNCATED);
    assert_int_equal(scp_data_block_split(HEX("0D0001EE"), &split), SCP_MALFORMED);
    assert_int_equal(scp_data_block_split(HEX("000001EE"), &split), SCP_MALFORMED);
    assert_int_equal(scp_data_block_split(HEX("020001EE020001EE"), &split), SCP_DUPLICATE);
}

static void a_package_says_its_name_applets_and_imports(void **state)
{
    (void)state;
    struct scp_components c = {.by_tag = {SCP_EMPTY}};
    struct scp_package package;
    assert_int_equal(scp_package_parse(&c, &package), SCP_NOT_FOUND);
    c.by_tag[SCP_COMPONENT_HEADER] = HEX("010010DECAFFED010204010206A00000033301");
    c.by_tag[SCP_COMPONENT_APPLET] = HEX("03000B0107A00000033301010008");
    c.by_tag[SCP_COMPONENT_IMPORT] = HEX("04000B01020107A0000000620101");
    assert_int_equal(scp_package_parse(&c, &package), SCP_OK);
    assert_hex(scp_aid_bytes(&package.aid), "A00000033301");
    assert_int_equal(package.major, 2);
    assert_int_equal(package.minor, 1);
    assert_int_equal(package.format_major, 2);
    assert_int_equal(package.format_minor, 1);
    assert_int_equal(package.applet_count, 1);
    assert_hex(scp_aid_bytes(&package.applets[0]), "A0000003330101");
    assert_int_equal(package.import_count, 1);
    assert_int_equal(package.imports[0].major, 1);
    assert_int_equal(package.imports[0].minor, 2);
    assert_int_equal(package.code_size, 19 + 14 + 14);
}

static void broken_packages_are_refused(void **state)
{
    (void)state;
    struct scp_components c = {.by_tag = {SCP_EMPTY}};
    struct scp_package package;
    c.by_tag[SCP_COMPONENT_HEADER] = HEX("010010DECAFFEE010204010206A00000033301");
    assert_int_equal(scp_package_parse(&c, &package), SCP_MALFORMED);
    c.by_tag[SCP_COMPONENT_HEADER] = HEX("010010DECAFFED01020C010206A00000033301");
    assert_int_equal(scp_package_parse(&c, &package), SCP_UNSUPPORTED);
    c.by_tag[SCP_COMPONENT_HEADER] = HEX("010010DECAFFED010204010207A00000033301");
    assert_int_equal(scp_package_parse(&c, &package), SCP_TRUNCATED);
    c.by_tag[SCP_COMPONENT_HEADER] = HEX("010010DECAFFED010204010206A00000033301");
    c.by_tag[SCP_COMPONENT_APPLET] = HEX("03000111");
    assert_int_equal(scp_package_parse(&c, &package), SCP_TOO_LONG);
}

static void a_load_file_round_trips(void **state)
{
    (void)state;
    struct scp_dap dap = {.signature = HEX("AABB")};
    assert_int_equal(scp_aid_parse(&dap.security_domain, "A000000151"), SCP_OK);
    uint8_t buffer[64];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_load_file(&w, &dap, 1, HEX("010203"));
    assert_written(&w, "E20B4F05A000000151C302AABBC403010203");
    struct scp_load_file file;
    assert_int_equal(scp_load_file_parse(scp_written(&w), &file), SCP_OK);
    assert_int_equal(file.dap_count, 1);
    assert_true(scp_aid_equal(&file.daps[0].security_domain, &dap.security_domain));
    assert_hex(file.daps[0].signature, "AABB");
    assert_hex(file.data_block, "010203");
}

static void broken_load_files_are_refused(void **state)
{
    (void)state;
    struct scp_load_file file;
    assert_int_equal(scp_load_file_parse(SCP_EMPTY, &file), SCP_MALFORMED);
    assert_int_equal(scp_load_file_parse(HEX("C40401"), &file), SCP_TRUNCATED);
    assert_int_equal(scp_load_file_parse(HEX("C400"), &file), SCP_MALFORMED);
    assert_int_equal(scp_load_file_parse(HEX("C40101C40102"), &file), SCP_MALFORMED);
    assert_int_equal(scp_load_file_parse(HEX("C40101E20B4F05A000000151C302AABB"), &file),
                     SCP_MALFORMED);
    assert_int_equal(scp_load_file_parse(HEX("E2074F05A000000151C40101"), &file), SCP_MALFORMED);
    assert_int_equal(scp_load_file_parse(HEX("C50101"), &file), SCP_MALFORMED);
}

static void more_than_the_limits_is_refused(void **state)
{
    (void)state;
    uint8_t buffer[256];
    struct scp_load_file file;
    struct scp_dap daps[SCP_LOAD_FILE_DAPS_MAX + 1];
    struct scp_bytes signature = HEX("AABB");
    for (size_t i = 0; i <= SCP_LOAD_FILE_DAPS_MAX; i++) {
        daps[i].signature = signature;
        assert_int_equal(scp_aid_parse(&daps[i].security_domain, "A000000151"), SCP_OK);
    }
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_load_file(&w, daps, SCP_LOAD_FILE_DAPS_MAX, HEX("01"));
    assert_int_equal(scp_load_file_parse(scp_written(&w), &file), SCP_OK);
    w = scp_writer_on(buffer, sizeof buffer);
    scp_put_load_file(&w, daps, SCP_LOAD_FILE_DAPS_MAX + 1, HEX("01"));
    assert_int_equal(scp_load_file_parse(scp_written(&w), &file), SCP_TOO_LONG);
    struct scp_components c = {.by_tag = {SCP_EMPTY}};
    struct scp_package package;
    c.by_tag[SCP_COMPONENT_HEADER] = HEX("010010DECAFFED010204010206A00000033301");
    c.by_tag[SCP_COMPONENT_IMPORT] = HEX("04000121");
    assert_int_equal(scp_package_parse(&c, &package), SCP_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(components_are_loaded_in_order_and_never_debug),
        cmocka_unit_test(a_data_block_is_split_again),
        cmocka_unit_test(broken_data_blocks_are_refused),
        cmocka_unit_test(a_package_says_its_name_applets_and_imports),
        cmocka_unit_test(broken_packages_are_refused),
        cmocka_unit_test(a_load_file_round_trips),
        cmocka_unit_test(broken_load_files_are_refused),
        cmocka_unit_test(more_than_the_limits_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
