/* ota-policy draw: commit to a draw, hold it, check one. */
#include "policies/ota-policy/draw_file.h"
#include "policies/ota-policy/json.h"
#include "scp/host/env.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_TEXT = SCP_HEX_SIZE(POLICY_DRAW_HASH_SIZE) };

static enum ota_policy_exit complain(enum ota_policy_exit status, const char *what)
{
    (void)fprintf(stderr, "ota-policy: %s\n", what);
    return status;
}

/* ---- committing --------------------------------------------------------------------------- */

static enum ota_policy_exit commit(const struct draw_file *draw,
                                   const struct ota_policy_options *options)
{
    uint8_t secret[POLICY_DRAW_SECRET_SIZE];
    uint8_t commitment[POLICY_DRAW_HASH_SIZE];
    char secret_text[HASH_TEXT];
    char commitment_text[HASH_TEXT];
    struct rebind_env env = rebind_env_system();
    rebind_random(&env, secret, sizeof secret);
    if (policy_draw_commit(draw->terms_hash, options->party, secret, commitment) != SCP_OK)
        return complain(OTA_POLICY_BAD, "the name of a party has at most 64 bytes");
    (void)scp_hex_encode(secret_text, HASH_TEXT, SCP_BYTES(secret));
    (void)scp_hex_encode(commitment_text, HASH_TEXT, SCP_BYTES(commitment));
    if (options->json)
        return ota_policy_json_print(json_pack("{s:s, s:s, s:s}", "party", options->party,
                                               "commitment", commitment_text, "secret",
                                               secret_text),
                                     OTA_POLICY_OK);
    (void)printf("# Publish the commitment now, the secret when all commitments are published.\n"
                 "%s: {commitment: %s,\n    secret: %s}\n",
                 options->party, commitment_text, secret_text);
    return OTA_POLICY_OK;
}

/* ---- drawing ------------------------------------------------------------------------------ */

struct drawn {
    uint8_t seed[POLICY_DRAW_HASH_SIZE];
    struct policy_deal deal;
    int64_t quotas[POLICY_CANDIDATES_MAX];
};

static void drawn_free(struct drawn *drawn)
{
    free(drawn->deal.order);
    free(drawn->deal.banks);
}

static enum ota_policy_exit find_seed(const struct draw_file *draw, uint8_t *seed)
{
    size_t cheat = 0;
    if (draw->party_count == 0)
        return complain(OTA_POLICY_FAILED, "nobody has committed: the draw has no parties");
    for (size_t i = 0; i < draw->party_count; i++) {
        if (draw->revealed[i])
            continue;
        (void)fprintf(stderr, "ota-policy: %s has not revealed its secret\n",
                      draw->parties[i].name);
        return OTA_POLICY_FAILED;
    }
    enum scp_error error =
        policy_draw_seed(draw->terms_hash, draw->parties, draw->party_count, seed, &cheat);
    if (error == SCP_OK)
        return OTA_POLICY_OK;
    if (error != SCP_MISMATCH)
        return complain(OTA_POLICY_BAD, "the seed cannot be worked out");
    (void)fprintf(stderr, "ota-policy: the secret of %s is not the one it committed to\n",
                  draw->parties[cheat].name);
    return OTA_POLICY_FAILED;
}

static enum ota_policy_exit hold(const struct draw_file *draw, struct drawn *drawn)
{
    *drawn = (struct drawn){0};
    enum ota_policy_exit status = find_seed(draw, drawn->seed);
    if (status != OTA_POLICY_OK)
        return status;
    drawn->deal = (struct policy_deal){
        .count = draw->card_count,
        .order = calloc(draw->card_count, sizeof *drawn->deal.order),
        .banks = calloc(draw->card_count, sizeof *drawn->deal.banks),
        .quotas = drawn->quotas,
    };
    if (drawn->deal.order == NULL || drawn->deal.banks == NULL)
        return complain(OTA_POLICY_BAD, "memory is exhausted");
    if (policy_draw_deal(&draw->terms, drawn->seed, &drawn->deal) != SCP_OK)
        return complain(OTA_POLICY_BAD, "the cards cannot be dealt");
    return OTA_POLICY_OK;
}

static const char *bank_of(const struct draw_file *draw, const struct drawn *drawn, size_t card)
{
    return draw->candidates[drawn->deal.banks[card]].bank;
}

static enum ota_policy_exit print_result(const struct draw_file *draw, const struct drawn *drawn)
{
    (void)puts("card,bank");
    for (size_t i = 0; i < draw->card_count; i++)
        (void)printf("%s,%s\n", draw->cards[i], bank_of(draw, drawn, i));
    return OTA_POLICY_OK;
}

static enum ota_policy_exit print_json(const struct draw_file *draw, const struct drawn *drawn)
{
    char seed[HASH_TEXT];
    json_t *quotas = json_object();
    json_t *cards = json_object();
    (void)scp_hex_encode(seed, HASH_TEXT, SCP_BYTES(drawn->seed));
    for (size_t i = 0; i < draw->terms.candidate_count; i++)
        (void)json_object_set_new(quotas, draw->candidates[i].bank,
                                  json_integer((json_int_t)drawn->quotas[i]));
    for (size_t i = 0; i < draw->card_count; i++)
        (void)json_object_set_new(cards, draw->cards[i], json_string(bank_of(draw, drawn, i)));
    return ota_policy_json_print(json_pack("{s:s, s:s, s:o, s:o}", "draw", draw->terms.name, "seed",
                                           seed, "quotas", quotas, "cards", cards),
                                 OTA_POLICY_OK);
}

/* ---- verifying ---------------------------------------------------------------------------- */

/* Line `number` (from 0) of the result that should be. */
static bool is_line(const struct draw_file *draw, const struct drawn *drawn, size_t number,
                    const char *line)
{
    if (number == 0)
        return strcmp(line, "card,bank") == 0;
    if (number > draw->card_count)
        return false;
    const char *card = draw->cards[number - 1];
    size_t len = strlen(card);
    return strncmp(line, card, len) == 0 && line[len] == ',' &&
           strcmp(line + len + 1, bank_of(draw, drawn, number - 1)) == 0;
}

static enum ota_policy_exit verify(const struct draw_file *draw, const struct drawn *drawn,
                                   const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    size_t number = 0;
    bool same = true;
    if (file == NULL)
        return complain(OTA_POLICY_BAD, "the result cannot be opened");
    while (same && getline(&line, &cap, file) >= 0) {
        line[strcspn(line, "\r\n")] = '\0';
        same = is_line(draw, drawn, number++, line);
    }
    free(line);
    (void)fclose(file);
    if (same && number == draw->card_count + 1) {
        (void)printf("%s is what %s gives: %zu cards\n", path, draw->terms.name, draw->card_count);
        return OTA_POLICY_OK;
    }
    (void)printf("%s:%zu: this is not what %s gives\n", path, same ? number + 1 : number,
                 draw->terms.name);
    return OTA_POLICY_FAILED;
}

static enum ota_policy_exit draw_or_verify(const struct draw_file *draw,
                                           const struct ota_policy_options *options)
{
    struct drawn drawn;
    enum ota_policy_exit status = hold(draw, &drawn);
    if (status == OTA_POLICY_OK && options->verify != NULL)
        status = verify(draw, &drawn, options->verify);
    else if (status == OTA_POLICY_OK)
        status = options->json ? print_json(draw, &drawn) : print_result(draw, &drawn);
    drawn_free(&drawn);
    return status;
}

enum ota_policy_exit ota_policy_draw(const struct ota_policy_options *options)
{
    struct document_problem problem = {0};
    struct draw_file *draw = malloc(sizeof *draw);
    enum ota_policy_exit status = OTA_POLICY_BAD;
    if (draw == NULL)
        return complain(OTA_POLICY_BAD, "memory is exhausted");
    if (!draw_file_open(draw, options->files[0], &problem))
        ota_policy_print_problem(&problem);
    else if (options->party != NULL)
        status = commit(draw, options);
    else
        status = draw_or_verify(draw, options);
    draw_file_close(draw);
    free(draw);
    return status;
}
