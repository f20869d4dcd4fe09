/* Whatever a card says about itself is read or refused. */
#include "scp/gp/capability.h"
#include "scp/gp/card_data.h"
#include "scp/gp/crs.h"
#include "tests/fuzz/fuzz.h"

enum { TEXT = 128 };

static void oid(struct scp_bytes in)
{
    char text[TEXT];
    if (scp_oid_text(in, text, sizeof text) == SCP_OK)
        fuzz_require(text[0] >= '0' && text[0] <= '2');
}

static void recognition(struct scp_bytes in)
{
    struct scp_card_recognition data;
    if (scp_card_recognition_parse(in, &data) != SCP_OK)
        return;
    fuzz_require(data.protocol_count <= SCP_RECOGNITION_PROTOCOLS_MAX);
    oid(data.oid);
    oid(data.version);
    oid(data.identification);
    oid(data.foreign_protocol);
    (void)(fuzz_touch(data.configuration) + fuzz_touch(data.chip));
}

static void capability(struct scp_bytes in)
{
    struct scp_card_capability data;
    if (scp_card_capability_parse(in, &data) != SCP_OK)
        return;
    for (size_t i = 0; i < data.protocol_count; i++)
        (void)(fuzz_touch(data.protocols[i].options) + fuzz_touch(data.protocols[i].suites));
    (void)(fuzz_touch(data.domain_privileges) + fuzz_touch(data.curves));
    (void)scp_signature_supported(data.token_ciphers, SCP_SIGNATURE_ECC_521);
    (void)scp_signature_supported(data.dap_ciphers, SCP_SIGNATURE_RSA_1024_SHA1);
}

/* A date is a day of the calendar that is not after the latest. */
static void date(struct scp_bytes value, const struct scp_date *latest)
{
    struct scp_date out;
    if (scp_cplc_date(value, latest, &out) != SCP_OK)
        return;
    fuzz_require(out.year >= SCP_CPLC_FIRST_YEAR && out.year <= latest->year);
    fuzz_require(out.month >= 1 && out.month <= 12 && out.day >= 1 && out.day <= 31);
    fuzz_require(out.year < latest->year || out.month < latest->month ||
                 (out.month == latest->month && out.day <= latest->day));
}

static void production(struct scp_bytes in)
{
    const struct scp_date today = {2024, 2, 29};
    struct scp_bytes cplc;
    date(scp_bytes_slice(in, 0, 2), &today);
    if (scp_cplc_parse(in, &cplc) != SCP_OK)
        return;
    fuzz_require(scp_cplc_field(cplc, SCP_CPLC_IC_PERSO_EQUIPMENT_ID).len == 4);
    date(scp_cplc_field(cplc, SCP_CPLC_IC_FABRICATION_DATE), &today);
}

/* A list is read to its end in as many steps as it has bytes. */
static void lists(struct scp_bytes in)
{
    struct scp_reader r = scp_reader_on(in);
    struct scp_crs_entry entry;
    struct scp_aid aid;
    enum scp_error error;
    size_t steps = 0;
    do {
        error = scp_crs_next(&r, &entry);
        if (error == SCP_OK)
            (void)(fuzz_touch(entry.counter) + fuzz_touch(entry.members));
        fuzz_require(++steps <= in.len + 1);
    } while (error == SCP_OK || error == SCP_MALFORMED);
    r = scp_reader_on(in);
    while (scp_application_list_next(&r, &aid) == SCP_OK)
        fuzz_require(aid.len >= SCP_AID_MIN && aid.len <= SCP_AID_MAX);
}

static void small_ones(struct scp_bytes in)
{
    struct scp_card_resources resources;
    struct scp_fci fci;
    struct scp_card_recognition management;
    uint32_t counter = 0;
    uint16_t confirmations = 0;
    if (scp_card_resources_parse(in, &resources) == SCP_OK)
        fuzz_require(in.len >= 9);
    if (scp_sequence_counter_parse(in, &counter) == SCP_OK)
        fuzz_require(counter <= 0xFFFFFF);
    if (scp_confirmation_counter_parse(in, &confirmations) == SCP_OK)
        fuzz_require(in.len >= 2);
    if (scp_fci_parse(in, &fci) == SCP_OK) {
        (void)(fuzz_touch(fci.aid) + fuzz_touch(fci.management));
        if (scp_management_data_parse(fci.management, &management) == SCP_OK)
            fuzz_require(management.protocol_count <= SCP_RECOGNITION_PROTOCOLS_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scp_bytes in = scp_bytes_of(data, size);
    recognition(in);
    capability(in);
    production(in);
    lists(in);
    small_ones(in);
    oid(in);
    return 0;
}
