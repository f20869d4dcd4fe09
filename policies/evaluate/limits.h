/* Limits: what they count, and what a decision says of them.
 *
 * What a caller must count. It keeps one record of EVENTS: an event is one decision that allowed
 * `bind` or `switch` and was acted on. It has the decision's request.time, its action, the card,
 * bank.id and card.region. For a question (struct policy_count) the caller gives the number of
 * events
 *   - whose time is since_ms or later, WITHOUT an upper bound, so that an event which another
 *     machine wrote with a faster clock is counted;
 *   - which are switches, when only_switches says so;
 *   - of the card asked about, when of_card says so; of this bank, of this region, where named.
 * An event whose change is given up before the card has it (refused, cancelled, failed for good) is
 * taken out again; one that the card has stays, also when the card changes again later.
 *
 * Counting is exact when the counter is read, the policy is evaluated and the event of an allowance
 * is written in ONE transaction that excludes others of its kind: a single writer, or serialisable
 * isolation. Then two requests at once never both take the last place. As every limit is worked out
 * from the same events, a new policy with other windows counts right from its first decision.
 *
 * To make a decision again later, answer each question with the `counted` that was stored; where
 * `unknown` was stored, have none. */
#ifndef POLICIES_EVALUATE_LIMITS_H
#define POLICIES_EVALUATE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct policy_count {
    const char *limit; /* id of the limit that asks */
    bool only_switches;
    bool of_card;
    const char *bank;   /* NULL: of any */
    const char *region; /* NULL: of any */
    int64_t since_ms;
};

/* A limit that was looked at. */
struct policy_use {
    const char *limit;
    int64_t
        counted; /* before this request: events, banks on the card, or days since the last switch
                  */
    int64_t of;  /* of a share: the region's events; else 0 */
    int64_t at_most; /* of a share: what the bank may have for this request to pass; of a cool-down:
                        the days that it takes */
    bool reached;    /* so that the limit denies */
    bool consumes;   /* an allowance counts against it: the event is to be written */
    bool unknown;    /* the caller had no count, or no fact to count by: `counted` says nothing */
};

#endif
