/* Diversification templates: a problem names a place in the text; what parses runs for every length
 * of master, or says that it does not fit. */
#include "scp/crypto/diversify.h"
#include "tests/fuzz/fuzz.h"

enum { TEXT = 1024 };

static void run(const struct scp_diversifier *diversifier, size_t master_len)
{
    static const uint8_t data[SCP_DIVERSIFICATION_DATA] = {1, 2, 3};
    const struct scp_key master = {{0x40}, master_len};
    const struct scp_key_set masters = {master, master, master};
    struct scp_key_set out;
    enum scp_error error = scp_diversifier_run(diversifier, &masters, data, &out);
    fuzz_require(error == SCP_OK || error == SCP_OUT_OF_RANGE);
    fuzz_require((out.enc.len > 0) == (error == SCP_OK));
    fuzz_require(out.enc.len <= SCP_KEY_MAX && out.mac.len <= SCP_KEY_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT] = "";
    struct scp_diversifier diversifier;
    struct scp_diversifier_problem problem;
    if (size >= sizeof text)
        return 0;
    struct scp_writer w = scp_writer_on((uint8_t *)text, sizeof text);
    scp_put(&w, scp_bytes_of(data, size));
    if (scp_diversifier_parse(text, &diversifier, &problem) != SCP_OK) {
        fuzz_require(problem.column >= 1 && problem.column <= size + 1 && problem.text[0] != '\0');
        return 0;
    }
    run(&diversifier, 16);
    run(&diversifier, 24);
    run(&diversifier, 32);
    return 0;
}
