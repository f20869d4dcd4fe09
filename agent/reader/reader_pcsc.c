/* PC/SC: the readers of a resource manager (pcscd) through libpcsclite.
 *
 * Contacts and polls each have a context of their own: calls on one context wait for each other. */
#include "agent/reader/reader.h"

#include "scp/base/limits.h"

#include <stdlib.h>
#include <string.h>
#include <winscard.h>

struct pcsc_reader {
    struct agent_reader base;
    size_t name_count;
    char *names[]; /* parts of reader names */
};

struct pcsc_contact {
    struct agent_contact base;
    struct agent_link link;
    SCARDCONTEXT context;
    SCARDHANDLE card;
    DWORD protocol;
};

static const struct {
    LONG code;
    enum agent_error error;
} errors[] = {
    {SCARD_S_SUCCESS, AGENT_OK},
    {SCARD_E_NO_SMARTCARD, AGENT_NO_CARD},
    {SCARD_W_REMOVED_CARD, AGENT_NO_CARD},
    {SCARD_W_UNPOWERED_CARD, AGENT_NO_CARD},
    {SCARD_W_RESET_CARD, AGENT_NO_CARD}, /* the contact is over: another one owns the card now */
    {SCARD_E_NO_READERS_AVAILABLE, AGENT_NO_CARD},
    {SCARD_E_UNKNOWN_READER, AGENT_NO_CARD},
    {SCARD_E_READER_UNAVAILABLE, AGENT_NO_CARD},
    {SCARD_E_SHARING_VIOLATION, AGENT_BUSY},
    {SCARD_E_NO_SERVICE, AGENT_NO_SERVICE},
    {SCARD_E_NO_MEMORY, AGENT_NO_MEMORY},
};

static enum agent_error from_pcsc(LONG code)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (errors[i].code == code)
            return errors[i].error;
    return AGENT_READER;
}

/* ---- contacts ----------------------------------------------------------------------------- */

static enum agent_error transmit(void *ctx, struct scp_bytes command, struct scp_writer *response)
{
    struct pcsc_contact *contact = ctx;
    uint8_t buffer[SCP_RESPONSE_MAX];
    DWORD len = sizeof buffer;
    const SCARD_IO_REQUEST *pci =
        contact->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
    LONG code = SCardTransmit(contact->card, pci, command.ptr, command.len, NULL, buffer, &len);
    AGENT_TRY(from_pcsc(code));
    scp_put(response, scp_bytes_of(buffer, len));
    return scp_writer_status(response) == SCP_OK ? AGENT_OK : AGENT_CARD_ANSWER;
}

static void contact_close(struct agent_contact *base)
{
    struct pcsc_contact *contact = (struct pcsc_contact *)base;
    if (contact->card != 0)
        (void)SCardDisconnect(contact->card, SCARD_UNPOWER_CARD);
    (void)SCardReleaseContext(contact->context);
    free(contact);
}

static enum agent_error power_up(struct pcsc_contact *contact, const char *place)
{
    AGENT_TRY(from_pcsc(SCardConnect(contact->context, place, SCARD_SHARE_EXCLUSIVE,
                                     SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &contact->card,
                                     &contact->protocol)));
    DWORD atr_len = sizeof contact->base.atr;
    AGENT_TRY(
        from_pcsc(SCardStatus(contact->card, NULL, NULL, NULL, NULL, contact->base.atr, &atr_len)));
    contact->base.atr_len = atr_len;
    contact->link.t0 = contact->protocol == SCARD_PROTOCOL_T0;
    return AGENT_OK;
}

static enum agent_error pcsc_connect(struct agent_reader *reader, const char *place,
                                     struct agent_contact **out)
{
    (void)reader;
    struct pcsc_contact *contact = calloc(1, sizeof *contact);
    if (contact == NULL)
        return AGENT_NO_MEMORY;
    LONG code = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &contact->context);
    if (code != SCARD_S_SUCCESS) {
        free(contact);
        return from_pcsc(code);
    }
    contact->base.close = contact_close;
    contact->link.tpdu = (struct agent_transceive){.ctx = contact, .fn = transmit};
    contact->base.card = agent_transceive_over(&contact->link);
    enum agent_error error = power_up(contact, place);
    if (error != AGENT_OK)
        contact_close(&contact->base);
    else
        *out = &contact->base;
    return error;
}

/* ---- polling ------------------------------------------------------------------------------ */

static bool wanted(const struct pcsc_reader *pcsc, const char *name)
{
    for (size_t i = 0; i < pcsc->name_count; i++)
        if (strstr(name, pcsc->names[i]) != NULL)
            return true;
    return pcsc->name_count == 0;
}

/* Add the reader when there is a card in it that answers. */
static enum agent_error add_if_present(SCARDCONTEXT context, const char *name,
                                       struct agent_places *places)
{
    SCARD_READERSTATE state = {.szReader = name, .dwCurrentState = SCARD_STATE_UNAWARE};
    LONG code = SCardGetStatusChange(context, 0, &state, 1);
    if (code == SCARD_E_UNKNOWN_READER || code == SCARD_E_TIMEOUT)
        return AGENT_OK; /* it went away since it was listed */
    AGENT_TRY(from_pcsc(code));
    if ((state.dwEventState & SCARD_STATE_PRESENT) == 0 ||
        (state.dwEventState & SCARD_STATE_MUTE) != 0)
        return AGENT_OK;
    return agent_places_add(places, name, state.dwEventState >> 16);
}

static enum agent_error poll_names(const struct pcsc_reader *pcsc, SCARDCONTEXT context,
                                   struct agent_places *places)
{
    DWORD len = SCARD_AUTOALLOCATE;
    char *list = NULL;
    LONG code = SCardListReaders(context, NULL, (LPSTR)&list, &len);
    if (code == SCARD_E_NO_READERS_AVAILABLE)
        return AGENT_OK;
    AGENT_TRY(from_pcsc(code));
    enum agent_error error = AGENT_OK;
    for (const char *name = list; *name != '\0' && error == AGENT_OK; name += strlen(name) + 1)
        if (wanted(pcsc, name))
            error = add_if_present(context, name, places);
    (void)SCardFreeMemory(context, list);
    return error;
}

static enum agent_error pcsc_poll(struct agent_reader *reader, struct agent_places *places)
{
    SCARDCONTEXT context;
    LONG code = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);
    AGENT_TRY(from_pcsc(code));
    enum agent_error error = poll_names((struct pcsc_reader *)reader, context, places);
    (void)SCardReleaseContext(context);
    return error;
}

/* ---- life --------------------------------------------------------------------------------- */

static void pcsc_free(struct agent_reader *reader)
{
    struct pcsc_reader *pcsc = (struct pcsc_reader *)reader;
    for (size_t i = 0; i < pcsc->name_count; i++)
        free(pcsc->names[i]);
    free(pcsc);
}

enum agent_error agent_reader_pcsc_new(const char *const *names, struct agent_reader **out)
{
    size_t count = 0;
    while (names != NULL && names[count] != NULL)
        count++;
    struct pcsc_reader *pcsc = calloc(1, sizeof *pcsc + count * sizeof pcsc->names[0]);
    if (pcsc == NULL)
        return AGENT_NO_MEMORY;
    pcsc->base = (struct agent_reader){
        .kind = "pcsc", .poll = pcsc_poll, .connect = pcsc_connect, .free = pcsc_free};
    for (; pcsc->name_count < count; pcsc->name_count++) {
        pcsc->names[pcsc->name_count] = strdup(names[pcsc->name_count]);
        if (pcsc->names[pcsc->name_count] == NULL) {
            pcsc_free(&pcsc->base);
            return AGENT_NO_MEMORY;
        }
    }
    *out = &pcsc->base;
    return AGENT_OK;
}
