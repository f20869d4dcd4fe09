#include "ota-server/rebind/operation_json.h"

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

const char *operation_state_name(enum store_operation_state state)
{
    return states[state];
}

int operation_state_from_name(const char *name)
{
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(states[i], name) == 0)
            return (int)i;
    }
    return -1;
}

const char *operation_kind_name(enum store_operation_kind kind)
{
    return kinds[kind];
}

const char *operation_time(char to[OPERATION_TIME_SIZE], int64_t time_ms)
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(to, OPERATION_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return to;
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

json_t *operation_json(const struct store_operation *operation)
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
