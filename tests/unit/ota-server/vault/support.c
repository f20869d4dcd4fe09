#include "tests/unit/ota-server/vault/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define KEY_16(n)                                        \
    {                                                    \
        {(n),  0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6, 0x07, \
         0x18, 0x29, 0x3A, 0x4B, 0x5C, 0x6D, 0x7E, (n)}, \
            16                                           \
    }

const struct scp_key_set masters = {KEY_16(0x11), KEY_16(0x22), KEY_16(0x33)};
const struct scp_key bank_key = {{0xB0, 0x5A, 0x4B, 0x3C, 0x2D, 0x1E, 0x0F, 0xF1, 0xE2, 0xD3, 0xC4,
                                  0xB5, 0xA6, 0x97, 0x88, 0x79, 0x6A, 0x5B, 0x4C, 0x3D, 0x2E, 0x1F,
                                  0x10, 0x01, 0xF2, 0xE3, 0xD4, 0xC5, 0xB6, 0xA7, 0x98, 0x0B},
                                 32};

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->folder, sizeof f->folder, "vault-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/vault", f->folder);
    snprintf(f->credential_path, sizeof f->credential_path, "%s/credential", f->folder);
    f->env = rebind_env_seeded(&f->seeded, 11, 1700000000000);
    f->credential.file = f->credential_path;
    assert_scp_ok(vault_credential_create(f->credential_path, &f->env));
    assert_scp_ok(vault_create(f->path, &f->credential, &f->env, &f->vault));
    assert_scp_ok(vault_add_key_set(f->vault, "isd-2021", SCP_DIVERSIFY_KDF3, &masters));
    assert_scp_ok(vault_add_bank_key(f->vault, "bank-a", &bank_key));
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    vault_close(f->vault);
    (void)unlink(f->path);
    (void)unlink(f->credential_path);
    (void)rmdir(f->folder);
    rebind_seeded_fini(&f->seeded);
    free(f);
    return 0;
}

void fixture_reopen(struct fixture *f)
{
    vault_close(f->vault);
    f->vault = NULL;
    assert_scp_ok(vault_open(f->path, &f->credential, &f->env, &f->vault));
}
