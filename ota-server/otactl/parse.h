/* From the words of the command line to a command, by the table of commands. */
#ifndef OTA_SERVER_OTACTL_PARSE_H
#define OTA_SERVER_OTACTL_PARSE_H

#include "ota-server/otactl/command.h"

/* The resource of that name and, in `command`, its command of that verb; NULL where there is none.
 * `verb` is ignored for a resource that is itself a command. */
const struct otactl_resource *otactl_find_resource(const char *name);
const struct otactl_command *otactl_find_command(const struct otactl_resource *resource,
                                                 const char *verb);
bool otactl_is_command(const struct otactl_resource *resource);

/* How many positional arguments "BANK [FILE]" asks for. */
struct otactl_arity {
    size_t least;
    size_t most;
};
struct otactl_arity otactl_arity_of(const char *args);

/* Parse what follows the command's words: argv[0] is the name to show in messages. Prints help and
 * usage errors itself. True: run the command. False: `code` is the exit code. */
bool otactl_parse(const struct otactl_command *command, int argc, char **argv,
                  struct otactl_arguments *args, enum otactl_exit *code);

/* The help of the program, or of one resource. */
void otactl_print_help(FILE *to);
void otactl_print_resource_help(FILE *to, const struct otactl_resource *resource);

/* The examples at the end of a command's details; "" when there are none. */
const char *otactl_examples_of(const struct otactl_command *command);

#endif
