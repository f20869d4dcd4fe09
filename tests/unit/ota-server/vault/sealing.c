/* Sealing, pseudonyms and signatures. */
#include "tests/unit/ota-server/vault/support.h"

#include <pthread.h>
#include <string.h>

static const uint8_t plain[] = {1, 2, 3, 4, 5};

static struct scp_bytes text(const char *string)
{
    return scp_bytes_of(string, strlen(string));
}

static void sealed_bytes_open_after_a_restart(void **state)
{
    struct fixture *f = *state;
    uint8_t sealed[64], opened[64];
    struct scp_writer s = scp_writer_on(sealed, sizeof sealed);
    struct scp_writer o = scp_writer_on(opened, sizeof opened);
    assert_scp_ok(vault_seal(f->vault, "channel", text("x"), SCP_BYTES(plain), &s));
    assert_int_equal(s.len, sizeof plain + VAULT_SEAL_OVERHEAD);
    fixture_reopen(f);
    assert_scp_ok(vault_unseal(f->vault, "channel", text("x"), scp_written(&s), &o));
    assert_true(scp_bytes_equal(scp_written(&o), SCP_BYTES(plain)));
}

static void sealed_bytes_open_for_their_purpose_alone(void **state)
{
    struct fixture *f = *state;
    uint8_t sealed[64], opened[64];
    struct scp_writer s = scp_writer_on(sealed, sizeof sealed);
    struct scp_writer o = scp_writer_on(opened, sizeof opened);
    assert_scp_ok(vault_seal(f->vault, "channel", text("x"), SCP_BYTES(plain), &s));
    const struct scp_bytes bytes = scp_written(&s);
    assert_scp_error(BAD_MAC, vault_unseal(f->vault, "channels", text("x"), bytes, &o));
    assert_scp_error(BAD_MAC, vault_unseal(f->vault, "channel", text("y"), bytes, &o));
    assert_scp_error(BAD_MAC, vault_unseal(f->vault, "channel", SCP_EMPTY, bytes, &o));
    assert_int_equal(o.len, 0);
    for (size_t i = 0; i < bytes.len; i++) {
        sealed[i] ^= 0x80;
        assert_int_not_equal(vault_unseal(f->vault, "channel", text("x"), bytes, &o), SCP_OK);
        sealed[i] ^= 0x80;
        assert_int_not_equal(
            vault_unseal(f->vault, "channel", text("x"), scp_bytes_slice(bytes, 0, i), &o), SCP_OK);
    }
    sealed[3] = 2;
    assert_scp_error(UNSUPPORTED, vault_unseal(f->vault, "channel", text("x"), bytes, &o));
}

static void sealing_twice_gives_different_bytes(void **state)
{
    struct fixture *f = *state;
    uint8_t a[64], b[64];
    struct scp_writer wa = scp_writer_on(a, sizeof a), wb = scp_writer_on(b, sizeof b);
    assert_scp_ok(vault_seal(f->vault, "p", SCP_EMPTY, SCP_BYTES(plain), &wa));
    assert_scp_ok(vault_seal(f->vault, "p", SCP_EMPTY, SCP_BYTES(plain), &wb));
    assert_false(scp_bytes_equal(scp_written(&wa), scp_written(&wb)));
}

static void full_writer_is_an_error(void **state)
{
    struct fixture *f = *state;
    uint8_t sealed[40];
    struct scp_writer s = scp_writer_on(sealed, sizeof sealed);
    assert_scp_error(NO_SPACE, vault_seal(f->vault, "p", SCP_EMPTY, SCP_BYTES(plain), &s));
}

static void pseudonym_depends_on_purpose_and_bytes(void **state)
{
    struct fixture *f = *state;
    uint8_t a[32], b[32];
    assert_scp_ok(vault_pseudonym(f->vault, "card", SCP_BYTES(plain), a));
    assert_scp_ok(vault_pseudonym(f->vault, "card", SCP_LITERAL(1, 2, 3, 4, 6), b));
    assert_memory_not_equal(a, b, 32);
    assert_scp_ok(vault_pseudonym(f->vault, "person", SCP_BYTES(plain), b));
    assert_memory_not_equal(a, b, 32);
    fixture_reopen(f);
    assert_scp_ok(vault_pseudonym(f->vault, "card", SCP_BYTES(plain), b));
    assert_memory_equal(a, b, 32);
}

static void signature_verifies_with_the_public_key(void **state)
{
    struct fixture *f = *state;
    uint8_t public_key[VAULT_PUBLIC_KEY_MAX], signature[VAULT_SIGNATURE_MAX];
    struct scp_writer p = scp_writer_on(public_key, sizeof public_key);
    struct scp_writer s = scp_writer_on(signature, sizeof signature);
    assert_scp_ok(vault_public_key(f->vault, &p));
    assert_scp_ok(vault_sign(f->vault, SCP_BYTES(plain), &s));
    assert_scp_ok(vault_verify(scp_written(&p), SCP_BYTES(plain), scp_written(&s)));
    assert_scp_error(BAD_SIGNATURE,
                     vault_verify(scp_written(&p), SCP_LITERAL(1, 2), scp_written(&s)));
    signature[s.len - 1] ^= 1;
    assert_scp_error(BAD_SIGNATURE,
                     vault_verify(scp_written(&p), SCP_BYTES(plain), scp_written(&s)));
    assert_scp_error(MALFORMED,
                     vault_verify(SCP_LITERAL(0x30, 0x00), SCP_BYTES(plain), scp_written(&s)));
    assert_scp_error(MALFORMED, vault_verify(SCP_EMPTY, SCP_BYTES(plain), scp_written(&s)));
}

static void signing_key_outlives_the_process(void **state)
{
    struct fixture *f = *state;
    uint8_t a[VAULT_PUBLIC_KEY_MAX], b[VAULT_PUBLIC_KEY_MAX];
    struct scp_writer wa = scp_writer_on(a, sizeof a), wb = scp_writer_on(b, sizeof b);
    assert_scp_ok(vault_public_key(f->vault, &wa));
    fixture_reopen(f);
    assert_scp_ok(vault_public_key(f->vault, &wb));
    assert_true(scp_bytes_equal(scp_written(&wa), scp_written(&wb)));
}

/* Sealing and adding keys at the same time. */
static void *seal_often(void *argument)
{
    struct fixture *f = argument;
    for (int i = 0; i < 200; i++) {
        uint8_t sealed[64], opened[64];
        struct scp_writer s = scp_writer_on(sealed, sizeof sealed);
        struct scp_writer o = scp_writer_on(opened, sizeof opened);
        if (vault_seal(f->vault, "p", SCP_EMPTY, SCP_BYTES(plain), &s) != SCP_OK ||
            vault_unseal(f->vault, "p", SCP_EMPTY, scp_written(&s), &o) != SCP_OK ||
            !vault_has_key_set(f->vault, "isd-2021"))
            return f;
    }
    return NULL;
}

static void threads_share_a_vault(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, seal_often, f), 0);
    assert_scp_ok(vault_add_bank_key(f->vault, "bank-b", &bank_key));
    assert_scp_ok(vault_add_key_set(f->vault, "x", SCP_DIVERSIFY_NONE, &masters));
    for (size_t i = 0; i < 3; i++) {
        void *failed = f;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sealed_bytes_open_after_a_restart),
        TEST(sealed_bytes_open_for_their_purpose_alone),
        TEST(sealing_twice_gives_different_bytes),
        TEST(full_writer_is_an_error),
        TEST(pseudonym_depends_on_purpose_and_bytes),
        TEST(signature_verifies_with_the_public_key),
        TEST(signing_key_outlives_the_process),
        TEST(threads_share_a_vault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
