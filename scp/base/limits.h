/* Every limit of libscp, in bytes unless said otherwise: what a caller has to have room for, and
 * what is refused as TOO_LONG. A limit of one format stands in that format's header.
 *
 *     uint8_t apdu[SCP_APDU_MAX];
 *     struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
 */
#ifndef SCP_BASE_LIMITS_H
#define SCP_BASE_LIMITS_H

enum {
    SCP_AID_MIN = 5, /* ISO 7816-4 8.2.1.2 */
    SCP_AID_MAX = 16,
    SCP_APDU_DATA_MAX = 255,           /* of a short command */
    SCP_APDU_MAX = 4 + 1 + 255 + 1,    /* short command, case 4 */
    SCP_RESPONSE_DATA_MAX = 256,       /* of a short response */
    SCP_RESPONSE_MAX = 256 + 2,        /* with its status word */
    SCP_INIT_UPDATE_RESPONSE_MAX = 48, /* SCP03 S16 with a counter, without status word */
    SCP_COMMAND_MAX = 2048,            /* data of one command before chaining (INSTALL, PUT KEY) */
    SCP_SIGNATURE_MAX = 512,           /* of RSA with 4096 bits */
    SCP_LOAD_FILE_MAX = 256 * 1024,    /* a whole load file with its DAP blocks */
    SCP_CAP_MAX = 2 * 1024 * 1024,     /* a CAP archive */
    SCP_SCRIPT_MAX = 512 * 1024,       /* one administration script */
    SCP_SCRIPT_COMMANDS_MAX = 4096,    /* commands in one script */
};

#endif
