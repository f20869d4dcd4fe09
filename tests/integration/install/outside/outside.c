/* A secured packet for a card with a bearer of its own. */
#include "scp/ota/packet.h"

#include <stdio.h>

int main(void)
{
    const struct scp_key key = {{0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0x10, 0x11,
                                 0x12, 0x13, 0x14, 0x15, 0x16},
                                16};
    const struct scp_packet_command command = {
        .spi = {SCP_SPI_CC | SCP_SPI_CIPHERED, SCP_POR_ALWAYS | SCP_POR_SUBMIT},
        .kic = 0x12,
        .kid = 0x12,
        .tar = {0x01, 0x02, 0x03},
        .data = SCP_LITERAL(0xAA, 0xBB),
    };
    struct scp_packet_security security = {.cipher_key = &key, .check_key = &key};
    uint8_t packet[64];
    char hex[SCP_HEX_SIZE(sizeof packet)];
    struct scp_writer w = scp_writer_on(packet, sizeof packet);
    enum scp_error error = scp_packet_command_security(&command, &security);

    if (error == SCP_OK)
        error = scp_packet_command_pack(&security, &command, &w);
    puts(error == SCP_OK ? scp_hex_encode(hex, sizeof hex, scp_written(&w))
                         : scp_error_text(error));
    return error == SCP_OK ? 0 : 1;
}
