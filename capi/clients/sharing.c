/* Buffers with several readers: how they are shared and freed, and what is refused.
 *
 *   sharing              runs what leaves the process alive
 *   sharing abort KIND   misuses a reference in a pool that aborts then; the process must end
 */
#include "client.h"

/* ---- The pool, and what it reports ----------------------------------------------------------- */

static framewell_pool *pool;
static framewell_misuse last;
static unsigned reports;

static void on_misuse(const framewell_misuse *misuse, void *context) {
    CHECK(context == &reports);
    last = *misuse;
    reports++;
}

/* Hands out a buffer: a frame for the length 0, else an 802.11 buffer. */
static char *buffer_of(framewell_pool *from, size_t len) {
    void *buffer;
    framewell_dword code = len == 0 ? framewell_get(from, &buffer) : framewell_dot11_allocate(from, len, &buffer);
    CHECK_EQ(code, FRAMEWELL_SUCCESS);
    return buffer;
}

static framewell_dword free_of(size_t len, void *buffer) {
    return len == 0 ? framewell_free(pool, buffer) : framewell_dot11_free(pool, buffer);
}

static size_t in_use(void) {
    framewell_stats stats = client_stats(pool);
    return stats.out + stats.dot11_out;
}

static size_t capacity_of(const char *buffer) {
    framewell_found found;
    CHECK_EQ(framewell_find(pool, buffer, &found), FRAMEWELL_SUCCESS);
    return found.capacity;
}

/* One of each kind: a frame, a buffer of a size class, and one with a mapping of its own. */
static const size_t lens[] = {0, 1500, 1 << 20};
enum { KINDS = 3 };

/* ---- Sharing --------------------------------------------------------------------------------- */

static void the_last_reference_frees_the_buffer(void) {
    for (size_t kind = 0; kind < KINDS; kind++) {
        char *buffer = buffer_of(pool, lens[kind]);
        memset(buffer, 0x21, 1500);
        CHECK_EQ(framewell_share(pool, buffer), FRAMEWELL_SUCCESS);
        CHECK_EQ(framewell_ref(pool, buffer + 6, 7), FRAMEWELL_SUCCESS);
        CHECK_EQ(framewell_ref(pool, buffer + 1499, 1), FRAMEWELL_SUCCESS);
        CHECK_EQ(framewell_ref(pool, buffer, 0), FRAMEWELL_SUCCESS);
        CHECK_EQ(in_use(), 1);
        CHECK_EQ(framewell_unref(pool, buffer + 700), FRAMEWELL_SUCCESS);
        CHECK_EQ(framewell_unref(pool, buffer), FRAMEWELL_SUCCESS);
        CHECK_EQ(framewell_unref(pool, buffer + 6), FRAMEWELL_SUCCESS);
        CHECK(in_use() == 1 && client_all(buffer, 0x21, 1500));
        CHECK_EQ(framewell_unref(pool, buffer + 1499), FRAMEWELL_SUCCESS);
        CHECK_EQ(in_use(), 0);
    }
    CHECK_EQ(reports, 0);
}

static void the_only_reference_becomes_a_buffer_that_is_out(void) {
    for (size_t kind = 0; kind < KINDS; kind++) {
        char *buffer = buffer_of(pool, lens[kind]);
        framewell_found found;
        CHECK_EQ(framewell_share(pool, buffer), FRAMEWELL_SUCCESS);
        CHECK_EQ(framewell_ref(pool, buffer + 14, 100), FRAMEWELL_SUCCESS);
        CHECK_EQ(framewell_unshare(pool, buffer + 14), FRAMEWELL_ERROR_BUSY);
        CHECK_EQ(framewell_unref(pool, buffer), FRAMEWELL_SUCCESS);
        CHECK_EQ(framewell_unshare(pool, buffer + 14), FRAMEWELL_SUCCESS);
        CHECK_EQ(framewell_find(pool, buffer, &found), FRAMEWELL_SUCCESS);
        CHECK(found.start == buffer + 14 && found.is_out == 1 && found.is_lent == 0);
        memset(found.start, 0x5a, found.capacity);
        /* It is shared once more, and goes out as before. */
        CHECK_EQ(framewell_share(pool, buffer + 14), FRAMEWELL_SUCCESS);
        CHECK_EQ(framewell_unshare(pool, buffer), FRAMEWELL_SUCCESS);
        CHECK_EQ(free_of(lens[kind], buffer), FRAMEWELL_SUCCESS);
        CHECK_EQ(in_use(), 0);
    }
    CHECK_EQ(reports, 0);
}

/* ---- What is refused ------------------------------------------------------------------------- */

static void refused(framewell_dword code, framewell_dword expected, uint32_t kind, const void *pointer) {
    CHECK_EQ(code, expected);
    CHECK_EQ(reports, 1);
    CHECK_EQ(last.kind, kind);
    CHECK(last.pointer == pointer);
    reports = 0;
}

static void a_shared_buffer_is_not_out(void) {
    framewell_borrower *nic;
    CHECK_EQ(framewell_borrower_create(pool, "nic", &nic), FRAMEWELL_SUCCESS);
    for (size_t kind = 0; kind < KINDS; kind++) {
        char *buffer = buffer_of(pool, lens[kind]);
        framewell_found found;
        CHECK_EQ(framewell_share(pool, buffer), FRAMEWELL_SUCCESS);
        for (size_t at = 0; at < 1500; at += 749) {
            char *first = buffer + at;
            refused(free_of(lens[kind], first), FRAMEWELL_ERROR_BUFFER_INVALID, FRAMEWELL_MISUSE_SHARED, first);
            refused(framewell_share(pool, first), FRAMEWELL_ERROR_BUFFER_INVALID, FRAMEWELL_MISUSE_SHARED, first);
            if (lens[kind] == 0) {
                refused(framewell_borrower_lend(nic, first), FRAMEWELL_ERROR_BUFFER_INVALID, FRAMEWELL_MISUSE_SHARED, first);
            }
            CHECK_EQ(framewell_find(pool, first, &found), FRAMEWELL_SUCCESS);
            CHECK(found.is_out == 0 && found.is_lent == 0);
        }
        CHECK_EQ(in_use(), 1);
        CHECK_EQ(framewell_unref(pool, buffer), FRAMEWELL_SUCCESS);
        CHECK_EQ(in_use(), 0);
    }
    framewell_borrower_destroy(nic);
}

static void check_not_shared(char *buffer, uint32_t kind) {
    size_t before = in_use();
    refused(framewell_ref(pool, buffer, 1), FRAMEWELL_ERROR_BUFFER_INVALID, kind, buffer);
    refused(framewell_unref(pool, buffer), FRAMEWELL_ERROR_BUFFER_INVALID, kind, buffer);
    refused(framewell_unshare(pool, buffer), FRAMEWELL_ERROR_BUFFER_INVALID, kind, buffer);
    CHECK_EQ(in_use(), before);
}

static void what_is_not_shared_has_no_references(void) {
    static char stranger;
    check_not_shared(NULL, FRAMEWELL_MISUSE_NULL);
    check_not_shared(&stranger, FRAMEWELL_MISUSE_FOREIGN);
    refused(framewell_share(pool, NULL), FRAMEWELL_ERROR_BUFFER_INVALID, FRAMEWELL_MISUSE_NULL, NULL);
    refused(framewell_share(pool, &stranger), FRAMEWELL_ERROR_BUFFER_INVALID, FRAMEWELL_MISUSE_FOREIGN, &stranger);
    for (size_t kind = 0; kind < KINDS; kind++) {
        char *buffer = buffer_of(pool, lens[kind]);
        check_not_shared(buffer, FRAMEWELL_MISUSE_NOT_SHARED);
        refused(framewell_share(pool, buffer + 1), FRAMEWELL_ERROR_BUFFER_INVALID, FRAMEWELL_MISUSE_INTERIOR, buffer + 1);
        CHECK_EQ(framewell_share(pool, buffer), FRAMEWELL_SUCCESS);
        CHECK_EQ(framewell_unref(pool, buffer), FRAMEWELL_SUCCESS);
        /* A large buffer is unmapped when it is freed. */
        check_not_shared(buffer, kind == 2 ? FRAMEWELL_MISUSE_FOREIGN : FRAMEWELL_MISUSE_NOT_SHARED);
        CHECK_EQ(in_use(), 0);
    }
    CHECK_EQ(framewell_share(NULL, &stranger), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(framewell_ref(NULL, &stranger, 1), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(framewell_unref(NULL, &stranger), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(framewell_unshare(NULL, &stranger), FRAMEWELL_ERROR_INVALID_PARAMETER);
}

static void bytes_past_the_end_get_no_reference(void) {
    for (size_t kind = 0; kind < KINDS; kind++) {
        char *buffer = buffer_of(pool, lens[kind]);
        size_t left = capacity_of(buffer);
        CHECK_EQ(framewell_share(pool, buffer), FRAMEWELL_SUCCESS);
        size_t beyond[] = {left + 1, SIZE_MAX};
        for (size_t i = 0; i < 2; i++) {
            refused(framewell_ref(pool, buffer, beyond[i]), FRAMEWELL_ERROR_BUFFER_TOO_SMALL,
                    FRAMEWELL_MISUSE_PAST_END, buffer);
            CHECK(last.len == beyond[i] && last.room == left);
        }
        refused(framewell_ref(pool, buffer + left - 1, 2), FRAMEWELL_ERROR_BUFFER_TOO_SMALL,
                FRAMEWELL_MISUSE_PAST_END, buffer + left - 1);
        CHECK_EQ(framewell_ref(pool, buffer, left), FRAMEWELL_SUCCESS);
        CHECK_EQ(framewell_ref(pool, buffer + left - 1, 1), FRAMEWELL_SUCCESS);
        for (size_t i = 0; i < 3; i++) {
            CHECK_EQ(in_use(), 1);
            CHECK_EQ(framewell_unref(pool, buffer + left - 1), FRAMEWELL_SUCCESS);
        }
        CHECK_EQ(in_use(), 0);
    }
}

/* The services refuse shared buffers of their pool, each of its own kind. */
static void the_services_refuse_shared_buffers(void) {
    framewell_pool *of_services = client_shared_pool();
    framewell_byte *frame;
    framewell_dword size = 1500, capacity = 1;
    void *buffer = NULL;
    CHECK_EQ(RasGetBuffer(&frame, &size), FRAMEWELL_SUCCESS);
    CHECK_EQ(Dot11ExtAllocateBuffer(2346, &buffer), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_share(of_services, frame), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_share(of_services, buffer), FRAMEWELL_SUCCESS);
    uint64_t before = client_stats(of_services).misuses;
    CHECK_EQ(RasFreeBuffer(frame), FRAMEWELL_ERROR_BUFFER_INVALID);
    Dot11ExtFreeBuffer(buffer);
    CHECK_EQ(client_stats(of_services).misuses, before + 2);
    CHECK_EQ(framewell_ras_query(frame, &capacity), FRAMEWELL_ERROR_BUFFER_INVALID);
    CHECK_EQ(capacity, 0);
    CHECK_EQ(framewell_unshare(of_services, frame), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_ras_query(frame, &capacity), FRAMEWELL_SUCCESS);
    CHECK_EQ(RasFreeBuffer(frame), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_unref(of_services, buffer), FRAMEWELL_SUCCESS);
    CHECK_EQ(client_stats(of_services).out, 0);
}

static void a_pool_with_a_shared_buffer_is_not_destroyed(void) {
    char *buffer = buffer_of(pool, 0);
    CHECK_EQ(framewell_share(pool, buffer), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_pool_destroy(pool), FRAMEWELL_ERROR_BUSY);
    CHECK_EQ(framewell_unref(pool, buffer), FRAMEWELL_SUCCESS);
}

/* ---- Readers on threads ---------------------------------------------------------------------- */

enum { READERS = 3, PACKETS = 2000 };

static client_queue queues[READERS] = {CLIENT_QUEUE_INIT, CLIENT_QUEUE_INIT, CLIENT_QUEUE_INIT};

/* Reads each packet, lets a part of it be a reference of its own, and drops both. */
static void reads(void *queue) {
    const unsigned char *packet;
    while ((packet = client_pop(queue)) != NULL) {
        CHECK(client_all(packet, packet[0], 1000));
        CHECK_EQ(framewell_ref(pool, packet + 500, 500), FRAMEWELL_SUCCESS);
        CHECK_EQ(framewell_unref(pool, packet), FRAMEWELL_SUCCESS);
        CHECK(client_all(packet + 500, packet[500], 500));
        CHECK_EQ(framewell_unref(pool, packet + 500), FRAMEWELL_SUCCESS);
    }
}

static void packets_go_to_all_readers(void) {
    client_thread readers[READERS];
    for (size_t i = 0; i < READERS; i++) {
        client_start(&readers[i], reads, &queues[i]);
    }
    for (unsigned n = 0; n < PACKETS; n++) {
        void *packet;
        while (framewell_get(pool, &packet) != FRAMEWELL_SUCCESS) {
        }
        memset(packet, (int)(n % 251), 1000);
        CHECK_EQ(framewell_share(pool, packet), FRAMEWELL_SUCCESS);
        for (size_t i = 0; i < READERS; i++) {
            CHECK_EQ(framewell_ref(pool, packet, 1000), FRAMEWELL_SUCCESS);
            client_push(&queues[i], packet);
        }
        CHECK_EQ(framewell_unref(pool, packet), FRAMEWELL_SUCCESS);
    }
    for (size_t i = 0; i < READERS; i++) {
        client_push(&queues[i], NULL);
        client_join(&readers[i]);
    }
    CHECK_EQ(in_use(), 0);
    CHECK_EQ(reports, 0);
}

/* ---- In processes of their own --------------------------------------------------------------- */

static void misuse_and_abort(const char *kind) {
    framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;
    framewell_dword code;
    config.abort_on_misuse = 1;
    CHECK_EQ(framewell_init(&config, NULL, 0), FRAMEWELL_SUCCESS);
    pool = client_shared_pool();
    char *frame = buffer_of(pool, 0), *out = buffer_of(pool, 0);
    CHECK_EQ(framewell_share(pool, frame), FRAMEWELL_SUCCESS);
    if (strcmp(kind, "shared") == 0) {
        code = RasFreeBuffer((framewell_byte *)frame);
    } else if (strcmp(kind, "not-shared") == 0) {
        code = framewell_unref(pool, out);
    } else {
        code = framewell_ref(pool, frame, 2000);
    }
    printf("code of the second: %u\n", (unsigned)code);
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "abort") == 0) {
        misuse_and_abort(argv[2]);
        return 0;
    }
    framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;
    config.frames = 64;
    config.dot11_bytes = (size_t)4 << 20;
    config.on_misuse = on_misuse;
    config.on_misuse_context = &reports;
    CHECK_EQ(framewell_pool_create(&config, &pool, NULL, 0), FRAMEWELL_SUCCESS);

    RUN(the_last_reference_frees_the_buffer);
    RUN(the_only_reference_becomes_a_buffer_that_is_out);
    RUN(a_shared_buffer_is_not_out);
    RUN(what_is_not_shared_has_no_references);
    RUN(bytes_past_the_end_get_no_reference);
    RUN(the_services_refuse_shared_buffers);
    RUN(a_pool_with_a_shared_buffer_is_not_destroyed);
    RUN(packets_go_to_all_readers);
    CHECK_EQ(framewell_pool_destroy(pool), FRAMEWELL_SUCCESS);
    return client_end();
}
