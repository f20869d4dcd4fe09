/* What is on a card, for people: registry, keys by their check values, memory and counters. */
#ifndef AGENT_CARD_SHOW_H
#define AGENT_CARD_SHOW_H

#include <stdio.h>

#include "agent/card/softcard.h"

void softcard_show(FILE *to, const struct softcard *card);

#endif
