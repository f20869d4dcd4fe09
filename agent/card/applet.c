#include "agent/card/applet.h"

#include <string.h>

#include "agent/card/card.h"
#include "scp/gp/tlv.h"

/* Security domains are answered by the card itself (dispatch.c). */
static const struct card_applet domain = {.name = "security-domain", .kind = CARD_APPLET_DOMAIN};

static const struct card_applet *const applets[] = {&domain,
                                                    &card_applet_generic,
                                                    &card_applet_payment,
                                                    &card_applet_directory,
                                                    &card_applet_social,
                                                    &card_applet_crs};

const char *const card_applet_names[] = {"security-domain", "generic", "payment", "directory",
                                         "social",          "crs",     NULL};

struct card_applet_call card_applet_call_of(struct softcard *card, struct card_application *app)
{
    return (struct card_applet_call){.app = app,
                                     .state = card->at->applet_state,
                                     .card = card,
                                     .contactless = card->contactless};
}

const struct card_applet *card_applet_of(uint8_t kind)
{
    for (size_t i = 0; i < sizeof applets / sizeof applets[0]; i++)
        if (applets[i]->kind == kind)
            return applets[i];
    return NULL;
}

const struct card_applet *card_applet_named(const char *name)
{
    for (size_t i = 0; i < sizeof applets / sizeof applets[0]; i++)
        if (strcmp(applets[i]->name, name) == 0)
            return applets[i];
    return NULL;
}

void card_put_fci(struct scp_writer *out, const struct card_application *app,
                  struct scp_bytes proprietary)
{
    size_t fci = scp_tlv_begin(out, 0x6F);
    scp_put_tlv(out, 0x84, scp_aid_bytes(&app->aid));
    struct scp_bytes value;
    if (scp_tlv_expect(proprietary, 0xA5, &value) == SCP_OK)
        scp_put(out, proprietary);
    else
        scp_put_tlv(out, 0xA5, proprietary);
    scp_tlv_end(out, fci);
}

uint16_t card_read_record(const struct card_application *app, const struct scp_apdu *apdu,
                          struct scp_writer *out)
{
    uint8_t sfi = apdu->p2 >> 3;
    if ((apdu->p2 & 0x07) != 0x04 || sfi == 0 || sfi > 30 || apdu->p1 == 0)
        return SCP_SW_WRONG_P1_P2;
    bool found = false;
    struct scp_bytes record = card_object_get(&app->objects, (uint32_t)sfi << 8 | apdu->p1, &found);
    if (!found)
        return SCP_SW_RECORD_NOT_FOUND;
    scp_put(out, record);
    return SCP_SW_SUCCESS;
}

uint16_t card_put_object_sw(struct card_application *app, uint32_t id, struct scp_bytes value)
{
    return card_sw_of(card_object_put(&app->objects, id, value));
}

uint16_t card_store_plain(const struct card_applet_call *call, const struct scp_dgi *dgi)
{
    return card_put_object_sw(call->app, dgi->id, dgi->value);
}
