/* Whatever a card says about itself is read or refused. */
#include "scp/gp/card_data.h"
#include "tests/fuzz/fuzz.h"

enum { TEXT = 128 };

static void key_information(struct scp_bytes in)
{
    struct scp_key_info_reader r;
    struct scp_key_info info;
    if (scp_key_info_open(&r, in) != SCP_OK)
        return;
    while (scp_key_info_next(&r, &info) == SCP_OK) {
        fuzz_require(info.component_count <= SCP_KEY_INFO_COMPONENTS_MAX);
        (void)(fuzz_touch(info.usage) + fuzz_touch(info.access));
    }
}

static void oid(struct scp_bytes in)
{
    char text[TEXT];
    if (scp_oid_text(in, text, sizeof text) == SCP_OK)
        fuzz_require(text[0] >= '0' && text[0] <= '2');
}

static void recognition(struct scp_bytes in)
{
    struct scp_card_recognition data;
    if (scp_card_recognition_parse(in, &data) != SCP_OK)
        return;
    fuzz_require(data.protocol_count <= SCP_RECOGNITION_PROTOCOLS_MAX);
    oid(data.oid);
    oid(data.version);
    oid(data.identification);
    (void)(fuzz_touch(data.configuration) + fuzz_touch(data.chip));
}

static void small_ones(struct scp_bytes in)
{
    struct scp_card_resources resources;
    struct scp_fci fci;
    struct scp_bytes cplc;
    uint32_t counter = 0;
    if (scp_card_resources_parse(in, &resources) == SCP_OK)
        fuzz_require(in.len >= 12);
    if (scp_sequence_counter_parse(in, &counter) == SCP_OK)
        fuzz_require(counter <= 0xFFFFFF);
    if (scp_fci_parse(in, &fci) == SCP_OK)
        (void)(fuzz_touch(fci.aid) + fuzz_touch(fci.management));
    if (scp_cplc_parse(in, &cplc) == SCP_OK)
        fuzz_require(scp_cplc_field(cplc, SCP_CPLC_IC_PERSO_EQUIPMENT_ID).len == 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scp_bytes in = scp_bytes_of(data, size);
    key_information(in);
    recognition(in);
    small_ones(in);
    oid(in);
    return 0;
}
