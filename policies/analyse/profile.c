#include "policies/analyse/profile.h"

#include <stdlib.h>

static struct domain *domain_for(struct profile *profile, enum policy_fact fact)
{
    for (size_t i = 0; i < profile->count; i++)
        if (profile->domains[i].fact == fact)
            return &profile->domains[i];
    struct domain *larger =
        realloc(profile->domains, (profile->count + 1) * sizeof *profile->domains);
    if (larger == NULL)
        return NULL;
    profile->domains = larger;
    profile->domains[profile->count] = domain_of(fact);
    return &profile->domains[profile->count++];
}

/* A conjunction, whatever the file calls it: `all`, or a group `any` of one member. */
static bool is_conjunction(const struct policy_condition *condition)
{
    return condition->kind == POLICY_CONDITION_ALL ||
           (condition->kind == POLICY_CONDITION_ANY && condition->count == 1);
}

static bool take(struct profile *profile, const struct policy_condition *condition)
{
    bool good = true;
    if (condition->kind == POLICY_CONDITION_TEST && !condition->against_fact) {
        struct domain *domain = domain_for(profile, condition->test.fact);
        return domain != NULL && domain_narrow(domain, condition);
    }
    if (!is_conjunction(condition))
        profile->whole = false;
    for (size_t i = 0; good && is_conjunction(condition) && i < condition->count; i++)
        good = take(profile, &condition->members[i]);
    return good;
}

/* The one symbol that a text must be; 0 when there are several. */
static uint32_t only_symbol(const struct profile *profile, enum policy_fact fact)
{
    const struct domain *domain = profile_domain(profile, fact);
    bool only = domain != NULL && domain->finite && domain->is.count == 1 && !domain->absent;
    return only ? (uint32_t)domain->is.values[0] : 0;
}

bool profile_make(const struct policy *policy, const struct policy_condition *when,
                  struct profile *out)
{
    *out = (struct profile){.whole = true};
    if (!take(out, &policy->scope) || !take(out, when))
        return false;
    for (size_t i = 0; i < out->count; i++) {
        domain_settle(&out->domains[i]);
        out->empty = out->empty || domain_is_empty(&out->domains[i]);
    }
    out->region = only_symbol(out, POLICY_CARD_REGION);
    out->bank = only_symbol(out, POLICY_BANK_ID);
    return true;
}

void profile_free(struct profile *profile)
{
    for (size_t i = 0; i < profile->count; i++)
        domain_free(&profile->domains[i]);
    free(profile->domains);
}

const struct domain *profile_domain(const struct profile *profile, enum policy_fact fact)
{
    for (size_t i = 0; i < profile->count; i++)
        if (profile->domains[i].fact == fact)
            return &profile->domains[i];
    return NULL;
}

/* Most pairs of a large policy are about different regions or banks. */
static bool are_apart(const struct profile *a, const struct profile *b)
{
    return (a->region != b->region && a->region != 0 && b->region != 0) ||
           (a->bank != b->bank && a->bank != 0 && b->bank != 0);
}

bool profile_meets(const struct profile *a, const struct profile *b)
{
    if (are_apart(a, b))
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct domain *other = profile_domain(b, a->domains[i].fact);
        if (other != NULL && !domain_meets(&a->domains[i], other))
            return false;
    }
    return true;
}

bool profile_is_within(const struct profile *a, const struct profile *b)
{
    if (!b->whole || are_apart(a, b))
        return false;
    for (size_t i = 0; i < b->count; i++) {
        const struct domain *mine = profile_domain(a, b->domains[i].fact);
        const struct domain all = domain_of(b->domains[i].fact);
        if (!domain_is_within(mine != NULL ? mine : &all, &b->domains[i]))
            return false;
    }
    return true;
}
