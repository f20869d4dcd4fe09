/* PSE and PPSE: the directories of payment applications (EMV Book 1 12.2, EMV contactless Book B
 * 3.3).
 *
 * Both are instances of one module, told apart by their AID. They are personalised like any
 * application: DGI 9102 (or 9103 for contactless) is the FCI proprietary template that SELECT
 * answers with, `A5 {BF0C {61 {4F, 50, 87}…}}` for the PPSE and `A5 {88, 5F2D…}` for the PSE; DGI
 * SFI<<8|record is a record of the PSE's directory file. A grouping replaces the one before, so a
 * directory is switched by one command. */
#include "agent/card/applet.h"
#include "agent/card/card.h"

enum { DGI_FCI = 0x9102, DGI_FCI_CONTACTLESS = 0x9103, INS_READ_RECORD = 0xB2 };

static uint16_t directory_select(const struct card_applet_call *call, struct scp_writer *out)
{
    bool found = false;
    struct scp_bytes fci = card_object_get(&call->app->objects, DGI_FCI, &found);
    if (!found)
        fci = card_object_get(&call->app->objects, DGI_FCI_CONTACTLESS, NULL);
    card_put_fci(out, call->app, fci);
    return SCP_SW_SUCCESS;
}

static uint16_t directory_command(const struct card_applet_call *call, const struct scp_apdu *apdu,
                                  struct scp_writer *out)
{
    if (apdu->cla != SCP_CLA_ISO)
        return SCP_SW_CLA_NOT_SUPPORTED;
    if (apdu->ins != INS_READ_RECORD)
        return SCP_SW_INS_NOT_SUPPORTED;
    return card_read_record(call->app, apdu, out);
}

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
