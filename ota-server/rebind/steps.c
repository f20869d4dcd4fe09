/* What each step of a plan sends, and what the answers mean. Two tables: one to write, one to take.
 */
#include "ota-server/rebind/directory.h"
#include "ota-server/rebind/session_build.h"
#include "scp/gp/card_data.h"
#include "scp/gp/commands.h"
#include "scp/gp/install.h"
#include "scp/gp/lifecycle.h"
#include "scp/gp/privileges.h"
#include "scp/gp/put_key.h"
#include "scp/gp/registry.h"
#include "scp/gp/status_words.h"
#include "scp/gp/store_data.h"

#include <stdlib.h>
#include <string.h>

enum { DGIS_SIZE = 16 * 1024, DGIS_MAX = 160, DGI_SENSITIVE = 0x8000, KEY_FIELDS_SIZE = 160 };

/* The parts of the registry that a READ asks for, in this order. */
static const uint8_t registry_parts[SESSION_REGISTRY_PARTS] = {
    SCP_STATUS_ISSUER_DOMAIN, SCP_STATUS_APPLICATIONS, SCP_STATUS_LOAD_FILES};

static const struct session_accepts accept_page = {
    3, {{SCP_SW_SUCCESS, 0xFFFF}, {SCP_SW_MORE_DATA, 0xFFFF}, {SCP_SW_DATA_NOT_FOUND, 0xFFFF}}};
static const struct session_accepts accept_resources = {
    3, {{SCP_SW_SUCCESS, 0xFFFF}, {SCP_SW_DATA_NOT_FOUND, 0xFFFF}, {SCP_SW_WRONG_P1_P2, 0xFFFF}}};

/* Keys that went with an earlier script, or with the ones that replaced them; a card that does not
 * list its keys. */
static const struct session_accepts accept_absent = {
    2, {{SCP_SW_SUCCESS, 0xFFFF}, {SCP_SW_DATA_NOT_FOUND, 0xFFFF}}};

static bool among(const struct session_accepts *accepts, uint16_t sw)
{
    for (size_t i = 0; i < accepts->count; i++) {
        if ((sw & accepts->match[i].mask) == accepts->match[i].value)
            return true;
    }
    return false;
}

/* What is read ends with the memory; everything else of a READ or CONFIRM is pages. */
bool session_step_accepts(const struct session_answer *answer)
{
    enum plan_step_kind kind = answer->step->kind;
    if (kind == PLAN_STEP_DELETE_KEYS || kind == PLAN_STEP_CONFIRM_KEYS)
        return among(&accept_absent, answer->sw);
    if (kind != PLAN_STEP_READ && kind != PLAN_STEP_CONFIRM)
        return answer->sw == SCP_SW_SUCCESS;
    return among(&accept_page, answer->sw) || among(&accept_resources, answer->sw);
}

/* ---- writing ------------------------------------------------------------------------------ */

/* SCP02 with one base key (GPCS table E-1, b1). */
static bool has_one_key(const struct session_domain *domain)
{
    return domain->protocol == SCP_PROTOCOL_02 && (domain->i & 0x01) == 0;
}

static size_t data_room(const struct session_build *b)
{
    size_t room = scp_channel_room(&b->channel);
    size_t limit = b->materials->max_command_data;
    return limit != 0 && limit < room ? limit : room;
}

static enum scp_error emit_install(struct session_build *b, const struct scp_install *install)
{
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu command;
    SCP_TRY(scp_install_command(install, &data, &command));
    return session_emit(b, &command, NULL);
}

static enum scp_error write_load(struct session_build *b, const struct plan_step *step)
{
    const struct plan_product *product = b->materials->product;
    const struct scp_install install = {.p1 = SCP_INSTALL_FOR_LOAD,
                                        .load_file = scp_aid_bytes(&step->aid)};
    SCP_TRY(emit_install(b, &install));
    size_t room = data_room(b);
    for (size_t i = 0;; i++) {
        struct scp_apdu block;
        enum scp_error error = scp_load_block(product->load_file, room, i, &block);
        if (error == SCP_NOT_FOUND)
            return SCP_OK;
        SCP_TRY(error);
        SCP_TRY(session_emit(b, &block, NULL));
    }
}

static enum scp_error write_install(struct session_build *b, const struct plan_step *step)
{
    const struct plan_product *product = b->materials->product;
    const struct scp_install install = {
        .p1 = SCP_INSTALL_FOR_INSTALL,
        .load_file = scp_aid_bytes(&product->package),
        .module = scp_aid_bytes(&product->module),
        .application = scp_aid_bytes(&step->aid),
        .privileges = SCP_BYTES(product->privileges),
        .parameters = product->parameters,
    };
    return emit_install(b, &install);
}

static enum scp_error begin_personalisation(struct session_build *b, const struct scp_aid *aid)
{
    const struct scp_install install = {.p1 = SCP_INSTALL_FOR_PERSONALIZATION,
                                        .application = scp_aid_bytes(aid)};
    return emit_install(b, &install);
}

static enum scp_error store_all(struct session_build *b, const struct scp_dgi *dgis, size_t count)
{
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_store_data walk;
    struct scp_apdu command;
    enum scp_error error;
    scp_store_data_begin(&walk, dgis, count, data_room(b), false);
    while ((error = scp_store_data_next(&walk, buffer, &command)) == SCP_OK) {
        error = session_emit(b, &command, NULL);
        if (error != SCP_OK)
            break;
    }
    scp_wipe(buffer, sizeof buffer);
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

static enum scp_error split_dgis(struct scp_bytes bytes, struct scp_dgi dgis[DGIS_MAX],
                                 size_t *count)
{
    struct scp_reader r = scp_reader_on(bytes);
    enum scp_error error = SCP_OK;
    for (*count = 0; *count < DGIS_MAX; (*count)++) {
        error = scp_dgi_next(&r, &dgis[*count]);
        if (error != SCP_OK)
            break;
        /* EMV CPS 3.2.6: groupings 8xxx hold what came encrypted under the DEK. */
        dgis[*count].encrypted = (dgis[*count].id & 0xF000) == DGI_SENSITIVE;
    }
    if (error == SCP_OK)
        return SCP_TOO_LONG;
    return error == SCP_NOT_FOUND ? SCP_OK : error;
}

typedef enum scp_error make_dgis(void *ctx, const struct scp_keys *keys,
                                 const struct scp_session_context *session,
                                 struct scp_writer *dgis);

/* Send what the vault makes for this channel to an application or a domain. */
static enum scp_error write_dgis(struct session_build *b, const struct plan_step *step,
                                 make_dgis *make)
{
    struct scp_dgi dgis[DGIS_MAX];
    size_t count = 0;
    uint8_t *buffer = malloc(DGIS_SIZE);
    if (buffer == NULL)
        return SCP_NO_MEMORY;
    struct scp_writer w = scp_writer_on(buffer, DGIS_SIZE);
    enum scp_error error =
        make(b->keys->ctx, &b->keys->keys[step->channel], &b->channel.session, &w);
    if (error == SCP_OK)
        error = split_dgis(scp_written(&w), dgis, &count);
    if (error == SCP_OK)
        error = begin_personalisation(b, &step->aid);
    if (error == SCP_OK)
        error = store_all(b, dgis, count);
    scp_wipe(buffer, DGIS_SIZE);
    free(buffer);
    return error;
}

static enum scp_error write_personalise(struct session_build *b, const struct plan_step *step)
{
    return write_dgis(b, step, b->keys->personalise);
}

static enum scp_error write_make_selectable(struct session_build *b, const struct plan_step *step)
{
    const struct plan_product *product = b->materials->product;
    const struct scp_install install = {
        .p1 = SCP_INSTALL_FOR_MAKE_SELECTABLE,
        .application = scp_aid_bytes(&step->aid),
        .privileges = SCP_BYTES(product->privileges),
    };
    return emit_install(b, &install);
}

static enum scp_error write_directory(struct session_build *b, const struct plan_step *step)
{
    uint8_t value[DIRECTORY_VALUE_MAX];
    struct scp_dgi dgi;
    SCP_TRY(directory_dgi(&step->aid, b->materials->product, value, &dgi));
    SCP_TRY(begin_personalisation(b, &step->aid));
    return store_all(b, &dgi, 1);
}

static enum scp_error emit_state(struct session_build *b, const struct scp_aid *aid, uint8_t state)
{
    const struct scp_set_status status = {
        .type = SCP_SET_STATUS_APPLICATION, .state = state, .aid = scp_aid_bytes(aid)};
    struct scp_apdu command = scp_set_status(&status);
    return session_emit(b, &command, NULL);
}

static enum scp_error write_lock(struct session_build *b, const struct plan_step *step)
{
    return emit_state(b, &step->aid, SCP_LIFE_CYCLE_LOCKED | SCP_APPLICATION_SELECTABLE);
}

static enum scp_error write_unlock(struct session_build *b, const struct plan_step *step)
{
    return emit_state(b, &step->aid, SCP_APPLICATION_SELECTABLE);
}

static enum scp_error write_delete(struct session_build *b, const struct plan_step *step)
{
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
    const struct scp_delete content = {.aid = scp_aid_bytes(&step->aid)};
    struct scp_apdu command;
    SCP_TRY(scp_delete_command(&content, &data, &command));
    return session_emit(b, &command, NULL);
}

static enum scp_error emit_status(struct session_build *b, const struct scp_get_status *status)
{
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu command;
    SCP_TRY(scp_get_status_command(status, &data, &command));
    return session_emit(b, &command, &accept_page);
}

/* Not in the standard form: a card without FF21 would end the script there. */
static enum scp_error emit_resources(struct session_build *b)
{
    if (!b->script.extended)
        return SCP_OK;
    struct scp_apdu command = scp_get_data(SCP_DATA_EXTENDED_RESOURCES);
    return session_emit(b, &command, &accept_resources);
}

static enum scp_error write_pages(struct session_build *b, uint8_t subset, size_t pages)
{
    struct scp_get_status status = {.subset = subset, .tag_list = scp_status_tags(subset)};
    for (size_t page = 0; page < pages; page++) {
        status.next = page > 0;
        SCP_TRY(emit_status(b, &status));
    }
    return SCP_OK;
}

static enum scp_error write_read(struct session_build *b, const struct plan_step *step)
{
    (void)step;
    for (size_t i = 0; i < SESSION_REGISTRY_PARTS; i++)
        SCP_TRY(write_pages(b, registry_parts[i], b->session->read_pages[i]));
    return emit_resources(b);
}

static enum scp_error write_confirm(struct session_build *b, const struct plan_step *step)
{
    const struct scp_get_status status = {.subset = SCP_STATUS_APPLICATIONS,
                                          .aid = scp_aid_bytes(&step->aid),
                                          .tag_list = scp_status_tags(SCP_STATUS_APPLICATIONS)};
    SCP_TRY(emit_status(b, &status));
    return emit_resources(b);
}

/* As a terminal: SELECT, GET PROCESSING OPTIONS, GENERATE AC for a declined transaction (EMV Book 3
 * 6.5), which leaves no trace but the counter. */
static enum scp_error write_prove(struct session_build *b, const struct plan_step *step)
{
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_writer pdol = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu select = scp_select(scp_aid_bytes(&step->aid));
    scp_put_u8(&pdol, 0x83);
    scp_put_lv(&pdol, b->materials->pdol_data);
    SCP_TRY(scp_writer_status(&pdol));
    const struct scp_apdu options = {.cla = 0x80, .ins = 0xA8, .data = scp_written(&pdol), .le = 0};
    const struct scp_apdu generate = {
        .cla = 0x80, .ins = 0xAE, .data = b->materials->cdol_data, .le = 0};
    SCP_TRY(session_emit_plain(b, &select, NULL));
    SCP_TRY(session_emit_plain(b, &options, NULL));
    return session_emit_plain(b, &generate, NULL);
}

static enum scp_error write_create_domain(struct session_build *b, const struct plan_step *step)
{
    const struct plan_domain *domain = b->materials->domain;
    const struct scp_install install = {
        .p1 = SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE,
        .load_file = scp_aid_bytes(&domain->package),
        .module = scp_aid_bytes(&domain->module),
        .application = scp_aid_bytes(&step->aid),
        .privileges = SCP_BYTES(domain->privileges),
        .parameters = domain->parameters,
    };
    return emit_install(b, &install);
}

/* The counter of a new key set is that of a new card (GPCS E.1.2.2, Amendment D 6.2.2.1). What was
 * given out under a domain of before stays given out. */
static enum scp_error write_key_domain(struct session_build *b, const struct plan_step *step)
{
    struct session_domain *domain = &b->session->card.domains[PLAN_CHANNEL_BANK];
    domain->counter_known = true;
    domain->counter = 0;
    return write_dgis(b, step, b->keys->key_domain);
}

static enum scp_error write_extradite(struct session_build *b, const struct plan_step *step)
{
    const struct scp_install install = {
        .p1 = SCP_INSTALL_FOR_EXTRADITION,
        .security_domain = scp_aid_bytes(&b->materials->domain->aid),
        .application = scp_aid_bytes(&step->aid),
    };
    return emit_install(b, &install);
}

/* ---- keys --------------------------------------------------------------------------------- */

/* The counter of the new key set is that of a new card, as above. */
static enum scp_error write_put_keys(struct session_build *b, const struct plan_step *step)
{
    struct session_domain *added = &b->session->card.domains[PLAN_CHANNEL_NEW_KEYS];
    uint8_t fields[KEY_FIELDS_SIZE];
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_writer coded = scp_writer_on(fields, sizeof fields);
    struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu command;
    SCP_TRY(b->keys->put_keys(b->keys->ctx, &b->keys->keys[step->channel], &b->channel.session,
                              &coded));
    const struct scp_put_key put_key = {.kvn = step->kvn,
                                        .first_key_id = 1,
                                        .coded = scp_written(&coded),
                                        .coded_several = !has_one_key(added)};
    SCP_TRY(scp_put_key_command(&put_key, &data, &command));
    added->counter_known = true;
    added->counter = 0;
    return session_emit(b, &command, NULL);
}

static enum scp_error write_delete_keys(struct session_build *b, const struct plan_step *step)
{
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_writer data = scp_writer_on(buffer, sizeof buffer);
    const struct scp_delete keys = {.has_kvn = true, .kvn = step->kvn};
    struct scp_apdu command;
    SCP_TRY(scp_delete_command(&keys, &data, &command));
    return session_emit(b, &command, &accept_absent);
}

static enum scp_error write_confirm_keys(struct session_build *b, const struct plan_step *step)
{
    (void)step;
    struct scp_apdu command = scp_get_data(SCP_DATA_KEY_INFORMATION);
    SCP_TRY(session_emit(b, &command, &accept_absent));
    return emit_resources(b);
}

typedef enum scp_error write_step(struct session_build *b, const struct plan_step *step);

static write_step *const writers[] = {
    [PLAN_STEP_READ] = write_read,
    [PLAN_STEP_LOAD] = write_load,
    [PLAN_STEP_INSTALL] = write_install,
    [PLAN_STEP_PERSONALISE] = write_personalise,
    [PLAN_STEP_MAKE_SELECTABLE] = write_make_selectable,
    [PLAN_STEP_DIRECTORY] = write_directory,
    [PLAN_STEP_LOCK] = write_lock,
    [PLAN_STEP_UNLOCK] = write_unlock,
    [PLAN_STEP_DELETE] = write_delete,
    [PLAN_STEP_DELETE_PACKAGE] = write_delete,
    [PLAN_STEP_CONFIRM] = write_confirm,
    [PLAN_STEP_PROVE] = write_prove,
    [PLAN_STEP_CREATE_DOMAIN] = write_create_domain,
    [PLAN_STEP_KEY_DOMAIN] = write_key_domain,
    [PLAN_STEP_EXTRADITE] = write_extradite,
    [PLAN_STEP_PUT_KEYS] = write_put_keys,
    [PLAN_STEP_DELETE_KEYS] = write_delete_keys,
    [PLAN_STEP_CONFIRM_KEYS] = write_confirm_keys,
};

enum scp_error session_step_write(struct session_build *b, const struct plan_step *step)
{
    return writers[step->kind](b, step);
}
