#include "ota-server/rebind/plan.h"

#include "ota-server/rebind/directory.h"
#include "ota-server/rebind/plan_cost.h"
#include "scp/gp/lifecycle.h"
#include "scp/gp/privileges.h"

/* The plan under construction: `error` sticks, so that steps are added freely and checked once. */
struct draft {
    const struct plan_request *request;
    struct plan *plan;
    enum plan_error error;
    bool by_bank;        /* the bank's domain brings the product's content itself */
    bool domain_brought; /* and is there by now */
};

static const char *const step_names[] = {
    [PLAN_STEP_READ] = "read",
    [PLAN_STEP_LOAD] = "load",
    [PLAN_STEP_INSTALL] = "install",
    [PLAN_STEP_PERSONALISE] = "personalise",
    [PLAN_STEP_MAKE_SELECTABLE] = "make selectable",
    [PLAN_STEP_DIRECTORY] = "directory",
    [PLAN_STEP_LOCK] = "lock",
    [PLAN_STEP_UNLOCK] = "unlock",
    [PLAN_STEP_DELETE] = "delete",
    [PLAN_STEP_DELETE_PACKAGE] = "delete package",
    [PLAN_STEP_CONFIRM] = "confirm",
    [PLAN_STEP_PROVE] = "prove",
    [PLAN_STEP_CREATE_DOMAIN] = "create domain",
    [PLAN_STEP_KEY_DOMAIN] = "key domain",
    [PLAN_STEP_EXTRADITE] = "extradite",
    [PLAN_STEP_PUT_KEYS] = "put keys",
    [PLAN_STEP_DELETE_KEYS] = "delete keys",
    [PLAN_STEP_CONFIRM_KEYS] = "confirm keys",
};

const char *plan_step_name(enum plan_step_kind kind)
{
    size_t index = (size_t)kind;
    return index < sizeof step_names / sizeof step_names[0] ? step_names[index] : "?";
}

const char *plan_error_text(enum plan_error error)
{
    static const char *const texts[] = {
        [PLAN_OK] = "success",
        [PLAN_NO_ROOM] =
            "the card has too little free memory to hold the new bank beside the old one",
        [PLAN_AID_TAKEN] = "an AID of the product belongs to something else on this card",
        [PLAN_NO_LOAD_FILE] = "the package is neither on the card nor in the server",
        [PLAN_NO_RECORD] = "what is desired of the card cannot be read",
        [PLAN_DOMAIN_LOCKED] = "the bank's security domain is locked on the card",
        [PLAN_TOO_MANY_STEPS] = "the rebind takes more steps than one operation may have",
        [PLAN_NO_KEYS] = "no key set of the card's record opens the security domain",
    };
    size_t index = (size_t)error;
    return index < sizeof texts / sizeof texts[0] ? texts[index] : "?";
}

/* A card keeps the privileges that the domain was made with. */
static bool may_manage(const struct content_entry *domain)
{
    if (domain == NULL || domain->life_cycle != SCP_SECURITY_DOMAIN_PERSONALIZED)
        return true; /* it will be made so */
    return scp_privileges_have(scp_privileges_load(domain->privileges),
                               SCP_PRIVILEGE_AUTHORIZED_MANAGEMENT);
}

/* A domain that manages content does so for its own, and on a card that was told so when the domain
 * was made. A package that is the issuer's makes instances that are the issuer's too (GPCS 9.3.6),
 * which then go the way of a simple domain. */
static bool bank_brings_content(const struct plan_request *request)
{
    const struct plan_domain *domain = request->domain;
    if (domain == NULL || !domain->manages_content || request->product == NULL ||
        !may_manage(content_find(request->observed, &domain->aid)))
        return false;
    const struct content_entry *package =
        content_find(request->observed, &request->product->package);
    return package == NULL || scp_aid_equal(&package->security_domain, &domain->aid);
}

/* Personalisation is the bank's affair where it has a domain, and what its domain manages; a proof
 * is any terminal's. All else is the issuer's. */
static enum plan_channel channel_of(const struct draft *draft, enum plan_step_kind kind)
{
    bool manages =
        kind == PLAN_STEP_LOAD || kind == PLAN_STEP_INSTALL || kind == PLAN_STEP_MAKE_SELECTABLE;
    if (manages && draft->by_bank)
        return PLAN_CHANNEL_BANK;
    if (kind == PLAN_STEP_PROVE)
        return PLAN_CHANNEL_NONE;
    if (kind == PLAN_STEP_PERSONALISE && draft->request->domain != NULL)
        return PLAN_CHANNEL_BANK;
    return PLAN_CHANNEL_ISSUER;
}

static void add(struct draft *draft, enum plan_step_kind kind, const struct scp_aid *aid)
{
    struct plan *plan = draft->plan;
    if (plan->count == PLAN_STEPS_MAX) {
        draft->error = PLAN_TOO_MANY_STEPS;
        return;
    }
    plan->steps[plan->count] = (struct plan_step){
        .kind = kind,
        .channel = channel_of(draft, kind),
        .aid = *aid,
    };
    plan_cost_step(draft->request, &plan->steps[plan->count++]);
}

static bool is_locked(const struct content_entry *entry)
{
    return (entry->life_cycle & SCP_LIFE_CYCLE_LOCKED) != 0;
}

/* The package of an instance can go with it when the instance was its last user. It stays when the
 * product that comes needs it. */
static bool package_goes_too(const struct draft *draft, const struct content_entry *instance)
{
    const struct plan_request *request = draft->request;
    if (instance->load_file.len == 0 ||
        content_find(request->observed, &instance->load_file) == NULL)
        return false;
    if (request->product != NULL && scp_aid_equal(&request->product->package, &instance->load_file))
        return false;
    return !content_load_file_in_use(request->observed, &instance->load_file, &instance->aid);
}

static bool domain_in_use(const struct draft *draft, const struct scp_aid *domain,
                          const struct content_entry *without)
{
    const struct card_content *observed = draft->request->observed;
    bool without_package = package_goes_too(draft, without);
    for (size_t i = 0; i < observed->count; i++) {
        const struct content_entry *entry = &observed->entries[i];
        bool goes = scp_aid_equal(&entry->aid, &without->aid) ||
                    (without_package && scp_aid_equal(&entry->aid, &without->load_file));
        if (!goes && !scp_aid_equal(&entry->aid, domain) &&
            scp_aid_equal(&entry->security_domain, domain))
            return true;
    }
    return false;
}

/* A bank's domain goes with its last instance. The one of the bank that comes stays. */
static bool domain_goes_too(const struct draft *draft, const struct content_entry *instance)
{
    const struct plan_request *request = draft->request;
    const struct content_entry *domain =
        content_find(request->observed, &instance->security_domain);
    if (domain == NULL || domain->kind != CONTENT_SECURITY_DOMAIN ||
        scp_aid_equal(&domain->aid, request->issuer) ||
        (request->domain != NULL && scp_aid_equal(&request->domain->aid, &domain->aid)))
        return false;
    return !domain_in_use(draft, &domain->aid, instance);
}

static void retire_one(struct draft *draft, const struct scp_aid *aid, enum plan_retire how)
{
    const struct content_entry *entry = content_find(draft->request->observed, aid);
    if (entry == NULL)
        return;
    if (how == PLAN_RETIRE_DELETE) {
        add(draft, PLAN_STEP_DELETE, aid);
        if (package_goes_too(draft, entry))
            add(draft, PLAN_STEP_DELETE_PACKAGE, &entry->load_file);
        if (domain_goes_too(draft, entry))
            add(draft, PLAN_STEP_DELETE, &entry->security_domain);
    } else if (how == PLAN_RETIRE_LOCK && !is_locked(entry)) {
        add(draft, PLAN_STEP_LOCK, aid);
    }
}

/* Whether anything that is left belongs to the security domain. */
static bool domain_is_empty(const struct card_content *left, const struct scp_aid *domain)
{
    for (size_t i = 0; i < left->count; i++) {
        const struct content_entry *entry = &left->entries[i];
        if (!scp_aid_equal(&entry->aid, domain) && scp_aid_equal(&entry->security_domain, domain))
            return false;
    }
    return true;
}

/* Whether an entry that nobody desires can go when only `left` stays. */
static bool can_go(const struct card_content *left, const struct content_entry *entry)
{
    switch (entry->kind) {
    case CONTENT_LOAD_FILE:
        return !content_load_file_in_use(left, &entry->aid, NULL);
    case CONTENT_SECURITY_DOMAIN:
        return domain_is_empty(left, &entry->aid);
    case CONTENT_APPLICATION:
        return true;
    }
    return false;
}

/* An interruption between an instance and its package or domain leaves these behind. */
static void retire_remains(struct draft *draft)
{
    const struct plan_request *request = draft->request;
    struct card_content left = *request->observed;
    for (size_t i = 0; i < draft->plan->count; i++) {
        const struct plan_step *step = &draft->plan->steps[i];
        if (step->kind == PLAN_STEP_DELETE || step->kind == PLAN_STEP_DELETE_PACKAGE)
            content_remove(&left, &step->aid);
    }
    for (size_t i = 0; i < request->remain_count; i++) {
        const struct scp_aid *aid = &request->remains[i];
        const struct content_entry *entry = content_find(&left, aid);
        if (entry == NULL || entry->kind == CONTENT_APPLICATION || !can_go(&left, entry))
            continue;
        add(draft, entry->kind == CONTENT_LOAD_FILE ? PLAN_STEP_DELETE_PACKAGE : PLAN_STEP_DELETE,
            aid);
        content_remove(&left, aid);
    }
}

static void retire_all(struct draft *draft, enum plan_retire how)
{
    for (size_t i = 0; i < draft->request->retired_count; i++)
        retire_one(draft, &draft->request->retired[i], how);
    if (how == PLAN_RETIRE_DELETE)
        retire_remains(draft);
}

/* The directories that the card has. */
static void list_in_directories(struct draft *draft)
{
    for (size_t i = 0; draft->request->directories && i < DIRECTORY_COUNT; i++) {
        if (content_find(draft->request->observed, &directory_aids[i]) != NULL)
            add(draft, PLAN_STEP_DIRECTORY, &directory_aids[i]);
    }
}

/* A domain that is there without its keys was interrupted: it is empty, and done again. */
static void bring_domain(struct draft *draft)
{
    const struct plan_domain *domain = draft->request->domain;
    const struct content_entry *entry = content_find(draft->request->observed, &domain->aid);
    if (draft->domain_brought)
        return;
    draft->domain_brought = true;
    if (entry != NULL && entry->kind != CONTENT_SECURITY_DOMAIN) {
        draft->error = PLAN_AID_TAKEN;
        return;
    }
    if (entry != NULL && is_locked(entry)) {
        draft->error = PLAN_DOMAIN_LOCKED;
        return;
    }
    if (entry != NULL && entry->life_cycle == SCP_SECURITY_DOMAIN_PERSONALIZED)
        return;
    if (entry != NULL)
        add(draft, PLAN_STEP_DELETE, &domain->aid);
    add(draft, PLAN_STEP_CREATE_DOMAIN, &domain->aid);
    add(draft, PLAN_STEP_KEY_DOMAIN, &domain->aid);
    draft->plan->memory_needed += PLAN_DOMAIN_RESERVE;
}

/* Steps that bring a new instance, from nothing or from an interrupted one, to selectable. It goes
 * to the bank's domain before it is personalised, because one personalisation never spans two. */
static void bring_instance(struct draft *draft)
{
    const struct plan_product *product = draft->request->product;
    if (draft->request->domain != NULL)
        bring_domain(draft);
    add(draft, PLAN_STEP_INSTALL, &product->instance);
    if (draft->request->domain != NULL && !draft->by_bank)
        add(draft, PLAN_STEP_EXTRADITE, &product->instance);
    bool selectable_first = draft->request->personalise_selectable;
    if (selectable_first)
        add(draft, PLAN_STEP_MAKE_SELECTABLE, &product->instance);
    if (product->personalised)
        add(draft, PLAN_STEP_PERSONALISE, &product->instance);
    if (!selectable_first)
        add(draft, PLAN_STEP_MAKE_SELECTABLE, &product->instance);
    draft->plan->memory_needed += PLAN_INSTANCE_RESERVE;
}

/* Whether something of the retired banks is still as it was. */
static bool retires(const struct plan_request *request)
{
    for (size_t i = 0; i < request->retired_count; i++) {
        const struct content_entry *entry = content_find(request->observed, &request->retired[i]);
        if (entry != NULL && !is_locked(entry))
            return true;
    }
    return false;
}

/* An instance that may lack its personalisation. One in state INSTALLED always may. On a card that
 * personalises selectable instances the state does not tell; there, the old bank does: it goes only
 * after the new one is complete. */
static bool may_be_unfinished(const struct plan_request *request,
                              const struct content_entry *instance)
{
    if (instance->life_cycle == SCP_APPLICATION_INSTALLED)
        return true;
    return request->personalise_selectable && request->product->personalised &&
           !is_locked(instance) && (request->operation != PLAN_SWITCH || retires(request));
}

/* An instance whose data are not those of the product's record. Where that is in doubt, a script
 * that ran would have left the instance unlocked and the old bank retired. */
static bool has_older_data(const struct plan_request *request, const struct content_entry *instance)
{
    const struct plan_product *product = request->product;
    return product->renewed || (product->doubted && (is_locked(instance) || retires(request)));
}

static bool has_other_aid(const struct content_entry *entry, enum content_kind kind)
{
    return entry != NULL && entry->kind != kind;
}

static void bring_package(struct draft *draft)
{
    const struct plan_product *product = draft->request->product;
    const struct content_entry *package = content_find(draft->request->observed, &product->package);
    if (has_other_aid(package, CONTENT_LOAD_FILE)) {
        draft->error = PLAN_AID_TAKEN;
    } else if (package == NULL && product->load_file.len == 0) {
        draft->error = PLAN_NO_LOAD_FILE;
    } else if (package == NULL) {
        if (draft->by_bank)
            bring_domain(draft);
        add(draft, PLAN_STEP_LOAD, &product->package);
        draft->plan->way = PLAN_WAY_LOAD;
        draft->plan->memory_needed += product->load_file.len;
    }
}

/* Package and instance: whatever of them the card lacks, and the instance locked or not. */
static void bring_product(struct draft *draft, bool locked)
{
    const struct plan_request *request = draft->request;
    const struct plan_product *product = request->product;
    const struct content_entry *instance = content_find(request->observed, &product->instance);

    if (has_other_aid(instance, CONTENT_APPLICATION)) {
        draft->error = PLAN_AID_TAKEN;
        return;
    }
    if (instance != NULL &&
        (has_older_data(request, instance) || may_be_unfinished(request, instance))) {
        add(draft, PLAN_STEP_DELETE, &product->instance);
        instance = NULL;
    }
    draft->plan->way = instance == NULL      ? PLAN_WAY_INSTANCE
                       : is_locked(instance) ? PLAN_WAY_UNLOCK
                                             : PLAN_WAY_THERE;
    bring_package(draft);
    if (draft->error != PLAN_OK)
        return;
    if (instance == NULL)
        bring_instance(draft);
    if (locked && (instance == NULL || !is_locked(instance)))
        add(draft, PLAN_STEP_LOCK, &product->instance);
    else if (!locked && instance != NULL && is_locked(instance))
        add(draft, PLAN_STEP_UNLOCK, &product->instance);
}

static bool fits(const struct draft *draft)
{
    const struct card_content *observed = draft->request->observed;
    return !observed->free_known || draft->plan->memory_needed <= observed->free_non_volatile;
}

static void finish_product(struct draft *draft)
{
    add(draft, PLAN_STEP_CONFIRM, &draft->request->product->instance);
    if (draft->request->prove)
        add(draft, PLAN_STEP_PROVE, &draft->request->product->instance);
}

static void plan_product(struct draft *draft)
{
    const struct plan_request *request = draft->request;

    bring_product(draft, false);
    if (draft->error != PLAN_OK)
        return;
    if (fits(draft)) {
        list_in_directories(draft);
        retire_all(draft, request->retire);
    } else if (request->break_before_make && request->retire == PLAN_RETIRE_DELETE) {
        draft->plan->count = 0;
        draft->domain_brought = false;
        draft->plan->breaks_first = true;
        retire_all(draft, PLAN_RETIRE_DELETE);
        draft->plan->memory_needed = 0;
        bring_product(draft, false);
        list_in_directories(draft);
    } else {
        draft->error = PLAN_NO_ROOM;
        return;
    }
    finish_product(draft);
}

/* Ready beside the bank in use. What a deletion or a load alone leaves is read again: it is done
 * when nothing is left to plan. */
static void plan_load(struct draft *draft)
{
    static const struct scp_aid everything = {.len = 0};
    const struct plan_request *request = draft->request;
    if (request->package_only)
        bring_package(draft);
    else
        bring_product(draft, true);
    if (draft->error == PLAN_OK && !fits(draft))
        draft->error = PLAN_NO_ROOM;
    if (draft->error != PLAN_OK || draft->plan->count == 0)
        return;
    if (request->package_only)
        add(draft, PLAN_STEP_READ, &everything);
    else
        add(draft, PLAN_STEP_CONFIRM, &request->product->instance);
}

/* Instances, then the packages that nothing uses without them, then the domains that are empty
 * without both. */
static void plan_purge(struct draft *draft)
{
    static const struct scp_aid everything = {.len = 0};
    static const enum content_kind order[] = {CONTENT_APPLICATION, CONTENT_LOAD_FILE,
                                              CONTENT_SECURITY_DOMAIN};
    const struct plan_request *request = draft->request;
    struct card_content left = *request->observed;
    for (size_t k = 0; k < sizeof order / sizeof order[0]; k++) {
        for (size_t i = 0; i < request->undesired_count; i++) {
            const struct scp_aid *aid = &request->spare[i].aid;
            const struct content_entry *entry = content_find(&left, aid);
            if (entry == NULL || entry->kind != order[k] || !can_go(&left, entry))
                continue;
            add(draft, order[k] == CONTENT_LOAD_FILE ? PLAN_STEP_DELETE_PACKAGE : PLAN_STEP_DELETE,
                aid);
            content_remove(&left, aid);
        }
    }
    if (draft->plan->count > 0)
        add(draft, PLAN_STEP_READ, &everything);
}

/* The directory forgets the bank before it goes, so that no terminal is sent to a missing instance.
 */
static void plan_revocation(struct draft *draft)
{
    const struct plan_request *request = draft->request;
    list_in_directories(draft);
    retire_all(draft,
               request->retire == PLAN_RETIRE_DELETE ? PLAN_RETIRE_DELETE : PLAN_RETIRE_LOCK);
    for (size_t i = 0; i < request->retired_count; i++)
        add(draft, PLAN_STEP_CONFIRM, &request->retired[i]);
}

enum plan_error plan_make(const struct plan_request *request, struct plan *out)
{
    *out = (struct plan){.content_known =
                             request->observed->known && request->operation != PLAN_AUDIT};
    struct draft draft = {
        .request = request, .plan = out, .error = PLAN_OK, .by_bank = bank_brings_content(request)};
    static const struct scp_aid none = {.len = 0};

    if (request->operation == PLAN_REKEY)
        return plan_keys(request, out);
    if (!request->observed->known || request->operation == PLAN_AUDIT)
        add(&draft, PLAN_STEP_READ, &none);
    else if (request->operation == PLAN_REVOKE)
        plan_revocation(&draft);
    else if (request->operation == PLAN_LOAD)
        plan_load(&draft);
    else if (request->operation == PLAN_PURGE)
        plan_purge(&draft);
    else
        plan_product(&draft);
    if (draft.error == PLAN_NO_ROOM)
        plan_cost_spare(request, out);
    else if (draft.error == PLAN_OK)
        plan_cost_explain(request, out);
    if (draft.error != PLAN_OK)
        out->count = 0;
    return draft.error;
}
