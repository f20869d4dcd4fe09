/* A store on a real file in a folder of its own, a standing clock, and a few records to hang others
 * on. */
#ifndef TESTS_UNIT_OTA_SERVER_STORE_SUPPORT_H
#define TESTS_UNIT_OTA_SERVER_STORE_SUPPORT_H

#include "tests/support/test.h"

#include "ota-server/store/store.h"
#include "scp/host/env.h"

struct fixture {
    char folder[64];
    char path[96];
    struct rebind_seeded seeded;
    struct rebind_env env;
    struct store *store;
};

enum { FIXTURE_START_S = 1700000000 }; /* the clock at the beginning */

int fixture_setup(void **state);
int fixture_teardown(void **state);
void fixture_reopen(struct fixture *f);

struct store_tx *begin(struct fixture *f, enum store_mode mode);
void commit(struct store_tx *tx);

#define assert_ok(call) assert_int_equal((call), STORE_OK)
#define assert_store_error(error, call) assert_int_equal((call), STORE_##error)

/* Records with sensible values, added in the transaction. */
void add_bank(struct store_tx *tx, const char *id);
void add_package(struct store_tx *tx, const char *bank, const char *aid);
void add_product(struct store_tx *tx, const char *bank, const char *id, const char *instance);
/* A card with the identity n, whose id goes to `id`. */
void add_card(struct store_tx *tx, uint8_t n, char id[STORE_ID_SIZE]);
struct store_operation operation_for(const char *card);

#endif
