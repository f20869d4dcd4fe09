/* What a card confirms and what a delegated command carries is read or refused; what was read is
 * written again as it was. The first byte chooses the instruction, the next two are P1 and P2. */
#include "scp/gp/commands.h"
#include "scp/gp/receipt.h"
#include "scp/gp/token.h"
#include "tests/fuzz/fuzz.h"

enum { ROUND_TRIP = 4096 };

static void confirmation(struct scp_bytes in)
{
    struct scp_confirmation first, second;
    uint8_t buffer[ROUND_TRIP];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    if (in.len > ROUND_TRIP / 2 || scp_confirmation_parse(in, &first) != SCP_OK)
        return;
    (void)(fuzz_touch(first.domain) + fuzz_touch(first.token_id) + fuzz_touch(first.digest));
    scp_put_confirmation(&w, first.receipt, first.data);
    fuzz_require(scp_confirmation_parse(scp_written(&w), &second) == SCP_OK);
    fuzz_require(scp_bytes_equal(first.receipt, second.receipt));
    fuzz_require(scp_bytes_equal(first.data, second.data));
    fuzz_require(first.counter == second.counter);
}

static void binding(struct scp_bytes value)
{
    struct scp_token_binding first, second;
    uint8_t buffer[ROUND_TRIP];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    if (value.len > ROUND_TRIP / 2 || scp_token_binding_parse(value, &first) != SCP_OK)
        return;
    scp_put_token_binding(&w, &first);
    fuzz_require(scp_token_binding_parse(scp_written(&w), &second) == SCP_OK);
    fuzz_require(scp_bytes_equal(first.token_id, second.token_id));
    fuzz_require(scp_token_binding_check(&first, &second.domain) == SCP_OK);
}

/* What is covered is the beginning of the data, and the token is not in it. */
static void token(const struct scp_apdu *command)
{
    struct scp_token token;
    uint8_t buffer[ROUND_TRIP];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    if (command->data.len > ROUND_TRIP / 2 || scp_token_parse(command, &token) != SCP_OK)
        return;
    fuzz_require(scp_bytes_start_with(command->data, token.covered));
    fuzz_require(token.covered.len + token.signature.len <= command->data.len);
    (void)fuzz_touch(token.signature);
    scp_put_token_input(&w, &token);
    fuzz_require(scp_written(&w).len >= token.covered.len + 3);
    binding(token.binding);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scp_bytes in = scp_bytes_of(data, size);
    confirmation(in);
    binding(in);
    if (size < 3)
        return 0;
    const struct scp_apdu command = {.ins = (data[0] & 1) == 0 ? SCP_INS_INSTALL : SCP_INS_DELETE,
                                     .p1 = data[1],
                                     .p2 = data[2],
                                     .data = scp_bytes_from(in, 3)};
    token(&command);
    return 0;
}
