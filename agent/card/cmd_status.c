/* SET STATUS (GPCS 11.10, 5.1, 5.3) and GET STATUS (GPCS 11.4). */
#include "agent/card/card.h"
#include "agent/card/registry.h"
#include "scp/gp/registry.h"

/* ---- SET STATUS of the card -------------------------------------------------------------------
 */

/* Transitions (GPCS figure 5-1) and the privilege that allows each; the issuer security domain has
 * all of them. */
static const struct transition {
    uint8_t from;
    uint8_t to;
    uint32_t privilege;
} transitions[] = {
    {SCP_CARD_OP_READY, SCP_CARD_INITIALIZED, 0},
    {SCP_CARD_INITIALIZED, SCP_CARD_SECURED, 0},
    {SCP_CARD_SECURED, SCP_CARD_LOCKED, SCP_PRIVILEGE_CARD_LOCK},
    {SCP_CARD_LOCKED, SCP_CARD_SECURED, SCP_PRIVILEGE_CARD_LOCK},
    {SCP_CARD_OP_READY, SCP_CARD_TERMINATED, SCP_PRIVILEGE_CARD_TERMINATE},
    {SCP_CARD_INITIALIZED, SCP_CARD_TERMINATED, SCP_PRIVILEGE_CARD_TERMINATE},
    {SCP_CARD_SECURED, SCP_CARD_TERMINATED, SCP_PRIVILEGE_CARD_TERMINATE},
    {SCP_CARD_LOCKED, SCP_CARD_TERMINATED, SCP_PRIVILEGE_CARD_TERMINATE},
};

static uint16_t set_card(struct softcard *card, const struct scp_set_status *status)
{
    const struct card_application *domain = card_selected(card);
    struct card_application *isd = card_isd(&card->image);
    for (size_t i = 0; i < sizeof transitions / sizeof transitions[0]; i++) {
        const struct transition *t = &transitions[i];
        if (t->from != isd->state || t->to != status->state)
            continue;
        bool allowed = domain == isd || (domain->privileges & t->privilege) != 0;
        if (!allowed)
            return SCP_SW_CONDITIONS_NOT_SATISFIED;
        isd->state = status->state;
        return SCP_SW_SUCCESS;
    }
    return SCP_SW_CONDITIONS_NOT_SATISFIED;
}

/* ---- SET STATUS of applications ---------------------------------------------------------------
 */

static bool lock(struct card_application *app)
{
    if (scp_life_cycle_is_locked(app->state))
        return false;
    app->state_unlocked = app->state;
    app->state |= SCP_LIFE_CYCLE_LOCKED;
    return true;
}

static bool unlock(struct card_application *app)
{
    if (!scp_life_cycle_is_locked(app->state))
        return false;
    app->state = app->state_unlocked;
    return true;
}

/* Only the lock matters when another's state is set; a state it is in already is refused. */
static uint16_t set_other(struct card_application *app, uint8_t state)
{
    bool done = (state & SCP_LIFE_CYCLE_LOCKED) != 0 ? lock(app) : unlock(app);
    return done ? SCP_SW_SUCCESS : SCP_SW_CONDITIONS_NOT_SATISFIED;
}

/* A security domain about itself: PERSONALIZED or LOCKED (GPCS 11.10.2.2). */
static uint16_t set_own(struct card_application *domain, uint8_t state)
{
    if ((state & SCP_LIFE_CYCLE_LOCKED) != 0)
        return set_other(domain, state);
    if (state != SCP_SECURITY_DOMAIN_PERSONALIZED ||
        domain->state != SCP_SECURITY_DOMAIN_SELECTABLE)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    domain->state = SCP_SECURITY_DOMAIN_PERSONALIZED;
    return SCP_SW_SUCCESS;
}

static bool may_lock(const struct card_image *image, const struct card_application *domain,
                     const struct card_application *app)
{
    return card_is_isd(image, domain) ||
           scp_privileges_have(domain->privileges, SCP_PRIVILEGE_GLOBAL_LOCK) ||
           card_governs(image, domain, scp_aid_bytes(&app->domain));
}

static uint16_t set_application(struct softcard *card, const struct scp_set_status *status)
{
    struct card_application *domain = card_selected(card);
    struct card_application *app = card_application_find(&card->image, status->aid);
    if (app == NULL)
        return SCP_SW_DATA_NOT_FOUND;
    if (card_is_isd(&card->image, app))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (app == domain)
        return set_own(app, status->state);
    return may_lock(&card->image, domain, app) ? set_other(app, status->state)
                                               : SCP_SW_CONDITIONS_NOT_SATISFIED;
}

/* A domain with all that is below it; what is in the state already stays. */
static uint16_t set_tree(struct softcard *card, const struct scp_set_status *status)
{
    struct card_image *image = &card->image;
    struct card_application *root = card_domain_find(image, status->aid);
    if (root == NULL)
        return SCP_SW_DATA_NOT_FOUND;
    if (card_is_isd(image, root) || !may_lock(image, card_selected(card), root))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    for (size_t i = 1; i < image->application_count; i++) {
        struct card_application *app = image->applications[i];
        if (app == root || card_governs(image, root, scp_aid_bytes(&app->domain)))
            (void)set_other(app, status->state);
    }
    return SCP_SW_SUCCESS;
}

uint16_t card_cmd_set_status(struct softcard *card, const struct scp_apdu *apdu,
                             struct scp_writer *out)
{
    struct scp_set_status status;
    (void)out;
    if (scp_set_status_parse(apdu->p1, apdu->p2, apdu->data, &status) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    if (status.type == SCP_SET_STATUS_CARD)
        return set_card(card, &status);
    if (status.type == SCP_SET_STATUS_DOMAIN_TREE)
        return set_tree(card, &status);
    return set_application(card, &status);
}

/* ---- GET STATUS -------------------------------------------------------------------------------
 */

static bool sees_all(const struct card_image *image, const struct card_application *domain)
{
    return card_is_isd(image, domain) ||
           scp_privileges_have(domain->privileges, SCP_PRIVILEGE_GLOBAL_REGISTRY);
}

static bool wanted(const struct softcard *card, const struct scp_aid *aid,
                   const struct scp_aid *domain)
{
    const struct card_application *selected = card_selected(card);
    struct scp_bytes filter = scp_bytes_of(card->at->status.filter, card->at->status.filter_len);
    if (card->at->status.subset != SCP_STATUS_ISSUER_DOMAIN && !scp_aid_matches(aid, filter))
        return false;
    return sees_all(&card->image, selected) || scp_aid_equal(aid, &selected->aid) ||
           card_governs(&card->image, selected, scp_aid_bytes(domain));
}

static bool application_entry(const struct softcard *card, size_t index,
                              struct scp_registry_entry *entry)
{
    const struct card_application *app = card->image.applications[index];
    if (!wanted(card, &app->aid, &app->domain))
        return false;
    *entry = (struct scp_registry_entry){
        .aid = app->aid,
        .life_cycle = app->state,
        .has_privileges = true,
        .privileges = app->privileges,
        .load_file = app->load_file,
        .security_domain = app->domain,
        .implicit_count = app->implicit_count,
    };
    for (size_t i = 0; i < app->implicit_count; i++)
        entry->implicit[i] = app->implicit[i];
    return true;
}

static bool load_file_entry(const struct softcard *card, size_t index,
                            struct scp_registry_entry *entry)
{
    const struct card_load_file *file = card->image.load_files[index];
    if (!wanted(card, &file->aid, &file->domain))
        return false;
    *entry = (struct scp_registry_entry){
        .aid = file->aid,
        .life_cycle = SCP_LOAD_FILE_LOADED,
        .security_domain = file->domain,
        .version = SCP_BYTES(file->version),
    };
    for (size_t i = 0; i < file->module_count && i < SCP_REGISTRY_MODULES_MAX; i++)
        entry->modules[entry->module_count++] = file->modules[i];
    return true;
}

/* Where the entries of a subset are. */
static const struct subset {
    uint8_t p1;
    bool load_files;
    size_t first; /* index of the first entry; the issuer security domain is application 0 */
} subsets[] = {
    {SCP_STATUS_ISSUER_DOMAIN, false, 0},
    {SCP_STATUS_APPLICATIONS, false, 1},
    {SCP_STATUS_LOAD_FILES, true, 0},
    {SCP_STATUS_LOAD_FILES_AND_MODULES, true, 0},
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

/* One page: entries until the next one would make it too long. */
static uint16_t put_page(struct softcard *card, const struct subset *subset, struct scp_writer *out)
{
    struct card_status_query *query = &card->at->status;
    struct scp_bytes tags = scp_bytes_of(query->tags, query->tags_len);
    size_t end = subset_end(&card->image, subset);
    for (; query->next < end; query->next++) {
        struct scp_registry_entry entry;
        bool found = subset->load_files ? load_file_entry(card, query->next, &entry)
                                        : application_entry(card, query->next, &entry);
        if (!found)
            continue;
        uint8_t buffer[SCP_RESPONSE_DATA_MAX];
        struct scp_writer one = scp_writer_on(buffer, sizeof buffer);
        scp_put_registry_entry(&one, &entry, subset->p1, tags);
        if (scp_writer_status(&one) != SCP_OK)
            return SCP_SW_EXECUTION_ERROR;
        size_t so_far = scp_written(out).len;
        if (so_far > 0 && so_far + scp_written(&one).len > CARD_STATUS_PAGE_MAX)
            return SCP_SW_MORE_DATA;
        scp_put(out, scp_written(&one));
    }
    return scp_written(out).len > 0 ? SCP_SW_SUCCESS : SCP_SW_DATA_NOT_FOUND;
}

static uint16_t begin_query(struct softcard *card, const struct scp_get_status *status,
                            const struct subset *subset)
{
    struct card_status_query *query = &card->at->status;
    *query =
        (struct card_status_query){.active = true, .subset = status->subset, .next = subset->first};
    struct scp_writer filter = scp_writer_on(query->filter, sizeof query->filter);
    struct scp_writer tags = scp_writer_on(query->tags, sizeof query->tags);
    scp_put(&filter, status->aid);
    scp_put(&tags, status->tag_list);
    query->filter_len = scp_written(&filter).len;
    query->tags_len = scp_written(&tags).len;
    bool fits = scp_writer_status(&filter) == SCP_OK && scp_writer_status(&tags) == SCP_OK;
    return fits ? SCP_SW_SUCCESS : SCP_SW_WRONG_DATA;
}

/* Whether the command asks for the next page of the query in progress. */
static bool goes_on(const struct card_status_query *query, const struct scp_get_status *status)
{
    return query->active && query->subset == status->subset &&
           status->subset != SCP_STATUS_ISSUER_DOMAIN &&
           scp_bytes_equal(scp_bytes_of(query->filter, query->filter_len), status->aid);
}

uint16_t card_cmd_get_status(struct softcard *card, const struct scp_apdu *apdu,
                             struct scp_writer *out)
{
    struct scp_get_status status;
    const struct subset *subset = find_subset(apdu->p1);
    if (subset == NULL || (apdu->p2 & ~0x03) != 0)
        return SCP_SW_WRONG_P1_P2;
    if (scp_get_status_parse(apdu->p1, apdu->p2, apdu->data, &status) != SCP_OK)
        return SCP_SW_WRONG_DATA;
    if (status.legacy)
        return SCP_SW_WRONG_P1_P2;
    if (apdu->p1 == SCP_STATUS_ISSUER_DOMAIN && !sees_all(&card->image, card_selected(card)))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if (status.next && !goes_on(&card->at->status, &status))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    uint16_t sw = status.next ? SCP_SW_SUCCESS : begin_query(card, &status, subset);
    if (sw == SCP_SW_SUCCESS)
        sw = put_page(card, subset, out);
    card->at->status.active = sw == SCP_SW_MORE_DATA;
    return sw;
}
