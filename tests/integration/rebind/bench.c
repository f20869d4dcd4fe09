#include "tests/integration/rebind/bench.h"

#include "agent/card/issue.h"
#include "agent/terminal/terminal.h"
#include "scp/channel/channel.h"
#include "scp/gp/store_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const uint8_t bench_diversification_data[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
const struct session_peer bench_peer = {.guard = true, .targets = true};
const struct session_peer bench_standard_peer = {.guard = false};

const struct scp_key bench_ac_key_a = {{0x01, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0x02}, 16};

enum { ATC_ROOM = 32 };

#define SOCIAL_AID "7378312E73682EC9E7BBE1B1A3D5CF"
#define PPSE_AID "325041592E5359532E4444463031"
#define PSE_AID "315041592E5359532E4444463031"
#define AID_A "A00000033301010141"
/* 61 {4F bank A, 50 "BANK A", 87 01} */
#define ENTRY_A                     \
    "6116"                          \
    "4F09" AID_A "500642414E4B2041" \
    "870101"

static const char issuance[] =
    "diversification_data: '00010203040506070809'\n"
    "iin: '42310000'\n"
    "cin: '9156000011112222'\n"
    "state: secured\n"
    "content:\n"
    "  - package: 7378312E736801\n"
    "    version: '0300'\n"
    "    size: 6000\n"
    "    modules: [7378312E73680101]\n"
    "    instances:\n"
    "      - aid: " SOCIAL_AID "\n"
    "        module: 7378312E73680101\n"
    "        files:\n"
    "          - {ef: '05', records: ['00112233445566778899AABBCCDDEEFF', '01', '332E3030']}\n"
    "          - {ef: '06', records: ['313130', '5A48414E47']}\n"
    "          - {df: '02', ef: '05', records: ['7001AA']}\n"
    "  - package: D15600012701\n"
    "    size: 1500\n"
    "    modules: [D1560001270101]\n"
    "    instances:\n"
    "      - aid: " PPSE_AID "\n"
    "        module: D1560001270101\n"
    "        dgis:\n"
    "          - {dgi: '9103', value: 'A51BBF0C18" ENTRY_A "'}\n"
    "      - aid: " PSE_AID "\n"
    "        module: D1560001270101\n"
    "        dgis:\n"
    "          - {dgi: '9102', value: 'A5088801015F2D027A68'}\n"
    "          - {dgi: '0101', value: '7018" ENTRY_A "'}\n"
    "  - package: A000000333F001\n"
    "    size: 12000\n"
    "    modules: [A000000333F00101]\n"
    "    instances:\n"
    "      - aid: " AID_A "\n"
    "        module: A000000333F00101\n"
    "        dgis:\n"
    "          - {dgi: '0101', value: '70105A0862220000000000155F2403311231'}\n"
    "          - {dgi: '0102', value: '70228C15" BENCH_CDOL1 "8D09910A8A0295059F3704'}\n"
    "          - {dgi: '9102', value: 'A50B500642414E4B2041870101'}\n"
    "          - {dgi: '9104', value: '82021C00940408010200'}\n"
    "          - {dgi: '8000', value: '01010101010101010101010101010102"
    "0202020202020202020202020202020203030303030303030303030303030303'}\n";

/* ---- the way to the card ----------------------------------------------------------------------
 */

static enum scp_error keep_image(void *ctx, size_t at, struct scp_bytes bytes)
{
    struct bench *b = ctx;
    assert_true(at + bytes.len <= sizeof b->image);
    memcpy(b->image + at, bytes.ptr, bytes.len);
    b->image_len = at + bytes.len;
    return SCP_OK;
}

/* TD1 names the first protocol that is offered; without it that is T=0 (ISO/IEC 7816-3 8.2.3). */
static bool offers_t0_first(struct scp_bytes atr)
{
    enum { HAS_TA1 = 0x10, HAS_TB1 = 0x20, HAS_TC1 = 0x40, HAS_TD1 = 0x80 };
    uint8_t format = atr.ptr[1];
    size_t td1 =
        2 + ((format & HAS_TA1) != 0) + ((format & HAS_TB1) != 0) + ((format & HAS_TC1) != 0);
    return (format & HAS_TD1) == 0 || (atr.ptr[td1] & 0x0F) == 0;
}

void bench_power(struct bench *b)
{
    uint8_t atr[SOFTCARD_ATR_MAX];
    size_t atr_len;
    const struct softcard_storage storage = {.ctx = b, .write = keep_image};
    softcard_free(b->card);
    assert_int_equal(
        softcard_restore(scp_bytes_of(b->image, b->image_len), &b->env, storage, &b->card), SCP_OK);
    softcard_power(b->card, atr, &atr_len);
    b->link.t0 = offers_t0_first(scp_bytes_of(atr, atr_len));
    softcard_tear_after(b->card, b->tear_write);
}

static void watch_authentication(struct bench *b, struct scp_bytes command, struct scp_bytes answer)
{
    if (command.ptr[1] != 0x82)
        return;
    b->authentications++;
    if (scp_load_u16(answer.ptr + answer.len - 2) != 0x9000)
        b->refused++;
}

static enum agent_error to_card(void *ctx, struct scp_bytes command, struct scp_writer *response)
{
    struct bench *b = ctx;
    uint8_t memory[SOFTCARD_RESPONSE_MAX];
    struct scp_writer answer = scp_writer_on(memory, sizeof memory);
    if (b->torn)
        return AGENT_NO_CARD;
    enum scp_error error = softcard_transmit(b->card, command, &answer);
    assert_true(error == SCP_OK || (error == SCP_STATE && b->tear_write > 0));
    if (error == SCP_STATE) {
        b->torn = true;
        return AGENT_NO_CARD;
    }
    watch_authentication(b, command, scp_written(&answer));
    b->commands++;
    if (b->commands == b->tear_after) {
        b->torn = true;
        return AGENT_NO_CARD;
    }
    scp_put(response, scp_written(&answer));
    return AGENT_OK;
}

/* ---- making -----------------------------------------------------------------------------------
 */

static struct document *document(const char *name, const char *text)
{
    struct document_problem problem = {.error = DOC_OK};
    struct document *doc = NULL;
    if (doc_new(name, scp_bytes_of(text, strlen(text)), &doc, &problem) != DOC_OK)
        fail_msg("%s", problem.text);
    return doc;
}

/* Three master keys, and the same as a key set file. */
static void make_masters(struct bench *b, size_t len, char *text, size_t size)
{
    struct scp_key *const keys[] = {&b->masters.enc, &b->masters.mac, &b->masters.dek};
    char hex[3][SCP_HEX_SIZE(SCP_KEY_MAX)];
    for (size_t i = 0; i < 3; i++) {
        keys[i]->len = len;
        for (size_t k = 0; k < len; k++)
            keys[i]->bytes[k] = (uint8_t)(0x40 + 0x10 * i + k);
        scp_hex_encode(hex[i], sizeof hex[i], scp_key_bytes(keys[i]));
    }
    snprintf(text, size, "scheme: %s\nenc: '%s'\nmac: '%s'\ndek: '%s'\n",
             scp_diversification_name(b->scheme), hex[0], hex[1], hex[2]);
}

static void issue(struct bench *b, const char *name)
{
    char path[512];
    char keys_text[512];
    struct document_problem problem = {.error = DOC_OK};
    struct document *profile = NULL;
    struct rebind_blob image = {NULL, 0};

    snprintf(path, sizeof path, "%s/configs/profiles/%s.yaml", REBIND_SOURCE_DIR, name);
    assert_int_equal(doc_new_from_file(path, &profile, &problem), DOC_OK);
    assert_true(card_profile_read(profile, &b->profile, &problem));
    size_t key_len = (size_t)doc_integer(doc_get(doc_get(doc_root(profile), "card"), "key_length"),
                                         16, 32, 0, &problem);
    b->scheme = b->profile.protocol == SCP_PROTOCOL_02 ? SCP_DIVERSIFY_EMV : SCP_DIVERSIFY_KDF3;
    make_masters(b, key_len, keys_text, sizeof keys_text);
    struct document *given = document("issuance", issuance);
    struct document *keys = document("keys", keys_text);
    if (!softcard_issue(profile, given, keys, &image, &problem))
        fail_msg("%s:%u: %s", problem.file, problem.line, problem.text);
    assert_int_equal(keep_image(b, 0, rebind_blob_bytes(&image)), SCP_OK);
    rebind_blob_free(&image);
    doc_free(keys);
    doc_free(given);
    doc_free(profile);
}

static void make_record(struct bench *b)
{
    assert_int_equal(scp_diversify(b->scheme, &b->masters, bench_diversification_data, &b->keys),
                     SCP_OK);
    b->session_keys.keys[PLAN_CHANNEL_ISSUER] = scp_keys_of_set(&b->keys);
    b->record.domains[PLAN_CHANNEL_ISSUER] = (struct session_domain){
        .present = true,
        .protocol = b->profile.protocol,
        .i = b->profile.i,
        .kvn = b->profile.kvn,
        .aid = b->profile.isd,
        .counter_known = true,
        .counter = 0,
    };
    memcpy(bench_issuer(b)->diversification_data, bench_diversification_data,
           sizeof bench_diversification_data);
}

struct session_domain *bench_issuer(struct bench *b)
{
    return &b->record.domains[PLAN_CHANNEL_ISSUER];
}

static void social_digest(struct bench *b, char digest[65]);

struct bench *bench_new_with_domain(const char *profile)
{
    struct bench *b = bench_new(profile);
    bench_give_domain_b(b);
    return b;
}

struct bench *bench_new_with_managing_domain(const char *profile)
{
    static const uint8_t authorized[3] = {0x80, 0xC0, 0x00};
    struct bench *b = bench_new_with_domain(profile);
    memcpy(b->domain_b.privileges, authorized, sizeof authorized);
    b->domain_b.manages_content = true;
    return b;
}

struct bench *bench_new(const char *profile)
{
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->env = rebind_env_seeded(&b->seeded, 11, UINT64_C(1700000000000));
    b->link = (struct agent_link){.tpdu = {.ctx = b, .fn = to_card}};
    b->way = agent_transceive_over(&b->link);
    b->bank_a = b->retired = bench_aid(AID_A);
    issue(b, profile);
    make_record(b);
    bench_give_bank_b(b);
    bench_power(b);
    social_digest(b, b->social);
    return b;
}

void bench_free(struct bench *b)
{
    softcard_free(b->card);
    rebind_seeded_fini(&b->seeded);
    free(b);
}

struct bench_snapshot bench_keep(const struct bench *b)
{
    struct bench_snapshot kept = {
        .image = malloc(b->image_len), .len = b->image_len, .record = b->record};
    assert_non_null(kept.image);
    memcpy(kept.image, b->image, kept.len);
    kept.content = b->content;
    return kept;
}

void bench_return_to(struct bench *b, const struct bench_snapshot *kept)
{
    memcpy(b->image, kept->image, kept->len);
    b->image_len = kept->len;
    b->record = kept->record;
    b->content = kept->content;
    b->commands = b->tear_after = b->authentications = b->refused = 0;
    b->tear_write = 0;
    b->torn = false;
    bench_power(b);
}

void bench_snapshot_free(struct bench_snapshot *kept)
{
    free(kept->image);
    kept->image = NULL;
}

struct scp_aid bench_aid(const char *hex)
{
    struct scp_aid parsed;
    assert_int_equal(scp_aid_parse(&parsed, hex), SCP_OK);
    return parsed;
}

/* ---- running ----------------------------------------------------------------------------------
 */

static enum agent_error keep_response(void *ctx, size_t index, size_t total,
                                      struct scp_bytes response)
{
    struct bench_run *run = ctx;
    (void)total;
    assert_int_equal(index, run->count);
    assert_true(run->count < BENCH_RESPONSES_MAX);
    size_t start = run->kept.len;
    scp_put(&run->kept, response);
    assert_int_equal(scp_writer_status(&run->kept), SCP_OK);
    run->items[run->count++] = scp_bytes_of(run->memory + start, response.len);
    return AGENT_OK;
}

void bench_run_script(struct bench *b, struct scp_bytes script, struct scp_writer *out)
{
    struct bench_run *run = &b->run;
    const struct agent_sink sink = {.ctx = run, .fn = keep_response};
    run->kept = scp_writer_on(run->memory, sizeof run->memory);
    run->count = 0;
    agent_run_script(&b->way, script, &sink, &run->end);
    assert_int_not_equal(run->end.end, AGENT_RUN_FORMAT);
    assert_int_equal(scp_script_put_responses(out, run->items, run->count), SCP_OK);
}

struct plan bench_plan(const struct bench *b, enum plan_operation operation)
{
    struct plan plan;
    const struct plan_request request = {
        .operation = operation,
        .product = operation == PLAN_SWITCH ? &b->bank_b : NULL,
        .domain = operation == PLAN_SWITCH && b->has_domain ? &b->domain_b : NULL,
        .observed = &b->content,
        .issuer = &b->profile.isd,
        .retired = &b->retired,
        .retired_count = 1,
        .retire = PLAN_RETIRE_DELETE,
        .personalise_selectable = !b->profile.personalises_in_installed,
        .directories = true,
        .prove = operation == PLAN_SWITCH,
    };
    assert_int_equal(plan_make(&request, &plan), PLAN_OK);
    return plan;
}

struct session_materials bench_materials(struct bench *b)
{
    static const uint8_t cdol_data[29] = {0, 0, 0, 0, 0, 1};
    return (struct session_materials){
        .product = &b->bank_b,
        .domain = &b->domain_b,
        .protect = {.aids = b->profile.protected_aids,
                    .count = b->profile.protected_count,
                    .domain = b->has_domain ? &b->domain_b.aid : NULL},
        .max_command_data = b->profile.max_command_data,
        .cdol_data = SCP_BYTES(cdol_data),
    };
}

void bench_take_result(struct bench *b, const struct session_result *result)
{
    for (size_t i = 0; i < PLAN_CHANNELS; i++) {
        struct session_domain *domain = &b->record.domains[i];
        if (!result->shown[i].counter_seen)
            continue;
        domain->counter_known = true;
        domain->counter = result->shown[i].counter;
    }
}

/* The counters of a script are given out before it is. */
static void take_given_out(struct bench *b, const struct session *s)
{
    for (size_t i = 0; i < PLAN_CHANNELS; i++)
        b->record.domains[i].unused_from = session_domain(s, (enum plan_channel)i)->unused_from;
}

/* An agent of the standard selects the target itself, and stays with it from script to script. */
static void aim(struct bench *b, const struct session *s)
{
    const struct scp_aid target = session_target(s);
    if (scp_aid_equal(&target, &b->target))
        return;
    uint8_t memory[SCP_APDU_MAX];
    uint8_t answer[SCP_RESPONSE_MAX];
    struct scp_writer apdu = scp_writer_on(memory, sizeof memory);
    struct scp_writer response = scp_writer_on(answer, sizeof answer);
    const struct scp_apdu select = scp_select(scp_aid_bytes(&target));
    scp_put_apdu(&apdu, &select);
    (void)!b->way.fn(b->way.ctx, scp_written(&apdu), &response);
    b->target = target;
}

/* One exchange of a visit. */
static void exchange(struct bench *b, struct session *s, const struct session_peer *peer,
                     struct session_result *result)
{
    uint8_t answers[BENCH_RESPONSES_SIZE];
    const char *why = NULL;
    struct scp_writer script = scp_writer_on(b->script_memory, sizeof b->script_memory);
    struct scp_writer w = scp_writer_on(answers, sizeof answers);
    const struct session_materials materials = bench_materials(b);
    enum scp_error error = session_write(s, &b->session_keys, &materials, peer, &script, &why);
    if (error != SCP_OK)
        fail_msg("the script cannot be written: %s (%s)", scp_error_text(error),
                 why == NULL ? "" : why);
    take_given_out(b, s);
    if (!peer->targets)
        aim(b, s);
    bench_run_script(b, scp_written(&script), &w);
    const struct session_exchange sent = {
        .script = scp_written(&script),
        .responses = scp_written(&w),
        .product = &b->bank_b,
        .domain = &b->domain_b,
    };
    assert_int_equal(session_read(s, &b->session_keys, &sent, &b->content, result), SCP_OK);
    bench_take_result(b, result);
}

struct bench_visit bench_visit(struct bench *b, enum plan_operation operation,
                               const struct session_peer *peer)
{
    struct bench_visit visit = {.exchanges = 0};
    struct session_result result;
    struct session s;
    uint8_t seed[SESSION_SEED_SIZE];
    struct plan plan = bench_plan(b, operation);

    rebind_random(&b->env, seed, sizeof seed);
    b->commands = 0;
    b->torn = false;
    b->target = (struct scp_aid){.len = 0};
    bench_power(b);
    session_init(&s, &b->record, seed);
    session_plan(&s, &plan);
    do {
        exchange(b, &s, peer, &result);
        visit.exchanges++;
        visit.r_mac = visit.r_mac || result.shown[PLAN_CHANNEL_ISSUER].r_mac;
        if (result.outcome == SESSION_REPLAN) {
            if (operation == PLAN_AUDIT && b->content.known)
                break;
            plan = bench_plan(b, operation);
            session_plan(&s, &plan);
        }
        assert_true(visit.exchanges < 20);
    } while (result.outcome == SESSION_CONTINUE || result.outcome == SESSION_REPLAN);
    visit.outcome = result.outcome;
    visit.sw = result.sw;
    visit.proof = result.proof;
    b->script_commands = b->commands;
    session_fini(&s);
    return visit;
}

/* ---- assertions -------------------------------------------------------------------------------
 */

static void assert_same_entry(const struct content_entry *a, const struct content_entry *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->life_cycle, b->life_cycle);
    assert_true(scp_aid_equal(&a->aid, &b->aid));
    if (a->load_file.len != 0 && b->load_file.len != 0)
        assert_true(scp_aid_equal(&a->load_file, &b->load_file));
    assert_memory_equal(a->privileges, b->privileges, sizeof a->privileges);
}

void assert_record_is_true(struct bench *b)
{
    struct card_content claimed = b->content;
    assert_true(claimed.known);
    assert_int_equal(bench_visit(b, PLAN_AUDIT, &bench_peer).outcome, SESSION_REPLAN);
    assert_int_equal(claimed.count, b->content.count);
    for (size_t i = 0; i < claimed.count; i++) {
        const struct content_entry *read = content_find(&b->content, &claimed.entries[i].aid);
        assert_non_null(read);
        assert_same_entry(&claimed.entries[i], read);
    }
    assert_int_equal(claimed.free_known, b->content.free_known);
    /* The first transaction, which is the proof, takes the room of its counter. */
    assert_in_range(claimed.free_non_volatile, b->content.free_non_volatile,
                    b->content.free_non_volatile + ATC_ROOM);
}

static enum terminal_result pay(struct bench *b, const struct scp_key *key, json_t **findings)
{
    struct rebind_problem problem = {{0}};
    const struct terminal terminal = {.card = &b->way, .env = &b->env, .problem = &problem};
    const struct terminal_payment payment = {.ac_key = key, .amount = 100};
    enum terminal_result result = terminal_pay(&terminal, &payment, findings);
    if (result != TERMINAL_OK && result != TERMINAL_ABSENT)
        print_error("pay: %s\n", problem.text);
    return result;
}

void assert_listed_bank_pays(struct bench *b, struct scp_aid *paid)
{
    json_t *findings = NULL;
    size_t tear_after = b->tear_after;
    b->tear_after = 0;
    b->torn = false;
    assert_int_equal(pay(b, NULL, &findings), TERMINAL_OK);
    *paid = bench_aid(json_string_value(json_object_get(findings, "aid")));
    json_decref(findings);
    bool is_b = scp_aid_equal(paid, &b->bank_b.instance);
    assert_true(is_b || scp_aid_equal(paid, &b->bank_a));
    findings = NULL;
    assert_int_equal(pay(b, is_b ? &bench_ac_key_b : &bench_ac_key_a, &findings), TERMINAL_OK);
    json_decref(findings);
    b->tear_after = tear_after;
}

bool bench_pays(struct bench *b)
{
    struct scp_aid paid;
    json_t *findings = NULL;
    enum terminal_result result = pay(b, NULL, &findings);
    json_decref(findings);
    if (result == TERMINAL_ABSENT)
        return false;
    assert_listed_bank_pays(b, &paid);
    return true;
}

static void social_digest(struct bench *b, char digest[65])
{
    struct rebind_problem problem = {{0}};
    const struct terminal terminal = {.card = &b->way, .env = &b->env, .problem = &problem};
    json_t *findings = NULL;
    if (terminal_social(&terminal, &findings) != TERMINAL_OK)
        fail_msg("social: %s", problem.text);
    const char *text = json_string_value(json_object_get(findings, "sha256"));
    assert_non_null(text);
    snprintf(digest, 65, "%s", text);
    json_decref(findings);
}

void assert_social_security_is_as_issued(struct bench *b)
{
    char now[65];
    size_t tear_after = b->tear_after;
    b->tear_after = 0;
    b->torn = false;
    social_digest(b, now);
    assert_string_equal(now, b->social);
    b->tear_after = tear_after;
}
