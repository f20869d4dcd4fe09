/* Private: how the social-security applet keeps its files, for the applet (app_social.c) and for
 * issuance (issue.c). Objects of the instance:
 *
 *     df<<16 | ef<<8 | record   record of a file; df 0: the root; record 1 of EF05 is 0x000501
 *     df<<16 | ef<<8            the bytes of a transparent file
 *     CARD_SOCIAL_UPDATE_KEY    16 bytes: who proves it may update (applet.h)
 *     CARD_SOCIAL_PIN           as VERIFY brings it
 *     CARD_SOCIAL_PIN_TRIES     tries that are left, one byte; CARD_SOCIAL_PIN_LIMIT without it
 *     CARD_SOCIAL_RULES | df<<8 | ef   who may update the file, enum card_social_rule; the update
 *                                      key without it */
#ifndef AGENT_CARD_SOCIAL_H
#define AGENT_CARD_SOCIAL_H

enum {
    CARD_SOCIAL_PIN = 0x1000001,
    CARD_SOCIAL_PIN_TRIES = 0x1000002,
    CARD_SOCIAL_RULES = 0x1100000,
    CARD_SOCIAL_PIN_LIMIT = 3,
    CARD_SOCIAL_PIN_MAX = 8,
};

enum card_social_rule {
    CARD_SOCIAL_BY_KEY,
    CARD_SOCIAL_BY_PIN,
    CARD_SOCIAL_NEVER,
};

#endif
