/* A command that parses is written back byte for byte; command data are read without harm. */
#include "scp/gp/apdu.h"
#include "scp/gp/commands.h"
#include "scp/gp/install.h"
#include "scp/gp/load_file.h"
#include "scp/gp/put_key.h"
#include "scp/gp/store_data.h"
#include "tests/fuzz/fuzz.h"

enum { ROUND_TRIP = 2048 };

static void round_trip(struct scp_bytes in)
{
    struct scp_apdu apdu;
    uint8_t buffer[SCP_APDU_MAX];
    if (scp_apdu_parse(in, &apdu) != SCP_OK)
        return;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_apdu(&w, &apdu);
    fuzz_require(scp_bytes_equal(scp_written(&w), in));
}

/* What parses can be built, and parses to the same again. */
static void install(uint8_t p1, uint8_t p2, struct scp_bytes data)
{
    struct scp_install first;
    struct scp_install second;
    struct scp_parameters parameters;
    struct scp_apdu apdu;
    uint8_t buffer[ROUND_TRIP];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    if (data.len > ROUND_TRIP / 2 || scp_install_parse(p1, p2, data, &first) != SCP_OK)
        return;
    if (scp_parameters_parse(first.parameters, &parameters) == SCP_OK)
        (void)(fuzz_touch(parameters.application) + fuzz_touch(parameters.system));
    fuzz_require(scp_install_command(&first, &w, &apdu) == SCP_OK);
    fuzz_require(scp_install_parse(p1, p2, apdu.data, &second) == SCP_OK);
    fuzz_require(scp_bytes_equal(first.application, second.application));
    fuzz_require(scp_bytes_equal(first.token, second.token));
}

static void put_key(uint8_t p1, uint8_t p2, struct scp_bytes data)
{
    struct scp_put_key out;
    if (scp_put_key_parse(p1, p2, data, &out) != SCP_OK)
        return;
    for (size_t i = 0; i < out.key_count; i++) {
        for (size_t n = 0; n < out.keys[i].component_count; n++)
            (void)fuzz_touch(out.keys[i].components[n].value);
        (void)fuzz_touch(out.keys[i].kcv);
    }
}

static void others(uint8_t p1, uint8_t p2, struct scp_bytes data)
{
    struct scp_delete delete;
    struct scp_set_status set_status;
    struct scp_get_status get_status;
    struct scp_store_block block;
    struct scp_dgi dgi;
    if (scp_delete_parse(p2, data, &delete) == SCP_OK)
        (void)(fuzz_touch(delete.aid) + fuzz_touch(delete.token));
    if (scp_set_status_parse(p1, p2, data, &set_status) == SCP_OK)
        (void)fuzz_touch(set_status.aid);
    if (scp_get_status_parse(p1, p2, data, &get_status) == SCP_OK)
        (void)(fuzz_touch(get_status.aid) + fuzz_touch(get_status.tag_list));
    if (scp_store_block_parse(p1, &block) != SCP_OK)
        return;
    struct scp_reader r = scp_reader_on(data);
    while (scp_dgi_next(&r, &dgi) == SCP_OK)
        (void)fuzz_touch(dgi.value);
}

static void load_file(struct scp_bytes data)
{
    struct scp_load_file file;
    struct scp_components components;
    struct scp_package package;
    if (scp_load_file_parse(data, &file) != SCP_OK)
        return;
    (void)fuzz_touch(file.ciphered);
    if (scp_data_block_split(file.data_block, &components) == SCP_OK &&
        scp_package_parse(&components, &package) == SCP_OK)
        fuzz_require(package.code_size <= file.data_block.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scp_bytes in = scp_bytes_of(data, size);
    round_trip(in);
    load_file(in);
    if (size < 2)
        return 0;
    struct scp_bytes body = scp_bytes_from(in, 2);
    install(data[0], data[1], body);
    put_key(data[0], data[1], body);
    others(data[0], data[1], body);
    return 0;
}
