#include "ota-server/rebind/language.h"

#include <string.h>
#include <strings.h>

enum { WEIGHT_MAX = 1000 };

/* "q=0.7" as thousandths; all of it when nothing is said. */
static int weight_of(const char *parameters, size_t len)
{
    static const int places[] = {100, 10, 1};
    const char *q = memchr(parameters, '=', len);
    if (q == NULL || q == parameters || (q[-1] != 'q' && q[-1] != 'Q'))
        return WEIGHT_MAX;
    if (q[1] != '0')
        return WEIGHT_MAX;
    int weight = 0;
    const char *digit = q[2] == '.' ? q + 3 : "";
    for (size_t i = 0; i < 3 && *digit >= '0' && *digit <= '9'; i++)
        weight += places[i] * (*digit++ - '0');
    return weight;
}

/* Whether a language serves a range: equal, or a prefix that a hyphen ends. */
static bool serves(const char *language, const char *range, size_t len)
{
    size_t own = strlen(language);
    return own > 0 && own <= len && strncasecmp(language, range, own) == 0 &&
           (own == len || range[own] == '-');
}

static size_t find(const struct policy *policy, const char *range, size_t len)
{
    size_t count = policy_language_count(policy);
    for (size_t i = 0; i < count; i++) {
        if (serves(policy_language(policy, i), range, len))
            return i;
    }
    return count;
}

size_t language_choose(const struct policy *policy, const char *accept)
{
    size_t best = 0;
    int best_weight = 0;
    while (accept != NULL && *accept != '\0') {
        accept += strspn(accept, " \t,");
        size_t item = strcspn(accept, ",");
        size_t range = strcspn(accept, ",; \t");
        int weight = weight_of(accept + range, item - range);
        size_t index = find(policy, accept, range);
        if (index < policy_language_count(policy) && weight > best_weight) {
            best = index;
            best_weight = weight;
        }
        accept += item;
    }
    return best;
}
