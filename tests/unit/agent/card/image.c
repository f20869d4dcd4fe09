/* The image and its transactions: what a card remembers, and when. */
#include "tests/unit/agent/card/rig.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static enum scp_error ignore(void *ctx, size_t at, struct scp_bytes bytes)
{
    (void)ctx;
    (void)at;
    (void)bytes;
    return SCP_OK;
}

static enum scp_error restore(const struct rig *rig, struct scp_bytes image)
{
    struct softcard *card = NULL;
    const struct softcard_storage storage = {.ctx = NULL, .write = ignore};
    enum scp_error error = softcard_restore(image, &rig->env, storage, &card);
    softcard_free(card);
    return error;
}

static const struct scp_dgi switched = {.id = 0x9102,
                                        .value = {(const uint8_t *)"\xA5\x04\x50\x02XY", 6}};
static const struct scp_install personalise_ppse = {
    .p1 = SCP_INSTALL_FOR_PERSONALIZATION, .application = {(const uint8_t *)"2PAY.SYS.DDF01", 14}};

static void an_image_opens_with_magic_and_version(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_memory_equal("RBSC\x00\x02", rig->image, 6);
    rig->image[5] = 3;
    assert_int_equal(SCP_UNSUPPORTED, restore(rig, scp_bytes_of(rig->image, rig->image_len)));
    rig->image[5] = 0;
    assert_int_equal(SCP_UNSUPPORTED, restore(rig, scp_bytes_of(rig->image, rig->image_len)));
    rig->image[5] = 2;
    rig->image[0] = 'X';
    assert_int_equal(SCP_UNSUPPORTED, restore(rig, scp_bytes_of(rig->image, rig->image_len)));
    rig_free(rig);
}

/* A card from a kept sample. */
static struct rig *rig_of_sample(const char *name)
{
    struct rig *rig = rig_new("scp03-i70-aes128");
    char path[256];
    struct rebind_blob sample;
    (void)snprintf(path, sizeof path, REBIND_SOURCE_DIR "/tests/unit/agent/card/%s", name);
    assert_int_equal(SCP_OK, rebind_file_read(path, RIG_IMAGE_MAX, &sample, NULL));
    memcpy(rig->image, sample.ptr, sample.len);
    rig->image_len = sample.len;
    rebind_blob_free(&sample);
    rig_reopen(rig);
    return rig;
}

/* A card with a bank, a directory and social security, as it was issued. */
static void an_image_of_version_1_comes_to_life(void **state)
{
    (void)state;
    struct rig *rig = rig_of_sample("image_1.card");
    assert_memory_equal("RBSC\x00\x01", rig->image, 6);
    rig_open(rig);
    assert_sw(0x9000, rig_select(rig, rig_old_bank));
    assert_sw(0x9000, rig_select(rig, rig_social));
    assert_sw(0x9000, rig_hex(rig, "00A4020002EF05"));
    assert_sw(0x9000, rig_hex(rig, "00B2010400"));
    assert_data_hex(rig, "0110AABBCCDDEEFF00112233445566778899");
    assert_memory_equal("RBSC\x00\x02", rig->image, 6); /* the first write made it new */
    rig_reopen(rig);
    rig_open(rig);
    rig_free(rig);
}

/* The same after its directory was written anew and a package loaded; then another load had begun,
 * and the power was lost while the bank was being deleted. */
static void an_image_of_version_2_comes_to_life(void **state)
{
    (void)state;
    struct rig *rig = rig_of_sample("image_2.card");
    assert_memory_equal("RBSC\x00\x02", rig->image, 6);
    assert_sw(0x6A82, rig_select(rig, rig_old_bank));
    assert_sw(0x9000, rig_select(rig, rig_social));
    assert_sw(0x9000, rig_select(rig, rig_ppse));
    assert_data_hex(rig, "6F16840E325041592E5359532E4444463031A50450025859");
    rig_open(rig);
    static const uint8_t package[] = {0xA0, 0x00, 0x00, 0x00, 0x99, 0x01};
    uint32_t before = softcard_memory_free(rig->card);
    assert_sw(0x9000, rig_delete(rig, SCP_BYTES(package), false));
    assert_true(softcard_memory_free(rig->card) > before);
    rig_reopen(rig);
    rig_open(rig);
    rig_free(rig);
}

static void a_cut_image_is_refused_at_every_length(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    for (size_t len = 0; len < rig->image_len; len++)
        assert_int_not_equal(SCP_OK, restore(rig, scp_bytes_of(rig->image, len)));
    rig_free(rig);
}

/* Cut anywhere behind its first transaction an image is that of the last whole one. */
static void what_a_torn_write_left_counts_for_nothing(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    size_t issued = rig->image_len;
    rig_open(rig);
    assert_sw(0x9000, rig_delete(rig, rig_old_bank, false));
    for (size_t len = issued; len <= rig->image_len; len++)
        assert_int_equal(SCP_OK, restore(rig, scp_bytes_of(rig->image, len)));
    rig_free(rig);
}

static void a_write_that_is_whole_and_wrong_is_damage_and_refused(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    size_t issued = rig->image_len;
    rig_open(rig);
    rig->image[issued + 6] ^= 1;
    assert_int_equal(SCP_MALFORMED, restore(rig, scp_bytes_of(rig->image, rig->image_len)));
    rig_free(rig);
}

/* However much is written, the storage holds little more than the card. */
static void an_image_does_not_grow_without_end(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    size_t issued = rig->image_len;
    for (size_t i = 0; i < 1000; i++)
        rig_open(rig);
    assert_true(rig->image_len < 3 * issued + 20000);
    rig_reopen(rig);
    assert_sw(0x9000, rig_hex(rig, "80CA00C100"));
    assert_data_hex(rig, "C1030003E8");
    rig_free(rig);
}

static void an_image_with_any_byte_changed_is_refused_or_harmless(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    for (size_t at = 0; at < rig->image_len; at++) {
        uint8_t kept = rig->image[at];
        rig->image[at] = (uint8_t)(kept ^ 0xFF);
        (void)restore(rig, scp_bytes_of(rig->image, rig->image_len));
        rig->image[at] = kept;
    }
    rig_free(rig);
}

static void a_command_that_changes_nothing_writes_nothing(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    assert_sw(0x9000, rig_hex(rig, "80CA004200"));
    assert_sw(0x6A88, rig_hex(rig, "80CA006700"));
    assert_sw(0x9000, rig_select(rig, rig_ppse));
    assert_int_equal(0, rig->writes);
    rig_free(rig);
}

static void a_storage_that_fails_undoes_the_command_and_answers_6581(void **state)
{
    (void)state;
    struct rig *rig = rig_new("scp03-i70-aes128");
    rig_open(rig);
    assert_sw(0x9000, rig_install(rig, personalise_ppse));
    rig->storage_fails = true;
    assert_sw(0x6581, rig_store(rig, &switched, 1));
    assert_sw(0x6581, rig_delete(rig, rig_old_bank, false));
    rig->storage_fails = false;
    assert_sw(0x9000, rig_select(rig, rig_old_bank));
    assert_sw(0x9000, rig_select(rig, rig_ppse));
    assert_data_hex(rig, "6F25840E325041592E5359532E4444463031"
                         "A513BF0C10610E4F09A00000033301010101870101");
    rig_free(rig);
}

/* ---- files -------------------------------------------------------------------------------------
 */

static void make_folder(char *folder, size_t size, char *path, size_t path_size)
{
    (void)snprintf(folder, size, "%s", "/tmp/rebind-softcard-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, path_size, "%s/1.card", folder);
}

/* With all files in it: a killed process may leave the one it was writing. */
static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    (void)closedir(dir);
    assert_int_equal(0, rmdir(folder));
}

static void write_card(const struct rig *rig, const char *path)
{
    assert_int_equal(
        SCP_OK, rebind_file_create(path, scp_bytes_of(rig->image, rig->image_len), 0600, NULL));
}

static uint16_t send_hex(struct softcard *card, const char *hex)
{
    uint8_t command[SCP_APDU_MAX];
    uint8_t answer[SOFTCARD_RESPONSE_MAX];
    struct scp_writer w = scp_writer_on(command, sizeof command);
    struct scp_writer r = scp_writer_on(answer, sizeof answer);
    assert_int_equal(SCP_OK, scp_hex_decode(hex, &w));
    assert_int_equal(SCP_OK, softcard_transmit(card, scp_written(&w), &r));
    return scp_load_u16(scp_bytes_from(scp_written(&r), scp_written(&r).len - 2).ptr);
}

/* The counter that GET DATA C1 shows. */
static uint32_t counter_of(struct softcard *card)
{
    uint8_t answer[SOFTCARD_RESPONSE_MAX];
    struct scp_writer w = scp_writer_on(answer, sizeof answer);
    assert_int_equal(SCP_OK,
                     softcard_transmit(card, SCP_LITERAL(0x80, 0xCA, 0x00, 0xC1, 0x00), &w));
    struct scp_reader r = scp_reader_on(scp_written(&w));
    (void)scp_get_u16(&r);
    return scp_get_u24(&r);
}

static void a_card_in_a_file_keeps_what_it_counted(void **state)
{
    (void)state;
    char folder[64];
    char path[96];
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct softcard *card = NULL;
    make_folder(folder, sizeof folder, path, sizeof path);
    write_card(rig, path);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(SCP_OK, softcard_open(path, &rig->env, &card, NULL));
        assert_sw(0x9000, send_hex(card, "8050300008010203040506070800"));
        softcard_close(card);
    }
    struct stat info;
    assert_int_equal(0, stat(path, &info));
    assert_int_equal(0600, info.st_mode & 0777);
    assert_int_equal(SCP_OK, softcard_open(path, &rig->env, &card, NULL));
    assert_int_equal(3, counter_of(card));
    softcard_close(card);
    remove_folder(folder);
    rig_free(rig);
}

/* A process that counts on a card, and tells each count that it has the card's word for, until it
 * is killed. */
static void count_until_killed(const char *path, const struct rebind_env *env, int tell)
{
    struct softcard *card = NULL;
    if (softcard_open(path, env, &card, NULL) != SCP_OK)
        _exit(1);
    for (;;) {
        uint8_t answer[SOFTCARD_RESPONSE_MAX];
        struct scp_writer w = scp_writer_on(answer, sizeof answer);
        const struct scp_bytes command =
            SCP_LITERAL(0x80, 0x50, 0x30, 0x00, 0x08, 1, 2, 3, 4, 5, 6, 7, 8, 0x00);
        if (softcard_transmit(card, command, &w) != SCP_OK)
            _exit(1);
        if (write(tell, &answer[29], 3) != 3)
            _exit(1);
    }
}

static void a_killed_process_leaves_the_card_as_it_last_answered(void **state)
{
    (void)state;
    char folder[64];
    char path[96];
    struct rig *rig = rig_new("scp03-i70-aes128");
    make_folder(folder, sizeof folder, path, sizeof path);
    write_card(rig, path);
    for (size_t i = 0; i < 20; i++) {
        int told[2];
        assert_int_equal(0, pipe(told));
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            count_until_killed(path, &rig->env, told[1]);
        (void)close(told[1]);
        uint8_t count[3] = {0};
        /* The last one falls behind where the image has been written anew. */
        for (size_t k = 0; k <= (i == 19 ? 1000 : i % 5); k++)
            assert_int_equal(3, read(told[0], count, 3));
        assert_int_equal(0, kill(child, SIGKILL));
        assert_int_equal(child, waitpid(child, NULL, 0));
        while (read(told[0], count, 3) == 3)
            ;
        (void)close(told[0]);
        struct softcard *card = NULL;
        assert_int_equal(SCP_OK, softcard_open(path, &rig->env, &card, NULL));
        uint32_t last = (uint32_t)count[0] << 16 | (uint32_t)count[1] << 8 | count[2];
        uint32_t now = counter_of(card);
        assert_true(now == last || now == last + 1); /* killed between commit and answer */
        softcard_close(card);
    }
    remove_folder(folder);
    rig_free(rig);
}

static void a_card_belongs_to_the_one_who_has_it_open(void **state)
{
    (void)state;
    char folder[64];
    char path[96];
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct softcard *first = NULL;
    struct softcard *second = NULL;
    struct rebind_problem problem;
    make_folder(folder, sizeof folder, path, sizeof path);
    write_card(rig, path);
    assert_int_equal(SCP_OK, softcard_open(path, &rig->env, &first, NULL));
    assert_int_equal(SCP_STATE, softcard_open(path, &rig->env, &second, &problem));
    assert_sw(0x9000, send_hex(first, "8050300008010203040506070800"));
    assert_int_equal(SCP_STATE, softcard_open(path, &rig->env, &second, &problem));
    softcard_close(first);
    assert_int_equal(SCP_OK, softcard_open(path, &rig->env, &second, NULL));
    softcard_close(second);
    remove_folder(folder);
    rig_free(rig);
}

static void files_that_are_no_cards_are_named_in_the_problem(void **state)
{
    (void)state;
    char folder[64];
    char path[96];
    struct rig *rig = rig_new("scp03-i70-aes128");
    struct softcard *card = NULL;
    struct rebind_problem problem = {{0}};
    make_folder(folder, sizeof folder, path, sizeof path);
    assert_int_equal(SCP_NOT_FOUND, softcard_open(path, &rig->env, &card, &problem));
    assert_non_null(strstr(problem.text, path));
    assert_int_equal(SCP_OK, rebind_file_create(path, SCP_LITERAL('X'), 0600, NULL));
    assert_int_equal(SCP_UNSUPPORTED, softcard_open(path, &rig->env, &card, &problem));
    assert_non_null(strstr(problem.text, "no soft card image"));
    assert_null(card);
    remove_folder(folder);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_opens_with_magic_and_version),
        cmocka_unit_test(an_image_of_version_1_comes_to_life),
        cmocka_unit_test(an_image_of_version_2_comes_to_life),
        cmocka_unit_test(a_cut_image_is_refused_at_every_length),
        cmocka_unit_test(what_a_torn_write_left_counts_for_nothing),
        cmocka_unit_test(a_write_that_is_whole_and_wrong_is_damage_and_refused),
        cmocka_unit_test(an_image_does_not_grow_without_end),
        cmocka_unit_test(an_image_with_any_byte_changed_is_refused_or_harmless),
        cmocka_unit_test(a_command_that_changes_nothing_writes_nothing),
        cmocka_unit_test(a_storage_that_fails_undoes_the_command_and_answers_6581),
        cmocka_unit_test(a_card_in_a_file_keeps_what_it_counted),
        cmocka_unit_test(a_killed_process_leaves_the_card_as_it_last_answered),
        cmocka_unit_test(a_card_belongs_to_the_one_who_has_it_open),
        cmocka_unit_test(files_that_are_no_cards_are_named_in_the_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
