/* ota-policy draw: commit to a draw, hold it, check one. */
#include "policies/ota-policy/draw_file.h"
#include "policies/ota-policy/json.h"
#include "scp/base/secret.h"
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

static enum ota_policy_exit print_commitment(const struct ota_policy_options *options,
                                             const char *commitment, const char *secret)
{
    if (options->json)
        return ota_policy_json_print(json_pack("{s:s, s:s, s:s}", "party", options->party,
                                               "commitment", commitment, "secret", secret),
                                     OTA_POLICY_OK);
    (void)printf("# Publish the commitment now, the secret when all commitments are published.\n"
                 "%s: {commitment: %s,\n    secret: %s}\n",
                 options->party, commitment, secret);
    return OTA_POLICY_OK;
}

/* A line feed in it would end the name early in what is hashed. */
static bool is_party_name(const char *name)
{
    return name[0] != '\0' && strchr(name, '\n') == NULL && strlen(name) <= POLICY_DRAW_NAME_MAX;
}

static enum ota_policy_exit commit(const struct draw_file *draw,
                                   const struct ota_policy_options *options)
{
    uint8_t secret[POLICY_DRAW_SECRET_SIZE];
    uint8_t commitment[POLICY_DRAW_HASH_SIZE];
    char secret_text[HASH_TEXT];
    char commitment_text[HASH_TEXT];
    struct rebind_env env = rebind_env_system();
    if (!is_party_name(options->party))
        return complain(OTA_POLICY_BAD, "the name of a party has 1 to 64 bytes in one line");
    rebind_random(&env, secret, sizeof secret);
    enum ota_policy_exit status = OTA_POLICY_BAD;
    if (policy_draw_commit(draw->terms_hash, options->party, secret, commitment) == SCP_OK) {
        (void)scp_hex_encode(secret_text, HASH_TEXT, SCP_BYTES(secret));
        (void)scp_hex_encode(commitment_text, HASH_TEXT, SCP_BYTES(commitment));
        status = print_commitment(options, commitment_text, secret_text);
    } else
        (void)complain(status, "the commitment cannot be worked out");
    scp_wipe(secret, sizeof secret);
    scp_wipe(secret_text, sizeof secret_text);
    return status;
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

static json_t *parties_json(const struct draw_file *draw)
{
    json_t *parties = json_array();
    for (size_t i = 0; i < draw->party_count; i++)
        (void)json_array_append_new(parties, json_string(draw->parties[i].name));
    return parties;
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
    return ota_policy_json_print(json_pack("{s:s, s:s, s:o, s:o, s:o}", "draw", draw->terms.name,
                                           "seed", seed, "parties", parties_json(draw), "quotas",
                                           quotas, "cards", cards),
                                 OTA_POLICY_OK);
}

/* ---- verifying ---------------------------------------------------------------------------- */

/* Line `number` (from 0) of the result that should be: all of its bytes, so that nothing can hide
 * behind a NUL or a carriage return. */
static bool is_line(const struct draw_file *draw, const struct drawn *drawn, size_t number,
                    struct scp_bytes line)
{
    static const char header[] = "card,bank";
    if (number == 0)
        return scp_bytes_equal(line, scp_bytes_of(header, sizeof header - 1));
    if (number > draw->card_count)
        return false;
    const char *card = draw->cards[number - 1];
    const char *bank = bank_of(draw, drawn, number - 1);
    size_t len = strlen(card);
    return line.len == len + 1 + strlen(bank) && memcmp(line.ptr, card, len) == 0 &&
           line.ptr[len] == ',' && memcmp(line.ptr + len + 1, bank, strlen(bank)) == 0;
}

/* What getline gave, without the end of the line: a line feed, or both of MS-DOS. */
static struct scp_bytes without_end(const char *line, size_t len)
{
    if (len > 0 && line[len - 1] == '\n') {
        len--;
        len -= len > 0 && line[len - 1] == '\r';
    }
    return scp_bytes_of(line, len);
}

/* The first line (from 1) of the result that is not as it should be; 0 when all are. */
static size_t find_difference(const struct draw_file *draw, const struct drawn *drawn, FILE *result)
{
    char *line = NULL;
    size_t cap = 0;
    size_t number = 0;
    bool same = true;
    for (ssize_t len = 0; same && (len = getline(&line, &cap, result)) >= 0;)
        same = is_line(draw, drawn, number++, without_end(line, (size_t)len));
    free(line);
    if (!same)
        return number;
    return number == draw->card_count + 1 ? 0 : number + 1;
}

/* Whose secrets made the seed is told, so that each party sees whether its own was left out. */
static void print_verdict(const struct draw_file *draw, const char *path, size_t line)
{
    if (line > 0) {
        (void)printf("%s:%zu: this is not what %s gives\n", path, line, draw->terms.name);
        return;
    }
    (void)printf("%s is what %s gives: %zu cards\nby the secrets of", path, draw->terms.name,
                 draw->card_count);
    for (size_t i = 0; i < draw->party_count; i++)
        (void)printf("%s %s", i > 0 ? "," : "", draw->parties[i].name);
    (void)putchar('\n');
}

static enum ota_policy_exit verify(const struct draw_file *draw, const struct drawn *drawn,
                                   const struct ota_policy_options *options)
{
    FILE *file = fopen(options->verify, "r");
    if (file == NULL)
        return complain(OTA_POLICY_BAD, "the result cannot be opened");
    size_t line = find_difference(draw, drawn, file);
    bool failed = ferror(file) != 0;
    (void)fclose(file);
    if (failed)
        return complain(OTA_POLICY_BAD, "the result cannot be read");
    enum ota_policy_exit status = line == 0 ? OTA_POLICY_OK : OTA_POLICY_FAILED;
    if (options->json)
        return ota_policy_json_print(
            json_pack("{s:s, s:b, s:I, s:I, s:o}", "draw", draw->terms.name, "same", line == 0,
                      "line", (json_int_t)line, "cards", (json_int_t)draw->card_count, "parties",
                      parties_json(draw)),
            status);
    print_verdict(draw, options->verify, line);
    return status;
}

static enum ota_policy_exit draw_or_verify(const struct draw_file *draw,
                                           const struct ota_policy_options *options)
{
    struct drawn drawn;
    enum ota_policy_exit status = hold(draw, &drawn);
    if (status == OTA_POLICY_OK && options->verify != NULL)
        status = verify(draw, &drawn, options);
    else if (status == OTA_POLICY_OK)
        status = options->json ? print_json(draw, &drawn) : print_result(draw, &drawn);
    drawn_free(&drawn);
    return status;
}

enum ota_policy_exit ota_policy_draw(const struct ota_policy_options *options)
{
    struct document_problem problem = {0};
    enum ota_policy_exit status = OTA_POLICY_BAD;
    if (options->party != NULL && options->verify != NULL)
        return complain(status, "--commit and --verify are two commands");
    struct draw_file *draw = malloc(sizeof *draw);
    if (draw == NULL)
        return complain(OTA_POLICY_BAD, "memory is exhausted");
    if (!draw_file_open(draw, options->files[0], &problem))
        (void)ota_policy_refuse(options, &problem);
    else if (options->party != NULL)
        status = commit(draw, options);
    else
        status = draw_or_verify(draw, options);
    draw_file_close(draw);
    free(draw);
    return status;
}
