/* From a job to a plan: what is desired, what is observed, and what could go. */
#include "ota-server/rebind/desire.h"
#include "ota-server/rebind/dol.h"
#include "ota-server/rebind/job.h"
#include "ota-server/rebind/product_ref.h"
#include "scp/gp/lifecycle.h"

#include <string.h>

/* What planning needs besides the job. */
struct wishes {
    struct desire desire;
    struct scp_aid retired[JOB_RETIRED_MAX];
    size_t retired_count;
    struct scp_aid remains[JOB_REMAINS_MAX];
    size_t remain_count;
    struct plan_spare spare[JOB_SPARE_MAX];
    size_t spare_count;
    size_t undesired_count;
};

static bool has_role(const struct job *job, const struct scp_aid *instance)
{
    struct store_product product;
    char aid[STORE_AID_SIZE];
    scp_hex_encode(aid, sizeof aid, scp_aid_bytes(instance));
    return store_product_by_instance(job->tx, aid, &product) == STORE_OK &&
           strcmp(product.role, job->operation.role) == 0;
}

static bool is_ready(const struct wishes *wishes, const struct content_entry *entry)
{
    const struct desire_item *item = desire_of_instance(&wishes->desire, &entry->aid);
    return item != NULL && item->use == DESIRE_READY &&
           (entry->life_cycle & SCP_LIFE_CYCLE_LOCKED) != 0;
}

/* Instances on the card that are some product of the operation's role, but neither the one that
 * comes nor held ready. */
static void find_retired(const struct job *job, struct wishes *wishes)
{
    for (size_t i = 0; i < job->content.count && wishes->retired_count < JOB_RETIRED_MAX; i++) {
        const struct content_entry *entry = &job->content.entries[i];
        bool comes = job->has_product && scp_aid_equal(&entry->aid, &job->plan_product.instance);
        if (entry->kind == CONTENT_APPLICATION && !comes && !is_ready(wishes, entry) &&
            has_role(job, &entry->aid))
            wishes->retired[wishes->retired_count++] = entry->aid;
    }
}

/* Package and domain of the product that goes, as far as nothing else that is desired needs them.
 */
static enum store_error find_remains(const struct job *job, struct wishes *wishes)
{
    struct store_product product;
    struct store_domain domain;
    char bank[STORE_SLUG_SIZE];
    char id[STORE_SLUG_SIZE];
    struct scp_aid *to = wishes->remains;
    if (!product_ref_split(job->operation.previous_product, bank, id))
        return STORE_OK;
    STORE_TRY(store_product_get(job->tx, bank, id, job->operation.previous_version, &product));
    if (scp_aid_parse(to, product.package) == SCP_OK && !desire_has_package(&wishes->desire, to))
        to = &wishes->remains[++wishes->remain_count];
    enum store_error error = store_domain_get(job->tx, bank, &domain);
    if (error == STORE_OK && scp_aid_parse(to, domain.aid) == SCP_OK &&
        !desire_has_domain(&wishes->desire, bank))
        wishes->remain_count++;
    return error == STORE_NOT_FOUND ? STORE_OK : error;
}

static void add_spare(struct wishes *wishes, const struct scp_aid *aid, uint32_t size)
{
    for (size_t i = 0; i < wishes->spare_count; i++) {
        if (scp_aid_equal(&wishes->spare[i].aid, aid))
            return;
    }
    if (wishes->spare_count < JOB_SPARE_MAX)
        wishes->spare[wishes->spare_count++] = (struct plan_spare){.aid = *aid, .size = size};
}

/* The package of a retired instance, when nothing else uses it. */
static void add_retired_package(const struct job *job, struct wishes *wishes,
                                const struct content_entry *instance)
{
    struct store_package package;
    char aid[STORE_AID_SIZE];
    if (instance->load_file.len == 0 ||
        content_load_file_in_use(&job->content, &instance->load_file, &instance->aid))
        return;
    scp_hex_encode(aid, sizeof aid, scp_aid_bytes(&instance->load_file));
    bool is_known = store_package_by_aid(job->tx, aid, &package) == STORE_OK;
    add_spare(wishes, &instance->load_file, is_known ? (uint32_t)package.load_file_size : 0);
}

static enum store_error find_spare(const struct job *job, struct wishes *wishes)
{
    STORE_TRY(desire_spare(job->tx, &wishes->desire, &job->content, wishes->spare, JOB_SPARE_MAX,
                           &wishes->undesired_count));
    wishes->spare_count = wishes->undesired_count;
    for (size_t i = 0; i < wishes->retired_count; i++) {
        const struct content_entry *entry = content_find(&job->content, &wishes->retired[i]);
        add_spare(wishes, &entry->aid, 0);
        add_retired_package(job, wishes, entry);
    }
    return STORE_OK;
}

/* A product whose records state CDOL1 answers GENERATE AC. */
static bool shows_cryptogram(const struct job *job)
{
    uint8_t list[JOB_DOL_MAX];
    for (size_t i = 0; i < job->dgi_count; i++) {
        struct scp_writer dol = scp_writer_on(list, sizeof list);
        if (dol_from_template(job->dgis[i].value, "8C", &dol) == SCP_OK)
            return true;
    }
    return false;
}

enum { AS_OBLIGED = -1 };

/* How each kind is planned, and what becomes of the bank that was in use. */
static const struct {
    enum plan_operation operation;
    int retire; /* enum plan_retire, or AS_OBLIGED by the policy */
} ways[STORE_OPERATION_KINDS] = {
    [STORE_OPERATION_BIND] = {PLAN_BIND, AS_OBLIGED},
    [STORE_OPERATION_SWITCH] = {PLAN_SWITCH, AS_OBLIGED},
    [STORE_OPERATION_REVOKE] = {PLAN_REVOKE, AS_OBLIGED},
    [STORE_OPERATION_AUDIT] = {PLAN_AUDIT, PLAN_RETIRE_KEEP},
    [STORE_OPERATION_REKEY] = {PLAN_REKEY, PLAN_RETIRE_KEEP},
    [STORE_OPERATION_SUSPEND] = {PLAN_REVOKE, PLAN_RETIRE_LOCK},
    [STORE_OPERATION_RESUME] = {PLAN_BIND, PLAN_RETIRE_KEEP},
    [STORE_OPERATION_LOAD] = {PLAN_LOAD, PLAN_RETIRE_KEEP},
    [STORE_OPERATION_PURGE] = {PLAN_PURGE, PLAN_RETIRE_KEEP},
};

static enum plan_retire retire_of(const struct job *job)
{
    static const enum plan_retire obliged[] = {
        [STORE_RETIRE_KEEP] = PLAN_RETIRE_KEEP,
        [STORE_RETIRE_LOCK] = PLAN_RETIRE_LOCK,
        [STORE_RETIRE_DELETE] = PLAN_RETIRE_DELETE,
    };
    int retire = ways[job->operation.kind].retire;
    return retire == AS_OBLIGED ? obliged[job->operation.obligations.retire]
                                : (enum plan_retire)retire;
}

enum plan_error job_plan(const struct job *job, bool proves, struct plan *out)
{
    struct wishes wishes = {.spare_count = 0};
    if (desire_load(job->tx, job->card.id, &wishes.desire) != STORE_OK)
        return PLAN_NO_RECORD;
    find_retired(job, &wishes);
    if (find_spare(job, &wishes) != STORE_OK || find_remains(job, &wishes) != STORE_OK)
        return PLAN_NO_RECORD;
    const struct plan_request request = {
        .operation = ways[job->operation.kind].operation,
        .product = job->has_product ? &job->plan_product : NULL,
        .domain = job->has_domain ? &job->plan_domain : NULL,
        .rekey = job->has_rekey ? &job->plan_rekey : NULL,
        .observed = &job->content,
        .issuer = &job->profile->isd,
        .retired = wishes.retired,
        .retired_count = wishes.retired_count,
        .remains = wishes.remains,
        .remain_count = wishes.remain_count,
        .spare = wishes.spare,
        .spare_count = wishes.spare_count,
        .undesired_count = wishes.undesired_count,
        .retire = retire_of(job),
        .package_only = job->operation.form == STORE_FORM_PACKAGE,
        .break_before_make = job->operation.obligations.break_before_make,
        .personalise_selectable = !job->profile->personalises_in_installed,
        .directories = strcmp(job->operation.role, JOB_ROLE_PAYMENT) == 0,
        .prove = proves && shows_cryptogram(job),
    };
    return plan_make(&request, out);
}
