/* The answer to "does it hold?" when a fact may be missing; the order is that of certainty. */
#ifndef POLICIES_EVALUATE_ANSWER_H
#define POLICIES_EVALUATE_ANSWER_H

enum policy_answer { POLICY_NO, POLICY_UNKNOWN, POLICY_YES };

#endif
