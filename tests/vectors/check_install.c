/* INSTALL in all its forms, and the parameters in it. */
#include "scp/gp/install.h"
#include "scp/gp/parameters.h"
#include "scp/gp/tlv.h"
#include "scp/gp/uicc.h"
#include "tests/vectors/families.h"

#include <string.h>

enum { DATA_MAX = 4096, OBJECTS_MAX = 32 };

/* ---- parameters --------------------------------------------------------------------------- */

static uint32_t amount(struct vector *v, const char *name)
{
    return vector_u32(v, v->inputs, name, 0);
}

/* What the inputs state one by one. */
static struct scp_parameters parameters_of(struct vector *v)
{
    struct scp_parameters p = {
        .has_application = vector_has(v->inputs, "application_parameters"),
        .application = VECTOR_ANY(v, "application_parameters"),
        .memory = {.code = amount(v, "code"),
                   .volatile_ram = amount(v, "volatile"),
                   .non_volatile = amount(v, "non_volatile"),
                   .volatile_reserved = amount(v, "volatile_reserved"),
                   .non_volatile_reserved = amount(v, "non_volatile_reserved")},
        .services = VECTOR_ANY(v, "global_services", "services"),
        .toolkit = VECTOR_ANY(v, "sim_toolkit", "toolkit"),
        .restricted = (uint8_t)vector_u32(v, v->inputs, "restrict", 0),
        .uicc = VECTOR_ANY(v, "uicc"),
        .signature = VECTOR_ANY(v, "control_reference", "crt")};
    struct scp_bytes implicit = VECTOR_ANY(v, "implicit_selection");
    for (size_t i = 0; i < implicit.len && i < SCP_IMPLICIT_MAX; i++)
        p.implicit[p.implicit_count++] = implicit.ptr[i];
    return p;
}

/* The data objects of a template, those of EF one by one, as a sorted list. */
static size_t objects_of(struct scp_bytes in, struct scp_bytes list[OBJECTS_MAX], size_t count)
{
    struct scp_reader r = scp_reader_on(in);
    struct scp_tlv tlv;
    while (scp_tlv_next(&r, &tlv) == SCP_OK && count < OBJECTS_MAX) {
        if (tlv.tag == 0xEF) {
            count = objects_of(tlv.value, list, count);
            continue;
        }
        size_t at = count++;
        for (; at > 0 && tlv.whole.ptr[0] < list[at - 1].ptr[0]; at--)
            list[at] = list[at - 1];
        list[at] = tlv.whole;
    }
    return count;
}

/* The order of data objects in a template means nothing, and sources differ in it. */
static void expect_objects(struct vector *v, const char *name, struct scp_bytes actual)
{
    struct scp_bytes lists[2][OBJECTS_MAX];
    struct scp_bytes expected = vector_hex(v, v->expected, name);
    size_t count = objects_of(expected, lists[0], 0);
    bool same = expected.len == actual.len && objects_of(actual, lists[1], 0) == count;
    for (size_t i = 0; same && i < count; i++)
        same = scp_bytes_equal(lists[0][i], lists[1][i]);
    if (!same)
        vector_fail_bytes(v, name, expected, actual);
    vector_taken(v->expected, name);
}

static bool same_parameters(const struct scp_parameters *a, const struct scp_parameters *b)
{
    return a->has_application == b->has_application &&
           scp_bytes_equal(a->application, b->application) &&
           memcmp(&a->memory, &b->memory, sizeof a->memory) == 0 &&
           scp_bytes_equal(a->services, b->services) && scp_bytes_equal(a->toolkit, b->toolkit) &&
           a->implicit_count == b->implicit_count &&
           memcmp(a->implicit, b->implicit, a->implicit_count) == 0 &&
           a->restricted == b->restricted && scp_bytes_equal(a->uicc, b->uicc) &&
           scp_bytes_equal(a->signature, b->signature);
}

static void encoded_parameters(struct vector *v, bool application)
{
    uint8_t buffer[DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_parameters in = parameters_of(v);
    struct scp_parameters read;
    in.has_application = in.has_application || application;
    scp_put_parameters(&w, &in);
    if (!vector_ok(v, "scp_put_parameters", scp_writer_status(&w)) ||
        !vector_ok(v, "scp_parameters_parse",
                   scp_parameters_parse(vector_hex(v, v->expected, "encoded"), &read)))
        return;
    if (!same_parameters(&in, &read))
        vector_fail(v, "what is read of the encoding", "the inputs", "something else");
    expect_objects(v, "encoded", scp_written(&w));
}

/* C9 is mandatory in them, if empty. */
static void install_parameters(struct vector *v)
{
    encoded_parameters(v, true);
}

static void load_parameters(struct vector *v)
{
    encoded_parameters(v, false);
}

/* ---- the forms ---------------------------------------------------------------------------- */

static struct scp_install install_of(struct vector *v, uint8_t p1, struct scp_bytes parameters)
{
    static const uint8_t none[] = {0x00};
    bool installs = (p1 & (SCP_INSTALL_FOR_INSTALL | SCP_INSTALL_FOR_MAKE_SELECTABLE)) != 0;
    struct scp_install in = {
        .p1 = p1,
        .p2 = (uint8_t)vector_u32(v, v->inputs, "p2", 0),
        .load_file = VECTOR_ANY(v, "load_file_aid", "executable_load_file_aid", "package_aid"),
        .module = VECTOR_ANY(v, "module_aid", "executable_module_aid"),
        .application = VECTOR_ANY(v, "instance_aid", "application_aid"),
        .security_domain = VECTOR_ANY(v, "security_domain_aid"),
        .hash = VECTOR_ANY(v, "hash", "load_file_data_block_hash", "load_file_hash"),
        .privileges = VECTOR_ANY(v, "privileges"),
        .parameters = parameters,
        .token = VECTOR_ANY(v, "token", "load_token", "install_token")};
    if (installs && in.p2 != SCP_INSTALL_BEGIN && !vector_has(v->inputs, "privileges"))
        in.privileges = SCP_BYTES(none);
    /* A load file is extradited as an application is. */
    if (p1 == SCP_INSTALL_FOR_EXTRADITION && in.application.len == 0)
        in.application = in.load_file;
    if (p1 == SCP_INSTALL_FOR_EXTRADITION)
        in.load_file = SCP_EMPTY;
    return in;
}

static bool same_install(const struct scp_install *a, const struct scp_install *b)
{
    return a->p1 == b->p1 && a->p2 == b->p2 && scp_bytes_equal(a->load_file, b->load_file) &&
           scp_bytes_equal(a->module, b->module) &&
           scp_bytes_equal(a->application, b->application) &&
           scp_bytes_equal(a->security_domain, b->security_domain) &&
           scp_bytes_equal(a->hash, b->hash) && scp_bytes_equal(a->privileges, b->privileges) &&
           scp_bytes_equal(a->parameters, b->parameters) && scp_bytes_equal(a->token, b->token);
}

/* Parameters as the source gives them, or from what it states. */
static void put_parameters(struct vector *v, struct scp_writer *w)
{
    struct scp_parameters stated = parameters_of(v);
    struct scp_bytes whole = VECTOR_ANY(v, "parameters", "install_parameters", "load_parameters",
                                        "make_selectable_parameters", "extradition_parameters",
                                        "registry_update_parameters");
    scp_put_parameters(w, &stated);
    scp_put(w, whole);
}

static void install(struct vector *v, uint8_t p1)
{
    uint8_t parameters[DATA_MAX];
    uint8_t data[DATA_MAX];
    struct scp_writer p = scp_writer_on(parameters, sizeof parameters);
    struct scp_writer w = scp_writer_on(data, sizeof data);
    struct scp_apdu apdu;
    struct scp_install back;
    put_parameters(v, &p);
    if (!vector_ok(v, "scp_put_parameters", scp_writer_status(&p)))
        return;
    const struct scp_install in =
        install_of(v, (uint8_t)vector_u32(v, v->inputs, "p1", p1), scp_written(&p));
    if (!vector_ok(v, "scp_install_command", scp_install_command(&in, &w, &apdu)))
        return;
    vector_expect_apdu(v, &apdu);
    if (vector_ok(v, "scp_install_parse", scp_install_parse(apdu.p1, apdu.p2, apdu.data, &back)) &&
        !same_install(&in, &back))
        vector_fail(v, "the fields read back", "the inputs", "something else");
}

/* The form is what P1 says. */
static void install_of_any_form(struct vector *v)
{
    if (!vector_has(v->inputs, "p1"))
        vector_fail(v, "p1", "a field", "none");
    else
        install(v, 0x00);
}

static void install_for_load(struct vector *v)
{
    install(v, SCP_INSTALL_FOR_LOAD);
}

static void install_for_install(struct vector *v)
{
    install(v, SCP_INSTALL_FOR_INSTALL);
}

static void install_for_make_selectable(struct vector *v)
{
    install(v, SCP_INSTALL_FOR_MAKE_SELECTABLE);
}

static void install_for_both(struct vector *v)
{
    install(v, SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE);
}

static void install_for_all(struct vector *v)
{
    install(v, SCP_INSTALL_FOR_ALL);
}

static void install_for_extradition(struct vector *v)
{
    install(v, SCP_INSTALL_FOR_EXTRADITION);
}

static void install_for_personalization(struct vector *v)
{
    install(v, SCP_INSTALL_FOR_PERSONALIZATION);
}

static void install_for_registry_update(struct vector *v)
{
    install(v, SCP_INSTALL_FOR_REGISTRY_UPDATE);
}

/* ---- what C9 and EA hold ------------------------------------------------------------------ */

static void security_domain_parameters(struct vector *v)
{
    uint8_t buffer[DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_security_domain_parameters in = {
        .protocol = (uint8_t)vector_u32(v, v->inputs, "scp", 0),
        .i = (uint8_t)vector_u32(v, v->inputs, "i", 0),
        .extradition_here = VECTOR_ANY(v, "accept_extradition_here"),
        .deletion = VECTOR_ANY(v, "accept_deletion"),
        .explicit_personalised = vector_flag(v, "personalized"),
        .administration = VECTOR_ANY(v, "administration"),
        .controlling_authority = VECTOR_ANY(v, "casd"),
        .extradition_away = VECTOR_ANY(v, "accept_extradition_away")};
    struct scp_security_domain_parameters back;
    scp_put_security_domain_parameters(&w, &in);
    vector_expect_bytes(v, v->expected, "encoded", scp_written(&w));
    if (vector_ok(v, "scp_security_domain_parameters_parse",
                  scp_security_domain_parameters_parse(scp_written(&w), &back)) &&
        (back.protocol != in.protocol || back.i != in.i ||
         back.explicit_personalised != in.explicit_personalised ||
         !scp_bytes_equal(back.extradition_here, in.extradition_here) ||
         !scp_bytes_equal(back.deletion, in.deletion) ||
         !scp_bytes_equal(back.extradition_away, in.extradition_away)))
        vector_fail(v, "the fields read back", "the inputs", "something else");
}

static struct scp_bytes hex_in(struct vector *v, const json_t *of, const char *name)
{
    return vector_has(of, name) ? vector_hex(v, of, name) : SCP_EMPTY;
}

static struct scp_uicc_toolkit toolkit_of(struct vector *v, const json_t *of)
{
    struct scp_uicc_toolkit toolkit = {.priority = (uint8_t)vector_u32(v, of, "priority", 0),
                                       .timers = (uint8_t)vector_u32(v, of, "timers", 0),
                                       .text_length = (uint8_t)vector_u32(v, of, "text_length", 0),
                                       .channels = (uint8_t)vector_u32(v, of, "channels", 0),
                                       .minimum_level = hex_in(v, of, "msl"),
                                       .tars = hex_in(v, of, "tar"),
                                       .services = (uint8_t)vector_u32(v, of, "services", 0)};
    /* 0, or a list of {position, id}. */
    const json_t *entries = json_object_get(of, "menu_entries");
    for (size_t i = 0; i < json_array_size(entries) && i < SCP_UICC_MENU_MAX; i++) {
        const json_t *entry = json_array_get(entries, i);
        toolkit.menu[i].position = (uint8_t)vector_u32(v, entry, "position", 0);
        toolkit.menu[i].id = (uint8_t)vector_u32(v, entry, "id", 0);
        toolkit.menu_count++;
    }
    return toolkit;
}

static struct scp_uicc_access access_of(struct vector *v, const json_t *list)
{
    struct scp_uicc_access access = {.count = 0};
    size_t i;
    json_t *entry;
    json_array_foreach(list, i, entry)
    {
        if (access.count == SCP_UICC_FILE_SYSTEMS_MAX)
            break;
        access.rights[access.count++] =
            (struct scp_uicc_rights){.aid = hex_in(v, entry, "aid"),
                                     .domain = hex_in(v, entry, "access_domain"),
                                     .dap = hex_in(v, entry, "dap")};
        if (vector_u32(v, entry, "dap_length", 0) != access.rights[access.count - 1].dap.len)
            vector_fail(v, "dap_length", "the length of dap", "another one");
    }
    return access;
}

static void uicc_parameters(struct vector *v)
{
    uint8_t buffer[DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const json_t *toolkit = json_object_get(v->inputs, "toolkit");
    struct scp_uicc in = {.has_toolkit = toolkit != NULL,
                          .access = access_of(v, json_object_get(v->inputs, "access")),
                          .administrative_access =
                              access_of(v, json_object_get(v->inputs, "admin_access"))};
    struct scp_uicc back;
    if (toolkit != NULL)
        in.toolkit = toolkit_of(v, toolkit);
    scp_put_uicc(&w, &in);
    vector_expect_bytes(v, v->expected, "encoded", scp_written(&w));
    if (vector_ok(v, "scp_uicc_parse", scp_uicc_parse(scp_written(&w), &back)) &&
        (back.has_toolkit != in.has_toolkit || back.access.count != in.access.count ||
         !scp_bytes_equal(back.toolkit.tars, in.toolkit.tars)))
        vector_fail(v, "the fields read back", "the inputs", "something else");
}

static const struct vector_kind kinds[] = {
    {"GP", "install", install_of_any_form},
    {"GP", "install-command", install_of_any_form},
    {"GP", "install-for-load", install_for_load},
    {"GP", "install-for-install", install_for_install},
    {"GP", "install-for-make-selectable", install_for_make_selectable},
    {"GP", "install-for-install-and-make-selectable", install_for_both},
    {"GP", "install-for-install-make-selectable", install_for_both},
    {"GP", "install-for-load-install-and-make-selectable", install_for_all},
    {"GP", "install-for-load-install-make-selectable", install_for_all},
    {"GP", "install-for-extradition", install_for_extradition},
    {"GP", "install-for-personalization", install_for_personalization},
    {"GP", "install-for-registry-update", install_for_registry_update},
    {"GP", "install-parameters", install_parameters},
    {"GP", "load-parameters", load_parameters},
    {"GP", "security-domain-parameters", security_domain_parameters},
    {"GP", "uicc-specific-parameters", uicc_parameters},
};
const struct vector_family vector_install = VECTOR_FAMILY(kinds);
