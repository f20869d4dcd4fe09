#include "tests/integration/rebind/office.h"

#include "ota-server/rebind/policy_cache.h"
#include "ota-server/vault/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define assert_ok(call) assert_int_equal((call), STORE_OK)

const struct contact_agent office_agent = {
    .id = "agent-1", .region = "310000", .peer = {.guard = true, .targets = true}};
const struct contact_agent office_other_agent = {
    .id = "agent-2", .region = "310000", .peer = {.guard = true, .targets = true}};
const struct contact_agent office_foreign_agent = {
    .id = "agent-3", .region = "440000", .peer = {.guard = true, .targets = true}};

static const char templates[] =
    "[{\"dgi\": \"0101\", \"value\": \"70(5A 5F24)\"},"
    " {\"dgi\": \"0102\", \"value\": \"70(8C=" BENCH_CDOL1 " 8D=910A8A0295059F3704)\"},"
    " {\"dgi\": \"9102\", \"value\": \"A5(50=42414E4B2042 87=01)\"},"
    " {\"dgi\": \"9104\", \"value\": \"82=1C00 94=08010200\"},"
    " {\"dgi\": \"8000\", \"value\": \"#DF01 #DF02 #DF03\", \"sensitive\": true},"
    " {\"dgi\": \"8010\", \"value\": \"#DF10\", \"sensitive\": true}]";

static const char keeping_policy[] =
    "version: 1\n"
    "name: keeps\n"
    "rules:\n"
    "  - id: anybody\n"
    "    effect: allow\n"
    "    when: {request.action: {in: [bind, switch, revoke, suspend, resume, load, purge]}}\n"
    "    reason: It is allowed.\n"
    "    obligations: {retire_old_bank: keep}\n";

static const char policy[] =
    "version: 1\n"
    "name: test\n"
    "rules:\n"
    "  - id: anybody\n"
    "    effect: allow\n"
    "    when: {request.action: {in: [bind, switch, revoke, suspend, resume, load, purge]}}\n"
    "    reason: It is allowed.\n"
    "    obligations: {retire_old_bank: delete}\n"
    "  - id: old-cards\n"
    "    effect: deny\n"
    "    when: {card.generation: \"1\"}\n"
    "    reason: Old cards stay as they are.\n";

static const struct scp_key transport_key = {{0x71, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 32};

struct store_tx *office_tx(struct office *o, enum store_mode mode)
{
    struct store_tx *tx = NULL;
    assert_ok(store_begin(o->store, mode, &tx));
    return tx;
}

/* ---- making -----------------------------------------------------------------------------------
 */

static void open_store(struct office *o)
{
    struct store_problem problem;
    if (store_open(o->store_path, &o->bench->env, &o->store, &problem) != STORE_OK)
        fail_msg("%s", problem.text);
    o->service.store = o->store;
}

void office_reopen(struct office *o)
{
    store_close(o->store);
    open_store(o);
}

static void open_vault(struct office *o)
{
    const struct vault_credential credential = {.file = o->credential_path};
    assert_int_equal(vault_credential_create(o->credential_path, &o->bench->env), SCP_OK);
    assert_int_equal(vault_create(o->vault_path, &credential, &o->bench->env, &o->vault), SCP_OK);
    assert_int_equal(vault_add_key_set(o->vault, "isd", o->bench->scheme, &o->bench->masters),
                     SCP_OK);
    assert_int_equal(vault_add_bank_key(o->vault, "bank-b", &transport_key), SCP_OK);
}

static void hex_of(char *to, size_t cap, const struct scp_aid *aid)
{
    scp_hex_encode(to, cap, scp_aid_bytes(aid));
}

struct catalogue_entry {
    const char *bank;
    const char *label;
    struct scp_aid package;
    struct scp_aid module;
    struct scp_aid instance;
    const char *personalisation;
};

static void add_to_catalogue(struct office *o, struct store_tx *tx,
                             const struct catalogue_entry *entry)
{
    struct store_bank bank = {.status = STORE_BANK_ACTIVE, .region_count = 1};
    struct store_package package = {.version = "1.0", .module_count = 1};
    struct store_product product = {
        .role = "payment", .parameters = {0xC9, 0x00}, .parameters_len = 2, .priority = 1};
    snprintf(bank.id, sizeof bank.id, "%s", entry->bank);
    snprintf(bank.name, sizeof bank.name, "%s", entry->label);
    snprintf(bank.regions[0], sizeof bank.regions[0], "310000");
    assert_ok(store_bank_put(tx, &bank, STORE_ETAG_ANY));
    snprintf(package.bank, sizeof package.bank, "%s", entry->bank);
    hex_of(package.aid, sizeof package.aid, &entry->package);
    hex_of(package.modules[0], sizeof package.modules[0], &entry->module);
    assert_ok(store_package_put(tx, &package, o->bench->bank_b.load_file));
    snprintf(product.bank, sizeof product.bank, "%s", entry->bank);
    snprintf(product.id, sizeof product.id, "debit");
    snprintf(product.label, sizeof product.label, "%s", entry->label);
    hex_of(product.package, sizeof product.package, &entry->package);
    hex_of(product.module, sizeof product.module, &entry->module);
    hex_of(product.instance, sizeof product.instance, &entry->instance);
    assert_ok(store_product_put_draft(tx, &product, entry->personalisation));
    assert_ok(store_product_publish(tx, entry->bank, "debit", &product));
}

static void add_banks(struct office *o, struct store_tx *tx)
{
    struct catalogue_entry a = {
        .bank = "bank-a", .label = "BANK A", .instance = o->bench->bank_a, .personalisation = "[]"};
    const struct catalogue_entry b = {.bank = "bank-b",
                                      .label = "BANK B",
                                      .package = o->bench->bank_b.package,
                                      .module = o->bench->bank_b.module,
                                      .instance = o->bench->bank_b.instance,
                                      .personalisation = templates};
    assert_int_equal(scp_aid_parse(&a.package, "A000000333F001"), SCP_OK);
    assert_int_equal(scp_aid_parse(&a.module, "A000000333F00101"), SCP_OK);
    add_to_catalogue(o, tx, &a);
    add_to_catalogue(o, tx, &b);
}

static void add_card(struct office *o, struct store_tx *tx)
{
    struct store_card card = {.region = "310000", .generation = "3", .status = STORE_CARD_ACTIVE};
    struct store_key_set keys = {
        .kvn = o->bench->profile.kvn, .label = "isd", .counter_known = true};
    struct store_binding bound = {.role = "payment", .product = "bank-a/debit", .version = 1};
    memset(o->identity, 0x5C, sizeof o->identity);
    memcpy(card.identity, o->identity, sizeof card.identity);
    snprintf(card.profile, sizeof card.profile, "%s", o->bench->profile.name);
    assert_ok(store_card_add(tx, &card));
    snprintf(o->card, sizeof o->card, "%s", card.id);
    snprintf(keys.card, sizeof keys.card, "%s", card.id);
    hex_of(keys.security_domain, sizeof keys.security_domain, &o->bench->profile.isd);
    memcpy(keys.diversification_data, bench_diversification_data, sizeof keys.diversification_data);
    assert_ok(store_key_set_put(tx, &keys));
    snprintf(bound.card, sizeof bound.card, "%s", card.id);
    assert_ok(store_binding_put(tx, &bound));
}

void office_add_policy(struct store_tx *tx, const char *text)
{
    struct store_policy stored = {.author = "author", .author_person = "Ann"};
    const struct store_person ann = {"author", "Ann"};
    const struct store_person bob = {"approver", "Bob"};
    assert_ok(store_policy_add(tx, &stored, scp_bytes_of(text, strlen(text))));
    assert_ok(store_policy_advance(tx, stored.version, STORE_POLICY_CHECKED, &ann, STORE_ETAG_ANY));
    assert_ok(
        store_policy_advance(tx, stored.version, STORE_POLICY_PROPOSED, &ann, STORE_ETAG_ANY));
    assert_ok(
        store_policy_advance(tx, stored.version, STORE_POLICY_APPROVED, &bob, STORE_ETAG_ANY));
    assert_ok(store_policy_activate(tx, stored.version, &bob, 0));
}

static void fill(struct office *o)
{
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    add_banks(o, tx);
    add_card(o, tx);
    office_add_policy(tx, policy);
    assert_ok(store_commit(tx));
}

struct office *office_new(const char *profile)
{
    struct document_problem problem = {.error = DOC_OK};
    struct office *o = calloc(1, sizeof *o);
    assert_non_null(o);
    o->bench = bench_new(profile);
    snprintf(o->folder, sizeof o->folder, "rebind-test-XXXXXX");
    assert_non_null(mkdtemp(o->folder));
    snprintf(o->store_path, sizeof o->store_path, "%s/rebind.db", o->folder);
    snprintf(o->vault_path, sizeof o->vault_path, "%s/vault", o->folder);
    snprintf(o->credential_path, sizeof o->credential_path, "%s/credential", o->folder);
    open_store(o);
    open_vault(o);
    o->profiles = card_profiles_new(REBIND_SOURCE_DIR "/configs/profiles", &problem);
    assert_non_null(o->profiles);
    o->policies = policy_cache_new();
    assert_non_null(o->policies);
    o->service = (struct rebind_service){
        .store = o->store,
        .vault = o->vault,
        .env = &o->bench->env,
        .profiles = o->profiles,
        .policies = o->policies,
        .failure_budget = OFFICE_BUDGET,
        .attempts_max = OFFICE_ATTEMPTS,
        .contact_window_ms = OFFICE_WINDOW_MS,
    };
    fill(o);
    return o;
}

void office_free(struct office *o)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char path[128];
    store_close(o->store);
    vault_close(o->vault);
    card_profiles_free(o->profiles);
    policy_cache_free(o->policies);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", o->store_path, suffixes[i]);
        (void)unlink(path);
    }
    (void)unlink(o->vault_path);
    (void)unlink(o->credential_path);
    (void)rmdir(o->folder);
    bench_free(o->bench);
    free(o);
}

/* A store that is closed is one file. */
struct office_snapshot office_keep(struct office *o)
{
    struct office_snapshot kept = {.bench = bench_keep(o->bench)};
    struct stat status;
    snprintf(kept.operation, sizeof kept.operation, "%s", o->operation);
    store_close(o->store);
    FILE *file = fopen(o->store_path, "rb");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    kept.store_len = (size_t)status.st_size;
    kept.store = malloc(kept.store_len);
    assert_non_null(kept.store);
    assert_int_equal(fread(kept.store, 1, kept.store_len, file), kept.store_len);
    assert_int_equal(fclose(file), 0);
    open_store(o);
    return kept;
}

void office_return_to(struct office *o, const struct office_snapshot *kept)
{
    store_close(o->store);
    FILE *file = fopen(o->store_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(kept->store, 1, kept->store_len, file), kept->store_len);
    assert_int_equal(fclose(file), 0);
    open_store(o);
    snprintf(o->operation, sizeof o->operation, "%s", kept->operation);
    bench_return_to(o->bench, &kept->bench);
}

void office_snapshot_free(struct office_snapshot *kept)
{
    bench_snapshot_free(&kept->bench);
    free(kept->store);
    kept->store = NULL;
}

void office_keep_old_banks(struct office *o)
{
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    office_add_policy(tx, keeping_policy);
    assert_ok(store_commit(tx));
}

void office_give_bank_b_a_domain(struct office *o)
{
    office_give_bank_b(o, STORE_MANAGEMENT_SIMPLE);
}

void office_give_bank_b(struct office *o, enum store_management management)
{
    struct scp_key_set masters = o->bench->masters;
    struct store_domain domain = {.aid = OFFICE_DOMAIN_B, .management = management, .key_count = 1};
    masters.enc.bytes[0] ^= 0xB0;
    masters.mac.bytes[0] ^= 0xB0;
    masters.dek.bytes[0] ^= 0xB0;
    assert_int_equal(vault_add_key_set(o->vault, "bank-b", o->bench->scheme, &masters), SCP_OK);
    snprintf(domain.bank, sizeof domain.bank, "bank-b");
    snprintf(domain.keys[0].profile, sizeof domain.keys[0].profile, "%s", o->bench->profile.name);
    snprintf(domain.keys[0].label, sizeof domain.keys[0].label, "bank-b");
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    assert_ok(store_domain_put(tx, &domain));
    assert_ok(store_commit(tx));
}

/* ---- ordering ---------------------------------------------------------------------------------
 */

static void bring_record(struct office *o, const uint8_t keys[48])
{
    uint8_t clear[128];
    uint8_t sealed[256];
    const uint8_t nonce[12] = {7};
    const struct vault_record_purpose purpose = {"bank-b/debit", o->card};
    struct scp_writer c = scp_writer_on(clear, sizeof clear);
    struct scp_writer w = scp_writer_on(sealed, sizeof sealed);
    assert_int_equal(scp_hex_decode("5A0862284800000000175F2403311231", &c), SCP_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(scp_hex_decode(i == 0   ? "DF0110"
                                        : i == 1 ? "DF0210"
                                                 : "DF0310",
                                        &c),
                         SCP_OK);
        scp_put(&c, scp_bytes_of(keys + 16 * i, 16));
    }
    assert_int_equal(scp_hex_decode("DF1008", &c), SCP_OK);
    scp_put(&c, SCP_BYTES(bench_pin_b));
    assert_int_equal(vault_record_seal(&transport_key, &purpose, nonce, scp_written(&c), &w),
                     SCP_OK);
    struct store_personalisation record = {.product = "bank-b/debit"};
    snprintf(record.card, sizeof record.card, "%s", o->card);
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    assert_ok(store_personalisation_add(tx, &record, scp_written(&w)));
    assert_ok(store_commit(tx));
}

void office_bring_record(struct office *o)
{
    bring_record(o, bench_keys_b);
}

void office_bring_other_record(struct office *o)
{
    uint8_t keys[48];
    memcpy(keys, bench_keys_b, sizeof keys);
    keys[0] ^= 0x10; /* no parity bit */
    bring_record(o, keys);
}

enum rebind_refusal office_place(struct office *o, struct order order)
{
    struct order_result result;
    order.card = o->card;
    if (order.role == NULL)
        order.role = "payment";
    if (order.principal == NULL)
        order.principal = order.principal_kind = "operator";
    if (order.idempotency_key == NULL)
        order.idempotency_key = "";
    enum rebind_refusal refusal = order_make(&o->service, &order, &result);
    if (refusal == REBIND_REFUSED_NONE)
        snprintf(o->operation, sizeof o->operation, "%s", result.operation.id);
    return refusal;
}

enum rebind_refusal office_bind_b(struct office *o)
{
    return office_place(o, (struct order){.kind = STORE_OPERATION_BIND, .product = "bank-b/debit"});
}

void office_order(struct office *o)
{
    office_bring_record(o);
    assert_refused(NONE, office_bind_b(o));
}

/* ---- contacts ---------------------------------------------------------------------------------
 */

enum rebind_refusal office_step(struct office *o, const struct contact_agent *agent,
                                struct contact_reply *reply)
{
    uint8_t memory[BENCH_RESPONSES_SIZE];
    char exchange[STORE_ID_SIZE];
    struct scp_writer responses = scp_writer_on(memory, sizeof memory);
    snprintf(exchange, sizeof exchange, "%s", reply->exchange);
    bench_run_script(o->bench, store_blob_bytes(&reply->script), &responses);
    contact_reply_fini(reply);
    const struct contact_answer answer = {.exchange = exchange,
                                          .responses = scp_written(&responses)};
    return contact_answer(&o->service, agent, &answer, reply);
}

size_t office_contact(struct office *o, const struct contact_agent *agent)
{
    struct contact_reply reply;
    size_t exchanges = 0;
    o->bench->torn = false;
    bench_power(o->bench);
    assert_refused(NONE, contact_begin(&o->service, agent, o->identity, &reply));
    while (reply.has_script) {
        assert_true(++exchanges < 20);
        assert_refused(NONE, office_step(o, agent, &reply));
    }
    contact_reply_fini(&reply);
    return exchanges;
}

void office_cut_contact(struct office *o, const struct office_cut *cut)
{
    struct bench *b = o->bench;
    struct contact_reply reply;
    uint8_t memory[BENCH_RESPONSES_SIZE];
    b->tear_after = cut->command;
    b->tear_write = cut->write;
    b->torn = false;
    bench_power(b);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    while (reply.has_script && !b->torn) {
        if (!cut->answers_lost) {
            assert_refused(NONE, office_step(o, &office_agent, &reply));
            continue;
        }
        struct scp_writer lost = scp_writer_on(memory, sizeof memory);
        bench_run_script(b, store_blob_bytes(&reply.script), &lost);
        if (!b->torn) { /* it is torn in a later one */
            bench_power(b);
            break;
        }
    }
    contact_reply_fini(&reply);
    b->tear_after = 0;
    b->tear_write = 0;
    b->torn = false;
    bench_power(b);
}

/* ---- looking ----------------------------------------------------------------------------------
 */

struct store_operation office_operation(struct office *o)
{
    struct store_operation operation;
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_ok(store_operation_get(tx, o->operation, &operation));
    store_rollback(tx);
    return operation;
}

struct store_card office_card(struct office *o)
{
    struct store_card card;
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_ok(store_card_get(tx, o->card, &card));
    store_rollback(tx);
    return card;
}

struct store_key_set office_key_set(struct office *o)
{
    struct store_key_set set;
    size_t count;
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_ok(store_key_set_list(tx, o->card, &set, 1, &count));
    assert_int_equal(count, 1);
    store_rollback(tx);
    return set;
}

bool office_sees(struct office *o, const char *aid, struct store_content *entry)
{
    static struct store_content entries[STORE_CONTENTS_MAX];
    size_t count;
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_ok(store_content_list(tx, o->card, entries, STORE_CONTENTS_MAX, &count));
    store_rollback(tx);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(entries[i].aid, aid) == 0) {
            *entry = entries[i];
            return true;
        }
    }
    return false;
}

bool office_sees_bank_b(struct office *o, struct store_content *entry)
{
    char aid[STORE_AID_SIZE];
    hex_of(aid, sizeof aid, &o->bench->bank_b.instance);
    return office_sees(o, aid, entry);
}

bool office_audited(struct office *o, const char *action)
{
    static struct store_audit records[64];
    size_t count;
    bool found = false;
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_ok(store_audit_list(tx, 0, records, 64, &count));
    store_rollback(tx);
    for (size_t i = 0; i < count; i++) {
        found = found || strcmp(records[i].action, action) == 0;
        store_audit_fini(&records[i]);
    }
    return found;
}
