#include "agent/card/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/card/issue.h"
#include "agent/card/show.h"
#include "agent/card/vpcd.h"
#include "scp/gp/apdu.h"
#include "scp/gp/status_words.h"
#include "scp/host/file.h"
#include "scp/host/text.h"

enum { CARD_MODE = 0600, PATH_LEN_MAX = 4096 };

static int fail(const char *text)
{
    (void)fprintf(stderr, "softcard: %s\n", text);
    return EXIT_FAILURE;
}

/* ---- making a card --------------------------------------------------------------------------- */

/* A name without a slash or an ending is looked up in the folder of profiles. */
static bool is_file_name(const char *profile)
{
    const char *dot = strrchr(profile, '.');
    return strchr(profile, '/') != NULL || (dot != NULL && strcmp(dot, ".yaml") == 0);
}

static void put_profile_path(const struct cli_options *options, struct rebind_text *path)
{
    if (is_file_name(options->profile))
        rebind_text_add(path, options->profile);
    else
        rebind_text_addf(path, "%s/%s.yaml", options->profiles, options->profile);
}

/* Issue a card into a file that must not exist. */
static int make_card(const struct cli_options *options, const char *out)
{
    struct document_problem problem = {0};
    struct rebind_problem why = {{0}};
    struct rebind_blob image = {NULL, 0};
    struct rebind_text profile = rebind_text_new(PATH_LEN_MAX);
    char text[DOC_PROBLEM_SIZE];
    put_profile_path(options, &profile);
    const struct softcard_issue_files files = {.profile = rebind_text_string(&profile),
                                               .issuance = options->issuance,
                                               .keys = options->keys};
    bool issued = softcard_issue_from_files(&files, &image, &problem);
    rebind_text_free(&profile);
    if (!issued) {
        (void)fputs(doc_problem_format(&problem, text, sizeof text), stderr);
        return EXIT_FAILURE;
    }
    enum scp_error error = rebind_file_create(out, rebind_blob_bytes(&image), CARD_MODE, &why);
    rebind_blob_free(&image);
    return error == SCP_OK ? EXIT_SUCCESS : fail(why.text);
}

int cli_new(const struct cli_options *options)
{
    return make_card(options, options->out);
}

/* ---- commands on a card ---------------------------------------------------------------------- */

static struct softcard *open_card(const char *path)
{
    struct rebind_env env = rebind_env_system();
    struct rebind_problem why = {{0}};
    struct softcard *card = NULL;
    if (softcard_open(path, &env, &card, &why) != SCP_OK)
        (void)fail(why.text);
    return card;
}

int cli_show(const struct cli_options *options)
{
    struct softcard *card = open_card(options->arguments[0]);
    if (card == NULL)
        return EXIT_FAILURE;
    bool shown = true;
    if (options->json)
        shown = softcard_show_json(stdout, card);
    else
        softcard_show(stdout, card);
    softcard_close(card);
    return shown ? EXIT_SUCCESS : fail(scp_error_text(SCP_NO_MEMORY));
}

static int power_was_cut(const struct softcard *card)
{
    (void)fprintf(stderr, "softcard: the power was cut at write %llu\n",
                  (unsigned long long)softcard_writes(card) + 1);
    return CLI_POWER_CUT;
}

static void print_answer(const struct scp_response *answer, const struct cli_options *options,
                         uint64_t busy_us)
{
    char text[SCP_HEX_SIZE(SOFTCARD_RESPONSE_MAX)];
    (void)printf("%s %04X %s", scp_hex_encode(text, sizeof text, answer->data), answer->sw,
                 scp_sw_text(answer->sw));
    if (options->timing)
        (void)printf(", %llu.%03llu ms", (unsigned long long)busy_us / 1000,
                     (unsigned long long)busy_us % 1000);
    (void)putchar('\n');
}

static int transmit_hex(struct softcard *card, const struct cli_options *options, const char *hex)
{
    uint8_t command[SCP_APDU_MAX];
    uint8_t buffer[SOFTCARD_RESPONSE_MAX];
    struct scp_writer w = scp_writer_on(command, sizeof command);
    struct scp_writer response = scp_writer_on(buffer, sizeof buffer);
    struct scp_response answer;
    if (scp_hex_decode(hex, &w) != SCP_OK) {
        (void)fprintf(stderr, "softcard: '%s' is no command in hex\n", hex);
        return EXIT_FAILURE;
    }
    uint64_t before = softcard_busy_us(card);
    enum scp_error error = softcard_transmit(card, scp_written(&w), &response);
    if (error == SCP_STATE)
        return power_was_cut(card);
    if (error != SCP_OK || scp_response_parse(scp_written(&response), &answer) != SCP_OK)
        return fail(scp_error_text(error));
    print_answer(&answer, options, softcard_busy_us(card) - before);
    return EXIT_SUCCESS;
}

int cli_apdu(const struct cli_options *options)
{
    struct softcard *card = open_card(options->arguments[0]);
    if (card == NULL)
        return EXIT_FAILURE;
    softcard_tear_after(card, options->tear_after);
    int status = EXIT_SUCCESS;
    for (size_t i = 1; status == EXIT_SUCCESS && i < options->count; i++)
        status = transmit_hex(card, options, options->arguments[i]);
    softcard_close(card);
    return status;
}

/* ---- a virtual reader ------------------------------------------------------------------------ */

static int serve(const struct cli_options *options, const char *path)
{
    struct rebind_problem why = {{0}};
    int socket = -1;
    struct softcard *card = open_card(path);
    if (card == NULL)
        return EXIT_FAILURE;
    softcard_tear_after(card, options->tear_after);
    enum scp_error error = softcard_vpcd_connect(options->host, options->port, &socket, &why);
    if (error == SCP_OK) {
        error = softcard_vpcd_serve(card, socket, options->real_time, &why);
        (void)close(socket);
    }
    int status = error == SCP_OK      ? EXIT_SUCCESS
                 : error == SCP_STATE ? power_was_cut(card)
                                      : fail(why.text);
    softcard_close(card);
    return status;
}

int cli_vpcd(const struct cli_options *options)
{
    return serve(options, options->arguments[0]);
}

int cli_state(const struct cli_options *options)
{
    bool missing = access(options->state, F_OK) != 0;
    if (missing && options->profile == NULL) {
        (void)fprintf(stderr, "softcard: there is no %s yet; --profile says what card to make\n",
                      options->state);
        return EXIT_FAILURE;
    }
    int status = missing ? make_card(options, options->state) : EXIT_SUCCESS;
    return status == EXIT_SUCCESS ? serve(options, options->state) : status;
}
