/* The commands of otactl, described once: this description drives parsing, help and dispatch.
 *
 * A resource ("bank") has commands ("put", "list"), or is itself one command ("bind"). Most
 * commands are one request to the API and need no code of their own: their row says method, path,
 * body and the columns of the answer, and otactl_run_request does the rest. */
#ifndef OTA_SERVER_OTACTL_COMMAND_H
#define OTA_SERVER_OTACTL_COMMAND_H

#include "ota-server/otactl/client.h"
#include "ota-server/otactl/options.h"
#include "ota-server/otactl/settings.h"
#include "scp/host/env.h"

#include <jansson.h>

#include <stdio.h>

enum otactl_exit {
    OTACTL_OK = 0,
    OTACTL_FAILED = 1, /* refused by the server, or failed here */
    OTACTL_USAGE = 2,
    OTACTL_UNREACHABLE = 3,
};

/* One run of the program. */
struct otactl {
    const struct rebind_env *env;
    struct otactl_settings settings;
    struct otactl_client *client; /* made by otactl_connect */
    FILE *out;
    FILE *err;
};

enum { OTACTL_ARGS_MAX = 4 };

struct otactl_arguments {
    const char *positional[OTACTL_ARGS_MAX];
    size_t count;
    const char *option[OTACTL_OPTION_COUNT]; /* NULL: not given; flags are "" */
};

/* A column of a table: a title and the member it shows, "steps.done" for one inside. */
struct otactl_column {
    const char *title;
    const char *member;
};

struct otactl_request {
    const char *method;
    const char *path; /* "/v1/banks/{0}": the positional arguments, percent-encoded */
    uint64_t query;   /* bits of the options that become query members of their names */
    /* The body: built from the arguments, or the file that the last argument names. */
    json_t *(*body)(const struct otactl *ctl, const struct otactl_arguments *args,
                    struct rebind_problem *problem);
    const char *file_media;
    const struct otactl_column *columns; /* of a list; ends with a row without title */
};

struct otactl_command {
    const char *verb; /* NULL when the resource is the command */
    const char *args; /* "BANK PRODUCT [FILE]" */
    const char *summary;
    const char *details; /* under the options: prose, and examples from "  otactl " on */
    uint64_t options;    /* bits, OTACTL_TAKES(...) */
    uint64_t needs;      /* those that must be given */
    enum otactl_exit (*run)(struct otactl *ctl, const struct otactl_command *command,
                            const struct otactl_arguments *args);
    struct otactl_request request;
};

struct otactl_resource {
    const char *name;
    const char *summary;
    const struct otactl_command *commands;
    size_t count;
};

/* Every resource, in the order of the help. */
extern const struct otactl_resource *const otactl_resources[];
extern const size_t otactl_resource_count;

/* Connect with the settings, once; prints the problem. */
enum otactl_exit otactl_connect(struct otactl *ctl);

/* Run the request of the command's row and print the answer. */
enum otactl_exit otactl_run_request(struct otactl *ctl, const struct otactl_command *command,
                                    const struct otactl_arguments *args);

/* Call `each` with every item of a list, page by page, until it returns false. `path` may have a
 * query. Prints the problem. */
enum otactl_exit otactl_each(struct otactl *ctl, const char *path,
                             bool (*each)(void *ctx, json_t *item), void *ctx);

/* Send one request and print its problem, if it has one. The reply is the caller's to free, also
 * after a failure. */
enum otactl_exit otactl_send(struct otactl *ctl, const struct otactl_http *request,
                             struct otactl_reply *reply);

/* Follow an operation to its end, with a progress bar on a terminal. */
enum otactl_exit otactl_watch(struct otactl *ctl, const char *operation);

/* "otactl: " and the text on the error stream; returns `code`. */
enum otactl_exit otactl_complain(const struct otactl *ctl, enum otactl_exit code,
                                 const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
