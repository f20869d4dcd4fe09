/* A stored channel of this version or an older one. What is restored can be stored and restored
 * again the same, and used: no stored bytes make a later call misbehave. */
#include "scp/channel/channel.h"
#include "tests/fuzz/fuzz.h"

static struct scp_bytes save(const struct scp_channel *ch, uint8_t buffer[SCP_CHANNEL_SAVED_MAX])
{
    struct scp_writer w = scp_writer_on(buffer, SCP_CHANNEL_SAVED_MAX);
    scp_channel_save(ch, &w);
    fuzz_require(scp_writer_status(&w) == SCP_OK);
    return scp_written(&w);
}

static void use(struct scp_channel *ch, struct scp_bytes in)
{
    static uint8_t whole_buffer[SCP_WRAPPED_MAX];
    static uint8_t data[SCP_COLLECTED_MAX];
    uint8_t apdu[2 * SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    struct scp_writer d = scp_writer_on(data, sizeof data);
    const struct scp_apdu command = {0x80, 0xE6, 0x0C, 0x00, scp_bytes_slice(in, 0, 200), 0};
    struct scp_apdu whole;
    uint16_t sw;
    (void)!scp_channel_authenticate(ch, &w);
    w = scp_writer_on(apdu, sizeof apdu);
    fuzz_require(scp_channel_room(ch) <= SCP_APDU_DATA_MAX);
    (void)!scp_channel_replay(ch, in);
    (void)!scp_channel_unwrap(ch, in, &d, &sw);
    (void)!scp_channel_begin_r_mac(ch, SCP_LEVEL_R_MAC, SCP_EMPTY, &w);
    (void)!scp_channel_wrap(ch, &command, &w);
    if (scp_channel_wrap_long(ch, &command, whole_buffer, &whole) == SCP_OK)
        (void)fuzz_touch(whole.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scp_bytes in = scp_bytes_of(data, size);
    uint8_t first[SCP_CHANNEL_SAVED_MAX];
    uint8_t second[SCP_CHANNEL_SAVED_MAX];
    struct scp_channel ch;
    struct scp_channel again;
    if (scp_channel_restore(&ch, in) != SCP_OK)
        return 0;
    struct scp_bytes saved = save(&ch, first);
    fuzz_require(scp_channel_restore(&again, saved) == SCP_OK);
    fuzz_require(scp_bytes_equal(save(&again, second), saved));
    use(&ch, in);
    scp_channel_fini(&ch);
    scp_channel_fini(&again);
    return 0;
}
