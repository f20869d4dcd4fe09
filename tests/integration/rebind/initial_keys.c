/* Cards that still have the keys they were made with, version FF: those go when others come, where
 * the chip can let them go. */
#include "tests/integration/rebind/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROFILE "test-scp02-i15"

enum { KVN_INITIAL = 0xFF, TEXT_MAX = 16 * 1024 };

/* The same chip, of which the server knows that its initial keys stay. */
static void let_initial_keys_stay(struct office *o)
{
    static const char anchor[] = "    personalises_in_installed: true\n";
    static char text[TEXT_MAX];
    struct document_problem problem = {.error = DOC_OK};
    char folder[96], path[128];
    FILE *file = fopen(REBIND_SOURCE_DIR "/configs/profiles/" PROFILE ".yaml", "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    const char *at = strstr(text, anchor);
    assert_non_null(at);
    snprintf(folder, sizeof folder, "%s/profiles", o->folder);
    snprintf(path, sizeof path, "%s/" PROFILE ".yaml", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%.*s    keeps_initial_keys: true\n%s", (int)(at - text), text, at);
    assert_int_equal(fclose(file), 0);
    card_profiles_free(o->profiles);
    o->profiles = card_profiles_new(folder, &problem);
    assert_non_null(o->profiles);
    o->service.profiles = o->profiles;
    (void)unlink(path);
    (void)rmdir(folder);
}

static size_t rekeyed(struct office *o, struct store_key_set sets[4])
{
    char isd[STORE_AID_SIZE];
    assert_int_equal(o->bench->profile.kvn, KVN_INITIAL);
    assert_refused(NONE, office_rekey(o, NULL));
    office_contact(o, &office_agent);
    struct store_operation operation = office_operation(o);
    if (operation.state != STORE_OPERATION_DONE)
        fail_msg("%s", operation.cause);
    assert_int_equal(o->bench->refused, 0);
    return office_key_sets(o, office_isd(o, isd), sets);
}

static void initial_keys_go_when_others_come(void **state)
{
    (void)state;
    struct store_key_set sets[4];
    struct office *o = office_new(PROFILE);
    assert_int_equal(rekeyed(o, sets), 1);
    assert_int_equal(sets[0].kvn, office_new_kvn(o));
    office_free(o);
}

/* The record does not say that they are gone, and no session is opened under them again. */
static void initial_keys_that_stay_stay_on_record(void **state)
{
    (void)state;
    struct store_key_set sets[4];
    struct office *o = office_new(PROFILE);
    let_initial_keys_stay(o);
    assert_int_equal(rekeyed(o, sets), 2);
    const struct store_key_set *added = &sets[0];
    const struct store_key_set *initial = &sets[1];
    assert_int_equal(added->kvn, office_new_kvn(o));
    assert_int_equal(added->standing, STORE_KEYS_PRESENT);
    assert_int_equal(initial->kvn, KVN_INITIAL);
    assert_int_not_equal(initial->standing, STORE_KEYS_PRESENT);
    office_order(o);
    office_contact(o, &office_agent);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_DONE);
    office_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(initial_keys_go_when_others_come),
        cmocka_unit_test(initial_keys_that_stay_stay_on_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
