/* A card in memory and a host that knows its keys, for the fuzz target: nothing here asserts more
 * than that the card answers. */
#ifndef TESTS_FUZZ_CARD_HOST_H
#define TESTS_FUZZ_CARD_HOST_H

#include "agent/card/softcard.h"
#include "scp/channel/channel.h"
#include "scp/gp/install.h"

enum { HOST_IMAGE_MAX = 256 * 1024, HOST_CHANNELS = 20 };

struct host {
    struct rebind_seeded seeded;
    struct rebind_env env;
    struct softcard *card;
    uint8_t image[HOST_IMAGE_MAX]; /* what the storage holds */
    size_t image_len;
    struct scp_key_set keys;
    struct scp_keys holder;
    struct scp_channel_params params;
    struct scp_channel channels[HOST_CHANNELS];
    uint8_t at; /* the logical channel that commands go to */
    uint8_t response[SOFTCARD_RESPONSE_MAX];
};

/* How an input is coded: one byte that says what to do, then what that takes. */
enum host_op {
    HOST_PLAIN,   /* length, a command as it goes to the card */
    HOST_SECURED, /* length, a command for the session of the channel */
    HOST_SESSION, /* security level: opens a session on what is selected */
    HOST_POWER,   /* b1: contactless; b2: comes to life from the storage */
    HOST_CHANNEL, /* the number of the logical channel for what follows */
    HOST_INSTALL, /* form, AIDs by their index, three bytes of privileges, parameters */
    HOST_LOAD,    /* index of a package, index of a domain: sent in whole */
    HOST_OPS,
};

/* The same card each time, a session open on its basic channel; aborts when it cannot be made. */
void host_start(struct host *host, uint8_t kind);
void host_end(struct host *host);
/* Carry out one of them from the input. False when the input ends. */
bool host_step(struct host *host, struct scp_reader *input);

#endif
