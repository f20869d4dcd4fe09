/* The soft card under any sequence of commands, resets and sessions: it never crashes, always
 * answers, and after each command is in a state that the specification has. What it has committed
 * comes to life again. The first byte is the kind of card; host.h has the rest. */
#include "agent/card/invariants.h"
#include "tests/fuzz/card/host.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>

enum { STEPS_MAX = 400 };

static void check(const struct host *host)
{
    const char *broken = softcard_broken_invariant(host->card);
    if (broken != NULL)
        (void)fprintf(stderr, "no longer: %s\n", broken);
    fuzz_require(broken == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct host host;
    struct scp_reader input = scp_reader_on(scp_bytes_of(data, size));
    host_start(&host, scp_get_u8(&input));
    check(&host);
    for (size_t i = 0; i < STEPS_MAX && host_step(&host, &input); i++)
        check(&host);
    check(&host);
    host_end(&host);
    return 0;
}
