#include "scp/host/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "scp/host/text.h"

enum { LINE_MAX_CHARS = 64 * 1024 };

static const char *const level_names[] = {
    [REBIND_LOG_DEBUG] = "debug",
    [REBIND_LOG_INFO] = "info",
    [REBIND_LOG_WARN] = "warn",
    [REBIND_LOG_ERROR] = "error",
};

struct rebind_log {
    FILE *to;
    enum rebind_log_level least;
    const struct rebind_env *env;
    pthread_mutex_t lock; /* the members below */
    struct rebind_text line;
    uint64_t lost;
};

struct rebind_log *rebind_log_new(FILE *to, enum rebind_log_level least,
                                  const struct rebind_env *env)
{
    struct rebind_log *log = calloc(1, sizeof *log);
    if (log == NULL)
        return NULL;
    log->to = to;
    log->least = least;
    log->env = env;
    log->line = rebind_text_new(LINE_MAX_CHARS);
    pthread_mutex_init(&log->lock, NULL);
    return log;
}

void rebind_log_free(struct rebind_log *log)
{
    if (log == NULL)
        return;
    rebind_text_free(&log->line);
    pthread_mutex_destroy(&log->lock);
    free(log);
}

bool rebind_log_takes(const struct rebind_log *log, enum rebind_log_level level)
{
    return log != NULL && level >= log->least;
}

uint64_t rebind_log_lost(struct rebind_log *log)
{
    pthread_mutex_lock(&log->lock);
    uint64_t lost = log->lost;
    pthread_mutex_unlock(&log->lock);
    return lost;
}

static void add_value(struct rebind_text *line, const struct rebind_field *field)
{
    switch (field->type) {
    case REBIND_FIELD_TEXT:
        if (field->value.text == NULL)
            rebind_text_add(line, "null");
        else
            rebind_text_add_json(line, field->value.text, strlen(field->value.text));
        break;
    case REBIND_FIELD_INT:
        rebind_text_addf(line, "%" PRId64, field->value.i);
        break;
    case REBIND_FIELD_UINT:
        rebind_text_addf(line, "%" PRIu64, field->value.u);
        break;
    case REBIND_FIELD_BOOL:
        rebind_text_add(line, field->value.b ? "true" : "false");
        break;
    case REBIND_FIELD_HEX:
        rebind_text_add_char(line, '"');
        rebind_text_add_hex(line, field->value.hex);
        rebind_text_add_char(line, '"');
        break;
    }
}

static void write_line(struct rebind_log *log)
{
    struct rebind_text *line = &log->line;
    if (rebind_text_status(line) != SCP_OK ||
        fwrite(line->ptr, 1, line->len, log->to) != line->len || fflush(log->to) != 0)
        log->lost++;
}

void rebind_log_record(struct rebind_log *log, enum rebind_log_level level, const char *event,
                       const struct rebind_field *fields, size_t count)
{
    if (!rebind_log_takes(log, level))
        return;
    char time[REBIND_TIME_SIZE];
    pthread_mutex_lock(&log->lock);
    struct rebind_text *line = &log->line;
    rebind_text_clear(line);
    rebind_text_addf(line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":",
                     rebind_time_format(rebind_now_ms(log->env), time), level_names[level]);
    rebind_text_add_json(line, event, strlen(event));
    for (size_t i = 0; i < count; i++) {
        rebind_text_addf(line, ",\"%s\":", fields[i].key);
        add_value(line, &fields[i]);
    }
    rebind_text_add(line, "}\n");
    write_line(log);
    pthread_mutex_unlock(&log->lock);
}

void rebind_log_event(struct rebind_log *log, enum rebind_log_level level, const char *event)
{
    rebind_log_record(log, level, event, NULL, 0);
}

enum scp_error rebind_log_level_from_name(const char *name, enum rebind_log_level *out)
{
    for (size_t i = 0; i < sizeof level_names / sizeof level_names[0]; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *out = (enum rebind_log_level)i;
            return SCP_OK;
        }
    }
    return SCP_NOT_FOUND;
}
