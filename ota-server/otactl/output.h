/* What people see: tables of lists, name and value of single things, progress. */
#ifndef OTA_SERVER_OTACTL_OUTPUT_H
#define OTA_SERVER_OTACTL_OUTPUT_H

#include "ota-server/otactl/command.h"

/* One JSON text, indented, with a line end. */
void otactl_print_json(FILE *to, const json_t *value);

/* A table with titles, its columns as wide as their content. Control characters of the values are
 * shown as '?', so that no name can drive the terminal. "none" for an empty array. */
void otactl_print_table(FILE *to, const json_t *items, const struct otactl_column *columns);

/* Each member of an object on a line; objects in arrays as indented tables. */
void otactl_print_object(FILE *to, json_t *object);

/* The member "a.b" of an object as text on the heap: strings bare, arrays with commas, null as "-".
 * NULL when memory is exhausted. */
char *otactl_member_text(const json_t *object, const char *member);

/* "[#####.....] 12/27 steps  1.5/3.0 KiB  running" without a line end. */
void otactl_format_progress(char *to, size_t cap, const json_t *operation);

#endif
