/* What borrowers refuse, and what they leave as it was.
 *
 *   lent              runs what leaves the process alive
 *   lent abort KIND   misuses a loan in a pool that aborts then; the process must end
 */
#include "client.h"

/* ---- The pool, and what it reports ----------------------------------------------------------- */

static framewell_pool *pool;
static framewell_borrower *one, *two;
static framewell_region region;
static framewell_misuse last;
static unsigned reports;

static void on_misuse(const framewell_misuse *misuse, void *context) {
    CHECK(context == &reports);
    last = *misuse;
    reports++;
}

static framewell_borrower *borrower_of(framewell_pool *from, const char *name) {
    framewell_borrower *made;
    CHECK_EQ(framewell_borrower_create(from, name, &made), FRAMEWELL_SUCCESS);
    return made;
}

static char *frame_of(framewell_pool *from) {
    void *frame;
    CHECK_EQ(framewell_get(from, &frame), FRAMEWELL_SUCCESS);
    return frame;
}

static char *buffer_of(framewell_pool *from, size_t len) {
    void *buffer;
    CHECK_EQ(framewell_dot11_allocate(from, len, &buffer), FRAMEWELL_SUCCESS);
    return buffer;
}

static char *lent_frame(framewell_borrower *to) {
    char *frame = frame_of(pool);
    CHECK_EQ(framewell_borrower_lend(to, frame), FRAMEWELL_SUCCESS);
    return frame;
}

static uint64_t offset_of(const char *address) {
    return (uint64_t)((uintptr_t)address - (uintptr_t)region.base);
}

/* Takes a frame back and frees it. */
static void end_loan(framewell_borrower *from, char *start) {
    void *frame;
    CHECK_EQ(framewell_borrower_take_back(from, start, 1, &frame), FRAMEWELL_SUCCESS);
    CHECK(frame == start);
    CHECK_EQ(framewell_free(pool, frame), FRAMEWELL_SUCCESS);
}

/* ---- Ways back ------------------------------------------------------------------------------- */

static void a_frame_comes_back_where_the_borrower_left_data(void) {
    char *frame = lent_frame(one), *first = frame - 128;
    void *back = frame;
    memset(first, 0x11, region.stride);
    for (size_t headroom = 0; headroom < region.stride; headroom += 97) {
        size_t len = region.stride - headroom;
        framewell_dword code = headroom % 2 == 0
            ? framewell_borrower_take_back(one, first + headroom, len, &back)
            : framewell_borrower_take_back_offset(one, offset_of(first) + headroom, len, &back);
        CHECK_EQ(code, FRAMEWELL_SUCCESS);
        CHECK(back == first + headroom && client_all(back, 0x11, len));
        framewell_found found;
        CHECK_EQ(framewell_find(pool, first, &found), FRAMEWELL_SUCCESS);
        CHECK(found.start == back && found.is_out == 1 && found.is_lent == 0);
        CHECK_EQ(framewell_borrower_lend(one, back), FRAMEWELL_SUCCESS);
        CHECK_EQ(framewell_find(pool, first, &found), FRAMEWELL_SUCCESS);
        CHECK(found.start == first && found.is_out == 0 && found.is_lent == 1);
    }
    end_loan(one, frame);
    CHECK_EQ(reports, 0);
}

static void buffers_of_any_length_are_lent(void) {
    for (size_t len = 1; len < 3u << 20; len = len * 7 + 1) {
        char *buffer = buffer_of(pool, len);
        void *back = client_poison();
        CHECK_EQ(framewell_borrower_lend_dot11(one, buffer), FRAMEWELL_SUCCESS);
        CHECK_EQ(framewell_borrower_lent(one), 1);
        buffer[len - 1] = 0x22;
        CHECK_EQ(framewell_borrower_take_back_dot11(one, buffer, len, &back), FRAMEWELL_SUCCESS);
        CHECK(back == buffer && buffer[len - 1] == 0x22);
        CHECK_EQ(framewell_dot11_free(pool, back), FRAMEWELL_SUCCESS);
    }
    CHECK_EQ(reports, 0);
}

/* ---- Refusals -------------------------------------------------------------------------------- */

/* Checks that the last call was refused, and reported as this. */
static void refused(framewell_dword code, framewell_dword expected, uint32_t kind, const void *pointer) {
    CHECK_EQ(code, expected);
    CHECK_EQ(reports, 1);
    CHECK_EQ(last.kind, kind);
    CHECK(last.pointer == pointer);
    reports = 0;
}

static void check_frame_refused(framewell_borrower *by, char *start, uint32_t kind) {
    void *back = client_poison();
    framewell_stats before = client_stats(pool);
    refused(framewell_borrower_take_back(by, start, 0, &back), FRAMEWELL_ERROR_BUFFER_INVALID, kind, start);
    CHECK(back == NULL);
    if (kind != FRAMEWELL_MISUSE_NULL && kind != FRAMEWELL_MISUSE_OTHER_KIND) {
        back = client_poison();
        refused(framewell_borrower_take_back_offset(by, offset_of(start), 0, &back), FRAMEWELL_ERROR_BUFFER_INVALID, kind, start);
        CHECK(back == NULL);
    }
    framewell_stats after = client_stats(pool);
    CHECK_EQ(after.lent, before.lent);
    CHECK_EQ(after.out, before.out);
    CHECK(after.misuses > before.misuses);
}

static void what_is_not_lent_to_the_borrower_does_not_come_back(void) {
    static char stranger;
    char *mine = lent_frame(one), *theirs = lent_frame(two), *out = frame_of(pool), *freed = frame_of(pool);
    char *buffer = buffer_of(pool, 1500);
    CHECK_EQ(framewell_free(pool, freed), FRAMEWELL_SUCCESS);
    check_frame_refused(one, NULL, FRAMEWELL_MISUSE_NULL);
    check_frame_refused(one, &stranger, FRAMEWELL_MISUSE_FOREIGN);
    check_frame_refused(one, (char *)region.base + region.len, FRAMEWELL_MISUSE_FOREIGN);
    check_frame_refused(one, (char *)region.base - 1, FRAMEWELL_MISUSE_FOREIGN);
    check_frame_refused(one, buffer, FRAMEWELL_MISUSE_OTHER_KIND);
    check_frame_refused(one, out, FRAMEWELL_MISUSE_NOT_LENT);
    check_frame_refused(one, freed, FRAMEWELL_MISUSE_NOT_LENT);
    check_frame_refused(one, theirs, FRAMEWELL_MISUSE_LENT_TO_OTHER);
    CHECK_EQ(last.borrower, (uint32_t)framewell_borrower_number(two));
    end_loan(one, mine);
    check_frame_refused(one, mine, FRAMEWELL_MISUSE_NOT_LENT);
    end_loan(two, theirs);
    CHECK_EQ(framewell_free(pool, out), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_dot11_free(pool, buffer), FRAMEWELL_SUCCESS);
}

static void data_beyond_the_frame_are_refused_and_it_is_still_lent(void) {
    char *frame = lent_frame(one);
    void *back = client_poison();
    size_t room = region.stride, beyond[] = {room - 127, SIZE_MAX};
    for (size_t i = 0; i < 2; i++) {
        refused(framewell_borrower_take_back(one, frame, beyond[i], &back), FRAMEWELL_ERROR_BUFFER_TOO_SMALL,
                FRAMEWELL_MISUSE_BEYOND_ROOM, frame);
        CHECK(back == NULL && last.headroom == 128 && last.len == beyond[i] && last.room == room);
        CHECK_EQ(framewell_borrower_lent(one), 1);
    }
    CHECK_EQ(framewell_borrower_take_back(one, frame, room - 128, &back), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_free(pool, back), FRAMEWELL_SUCCESS);
}

static void buffers_are_refused_as_frames_are(void) {
    size_t lens[] = {1500, 1 << 20};
    for (size_t i = 0; i < 2; i++) {
        char *buffer = buffer_of(pool, lens[i]);
        void *back;
        refused(framewell_borrower_take_back_dot11(one, buffer, 0, &back), FRAMEWELL_ERROR_BUFFER_INVALID,
                FRAMEWELL_MISUSE_NOT_LENT, buffer);
        CHECK_EQ(framewell_borrower_lend_dot11(one, buffer), FRAMEWELL_SUCCESS);
        refused(framewell_dot11_free(pool, buffer), FRAMEWELL_ERROR_BUFFER_INVALID, FRAMEWELL_MISUSE_LENT, buffer);
        refused(framewell_borrower_take_back_dot11(two, buffer, 0, &back), FRAMEWELL_ERROR_BUFFER_INVALID,
                FRAMEWELL_MISUSE_LENT_TO_OTHER, buffer);
        refused(framewell_borrower_take_back_dot11(one, buffer + 1, 0, &back), FRAMEWELL_ERROR_BUFFER_INVALID,
                FRAMEWELL_MISUSE_INTERIOR, buffer + 1);
        refused(framewell_borrower_take_back_dot11(one, buffer, 8u << 20, &back), FRAMEWELL_ERROR_BUFFER_TOO_SMALL,
                FRAMEWELL_MISUSE_BEYOND_ROOM, buffer);
        CHECK(last.len == 8u << 20 && last.room >= lens[i]);
        CHECK_EQ(framewell_borrower_take_back_dot11(one, buffer, lens[i], &back), FRAMEWELL_SUCCESS);
        CHECK_EQ(framewell_dot11_free(pool, back), FRAMEWELL_SUCCESS);
    }
}

/* ---- Many ------------------------------------------------------------------------------------ */

enum { MANY = 150 };

static void lend_many(void **frames, uint64_t *offsets) {
    size_t lent = 77;
    CHECK_EQ(framewell_get_bulk(pool, frames, MANY), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_borrower_lend_frames(one, frames, MANY, offsets, &lent), FRAMEWELL_SUCCESS);
    CHECK_EQ(lent, MANY);
    for (size_t i = 0; i < MANY; i++) {
        CHECK_EQ(offsets[i], offset_of(frames[i]));
    }
}

static void many_come_back_in_their_order(void) {
    static void *frames[MANY], *back[MANY];
    static uint64_t offsets[MANY];
    static size_t lens[MANY];
    static framewell_span spans[MANY];
    size_t taken = 77;
    lend_many(frames, offsets);
    CHECK_EQ(framewell_borrower_take_back_offsets(one, offsets, MANY, back, &taken), FRAMEWELL_SUCCESS);
    CHECK(taken == MANY && memcmp(frames, back, sizeof back) == 0);
    CHECK_EQ(framewell_borrower_lend_frames(one, frames, MANY, NULL, NULL), FRAMEWELL_SUCCESS);
    for (size_t i = 0; i < MANY; i++) {
        spans[i].offset = offsets[i] + i;
        spans[i].len = (uint32_t)i;
    }
    CHECK_EQ(framewell_borrower_take_back_spans(one, spans, MANY, back, NULL), FRAMEWELL_SUCCESS);
    for (size_t i = 0; i < MANY; i++) {
        CHECK((char *)back[i] == (char *)frames[i] + i);
    }
    CHECK_EQ(framewell_borrower_lend_frames(one, back, MANY, NULL, &taken), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_borrower_take_back_frames(one, frames, lens, MANY, frames, &taken), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_free_bulk(pool, frames, MANY, NULL), FRAMEWELL_SUCCESS);
    CHECK_EQ(reports, 0);
    CHECK_EQ(framewell_borrower_lent(one), 0);
}

/* The entry in the middle is lent to somebody else. */
static void many_stop_at_the_refused_one(void) {
    static void *frames[MANY], *back[MANY];
    static uint64_t offsets[MANY];
    static size_t lens[MANY];
    static framewell_span spans[MANY];
    enum { BAD = 100 };
    size_t done = 77;
    lend_many(frames, offsets);
    char *own = frames[BAD], *theirs = lent_frame(two);
    for (size_t i = 0; i < MANY; i++) {
        spans[i].offset = offsets[i];
    }
    frames[BAD] = theirs;
    spans[BAD].offset = offsets[BAD] = offset_of(theirs);
    refused(framewell_borrower_take_back_offsets(one, offsets, MANY, back, &done), FRAMEWELL_ERROR_BUFFER_INVALID,
            FRAMEWELL_MISUSE_LENT_TO_OTHER, theirs);
    CHECK(done == BAD && memcmp(frames, back, BAD * sizeof *back) == 0 && back[BAD] == NULL);
    CHECK_EQ(framewell_borrower_lent(one), MANY - BAD);

    CHECK_EQ(framewell_borrower_lend_frames(one, frames, BAD, NULL, NULL), FRAMEWELL_SUCCESS);
    refused(framewell_borrower_take_back_spans(one, spans, MANY, back, &done), FRAMEWELL_ERROR_BUFFER_INVALID,
            FRAMEWELL_MISUSE_LENT_TO_OTHER, theirs);
    CHECK(done == BAD && back[BAD] == NULL);

    CHECK_EQ(framewell_borrower_lend_frames(one, frames, BAD, NULL, NULL), FRAMEWELL_SUCCESS);
    refused(framewell_borrower_take_back_frames(one, frames, lens, MANY, back, &done), FRAMEWELL_ERROR_BUFFER_INVALID,
            FRAMEWELL_MISUSE_LENT_TO_OTHER, theirs);
    CHECK(done == BAD && back[BAD] == NULL);

    refused(framewell_borrower_lend_frames(one, frames, MANY, offsets, &done), FRAMEWELL_ERROR_BUFFER_INVALID,
            FRAMEWELL_MISUSE_LENT, theirs);
    CHECK_EQ(done, BAD);
    CHECK_EQ(framewell_borrower_lent(one), MANY);
    end_loan(two, theirs);
    frames[BAD] = own;
    CHECK_EQ(framewell_borrower_reclaim(one), MANY);
    CHECK_EQ(client_stats(pool).out, 0);
}

/* ---- In processes of their own --------------------------------------------------------------- */

static void misuse_and_abort(const char *kind) {
    framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;
    framewell_dword code;
    void *back;
    config.abort_on_misuse = 1;
    CHECK_EQ(framewell_init(&config, NULL, 0), FRAMEWELL_SUCCESS);
    pool = client_shared_pool();
    one = borrower_of(pool, "one");
    two = borrower_of(pool, "two");
    char *frame = lent_frame(two);
    if (strcmp(kind, "lent") == 0) {
        code = RasFreeBuffer((framewell_byte *)frame);
    } else if (strcmp(kind, "not-lent") == 0) {
        code = framewell_borrower_take_back(one, frame_of(pool), 0, &back);
    } else if (strcmp(kind, "other") == 0) {
        code = framewell_borrower_take_back(one, frame, 0, &back);
    } else {
        code = framewell_borrower_take_back(two, frame, 9000, &back);
    }
    printf("code of the second: %u\n", (unsigned)code);
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "abort") == 0) {
        misuse_and_abort(argv[2]);
        return 0;
    }
    framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;
    config.frames = 256;
    config.dot11_bytes = (size_t)4 << 20;
    config.on_misuse = on_misuse;
    config.on_misuse_context = &reports;
    CHECK_EQ(framewell_pool_create(&config, &pool, NULL, 0), FRAMEWELL_SUCCESS);
    region.struct_size = sizeof region;
    CHECK_EQ(framewell_pool_region(pool, &region), FRAMEWELL_SUCCESS);
    one = borrower_of(pool, "one");
    two = borrower_of(pool, "two");

    RUN(a_frame_comes_back_where_the_borrower_left_data);
    RUN(buffers_of_any_length_are_lent);
    RUN(what_is_not_lent_to_the_borrower_does_not_come_back);
    RUN(data_beyond_the_frame_are_refused_and_it_is_still_lent);
    RUN(buffers_are_refused_as_frames_are);
    RUN(many_come_back_in_their_order);
    RUN(many_stop_at_the_refused_one);
    framewell_borrower_destroy(one);
    framewell_borrower_destroy(two);
    CHECK_EQ(framewell_pool_destroy(pool), FRAMEWELL_SUCCESS);
    return client_end();
}
