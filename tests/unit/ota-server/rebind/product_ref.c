#include "ota-server/rebind/product_ref.h"
#include "tests/support/test.h"

#include <string.h>

static bool splits(const char *ref)
{
    char bank[STORE_SLUG_SIZE];
    char product[STORE_SLUG_SIZE];
    return product_ref_split(ref, bank, product);
}

static void reference_is_bank_and_product(void **state)
{
    (void)state;
    char bank[STORE_SLUG_SIZE];
    char product[STORE_SLUG_SIZE];
    assert_true(product_ref_split("bank-a/debit", bank, product));
    assert_string_equal(bank, "bank-a");
    assert_string_equal(product, "debit");
}

static void other_forms_are_refused(void **state)
{
    (void)state;
    static const char *const refs[] = {"", "/", "bank-a", "bank-a/", "/debit", "a/b/c", "a//b"};
    for (size_t i = 0; i < sizeof refs / sizeof refs[0]; i++)
        assert_false(splits(refs[i]));
}

static void parts_are_as_long_as_a_slug_and_no_longer(void **state)
{
    (void)state;
    char ref[2 * STORE_SLUG_SIZE + 2];
    for (int extra = 0; extra < 3; extra++) {
        size_t bank = STORE_SLUG_SIZE - 1 + (extra == 1);
        size_t product = STORE_SLUG_SIZE - 1 + (extra == 2);
        memset(ref, 'x', sizeof ref);
        ref[bank] = '/';
        ref[bank + 1 + product] = '\0';
        assert_true(splits(ref) == (extra == 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_is_bank_and_product),
        cmocka_unit_test(other_forms_are_refused),
        cmocka_unit_test(parts_are_as_long_as_a_slug_and_no_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
