#include "tests/support/test.h"

#include "ota-server/vault/arena.h"

#include <string.h>

static void blocks_are_zeroed_and_apart(void **state)
{
    struct arena arena;
    const uint8_t zeros[100] = {0};
    (void)state;
    assert_int_equal(arena_init(&arena, 4096), SCP_OK);
    uint8_t *a = arena_alloc(&arena, 100);
    uint8_t *b = arena_alloc(&arena, 100);
    assert_non_null(a);
    assert_non_null(b);
    assert_memory_equal(a, zeros, 100);
    assert_true((uintptr_t)a % 16 == 0);
    memset(a, 0xFF, 100);
    assert_memory_equal(b, zeros, 100);
    arena_free(&arena, a);
    arena_free(&arena, b);
    arena_free(&arena, NULL);
    arena_fini(&arena);
}

static void freed_block_is_wiped(void **state)
{
    struct arena arena;
    (void)state;
    assert_int_equal(arena_init(&arena, 4096), SCP_OK);
    uint8_t *a = arena_alloc(&arena, 64);
    assert_non_null(a);
    memset(a, 0x5A, 64);
    arena_free(&arena, a);
    for (size_t i = 0; i < arena.size; i++)
        assert_int_not_equal(arena.memory[i], 0x5A);
    arena_fini(&arena);
    arena_fini(&arena);
}

static void freed_neighbours_become_one_block_again(void **state)
{
    struct arena arena;
    void *blocks[3];
    (void)state;
    assert_int_equal(arena_init(&arena, 4096), SCP_OK);
    void *whole = arena_alloc(&arena, arena.size - 64);
    assert_non_null(whole);
    arena_free(&arena, whole);
    for (size_t i = 0; i < 3; i++)
        assert_non_null(blocks[i] = arena_alloc(&arena, 1000));
    assert_null(arena_alloc(&arena, 2000));
    arena_free(&arena, blocks[1]);
    arena_free(&arena, blocks[0]);
    arena_free(&arena, blocks[2]);
    whole = arena_alloc(&arena, arena.size - 64);
    assert_non_null(whole);
    arena_free(&arena, whole);
    arena_fini(&arena);
}

static void more_than_there_is_gives_null(void **state)
{
    struct arena arena;
    (void)state;
    assert_int_equal(arena_init(&arena, 4096), SCP_OK);
    assert_null(arena_alloc(&arena, arena.size));
    assert_null(arena_alloc(&arena, SIZE_MAX));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_zeroed_and_apart),
        cmocka_unit_test(freed_block_is_wiped),
        cmocka_unit_test(freed_neighbours_become_one_block_again),
        cmocka_unit_test(more_than_there_is_gives_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
