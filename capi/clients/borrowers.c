/* Borrowers that come and go, and what is answered to NULL. */
#include "client.h"

static framewell_pool *pool;
static framewell_borrower *one;

static framewell_borrower *borrower_of(framewell_pool *from, const char *name) {
    framewell_borrower *made;
    CHECK_EQ(framewell_borrower_create(from, name, &made), FRAMEWELL_SUCCESS);
    return made;
}

static void *lent_frame(framewell_borrower *to) {
    void *frame;
    CHECK_EQ(framewell_get(pool, &frame), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_borrower_lend(to, frame), FRAMEWELL_SUCCESS);
    return frame;
}

/* ---- Borrowers that come and go -------------------------------------------------------------- */

static void a_destroyed_borrower_is_reclaimed_by_its_number(void) {
    framewell_borrower *gone = borrower_of(pool, "gone");
    uint64_t number = framewell_borrower_number(gone);
    void *frame = lent_frame(gone);
    char text[4096];
    size_t reclaimed = 77;
    CHECK_EQ(framewell_pool_reclaim(pool, number, &reclaimed), FRAMEWELL_ERROR_BUSY);
    CHECK_EQ(reclaimed, 0);
    framewell_borrower_destroy(gone);
    CHECK_EQ(client_stats(pool).lent, 1);
    CHECK_EQ(client_stats(pool).borrowers, 2);
    CHECK(framewell_pool_stats_text(pool, text, sizeof text) < sizeof text);
    CHECK(strstr(text, "1 frame lent to gone (dropped; number 1)") != NULL);
    CHECK_EQ(framewell_free(pool, frame), FRAMEWELL_ERROR_BUFFER_INVALID);
    CHECK_EQ(framewell_pool_reclaim(pool, number, &reclaimed), FRAMEWELL_SUCCESS);
    CHECK_EQ(reclaimed, 1);
    CHECK_EQ(framewell_pool_reclaim(pool, number, &reclaimed), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(framewell_pool_reclaim(pool, UINT64_MAX, NULL), FRAMEWELL_ERROR_INVALID_PARAMETER);
    /* The next borrower has the same lower half, and is not reached by the old number. */
    framewell_borrower *next = borrower_of(pool, "next");
    CHECK_EQ((uint32_t)framewell_borrower_number(next), (uint32_t)number);
    CHECK(framewell_borrower_number(next) != number);
    CHECK_EQ(framewell_pool_reclaim(pool, number, NULL), FRAMEWELL_ERROR_INVALID_PARAMETER);
    framewell_borrower_destroy(next);
}

static void a_pool_with_a_borrower_is_not_destroyed(void) {
    framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;
    framewell_pool *own;
    config.frames = 2;
    CHECK_EQ(framewell_pool_create(&config, &own, NULL, 0), FRAMEWELL_SUCCESS);
    framewell_borrower *user = borrower_of(own, "user");
    CHECK_EQ(framewell_pool_destroy(own), FRAMEWELL_ERROR_BUSY);
    framewell_borrower_destroy(user);
    CHECK_EQ(framewell_pool_destroy(own), FRAMEWELL_SUCCESS);
}

static void borrowers_beyond_the_limit_are_refused(void) {
    static framewell_borrower *all[4096];
    framewell_borrower *more = client_poison();
    size_t n = 0;
    while (n + 1 < 4096) {
        all[n++] = borrower_of(pool, "many");
    }
    CHECK_EQ(framewell_borrower_create(pool, "more", &more), FRAMEWELL_ERROR_BORROWERS);
    CHECK(more == NULL && strstr(framewell_strerror(FRAMEWELL_ERROR_BORROWERS), "4096") != NULL);
    while (n > 0) {
        framewell_borrower_destroy(all[--n]);
    }
}

/* ---- NULL, and structs of other versions ----------------------------------------------------- */

static void null_is_answered(void) {
    framewell_borrower *none = client_poison();
    void *out = client_poison();
    size_t done = 77;
    uint64_t offset = 0;
    framewell_region region = {sizeof region - 1, NULL, 0, 0};
    const framewell_dword invalid = FRAMEWELL_ERROR_INVALID_PARAMETER;
    CHECK_EQ(framewell_borrower_create(NULL, "x", &none), invalid);
    CHECK(none == NULL);
    CHECK_EQ(framewell_borrower_create(pool, NULL, &none), invalid);
    CHECK_EQ(framewell_borrower_create(pool, "x", NULL), invalid);
    framewell_borrower_destroy(NULL);
    CHECK(framewell_borrower_number(NULL) == UINT64_MAX);
    CHECK_EQ(framewell_borrower_lent(NULL) + framewell_borrower_reclaim(NULL), 0);
    CHECK_EQ(framewell_pool_reclaim(NULL, 0, &done), invalid);
    CHECK_EQ(done, 0);
    CHECK_EQ(framewell_borrower_lend(NULL, out), invalid);
    CHECK_EQ(framewell_borrower_lend_dot11(NULL, out), invalid);
    CHECK_EQ(framewell_borrower_take_back(NULL, out, 0, &out), invalid);
    CHECK(out == NULL);
    CHECK_EQ(framewell_borrower_take_back(one, out, 0, NULL), invalid);
    CHECK_EQ(framewell_borrower_take_back_offset(one, 0, 0, NULL), invalid);
    CHECK_EQ(framewell_borrower_take_back_dot11(one, out, 0, NULL), invalid);
    CHECK_EQ(framewell_borrower_lend_frames(one, NULL, 1, NULL, &done), invalid);
    CHECK_EQ(framewell_borrower_lend_frames(one, NULL, 0, NULL, &done), FRAMEWELL_SUCCESS);
    done = 77;
    CHECK_EQ(framewell_borrower_take_back_offsets(one, &offset, 1, NULL, &done), invalid);
    CHECK_EQ(done, 0);
    CHECK_EQ(framewell_borrower_take_back_offsets(one, NULL, 0, NULL, NULL), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_borrower_take_back_spans(one, NULL, 1, &out, NULL), invalid);
    CHECK_EQ(framewell_borrower_take_back_frames(one, &out, NULL, 1, &out, NULL), invalid);
    CHECK_EQ(framewell_pool_region(pool, NULL), invalid);
    CHECK_EQ(framewell_pool_region(NULL, &region), invalid);
    CHECK_EQ(framewell_pool_region(pool, &region), invalid);
}

static void the_region_is_that_of_the_statistics(void) {
    framewell_stats stats = client_stats(pool);
    struct {
        framewell_region known;
        size_t later;
    } larger = {{sizeof larger, NULL, 0, 0}, 0x55};
    framewell_region region;
    CHECK_EQ(framewell_pool_region(pool, &larger.known), FRAMEWELL_SUCCESS);
    region = larger.known;
    CHECK(region.base == stats.base && region.stride == stats.stride);
    CHECK_EQ(region.len, stats.capacity * stats.stride);
    CHECK(region.struct_size == sizeof region && larger.later == 0x55);
}

int main(void) {
    framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;
    config.frames = 64;
    CHECK_EQ(framewell_pool_create(&config, &pool, NULL, 0), FRAMEWELL_SUCCESS);
    one = borrower_of(pool, "one");

    RUN(a_destroyed_borrower_is_reclaimed_by_its_number);
    RUN(a_pool_with_a_borrower_is_not_destroyed);
    RUN(borrowers_beyond_the_limit_are_refused);
    RUN(null_is_answered);
    RUN(the_region_is_that_of_the_statistics);
    framewell_borrower_destroy(one);
    CHECK_EQ(framewell_pool_destroy(pool), FRAMEWELL_SUCCESS);
    return client_end();
}
