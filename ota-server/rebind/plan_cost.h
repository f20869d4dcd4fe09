/* Inside the planner: what a plan costs, and why it is the one. Pure like plan.h; nobody else
 * includes this. */
#ifndef OTA_SERVER_REBIND_PLAN_COST_H
#define OTA_SERVER_REBIND_PLAN_COST_H

#include "ota-server/rebind/plan.h"

/* Fill in what the step leaves in the registry and what it takes. */
void plan_cost_step(const struct plan_request *request, struct plan_step *step);

/* Put the way of a product into words. */
void plan_cost_explain(const struct plan_request *request, struct plan *plan);

/* The plan does not fit: what would have to go, first what nobody desires. */
void plan_cost_spare(const struct plan_request *request, struct plan *plan);

#endif
