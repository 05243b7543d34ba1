/* A packet loop on a pool of its own. It receives in bursts, frees in bulk, checks every byte, and
 * destroys the pool at the end. */
#include "client.h"

enum { FRAMES = 1024, PAYLOAD = 2048, HEADROOM = 64, BATCH = 32, PACKETS = 200000 };

static framewell_pool *pool;
static uint32_t packets;

/* ---- A network that gives back what it was sent ---------------------------------------------- */

typedef struct packet {
    uint32_t number, length;
    unsigned char bytes[];
} packet;

static uint32_t length_of(uint32_t number) {
    return 60 + number * 7919 % 1440;
}

static void fill(void *frame, uint32_t number) {
    packet *at = frame;
    at->number = number;
    at->length = length_of(number);
    memset(at->bytes, (int)(number & 0xff), at->length);
}

static void check(const void *frame, uint32_t number) {
    const packet *at = frame;
    CHECK_EQ(at->number, number);
    CHECK_EQ(at->length, length_of(number));
    CHECK(client_all(at->bytes, number & 0xff, at->length));
}

/* ---- The loops ------------------------------------------------------------------------------- */

static void loop_in_bursts(void) {
    void *frames[BATCH];
    uint32_t next = 0;
    while (next < packets) {
        size_t got = framewell_get_burst(pool, frames, BATCH);
        CHECK(got > 0 && got <= BATCH);
        for (size_t i = 0; i < got; i++) {
            fill(frames[i], next + (uint32_t)i);
        }
        for (size_t i = 0; i < got; i++) {
            check(frames[i], next + (uint32_t)i);
        }
        size_t refused = 77;
        CHECK_EQ(framewell_free_bulk(pool, frames, got, &refused), FRAMEWELL_SUCCESS);
        CHECK_EQ(refused, 0);
        next += (uint32_t)got;
    }
    CHECK_EQ(client_stats(pool).out, 0);
}

/* All frames are in flight at once, so that a frame that was handed out twice would be
 * overwritten. */
static void loop_in_bulk(void) {
    static void *frames[FRAMES];
    for (uint32_t round = 0; round < 20; round++) {
        for (size_t at = 0; at < FRAMES; at += BATCH) {
            CHECK_EQ(framewell_get_bulk(pool, frames + at, BATCH), FRAMEWELL_SUCCESS);
            for (size_t i = at; i < at + BATCH; i++) {
                fill(frames[i], round * FRAMES + (uint32_t)i);
            }
        }
        for (size_t i = 0; i < FRAMES; i++) {
            check(frames[i], round * FRAMES + (uint32_t)i);
        }
        CHECK_EQ(framewell_free_bulk(pool, frames, FRAMES, NULL), FRAMEWELL_SUCCESS);
    }
}

static void bulk_is_all_or_nothing_and_a_burst_what_there_is(void) {
    static void *frames[FRAMES + 1], *more[BATCH];
    CHECK_EQ(framewell_get_bulk(pool, frames, FRAMES + 1), FRAMEWELL_ERROR_OUT_OF_BUFFERS);
    CHECK_EQ(client_stats(pool).out, 0);
    CHECK_EQ(framewell_get_bulk(pool, frames, FRAMES - 3), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_get_bulk(pool, more, 4), FRAMEWELL_ERROR_OUT_OF_BUFFERS);
    CHECK_EQ(framewell_get_burst(pool, more, BATCH), 3);
    CHECK_EQ(framewell_get_burst(pool, more + 3, BATCH - 3), 0);
    void *one = client_poison();
    CHECK_EQ(framewell_get(pool, &one), FRAMEWELL_ERROR_OUT_OF_BUFFERS);
    CHECK(one == NULL);
    CHECK_EQ(framewell_get_bulk(pool, more + 3, 0), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_free_bulk(pool, more, 3, NULL), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_free_bulk(pool, frames, FRAMES - 3, NULL), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_free_bulk(pool, frames, 0, NULL), FRAMEWELL_SUCCESS);
}

static void headroom_and_tailroom_belong_to_the_frame(void) {
    void *frames[2];
    framewell_stats stats = client_stats(pool);
    CHECK(stats.headroom == HEADROOM && stats.payload == PAYLOAD);
    CHECK(stats.headroom + stats.payload + stats.tailroom <= stats.stride);
    CHECK_EQ(framewell_get_bulk(pool, frames, 2), FRAMEWELL_SUCCESS);
    for (unsigned char i = 0; i < 2; i++) {
        memset((char *)frames[i] - HEADROOM, i + 1, HEADROOM + PAYLOAD + stats.tailroom);
    }
    for (unsigned char i = 0; i < 2; i++) {
        framewell_found found;
        CHECK_EQ(framewell_find(pool, frames[i], &found), FRAMEWELL_SUCCESS);
        CHECK_EQ(found.capacity, stats.payload + stats.tailroom);
        uintptr_t from_base = (uintptr_t)frames[i] - (uintptr_t)stats.base;
        CHECK(from_base < stats.capacity * stats.stride);
        CHECK(client_all((char *)frames[i] - HEADROOM, i + 1, HEADROOM + PAYLOAD + stats.tailroom));
        CHECK_EQ(framewell_free(pool, frames[i]), FRAMEWELL_SUCCESS);
    }
}

static void buffers_of_any_length(void) {
    const size_t lengths[] = {1, 24, 1500, 2346, 11454, 65536, 1 << 20};
    void *buffers[7];
    for (size_t i = 0; i < 7; i++) {
        bool aligned = i % 2 == 0;
        framewell_dword code = aligned ? framewell_dot11_allocate_aligned(pool, lengths[i], &buffers[i])
                                       : framewell_dot11_allocate(pool, lengths[i], &buffers[i]);
        CHECK_EQ(code, FRAMEWELL_SUCCESS);
        CHECK_EQ((uintptr_t)buffers[i] % (aligned ? 64 : 16), 0);
        memset(buffers[i], (int)i, lengths[i]);
    }
    framewell_stats stats = client_stats(pool);
    CHECK_EQ(stats.dot11_out, 7);
    CHECK_EQ(stats.dot11_large, 1);
    CHECK(stats.dot11_large_bytes >= 1 << 20);
    for (size_t i = 0; i < 7; i++) {
        framewell_found found;
        CHECK_EQ(framewell_find(pool, (char *)buffers[i] + lengths[i] - 1, &found), FRAMEWELL_SUCCESS);
        CHECK(found.start == buffers[i] && found.capacity >= lengths[i]);
        CHECK(found.kind == FRAMEWELL_KIND_DOT11 && found.is_out == 1);
        CHECK(client_all(buffers[i], (unsigned char)i, lengths[i]));
        CHECK_EQ(framewell_dot11_free(pool, buffers[i]), FRAMEWELL_SUCCESS);
    }
}

static void trim_returns_idle_memory(void) {
    framewell_trimmed trimmed;
    CHECK(client_stats(pool).dot11_chunks > 0);
    CHECK_EQ(framewell_pool_trim(pool, &trimmed), FRAMEWELL_SUCCESS);
    CHECK(trimmed.chunks > 0 && trimmed.bytes > 0);
    CHECK_EQ(trimmed.pinned, 0);
    CHECK_EQ(client_stats(pool).dot11_chunks, 0);
    CHECK_EQ(framewell_pool_trim(pool, NULL), FRAMEWELL_SUCCESS);
}

static void stats_as_text(void) {
    char whole[4096], cut[16];
    memset(cut, 'x', sizeof cut);
    size_t n = framewell_pool_stats_text(pool, whole, sizeof whole);
    CHECK(n > sizeof cut && n < sizeof whole);
    CHECK_EQ(strlen(whole), n);
    CHECK_EQ(framewell_pool_stats_text(pool, cut, 8), n);
    CHECK(memcmp(cut, whole, 7) == 0 && cut[7] == 0 && cut[8] == 'x');
    CHECK_EQ(framewell_pool_stats_text(pool, NULL, 0), n);
    CHECK_EQ(framewell_pool_stats_text(NULL, cut, 8), 0);
}

static void destroy_is_refused_while_buffers_are_out(void) {
    void *frame, *buffer, *large;
    CHECK_EQ(framewell_get(pool, &frame), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_dot11_allocate(pool, 24, &buffer), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_dot11_allocate(pool, 1 << 20, &large), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_pool_destroy(pool), FRAMEWELL_ERROR_BUSY);
    CHECK_EQ(framewell_free(pool, frame), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_pool_destroy(pool), FRAMEWELL_ERROR_BUSY);
    CHECK_EQ(framewell_dot11_free(pool, buffer), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_pool_destroy(pool), FRAMEWELL_ERROR_BUSY);
    CHECK_EQ(framewell_dot11_free(pool, large), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_pool_destroy(pool), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_pool_destroy(NULL), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_pool_destroy(client_shared_pool()), FRAMEWELL_ERROR_INVALID_PARAMETER);
}

static void null_pools_and_out_pointers_are_87(void) {
    void *out = client_poison();
    framewell_stats stats = client_stats(pool);
    framewell_found found;
    CHECK_EQ(framewell_get(NULL, &out), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK(out == NULL);
    out = client_poison();
    CHECK_EQ(framewell_dot11_allocate(NULL, 24, &out), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK(out == NULL);
    out = client_poison();
    CHECK_EQ(framewell_dot11_allocate_aligned(NULL, 24, &out), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK(out == NULL);
    CHECK_EQ(framewell_get(pool, NULL), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(framewell_dot11_allocate(pool, 24, NULL), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(framewell_free(NULL, out), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(framewell_dot11_free(NULL, out), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(framewell_get_burst(NULL, &out, 1), 0);
    CHECK_EQ(framewell_get_bulk(NULL, &out, 1), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(framewell_get_bulk(pool, NULL, 1), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(framewell_free_bulk(NULL, &out, 1, NULL), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(framewell_find(NULL, out, &found), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(framewell_find(pool, out, NULL), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(framewell_pool_trim(NULL, NULL), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(framewell_pool_stats(NULL, &stats), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(framewell_pool_stats(pool, NULL), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(client_stats(pool).out, 0);
}

/* Usage: loop [PACKETS] */
int main(int argc, char **argv) {
    framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;
    char message[256];
    packets = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : PACKETS;
    config.frames = FRAMES;
    config.payload = PAYLOAD;
    config.headroom = HEADROOM;
    config.dot11_bytes = (size_t)16 << 20;
    CHECK_EQ(framewell_pool_create(&config, &pool, message, sizeof message), FRAMEWELL_SUCCESS);

    RUN(loop_in_bursts);
    RUN(loop_in_bulk);
    RUN(bulk_is_all_or_nothing_and_a_burst_what_there_is);
    RUN(headroom_and_tailroom_belong_to_the_frame);
    RUN(buffers_of_any_length);
    RUN(trim_returns_idle_memory);
    RUN(stats_as_text);
    RUN(null_pools_and_out_pointers_are_87);
    RUN(destroy_is_refused_while_buffers_are_out);
    return client_end();
}
