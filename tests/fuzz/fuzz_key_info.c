/* Key information in both forms: what is read can be written, and reads as the same again. */
#include "scp/gp/card_data.h"
#include "scp/gp/tlv.h"
#include "tests/fuzz/fuzz.h"

enum { ROUND_TRIP = 1024 };

static void round_trip(const struct scp_key_info *info)
{
    uint8_t buffer[ROUND_TRIP];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_bytes value;
    struct scp_key_info again;
    scp_put_key_info(&w, info);
    fuzz_require(scp_tlv_expect(scp_written(&w), 0xC0, &value) == SCP_OK);
    /* An extended key without a component looks like one of the basic form. */
    if (info->component_count == 0)
        return;
    fuzz_require(scp_key_info_parse(value, &again) == SCP_OK);
    fuzz_require(again.key_id == info->key_id && again.kvn == info->kvn);
    fuzz_require(again.extended == info->extended);
    fuzz_require(again.component_count == info->component_count);
    for (size_t i = 0; i < info->component_count; i++) {
        fuzz_require(again.components[i].type == info->components[i].type);
        fuzz_require(again.components[i].len == info->components[i].len);
    }
    fuzz_require(scp_bytes_equal(again.usage, info->usage));
    fuzz_require(scp_bytes_equal(again.access, info->access));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scp_key_info_reader r;
    struct scp_key_info info;
    struct scp_bytes in = scp_bytes_of(data, size);
    if (scp_key_info_parse(in, &info) == SCP_OK)
        round_trip(&info);
    if (scp_key_info_open(&r, in) != SCP_OK)
        return 0;
    for (size_t steps = 0; scp_key_info_next(&r, &info) == SCP_OK; steps++) {
        fuzz_require(steps <= size && info.component_count <= SCP_KEY_INFO_COMPONENTS_MAX);
        round_trip(&info);
    }
    return 0;
}
