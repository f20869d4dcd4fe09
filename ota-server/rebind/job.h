/* One operation at work: everything about it that the store and the vault know, loaded in the
 * transaction that works on it, and what is written back. */
#ifndef OTA_SERVER_REBIND_JOB_H
#define OTA_SERVER_REBIND_JOB_H

#include "ota-server/rebind/service.h"
#include "ota-server/rebind/session.h"
#include "ota-server/rebind/templates.h"

#include <jansson.h>

/* The role that terminals know: its product is listed in PPSE and PSE. */
#define JOB_ROLE_PAYMENT "payment"

enum { JOB_RETIRED_MAX = 16, JOB_DOL_MAX = 255, JOB_DOMAIN_PARAMETERS_MAX = 64 };

struct job {
    const struct rebind_service *service;
    struct store_tx *tx;
    struct store_card card;
    struct store_operation operation;
    const struct card_profile *profile;
    struct store_key_set key_sets[PLAN_CHANNELS]; /* label "" for a domain the card does not have */
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
    struct plan_domain plan_domain;
    uint8_t domain_parameters[JOB_DOMAIN_PARAMETERS_MAX];

    struct vault_card_keys key_handles[PLAN_CHANNELS];
    struct session_keys keys;
    uint8_t cdol_data[JOB_DOL_MAX];
    uint8_t pdol_data[JOB_DOL_MAX];
};

/* Load all of it for an operation on a card. The job borrows service and tx; job_fini frees what it
 * holds, and takes a job whose loading failed. */
enum rebind_refusal job_load(struct job *job, const struct rebind_service *service,
                             struct store_tx *tx, const struct store_operation *operation);
void job_fini(struct job *job);

/* Plan from what the job knows now. `proves`: the peer can change targets in a script. */
enum plan_error job_plan(const struct job *job, bool proves, struct plan *out);

/* What a session needs besides keys. Borrows from the job. */
struct session_materials job_materials(struct job *job);

/* The card as a session sees it. */
struct session_card job_session_card(const struct job *job);

/* The bank's security domain gets its first keys by a script that is about to leave: enter them. */
STORE_MUST_USE enum store_error job_enter_domain_keys(struct job *job);

/* Which key set opens the channel. */
struct store_key_set_ref job_key_set(const struct job *job, enum plan_channel channel);

/* Check the proof that the new instance gave. BAD_CRYPTOGRAM and the vault's errors. */
SCP_MUST_USE enum scp_error job_verify_proof(const struct job *job,
                                             const struct session_proof *proof);

/* Write job->content back. */
STORE_MUST_USE enum store_error job_save_content(struct job *job);
/* Note that the content cannot be relied on until it has been read. */
STORE_MUST_USE enum store_error job_doubt_content(struct job *job);

/* Write job->operation back and append its event. */
STORE_MUST_USE enum store_error job_save_operation(struct job *job);
/* Append the event alone: what is shown is not what is stored. */
STORE_MUST_USE enum store_error job_show_operation(struct job *job);

#endif
