/* GET STATUS (GPCS 11.4). */
#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "scp/gp/registry.h"
#include "scp/gp/tlv.h"

/* Modules in one template: what fits a page beside the rest. A load file that has more goes on in
 * another template of the same AID. */
enum { MODULES_PER_TEMPLATE = 8 };

/* Where the entries of a subset are. */
static const struct subset {
    uint8_t p1;
    bool load_files;
    bool modules;
    size_t first; /* index of the first entry; the issuer security domain is application 0 */
} subsets[] = {
    {SCP_STATUS_ISSUER_DOMAIN, false, false, 0},
    {SCP_STATUS_APPLICATIONS, false, false, 1},
    {SCP_STATUS_LOAD_FILES, true, false, 0},
    {SCP_STATUS_LOAD_FILES_AND_MODULES, true, true, 0},
};

static const struct subset *find_subset(uint8_t p1)
{
    for (size_t i = 0; i < sizeof subsets / sizeof subsets[0]; i++)
        if (subsets[i].p1 == p1)
            return &subsets[i];
    return NULL;
}

static size_t subset_end(const struct card_image *image, const struct subset *subset)
{
    if (subset->load_files)
        return image->load_file_count;
    return subset->p1 == SCP_STATUS_ISSUER_DOMAIN ? 1 : image->application_count;
}

/* ---- one entry --------------------------------------------------------------------------------
 */

static struct scp_registry_entry application_entry(const struct card_application *app)
{
    struct scp_registry_entry entry = {
        .aid = app->aid,
        .life_cycle = app->state,
        .has_privileges = true,
        .privileges = app->privileges,
        .load_file = app->load_file,
        .security_domain = app->domain,
        .implicit_count = app->implicit_count,
    };
    for (size_t i = 0; i < app->implicit_count; i++)
        entry.implicit[i] = app->implicit[i];
    return entry;
}

static struct scp_registry_entry load_file_entry(const struct card_load_file *file,
                                                 size_t first_module)
{
    struct scp_registry_entry entry = {
        .aid = file->aid,
        .life_cycle = SCP_LOAD_FILE_LOADED,
        .security_domain = file->domain,
        .version = SCP_BYTES(file->version),
    };
    for (size_t i = first_module;
         i < file->module_count && entry.module_count < MODULES_PER_TEMPLATE; i++)
        entry.modules[entry.module_count++] = file->modules[i];
    return entry;
}

static struct scp_registry_entry entry_at(const struct softcard *card, const struct subset *subset)
{
    const struct card_status_query *query = &card->at->status;
    if (!subset->load_files)
        return application_entry(card->image.applications[query->next]);
    return load_file_entry(card->image.load_files[query->next], query->next_module);
}

/* Go on to what follows the entry: the rest of its modules, or the next entry. */
static void advance(struct softcard *card, const struct subset *subset)
{
    struct card_status_query *query = &card->at->status;
    query->next_module += MODULES_PER_TEMPLATE;
    if (subset->modules && query->next_module < card->image.load_files[query->next]->module_count)
        return;
    query->next_module = 0;
    query->next++;
}

/* ---- what is wanted ---------------------------------------------------------------------------
 */

static bool sees_all(const struct card_application *domain)
{
    return scp_privileges_have(domain->privileges, SCP_PRIVILEGE_GLOBAL_REGISTRY);
}

/* Search criteria beside the AID; others are passed over, as the text has it (GPCS 11.4.2.3). */
static bool meets(const struct scp_registry_entry *entry, const struct scp_tlv *criterion)
{
    enum { LIFE_CYCLE = 0x9F70, PRIVILEGES = 0xC5, LOAD_FILE = 0xC4, DOMAIN_AID = 0xCC };
    uint8_t privileges[3];
    switch (criterion->tag) {
    case LIFE_CYCLE:
        return criterion->value.len == 1 && criterion->value.ptr[0] == entry->life_cycle;
    case PRIVILEGES:
        scp_privileges_store(privileges, entry->privileges);
        return entry->has_privileges && scp_bytes_equal(criterion->value, SCP_BYTES(privileges));
    case LOAD_FILE:
        return card_aid_is(&entry->load_file, criterion->value);
    case DOMAIN_AID:
        return card_aid_is(&entry->security_domain, criterion->value);
    default:
        return true;
    }
}

static bool meets_all(const struct scp_registry_entry *entry, struct scp_bytes criteria)
{
    struct scp_reader r = scp_reader_on(criteria);
    struct scp_tlv criterion;
    while (scp_tlv_next(&r, &criterion) == SCP_OK)
        if (!meets(entry, &criterion))
            return false;
    return true;
}

static bool wanted(const struct softcard *card, const struct scp_registry_entry *entry)
{
    const struct card_status_query *query = &card->at->status;
    const struct card_application *selected = card_selected(card);
    if (query->subset == SCP_STATUS_ISSUER_DOMAIN) /* the criteria are ignored */
        return true;
    bool matches = scp_aid_matches(&entry->aid, scp_bytes_of(query->filter, query->filter_len)) &&
                   meets_all(entry, scp_bytes_of(query->criteria, query->criteria_len));
    return matches &&
           (sees_all(selected) || scp_aid_equal(&entry->aid, &selected->aid) ||
            card_governs(&card->image, selected, scp_aid_bytes(&entry->security_domain)));
}

/* ---- pages ------------------------------------------------------------------------------------
 */

/* The format before GPCS 2.2: AID, life cycle, first byte of the privileges, modules. */
static void put_legacy_entry(struct scp_writer *w, const struct scp_registry_entry *entry,
                             const struct subset *subset)
{
    scp_put_lv(w, scp_aid_bytes(&entry->aid));
    scp_put_u8(w, entry->life_cycle);
    scp_put_u8(w, (uint8_t)(entry->privileges >> 16));
    if (!subset->modules)
        return;
    scp_put_u8(w, (uint8_t)entry->module_count);
    for (size_t i = 0; i < entry->module_count; i++)
        scp_put_lv(w, scp_aid_bytes(&entry->modules[i]));
}

static void put_entry(struct scp_writer *w, const struct card_status_query *query,
                      const struct scp_registry_entry *entry, const struct subset *subset)
{
    if (query->legacy)
        put_legacy_entry(w, entry, subset);
    else
        scp_put_registry_entry(w, entry, subset->p1, scp_bytes_of(query->tags, query->tags_len));
}

/* One page: entries until the next one would make it too long. */
static uint16_t put_page(struct softcard *card, const struct subset *subset, struct scp_writer *out)
{
    const struct card_status_query *query = &card->at->status;
    size_t end = subset_end(&card->image, subset);
    for (; query->next < end; advance(card, subset)) {
        struct scp_registry_entry entry = entry_at(card, subset);
        if (!wanted(card, &entry))
            continue;
        uint8_t buffer[SCP_RESPONSE_DATA_MAX];
        struct scp_writer one = scp_writer_on(buffer, sizeof buffer);
        put_entry(&one, query, &entry, subset);
        if (scp_writer_status(&one) != SCP_OK)
            return SCP_SW_EXECUTION_ERROR;
        size_t so_far = scp_written(out).len;
        if (so_far > 0 && so_far + scp_written(&one).len > CARD_STATUS_PAGE_MAX)
            return SCP_SW_MORE_DATA;
        scp_put(out, scp_written(&one));
    }
    return scp_written(out).len > 0 ? SCP_SW_SUCCESS : SCP_SW_DATA_NOT_FOUND;
}

/* ---- queries ----------------------------------------------------------------------------------
 */

static size_t keep(uint8_t *to, size_t cap, struct scp_bytes from, bool *fits)
{
    struct scp_writer w = scp_writer_on(to, cap);
    scp_put(&w, from);
    *fits = *fits && scp_writer_status(&w) == SCP_OK;
    return scp_written(&w).len;
}

static uint16_t begin_query(struct softcard *card, const struct scp_get_status *status,
                            const struct subset *subset, struct scp_bytes criteria)
{
    struct card_status_query *query = &card->at->status;
    bool fits = true;
    *query = (struct card_status_query){
        .active = true, .subset = status->subset, .legacy = status->legacy, .next = subset->first};
    query->filter_len = keep(query->filter, sizeof query->filter, status->aid, &fits);
    query->tags_len = keep(query->tags, sizeof query->tags, status->tag_list, &fits);
    query->criteria_len = keep(query->criteria, sizeof query->criteria, criteria, &fits);
    return fits ? SCP_SW_SUCCESS : SCP_SW_WRONG_DATA;
}

/* Whether the command asks for the next page of the query in progress. */
static bool goes_on(const struct card_status_query *query, const struct scp_get_status *status)
{
    return query->active && query->subset == status->subset && query->legacy == status->legacy &&
           scp_bytes_equal(scp_bytes_of(query->filter, query->filter_len), status->aid);
}

/* Only who sees the whole registry is shown the issuer security domain, and there is one page of it
 * (GPCS 11.4.2.1, 11.4.2.2). */
static bool allowed(const struct softcard *card, const struct scp_get_status *status)
{
    return status->subset != SCP_STATUS_ISSUER_DOMAIN ||
           (sees_all(card_selected(card)) && !status->next);
}

uint16_t card_cmd_get_status(struct softcard *card, const struct scp_apdu *apdu,
                             struct scp_writer *out)
{
    enum { SUBSETS = 0xF0, OPTIONS = 0x03 }; /* the other bits are reserved and ignored */
    struct scp_get_status status;
    const struct subset *subset = find_subset(apdu->p1 & SUBSETS);
    if (subset == NULL)
        return SCP_SW_WRONG_P1_P2;
    if (scp_get_status_parse(subset->p1, apdu->p2 & OPTIONS, apdu->data, &status) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    if (!allowed(card, &status))
        return SCP_SW_WRONG_P1_P2;
    if (status.next && !goes_on(&card->at->status, &status))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    uint16_t sw = status.next ? SCP_SW_SUCCESS : begin_query(card, &status, subset, apdu->data);
    if (sw == SCP_SW_SUCCESS)
        sw = put_page(card, subset, out);
    card->at->status.active = sw == SCP_SW_MORE_DATA;
    return sw;
}
