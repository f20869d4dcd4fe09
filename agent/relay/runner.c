#include "agent/relay/runner.h"

#include "scp/gp/apdu.h"

enum { INS_SELECT = 0xA4, SELECT_BY_NAME = 0x04 };

static const char *const end_names[] = {
    [AGENT_RUN_COMPLETE] = "complete", [AGENT_RUN_STATUS] = "status-word",
    [AGENT_RUN_GUARD] = "guard",       [AGENT_RUN_CARD] = "card",
    [AGENT_RUN_SINK] = "journal",      [AGENT_RUN_FORMAT] = "script-format",
};

const char *agent_run_end_name(enum agent_run_end end)
{
    return (size_t)end < sizeof end_names / sizeof end_names[0] ? end_names[end] : "?";
}

static bool selects(struct scp_bytes command)
{
    struct scp_apdu apdu;
    return scp_apdu_parse(command, &apdu) == SCP_OK && apdu.ins == INS_SELECT &&
           apdu.p1 == SELECT_BY_NAME;
}

enum scp_error agent_script_inspect(struct scp_bytes script, struct agent_script_info *info)
{
    struct scp_script_reader reader;
    *info = (struct agent_script_info){0};
    SCP_TRY(scp_script_open(&reader, script));
    info->extended = reader.extended;
    for (;;) {
        struct scp_script_command command;
        enum scp_error error = scp_script_next(&reader, &command);
        if (error == SCP_NOT_FOUND)
            return SCP_OK;
        if (error != SCP_OK)
            return error;
        if (info->commands == SCP_SCRIPT_COMMANDS_MAX)
            return SCP_TOO_LONG;
        if (info->commands == 0)
            info->selects_first = selects(command.apdu);
        info->commands++;
    }
}

static void stop(struct agent_run *run, enum agent_run_end end, enum agent_error error)
{
    run->end = end;
    run->error = error;
}

/* Judge an answer that has been recorded; whether the next command may be sent. */
static bool may_go_on(const struct scp_script_command *command, const struct agent_answer *answer,
                      struct agent_run *run)
{
    bool holds = false;
    if (!scp_script_accepts(command, answer->sw))
        stop(run, AGENT_RUN_STATUS, AGENT_OK);
    else if (scp_script_guard_holds(command, answer->data, &holds) != SCP_OK || !holds)
        stop(run, AGENT_RUN_GUARD, AGENT_OK);
    else
        return true;
    return false;
}

/* One command: send, record, judge. */
static bool step(const struct agent_transceive *card, const struct scp_script_command *command,
                 const struct agent_sink *sink, struct agent_run *run)
{
    struct agent_answer answer;
    enum agent_error error = agent_send(card, command->apdu, &answer);
    if (error != AGENT_OK) {
        stop(run, AGENT_RUN_CARD, error);
        return false;
    }
    run->last_sw = answer.sw;
    error = sink->fn(sink->ctx, run->executed, run->total,
                     scp_bytes_of(answer.buffer, answer.data.len + sizeof answer.sw));
    if (error != AGENT_OK) {
        stop(run, AGENT_RUN_SINK, error);
        return false;
    }
    run->executed++;
    return may_go_on(command, &answer, run);
}

void agent_run_script(const struct agent_transceive *card, struct scp_bytes script,
                      const struct agent_sink *sink, struct agent_run *run)
{
    struct agent_script_info info;
    struct scp_script_reader reader;
    *run = (struct agent_run){.end = AGENT_RUN_COMPLETE};
    run->format = agent_script_inspect(script, &info);
    if (run->format == SCP_OK)
        run->format = scp_script_open(&reader, script);
    if (run->format != SCP_OK) {
        stop(run, AGENT_RUN_FORMAT, AGENT_SCRIPT);
        return;
    }
    run->total = info.commands;
    struct scp_script_command command;
    while (scp_script_next(&reader, &command) == SCP_OK)
        if (!step(card, &command, sink, run))
            return;
}
