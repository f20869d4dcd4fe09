/* A command that parses is written back byte for byte; commands that come one after the other are
 * joined where they are a chain; a response is put together from what a card answers. Load files
 * are read without harm. */
#include "scp/gp/apdu.h"
#include "scp/gp/chaining.h"
#include "scp/gp/exchange.h"
#include "scp/gp/load_file.h"
#include "tests/fuzz/fuzz.h"

enum { CHAIN_MAX = 1024, ANSWER_MAX = 1024 };

static void round_trip(struct scp_bytes in)
{
    struct scp_apdu apdu;
    uint8_t buffer[SCP_APDU_MAX];
    if (scp_apdu_parse(in, &apdu) != SCP_OK)
        return;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_apdu(&w, &apdu);
    fuzz_require(scp_bytes_equal(scp_written(&w), in));
}

/* What was joined is cut into parts that join to the same again. */
static void cut_and_join(const struct scp_apdu *whole)
{
    uint8_t buffer[CHAIN_MAX];
    struct scp_chain chain;
    struct scp_apdu part;
    struct scp_apdu again;
    size_t room = 1 + whole->data.len / 3;
    enum scp_error error = SCP_NOT_FOUND;
    if (!scp_ins_chains(whole->ins) || (whole->p1 & SCP_MORE_COMMANDS) != 0)
        return;
    scp_chain_begin(&chain, buffer, sizeof buffer);
    for (size_t i = 0; scp_segment(whole, room, i, &part) == SCP_OK; i++) {
        fuzz_require(error == SCP_NOT_FOUND);
        error = scp_chain_take(&chain, &part, &again);
    }
    fuzz_require(error == SCP_OK);
    fuzz_require(again.p1 == whole->p1 && scp_bytes_equal(again.data, whole->data));
}

/* The input as commands, each with a length before it. */
static void chain_of(struct scp_bytes in)
{
    uint8_t buffer[CHAIN_MAX];
    struct scp_chain chain;
    struct scp_apdu part;
    struct scp_apdu whole;
    struct scp_reader r = scp_reader_on(in);
    scp_chain_begin(&chain, buffer, sizeof buffer);
    while (scp_reader_left(&r) > 0) {
        if (scp_apdu_parse(scp_get_lv(&r), &part) != SCP_OK)
            continue;
        enum scp_error error = scp_chain_take(&chain, &part, &whole);
        fuzz_require(error == SCP_OK || error == SCP_NOT_FOUND || error == SCP_MISMATCH ||
                     error == SCP_NO_SPACE);
        fuzz_require(chain.open == (error == SCP_NOT_FOUND));
        if (error != SCP_OK)
            continue;
        (void)fuzz_touch(whole.data);
        cut_and_join(&whole);
    }
}

/* The input as a command and the answers of a card, each with a length before it. */
static void exchange(struct scp_bytes in)
{
    uint8_t buffer[ANSWER_MAX];
    struct scp_reader r = scp_reader_on(in);
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_exchange x;
    struct scp_apdu command;
    if (scp_apdu_parse(scp_get_lv(&r), &command) != SCP_OK)
        return;
    scp_exchange_begin(&x, &command, in.len % 2 == 0, &w);
    for (size_t steps = 0; !x.done && scp_reader_left(&r) > 0; steps++) {
        fuzz_require(steps <= (size_t)2 * (SCP_GET_RESPONSES_MAX + 1));
        if (scp_exchange_take(&x, scp_get_lv(&r)) != SCP_OK)
            return;
    }
    fuzz_require(!x.done || scp_written(&w).len >= 2);
}

static void load_file(struct scp_bytes data)
{
    struct scp_load_file file;
    struct scp_components components;
    struct scp_package package;
    if (scp_load_file_parse(data, &file) != SCP_OK)
        return;
    (void)fuzz_touch(file.ciphered);
    if (scp_data_block_split(file.data_block, &components) == SCP_OK &&
        scp_package_parse(&components, &package) == SCP_OK)
        fuzz_require(package.code_size <= file.data_block.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scp_bytes in = scp_bytes_of(data, size);
    round_trip(in);
    chain_of(in);
    exchange(in);
    load_file(in);
    return 0;
}
