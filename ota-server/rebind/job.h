/* One operation at work: everything about it that the store and the vault know, loaded in the
 * transaction that works on it, and what is written back. */
#ifndef OTA_SERVER_REBIND_JOB_H
#define OTA_SERVER_REBIND_JOB_H

#include "ota-server/rebind/operation_life.h"
#include "ota-server/rebind/service.h"
#include "ota-server/rebind/session.h"
#include "ota-server/rebind/templates.h"

#include <jansson.h>

/* The role that terminals know: its product is listed in PPSE and PSE. */
#define JOB_ROLE_PAYMENT "payment"

enum {
    JOB_RETIRED_MAX = 16,
    JOB_SPARE_MAX = 32,
    JOB_REMAINS_MAX = 2,
    JOB_DOL_MAX = 255,
    JOB_DOMAIN_PARAMETERS_MAX = 64
};

struct job {
    const struct rebind_service *service;
    struct store_tx *tx;
    struct store_card card;
    struct store_operation operation;
    struct operation_news news;
    const struct card_profile *profile;
    struct store_key_set key_sets[PLAN_CHANNELS]; /* label "" for a channel that there is not */
    uint8_t missed[PLAN_CHANNELS]; /* candidates that the card did not have, in this contact */
    struct card_content content;

    /* The product that comes; has_product is false when revoking or auditing. */
    bool has_product;
    struct store_product product;
    struct plan_product plan_product;
    struct store_blob load_file;
    json_t *templates; /* the product's personalisation */
    struct store_personalisation record;
    struct store_blob sealed_record;
    struct vault_dgi dgis[TEMPLATES_MAX];
    size_t dgi_count;

    /* The bank's security domain, where it has one on cards of this profile. */
    bool has_domain;
    char domain_label[STORE_LABEL_SIZE]; /* of the masters of its first key set */
    struct plan_domain plan_domain;
    uint8_t domain_parameters[JOB_DOMAIN_PARAMETERS_MAX];

    /* A change of keys. */
    bool has_rekey;
    struct store_rekey rekey;
    struct plan_rekey plan_rekey;
    bool puts_keys;    /* the session's plan does */
    bool deletes_keys; /* the session's plan does */

    struct vault_card_keys key_handles[PLAN_CHANNELS];
    struct session_keys keys;
    uint8_t cdol_data[JOB_DOL_MAX];
    uint8_t pdol_data[JOB_DOL_MAX];
};

/* Load all of it for an operation on a card, with the personalisation record of that id or, for "",
 * the newest one. The job borrows service and tx; job_fini frees what it holds, and takes a job
 * whose loading failed. */
enum rebind_refusal job_load(struct job *job, const struct rebind_service *service,
                             struct store_tx *tx, const struct store_operation *operation,
                             const char *record);
void job_fini(struct job *job);

/* Plan from what the job knows now. `proves`: the peer can change targets in a script. */
enum plan_error job_plan(const struct job *job, bool proves, struct plan *out);

/* What a session needs besides keys. Borrows from the job. */
struct session_materials job_materials(struct job *job);

/* The card as a session sees it. */
struct session_card job_session_card(const struct job *job);

/* Which key set opens the channel. */
struct store_key_set_ref job_key_set(const struct job *job, enum plan_channel channel);

/* ---- keys (job_keys.c) --------------------------------------------------------------------- */

/* Choose the key set for each channel: the likeliest that the record has of its domain, after
 * `missed` others. Part of job_load. */
enum rebind_refusal job_load_keys(struct job *job);

/* Those that an outstanding session was made with, and what its contact has missed so far. */
enum rebind_refusal job_resume_keys(struct job *job, const struct session *session);

/* The card has not the key set of this channel. Whether there is another candidate: job_load_keys
 * chooses it then. */
bool job_miss_keys(struct job *job, enum plan_channel channel);

/* Start a new session with the keys chosen now. */
void job_begin_session(const struct job *job, struct session *session);

/* A script is about to leave: enter which key sets it brings and takes, so that no interruption
 * leaves the card with keys that the record has not. */
STORE_MUST_USE enum store_error job_enter_keys(struct job *job, const struct session *session);

/* The card's cryptogram has verified under the key set of this channel. */
STORE_MUST_USE enum store_error job_prove_keys(struct job *job, enum plan_channel channel);

/* A key set of the security domain that is given new ones is gone. */
STORE_MUST_USE enum store_error job_retire_keys(struct job *job, uint8_t kvn);

/* What the choke point may let through. Borrows from the job. */
struct protect_keys job_changed_keys(const struct job *job);

/* ---- writing back -------------------------------------------------------------------------- */

/* Check the proof that the new instance gave. BAD_CRYPTOGRAM and the vault's errors. */
SCP_MUST_USE enum scp_error job_verify_proof(const struct job *job,
                                             const struct session_proof *proof);

/* Write job->content back. */
STORE_MUST_USE enum store_error job_save_content(struct job *job);
/* Note that the content cannot be relied on until it has been read. */
STORE_MUST_USE enum store_error job_doubt_content(struct job *job);

/* Write job->operation back and append its event. */
STORE_MUST_USE enum store_error job_save_operation(struct job *job);

#endif
