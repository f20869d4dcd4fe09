#include "ota-server/rebind/plan_cost.h"

#include "scp/gp/lifecycle.h"

#include <stdio.h>

/* A protected command: header, lengths, padding and MAC around its data, of which a block holds
 * this much. */
enum { COMMAND_OVERHEAD = 32, BLOCK_SIZE = 224, INSTALL_DATA = 64, DIRECTORY_DATA = 64 };
/* Keys of a security domain: three of them with their attributes. */
enum { KEYS_DATA = 160, PROOF_WIRE = 96, READ_COMMANDS = 4 };

/* What the registry shows of the AID afterwards, and the data of the step's one command. Sizes that
 * depend on the product are added by plan_cost_step. */
struct step_cost {
    struct plan_after after;
    uint32_t data;
};

static const struct step_cost costs[PLAN_STEP_KINDS] = {
    [PLAN_STEP_READ] = {{true, 0}, COMMAND_OVERHEAD *READ_COMMANDS},
    [PLAN_STEP_LOAD] = {{true, SCP_LOAD_FILE_LOADED}, INSTALL_DATA},
    [PLAN_STEP_INSTALL] = {{true, SCP_APPLICATION_INSTALLED}, INSTALL_DATA},
    [PLAN_STEP_PERSONALISE] = {{true, 0}, INSTALL_DATA},
    [PLAN_STEP_MAKE_SELECTABLE] = {{true, SCP_APPLICATION_SELECTABLE}, INSTALL_DATA},
    [PLAN_STEP_DIRECTORY] = {{true, 0}, COMMAND_OVERHEAD + DIRECTORY_DATA},
    [PLAN_STEP_LOCK] = {{true, SCP_LIFE_CYCLE_LOCKED | SCP_APPLICATION_SELECTABLE}, 0},
    [PLAN_STEP_UNLOCK] = {{true, SCP_APPLICATION_SELECTABLE}, 0},
    [PLAN_STEP_DELETE] = {{false, 0}, 0},
    [PLAN_STEP_DELETE_PACKAGE] = {{false, 0}, 0},
    [PLAN_STEP_CONFIRM] = {{true, 0}, COMMAND_OVERHEAD},
    [PLAN_STEP_PROVE] = {{true, 0}, PROOF_WIRE},
    [PLAN_STEP_CREATE_DOMAIN] = {{true, SCP_APPLICATION_SELECTABLE}, INSTALL_DATA},
    [PLAN_STEP_KEY_DOMAIN] = {{true, SCP_SECURITY_DOMAIN_PERSONALIZED}, INSTALL_DATA + KEYS_DATA},
    [PLAN_STEP_EXTRADITE] = {{true, 0}, INSTALL_DATA},
    [PLAN_STEP_PUT_KEYS] = {{true, 0}, KEYS_DATA},
    [PLAN_STEP_DELETE_KEYS] = {{true, 0}, 0},
    [PLAN_STEP_CONFIRM_KEYS] = {{true, 0}, COMMAND_OVERHEAD},
};

static uint32_t blocks(size_t size)
{
    return (uint32_t)(size + COMMAND_OVERHEAD * ((size + BLOCK_SIZE - 1) / BLOCK_SIZE));
}

void plan_cost_step(const struct plan_request *request, struct plan_step *step)
{
    const struct step_cost *cost = &costs[step->kind];
    const struct plan_product *product = request->product;
    step->after = cost->after;
    step->wire = COMMAND_OVERHEAD + cost->data + (uint32_t)step->aid.len;
    switch (step->kind) {
    case PLAN_STEP_LOAD:
        step->wire += blocks(product->load_file.len);
        step->memory = (uint32_t)product->load_file.len;
        break;
    case PLAN_STEP_INSTALL:
        step->wire += (uint32_t)product->parameters.len;
        step->memory = PLAN_INSTANCE_RESERVE; /* its personalisation included */
        break;
    case PLAN_STEP_PERSONALISE:
        step->wire += blocks(product->data_size);
        break;
    case PLAN_STEP_PUT_KEYS:
        step->memory = KEYS_DATA;
        break;
    case PLAN_STEP_CREATE_DOMAIN:
        step->memory = PLAN_DOMAIN_RESERVE;
        break;
    default:
        break;
    }
}

size_t plan_wire(const struct plan *plan)
{
    size_t wire = 0;
    for (size_t i = 0; i < plan->count; i++)
        wire += plan->steps[i].wire;
    return wire;
}

/* ---- why ---------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    const char *why;
} ways[] = {
    [PLAN_WAY_NONE] = {NULL, ""},
    [PLAN_WAY_THERE] = {"there", "the instance is on the card and selectable"},
    [PLAN_WAY_UNLOCK] = {"unlock", "the instance is on the card, locked, and nothing is loaded"},
    [PLAN_WAY_INSTANCE] = {"new instance", "the package is on the card and gets a new instance"},
    [PLAN_WAY_LOAD] = {"load", "the package is not on the card and is loaded"},
};

const char *plan_way_name(enum plan_way way)
{
    return ways[way].name;
}

void plan_cost_explain(const struct plan_request *request, struct plan *plan)
{
    const struct card_content *observed = request->observed;
    const char *why = ways[plan->way].why;
    char room[64] = "of memory that the card does not state";
    if (observed->free_known)
        snprintf(room, sizeof room, "of the %u that are free",
                 (unsigned)observed->free_non_volatile);
    if (plan->breaks_first)
        snprintf(plan->why, sizeof plan->why,
                 "%s; the old bank goes first, which the policy allows, because both do not fit",
                 why);
    else if (plan->memory_needed > 0)
        snprintf(plan->why, sizeof plan->why, "%s, which takes %zu bytes %s", why,
                 plan->memory_needed, room);
    else
        snprintf(plan->why, sizeof plan->why, "%s", why);
}

/* ---- what would have to go ---------------------------------------------------------------- */

void plan_cost_spare(const struct plan_request *request, struct plan *plan)
{
    const struct card_content *observed = request->observed;
    size_t freed = observed->free_non_volatile;
    for (size_t i = 0; i < request->spare_count && freed < plan->memory_needed; i++) {
        const struct plan_spare *spare = &request->spare[i];
        if (plan->spare_count == PLAN_SPARE_MAX || content_find(observed, &spare->aid) == NULL)
            continue;
        plan->spare[plan->spare_count++] = *spare;
        freed += spare->size;
    }
    snprintf(plan->why, sizeof plan->why, "it takes %zu bytes, and %u are free",
             plan->memory_needed, (unsigned)observed->free_non_volatile);
}
