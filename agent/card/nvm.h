/* Private: the non-volatile memory of a card, as transactions of writes.
 *
 * The card changes its image (model.h) freely. A commit finds what differs from the last one and
 * writes it record by record (record.h): each is one write of the non-volatile memory, those of one
 * commit are a transaction, which counts when its last write is done. A command is one transaction,
 * or several where a real card would not be able to take back what it has begun (card.h).
 *
 * Power can be lost at any write: that write and those after it never happen, and nothing is
 * committed until card_nvm_power_on.
 *
 * When much has been written since, the storage gets the content anew, as a whole; that is the
 * host's housekeeping and no write of the card. */
#ifndef AGENT_CARD_NVM_H
#define AGENT_CARD_NVM_H

#include "agent/card/image.h"
#include "agent/card/softcard.h"

struct card_nvm {
    struct softcard_storage storage;
    struct rebind_blob committed; /* flat records of the last commit */
    size_t end;                   /* where the storage's next record goes; 0: write it anew first */
    size_t at;                    /* the same within a transaction */
    uint64_t writes;              /* since the card came to life */
    uint64_t bytes_written;
    uint64_t tear_at; /* the write, counted from now, at which power is lost; 0: none */
    bool torn;        /* power was lost */
};

/* Bring the image in `bytes`, the storage's content, to life. Errors of card_image_decode. */
SCP_MUST_USE enum scp_error card_nvm_init(struct card_nvm *nvm, struct softcard_storage storage,
                                          struct scp_bytes bytes, struct card_image *image);
/* Wipe and free what it owns; takes a zeroed struct. */
void card_nvm_fini(struct card_nvm *nvm);

/* Write what differs from the last commit. After an error the transaction has not happened: the
 * storage's own error, STATE without power, NO_MEMORY. */
SCP_MUST_USE enum scp_error card_nvm_commit(struct card_nvm *nvm, const struct card_image *image);
/* Make `image` that of the last commit. After NO_MEMORY it is unchanged. */
SCP_MUST_USE enum scp_error card_nvm_revert(const struct card_nvm *nvm, struct card_image *image);

/* Power again; a tear that is still to come stays. */
void card_nvm_power_on(struct card_nvm *nvm);

#endif
