/* The contactless registry service (GlobalPlatform Amendment C 1.3, 3.11): a user's view of the
 * applications that work in a field, without authentication.
 *
 *     80F2 40 00   GET STATUS: 4F and other criteria, 5C the tags asked for; 61 for each
 * application 80F2 04 00   the same of the card: 95 the interfaces 80F0 01 01   SET STATUS:
 * activate each 4F; 01 00 deactivate 80F0 02 01   the highest priority to the last 4F; 02 81 the
 * lowest 80F0 02 02   volatile priority to the one 4F; 02 82 to none 80CA 00A5    version and
 * global update counter, as in the answer to SELECT
 *
 * Groups, protocol parameters and the switching of interfaces are not offered: they are about radio
 * and about applets that talk to each other, neither of which this card has. */
#include "agent/card/applet.h"
#include "agent/card/contactless.h"
#include "agent/card/registry.h"
#include "scp/gp/tlv.h"

enum {
    OBJECT_COUNTER = 0x10000,
    OBJECT_ORDERED = CARD_CRS_ORDERED,
    DGI_ACTIVATION = 0x0001,
    TAG_AID = 0x4F,
    TAG_LIFE_CYCLE = 0x9F70,
    TAG_COUNTER = 0x80,
    TAG_PRIORITY = 0x81,
    TAG_INTERFACES = 0x95,
    TAG_LIST = 0x5C,
    TAG_ENTRY = 0x61,
    TAG_FAILED = 0xA1,
    SW_SOME_FAILED = 0x6320,
    CONTACT_AND_PROXIMITY = 0xC0,
    APPLICATION_BITS = 0x78, /* of a life cycle: the application's own */
};

/* The volatile state: the criteria of a GET STATUS that has more to say. */
enum { AT_MORE, AT_NEXT, AT_LENGTH, AT_CRITERIA };

/* ---- the applet's own ------------------------------------------------------------------------ */

static uint16_t global_counter(const struct card_application *crs)
{
    struct scp_bytes value = card_object_get(&crs->objects, OBJECT_COUNTER, NULL);
    return value.len == 2 ? scp_load_u16(value.ptr) : 0;
}

static uint16_t count_update(struct card_application *crs)
{
    uint8_t value[2];
    scp_store_u16(value, (uint16_t)(global_counter(crs) + 1));
    return card_put_object_sw(crs, OBJECT_COUNTER, SCP_BYTES(value));
}

static void put_version(const struct card_application *crs, struct scp_writer *w)
{
    scp_put_tlv_u16(w, 0x9F08, 0x0100);
    scp_put_tlv_u16(w, TAG_COUNTER, global_counter(crs));
}

static uint16_t crs_select(const struct card_applet_call *call, struct scp_writer *out)
{
    uint8_t buffer[16];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    put_version(call->app, &w);
    card_put_fci(out, call->app, scp_written(&w));
    return SCP_SW_SUCCESS;
}

static uint16_t get_data(const struct card_applet_call *call, const struct scp_apdu *apdu,
                         struct scp_writer *out)
{
    if (apdu->p1 != 0x00 || apdu->p2 != 0xA5)
        return SCP_SW_DATA_NOT_FOUND;
    size_t mark = scp_tlv_begin(out, 0xA5);
    put_version(call->app, out);
    scp_tlv_end(out, mark);
    return SCP_SW_SUCCESS;
}

/* ---- GET STATUS (3.11.3) --------------------------------------------------------------------- */

static void put_aid(const struct softcard *card, const struct card_application *app,
                    struct scp_writer *w)
{
    (void)card;
    scp_put_tlv(w, TAG_AID, scp_aid_bytes(&app->aid));
}

static void put_life_cycle(const struct softcard *card, const struct card_application *app,
                           struct scp_writer *w)
{
    scp_put_tlv(w, TAG_LIFE_CYCLE, SCP_LITERAL(app->state, card_activation_state(card, app)));
}

static void put_counter(const struct softcard *card, const struct card_application *app,
                        struct scp_writer *w)
{
    (void)card;
    scp_put_tlv_u16(w, TAG_COUNTER, card_update_counter(app));
}

static void put_priority(const struct softcard *card, const struct card_application *app,
                         struct scp_writer *w)
{
    scp_put_tlv_u8(w, TAG_PRIORITY, card_selection_priority(card, app));
}

/* What the registry knows of an application (table 3-9). */
static const struct {
    uint32_t tag;
    void (*put)(const struct softcard *card, const struct card_application *app,
                struct scp_writer *w);
} known[] = {
    {TAG_AID, put_aid},
    {TAG_LIFE_CYCLE, put_life_cycle},
    {TAG_COUNTER, put_counter},
    {TAG_PRIORITY, put_priority},
};

static bool asked_for(struct scp_bytes list, uint32_t tag)
{
    struct scp_reader r = scp_reader_on(list);
    if (list.len == 0)
        return true;
    while (scp_reader_left(&r) > 0 && scp_reader_status(&r) == SCP_OK)
        if (scp_get_tag(&r) == tag)
            return true;
    return false;
}

/* Whether the application fulfils every criterion; one that the registry has no data for is
 * fulfilled by none. */
static bool fulfils(const struct softcard *card, const struct card_application *app,
                    struct scp_bytes criteria)
{
    struct scp_reader r = scp_reader_on(criteria);
    struct scp_tlv tlv;
    while (scp_tlv_next(&r, &tlv) == SCP_OK) {
        bool holds = tlv.tag == TAG_LIST;
        if (tlv.tag == TAG_AID)
            holds = scp_aid_matches(&app->aid, tlv.value);
        if (tlv.tag == TAG_LIFE_CYCLE && tlv.value.len == 2)
            holds = ((tlv.value.ptr[0] ^ app->state) & ~APPLICATION_BITS & 0xFF) == 0 &&
                    tlv.value.ptr[1] == card_activation_state(card, app);
        if (tlv.tag == TAG_PRIORITY && tlv.value.len == 1)
            holds = tlv.value.ptr[0] == card_selection_priority(card, app);
        if (!holds)
            return false;
    }
    return true;
}

/* The entry of one application; nothing when it has none of the tags. */
static void put_entry(const struct softcard *card, const struct card_application *app,
                      struct scp_bytes list, struct scp_writer *w)
{
    uint8_t buffer[64];
    struct scp_writer content = scp_writer_on(buffer, sizeof buffer);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (asked_for(list, known[i].tag))
            known[i].put(card, app, &content);
    if (scp_written(&content).len > 0)
        scp_put_tlv(w, TAG_ENTRY, scp_written(&content));
}

static uint16_t put_applications(const struct card_applet_call *call, struct scp_bytes criteria,
                                 struct scp_writer *out)
{
    const struct card_image *image = &call->card->image;
    struct scp_bytes list = SCP_EMPTY;
    if (scp_tlv_find(criteria, TAG_LIST, &list) != SCP_OK)
        list = SCP_EMPTY;
    for (size_t i = call->state[AT_NEXT]; i < image->application_count; i++) {
        const struct card_application *app = image->applications[i];
        uint8_t buffer[80];
        struct scp_writer entry = scp_writer_on(buffer, sizeof buffer);
        if (!card_contactless_registered(app) || !fulfils(call->card, app, criteria))
            continue;
        put_entry(call->card, app, list, &entry);
        call->state[AT_NEXT] = (uint8_t)i;
        call->state[AT_MORE] =
            scp_written(out).len + scp_written(&entry).len > CARD_STATUS_PAGE_MAX;
        if (call->state[AT_MORE] != 0)
            return SCP_SW_MORE_DATA;
        scp_put(out, scp_written(&entry));
    }
    call->state[AT_MORE] = 0;
    return scp_written(out).len > 0 ? SCP_SW_SUCCESS : SCP_SW_DATA_NOT_FOUND;
}

static uint16_t put_open(struct scp_bytes criteria, struct scp_writer *out)
{
    struct scp_bytes list;
    if (scp_tlv_find(criteria, TAG_LIST, &list) != SCP_OK || list.len == 0)
        return SCP_SW_WRONG_DATA;
    if (!asked_for(list, TAG_INTERFACES))
        return SCP_SW_DATA_NOT_FOUND;
    size_t mark = scp_tlv_begin(out, TAG_ENTRY);
    scp_put_tlv_u8(out, TAG_INTERFACES, CONTACT_AND_PROXIMITY);
    scp_tlv_end(out, mark);
    return SCP_SW_SUCCESS;
}

/* Objects one after the other, the AID among them. */
static bool criteria_valid(struct scp_bytes criteria)
{
    struct scp_reader r = scp_reader_on(criteria);
    struct scp_tlv tlv;
    enum scp_error error;
    bool has_aid = false;
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK)
        has_aid = has_aid || (tlv.tag == TAG_AID && tlv.value.len <= SCP_AID_MAX);
    return error == SCP_NOT_FOUND && has_aid;
}

static uint16_t get_status(const struct card_applet_call *call, const struct scp_apdu *apdu,
                           struct scp_writer *out)
{
    enum { APPLICATIONS = 0x40, OPEN = 0x04, NEXT = 0x01 };
    uint8_t *state = call->state;
    if ((apdu->p1 != APPLICATIONS && apdu->p1 != OPEN) || (apdu->p2 & ~NEXT) != 0)
        return SCP_SW_WRONG_P1_P2;
    if (!criteria_valid(apdu->data))
        return SCP_SW_WRONG_DATA;
    if (apdu->p1 == OPEN)
        return put_open(apdu->data, out);
    if ((apdu->p2 & NEXT) != 0 && state[AT_MORE] == 0)
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    if ((apdu->p2 & NEXT) == 0) {
        struct scp_writer w = scp_writer_on(state + AT_CRITERIA, SCP_APDU_DATA_MAX);
        scp_put(&w, apdu->data);
        state[AT_LENGTH] = (uint8_t)scp_written(&w).len;
        state[AT_NEXT] = 1; /* the issuer security domain is no application */
    }
    return put_applications(call, scp_bytes_of(state + AT_CRITERIA, state[AT_LENGTH]), out);
}

/* ---- SET STATUS (3.11.4) --------------------------------------------------------------------- */

typedef uint16_t change(const struct card_applet_call *call, struct card_application *app);

static uint16_t activate(const struct card_applet_call *call, struct card_application *app)
{
    if (!card_selectable(&call->card->image, app))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    return card_activation_set(app, CARD_ACTIVATED);
}

static uint16_t deactivate(const struct card_applet_call *call, struct card_application *app)
{
    if (scp_aid_equal(&call->card->preferred, &app->aid))
        call->card->preferred.len = 0;
    return card_activation_set(app, CARD_DEACTIVATED);
}

static uint16_t move(const struct card_applet_call *call, struct card_application *app, bool first)
{
    card_registry_move(&call->card->image, app, first);
    uint16_t sw = card_put_object_sw(call->app, OBJECT_ORDERED, SCP_EMPTY);
    return sw == SCP_SW_SUCCESS ? card_activation_set(app, card_activation_state(call->card, app))
                                : sw;
}

static uint16_t move_first(const struct card_applet_call *call, struct card_application *app)
{
    return move(call, app, true);
}

static uint16_t move_last(const struct card_applet_call *call, struct card_application *app)
{
    return move(call, app, false);
}

static uint16_t prefer(const struct card_applet_call *call, struct card_application *app)
{
    if (!card_selectable(&call->card->image, app))
        return SCP_SW_CONDITIONS_NOT_SATISFIED;
    call->card->preferred = app->aid;
    return SCP_SW_SUCCESS;
}

static const struct status_change {
    uint8_t p1;
    uint8_t p2;
    bool single; /* one AID, no more */
    change *run; /* NULL: the data are not looked at */
} status_changes[] = {
    {0x01, 0x01, false, activate},   {0x01, 0x00, false, deactivate},
    {0x02, 0x01, false, move_first}, {0x02, 0x81, false, move_last},
    {0x02, 0x02, true, prefer},      {0x02, 0x82, true, NULL},
};

static const struct status_change *find_change(const struct scp_apdu *apdu)
{
    for (size_t i = 0; i < sizeof status_changes / sizeof status_changes[0]; i++)
        if (status_changes[i].p1 == apdu->p1 && status_changes[i].p2 == apdu->p2)
            return &status_changes[i];
    return NULL;
}

/* How many AIDs the data name; 0 when they are anything else. */
static size_t count_aids(struct scp_bytes data)
{
    struct scp_reader r = scp_reader_on(data);
    struct scp_tlv tlv;
    enum scp_error error;
    size_t count = 0;
    while ((error = scp_tlv_next(&r, &tlv)) == SCP_OK) {
        if (tlv.tag != TAG_AID || tlv.value.len < SCP_AID_MIN || tlv.value.len > SCP_AID_MAX)
            return 0;
        count++;
    }
    return error == SCP_NOT_FOUND ? count : 0;
}

/* Change each application named; those that could not be are listed in `failed`. */
static uint16_t change_all(const struct card_applet_call *call, const struct scp_apdu *apdu,
                           change *run, struct scp_writer *failed)
{
    struct scp_reader r = scp_reader_on(apdu->data);
    struct scp_tlv tlv;
    while (scp_tlv_next(&r, &tlv) == SCP_OK) {
        struct card_application *app = card_application_find(&call->card->image, tlv.value);
        uint16_t sw = app != NULL && card_contactless_registered(app)
                          ? run(call, app)
                          : SCP_SW_CONDITIONS_NOT_SATISFIED;
        if (sw == SCP_SW_CONDITIONS_NOT_SATISFIED)
            scp_put(failed, tlv.whole);
        else if (sw != SCP_SW_SUCCESS)
            return sw;
    }
    uint16_t sw = count_update(call->app);
    if (sw == SCP_SW_SUCCESS && !card_memory_fits(&call->card->image))
        sw = SCP_SW_NOT_ENOUGH_MEMORY;
    return sw;
}

static uint16_t set_status(const struct card_applet_call *call, const struct scp_apdu *apdu,
                           struct scp_writer *out)
{
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_writer failed = scp_writer_on(buffer, sizeof buffer);
    const struct status_change *asked = find_change(apdu);
    if (asked == NULL)
        return SCP_SW_WRONG_P1_P2;
    if (asked->run == NULL) {
        call->card->preferred.len = 0;
        return SCP_SW_SUCCESS;
    }
    size_t count = count_aids(apdu->data);
    if (count == 0 || (asked->single && count > 1))
        return SCP_SW_WRONG_DATA;
    uint16_t sw = change_all(call, apdu, asked->run, &failed);
    if (sw != SCP_SW_SUCCESS || scp_written(&failed).len == 0)
        return sw;
    size_t entry = scp_tlv_begin(out, TAG_ENTRY);
    scp_put_tlv(out, TAG_FAILED, scp_written(&failed));
    scp_tlv_end(out, entry);
    return SW_SOME_FAILED;
}

/* ---- the applet ------------------------------------------------------------------------------ */

static const struct {
    uint8_t ins;
    uint16_t (*handler)(const struct card_applet_call *call, const struct scp_apdu *apdu,
                        struct scp_writer *out);
} commands[] = {
    {SCP_INS_GET_STATUS, get_status},
    {SCP_INS_SET_STATUS, set_status},
    {SCP_INS_GET_DATA, get_data},
};

static uint16_t crs_command(const struct card_applet_call *call, const struct scp_apdu *apdu,
                            struct scp_writer *out)
{
    if (apdu->cla != SCP_CLA_GP)
        return SCP_SW_CLA_NOT_SUPPORTED;
    if (apdu->ins == SCP_INS_STORE_DATA) /* wants a secure channel, where it does not come here */
        return SCP_SW_SECURITY_STATUS;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (commands[i].ins == apdu->ins)
            return commands[i].handler(call, apdu, out);
    return SCP_SW_INS_NOT_SUPPORTED;
}

static bool crs_secret(uint16_t dgi)
{
    (void)dgi;
    return false;
}

/* The applet's own activation state (3.11.7). */
static uint16_t crs_store(const struct card_applet_call *call, const struct scp_dgi *dgi)
{
    if (dgi->id != DGI_ACTIVATION || dgi->value.len != 1)
        return SCP_SW_WRONG_DATA;
    uint8_t state = dgi->value.ptr[0];
    if (state != CARD_ACTIVATED && state != CARD_DEACTIVATED && state != CARD_NON_ACTIVATABLE)
        return SCP_SW_WRONG_DATA;
    return card_activation_set(call->app, state);
}

static uint16_t crs_stored(const struct card_applet_call *call)
{
    (void)call;
    return SCP_SW_SUCCESS;
}

const struct card_applet card_applet_crs = {
    .name = "crs",
    .kind = CARD_APPLET_CRS,
    .select = crs_select,
    .command = crs_command,
    .secret = crs_secret,
    .store = crs_store,
    .stored = crs_stored,
};
