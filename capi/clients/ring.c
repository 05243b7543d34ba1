/* A network card with two rings, as a program that drives one through AF_XDP or io_uring has it:
 * frames are lent to the receive ring, come back with the start and the length that the card left,
 * are sent through the transmit ring, and complete. The card is a model, and touches the frames by
 * their place in the region alone. */
#include "client.h"

enum { RING = 32, HEADROOM = 128, CARD_HEADROOM = 256 };

/* ---- The card -------------------------------------------------------------------------------- */

typedef struct ring {
    framewell_span entries[RING];
    size_t first, len;
} ring;

static void ring_push(ring *ring, uint64_t offset, uint32_t len) {
    CHECK(ring->len < RING);
    framewell_span *entry = &ring->entries[(ring->first + ring->len++) % RING];
    entry->offset = offset;
    entry->len = len;
    entry->options = 0xffffffff; /* the card's own */
}

/* Takes up to n entries out of a ring, and returns how many. */
static size_t ring_take(ring *ring, framewell_span *entries, size_t n) {
    size_t taken = 0;
    while (taken < n && ring->len > 0) {
        entries[taken++] = ring->entries[ring->first];
        ring->first = (ring->first + 1) % RING;
        ring->len--;
    }
    return taken;
}

static ring to_fill, received, to_send, completed;
static framewell_region region;

static uint32_t length_of(unsigned packet) {
    return 60 + packet * 17 % 1000;
}

static unsigned char byte_of(unsigned packet) {
    return (unsigned char)(packet * 7 + 1);
}

/* Receives up to n packets into the frames that the program has lent. */
static void card_receives(size_t n, unsigned *packet) {
    framewell_span frame;
    while (n-- > 0 && ring_take(&to_fill, &frame, 1) == 1) {
        uint64_t start = frame.offset - frame.offset % region.stride + CARD_HEADROOM;
        memset((char *)region.base + start, byte_of(*packet), length_of(*packet));
        ring_push(&received, start, length_of(*packet));
        ++*packet;
    }
}

/* Sends what the program has lent, and looks at every byte. */
static void card_sends(unsigned *packet) {
    framewell_span data;
    while (ring_take(&to_send, &data, 1) == 1) {
        const char *start = (const char *)region.base + data.offset;
        CHECK_EQ(data.len, length_of(*packet) + 4);
        CHECK(memcmp(start, "head", 4) == 0 && client_all(start + 4, byte_of(*packet), data.len - 4));
        /* A completion ring tells no length, and the card chooses which byte of the frame it names. */
        ring_push(&completed, data.offset - data.offset % region.stride, 0);
        ++*packet;
    }
}

/* ---- The program ----------------------------------------------------------------------------- */

static framewell_pool *pool;
static framewell_borrower *rx, *tx;

/* Lends new frames to the receive ring, as many as it has room for. */
static void fill(void) {
    void *frames[RING];
    uint64_t offsets[RING];
    size_t lent, n = framewell_get_burst(pool, frames, RING - to_fill.len);
    CHECK_EQ(framewell_borrower_lend_frames(rx, frames, n, offsets, &lent), FRAMEWELL_SUCCESS);
    CHECK_EQ(lent, n);
    for (size_t i = 0; i < n; i++) {
        ring_push(&to_fill, offsets[i], 0);
    }
}

/* Takes what was received, puts a header in front of each packet, and lends it to the transmit
 * ring. */
static size_t forward(void) {
    framewell_span spans[RING];
    void *packets[RING];
    size_t taken, lent, n = ring_take(&received, spans, RING);
    uint64_t offsets[RING];
    CHECK_EQ(framewell_borrower_take_back_spans(rx, spans, n, packets, &taken), FRAMEWELL_SUCCESS);
    CHECK_EQ(taken, n);
    for (size_t i = 0; i < n; i++) {
        CHECK((char *)packets[i] == (char *)region.base + spans[i].offset);
        memcpy((char *)packets[i] - 4, "head", 4); /* the card has left headroom */
    }
    CHECK_EQ(framewell_borrower_lend_frames(tx, packets, n, offsets, &lent), FRAMEWELL_SUCCESS);
    for (size_t i = 0; i < n; i++) {
        ring_push(&to_send, offsets[i] - 4, spans[i].len + 4);
    }
    return lent;
}

/* Frees what was sent. */
static size_t complete(void) {
    framewell_span spans[RING];
    uint64_t offsets[RING];
    void *frames[RING];
    size_t taken, n = ring_take(&completed, spans, RING);
    for (size_t i = 0; i < n; i++) {
        offsets[i] = spans[i].offset;
    }
    CHECK_EQ(framewell_borrower_take_back_offsets(tx, offsets, n, frames, &taken), FRAMEWELL_SUCCESS);
    CHECK_EQ(taken, n);
    for (size_t i = 0; i < n; i++) {
        CHECK((char *)frames[i] == (char *)region.base + offsets[i] + HEADROOM);
    }
    CHECK_EQ(framewell_free_bulk(pool, frames, n, NULL), FRAMEWELL_SUCCESS);
    return taken;
}

static void packets_go_through_both_rings(void) {
    unsigned arrived = 0, sent = 0;
    for (unsigned round = 0; round < 1000; round++) {
        fill();
        CHECK_EQ(framewell_borrower_lent(rx), RING);
        card_receives(1 + round % RING, &arrived);
        size_t forwarded = forward();
        CHECK_EQ(framewell_borrower_lent(rx), RING - forwarded);
        CHECK_EQ(framewell_borrower_lent(tx), forwarded);
        card_sends(&sent);
        CHECK_EQ(complete(), forwarded);
        CHECK_EQ(client_stats(pool).out, RING - forwarded);
    }
    CHECK_EQ(arrived, sent);
    CHECK_EQ(client_stats(pool).misuses, 0);
}

/* The card is switched off with frames in its rings. */
static void what_the_rings_hold_is_reclaimed(void) {
    fill();
    uint64_t number = framewell_borrower_number(rx);
    size_t reclaimed = 77;
    framewell_borrower_destroy(rx);
    CHECK_EQ(framewell_pool_destroy(pool), FRAMEWELL_ERROR_BUSY);
    CHECK_EQ(framewell_pool_reclaim(pool, number, &reclaimed), FRAMEWELL_SUCCESS);
    CHECK_EQ(reclaimed, RING);
    CHECK_EQ(framewell_borrower_reclaim(tx), 0);
    CHECK_EQ(client_stats(pool).out, 0);
    framewell_borrower_destroy(tx);
    CHECK_EQ(framewell_pool_destroy(pool), FRAMEWELL_SUCCESS);
}

int main(void) {
    framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;
    config.frames = 4 * RING;
    config.payload = 2048 - HEADROOM;
    config.headroom = HEADROOM;
    config.stride = 2048;
    CHECK_EQ(framewell_pool_create(&config, &pool, NULL, 0), FRAMEWELL_SUCCESS);
    region.struct_size = sizeof region;
    CHECK_EQ(framewell_pool_region(pool, &region), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_borrower_create(pool, "card rx", &rx), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_borrower_create(pool, "card tx", &tx), FRAMEWELL_SUCCESS);

    RUN(packets_go_through_both_rings);
    RUN(what_the_rings_hold_is_reclaimed);
    return client_end();
}
