/* What a person is shown of a card: everything but its secrets. */
#include "tests/unit/agent/card/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/card/show.h"
#include "scp/crypto/kdf.h"

static char *show_as(const struct rig *rig, bool json)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    if (json)
        assert_true(softcard_show_json(to, rig->card));
    else
        softcard_show(to, rig->card);
    assert_int_equal(0, fclose(to));
    return text;
}

static char *show(const struct rig *rig)
{
    return show_as(rig, false);
}

static void assert_shows(const char *text, struct scp_bytes bytes, bool shown)
{
    char hex[SCP_HEX_SIZE(SCP_KEY_MAX)];
    (void)scp_hex_encode(hex, sizeof hex, bytes);
    if ((strstr(text, hex) != NULL) != shown)
        fail_msg("%s is%s shown", hex, shown ? " not" : "");
}

static void registry_and_check_values_are_shown_and_no_key_is(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    uint8_t kcv[3];
    assert_int_equal(SCP_OK, scp_kcv_aes(&rig->keys.mac, kcv));
    for (size_t json = 0; json < 2; json++) {
        char *text = show_as(rig, json != 0);
        assert_shows(text, rig_isd, true);
        assert_shows(text, rig_social, true);
        assert_shows(text, rig_payment_module, true);
        assert_shows(text, SCP_BYTES(kcv), true);
        assert_shows(text, scp_key_bytes(&rig->keys.enc), false);
        assert_shows(text, scp_key_bytes(&rig->keys.mac), false);
        assert_shows(text, scp_key_bytes(&rig->keys.dek), false);
        assert_shows(text, SCP_LITERAL(1, 1, 1, 1, 1, 1, 1, 1), false); /* of the payment keys */
        free(text);
    }
    rig_free(rig);
}

static void memory_is_shown_as_it_stands(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    char *text = show(rig);
    char memory[64];
    (void)snprintf(memory, sizeof memory, "Memory free %u of %u bytes",
                   (unsigned)softcard_memory_free(rig->card),
                   (unsigned)softcard_memory_total(rig->card));
    assert_non_null(strstr(text, memory));
    free(text);
    rig_free(rig);
}

static void a_counter_is_shown_as_it_stands(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    rig_open(rig);
    char *text = show(rig);
    assert_non_null(strstr(text, "KVN 30, counter 2, failed 0"));
    free(text);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registry_and_check_values_are_shown_and_no_key_is),
        cmocka_unit_test(memory_is_shown_as_it_stands),
        cmocka_unit_test(a_counter_is_shown_as_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
