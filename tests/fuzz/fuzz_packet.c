/* Secured packets: the first byte says which cipher and check, the rest is a packet of either kind.
 * What is accepted has its data inside the packet's size; the same bytes as data of a packet of
 * ours come out again. */
#include "scp/ota/packet.h"
#include "tests/fuzz/fuzz.h"

enum { PACKET = 4096, KEYS = 32 };

static const size_t cipher_keys[] = {0, 8, 8, 16, 32};
static const size_t check_keys[] = {0, 0, 0, 8, 24, 16};
static const uint8_t check_kinds[] = {0,          SCP_SPI_RC, SCP_SPI_RC,
                                      SCP_SPI_CC, SCP_SPI_CC, SCP_SPI_CC};

enum {
    CIPHERS = sizeof cipher_keys / sizeof cipher_keys[0],
    CHECKS = sizeof check_keys / sizeof check_keys[0],
};

static void unpack(const struct scp_packet_security *security, struct scp_bytes packet)
{
    static uint8_t buffer[PACKET];
    struct scp_packet_command command;
    struct scp_packet_response response;
    struct scp_writer plain = scp_writer_on(buffer, sizeof buffer);
    if (scp_packet_command_peek(packet, &command) == SCP_OK)
        (void)fuzz_touch(SCP_BYTES(command.tar));
    if (scp_packet_command_unpack(security, packet, &plain, &command) == SCP_OK) {
        (void)fuzz_touch(command.data);
        fuzz_require(command.data.len + command.padding < packet.len);
    }
    plain = scp_writer_on(buffer, sizeof buffer);
    if (scp_packet_response_unpack(security, packet, &plain, &response) == SCP_OK) {
        (void)fuzz_touch(response.data);
        fuzz_require(response.data.len + response.padding < packet.len);
    }
}

static void round_trip(const struct scp_packet_security *security, uint8_t spi1,
                       struct scp_bytes data)
{
    static uint8_t packet[PACKET];
    static uint8_t buffer[PACKET];
    struct scp_writer out = scp_writer_on(packet, sizeof packet);
    struct scp_writer plain = scp_writer_on(buffer, sizeof buffer);
    const struct scp_packet_command command = {.spi = {spi1}, .counter = data.len, .data = data};
    struct scp_packet_command got;
    if (scp_packet_command_pack(security, &command, &out) != SCP_OK)
        return; /* too long */
    fuzz_require(scp_packet_command_unpack(security, scp_written(&out), &plain, &got) == SCP_OK);
    fuzz_require(got.counter == data.len && scp_bytes_equal(got.data, data));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct scp_key keys[KEYS + 1] = {
        [8] = {{0x21}, 8}, [16] = {{0x22}, 16}, [24] = {{0x23}, 24}, [32] = {{0x24}, 32}};
    if (size == 0)
        return 0;
    size_t cipher = data[0] % CIPHERS;
    size_t check = data[0] / CIPHERS % CHECKS;
    const struct scp_packet_security security = {
        .cipher = (enum scp_packet_cipher)cipher,
        .check = (enum scp_packet_check)check,
        .cipher_key = &keys[cipher_keys[cipher]],
        .check_key = &keys[check_keys[check]],
    };
    struct scp_bytes rest = scp_bytes_from(scp_bytes_of(data, size), 1);
    unpack(&security, rest);
    round_trip(&security, check_kinds[check] | (cipher > 0 ? SCP_SPI_CIPHERED : 0), rest);
    return 0;
}
