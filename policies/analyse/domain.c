#include "policies/analyse/domain.h"

#include <stdlib.h>
#include <string.h>

/* ---- lists -------------------------------------------------------------------------------- */

/* Where a value is, or would be. */
static size_t place_of(const struct domain_list *list, int64_t value)
{
    size_t low = 0;
    size_t high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->values[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has(const struct domain_list *list, int64_t value)
{
    size_t at = place_of(list, value);
    return at < list->count && list->values[at] == value;
}

static bool add(struct domain_list *list, int64_t value)
{
    size_t at = place_of(list, value);
    if (at < list->count && list->values[at] == value)
        return true;
    int64_t *larger = realloc(list->values, (list->count + 1) * sizeof *larger);
    if (larger == NULL)
        return false;
    memmove(larger + at + 1, larger + at, (list->count - at) * sizeof *larger);
    larger[at] = value;
    list->values = larger;
    list->count++;
    return true;
}

/* Keep the values that are (or, with `wanted` false, are not) in `other`. */
static void keep(struct domain_list *list, const struct domain_list *other, bool wanted)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (has(other, list->values[i]) == wanted)
            list->values[kept++] = list->values[i];
    list->count = kept;
}

static bool share_any(const struct domain_list *a, const struct domain_list *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (has(b, a->values[i]))
            return true;
    return false;
}

static bool is_part_of(const struct domain_list *a, const struct domain_list *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!has(b, a->values[i]))
            return false;
    return true;
}

/* ---- domains ------------------------------------------------------------------------------ */

struct domain domain_of(enum policy_fact fact)
{
    const struct policy_fact_info *info = policy_fact_info(fact);
    struct domain domain = {.fact = fact,
                            .present = true,
                            .absent = info->presence == POLICY_SOMETIMES,
                            .high = info->most > 0 ? info->most : INT64_MAX};
    for (size_t i = 0; info->words[i] != NULL; i++)
        domain.bits |= UINT64_C(1) << i;
    if (info->type == POLICY_TRUTH)
        domain.bits = 3;
    return domain;
}

void domain_free(struct domain *domain)
{
    free(domain->is.values);
    free(domain->isnt.values);
}

static bool is_numeric(enum policy_type type)
{
    return type == POLICY_NUMBER || type == POLICY_TIME;
}

static bool has_bits(enum policy_type type)
{
    return type == POLICY_WORD || type == POLICY_TRUTH;
}

static bool narrow_text(struct domain *domain, const struct policy_condition *condition)
{
    const struct policy_test *test = &condition->test;
    size_t count = test->constant.items != NULL ? test->constant.count : 1;
    bool is = condition->op->meaning == POLICY_MEANS_IS;
    struct domain_list list = {0};
    struct domain_list *to = is ? &list : &domain->isnt;
    for (size_t i = 0; i < count; i++)
        if (!add(to, test->symbols[i])) {
            free(list.values);
            return false;
        }
    if (is && domain->finite) {
        keep(&domain->is, &list, true);
        free(list.values);
    } else if (is) {
        domain->finite = true;
        domain->is = list;
    }
    return true;
}

static void narrow_bits(struct domain *domain, const struct policy_condition *condition)
{
    const struct policy_value *constant = &condition->test.constant;
    uint64_t bits =
        constant->items != NULL ? (uint64_t)constant->number : UINT64_C(1) << constant->number;
    domain->bits &= condition->op->meaning == POLICY_MEANS_IS ? bits : ~bits;
}

static bool narrow_number(struct domain *domain, const struct policy_condition *condition)
{
    const struct policy_bound *bound = &condition->op->bound;
    int64_t edge = condition->test.constant.number + bound->offset;
    if (condition->op->meaning == POLICY_MEANS_IS_NOT)
        return add(&domain->isnt, condition->test.constant.number);
    if (bound->low && edge > domain->low)
        domain->low = edge;
    if (bound->high && edge < domain->high)
        domain->high = edge;
    return true;
}

bool domain_narrow(struct domain *domain, const struct policy_condition *condition)
{
    enum policy_type type = policy_fact_info(domain->fact)->type;
    enum policy_meaning meaning = condition->op->meaning;
    if (meaning == POLICY_MEANS_ABSENT) {
        domain->present = false;
        return true;
    }
    domain->absent = false;
    if (meaning == POLICY_MEANS_PRESENT)
        return true;
    if (type == POLICY_SET)
        return add(meaning == POLICY_MEANS_HAS ? &domain->is : &domain->isnt,
                   condition->test.symbols[0]);
    if (is_numeric(type))
        return narrow_number(domain, condition);
    if (type == POLICY_TEXT)
        return narrow_text(domain, condition);
    narrow_bits(domain, condition);
    return true;
}

void domain_settle(struct domain *domain)
{
    enum policy_type type = policy_fact_info(domain->fact)->type;
    if (is_numeric(type)) {
        while (domain->low <= domain->high && has(&domain->isnt, domain->low))
            domain->low++;
        while (domain->low <= domain->high && has(&domain->isnt, domain->high))
            domain->high--;
        domain->present = domain->present && domain->low <= domain->high;
    } else if (type == POLICY_SET)
        domain->present = domain->present && !share_any(&domain->is, &domain->isnt);
    else if (has_bits(type))
        domain->present = domain->present && domain->bits != 0;
    else if (domain->finite) {
        keep(&domain->is, &domain->isnt, false);
        domain->isnt.count = 0;
        domain->present = domain->present && domain->is.count > 0;
    }
}

bool domain_is_empty(const struct domain *domain)
{
    return !domain->present && !domain->absent;
}

/* ---- two of them -------------------------------------------------------------------------- */

static bool numbers_meet(const struct domain *a, const struct domain *b)
{
    int64_t low = a->low > b->low ? a->low : b->low;
    int64_t high = a->high < b->high ? a->high : b->high;
    while (low <= high && (has(&a->isnt, low) || has(&b->isnt, low)))
        low++;
    return low <= high;
}

static bool texts_meet(const struct domain *a, const struct domain *b)
{
    if (a->finite && b->finite)
        return share_any(&a->is, &b->is);
    if (a->finite)
        return !is_part_of(&a->is, &b->isnt);
    return !b->finite || !is_part_of(&b->is, &a->isnt);
}

static bool values_meet(const struct domain *a, const struct domain *b)
{
    enum policy_type type = policy_fact_info(a->fact)->type;
    if (is_numeric(type))
        return numbers_meet(a, b);
    if (type == POLICY_SET)
        return !share_any(&a->is, &b->isnt) && !share_any(&b->is, &a->isnt);
    return has_bits(type) ? (a->bits & b->bits) != 0 : texts_meet(a, b);
}

bool domain_meets(const struct domain *a, const struct domain *b)
{
    return (a->absent && b->absent) || (a->present && b->present && values_meet(a, b));
}

/* A point that `b` leaves out of its interval is no value of `a`. */
static bool numbers_are_within(const struct domain *a, const struct domain *b)
{
    if (a->low < b->low || a->high > b->high)
        return false;
    for (size_t i = 0; i < b->isnt.count; i++) {
        int64_t point = b->isnt.values[i];
        if (point >= a->low && point <= a->high && !has(&a->isnt, point))
            return false;
    }
    return true;
}

static bool texts_are_within(const struct domain *a, const struct domain *b)
{
    if (a->finite)
        return b->finite ? is_part_of(&a->is, &b->is) : !share_any(&a->is, &b->isnt);
    return !b->finite && is_part_of(&b->isnt, &a->isnt);
}

static bool values_are_within(const struct domain *a, const struct domain *b)
{
    enum policy_type type = policy_fact_info(a->fact)->type;
    if (is_numeric(type))
        return numbers_are_within(a, b);
    if (type == POLICY_SET)
        return is_part_of(&b->is, &a->is) && is_part_of(&b->isnt, &a->isnt);
    return has_bits(type) ? (a->bits & ~b->bits) == 0 : texts_are_within(a, b);
}

bool domain_is_within(const struct domain *a, const struct domain *b)
{
    if (a->absent && !b->absent)
        return false;
    return !a->present || (b->present && values_are_within(a, b));
}
