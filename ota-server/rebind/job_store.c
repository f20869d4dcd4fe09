/* What a job writes back. */
#include "ota-server/rebind/job.h"

#include <stdio.h>
#include <string.h>

static void content_to_store(const struct job *job, const struct content_entry *entry,
                             struct store_content *out)
{
    struct store_product product;
    *out = (struct store_content){
        .kind = (enum store_content_kind)entry->kind,
        .life_cycle = entry->life_cycle,
        .evidence =
            entry->grade == CONTENT_PROVEN ? STORE_EVIDENCE_PROVEN : STORE_EVIDENCE_REPORTED,
    };
    memcpy(out->privileges, entry->privileges, sizeof out->privileges);
    scp_hex_encode(out->aid, sizeof out->aid, scp_aid_bytes(&entry->aid));
    scp_hex_encode(out->load_file, sizeof out->load_file, scp_aid_bytes(&entry->load_file));
    scp_hex_encode(out->security_domain, sizeof out->security_domain,
                   scp_aid_bytes(&entry->security_domain));
    if (entry->kind != CONTENT_APPLICATION ||
        store_product_by_instance(job->tx, out->aid, &product) != STORE_OK)
        return;
    snprintf(out->product, sizeof out->product, "%.64s/%.64s", product.bank, product.id);
    out->product_version = product.version;
}

enum store_error job_save_content(struct job *job)
{
    struct store_content entries[CONTENT_ENTRIES_MAX];
    const struct store_content_state state = {
        .known = job->content.known,
        .free_known = job->content.free_known,
        .free_non_volatile = job->content.free_non_volatile,
    };
    for (size_t i = 0; i < job->content.count; i++)
        content_to_store(job, &job->content.entries[i], &entries[i]);
    STORE_TRY(store_content_replace(job->tx, job->card.id, entries, job->content.count));
    return store_content_set_state(job->tx, job->card.id, &state);
}

enum store_error job_doubt_content(struct job *job)
{
    const struct store_content_state state = {
        .known = false,
        .free_known = job->content.free_known,
        .free_non_volatile = job->content.free_non_volatile,
    };
    return store_content_set_state(job->tx, job->card.id, &state);
}

enum store_error job_save_operation(struct job *job)
{
    STORE_TRY(store_operation_update(job->tx, &job->operation));
    return operation_life_show(job->tx, &job->operation);
}
