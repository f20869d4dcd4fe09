#include "agent/terminal/terminal.h"

#include "scp/gp/status_words.h"

#include <stdlib.h>

bool terminal_send(const struct terminal *terminal, const struct scp_apdu *apdu,
                   struct agent_answer *answer)
{
    uint8_t buffer[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_apdu(&w, apdu);
    enum agent_error error = AGENT_CARD_ANSWER;
    if (scp_writer_status(&w) == SCP_OK)
        error = agent_send(terminal->card, scp_written(&w), answer);
    if (error != AGENT_OK)
        (void)rebind_problem_set(terminal->problem, SCP_IO, "%s", agent_error_text(error));
    return error == AGENT_OK;
}

enum terminal_result terminal_refused(const struct terminal *terminal, const char *what,
                                      uint16_t sw)
{
    (void)rebind_problem_set(terminal->problem, SCP_STATUS_WORD, "%s: the card answered %04X (%s)",
                             what, sw, scp_sw_text(sw));
    return TERMINAL_FAILED;
}

enum terminal_result terminal_malformed(const struct terminal *terminal, const char *what)
{
    (void)rebind_problem_set(terminal->problem, SCP_MALFORMED,
                             "%s: the card's answer does not have the form it must have", what);
    return TERMINAL_FAILED;
}

json_t *terminal_hex(struct scp_bytes bytes)
{
    char *text = malloc(SCP_HEX_SIZE(bytes.len));
    if (text == NULL)
        return NULL;
    json_t *hex = json_string(scp_hex_encode(text, SCP_HEX_SIZE(bytes.len), bytes));
    free(text);
    return hex;
}
