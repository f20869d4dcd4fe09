/* Data groupings: what parses is written back, comes whole out of STORE DATA commands of any size,
 * and is taken as keys where it is keys. The first byte of the input is the room in a command. */
#include "scp/gp/key_data.h"
#include "scp/gp/store_data.h"
#include "tests/fuzz/fuzz.h"

enum { DGIS_MAX = 32, JOINED_MAX = 8192, ROOM_MIN = 6 };

static uint8_t joined[JOINED_MAX];

static size_t parse(struct scp_bytes in, struct scp_dgi dgis[DGIS_MAX])
{
    struct scp_reader r = scp_reader_on(in);
    size_t count = 0;
    while (count < DGIS_MAX && scp_dgi_next(&r, &dgis[count]) == SCP_OK) {
        (void)fuzz_touch(dgis[count].value);
        dgis[count].encrypted = dgis[count].id >= 0x8000;
        count++;
    }
    return count;
}

/* The commands carry the groupings and nothing else, numbered, the last one marked. */
static void walk(const struct scp_dgi *dgis, size_t count, size_t room, bool pack)
{
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_store_data s;
    struct scp_apdu apdu = {.p1 = 0};
    struct scp_store_block block = {.last = false};
    struct scp_writer w = scp_writer_on(joined, sizeof joined);
    enum scp_error error;
    size_t commands = 0;
    scp_store_data_begin(&s, dgis, count, room, pack);
    while ((error = scp_store_data_next(&s, buffer, &apdu)) == SCP_OK) {
        fuzz_require(!block.last && apdu.p2 == (uint8_t)commands++);
        fuzz_require(apdu.data.len > 0 && apdu.data.len <= room);
        fuzz_require(scp_store_block_parse(apdu.p1, &block) == SCP_OK && block.dgi);
        scp_put(&w, apdu.data);
    }
    fuzz_require(error == SCP_NOT_FOUND || error == SCP_TOO_LONG);
    if (error == SCP_TOO_LONG || scp_writer_status(&w) != SCP_OK)
        return;
    fuzz_require(count == 0 || block.last);
    struct scp_reader r = scp_reader_on(scp_written(&w));
    for (size_t i = 0; i < count; i++) {
        struct scp_dgi again;
        fuzz_require(scp_dgi_next(&r, &again) == SCP_OK);
        fuzz_require(again.id == dgis[i].id && scp_bytes_equal(again.value, dgis[i].value));
    }
    fuzz_require(scp_reader_left(&r) == 0);
}

/* Keys that were taken can be sent again, unless the two codings differ in what they can say. */
static void keys(const struct scp_dgi *dgis, size_t count)
{
    struct scp_key_data data = {.count = 0};
    struct scp_key_data again = {.count = 0};
    struct scp_dgi made[SCP_KEY_DGIS_MAX];
    struct scp_writer w = scp_writer_on(joined, sizeof joined);
    size_t made_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (scp_key_data_take(&data, &dgis[i]) != SCP_OK)
            return;
    }
    if (scp_key_data_end(&data) != SCP_OK)
        return;
    const struct scp_key_transfer transfer = {.keys = data.keys, .count = data.count};
    if (scp_key_dgis(&transfer, &w, made, &made_count) != SCP_OK)
        return;
    for (size_t i = 0; i < made_count; i++)
        fuzz_require(scp_key_data_take(&again, &made[i]) == SCP_OK);
    fuzz_require(scp_key_data_end(&again) == SCP_OK && again.count == data.count);
    for (size_t i = 0; i < data.count; i++) {
        fuzz_require(again.keys[i].type == data.keys[i].type);
        fuzz_require(scp_bytes_equal(again.keys[i].value, data.keys[i].value));
        fuzz_require(scp_bytes_equal(again.keys[i].kcv, data.keys[i].kcv));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scp_dgi dgis[DGIS_MAX];
    struct scp_store_block block;
    if (size == 0)
        return 0;
    size_t room = data[0] < ROOM_MIN ? ROOM_MIN : data[0];
    size_t count = parse(scp_bytes_from(scp_bytes_of(data, size), 1), dgis);
    if (scp_store_block_parse(data[0], &block) == SCP_OK)
        fuzz_require(!(block.dgi && block.tlv));
    keys(dgis, count);
    walk(dgis, count, room, true);
    walk(dgis, count, room, false);
    return 0;
}
