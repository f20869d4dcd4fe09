/* A vault on a real file in a folder of its own, opened with a credential file, with one key set
 * and one bank. */
#ifndef TESTS_UNIT_OTA_SERVER_VAULT_SUPPORT_H
#define TESTS_UNIT_OTA_SERVER_VAULT_SUPPORT_H

#include "tests/support/test.h"

#include "ota-server/vault/vault.h"
#include "scp/host/env.h"

struct fixture {
    char folder[64];
    char path[96];
    char credential_path[96];
    struct vault_credential credential;
    struct rebind_seeded seeded;
    struct rebind_env env;
    struct vault *vault;
};

#define assert_scp_ok(call) assert_int_equal((call), SCP_OK)
#define assert_scp_error(error, call) assert_int_equal((call), SCP_##error)

int fixture_setup(void **state);
int fixture_teardown(void **state);
void fixture_reopen(struct fixture *f);

/* AES-128 masters, and the bank's transport key: recognisable bytes, found nowhere by chance. */
extern const struct scp_key_set masters;
extern const struct scp_key bank_key;

#endif
