/* The rows of docs/contract.md. Each row has at least one function, named after it, on the pool
 * that the process shares. */
#include "client.h"

#if !defined(_WIN32)
#include <sys/resource.h>
#endif

enum { FRAMES = 64, BUDGET = 4 << 20, RAS_SIZE = 1500 };

static framewell_pool *pool;

/* What the pool has reported, counted by kind. */
static unsigned reported[5];

static void on_misuse(const framewell_misuse *misuse, void *context) {
    CHECK(context == reported);
    CHECK(misuse->kind < 5);
    reported[misuse->kind]++;
}

/* Checks what a refused call may not change. */
static void check_same(framewell_stats before, framewell_stats after) {
    CHECK_EQ(after.free, before.free);
    CHECK_EQ(after.out, before.out);
    CHECK_EQ(after.dot11_out, before.dot11_out);
    CHECK_EQ(after.dot11_large, before.dot11_large);
}

static framewell_byte *get(void) {
    framewell_byte *frame = NULL;
    framewell_dword size = RAS_SIZE;
    CHECK_EQ(RasGetBuffer(&frame, &size), FRAMEWELL_SUCCESS);
    CHECK(frame != NULL);
    CHECK_EQ(size, RAS_SIZE);
    return frame;
}

static void *allocate(framewell_dword n) {
    void *buffer = NULL;
    CHECK_EQ(Dot11ExtAllocateBuffer(n, &buffer), FRAMEWELL_SUCCESS);
    CHECK(buffer != NULL);
    return buffer;
}

static void get_with(framewell_dword wish) {
    framewell_byte *frame = client_poison();
    framewell_dword size = wish;
    CHECK_EQ(RasGetBuffer(&frame, &size), FRAMEWELL_SUCCESS);
    CHECK(frame != NULL && frame != client_poison());
    CHECK_EQ(size, RAS_SIZE);
    memset(frame, 0x45, size);
    CHECK_EQ(RasFreeBuffer(frame), FRAMEWELL_SUCCESS);
}

/* ---- RAS ------------------------------------------------------------------------------------- */

static void r1_get_returns_a_frame(void) {
    const framewell_dword wishes[] = {1, 60, 1499, 1500};
    for (size_t i = 0; i < 4; i++) {
        get_with(wishes[i]);
    }
}

static void r2_a_frame_is_1500_bytes_and_all_are_the_callers(void) {
    framewell_byte *one = get(), *other = get();
    framewell_dword capacity = 0;
    CHECK_EQ(framewell_ras_query(one, &capacity), FRAMEWELL_SUCCESS);
    CHECK_EQ(capacity, RAS_SIZE);
    memset(one, 1, RAS_SIZE);
    memset(other, 2, RAS_SIZE);
    CHECK(client_all(one, 1, RAS_SIZE) && client_all(other, 2, RAS_SIZE));
    CHECK_EQ(RasFreeBuffer(one), FRAMEWELL_SUCCESS);
    CHECK_EQ(RasFreeBuffer(other), FRAMEWELL_SUCCESS);
}

static void r3_request_is_capped(void) {
    const framewell_dword wishes[] = {1501, 4000, 65536, 0xffffffffu};
    for (size_t i = 0; i < 4; i++) {
        get_with(wishes[i]);
    }
}

static void r4_get_zero_succeeds(void) {
    get_with(0);
}

static void leave_frames_with_the_last_cpu(void *unused) {
    framewell_byte *frames[FRAMES / 2];
    (void)unused;
    client_pin(true);
    for (size_t i = 0; i < FRAMES / 2; i++) {
        frames[i] = get();
    }
    for (size_t i = 0; i < FRAMES / 2; i++) {
        CHECK_EQ(RasFreeBuffer(frames[i]), FRAMEWELL_SUCCESS);
    }
}

static void take_them_all_on_the_first_cpu(void *unused) {
    framewell_byte *frames[FRAMES], *refused = client_poison();
    framewell_dword size = 77;
    (void)unused;
    client_pin(false);
    for (size_t i = 0; i < FRAMES; i++) {
        frames[i] = get();
    }
    CHECK_EQ(RasGetBuffer(&refused, &size), FRAMEWELL_ERROR_OUT_OF_BUFFERS);
    CHECK(refused == NULL);
    CHECK_EQ(size, 77);
    for (size_t i = 0; i < FRAMES; i++) {
        CHECK_EQ(RasFreeBuffer(frames[i]), FRAMEWELL_SUCCESS);
    }
}

static void r5_refused_only_when_nothing_is_at_rest_in_any_cache(void) {
    for (int round = 0; round < 3; round++) {
        client_on_thread(leave_frames_with_the_last_cpu, NULL);
        client_on_thread(take_them_all_on_the_first_cpu, NULL);
    }
}

static void r6_get_with_a_null_argument_is_610(void) {
    framewell_byte *frame = client_poison();
    framewell_dword size = 77;
    framewell_stats before = client_stats(pool);
    CHECK_EQ(RasGetBuffer(&frame, NULL), FRAMEWELL_ERROR_BUFFER_INVALID);
    CHECK(frame == NULL);
    CHECK_EQ(RasGetBuffer(NULL, &size), FRAMEWELL_ERROR_BUFFER_INVALID);
    CHECK_EQ(size, 77);
    CHECK_EQ(RasGetBuffer(NULL, NULL), FRAMEWELL_ERROR_BUFFER_INVALID);
    check_same(before, client_stats(pool));
}

static void free_frame(void *frame) {
    CHECK_EQ(RasFreeBuffer(frame), FRAMEWELL_SUCCESS);
}

static void r7_freed_on_any_thread(void) {
    framewell_stats before = client_stats(pool);
    for (int i = 0; i < 8; i++) {
        client_on_thread(free_frame, get());
    }
    check_same(before, client_stats(pool));
}

static void r8_invalid_pointers_are_610_and_nothing_changes(void) {
    framewell_byte *frame = get(), *freed = get(), stranger = 0;
    CHECK_EQ(RasFreeBuffer(freed), FRAMEWELL_SUCCESS);
    framewell_byte *invalid[] = {NULL, &stranger, frame + 1, frame + RAS_SIZE - 1, freed};
    framewell_stats before = client_stats(pool);
    for (size_t i = 0; i < 5; i++) {
        CHECK_EQ(RasFreeBuffer(invalid[i]), FRAMEWELL_ERROR_BUFFER_INVALID);
        framewell_stats after = client_stats(pool);
        check_same(before, after);
        CHECK_EQ(after.misuses, before.misuses + i + 1);
    }
    CHECK_EQ(RasFreeBuffer(frame), FRAMEWELL_SUCCESS);
    CHECK_EQ(RasFreeBuffer(frame), FRAMEWELL_ERROR_BUFFER_INVALID);
}

static void r9_a_dot11_buffer_is_no_frame(void) {
    const framewell_dword sizes[] = {60, 1500, 1 << 20};
    for (size_t i = 0; i < 3; i++) {
        void *buffer = allocate(sizes[i]);
        framewell_stats before = client_stats(pool);
        CHECK_EQ(RasFreeBuffer(buffer), FRAMEWELL_ERROR_BUFFER_INVALID);
        check_same(before, client_stats(pool));
        Dot11ExtFreeBuffer(buffer);
        CHECK_EQ(client_stats(pool).dot11_out, before.dot11_out - 1);
    }
}

/* RasFreeBuffer answers 0 or 610, whatever the pointer is and however full the pool is. */
static void r10_free_answers_neither_601_nor_614(void) {
    framewell_byte *frames[FRAMES];
    void *buffer = allocate(24);
    for (size_t i = 0; i < FRAMES; i++) {
        frames[i] = get();
    }
    for (ptrdiff_t offset = -4096; offset < 8192; offset += 64) {
        framewell_byte *pointer = (framewell_byte *)((uintptr_t)frames[0] + (uintptr_t)offset);
        framewell_dword expected = framewell_ras_query(pointer, NULL);
        CHECK(expected == FRAMEWELL_SUCCESS || expected == FRAMEWELL_ERROR_BUFFER_INVALID);
        CHECK_EQ(RasFreeBuffer(pointer), expected);
        CHECK_EQ(RasFreeBuffer(pointer), FRAMEWELL_ERROR_BUFFER_INVALID);
    }
    CHECK_EQ(RasFreeBuffer(buffer), FRAMEWELL_ERROR_BUFFER_INVALID);
    for (size_t i = 0; i < FRAMES; i++) {
        framewell_dword code = RasFreeBuffer(frames[i]);
        CHECK(code == FRAMEWELL_SUCCESS || code == FRAMEWELL_ERROR_BUFFER_INVALID);
    }
    CHECK_EQ(client_stats(pool).out, 0);
    Dot11ExtFreeBuffer(buffer);
}

/* ---- Dot11 ----------------------------------------------------------------------------------- */

static void a1_allocate_gives_at_least_n_bytes_aligned_to_16(void) {
    const framewell_dword sizes[] = {1, 24, 1500, 1501, 2346, 11454, 65536, 65537, 1 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        framewell_byte *buffer = allocate(sizes[i]);
        CHECK_EQ((uintptr_t)buffer % 16, 0);
        memset(buffer, 0x45, sizes[i]);
        CHECK(client_all(buffer, 0x45, sizes[i]));
        Dot11ExtFreeBuffer(buffer);
    }
}

static void a1_four_gibibytes_less_one_byte_are_served_when_memory_allows(void) {
    void *buffer = client_poison();
    framewell_dword code = Dot11ExtAllocateBuffer(0xffffffffu, &buffer);
    if (code == FRAMEWELL_SUCCESS) {
        /* Only the ends are touched, so that the rest is never committed. */
        ((framewell_byte *)buffer)[0] = 1;
        ((framewell_byte *)buffer)[(size_t)0xfffffffeu] = 1;
        Dot11ExtFreeBuffer(buffer);
    } else {
        CHECK_EQ(code, FRAMEWELL_ERROR_OUTOFMEMORY);
        CHECK(buffer == NULL);
    }
}

static void a2_allocate_zero_is_87(void) {
    void *buffer = client_poison();
    CHECK_EQ(Dot11ExtAllocateBuffer(0, &buffer), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK(buffer == NULL);
}

static void a3_allocate_to_null_is_87(void) {
    framewell_stats before = client_stats(pool);
    CHECK_EQ(Dot11ExtAllocateBuffer(24, NULL), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(Dot11ExtAllocateBuffer(0, NULL), FRAMEWELL_ERROR_INVALID_PARAMETER);
    check_same(before, client_stats(pool));
}

static void a4_no_budget_is_14_and_null(void) {
    void *all[BUDGET / 60000 + 2], *refused = client_poison();
    size_t n = 0;
    framewell_dword code;
    while ((code = Dot11ExtAllocateBuffer(60000, &all[n])) == FRAMEWELL_SUCCESS) {
        n++;
        CHECK(n < sizeof all / sizeof *all);
    }
    CHECK_EQ(code, FRAMEWELL_ERROR_OUTOFMEMORY);
    CHECK(all[n] == NULL && n > 0);
    CHECK_EQ(Dot11ExtAllocateBuffer(60000, &refused), FRAMEWELL_ERROR_OUTOFMEMORY);
    CHECK(refused == NULL);
    for (size_t i = 0; i < n; i++) {
        Dot11ExtFreeBuffer(all[i]);
    }
    Dot11ExtFreeBuffer(allocate(60000));
}

static void a4_no_address_space_is_14_and_null(void) {
    void *refused = client_poison();
    CHECK_EQ(framewell_dot11_allocate(pool, SIZE_MAX, &refused), FRAMEWELL_ERROR_OUTOFMEMORY);
    CHECK(refused == NULL);
}

#if !defined(_WIN32)
static void a4_no_memory_of_the_system_is_14_and_null(void) {
    void *refused = client_poison();
    struct rlimit before, none;
    if (getrlimit(RLIMIT_AS, &before) != 0) {
        return;
    }
    none = before;
    none.rlim_cur = 1 << 20;
    CHECK(setrlimit(RLIMIT_AS, &none) == 0);
    framewell_dword code = Dot11ExtAllocateBuffer(16 << 20, &refused);
    CHECK(setrlimit(RLIMIT_AS, &before) == 0);
    CHECK_EQ(code, FRAMEWELL_ERROR_OUTOFMEMORY);
    CHECK(refused == NULL);
    Dot11ExtFreeBuffer(allocate(16 << 20));
}
#endif

static void a5_free_of_null_returns_at_once(void) {
    framewell_stats before = client_stats(pool);
    Dot11ExtFreeBuffer(NULL);
    framewell_stats after = client_stats(pool);
    check_same(before, after);
    CHECK_EQ(after.misuses, before.misuses);
}

static void allocate_to(void *buffers) {
    const framewell_dword sizes[] = {24, 2346, 1 << 20};
    for (size_t i = 0; i < 3; i++) {
        ((void **)buffers)[i] = allocate(sizes[i]);
    }
}

static void free_buffer(void *buffer) {
    Dot11ExtFreeBuffer(buffer);
}

static void a6_freed_on_any_thread_also_when_the_allocating_one_is_gone(void) {
    void *buffers[3];
    framewell_stats before = client_stats(pool);
    client_on_thread(allocate_to, buffers);
    CHECK_EQ(client_stats(pool).dot11_out, before.dot11_out + 3);
    Dot11ExtFreeBuffer(buffers[0]);
    client_on_thread(free_buffer, buffers[1]);
    client_on_thread(free_buffer, buffers[2]);
    check_same(before, client_stats(pool));
}

static void a7_invalid_pointers_are_refused_counted_and_reported(void) {
    framewell_byte *buffer = allocate(2346), *large = allocate(1 << 20), *freed = allocate(2346);
    framewell_byte *frame = get(), stranger = 0;
    Dot11ExtFreeBuffer(freed);
    const struct {
        void *pointer;
        uint32_t kind;
    } invalid[] = {
        {&stranger, FRAMEWELL_MISUSE_FOREIGN},
        {buffer + 16, FRAMEWELL_MISUSE_INTERIOR},
        {large + 4096, FRAMEWELL_MISUSE_INTERIOR},
        {freed, FRAMEWELL_MISUSE_NOT_OUT},
        {frame, FRAMEWELL_MISUSE_OTHER_KIND},
    };
    framewell_stats before = client_stats(pool);
    for (size_t i = 0; i < 5; i++) {
        memset(reported, 0, sizeof reported);
        Dot11ExtFreeBuffer(invalid[i].pointer);
        framewell_stats after = client_stats(pool);
        check_same(before, after);
        CHECK_EQ(after.misuses, before.misuses + i + 1);
        for (uint32_t kind = 0; kind < 5; kind++) {
            CHECK_EQ(reported[kind], kind == invalid[i].kind);
        }
    }
    Dot11ExtFreeBuffer(buffer);
    Dot11ExtFreeBuffer(large);
    CHECK_EQ(RasFreeBuffer(frame), FRAMEWELL_SUCCESS);
}

/* ---- Contents -------------------------------------------------------------------------------- */

static void c1_zeroed_on_free(void) {
    framewell_byte *frames[FRAMES];
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < FRAMES; i++) {
            frames[i] = get();
            CHECK(client_all(frames[i], 0, RAS_SIZE));
            memset(frames[i], 0xa5, RAS_SIZE);
        }
        for (size_t i = 0; i < FRAMES; i++) {
            CHECK_EQ(RasFreeBuffer(frames[i]), FRAMEWELL_SUCCESS);
        }
    }
    const framewell_dword sizes[] = {24, 2346, 60000, 1 << 17};
    for (size_t i = 0; i < 8; i++) {
        framewell_byte *buffer = allocate(sizes[i % 4]);
        CHECK(client_all(buffer, 0, sizes[i % 4]));
        memset(buffer, 0xa5, sizes[i % 4]);
        Dot11ExtFreeBuffer(buffer);
    }
}

int main(void) {
    framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;
    config.frames = FRAMES;
    config.dot11_bytes = BUDGET;
    config.zero_on_free = 1;
    config.on_misuse = on_misuse;
    config.on_misuse_context = reported;
    CHECK_EQ(framewell_init(&config, NULL, 0), FRAMEWELL_SUCCESS);
    pool = client_shared_pool();

    RUN(r1_get_returns_a_frame);
    RUN(r2_a_frame_is_1500_bytes_and_all_are_the_callers);
    RUN(r3_request_is_capped);
    RUN(r4_get_zero_succeeds);
    RUN(r5_refused_only_when_nothing_is_at_rest_in_any_cache);
    RUN(r6_get_with_a_null_argument_is_610);
    RUN(r7_freed_on_any_thread);
    RUN(r8_invalid_pointers_are_610_and_nothing_changes);
    RUN(r9_a_dot11_buffer_is_no_frame);
    RUN(r10_free_answers_neither_601_nor_614);
    RUN(a1_allocate_gives_at_least_n_bytes_aligned_to_16);
    RUN(a1_four_gibibytes_less_one_byte_are_served_when_memory_allows);
    RUN(a2_allocate_zero_is_87);
    RUN(a3_allocate_to_null_is_87);
    RUN(a4_no_budget_is_14_and_null);
    RUN(a4_no_address_space_is_14_and_null);
#if !defined(_WIN32)
    RUN(a4_no_memory_of_the_system_is_14_and_null);
#endif
    RUN(a5_free_of_null_returns_at_once);
    RUN(a6_freed_on_any_thread_also_when_the_allocating_one_is_gone);
    RUN(a7_invalid_pointers_are_refused_counted_and_reported);
    RUN(c1_zeroed_on_free);

    framewell_stats stats = client_stats(pool);
    CHECK_EQ(stats.out + stats.dot11_out, 0);
    return client_end();
}
