#include "ota-server/rebind/job.h"

#include "ota-server/rebind/dol.h"
#include "ota-server/rebind/product_ref.h"

#include "scp/gp/parameters.h"
#include "scp/gp/privileges.h"

#include <stdio.h>
#include <string.h>

static enum scp_error personalise(void *ctx, const struct scp_keys *keys,
                                  const struct scp_session_context *session,
                                  struct scp_writer *dgis)
{
    const struct job *job = ctx;
    const struct vault_transcrypt_request request = {
        .record = {.bank = job->product.bank,
                   .product = job->operation.product,
                   .card = job->card.id,
                   .sealed = store_blob_bytes(&job->sealed_record)},
        .dgis = job->dgis,
        .dgi_count = job->dgi_count,
        .keys = keys,
        .session = session,
    };
    return vault_transcrypt(job->service->vault, &request, dgis, NULL);
}

static bool read_templates(struct job *job, const struct store_blob *text)
{
    job->templates = json_loadb((const char *)text->ptr, text->len, 0, NULL);
    return templates_read(job->templates, job->dgis, &job->dgi_count);
}

static bool read_aids(struct job *job)
{
    struct plan_product *to = &job->plan_product;
    return scp_aid_parse(&to->package, job->product.package) == SCP_OK &&
           scp_aid_parse(&to->module, job->product.module) == SCP_OK &&
           scp_aid_parse(&to->instance, job->product.instance) == SCP_OK;
}

/* An instance that is only unlocked needs none. */
static enum rebind_refusal load_record(struct job *job, const char *record)
{
    enum store_error error =
        record[0] != '\0'
            ? store_personalisation_get(job->tx, record, &job->record, &job->sealed_record)
            : store_personalisation_newest(job->tx, job->operation.product, job->card.id,
                                           &job->record, &job->sealed_record);
    if (error == STORE_NOT_FOUND && job->operation.kind == STORE_OPERATION_RESUME)
        return REBIND_REFUSED_NONE;
    return error == STORE_NOT_FOUND ? REBIND_REFUSED_PERSONALISATION_MISSING
                                    : rebind_refusal_of_store(error);
}

/* Whether an instance that is on the card may have older data than the record's. One that is in use
 * is left alone, whatever the bank has handed in since. */
static enum rebind_refusal judge_record(struct job *job)
{
    struct plan_product *to = &job->plan_product;
    struct store_operation user = {.attempts = 0};
    if (strcmp(job->operation.previous_product, job->operation.product) == 0)
        return REBIND_REFUSED_NONE;
    to->renewed = job->record.used_by[0] == '\0';
    if (to->renewed)
        return REBIND_REFUSED_NONE;
    enum store_error error = store_operation_get(job->tx, job->record.used_by, &user);
    to->doubted = error == STORE_OK && user.state != STORE_OPERATION_DONE;
    return rebind_refusal_of_store(error);
}

/* The personalisation of one card is about as large as its templates, which are in hex. */
static size_t data_size(const struct job *job)
{
    size_t size = job->sealed_record.len;
    for (size_t i = 0; i < job->dgi_count; i++)
        size += strlen(job->dgis[i].value) / 2;
    return size;
}

static enum rebind_refusal load_product(struct job *job, const char *record)
{
    const struct store_operation *operation = &job->operation;
    char bank[STORE_SLUG_SIZE];
    char id[STORE_SLUG_SIZE];
    struct store_blob text = {.len = 0};

    if (operation->product[0] == '\0')
        return REBIND_REFUSED_NONE;
    job->has_product = true;
    if (!product_ref_split(operation->product, bank, id) ||
        store_product_get(job->tx, bank, id, operation->product_version, &job->product) !=
            STORE_OK ||
        store_package_load_file(job->tx, bank, job->product.package, &job->load_file) != STORE_OK ||
        store_product_personalisation(job->tx, bank, id, operation->product_version, &text) !=
            STORE_OK)
        return REBIND_REFUSED_PRODUCT_UNKNOWN;
    bool fits = read_templates(job, &text) && read_aids(job);
    store_blob_fini(&text);
    if (!fits)
        return REBIND_REFUSED_INTERNAL;
    struct plan_product *to = &job->plan_product;
    memcpy(to->privileges, job->product.privileges, sizeof to->privileges);
    to->parameters = scp_bytes_of(job->product.parameters, job->product.parameters_len);
    to->load_file = store_blob_bytes(&job->load_file);
    to->label = job->product.label;
    to->priority = job->product.priority;
    to->personalised = job->dgi_count > 0;
    bool package_only =
        operation->kind == STORE_OPERATION_LOAD && operation->form == STORE_FORM_PACKAGE;
    if (!to->personalised || package_only)
        return REBIND_REFUSED_NONE;
    enum rebind_refusal refusal = load_record(job, record);
    to->data_size = data_size(job);
    return refusal == REBIND_REFUSED_NONE ? judge_record(job) : refusal;
}

/* ---- the bank's security domain ----------------------------------------------------------- */

/* Its privileges (GPCS table 6-1). Whatever it manages itself, the issuer's may move content in,
 * move it away and delete it (GPCS 11.5.2.3.7). */
static void describe_domain(struct job *job, enum store_management management)
{
    static const uint32_t privileges[] = {
        [STORE_MANAGEMENT_SIMPLE] = SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_TRUSTED_PATH,
        [STORE_MANAGEMENT_AUTHORIZED] = SCP_PRIVILEGE_SECURITY_DOMAIN | SCP_PRIVILEGE_TRUSTED_PATH |
                                        SCP_PRIVILEGE_AUTHORIZED_MANAGEMENT,
    };
    static const uint8_t by_issuer[1] = {0x20};
    uint8_t value[JOB_DOMAIN_PARAMETERS_MAX];
    struct scp_writer inner = scp_writer_on(value, sizeof value);
    struct scp_writer outer = scp_writer_on(job->domain_parameters, sizeof job->domain_parameters);
    const struct scp_security_domain_parameters domain = {
        .protocol = (uint8_t)job->profile->protocol,
        .i = job->profile->i,
        .extradition_here = SCP_BYTES(by_issuer),
        .deletion = SCP_BYTES(by_issuer),
        .extradition_away = SCP_BYTES(by_issuer),
    };
    scp_put_security_domain_parameters(&inner, &domain);
    const struct scp_parameters parameters = {.has_application = true,
                                              .application = scp_written(&inner)};
    scp_put_parameters(&outer, &parameters);
    job->plan_domain.package = job->profile->domain_package;
    job->plan_domain.module = job->profile->domain_module;
    job->plan_domain.parameters = scp_written(&outer);
    scp_privileges_store(job->plan_domain.privileges, privileges[management]);
    job->plan_domain.manages_content = management == STORE_MANAGEMENT_AUTHORIZED;
}

static enum rebind_refusal load_domain(struct job *job)
{
    struct store_domain domain;
    if (!job->has_product)
        return REBIND_REFUSED_NONE;
    enum store_error error = store_domain_get(job->tx, job->product.bank, &domain);
    if (error != STORE_OK)
        return error == STORE_NOT_FOUND ? REBIND_REFUSED_NONE : rebind_refusal_of_store(error);
    for (size_t i = 0; i < domain.key_count; i++) {
        if (strcmp(domain.keys[i].profile, job->profile->name) != 0)
            continue;
        if (scp_aid_parse(&job->plan_domain.aid, domain.aid) != SCP_OK)
            return REBIND_REFUSED_INTERNAL;
        job->has_domain = true;
        snprintf(job->domain_label, sizeof job->domain_label, "%s", domain.keys[i].label);
        describe_domain(job, domain.management);
        return REBIND_REFUSED_NONE;
    }
    return REBIND_REFUSED_NONE;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void content_from_store(struct job *job, const struct store_content *stored)
{
    struct content_entry entry = {
        .kind = (enum content_kind)stored->kind,
        .life_cycle = stored->life_cycle,
        .grade = stored->evidence == STORE_EVIDENCE_PROVEN ? CONTENT_PROVEN : CONTENT_REPORTED,
    };
    memcpy(entry.privileges, stored->privileges, sizeof entry.privileges);
    if (scp_aid_parse(&entry.aid, stored->aid) != SCP_OK)
        return;
    if (stored->load_file[0] != '\0' &&
        scp_aid_parse(&entry.load_file, stored->load_file) != SCP_OK)
        return;
    if (stored->security_domain[0] != '\0' &&
        scp_aid_parse(&entry.security_domain, stored->security_domain) != SCP_OK)
        return;
    if (content_put(&job->content, &entry) != SCP_OK)
        job->content.known = false;
}

static enum rebind_refusal load_content(struct job *job)
{
    struct store_content entries[STORE_CONTENTS_MAX];
    size_t count;
    if (store_content_list(job->tx, job->card.id, entries, STORE_CONTENTS_MAX, &count) != STORE_OK)
        return REBIND_REFUSED_STORAGE;
    job->content = (struct card_content){
        .known = job->card.content_known,
        .free_known = job->card.free_known,
        .free_non_volatile = job->card.free_non_volatile,
    };
    for (size_t i = 0; i < count; i++)
        content_from_store(job, &entries[i]);
    return REBIND_REFUSED_NONE;
}

enum rebind_refusal job_load(struct job *job, const struct rebind_service *service,
                             struct store_tx *tx, const struct store_operation *operation,
                             const char *record)
{
    enum rebind_refusal refusal;
    *job = (struct job){.service = service, .tx = tx, .operation = *operation};
    if (store_card_get(tx, operation->card, &job->card) != STORE_OK)
        return REBIND_REFUSED_CARD_UNKNOWN;
    job->profile = card_profiles_find(service->profiles, job->card.profile);
    if (job->profile == NULL)
        return REBIND_REFUSED_INTERNAL;
    job->keys.ctx = job;
    job->keys.personalise = personalise;
    refusal = load_product(job, record);
    if (refusal == REBIND_REFUSED_NONE)
        refusal = load_domain(job);
    if (refusal == REBIND_REFUSED_NONE)
        refusal = job_load_keys(job);
    if (refusal == REBIND_REFUSED_NONE)
        refusal = load_content(job);
    return refusal;
}

void job_fini(struct job *job)
{
    store_blob_fini(&job->load_file);
    store_blob_fini(&job->sealed_record);
    json_decref(job->templates);
    job->templates = NULL;
}

/* Fill a data object list that the product's templates state. */
static struct scp_bytes fill_dol(struct job *job, const char *tag, uint8_t buffer[JOB_DOL_MAX])
{
    struct scp_writer out = scp_writer_on(buffer, JOB_DOL_MAX);
    for (size_t i = 0; i < job->dgi_count; i++) {
        uint8_t list[JOB_DOL_MAX];
        struct scp_writer dol = scp_writer_on(list, sizeof list);
        if (dol_from_template(job->dgis[i].value, tag, &dol) == SCP_OK &&
            dol_fill(scp_written(&dol), job->service->env, &out) == SCP_OK)
            break;
    }
    return scp_written(&out);
}

struct session_materials job_materials(struct job *job)
{
    return (struct session_materials){
        .product = job->has_product ? &job->plan_product : NULL,
        .domain = job->has_domain ? &job->plan_domain : NULL,
        .protect = {.aids = job->profile->protected_aids,
                    .count = job->profile->protected_count,
                    .domain = job->has_domain ? &job->plan_domain.aid : NULL,
                    .keys = job_changed_keys(job)},
        .max_command_data = job->profile->max_command_data,
        .pdol_data = fill_dol(job, "9F38", job->pdol_data),
        .cdol_data = fill_dol(job, "8C", job->cdol_data),
    };
}

enum scp_error job_verify_proof(const struct job *job, const struct session_proof *proof)
{
    struct vault_cryptogram_request request = {
        .record = {.bank = job->product.bank,
                   .product = job->operation.product,
                   .card = job->card.id,
                   .sealed = store_blob_bytes(&job->sealed_record)},
        .input = scp_bytes_of(proof->input, proof->input_len),
        .atc = proof->atc,
    };
    memcpy(request.cryptogram, proof->cryptogram, sizeof request.cryptogram);
    return vault_verify_cryptogram(job->service->vault, &request);
}
