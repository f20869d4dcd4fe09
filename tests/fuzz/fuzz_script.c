/* Scripts and response lists end after as many steps as they have bytes; a script that reads to its
 * end is written again and reads the same. */
#include "scp/ota/script.h"
#include "tests/fuzz/fuzz.h"

enum { SCRIPT = 8192 };

static void responses(struct scp_bytes in)
{
    struct scp_response_reader r;
    struct scp_bytes item;
    size_t count = 0;
    enum scp_error error = scp_responses_open(&r, in);
    if (error != SCP_OK && r.bad_format == 0)
        return;
    fuzz_require((error == SCP_UNSUPPORTED) == (r.bad_format != 0));
    while (scp_responses_next(&r, &item) == SCP_OK) {
        (void)fuzz_touch(item);
        count++;
    }
    fuzz_require(count == r.executed);
}

/* Read a script, copying it into `copy`. Returns whether it was read to its end. */
static bool copy_script(struct scp_bytes in, struct scp_script_writer *copy, uint8_t *body)
{
    struct scp_script_reader r;
    struct scp_script_command command;
    enum scp_error error;
    if (scp_script_open(&r, in) != SCP_OK)
        return false;
    scp_script_begin(copy, r.extended, body, SCRIPT);
    while ((error = scp_script_next(&r, &command)) == SCP_OK) {
        (void)fuzz_touch(command.guard);
        (void)scp_script_accepts(&command, 0x9000);
        scp_script_add(copy, &command);
        fuzz_require(copy->count <= in.len);
    }
    return error == SCP_NOT_FOUND;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t body[SCRIPT];
    static uint8_t first[SCRIPT];
    static uint8_t second[SCRIPT];
    struct scp_script_writer copy;
    struct scp_bytes in = scp_bytes_of(data, size);
    responses(in);
    struct scp_writer w1 = scp_writer_on(first, sizeof first);
    struct scp_writer w2 = scp_writer_on(second, sizeof second);
    if (!copy_script(in, &copy, body) || scp_script_finish(&copy, &w1) != SCP_OK)
        return 0;
    fuzz_require(copy_script(scp_written(&w1), &copy, body));
    fuzz_require(scp_script_finish(&copy, &w2) == SCP_OK);
    fuzz_require(scp_bytes_equal(scp_written(&w1), scp_written(&w2)));
    w1 = scp_writer_on(first, sizeof first);
    w2 = scp_writer_on(second, sizeof second);
    if (scp_script_finish_indefinite(&copy, &w1) != SCP_OK)
        return 0;
    fuzz_require(copy_script(scp_written(&w1), &copy, body));
    fuzz_require(scp_script_finish_indefinite(&copy, &w2) == SCP_OK);
    fuzz_require(scp_bytes_equal(scp_written(&w1), scp_written(&w2)));
    return 0;
}
