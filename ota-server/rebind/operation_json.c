#include "ota-server/rebind/operation_json.h"

#include "policies/compile/time.h"

#include <string.h>
#include <time.h>

static const char *const states[] = {
    [STORE_OPERATION_PENDING] = "pending",     [STORE_OPERATION_RUNNING] = "running",
    [STORE_OPERATION_DONE] = "done",           [STORE_OPERATION_FAILED] = "failed",
    [STORE_OPERATION_CANCELLED] = "cancelled",
};

static const char *const kinds[] = {
    [STORE_OPERATION_BIND] = "bind",     [STORE_OPERATION_SWITCH] = "switch",
    [STORE_OPERATION_REVOKE] = "revoke", [STORE_OPERATION_AUDIT] = "audit",
    [STORE_OPERATION_REKEY] = "rekey",   [STORE_OPERATION_SUSPEND] = "suspend",
    [STORE_OPERATION_RESUME] = "resume", [STORE_OPERATION_LOAD] = "load",
    [STORE_OPERATION_PURGE] = "purge",
};

static const char *const forms[] = {
    [STORE_FORM_PACKAGE] = "package",
    [STORE_FORM_INSTANCE] = "instance",
};

static const char *const finding_kinds[] = {
    [STORE_FINDING_MISSING] = "missing",
    [STORE_FINDING_LOCKED] = "locked",
    [STORE_FINDING_UNLOCKED] = "unlocked",
    [STORE_FINDING_UNDESIRED] = "undesired",
};

static int index_of(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return (int)i;
    }
    return -1;
}

#define INDEX_OF(names, name) index_of(names, sizeof(names) / sizeof((names)[0]), name)

const char *operation_state_name(enum store_operation_state state)
{
    return states[state];
}

int operation_state_from_name(const char *name)
{
    return INDEX_OF(states, name);
}

const char *operation_kind_name(enum store_operation_kind kind)
{
    return kinds[kind];
}

int operation_kind_from_name(const char *name)
{
    return INDEX_OF(kinds, name);
}

const char *operation_form_name(enum store_form form)
{
    return forms[form];
}

int operation_form_from_name(const char *name)
{
    return INDEX_OF(forms, name);
}

const char *operation_time(char to[OPERATION_TIME_SIZE], int64_t time_ms)
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(to, OPERATION_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return to;
}

bool operation_time_parse(const char *text, int64_t *time_ms)
{
    struct policy_moment moment;
    if (policy_time_parse(text, &moment) != NULL || moment.is_date)
        return false;
    *time_ms = moment.ms;
    return true;
}

/* "r-mac,cryptogram" as an array. */
static json_t *evidence_by(const char *list)
{
    json_t *array = json_array();
    while (*list != '\0') {
        size_t len = strcspn(list, ",");
        json_array_append_new(array, json_stringn(list, len));
        list += len + (list[len] == ',');
    }
    return array;
}

static json_t *decision_json(const struct store_decision *decision)
{
    return json_pack("{s:s, s:s, s:s, s:i}", "effect", decision->effect, "rule", decision->rule,
                     "reason", decision->reason, "policy", (int)decision->policy_version);
}

static const char *or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

json_t *operation_json_findings(const struct store_finding *findings, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            array, json_pack("{s:s, s:s, s:s?}", "what", finding_kinds[findings[i].kind], "aid",
                             findings[i].aid, "product", or_null(findings[i].product)));
    return array;
}

/* When it is tried, and how urgently. */
static json_t *schedule_json(const struct store_operation *operation)
{
    char not_before[OPERATION_TIME_SIZE];
    char deadline[OPERATION_TIME_SIZE];
    bool waits = operation->not_before_ms > 0;
    bool ends = operation->deadline_ms > 0;
    return json_pack("{s:i, s:s?, s:s?}", "priority", (int)operation->priority, "not_before",
                     waits ? operation_time(not_before, operation->not_before_ms) : NULL,
                     "deadline", ends ? operation_time(deadline, operation->deadline_ms) : NULL);
}

static json_t *main_json(const struct store_operation *operation)
{
    const struct store_progress *progress = &operation->progress;
    char created[OPERATION_TIME_SIZE];
    char updated[OPERATION_TIME_SIZE];
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s?, s:s?, s:s, s:s?, s:{s:i, s:i}, s:{s:I, s:I}, s:i, s:i,"
        " s:{s:s, s:o}, s:o, s:s, s:s}",
        "id", operation->id, "card", operation->card, "kind", kinds[operation->kind], "role",
        operation->role, "product", or_null(operation->product), "previous_product",
        or_null(operation->previous_product), "state", states[operation->state], "cause",
        or_null(operation->cause), "steps", "done", (int)progress->steps_done, "total",
        (int)progress->steps_total, "bytes", "done", (json_int_t)progress->bytes_done, "total",
        (json_int_t)progress->bytes_total, "exchanges", (int)progress->exchanges, "attempts",
        (int)operation->attempts, "evidence", "level",
        operation->evidence == STORE_EVIDENCE_PROVEN ? "proven" : "reported", "by",
        evidence_by(operation->evidence_by), "decision", decision_json(&operation->decision),
        "created", operation_time(created, operation->created_ms), "updated",
        operation_time(updated, operation->updated_ms));
}

json_t *operation_json(const struct store_operation *operation)
{
    json_t *json = main_json(operation);
    json_t *schedule = schedule_json(operation);
    json_t *more =
        json_pack("{s:s?, s:b, s:s?}", "why", or_null(operation->why), "may_still_run",
                  operation->may_still_run, "form",
                  operation->kind == STORE_OPERATION_LOAD ? forms[operation->form] : NULL);
    bool complete = json != NULL && json_object_update(json, schedule) == 0 &&
                    json_object_update(json, more) == 0;
    json_decref(schedule);
    json_decref(more);
    if (complete)
        return json;
    json_decref(json);
    return NULL;
}
