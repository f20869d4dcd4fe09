/* Reading one line of a facts file. */
#ifndef POLICIES_OTA_POLICY_FACTS_LINE_H
#define POLICIES_OTA_POLICY_FACTS_LINE_H

#include "policies/ota-policy/facts_file.h"

/* NULL when it is good, else what is wrong. The line is cut up in place. */
const char *facts_line_json(char *line, struct facts_line *out);
const char *facts_line_csv(const struct facts_file *file, char *line, struct facts_line *out);
/* The first line of a CSV file. */
const char *facts_line_header(char *line, struct facts_file *file);

#endif
