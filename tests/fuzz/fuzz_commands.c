/* Command data, the first two bytes of the input being P1 and P2: what parses can be built, and
 * what was built parses to the same again. */
#include "scp/gp/commands.h"
#include "scp/gp/crs.h"
#include "scp/gp/install.h"
#include "scp/gp/logical_channel.h"
#include "scp/gp/put_key.h"
#include "scp/gp/uicc.h"
#include "tests/fuzz/fuzz.h"

enum { ROUND_TRIP = 4096 };

static uint8_t buffers[2][ROUND_TRIP];

/* ---- INSTALL ------------------------------------------------------------------------------ */

static void uicc(struct scp_bytes value)
{
    struct scp_uicc first;
    struct scp_uicc second;
    struct scp_writer w = scp_writer_on(buffers[1], ROUND_TRIP);
    if (scp_uicc_parse(value, &first) != SCP_OK)
        return;
    scp_put_uicc(&w, &first);
    fuzz_require(scp_uicc_parse(scp_written(&w), &second) == SCP_OK);
    fuzz_require(first.has_toolkit == second.has_toolkit);
    fuzz_require(scp_bytes_equal(first.toolkit.tars, second.toolkit.tars));
    fuzz_require(first.access.count == second.access.count);
    fuzz_require(first.administrative_access.count == second.administrative_access.count);
}

static void security_domain(struct scp_bytes c9)
{
    struct scp_security_domain_parameters first;
    struct scp_security_domain_parameters second;
    struct scp_writer w = scp_writer_on(buffers[1], ROUND_TRIP);
    if (scp_security_domain_parameters_parse(c9, &first) != SCP_OK)
        return;
    scp_put_security_domain_parameters(&w, &first);
    fuzz_require(scp_security_domain_parameters_parse(scp_written(&w), &second) == SCP_OK);
    fuzz_require(scp_bytes_equal(first.extradition_here, second.extradition_here));
    fuzz_require(scp_bytes_equal(first.extradition_away, second.extradition_away));
    fuzz_require(first.explicit_personalised == second.explicit_personalised);
}

static void parameters(struct scp_bytes in)
{
    struct scp_parameters first;
    struct scp_parameters second;
    struct scp_writer w = scp_writer_on(buffers[0], ROUND_TRIP);
    if (in.len > ROUND_TRIP / 2 || scp_parameters_parse(in, &first) != SCP_OK)
        return;
    scp_put_parameters(&w, &first);
    fuzz_require(scp_parameters_parse(scp_written(&w), &second) == SCP_OK);
    fuzz_require(scp_bytes_equal(first.application, second.application));
    fuzz_require(first.memory.non_volatile_reserved == second.memory.non_volatile_reserved);
    fuzz_require(first.implicit_count == second.implicit_count);
    fuzz_require(first.restricted == second.restricted);
    fuzz_require(scp_bytes_equal(first.services, second.services));
    security_domain(first.application);
    uicc(first.uicc);
}

static void install(uint8_t p1, uint8_t p2, struct scp_bytes data)
{
    struct scp_install first;
    struct scp_install second;
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(buffers[0], ROUND_TRIP);
    if (data.len > ROUND_TRIP / 2 || scp_install_parse(p1, p2, data, &first) != SCP_OK)
        return;
    fuzz_require(scp_install_command(&first, &w, &apdu) == SCP_OK);
    fuzz_require(scp_install_parse(p1, p2, apdu.data, &second) == SCP_OK);
    fuzz_require(scp_bytes_equal(first.application, second.application));
    fuzz_require(scp_bytes_equal(first.privileges, second.privileges));
    fuzz_require(scp_bytes_equal(first.token, second.token));
    parameters(first.parameters);
}

/* ---- PUT KEY ------------------------------------------------------------------------------ */

/* A value that is not whole blocks needs its inner length; one that is whole may lose it. */
static void same_key(const struct scp_new_key *a, const struct scp_new_key *b)
{
    fuzz_require(a->component_count == b->component_count && a->extended == b->extended);
    fuzz_require(scp_bytes_equal(a->kcv, b->kcv));
    fuzz_require(scp_bytes_equal(a->usage, b->usage) && scp_bytes_equal(a->access, b->access));
    for (size_t i = 0; i < a->component_count; i++) {
        fuzz_require(a->components[i].type == b->components[i].type);
        fuzz_require(a->components[i].clear_len == b->components[i].clear_len);
        fuzz_require(scp_bytes_equal(a->components[i].value, b->components[i].value));
    }
}

static void put_key(uint8_t p1, uint8_t p2, struct scp_bytes data)
{
    static struct scp_put_key first;
    static struct scp_put_key second;
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(buffers[0], ROUND_TRIP);
    struct scp_writer answer = scp_writer_on(buffers[1], ROUND_TRIP);
    if (data.len > ROUND_TRIP / 2 || scp_put_key_parse(p1, p2, data, &first) != SCP_OK)
        return;
    scp_put_key_response(&answer, &first);
    fuzz_require(scp_put_key_confirm(&first, scp_written(&answer)) == SCP_OK);
    if (scp_put_key_command(&first, &w, &apdu) != SCP_OK)
        return; /* a number out of range, a check value that is too long */
    fuzz_require(scp_put_key_parse(apdu.p1, apdu.p2, apdu.data, &second) == SCP_OK);
    fuzz_require(first.key_count == second.key_count && first.kvn == second.kvn);
    for (size_t i = 0; i < first.key_count; i++)
        same_key(&first.keys[i], &second.keys[i]);
}

/* ---- the others --------------------------------------------------------------------------- */

static void delete_command(uint8_t p2, struct scp_bytes data)
{
    struct scp_delete first;
    struct scp_delete second;
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(buffers[0], ROUND_TRIP);
    if (data.len > ROUND_TRIP / 2 || scp_delete_parse(p2, data, &first) != SCP_OK)
        return;
    fuzz_require(scp_delete_command(&first, &w, &apdu) == SCP_OK);
    fuzz_require(scp_delete_parse(apdu.p2, apdu.data, &second) == SCP_OK);
    fuzz_require(scp_bytes_equal(first.aid, second.aid) && first.kvn == second.kvn);
    fuzz_require(scp_bytes_equal(first.token, second.token));
}

static void get_status(uint8_t p1, uint8_t p2, struct scp_bytes data)
{
    struct scp_get_status first;
    struct scp_get_status second;
    struct scp_apdu apdu;
    struct scp_writer w = scp_writer_on(buffers[0], ROUND_TRIP);
    if (data.len > ROUND_TRIP / 2 || scp_get_status_parse(p1, p2, data, &first) != SCP_OK)
        return;
    fuzz_require(scp_get_status_command(&first, &w, &apdu) == SCP_OK);
    fuzz_require(scp_get_status_parse(apdu.p1, apdu.p2, apdu.data, &second) == SCP_OK);
    fuzz_require(scp_bytes_equal(first.aid, second.aid));
    fuzz_require(scp_bytes_equal(first.filters, second.filters));
    fuzz_require(scp_bytes_equal(first.tag_list, second.tag_list));
}

static void statuses_and_channels(uint8_t p1, uint8_t p2, struct scp_bytes data)
{
    struct scp_set_status status;
    struct scp_crs_set_status crs;
    struct scp_manage_channel channel;
    if (scp_set_status_parse(p1, p2, data, &status) == SCP_OK) {
        struct scp_apdu apdu = scp_set_status(&status);
        fuzz_require(apdu.p1 == p1 && apdu.p2 == p2);
    }
    if (scp_crs_set_status_parse(p1, p2, data, &crs) == SCP_OK) {
        struct scp_apdu apdu = scp_crs_set_status(&crs);
        fuzz_require(apdu.p2 == p2 && scp_bytes_equal(apdu.data, data));
    }
    if (scp_manage_channel_parse(p1, p2, &channel) == SCP_OK) {
        struct scp_apdu apdu = scp_manage_channel(&channel);
        fuzz_require(apdu.p1 == p1 && apdu.p2 == p2);
        fuzz_require(scp_cla_channel(scp_cla_on_channel(p1, channel.channel)) == channel.channel);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct scp_bytes body = scp_bytes_from(scp_bytes_of(data, size), 2);
    install(data[0], data[1], body);
    parameters(body);
    put_key(data[0], data[1], body);
    delete_command(data[1], body);
    get_status(data[0], data[1], body);
    statuses_and_channels(data[0], data[1], body);
    return 0;
}
