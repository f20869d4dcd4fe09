#include "agent/card/nvm.h"

#include <assert.h>

#include "scp/base/secret.h"

/* The storage is written anew when it has grown by this and to more than twice what it needs. */
enum { GROWTH_MIN = 16 * 1024 };

/* ---- the storage ----------------------------------------------------------------------------- */

static enum scp_error put_bytes(const struct card_nvm *nvm, size_t at, struct scp_bytes bytes)
{
    return nvm->storage.write(nvm->storage.ctx, at, bytes);
}

static enum scp_error sync_storage(const struct card_nvm *nvm)
{
    return nvm->storage.sync == NULL ? SCP_OK : nvm->storage.sync(nvm->storage.ctx);
}

/* What was committed, packed anew. */
static enum scp_error rewrite(struct card_nvm *nvm)
{
    struct rebind_blob packed;
    SCP_TRY(card_image_pack(rebind_blob_bytes(&nvm->committed), &packed));
    enum scp_error error = put_bytes(nvm, 0, rebind_blob_bytes(&packed));
    if (error == SCP_OK)
        nvm->end = packed.len;
    rebind_blob_free(&packed);
    return error;
}

static bool overgrown(const struct card_nvm *nvm)
{
    return nvm->end > 2 * nvm->committed.len + GROWTH_MIN;
}

/* ---- life ------------------------------------------------------------------------------------ */

enum scp_error card_nvm_init(struct card_nvm *nvm, struct softcard_storage storage,
                             struct scp_bytes bytes, struct card_image *image)
{
    assert(storage.write != NULL);
    *nvm = (struct card_nvm){.storage = storage};
    SCP_TRY(card_image_decode(bytes, image, &nvm->end));
    enum scp_error error = card_image_flatten(image, bytes.len, &nvm->committed);
    if (error != SCP_OK)
        card_image_fini(image);
    return error;
}

void card_nvm_fini(struct card_nvm *nvm)
{
    rebind_blob_free(&nvm->committed);
    *nvm = (struct card_nvm){.end = 0};
}

/* ---- writing --------------------------------------------------------------------------------- */

/* The write at which power is lost reaches the storage in part. */
static enum scp_error tear(struct card_nvm *nvm, struct scp_bytes bytes)
{
    nvm->torn = true;
    nvm->tear_at = 0;
    (void)put_bytes(nvm, nvm->at, scp_bytes_slice(bytes, 0, bytes.len / 2));
    return SCP_STATE;
}

static enum scp_error write_record(void *ctx, const struct card_record *record)
{
    struct card_nvm *nvm = ctx;
    uint8_t buffer[CARD_RECORD_BODY_MAX + CARD_RECORD_OVERHEAD];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    card_record_put(&w, record);
    SCP_TRY(scp_writer_status(&w));
    enum scp_error error =
        nvm->tear_at == 1 ? tear(nvm, scp_written(&w)) : put_bytes(nvm, nvm->at, scp_written(&w));
    scp_wipe(buffer, scp_written(&w).len);
    SCP_TRY(error);
    nvm->at += scp_written(&w).len;
    nvm->writes++;
    nvm->bytes_written += record->body.len;
    if (nvm->tear_at > 0)
        nvm->tear_at--;
    return SCP_OK;
}

static enum scp_error write_differences(struct card_nvm *nvm, struct scp_bytes flat)
{
    if (nvm->end == 0 || overgrown(nvm))
        SCP_TRY(rewrite(nvm));
    nvm->at = nvm->end;
    SCP_TRY(card_records_diff(rebind_blob_bytes(&nvm->committed), flat, write_record, nvm));
    SCP_TRY(sync_storage(nvm));
    nvm->end = nvm->at;
    return SCP_OK;
}

enum scp_error card_nvm_commit(struct card_nvm *nvm, const struct card_image *image)
{
    struct rebind_blob flat;
    if (nvm->torn)
        return SCP_STATE;
    SCP_TRY(card_image_flatten(image, nvm->committed.len, &flat));
    bool same = scp_bytes_equal(rebind_blob_bytes(&flat), rebind_blob_bytes(&nvm->committed));
    enum scp_error error = same ? SCP_OK : write_differences(nvm, rebind_blob_bytes(&flat));
    if (same || error != SCP_OK) {
        rebind_blob_free(&flat);
        return error;
    }
    rebind_blob_free(&nvm->committed);
    nvm->committed = flat;
    return SCP_OK;
}

enum scp_error card_nvm_revert(const struct card_nvm *nvm, struct card_image *image)
{
    struct card_image last;
    SCP_TRY(card_image_unflatten(rebind_blob_bytes(&nvm->committed), &last));
    card_image_fini(image);
    *image = last;
    return SCP_OK;
}

/* ---- power ----------------------------------------------------------------------------------- */

void card_nvm_power_on(struct card_nvm *nvm)
{
    nvm->torn = false;
}
