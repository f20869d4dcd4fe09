/* The server's side of a bench: a store and a vault on real files in a folder of their own, two
 * banks with a product each, a policy, and the bench's card in the register. */
#ifndef TESTS_INTEGRATION_REBIND_OFFICE_H
#define TESTS_INTEGRATION_REBIND_OFFICE_H

#include "tests/integration/rebind/bench.h"

#include "ota-server/rebind/contact.h"
#include "ota-server/rebind/order.h"

enum { OFFICE_BUDGET = 2, OFFICE_ATTEMPTS = 3, OFFICE_WINDOW_MS = 60000 };

struct office {
    struct bench *bench;
    char folder[64];
    char store_path[96];
    char vault_path[96];
    char credential_path[96];
    struct store *store;
    struct vault *vault;
    struct card_profiles *profiles;
    struct policy_cache *policies;
    struct rebind_service service;
    char card[STORE_ID_SIZE];
    uint8_t identity[32];
    char operation[STORE_ID_SIZE]; /* of the last binding */
};

#define assert_refused(name, call) assert_int_equal((call), REBIND_REFUSED_##name)

struct office *office_new(const char *profile);
void office_free(struct office *o);
/* Close the store and open it again, as a restart does. */
void office_reopen(struct office *o);

extern const struct contact_agent office_agent, office_other_agent, office_foreign_agent;

/* Store, card and bench as they are, and back to that. */
struct office_snapshot {
    struct bench_snapshot bench;
    uint8_t *store;
    size_t store_len;
    char operation[STORE_ID_SIZE];
};
struct office_snapshot office_keep(struct office *o);
void office_return_to(struct office *o, const struct office_snapshot *kept);
void office_snapshot_free(struct office_snapshot *kept);

/* The policy is the active one from now on. */
void office_add_policy(struct store_tx *tx, const char *text);

/* From now on the policy leaves the old bank on the card. */
void office_keep_old_banks(struct office *o);

/* Bank B personalises through a security domain of its own from now on. */
#define OFFICE_DOMAIN_B "A00000033342414E4B42"
void office_give_bank_b_a_domain(struct office *o);
/* The same, which may do more by itself. */
void office_give_bank_b(struct office *o, enum store_management management);

/* Ask for the card to be bound to bank B, with a record of the bank's at hand. */
void office_bring_record(struct office *o);
/* … one with other application keys. */
void office_bring_other_record(struct office *o);
enum rebind_refusal office_bind_b(struct office *o);
/* Place an order about the card; its principal is "operator" unless it says another. */
enum rebind_refusal office_place(struct office *o, struct order order);
/* Both, accepted. */
void office_order(struct office *o);

/* New masters in the vault, and an operation that brings their keys to the issuer's security domain
 * or to bank B's. */
#define OFFICE_NEW_KEYS "new"
uint8_t office_new_kvn(const struct office *o);
enum rebind_refusal office_rekey(struct office *o, const char *bank);
/* The key sets that the record has of a security domain; their number. */
size_t office_key_sets(struct office *o, const char *domain, struct store_key_set out[4]);
/* How many of these the card has: it answers under them with a right cryptogram. Nothing on it
 * changes, counters included. */
size_t office_keys_on_card(struct office *o, const struct store_key_set *sets, size_t count);
/* Those of the record from now on come from other masters, or by another scheme: what a wrong entry
 * in the record looks like. */
enum office_mistake { OFFICE_WRONG_MASTERS, OFFICE_WRONG_SCHEME };
void office_mistake_keys(struct office *o, const char *domain, enum office_mistake mistake);
/* The AID of the issuer security domain in hex. */
const char *office_isd(struct office *o, char to[STORE_AID_SIZE]);

/* Run the script of `reply` on the card and answer with what it said. */
enum rebind_refusal office_step(struct office *o, const struct contact_agent *agent,
                                struct contact_reply *reply);
/* A contact to its end; the number of exchanges. */
size_t office_contact(struct office *o, const struct contact_agent *agent);

/* Where a contact is cut. */
struct office_cut {
    size_t command;    /* after this one, its answer lost; 0: not there */
    uint64_t write;    /* at this write; 0: not there */
    bool answers_lost; /* what the card has answered never comes to the server either */
};
/* A contact that is cut, and the card out of the field. */
void office_cut_contact(struct office *o, const struct office_cut *cut);

struct store_operation office_operation(struct office *o);
struct store_card office_card(struct office *o);
struct store_key_set office_key_set(struct office *o);
/* The observed entry of bank B's instance; false when there is none. */
bool office_sees_bank_b(struct office *o, struct store_content *entry);
/* Any observed entry by its AID. */
bool office_sees(struct office *o, const char *aid, struct store_content *entry);
/* Whether an audit record of that action exists. */
bool office_audited(struct office *o, const char *action);
struct store_tx *office_tx(struct office *o, enum store_mode mode);

#endif
