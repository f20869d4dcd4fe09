/* An archive is refused with a reason, or it is a package whose data block splits again. */
#include "scp/cap/cap.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scp_cap *cap;
    struct scp_cap_problem problem = {.text = ""};
    struct scp_components components;
    if (scp_cap_open(&cap, scp_bytes_of(data, size), &problem) != SCP_OK) {
        fuzz_require(cap == NULL && problem.text[0] != '\0');
        return 0;
    }
    struct scp_bytes block = scp_cap_data_block(cap, false);
    fuzz_require(scp_data_block_split(block, &components) == SCP_OK);
    fuzz_require(scp_cap_package(cap)->code_size == block.len);
    scp_cap_free(cap);
    return 0;
}
