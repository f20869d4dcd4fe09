/* The one place where a card's personalisation is clear: it lies in the arena while it is here. */
#include "ota-server/vault/gcm.h"
#include "ota-server/vault/internal.h"
#include "ota-server/vault/record.h"
#include "ota-server/vault/template.h"
#include "scp/crypto/cipher.h"
#include "scp/emv/cryptogram.h"
#include "scp/gp/tlv.h"

#include <string.h>

enum {
    TAG_CRYPTOGRAM_KEY = 0xDF01,
    DGI_LONG_LENGTH = 0xFF, /* announces a length of two bytes (EMV CPS 1.1, 2.2) */
};

/* Clear values of one request. Lies in the arena. */
struct workplace {
    uint8_t record[VAULT_RECORD_MAX];
    uint8_t value[VAULT_DGI_MAX];
    uint8_t cipher[VAULT_DGI_MAX];
};

static enum scp_error bank_key(struct vault *vault, const char *bank, struct scp_key *out)
{
    pthread_rwlock_rdlock(&vault->lock);
    const struct vault_bank_key *found = vault_find_bank_key(vault, bank);
    if (found != NULL)
        *out = found->key;
    pthread_rwlock_unlock(&vault->lock);
    return found != NULL ? SCP_OK : SCP_KEY_UNAVAILABLE;
}

/* The name of a product begins with its bank's. */
static bool is_of_bank(const char *product, const char *bank)
{
    size_t len = strlen(bank);
    return strncmp(product, bank, len) == 0 && product[len] == '/';
}

/* Whether a record is a sequence of data objects. */
static enum scp_error check_objects(struct scp_bytes record)
{
    struct scp_reader r = scp_reader_on(record);
    struct scp_tlv tlv;
    enum scp_error error = scp_tlv_next(&r, &tlv);
    while (error == SCP_OK)
        error = scp_tlv_next(&r, &tlv);
    return error == SCP_NOT_FOUND ? SCP_OK : SCP_MALFORMED;
}

static enum scp_error open_record(struct vault *vault, const struct vault_record *record,
                                  struct workplace *place, struct scp_bytes *out)
{
    struct scp_key key = {0};
    const struct vault_record_purpose purpose = {record->product, record->card};
    struct scp_writer w = scp_writer_on(place->record, sizeof place->record);
    if (!is_of_bank(record->product, record->bank))
        return SCP_KEY_UNAVAILABLE;
    enum scp_error error = bank_key(vault, record->bank, &key);
    if (error == SCP_OK)
        error = vault_record_open(&key, &purpose, record->sealed, &w);
    scp_wipe(&key, sizeof key);
    SCP_TRY(error);
    *out = scp_written(&w);
    return check_objects(*out);
}

/* ---- transcription ------------------------------------------------------------------------ */

static size_t block_of(enum scp_protocol protocol)
{
    return protocol == SCP_PROTOCOL_02 ? SCP_DES_BLOCK : SCP_AES_BLOCK;
}

/* Replace the value by its form under the session's data encryption key. */
static enum scp_error encrypt(const struct vault_transcrypt_request *request,
                              struct scp_writer *value, struct workplace *place)
{
    const size_t block = block_of(request->session->protocol);
    if (value->len % block != 0)
        scp_pad(value, block);
    SCP_TRY(scp_writer_status(value));
    if (value->len == 0)
        return SCP_OK;
    SCP_TRY(request->keys->dek_encrypt(request->keys->ctx, request->session, scp_written(value),
                                       place->cipher));
    memcpy(place->value, place->cipher, value->len);
    return SCP_OK;
}

static void put_dgi(struct scp_writer *out, uint16_t id, struct scp_bytes value)
{
    scp_put_u16(out, id);
    if (value.len < DGI_LONG_LENGTH) {
        scp_put_u8(out, (uint8_t)value.len);
    } else {
        scp_put_u8(out, DGI_LONG_LENGTH);
        scp_put_u16(out, (uint16_t)value.len);
    }
    scp_put(out, value);
}

/* A request at work. */
struct job {
    const struct vault_transcrypt_request *request;
    struct workplace *place;
    struct scp_bytes record; /* clear */
    struct scp_writer *out;  /* NULL: only check that every template finds its objects */
    struct vault_problem *problem;
};

static enum scp_error expand(const struct job *job, const struct vault_dgi *dgi,
                             struct scp_writer *value)
{
    struct template_problem problem = {0, ""};
    enum scp_error error = template_expand(dgi->value, job->record, value, &problem);
    job->problem->position = problem.position;
    job->problem->text = problem.text;
    return error == SCP_NO_SPACE ? SCP_TOO_LONG : error;
}

static enum scp_error transcribe_dgi(const struct job *job, const struct vault_dgi *dgi)
{
    struct scp_writer value = scp_writer_on(job->place->value, sizeof job->place->value);
    SCP_TRY(expand(job, dgi, &value));
    if (job->out == NULL)
        return SCP_OK;
    if (dgi->sensitive)
        SCP_TRY(encrypt(job->request, &value, job->place));
    put_dgi(job->out, dgi->id, scp_written(&value));
    return scp_writer_status(job->out);
}

static enum scp_error transcribe(struct vault *vault, struct job *job)
{
    const struct vault_transcrypt_request *request = job->request;
    *job->problem = (struct vault_problem){request->dgi_count, 0, ""};
    SCP_TRY(open_record(vault, &request->record, job->place, &job->record));
    for (size_t i = 0; i < request->dgi_count; i++) {
        job->problem->dgi = i;
        SCP_TRY(transcribe_dgi(job, &request->dgis[i]));
    }
    return SCP_OK;
}

/* Do the job in a workplace of the arena's. */
static enum scp_error run(struct vault *vault, struct job *job)
{
    job->place = arena_alloc(&vault->arena, sizeof *job->place);
    if (job->place == NULL)
        return SCP_NO_MEMORY;
    const size_t before = job->out != NULL ? job->out->len : 0;
    enum scp_error error = transcribe(vault, job);
    if (error != SCP_OK && job->out != NULL)
        writer_take_back(job->out, before);
    arena_free(&vault->arena, job->place);
    return error;
}

enum scp_error vault_transcrypt(struct vault *vault, const struct vault_transcrypt_request *request,
                                struct scp_writer *out, struct vault_problem *problem)
{
    struct vault_problem unwanted;
    struct job job = {
        .request = request, .out = out, .problem = problem != NULL ? problem : &unwanted};
    return run(vault, &job);
}

enum scp_error vault_check_record(struct vault *vault, const struct vault_record *record,
                                  const struct vault_dgi *dgis, size_t dgi_count,
                                  struct vault_problem *problem)
{
    const struct vault_transcrypt_request request = {
        .record = *record, .dgis = dgis, .dgi_count = dgi_count};
    struct vault_problem unwanted;
    struct job job = {.request = &request, .problem = problem != NULL ? problem : &unwanted};
    return run(vault, &job);
}

/* ---- proof -------------------------------------------------------------------------------- */

static enum scp_error expected_cryptogram(const struct vault_cryptogram_request *request,
                                          struct scp_bytes record,
                                          uint8_t out[SCP_EMV_CRYPTOGRAM_SIZE])
{
    struct scp_bytes found;
    struct scp_key card_key = {0}, session_key = {0};
    SCP_TRY(scp_tlv_find(record, TAG_CRYPTOGRAM_KEY, &found));
    if (scp_key_from(&card_key, found) != SCP_OK)
        return SCP_MALFORMED;
    enum scp_error error = scp_emv_session_key(&card_key, request->atc, &session_key);
    if (error == SCP_OK)
        error = scp_emv_cryptogram(&session_key, request->input, out);
    scp_wipe(&card_key, sizeof card_key);
    scp_wipe(&session_key, sizeof session_key);
    return error;
}

enum scp_error vault_verify_cryptogram(struct vault *vault,
                                       const struct vault_cryptogram_request *request)
{
    struct scp_bytes record = SCP_EMPTY;
    uint8_t expected[SCP_EMV_CRYPTOGRAM_SIZE] = {0};
    struct workplace *place = arena_alloc(&vault->arena, sizeof *place);
    if (place == NULL)
        return SCP_NO_MEMORY;
    enum scp_error error = open_record(vault, &request->record, place, &record);
    if (error == SCP_OK)
        error = expected_cryptogram(request, record, expected);
    if (error == SCP_OK && !scp_equal_constant_time(expected, request->cryptogram, sizeof expected))
        error = SCP_BAD_CRYPTOGRAM;
    scp_wipe(expected, sizeof expected);
    arena_free(&vault->arena, place);
    return error;
}
