/* Any answer to GET STATUS is read to its end in as many steps as it has bytes. The first byte is
 * the subset that was asked for. */
#include "scp/gp/commands.h"
#include "scp/gp/registry.h"
#include "tests/fuzz/fuzz.h"

enum { ENTRY_MAX = 1024 };

/* What was read can be written, and names the same application again. */
static void round_trip(const struct scp_registry_entry *entry, uint8_t subset)
{
    uint8_t buffer[ENTRY_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_registry_reader r;
    struct scp_registry_entry again;
    scp_put_registry_entry(&w, entry, subset, scp_status_tags(subset));
    if (scp_writer_status(&w) != SCP_OK)
        return;
    scp_registry_open(&r, subset, scp_written(&w));
    fuzz_require(scp_registry_next(&r, &again) == SCP_OK);
    fuzz_require(scp_aid_equal(&entry->aid, &again.aid));
    fuzz_require(entry->life_cycle == again.life_cycle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct scp_registry_reader r;
    struct scp_registry_entry entry;
    size_t steps = 0;
    enum scp_error error;
    scp_registry_open(&r, data[0], scp_bytes_from(scp_bytes_of(data, size), 1));
    do {
        error = scp_registry_next(&r, &entry);
        if (error == SCP_OK) {
            (void)(fuzz_touch(entry.version) + fuzz_touch(entry.uicc));
            round_trip(&entry, data[0]);
        }
        fuzz_require(++steps <= size + 1);
    } while (error == SCP_OK || error == SCP_MALFORMED || error == SCP_TOO_LONG);
    return 0;
}
