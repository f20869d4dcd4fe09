/* What is on a card, for people: registry, keys by their check values, memory and counters. */
#ifndef AGENT_CARD_SHOW_H
#define AGENT_CARD_SHOW_H

#include <stdio.h>

#include "agent/card/softcard.h"

void softcard_show(FILE *to, const struct softcard *card);
/* The same as one JSON object (softcard(1) has its members). False when memory is exhausted. */
bool softcard_show_json(FILE *to, const struct softcard *card);

/* For both: "DES", "AES", "RSA", "EC"; "other". */
const char *softcard_key_type_name(uint8_t type);

#endif
