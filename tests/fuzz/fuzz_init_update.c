/* The answer of INITIALIZE UPDATE: whatever is read is written back as it was. */
#include "scp/channel/channel.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scp_bytes in = scp_bytes_of(data, size);
    struct scp_init_update answer;
    uint8_t buffer[SCP_INIT_UPDATE_RESPONSE_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    if (scp_init_update_parse(in, &answer) != SCP_OK)
        return 0;
    fuzz_require(answer.challenge_len <= sizeof answer.challenge);
    fuzz_require(answer.cryptogram_len <= sizeof answer.cryptogram);
    scp_put_init_update(&w, &answer);
    fuzz_require(scp_bytes_equal(scp_written(&w), in));
    return 0;
}
