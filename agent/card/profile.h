/* Private: reading a card profile; the form is in issue.h. */
#ifndef AGENT_CARD_PROFILE_H
#define AGENT_CARD_PROFILE_H

#include "agent/card/model.h"
#include "policies/document/document.h"
#include "scp/gp/card_data.h"

struct card_profile_facts {
    struct scp_aid isd;
    uint8_t cplc[SCP_CPLC_SIZE];
    const struct document_node *issuance; /* of a card without issuance data of its own; or NULL */
};

/* Fill in all traits but the diversification data. `traits` is zeroed before; its list of native
 * applets belongs to the caller, also after an error. */
bool card_profile_traits(const struct document *profile, struct card_traits *traits,
                         struct card_profile_facts *facts, struct document_problem *problem);

#endif
