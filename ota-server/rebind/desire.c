#include "ota-server/rebind/desire.h"

#include "ota-server/rebind/product_ref.h"
#include "scp/gp/lifecycle.h"

#include <stdio.h>
#include <string.h>

/* ---- what is desired ---------------------------------------------------------------------- */

static enum store_error add(struct store_tx *tx, struct desire *out, const char *ref,
                            int32_t version, enum desire_use use)
{
    struct store_product product;
    struct desire_item *item = &out->items[out->count];
    char id[STORE_SLUG_SIZE];
    if (ref[0] == '\0')
        return STORE_OK;
    *item = (struct desire_item){.use = use};
    snprintf(item->product, sizeof item->product, "%s", ref);
    if (!product_ref_split(ref, item->bank, id))
        return STORE_CORRUPT;
    STORE_TRY(store_product_get(tx, item->bank, id, version, &product));
    if (scp_aid_parse(&item->instance, product.instance) != SCP_OK ||
        scp_aid_parse(&item->package, product.package) != SCP_OK)
        return STORE_CORRUPT;
    out->count++;
    return STORE_OK;
}

enum store_error desire_load(struct store_tx *tx, const char *card, struct desire *out)
{
    struct store_binding bindings[STORE_BINDINGS_MAX];
    struct store_resident residents[STORE_RESIDENTS_MAX];
    size_t bound = 0;
    size_t resident = 0;
    out->count = 0;
    STORE_TRY(store_binding_list(tx, card, bindings, STORE_BINDINGS_MAX, &bound));
    STORE_TRY(store_resident_list(tx, card, residents, STORE_RESIDENTS_MAX, &resident));
    for (size_t i = 0; i < bound; i++)
        STORE_TRY(add(tx, out, bindings[i].product, bindings[i].version,
                      bindings[i].suspended ? DESIRE_SUSPENDED : DESIRE_ACTIVE));
    for (size_t i = 0; i < resident; i++)
        STORE_TRY(add(tx, out, residents[i].product, residents[i].version,
                      residents[i].form == STORE_FORM_INSTANCE ? DESIRE_READY : DESIRE_PACKAGE));
    return STORE_OK;
}

/* Bindings come first, so the product in use counts as that, also when it is held ready. */
const struct desire_item *desire_of_instance(const struct desire *desire, const struct scp_aid *aid)
{
    for (size_t i = 0; i < desire->count; i++) {
        if (desire->items[i].use != DESIRE_PACKAGE &&
            scp_aid_equal(&desire->items[i].instance, aid))
            return &desire->items[i];
    }
    return NULL;
}

bool desire_has_package(const struct desire *desire, const struct scp_aid *aid)
{
    for (size_t i = 0; i < desire->count; i++) {
        if (scp_aid_equal(&desire->items[i].package, aid))
            return true;
    }
    return false;
}

/* A bank's domain is desired with an instance of its. */
bool desire_has_domain(const struct desire *desire, const char *bank)
{
    for (size_t i = 0; i < desire->count; i++) {
        if (desire->items[i].use != DESIRE_PACKAGE && strcmp(desire->items[i].bank, bank) == 0)
            return true;
    }
    return false;
}

/* ---- what nobody desires ------------------------------------------------------------------ */

static bool is_locked(const struct content_entry *entry)
{
    return (entry->life_cycle & SCP_LIFE_CYCLE_LOCKED) != 0;
}

/* An entry of the content as somebody's: whose product or package, how large, desired by nobody. */
struct holding {
    bool is_known; /* to this server, so that it may be judged */
    bool is_undesired;
    uint32_t size;
    char product[STORE_PRODUCT_REF_SIZE];
};

static enum store_error hold_instance(struct store_tx *tx, const struct desire *desire,
                                      const struct content_entry *entry, const char *aid,
                                      struct holding *out)
{
    struct store_product product;
    STORE_TRY(store_product_by_instance(tx, aid, &product));
    snprintf(out->product, sizeof out->product, "%.64s/%.64s", product.bank, product.id);
    out->is_undesired = desire_of_instance(desire, &entry->aid) == NULL;
    return STORE_OK;
}

static enum store_error hold_package(struct store_tx *tx, const struct desire *desire,
                                     const struct content_entry *entry, const char *aid,
                                     struct holding *out)
{
    struct store_package package;
    STORE_TRY(store_package_by_aid(tx, aid, &package));
    out->size = (uint32_t)package.load_file_size;
    out->is_undesired = !desire_has_package(desire, &entry->aid);
    return STORE_OK;
}

static enum store_error hold_domain(struct store_tx *tx, const struct desire *desire,
                                    const struct content_entry *entry, const char *aid,
                                    struct holding *out)
{
    struct store_domain domain;
    (void)entry;
    STORE_TRY(store_domain_by_aid(tx, aid, &domain));
    out->is_undesired = !desire_has_domain(desire, domain.bank);
    return STORE_OK;
}

typedef enum store_error hold_entry(struct store_tx *tx, const struct desire *desire,
                                    const struct content_entry *entry, const char *aid,
                                    struct holding *out);

static hold_entry *const holders[] = {
    [CONTENT_LOAD_FILE] = hold_package,
    [CONTENT_APPLICATION] = hold_instance,
    [CONTENT_SECURITY_DOMAIN] = hold_domain,
};

/* What is not this server's stays out of it. */
static enum store_error hold(struct store_tx *tx, const struct desire *desire,
                             const struct content_entry *entry, struct holding *out)
{
    char aid[STORE_AID_SIZE];
    *out = (struct holding){.is_known = false};
    scp_hex_encode(aid, sizeof aid, scp_aid_bytes(&entry->aid));
    enum store_error error = holders[entry->kind](tx, desire, entry, aid, out);
    out->is_known = error == STORE_OK;
    return error == STORE_NOT_FOUND ? STORE_OK : error;
}

/* An instance that a policy has left selectable beside the one in use is not taken away. */
static bool may_go(const struct content_entry *entry)
{
    return entry->kind != CONTENT_APPLICATION || is_locked(entry) ||
           entry->life_cycle == SCP_APPLICATION_INSTALLED;
}

enum store_error desire_spare(struct store_tx *tx, const struct desire *desire,
                              const struct card_content *content, struct plan_spare *out,
                              size_t cap, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < content->count && *count < cap; i++) {
        const struct content_entry *entry = &content->entries[i];
        struct holding held;
        STORE_TRY(hold(tx, desire, entry, &held));
        if (held.is_known && held.is_undesired && may_go(entry))
            out[(*count)++] = (struct plan_spare){.aid = entry->aid, .size = held.size};
    }
    return STORE_OK;
}

/* ---- what an audit finds ------------------------------------------------------------------ */

struct finding_list {
    struct store_finding *items;
    size_t count;
};

static void find(struct finding_list *list, enum store_finding_kind kind, const struct scp_aid *aid,
                 const char *product)
{
    if (list->count == STORE_FINDINGS_MAX)
        return;
    struct store_finding *finding = &list->items[list->count++];
    *finding = (struct store_finding){.kind = kind};
    scp_hex_encode(finding->aid, sizeof finding->aid, scp_aid_bytes(aid));
    snprintf(finding->product, sizeof finding->product, "%s", product);
}

static void compare_item(const struct desire *desire, const struct desire_item *item,
                         const struct card_content *content, struct finding_list *list)
{
    const struct scp_aid *aid = item->use == DESIRE_PACKAGE ? &item->package : &item->instance;
    const struct content_entry *entry = content_find(content, aid);
    bool is_first = item->use == DESIRE_PACKAGE || desire_of_instance(desire, aid) == item;
    if (!is_first)
        return;
    if (entry == NULL || entry->life_cycle == SCP_APPLICATION_INSTALLED)
        find(list, STORE_FINDING_MISSING, aid, item->product);
    else if (item->use == DESIRE_ACTIVE && is_locked(entry))
        find(list, STORE_FINDING_LOCKED, aid, item->product);
    else if ((item->use == DESIRE_SUSPENDED || item->use == DESIRE_READY) && !is_locked(entry))
        find(list, STORE_FINDING_UNLOCKED, aid, item->product);
}

enum store_error desire_findings(struct store_tx *tx, const struct desire *desire,
                                 const struct card_content *content,
                                 struct store_finding out[STORE_FINDINGS_MAX], size_t *count)
{
    struct finding_list list = {.items = out};
    for (size_t i = 0; i < desire->count; i++)
        compare_item(desire, &desire->items[i], content, &list);
    for (size_t i = 0; i < content->count; i++) {
        struct holding held;
        STORE_TRY(hold(tx, desire, &content->entries[i], &held));
        if (held.is_known && held.is_undesired)
            find(&list, STORE_FINDING_UNDESIRED, &content->entries[i].aid, held.product);
    }
    *count = list.count;
    return STORE_OK;
}
