/* Commands that are one request: the row says which. */
#include "ota-server/otactl/command.h"
#include "ota-server/otactl/output.h"
#include "scp/host/file.h"
#include "scp/host/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_TEXT_MAX = 2048 };

enum otactl_exit otactl_complain(const struct otactl *ctl, enum otactl_exit code,
                                 const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("otactl: ", ctl->err);
    (void)vfprintf(ctl->err, format, args);
    (void)fputc('\n', ctl->err);
    va_end(args);
    return code;
}

enum otactl_exit otactl_connect(struct otactl *ctl)
{
    struct rebind_problem problem = {""};
    if (ctl->client != NULL || otactl_client_new(&ctl->client, &ctl->settings, &problem) == SCP_OK)
        return OTACTL_OK;
    return otactl_complain(ctl, OTACTL_FAILED, "%s", problem.text);
}

enum otactl_exit otactl_send(struct otactl *ctl, const struct otactl_http *request,
                             struct otactl_reply *reply)
{
    struct rebind_problem problem = {""};
    *reply = (struct otactl_reply){.status = 0};
    enum otactl_exit code = otactl_connect(ctl);
    if (code != OTACTL_OK)
        return code;
    enum scp_error error = otactl_client_send(ctl->client, request, reply, &problem);
    if (error != SCP_OK)
        return otactl_complain(ctl, error == SCP_IO ? OTACTL_UNREACHABLE : OTACTL_FAILED, "%s",
                               problem.text);
    if (reply->status >= 200 && reply->status < 300)
        return OTACTL_OK;
    otactl_print_problem(ctl->err, reply);
    return OTACTL_FAILED;
}

/* ---- the path ----------------------------------------------------------------------------- */

static void add_query(struct rebind_text *path, uint64_t options,
                      const struct otactl_arguments *args)
{
    char separator = '?';
    for (size_t i = 0; i < OTACTL_OPTION_COUNT; i++) {
        if ((options & OTACTL_BIT(i)) == 0 || args->option[i] == NULL)
            continue;
        rebind_text_addf(path, "%c%s=", separator, otactl_options[i].name);
        rebind_text_add_percent(path, args->option[i]);
        separator = '&';
    }
}

/* "/v1/banks/{0}" with the arguments in. A digit outside the arguments is a fault of the row. */
static void add_path(struct rebind_text *path, const char *pattern,
                     const struct otactl_arguments *args)
{
    for (const char *c = pattern; *c != '\0'; c++) {
        if (*c != '{') {
            rebind_text_add_char(path, *c);
            continue;
        }
        size_t index = (size_t)(c[1] - '0');
        rebind_text_add_percent(path, index < args->count ? args->positional[index] : "");
        c += 2;
    }
}

/* ---- the body ----------------------------------------------------------------------------- */

/* The bytes to send; on the heap. */
static enum scp_error make_body(const struct otactl *ctl, const struct otactl_request *request,
                                const struct otactl_arguments *args, struct rebind_blob *body,
                                struct rebind_problem *problem)
{
    *body = (struct rebind_blob){NULL, 0};
    if (request->file_media != NULL) {
        const char *name = args->positional[args->count - 1];
        return rebind_file_read(strcmp(name, "-") == 0 ? "/dev/stdin" : name, OTACTL_BODY_MAX, body,
                                problem);
    }
    if (request->body == NULL)
        return SCP_OK;
    json_t *json = request->body(ctl, args, problem);
    if (json == NULL)
        return SCP_MALFORMED;
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    *body = (struct rebind_blob){(uint8_t *)text, text == NULL ? 0 : strlen(text)};
    return text != NULL ? SCP_OK
                        : rebind_problem_set(problem, SCP_NO_MEMORY, "memory is exhausted");
}

/* ---- lists -------------------------------------------------------------------------------- */

static void add_page(struct rebind_text *path, const char *base, const char *cursor)
{
    rebind_text_clear(path);
    rebind_text_addf(path, "%s%climit=500", base, strchr(base, '?') == NULL ? '?' : '&');
    if (cursor != NULL) {
        rebind_text_add(path, "&cursor=");
        rebind_text_add_percent(path, cursor);
    }
}

/* The cursor of the next page; NULL at the end or when `each` wants no more. */
static const char *take_page(const json_t *page, bool (*each)(void *ctx, json_t *item), void *ctx)
{
    const json_t *items = json_object_get(page, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        if (!each(ctx, json_array_get(items, i)))
            return NULL;
    }
    return json_string_value(json_object_get(page, "next"));
}

enum otactl_exit otactl_each(struct otactl *ctl, const char *base,
                             bool (*each)(void *ctx, json_t *item), void *ctx)
{
    struct rebind_text path = rebind_text_new(PATH_TEXT_MAX);
    struct otactl_reply page = {.status = 0};
    enum otactl_exit code;
    const char *next = NULL;
    do {
        add_page(&path, base, next);
        otactl_reply_free(&page); /* `next` was borrowed from it */
        const struct otactl_http http = {.method = "GET", .path = rebind_text_string(&path)};
        code = otactl_send(ctl, &http, &page);
        next = code == OTACTL_OK ? take_page(page.json, each, ctx) : NULL;
    } while (next != NULL);
    otactl_reply_free(&page);
    rebind_text_free(&path);
    return code;
}

static bool append(void *ctx, json_t *item)
{
    return json_array_append(ctx, item) == 0;
}

static enum otactl_exit run_list(struct otactl *ctl, const struct otactl_request *request,
                                 const char *path)
{
    json_t *all = json_array();
    if (all == NULL)
        return otactl_complain(ctl, OTACTL_FAILED, "memory is exhausted");
    enum otactl_exit code = otactl_each(ctl, path, append, all);
    if (code == OTACTL_OK && ctl->settings.json)
        otactl_print_json(ctl->out, all);
    else if (code == OTACTL_OK)
        otactl_print_table(ctl->out, all, request->columns);
    json_decref(all);
    return code;
}

/* ---- the command -------------------------------------------------------------------------- */

static void print_reply(const struct otactl *ctl, const struct otactl_reply *reply)
{
    if (reply->text != NULL)
        (void)fputs(reply->text, ctl->out);
    else if (reply->json != NULL && ctl->settings.json)
        otactl_print_json(ctl->out, reply->json);
    else if (reply->json != NULL)
        otactl_print_object(ctl->out, reply->json);
    if (reply->location[0] != '\0' && !ctl->settings.json)
        (void)fprintf(ctl->out, "%-20s %s\n", "location", reply->location);
}

/* The operation that an answer's Location names. */
static enum otactl_exit watch_location(struct otactl *ctl, const char *location)
{
    const char *slash = strrchr(location, '/');
    if (slash == NULL)
        return otactl_complain(ctl, OTACTL_FAILED, "the server named no operation to follow");
    return otactl_watch(ctl, slash + 1);
}

static enum otactl_exit run_one(struct otactl *ctl, const struct otactl_request *request,
                                const struct otactl_arguments *args, const char *path)
{
    struct rebind_problem problem = {""};
    struct rebind_blob body;
    if (make_body(ctl, request, args, &body, &problem) != SCP_OK)
        return otactl_complain(ctl, OTACTL_FAILED, "%s", problem.text);
    struct otactl_http http = {.method = request->method,
                               .path = path,
                               .idempotency_key = args->option[OTACTL_IDEMPOTENCY_KEY]};
    if (request->file_media != NULL || request->body != NULL) {
        http.media = request->file_media != NULL ? request->file_media : "application/json";
        http.body = rebind_blob_bytes(&body);
    }
    struct otactl_reply reply;
    enum otactl_exit code = otactl_send(ctl, &http, &reply);
    if (code == OTACTL_OK && args->option[OTACTL_WATCH] != NULL)
        code = watch_location(ctl, reply.location); /* whose events show what the reply says */
    else if (code == OTACTL_OK)
        print_reply(ctl, &reply);
    otactl_reply_free(&reply);
    rebind_blob_free(&body);
    return code;
}

enum otactl_exit otactl_run_request(struct otactl *ctl, const struct otactl_command *command,
                                    const struct otactl_arguments *args)
{
    const struct otactl_request *request = &command->request;
    struct rebind_text path = rebind_text_new(PATH_TEXT_MAX);
    add_path(&path, request->path, args);
    add_query(&path, request->query, args);
    enum otactl_exit code;
    if (rebind_text_status(&path) != SCP_OK)
        code = otactl_complain(ctl, OTACTL_USAGE, "an argument is too long");
    else if (request->columns != NULL)
        code = run_list(ctl, request, rebind_text_string(&path));
    else
        code = run_one(ctl, request, args, rebind_text_string(&path));
    rebind_text_free(&path);
    return code;
}
