/* An operation as API and events show it. */
#ifndef OTA_SERVER_REBIND_OPERATION_JSON_H
#define OTA_SERVER_REBIND_OPERATION_JSON_H

#include "ota-server/store/store.h"

#include <jansson.h>

/* Without its findings. A new reference; NULL when memory is exhausted. */
json_t *operation_json(const struct store_operation *operation);
/* [{"what", "aid", "product"}]. */
json_t *operation_json_findings(const struct store_finding *findings, size_t count);

/* "pending", "running", …; -1 for a name that is none. */
const char *operation_state_name(enum store_operation_state state);
int operation_state_from_name(const char *name);
const char *operation_kind_name(enum store_operation_kind kind);
int operation_kind_from_name(const char *name);
/* "package", "instance". */
const char *operation_form_name(enum store_form form);
int operation_form_from_name(const char *name);

/* RFC 3339 in UTC: "2026-03-01T12:00:00Z". */
enum { OPERATION_TIME_SIZE = 32 };
const char *operation_time(char to[OPERATION_TIME_SIZE], int64_t time_ms);
/* Any moment in RFC 3339, seconds included, back; false for another form. */
bool operation_time_parse(const char *text, int64_t *time_ms);

#endif
