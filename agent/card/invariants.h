/* Private: what holds of a card between two commands, whatever was sent to it. Tests and fuzz
 * targets ask after each command. */
#ifndef AGENT_CARD_INVARIANTS_H
#define AGENT_CARD_INVARIANTS_H

#include "agent/card/softcard.h"

/* The first rule that does not hold, as a clause; NULL when all do. */
const char *softcard_broken_invariant(const struct softcard *card);

#endif
