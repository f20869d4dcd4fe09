/* The applets of a personalised card under any sequence of plain commands: the card always answers,
 * what always holds goes on holding, no counter is used for more than the two cryptograms of one
 * transaction, and none comes back.
 *
 * Input: steps, each a byte that says which (modulo 4), then
 *     0  SELECT an application: its number
 *     1  a command from the table: its number, how many changes (0 to 3), for each place and value
 *     2  any command: its length, its bytes
 *     3  power: contact (even) or in a field (odd) */
#include "agent/card/invariants.h"
#include "agent/card/issue.h"
#include "agent/card/softcard.h"
#include "scp/gp/apdu.h"
#include "scp/gp/commands.h"
#include "scp/gp/tlv.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { STEPS_MAX = 200, CHANGES = 4, IMAGE_MAX = 256 * 1024, COMMAND_SIZE = 64 };

static const char profile_text[] =
    "name: fuzz\n"
    "card: {protocol: scp03, i: '70', key_length: 16, kvn: 0x30, isd_aid: A000000151000000}\n"
    "soft:\n"
    "  atr: 3B800181\n" /* T=1: in T=0 each answer would have to be fetched */
    "  cplc: "
    "'000000000000000000000000000000000000000000000000000000000000000000000000000000000000'\n"
    "  memory: {non_volatile: 32768, volatile: 2048, application_volatile: 64}\n"
    "  tries: 3\n"
    "  native:\n"
    "    - {module: D1560000990101, applet: payment}\n"
    "    - {module: D1560000990102, applet: directory}\n"
    "    - {module: D1560000990103, applet: social}\n"
    "    - {module: D1560000990104, applet: crs}\n"
    "    - {module: D1560000990105, applet: generic}\n";
static const char keys_text[] = "scheme: none\n"
                                "enc: 404142434445464748494A4B4C4D4E4F\n"
                                "mac: 505152535455565758595A5B5C5D5E5F\n"
                                "dek: 606162636465666768696A6B6C6D6E6F\n"
                                "social_update: 000102030405060708090A0B0C0D0E0F\n";

#define BANK(aid)                                                                               \
    "      - aid: " aid "\n"                                                                    \
    "        module: D1560000990101\n"                                                          \
    "        dgis:\n"                                                                           \
    "          - {dgi: '0101', value: 70315A0862220012345678905F24033112318C089F02069F37049A03" \
    "8D078A02910A9F37049F4F0B9A039F02069F36029F2701}\n"                                         \
    "          - {dgi: '9102', value: A517500442414E4B8701019F38039F3704BF0C059F4D020B02}\n"    \
    "          - {dgi: '9103', value: A5155004544150538701019F38099F66049F02069F3704}\n"        \
    "          - {dgi: '9104', value: 82021C00940408010100}\n"                                  \
    "          - {dgi: '9207', value: 82020040570F6222001234567890D311220100000F}\n"            \
    "          - {dgi: '9200', value: 9F100807010103A0000001}\n"                                \
    "          - {dgi: '8010', value: 241234FFFFFFFFFF}\n"                                      \
    "          - {dgi: '8000', value: 01010101010101010101010101010101"                         \
    "0202020202020202020202020202020203030303030303030303030303030303}\n"

static const char issuance_text[] =
    "diversification_data: '00010203040506070809'\n"
    "iin: '42310000'\n"
    "cin: '9156000011112222'\n"
    "content:\n"
    "  - package: D15600009901\n"
    "    size: 500\n"
    "    modules: [D1560000990101, D1560000990102, D1560000990103, D1560000990104, "
    "D1560000990105]\n"
    "    instances:\n" BANK("A00000033301010101")
        BANK("A00000033301010102") "      - aid: 325041592E5359532E4444463031\n"
                                   "        module: D1560000990102\n"
                                   "        dgis:\n"
                                   "          - {dgi: '9103', value: "
                                   "A523BF0C20610E4F09A00000033301010101870102"
                                   "610E4F09A00000033301010102870101}\n"
                                   "      - aid: 315041592E5359532E4444463031\n"
                                   "        module: D1560000990102\n"
                                   "        dgis:\n"
                                   "          - {dgi: '9102', value: A503880101}\n"
                                   "          - {dgi: '0101', value: "
                                   "7010610E4F09A00000033301010101870101}\n"
                                   "      - aid: 7378312E73682EC9E7BBE1B1A3D5CF\n"
                                   "        module: D1560000990103\n"
                                   "        pin: '313233343536'\n"
                                   "        files:\n"
                                   "          - {ef: '05', records: ['0110AABB', '020131']}\n"
                                   "          - {df: '03', ef: '05', binary: "
                                   "'00112233445566778899', update: pin}\n"
                                   "      - {aid: A00000015143525300, module: D1560000990104}\n"
                                   "      - {aid: D15600000101, module: D1560000990105}\n";

static const struct scp_bytes aids[] = {
    {(const uint8_t *)"\xA0\x00\x00\x03\x33\x01\x01\x01\x01", 9},
    {(const uint8_t *)"\xA0\x00\x00\x03\x33\x01\x01\x01\x02", 9},
    {(const uint8_t *)"2PAY.SYS.DDF01", 14},
    {(const uint8_t *)"1PAY.SYS.DDF01", 14},
    {(const uint8_t *)"sx1.sh.\xC9\xE7\xBB\xE1\xB1\xA3\xD5\xCF", 15},
    {(const uint8_t *)"\xA0\x00\x00\x01\x51\x43\x52\x53\x00", 9},
    {(const uint8_t *)"\xD1\x56\x00\x00\x01\x01", 6},
    {(const uint8_t *)"\xA0\x00\x00\x03\x33", 5},
};
enum { AIDS = sizeof aids / sizeof aids[0], BANKS = 2 };

static const char *const commands[] = {
    "80A80000068304AABBCCDD00",                     /* GET PROCESSING OPTIONS */
    "80A8000010830E26000000000000000100AABBCCDD00", /* in a field */
    "80AE80000D000000000100AABBCCDD26112300",       /* GENERATE AC, first and second */
    "80AE40000D000000000100AABBCCDD26112300",
    "80AE00000D000000000100AABBCCDD26112300",
    "80AE40001030300102030405060708090AAABBCCDD00",
    "80AE40001030300000000000000000000000AABBCC00",
    "00820000080102030405060708",
    "008200000A01020304050607083030",
    "0020008008241234FFFFFFFFFF",
    "0020008008249999FFFFFFFFFF",
    "841E0000080102030405060708",
    "8424000218010203040506070801020304050607080102030405060708",
    "00B2010C00",
    "00B2015C00",
    "80CA9F3600",
    "80CA9F4F00",
    "0084000000",
    "80F24000024F0000",
    "80F24000064F005C024F8100",
    "80F24001024F0000",
    "80F20400054F005C019500",
    "80F001000B4F09A0000003330101010100",
    "80F001010B4F09A0000003330101010100",
    "80F002010B4F09A0000003330101010200",
    "80F002810B4F09A0000003330101010100",
    "80F002020B4F09A0000003330101010200",
    "80F0028200",
    "80CA00A500",
    "00A4000002DF03",
    "00A4020002EF05",
    "00B2010400",
    "00B0000000",
    "0020000006313233343536",
    "00D6000102AABB",
    "00DC0104040110FFFF",
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

/* ---- the card ---------------------------------------------------------------------------------
 */

struct bench {
    struct rebind_seeded seeded;
    struct rebind_env env;
    struct softcard *card;
    uint8_t image[IMAGE_MAX];
    size_t image_len;
    uint16_t atc[BANKS]; /* of the last cryptogram */
    unsigned made[BANKS];
    size_t at; /* the application that is selected, as far as the bench knows */
};

static struct document *document(const char *name, const char *text)
{
    struct document_problem problem = {0};
    struct document *doc = NULL;
    fuzz_require(doc_new(name, scp_bytes_of(text, strlen(text)), &doc, &problem) == DOC_OK);
    return doc;
}

static enum scp_error keep(void *ctx, size_t at, struct scp_bytes bytes)
{
    struct bench *bench = ctx;
    if (at > bench->image_len || bytes.len > sizeof bench->image - at)
        return SCP_IO;
    memcpy(bench->image + at, bytes.ptr, bytes.len);
    bench->image_len = at + bytes.len;
    return SCP_OK;
}

static void issue(struct bench *bench)
{
    struct document_problem problem = {0};
    struct document *profile = document("profile", profile_text);
    struct document *issuance = document("issuance", issuance_text);
    struct document *keys = document("keys", keys_text);
    struct rebind_blob image;
    fuzz_require(softcard_issue(profile, issuance, keys, &image, &problem));
    fuzz_require(image.len <= sizeof bench->image);
    memcpy(bench->image, image.ptr, image.len);
    bench->image_len = image.len;
    rebind_blob_free(&image);
    doc_free(keys);
    doc_free(issuance);
    doc_free(profile);
}

static void start(struct bench *bench)
{
    const struct softcard_storage storage = {.ctx = bench, .write = keep};
    memset(bench, 0, sizeof *bench);
    bench->env = rebind_env_seeded(&bench->seeded, 7, 1700000000000);
    bench->at = AIDS;
    issue(bench);
    fuzz_require(softcard_restore(scp_bytes_of(bench->image, bench->image_len), &bench->env,
                                  storage, &bench->card) == SCP_OK);
}

/* ---- steps ------------------------------------------------------------------------------------
 */

/* The counter of a cryptogram in the answer: not below the last one, and not a third time. */
static void check_counter(struct bench *bench, struct scp_bytes data)
{
    struct scp_bytes content;
    struct scp_bytes atc;
    if (bench->at >= BANKS || scp_tlv_expect(data, 0x77, &content) != SCP_OK ||
        scp_tlv_find(content, 0x9F36, &atc) != SCP_OK)
        return;
    uint16_t now = scp_load_u16(atc.ptr);
    uint16_t last = bench->atc[bench->at];
    fuzz_require(atc.len == 2 && now >= last);
    bench->made[bench->at] = now == last ? bench->made[bench->at] + 1 : 1;
    bench->atc[bench->at] = now;
    fuzz_require(bench->made[bench->at] <= 2);
}

static uint16_t transmit(struct bench *bench, struct scp_bytes command)
{
    uint8_t buffer[SOFTCARD_RESPONSE_MAX];
    struct scp_response response;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    fuzz_require(softcard_transmit(bench->card, command, &w) == SCP_OK);
    fuzz_require(scp_response_parse(scp_written(&w), &response) == SCP_OK);
    fuzz_require(softcard_broken_invariant(bench->card) == NULL);
    if (response.sw == 0x9000)
        check_counter(bench, response.data);
    return response.sw;
}

static void select_one(struct bench *bench, struct scp_reader *input)
{
    uint8_t command[SCP_APDU_MAX];
    size_t index = scp_get_u8(input) % AIDS;
    struct scp_apdu apdu = scp_select(aids[index]);
    struct scp_writer w = scp_writer_on(command, sizeof command);
    scp_put_apdu(&w, &apdu);
    uint16_t sw = transmit(bench, scp_written(&w));
    bench->at = sw == 0x9000 ? index : AIDS;
}

static void run_known(struct bench *bench, struct scp_reader *input)
{
    uint8_t command[COMMAND_SIZE];
    struct scp_writer w = scp_writer_on(command, sizeof command);
    fuzz_require(scp_hex_decode(commands[scp_get_u8(input) % COMMANDS], &w) == SCP_OK);
    size_t changes = scp_get_u8(input) % CHANGES;
    for (size_t i = 0; i < changes; i++) {
        size_t place = scp_get_u8(input) % scp_written(&w).len;
        command[place] = scp_get_u8(input);
    }
    (void)transmit(bench, scp_written(&w));
}

static void run_any(struct bench *bench, struct scp_reader *input)
{
    size_t len = scp_get_u8(input);
    struct scp_bytes command = scp_get(input, len < scp_reader_left(input) ? len : 0);
    if (command.len > 1 && command.ptr[1] == SCP_INS_SELECT)
        bench->at = AIDS;
    (void)transmit(bench, command);
}

static void power(struct bench *bench, struct scp_reader *input)
{
    uint8_t atr[SOFTCARD_ATR_MAX];
    size_t len = 0;
    softcard_use_contactless(bench->card, scp_get_u8(input) % 2 != 0);
    softcard_power(bench->card, atr, &len);
    bench->at = AIDS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const steps[])(struct bench *, struct scp_reader *) = {select_one, run_known,
                                                                         run_any, power};
    static struct bench bench;
    struct scp_reader input = scp_reader_on(scp_bytes_of(data, size));
    start(&bench);
    for (size_t i = 0; i < STEPS_MAX && scp_reader_left(&input) > 0; i++)
        steps[scp_get_u8(&input) % 4](&bench, &input);
    softcard_free(bench.card);
    rebind_seeded_fini(&bench.seeded);
    return 0;
}
