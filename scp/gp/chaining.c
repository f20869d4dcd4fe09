#include "scp/gp/chaining.h"

#include "scp/gp/commands.h"

#include <assert.h>

/* ---- the host ----------------------------------------------------------------------------- */

size_t scp_segment_count(size_t data_len, size_t room)
{
    assert(room > 0);
    return data_len == 0 ? 1 : (data_len + room - 1) / room;
}

enum scp_error scp_segment(const struct scp_apdu *whole, size_t room, size_t index,
                           struct scp_apdu *out)
{
    size_t count = scp_segment_count(whole->data.len, room);
    if (index >= count)
        return SCP_NOT_FOUND;
    *out = *whole;
    out->data = scp_bytes_slice(whole->data, index * room, room);
    if (index + 1 < count)
        out->p1 |= SCP_MORE_COMMANDS;
    return SCP_OK;
}

/* ---- the card ----------------------------------------------------------------------------- */

bool scp_ins_chains(uint8_t ins)
{
    return ins == SCP_INS_INSTALL || ins == SCP_INS_DELETE || ins == SCP_INS_PUT_KEY;
}

void scp_chain_begin(struct scp_chain *chain, uint8_t *buffer, size_t cap)
{
    *chain = (struct scp_chain){.data = scp_writer_on(buffer, cap)};
}

void scp_chain_abort(struct scp_chain *chain)
{
    scp_chain_begin(chain, chain->data.buf, chain->data.cap);
}

/* The header is the same but for Lc and what P1 says about the chain. */
static bool continues(const struct scp_apdu *first, const struct scp_apdu *part)
{
    return part->cla == first->cla && part->ins == first->ins && part->p2 == first->p2 &&
           ((part->p1 ^ first->p1) & ~SCP_MORE_COMMANDS) == 0;
}

static enum scp_error append(struct scp_chain *chain, struct scp_bytes data)
{
    scp_put(&chain->data, data);
    enum scp_error error = scp_writer_status(&chain->data);
    if (error != SCP_OK)
        scp_chain_abort(chain);
    return error;
}

enum scp_error scp_chain_take(struct scp_chain *chain, const struct scp_apdu *part,
                              struct scp_apdu *whole)
{
    bool more = scp_ins_chains(part->ins) && (part->p1 & SCP_MORE_COMMANDS) != 0;
    *whole = *part;
    if (!chain->open && !more)
        return SCP_OK;
    if (chain->open && !continues(&chain->first, part)) {
        scp_chain_abort(chain);
        return SCP_MISMATCH;
    }
    if (!chain->open) {
        scp_chain_abort(chain); /* the last joined command is still in the buffer */
        chain->first = *part;
        chain->first.data = SCP_EMPTY; /* not ours to keep */
    }
    SCP_TRY(append(chain, part->data));
    chain->open = more;
    if (more)
        return SCP_NOT_FOUND;
    whole->data = scp_written(&chain->data);
    return SCP_OK;
}
