/* PSE and PPSE: the directories of payment applications (EMV Book 1 12.2, EMV contactless Book B
 * 3.3).
 *
 * Both are instances of one module, told apart by their AID. They are personalised like any
 * application: DGI 9102 (or 9103 for contactless) is the FCI proprietary template that SELECT
 * answers with, `A5 {BF0C {61 {4F, 50, 87}…}}` for the PPSE and `A5 {88, 5F2D…}` for the PSE; DGI
 * SFI<<8|record is a record of the PSE's directory file. A grouping replaces the one before, so a
 * directory is switched by one command.
 *
 * What is shown is what a terminal can use: an entry whose application is not there, locked, or not
 * selectable yet is left out, and so is, in the PPSE, one that the contactless registry has
 * deactivated. The PPSE has its entries by priority; when the user has set an order in the
 * registry, that one counts, and the priorities are numbered anew. */
#include "agent/card/applet.h"
#include "agent/card/contactless.h"
#include "agent/card/registry.h"
#include "scp/gp/tlv.h"

enum {
    DGI_FCI = 0x9102,
    DGI_FCI_CONTACTLESS = 0x9103,
    INS_READ_RECORD = 0xB2,
    TAG_PROPRIETARY = 0xA5,
    TAG_ISSUER_DATA = 0xBF0C,
    TAG_RECORD = 0x70,
    TAG_ENTRY = 0x61,
    TAG_AID = 0x4F,
    TAG_PRIORITY = 0x87,
    ENTRIES_MAX = 16,
    PRIORITY_BITS = 0x0F,
    PRIORITY_LAST = 0x10, /* none given */
    TEMPLATE_MAX = 256,
};

struct entry {
    struct scp_bytes content;
    const struct card_application *app; /* NULL: the entry names none */
    unsigned rank;
};

/* ---- what an entry stands for ---------------------------------------------------------------- */

static const struct card_application *named(const struct card_applet_call *call,
                                            struct scp_bytes aid)
{
    return call->card == NULL ? NULL : card_select_find(&call->card->image, aid, NULL);
}

static bool usable(const struct card_applet_call *call, const struct card_application *app,
                   bool contactless)
{
    if (app == NULL)
        return false;
    return !contactless || !card_contactless_registered(app) ||
           card_activation_state(call->card, app) == CARD_ACTIVATED;
}

static uint8_t priority_of(struct scp_bytes content)
{
    struct scp_bytes value;
    bool given = scp_tlv_find(content, TAG_PRIORITY, &value) == SCP_OK && value.len == 1;
    return given ? value.ptr[0] : 0;
}

/* Whether the user has set an order, which the registry then is in. */
static bool user_ordered(const struct softcard *card)
{
    if (card->preferred.len > 0)
        return true;
    for (size_t i = 0; i < card->image.application_count; i++) {
        const struct card_application *app = card->image.applications[i];
        bool found = false;
        (void)card_object_get(&app->objects, CARD_CRS_ORDERED, &found);
        if (app->applet == CARD_APPLET_CRS && found)
            return true;
    }
    return false;
}

/* ---- the PPSE -------------------------------------------------------------------------------- */

static void insert(struct entry list[ENTRIES_MAX], size_t count, const struct entry *entry)
{
    size_t at = count;
    for (; at > 0 && list[at - 1].rank > entry->rank; at--)
        list[at] = list[at - 1];
    list[at] = *entry;
}

/* The entries to show, in their order. */
static size_t collect(const struct card_applet_call *call, struct scp_bytes content, bool ordered,
                      struct entry list[ENTRIES_MAX])
{
    struct scp_reader r = scp_reader_on(content);
    struct scp_tlv tlv;
    size_t count = 0;
    while (count < ENTRIES_MAX && scp_tlv_next(&r, &tlv) == SCP_OK) {
        struct scp_bytes aid;
        struct entry entry = {.content = tlv.value};
        if (tlv.tag != TAG_ENTRY || scp_tlv_find(tlv.value, TAG_AID, &aid) != SCP_OK)
            continue;
        entry.app = named(call, aid);
        if (!usable(call, entry.app, true))
            continue;
        unsigned priority = priority_of(tlv.value) & PRIORITY_BITS;
        entry.rank = ordered         ? card_selection_priority(call->card, entry.app)
                     : priority == 0 ? PRIORITY_LAST
                                     : priority;
        insert(list, count++, &entry);
    }
    return count;
}

/* An entry with another priority; whether the user must confirm stays as it was. */
static void put_renumbered(struct scp_writer *w, const struct entry *entry, size_t place)
{
    struct scp_reader r = scp_reader_on(entry->content);
    struct scp_tlv tlv;
    size_t mark = scp_tlv_begin(w, TAG_ENTRY);
    while (scp_tlv_next(&r, &tlv) == SCP_OK)
        if (tlv.tag != TAG_PRIORITY)
            scp_put(w, tlv.whole);
    uint8_t place_bits = place < PRIORITY_BITS ? (uint8_t)(place + 1) : PRIORITY_BITS;
    scp_put_tlv_u8(w, TAG_PRIORITY,
                   (uint8_t)((priority_of(entry->content) & ~PRIORITY_BITS) | place_bits));
    scp_tlv_end(w, mark);
}

static void put_list(const struct card_applet_call *call, struct scp_bytes content,
                     struct scp_writer *w)
{
    struct entry list[ENTRIES_MAX];
    struct scp_reader r = scp_reader_on(content);
    struct scp_tlv tlv;
    bool ordered = user_ordered(call->card);
    size_t count = collect(call, content, ordered, list);
    size_t mark = scp_tlv_begin(w, TAG_ISSUER_DATA);
    for (size_t i = 0; i < count; i++) {
        if (ordered)
            put_renumbered(w, &list[i], i);
        else
            scp_put_tlv(w, TAG_ENTRY, list[i].content);
    }
    while (scp_tlv_next(&r, &tlv) == SCP_OK)
        if (tlv.tag != TAG_ENTRY)
            scp_put(w, tlv.whole);
    scp_tlv_end(w, mark);
}

/* The proprietary template with its list as it is now. */
static uint16_t directory_select(const struct card_applet_call *call, struct scp_writer *out)
{
    uint8_t buffer[TEMPLATE_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_bytes stored = card_object_get(&call->app->objects, DGI_FCI, NULL);
    struct scp_tlv tlv;
    if (stored.len == 0)
        stored = card_object_get(&call->app->objects, DGI_FCI_CONTACTLESS, NULL);
    struct scp_bytes content = stored;
    if (scp_tlv_expect(stored, TAG_PROPRIETARY, &content) != SCP_OK)
        content = stored;
    struct scp_reader r = scp_reader_on(content);
    while (scp_tlv_next(&r, &tlv) == SCP_OK) {
        if (tlv.tag == TAG_ISSUER_DATA)
            put_list(call, tlv.value, &w);
        else
            scp_put(&w, tlv.whole);
    }
    if (scp_writer_status(&w) != SCP_OK)
        return SCP_SW_EXECUTION_ERROR;
    card_put_fci(out, call->app, scp_written(&w));
    return SCP_SW_SUCCESS;
}

/* ---- the PSE's records ----------------------------------------------------------------------- */

/* A record without the entries that cannot be used. */
static uint16_t read_record(const struct card_applet_call *call, const struct scp_apdu *apdu,
                            struct scp_writer *out)
{
    uint8_t buffer[TEMPLATE_MAX];
    struct scp_writer stored = scp_writer_on(buffer, sizeof buffer);
    struct scp_bytes content;
    uint16_t sw = card_read_record(call->app, apdu, &stored);
    if (sw != SCP_SW_SUCCESS)
        return sw;
    if (scp_tlv_expect(scp_written(&stored), TAG_RECORD, &content) != SCP_OK) {
        scp_put(out, scp_written(&stored));
        return SCP_SW_SUCCESS;
    }
    struct scp_reader r = scp_reader_on(content);
    struct scp_tlv tlv;
    size_t mark = scp_tlv_begin(out, TAG_RECORD);
    while (scp_tlv_next(&r, &tlv) == SCP_OK) {
        struct scp_bytes aid;
        bool names = tlv.tag == TAG_ENTRY && scp_tlv_find(tlv.value, TAG_AID, &aid) == SCP_OK;
        if (!names || usable(call, named(call, aid), false))
            scp_put(out, tlv.whole);
    }
    scp_tlv_end(out, mark);
    return SCP_SW_SUCCESS;
}

static uint16_t directory_command(const struct card_applet_call *call, const struct scp_apdu *apdu,
                                  struct scp_writer *out)
{
    if (apdu->cla != SCP_CLA_ISO)
        return SCP_SW_CLA_NOT_SUPPORTED;
    if (apdu->ins != INS_READ_RECORD)
        return SCP_SW_INS_NOT_SUPPORTED;
    return read_record(call, apdu, out);
}

/* ---- personalisation ------------------------------------------------------------------------- */

static bool directory_secret(uint16_t dgi)
{
    (void)dgi;
    return false;
}

static uint16_t directory_stored(const struct card_applet_call *call)
{
    (void)call;
    return SCP_SW_SUCCESS;
}

const struct card_applet card_applet_directory = {
    .name = "directory",
    .kind = CARD_APPLET_DIRECTORY,
    .select = directory_select,
    .command = directory_command,
    .secret = directory_secret,
    .store = card_store_plain,
    .stored = directory_stored,
};
