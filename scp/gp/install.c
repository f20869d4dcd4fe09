#include "scp/gp/install.h"

#include "scp/gp/commands.h"
#include "scp/gp/tlv.h"

/* The LV fields that a form is made of; parameters and token follow in every form. */
enum field {
    NOTHING, /* a length of 00 */
    END,     /* the form has no such place */
    LOAD_FILE,
    MODULE,
    APPLICATION,
    SECURITY_DOMAIN,
    HASH,
    PRIVILEGES,
    FIELD_COUNT,
};

enum { PLACES = 4, BARE_128 = 0x80 };

struct form {
    uint8_t p1;
    uint8_t p2;
    enum field places[PLACES];
};

/* Tables 11-42 to 11-47. */
static const struct form forms[] = {
    {SCP_INSTALL_FOR_LOAD, SCP_INSTALL_ALONE, {LOAD_FILE, SECURITY_DOMAIN, HASH, END}},
    {SCP_INSTALL_FOR_ALL, SCP_INSTALL_BEGIN, {LOAD_FILE, SECURITY_DOMAIN, HASH, END}},
    {SCP_INSTALL_FOR_ALL, SCP_INSTALL_END, {LOAD_FILE, MODULE, APPLICATION, PRIVILEGES}},
    {SCP_INSTALL_FOR_INSTALL, SCP_INSTALL_ALONE, {LOAD_FILE, MODULE, APPLICATION, PRIVILEGES}},
    {SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE,
     SCP_INSTALL_ALONE,
     {LOAD_FILE, MODULE, APPLICATION, PRIVILEGES}},
    {SCP_INSTALL_FOR_MAKE_SELECTABLE,
     SCP_INSTALL_ALONE,
     {NOTHING, NOTHING, APPLICATION, PRIVILEGES}},
    {SCP_INSTALL_FOR_EXTRADITION,
     SCP_INSTALL_ALONE,
     {SECURITY_DOMAIN, NOTHING, APPLICATION, NOTHING}},
    {SCP_INSTALL_FOR_PERSONALIZATION, SCP_INSTALL_ALONE, {NOTHING, NOTHING, APPLICATION, NOTHING}},
    {SCP_INSTALL_FOR_REGISTRY_UPDATE,
     SCP_INSTALL_ALONE,
     {SECURITY_DOMAIN, NOTHING, APPLICATION, PRIVILEGES}},
};

static const struct form *find_form(uint8_t p1, uint8_t p2)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (forms[i].p1 == p1 && forms[i].p2 == p2)
            return &forms[i];
    }
    return NULL;
}

/* The fields by their place in the enum; NOTHING and END stay empty. */
struct fields {
    struct scp_bytes of[FIELD_COUNT];
};

static struct fields fields_of(const struct scp_install *install)
{
    return (struct fields){.of = {[LOAD_FILE] = install->load_file,
                                  [MODULE] = install->module,
                                  [APPLICATION] = install->application,
                                  [SECURITY_DOMAIN] = install->security_domain,
                                  [HASH] = install->hash,
                                  [PRIVILEGES] = install->privileges}};
}

static struct scp_install install_of(const struct fields *fields)
{
    return (struct scp_install){.load_file = fields->of[LOAD_FILE],
                                .module = fields->of[MODULE],
                                .application = fields->of[APPLICATION],
                                .security_domain = fields->of[SECURITY_DOMAIN],
                                .hash = fields->of[HASH],
                                .privileges = fields->of[PRIVILEGES]};
}

/* Whether the field may be left out. A registry update may name neither domain nor application; the
 * last command of a combined installation need not repeat the load file; whether there are modules
 * depends on the card's runtime environment. */
static bool may_be_empty(const struct form *form, enum field field)
{
    switch (field) {
    case LOAD_FILE:
        return form->p2 == SCP_INSTALL_END;
    case APPLICATION:
    case PRIVILEGES:
        return form->p1 == SCP_INSTALL_FOR_REGISTRY_UPDATE;
    case SECURITY_DOMAIN:
        return form->p1 != SCP_INSTALL_FOR_EXTRADITION;
    default:
        return true;
    }
}

/* Whether the length is one that the field may have. */
static enum scp_error check_field(const struct form *form, enum field field, size_t len)
{
    if (field == NOTHING)
        return len == 0 ? SCP_OK : SCP_MALFORMED;
    if (len == 0)
        return may_be_empty(form, field) ? SCP_OK : SCP_OUT_OF_RANGE;
    if (field == HASH)
        return len <= 0x7F ? SCP_OK : SCP_OUT_OF_RANGE;
    if (field == PRIVILEGES)
        return len == 1 || len == 3 ? SCP_OK : SCP_OUT_OF_RANGE;
    return len >= SCP_AID_MIN && len <= SCP_AID_MAX ? SCP_OK : SCP_OUT_OF_RANGE;
}

/* ---- building ----------------------------------------------------------------------------- */

static void put_place(struct scp_writer *w, const struct form *form, enum field field,
                      struct scp_bytes value)
{
    enum scp_error error = check_field(form, field, value.len);
    if (error != SCP_OK)
        scp_writer_fail(w, error);
    scp_put_lv(w, value);
}

void scp_put_install_token_data(struct scp_writer *w, const struct scp_install *install)
{
    const struct form *form = find_form(install->p1, install->p2);
    if (form == NULL) {
        scp_writer_fail(w, SCP_UNSUPPORTED);
        return;
    }
    struct fields fields = fields_of(install);
    for (size_t i = 0; i < PLACES && form->places[i] != END; i++)
        put_place(w, form, form->places[i], fields.of[form->places[i]]);
    scp_put_ber_lv(w, install->parameters);
}

void scp_put_install_data(struct scp_writer *w, const struct scp_install *install)
{
    scp_put_install_token_data(w, install);
    scp_put_ber_lv(w, install->token);
}

enum scp_error scp_install_command(const struct scp_install *install, struct scp_writer *data,
                                   struct scp_apdu *out)
{
    size_t start = data->len;
    scp_put_install_data(data, install);
    *out = (struct scp_apdu){.cla = SCP_CLA_GP,
                             .ins = SCP_INS_INSTALL,
                             .p1 = install->p1,
                             .p2 = install->p2,
                             .data = scp_bytes_from(scp_written(data), start),
                             .le = 0};
    return scp_writer_status(data);
}

/* ---- parsing ------------------------------------------------------------------------------ */

/* A BER length, except that 128 may stand as one byte (GPCS 11.5.2.3). */
static struct scp_bytes get_long_lv(struct scp_reader *r)
{
    if (scp_peek_u8(r) != BARE_128)
        return scp_get_ber_lv(r);
    return scp_get_lv(r);
}

enum scp_error scp_install_parse(uint8_t p1, uint8_t p2, struct scp_bytes data,
                                 struct scp_install *out)
{
    const struct form *form = find_form(p1, p2);
    if (form == NULL)
        return SCP_UNSUPPORTED;
    struct scp_reader r = scp_reader_on(data);
    struct fields fields = {.of = {SCP_EMPTY}};
    for (size_t i = 0; i < PLACES && form->places[i] != END; i++) {
        struct scp_bytes value = scp_get_lv(&r);
        SCP_TRY(scp_reader_status(&r));
        SCP_TRY(check_field(form, form->places[i], value.len));
        fields.of[form->places[i]] = value;
    }
    *out = install_of(&fields);
    out->p1 = p1;
    out->p2 = p2;
    out->parameters = get_long_lv(&r);
    out->token = get_long_lv(&r);
    return scp_reader_end(&r);
}
