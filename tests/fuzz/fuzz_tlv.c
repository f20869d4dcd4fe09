/* A sequence of data objects that parses is written back with the shortest lengths, and parses to
 * the same again. */
#include "scp/gp/tlv.h"
#include "tests/fuzz/fuzz.h"

enum { DEPTH_MAX = 8, INPUT_MAX = 4096 };

static void walk(struct scp_bytes in, unsigned depth)
{
    struct scp_reader r = scp_reader_on(in);
    struct scp_tlv tlv;
    size_t read = 0;
    while (scp_tlv_next(&r, &tlv) == SCP_OK) {
        read += tlv.whole.len;
        (void)fuzz_touch(tlv.value);
        if (scp_tag_constructed(tlv.tag) && depth < DEPTH_MAX)
            walk(tlv.value, depth + 1);
    }
    fuzz_require(read <= in.len);
}

static void round_trip(struct scp_bytes in)
{
    static uint8_t buffer[INPUT_MAX];
    struct scp_tlv first;
    struct scp_bytes again;
    if (scp_tlv_parse(in, &first) != SCP_OK)
        return;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    size_t mark = scp_tlv_begin(&w, first.tag);
    scp_put(&w, first.value);
    scp_tlv_end(&w, mark);
    fuzz_require(scp_written(&w).len <= in.len);
    fuzz_require(scp_tlv_expect(scp_written(&w), first.tag, &again) == SCP_OK);
    fuzz_require(scp_bytes_equal(first.value, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scp_bytes in = scp_bytes_of(data, size);
    walk(in, 0);
    if (size <= INPUT_MAX)
        round_trip(in);
    return 0;
}
