/* A host's channel and a card's, wired to each other, for every option and level. */
#ifndef TESTS_UNIT_SCP_CHANNEL_PAIR_H
#define TESTS_UNIT_SCP_CHANNEL_PAIR_H

#include "scp/channel/card_channel.h"
#include "tests/support/test.h"

struct option {
    enum scp_protocol protocol;
    uint8_t i;
    uint8_t key_len;
    uint8_t quirks;
};

enum { OPTIONS_MAX = 128 };
bool is_implicit(const struct option *option);

struct pair {
    struct option option;
    uint8_t level;
    struct scp_key_set set;
    struct scp_keys keys; /* over `set` */
    struct scp_card_channel_setup setup;
    uint8_t host_challenge[16];
    uint8_t answer_buffer[SCP_INIT_UPDATE_RESPONSE_MAX];
    struct scp_bytes answer; /* of INITIALIZE UPDATE */
    struct scp_channel host;
    struct scp_card_channel card;
};

/* Keys and challenges are set; nothing has been sent. */
void pair_init(struct pair *p, const struct option *option, uint8_t level);
struct scp_channel_params pair_params(const struct pair *p);
struct scp_bytes pair_host_challenge(const struct pair *p);
/* INITIALIZE UPDATE on both ends, its answer in `answer`; the host has not looked at it. */
void pair_begin(struct pair *p);
/* What a host that prepares a session knows of this card. */
struct scp_known_card pair_known(const struct pair *p);
/* Begin, open, authenticate; or open without any of that, where the option is implicit. */
void pair_connect(struct pair *p);
/* Initialise and connect. */
void pair_open(struct pair *p, const struct option *option, uint8_t level);
void pair_fini(struct pair *p);

/* Call `run` with an opened pair for every supported option, key length and level. */
void for_each_session(void (*run)(struct pair *p));
/* The same for the options of explicit initiation, at their highest level, with pairs on which only
 * pair_init was called. */
void for_each_option(void (*run)(struct pair *p));

/* Commands of all four cases and of lengths around the block sizes; each borrows from static
 * data. */
enum { SAMPLE_COUNT = 16 };
struct scp_apdu sample(const struct pair *p, size_t n);

/* Wrap on the host into `buffer`. */
struct scp_bytes wrap(struct pair *p, const struct scp_apdu *command, uint8_t buffer[SCP_APDU_MAX]);
void assert_same_command(const struct scp_apdu *a, const struct scp_apdu *b);

#endif
