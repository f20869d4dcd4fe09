/* /v1/policies: written by one person, approved by another, active from a moment on. */
#include "ota-server/api/api.h"
#include "ota-server/api/handlers.h"
#include "ota-server/api/policy_check.h"
#include "ota-server/api/stopped.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const statuses[STORE_POLICY_STATUSES] = {
    [STORE_POLICY_DRAFT] = "draft",         [STORE_POLICY_CHECKED] = "checked",
    [STORE_POLICY_PROPOSED] = "proposed",   [STORE_POLICY_APPROVED] = "approved",
    [STORE_POLICY_SCHEDULED] = "scheduled", [STORE_POLICY_ACTIVE] = "active",
    [STORE_POLICY_RETIRED] = "retired",
};

static const char *or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

static json_t *render(const void *element)
{
    const struct store_policy *policy = element;
    char created[OPERATION_TIME_SIZE];
    char activated[OPERATION_TIME_SIZE];
    return json_pack("{s:i, s:o, s:s, s:s, s:s?, s:s?, s:s, s:s?}", "version", (int)policy->version,
                     "digest", api_hex(SCP_BYTES(policy->digest)), "status",
                     statuses[policy->status], "author", policy->author_person, "proposer",
                     or_null(policy->proposer_person), "approver", or_null(policy->approver_person),
                     "created", operation_time(created, policy->created_ms), "activated",
                     policy->activated_ms == 0 ? NULL
                                               : operation_time(activated, policy->activated_ms));
}

static struct store_person person_of(const struct http_request *request)
{
    const struct http_principal *principal = http_request_principal(request);
    return (struct store_person){principal->id, principal->person};
}

/* The version in the path; 0 when it is none. */
static int32_t version_of(const struct http_request *request)
{
    const char *text = http_request_param(request, "version");
    char *end;
    errno = 0;
    long version = strtol(text, &end, 10);
    bool fits = *end == '\0' && errno == 0 && version > 0 && version <= INT32_MAX;
    return fits ? (int32_t)version : 0;
}

/* ---- answers ------------------------------------------------------------------------------ */

static void set_etag(struct http_response *response, const struct store_policy *policy)
{
    char etag[32];
    snprintf(etag, sizeof etag, "\"%lld\"", (long long)policy->etag);
    http_response_header(response, "etag", etag);
}

static void answer(struct http_response *response, unsigned status,
                   const struct store_policy *policy)
{
    set_etag(response, policy);
    http_response_json(response, status, render(policy));
}

/* What keeps a version from its next step. */
static void answer_error(struct http_response *response, enum store_error error)
{
    if (error == STORE_CONFLICT)
        http_problem(response, 409, "same-person", "A second person must approve the policy",
                     "the author of a policy and who proposed it cannot approve it, under any "
                     "certificate");
    else if (error == STORE_INVALID)
        http_problem(response, 409, "policy-not-ready", "The policy is not ready for this step",
                     "a version is drafted, checked, proposed, approved by a second person, and "
                     "then activated from now or a later moment on");
    else
        problem_store(response, error, "the policy");
}

/* ---- writing ------------------------------------------------------------------------------ */

/* Which step a new text is taken to. */
static bool read_stage(const struct http_request *request, struct http_response *response,
                       enum store_policy_status *stage)
{
    const char *text = http_request_query(request, "stage");
    *stage = STORE_POLICY_PROPOSED;
    if (text == NULL || strcmp(text, statuses[STORE_POLICY_PROPOSED]) == 0)
        return true;
    *stage = STORE_POLICY_DRAFT;
    if (strcmp(text, statuses[STORE_POLICY_DRAFT]) == 0)
        return true;
    problem_member(response, "stage", "must be draft or proposed");
    return false;
}

/* Only a policy that compiles is kept, and only one whose cases pass is proposed. */
static bool check_text(const struct http_request *request, enum store_policy_status stage,
                       struct http_response *response)
{
    struct policy *policy;
    if (!policy_check_compiles(http_request_body(request), &policy, response))
        return false;
    bool good = stage == STORE_POLICY_DRAFT || policy_check_cases(policy, response);
    policy_free(policy);
    return good;
}

static enum store_error add(struct store_tx *tx, const struct http_request *request,
                            enum store_policy_status stage, struct store_policy *policy)
{
    struct store_person person = person_of(request);
    char object[STORE_NAME_SIZE];
    snprintf(policy->author, sizeof policy->author, "%.32s", person.principal);
    snprintf(policy->author_person, sizeof policy->author_person, "%s", person.person);
    STORE_TRY(store_policy_add(tx, policy, http_request_body(request)));
    for (int step = STORE_POLICY_CHECKED; step <= (int)stage; step++)
        STORE_TRY(store_policy_advance(tx, policy->version, (enum store_policy_status)step, &person,
                                       STORE_ETAG_ANY));
    STORE_TRY(store_policy_get(tx, policy->version, policy));
    snprintf(object, sizeof object, "policy/%d", (int)policy->version);
    return api_audit(tx, request, stage == STORE_POLICY_DRAFT ? "policy.draft" : "policy.propose",
                     object, render(policy));
}

void api_policy_post(void *ctx, const struct http_request *request, struct http_response *response)
{
    const struct api *api = ctx;
    struct store_policy policy = {.version = 0};
    enum store_policy_status stage;
    struct store_tx *tx;

    if (!read_stage(request, response, &stage) || !check_text(request, stage, response))
        return;
    enum store_error error = store_begin(api->store, STORE_WRITE, &tx);
    if (error == STORE_OK)
        error = store_end(tx, add(tx, request, stage, &policy));
    if (error != STORE_OK)
        answer_error(response, error);
    else
        answer(response, 201, &policy);
}

/* ---- steps -------------------------------------------------------------------------------- */

/* One change of a version in a transaction of its own. */
struct step {
    const char *audited;
    enum store_policy_status to; /* of an advance */
    int64_t from_ms;             /* of an activation; 0: now */
    int64_t if_match;
    enum store_error (*run)(struct store_tx *tx, const struct http_request *request,
                            const struct step *step, struct store_policy *policy);
};

/* If-Match: "N". */
static bool read_if_match(const struct http_request *request, struct http_response *response,
                          int64_t *if_match)
{
    const char *text = http_request_header(request, "if-match");
    char *end;
    *if_match = STORE_ETAG_ANY;
    if (text == NULL)
        return true;
    errno = 0;
    *if_match = *text == '"' ? strtoll(text + 1, &end, 10) : 0;
    if (*if_match > 0 && errno == 0 && strcmp(end, "\"") == 0)
        return true;
    problem_member(response, "If-Match", "must be the ETag of a policy version");
    return false;
}

static enum store_error run_and_audit(struct store_tx *tx, const struct http_request *request,
                                      const struct step *step, struct store_policy *policy)
{
    char object[STORE_NAME_SIZE];
    STORE_TRY(step->run(tx, request, step, policy));
    snprintf(object, sizeof object, "policy/%d", (int)policy->version);
    return api_audit(tx, request, step->audited, object, render(policy));
}

static void take_step(const struct api *api, const struct http_request *request, struct step *step,
                      struct http_response *response)
{
    struct store_policy policy = {.version = 0};
    size_t cancelled = 0;
    struct store_tx *tx;
    if (!read_if_match(request, response, &step->if_match))
        return;
    enum store_error error = store_begin(api->store, STORE_WRITE, &tx);
    if (error == STORE_OK)
        error = store_end(tx, run_and_audit(tx, request, step, &policy));
    if (error == STORE_OK && policy.status == STORE_POLICY_ACTIVE)
        error = stopped_cancel_by_policy(api, request, &cancelled);
    if (error != STORE_OK)
        answer_error(response, error);
    else
        answer(response, 200, &policy);
}

static enum store_error advance(struct store_tx *tx, const struct http_request *request,
                                const struct step *step, struct store_policy *policy)
{
    const struct store_person person = person_of(request);
    int32_t version = version_of(request);
    STORE_TRY(store_policy_advance(tx, version, step->to, &person, step->if_match));
    return store_policy_get(tx, version, policy);
}

void api_policy_propose(void *ctx, const struct http_request *request,
                        struct http_response *response)
{
    struct step step = {.audited = "policy.propose", .to = STORE_POLICY_PROPOSED, .run = advance};
    take_step(ctx, request, &step, response);
}

void api_policy_approve(void *ctx, const struct http_request *request,
                        struct http_response *response)
{
    struct step step = {.audited = "policy.approve", .to = STORE_POLICY_APPROVED, .run = advance};
    take_step(ctx, request, &step, response);
}

/* An approver's activation of a version that is only proposed is the approval too. */
static enum store_error activate(struct store_tx *tx, const struct http_request *request,
                                 const struct step *step, struct store_policy *policy)
{
    const struct store_person person = person_of(request);
    const struct http_principal *principal = http_request_principal(request);
    int32_t version = version_of(request);
    STORE_TRY(store_policy_get(tx, version, policy));
    if (step->if_match != STORE_ETAG_ANY && step->if_match != policy->etag)
        return STORE_STALE;
    if (policy->status == STORE_POLICY_PROPOSED && (principal->roles & ROLE(APPROVER)) != 0)
        STORE_TRY(
            store_policy_advance(tx, version, STORE_POLICY_APPROVED, &person, STORE_ETAG_ANY));
    STORE_TRY(store_policy_activate(tx, version, &person, step->from_ms));
    return store_policy_get(tx, version, policy);
}

/* A body is not needed: without one it is now. */
static bool read_from(const struct http_request *request, struct http_response *response,
                      int64_t *from_ms)
{
    const struct body_member members[] = {
        {"active_from", BODY_TIME, .nullable = true, .number = from_ms},
    };
    struct body body;
    *from_ms = 0;
    if (http_request_body(request).len == 0)
        return true;
    if (!body_open(&body, request, response))
        return false;
    bool fits = body_read(&body, members, 1, response);
    body_close(&body);
    return fits;
}

void api_policy_activate(void *ctx, const struct http_request *request,
                         struct http_response *response)
{
    struct step step = {.audited = "policy.activate", .run = activate};
    if (read_from(request, response, &step.from_ms))
        take_step(ctx, request, &step, response);
}

static enum store_error roll_back(struct store_tx *tx, const struct http_request *request,
                                  const struct step *step, struct store_policy *policy)
{
    const struct store_person person = person_of(request);
    STORE_TRY(store_policy_active(tx, policy));
    if (step->if_match != STORE_ETAG_ANY && step->if_match != policy->etag)
        return STORE_STALE;
    STORE_TRY(store_policy_rollback(tx, &person));
    return store_policy_active(tx, policy);
}

void api_policy_rollback(void *ctx, const struct http_request *request,
                         struct http_response *response)
{
    struct step step = {.audited = "policy.rollback", .run = roll_back};
    take_step(ctx, request, &step, response);
}

/* ---- checking ----------------------------------------------------------------------------- */

static enum store_error load(const struct api *api, int32_t version, struct store_policy *policy,
                             struct store_blob *yaml)
{
    struct store_tx *tx;
    STORE_TRY(store_begin(api->store, STORE_READ, &tx));
    enum store_error error = store_policy_get(tx, version, policy);
    if (error == STORE_OK)
        error = store_policy_yaml(tx, version, yaml);
    return store_end(tx, error);
}

/* The step to `checked`, where it is still to be taken. */
static enum store_error note_checked(const struct api *api, const struct http_request *request,
                                     struct store_policy *policy)
{
    const struct step step = {
        .audited = "policy.check", .to = STORE_POLICY_CHECKED, .run = advance};
    struct store_tx *tx;
    if (policy->status != STORE_POLICY_DRAFT)
        return STORE_OK;
    STORE_TRY(store_begin(api->store, STORE_WRITE, &tx));
    return store_end(tx, run_and_audit(tx, request, &step, policy));
}

static void check(const struct api *api, const struct http_request *request,
                  struct store_policy *policy, const struct policy *compiled,
                  struct http_response *response)
{
    if (!policy_check_cases(compiled, response))
        return;
    enum store_error error = note_checked(api, request, policy);
    json_t *report = error == STORE_OK ? policy_check_report(compiled) : NULL;
    if (error == STORE_OK && report == NULL)
        error = STORE_NO_MEMORY;
    if (error != STORE_OK) {
        answer_error(response, error);
        return;
    }
    json_t *json = render(policy);
    (void)json_object_set_new(json, "check", report);
    set_etag(response, policy);
    http_response_json(response, 200, json);
}

void api_policy_check(void *ctx, const struct http_request *request, struct http_response *response)
{
    struct store_policy policy = {.version = 0};
    struct store_blob yaml = {.len = 0};
    struct policy *compiled = NULL;
    enum store_error error = load(ctx, version_of(request), &policy, &yaml);
    if (error != STORE_OK)
        answer_error(response, error);
    else if (policy_check_compiles(store_blob_bytes(&yaml), &compiled, response))
        check(ctx, request, &policy, compiled, response);
    policy_free(compiled);
    store_blob_fini(&yaml);
}

/* ---- reading ------------------------------------------------------------------------------ */

void api_policy_get(void *ctx, const struct http_request *request, struct http_response *response)
{
    struct store_policy policy = {.version = 0};
    struct store_blob yaml = {.len = 0};
    enum store_error error = load(ctx, version_of(request), &policy, &yaml);
    if (error != STORE_OK) {
        problem_store(response, error, "the policy");
    } else {
        json_t *json = render(&policy);
        json_object_set_new(json, "yaml", json_stringn((const char *)yaml.ptr, yaml.len));
        set_etag(response, &policy);
        http_response_json(response, 200, json);
    }
    store_blob_fini(&yaml);
}

static enum store_error fetch(struct store_tx *tx, const void *filter, const char *after, void *out,
                              size_t cap, size_t *count)
{
    (void)filter;
    long version = strtol(after, NULL, 10);
    return store_policy_list(tx, version > INT32_MAX ? INT32_MAX : (int32_t)version, out, cap,
                             count);
}

static int64_t number(const void *element)
{
    const struct store_policy *policy = element;
    return policy->version;
}

void api_policy_list(void *ctx, const struct http_request *request, struct http_response *response)
{
    static const struct api_listing listing = {
        .what = "the policies",
        .element_size = sizeof(struct store_policy),
        .fetch = fetch,
        .render = render,
        .number = number,
    };
    api_answer_list(ctx, request, response, &listing, NULL);
}
