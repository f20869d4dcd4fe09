/* Privileges that one application has at a time (GPCS 6.6.2). */
#include "agent/card/registry.h"

enum { RESERVED_BITS = 0x00000F }; /* of byte 3: ignored (GPCS 11.1) */

static const uint32_t single[] = {SCP_PRIVILEGE_CARD_RESET, SCP_PRIVILEGE_FINAL_APPLICATION};

/* Whether an application other than `app` and the issuer security domain has one of the
 * privileges. */
static bool taken(const struct card_image *image, const struct card_application *app,
                  uint32_t privileges)
{
    for (size_t i = 1; i < image->application_count; i++)
        if (image->applications[i] != app && (image->applications[i]->privileges & privileges) != 0)
            return true;
    return false;
}

void card_privileges_settle(struct card_image *image)
{
    struct card_application *isd = card_isd(image);
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++) {
        if (taken(image, NULL, single[i]))
            isd->privileges &= ~single[i];
        else
            isd->privileges |= single[i];
    }
}

bool card_privileges_read(struct scp_bytes bytes, bool is_domain, uint32_t *set)
{
    if (scp_privileges_complete(bytes, set) != SCP_OK)
        return false;
    *set &= ~(uint32_t)RESERVED_BITS;
    return scp_privileges_consistent(*set) &&
           scp_privileges_have(*set, SCP_PRIVILEGE_SECURITY_DOMAIN) == is_domain;
}

bool card_privileges_give(struct card_image *image, struct card_application *app, uint32_t set)
{
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
        if ((set & single[i]) != 0 && taken(image, app, single[i]))
            return false;
    app->privileges = set;
    card_privileges_settle(image);
    return true;
}
