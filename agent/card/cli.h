/* Private to the program `softcard`: what its commands are given, and what they do. Each returns
 * the exit status and has said on standard error why it is not 0. */
#ifndef AGENT_CARD_CLI_H
#define AGENT_CARD_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLI_ARGUMENTS_MAX = 256 };
enum { CLI_POWER_CUT = 2, CLI_USAGE = 64 }; /* exit statuses beside 0 and 1 */

struct cli_options {
    const char *state;    /* image of `softcard --state` */
    const char *profile;  /* a file, or a name in `profiles` */
    const char *profiles; /* folder */
    const char *issuance;
    const char *keys;
    const char *out;
    const char *host;
    const char *port;
    uint64_t tear_after; /* 0: never */
    bool real_time;
    bool timing;
    bool json;
    char *arguments[CLI_ARGUMENTS_MAX];
    size_t count;
    size_t least, most; /* arguments that the command takes */
};

int cli_new(const struct cli_options *options);
int cli_show(const struct cli_options *options);
int cli_apdu(const struct cli_options *options);
int cli_vpcd(const struct cli_options *options);
/* Without a command: the card of --state, made when there is none, in a virtual reader. */
int cli_state(const struct cli_options *options);

#endif
