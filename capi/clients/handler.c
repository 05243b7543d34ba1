/* A handler of an independent hardware vendor, as the 802.11 extension DLL has them. It fills a
 * profile with five buffers that it allocates through its host's table. The host frees them on
 * another thread after the handler has returned. When an allocation fails, the handler frees what
 * it made and passes the code on. */
#include "client.h"

enum { BUFFERS = 5, THREADS = 4, CALLS = 20000 };

typedef struct header {
    uint32_t type, length;
    void *data;
    uint64_t reserved;
} header;

/* What the handler hands over: two headers and three strings. */
typedef struct profile {
    void *buffers[BUFFERS];
} profile;

/* Returns the size of a buffer. Strings take 176 to 578 bytes, as names and XML fragments of
 * profiles do. */
static framewell_dword size_of(size_t buffer, unsigned seed) {
    return buffer < 2 ? 24 : 176 + (seed * 67 + (unsigned)buffer * 131) % (578 - 176 + 1);
}

/* ---- The DLL --------------------------------------------------------------------------------- */

static framewell_dword handle(const framewell_dot11ext_apis *host, unsigned seed, profile *filled) {
    for (size_t i = 0; i < BUFFERS; i++) {
        framewell_dword code = host->Dot11ExtAllocateBuffer(size_of(i, seed), &filled->buffers[i]);
        if (code != FRAMEWELL_SUCCESS) {
            /* The slot of the failed allocation is freed too: it is NULL, which is allowed. */
            for (size_t made = 0; made <= i; made++) {
                host->Dot11ExtFreeBuffer(filled->buffers[made]);
            }
            return code;
        }
        memset(filled->buffers[i], (int)(seed + i) & 0xff, size_of(i, seed));
    }
    for (size_t i = 0; i < 2; i++) {
        header *at = filled->buffers[i];
        *at = (header){(uint32_t)i, size_of(i + 2, seed), filled->buffers[i + 2], seed};
    }
    return FRAMEWELL_SUCCESS;
}

/* ---- The host -------------------------------------------------------------------------------- */

static void check_filled(const profile *filled, unsigned seed) {
    for (size_t i = 0; i < 2; i++) {
        const header *at = filled->buffers[i];
        CHECK_EQ(at->type, i);
        CHECK_EQ(at->reserved, seed);
        CHECK(at->data == filled->buffers[i + 2]);
    }
    for (size_t i = 2; i < BUFFERS; i++) {
        CHECK(client_all(filled->buffers[i], (unsigned char)(seed + i), size_of(i, seed)));
    }
}

static void check_nothing_is_out(void) {
    framewell_stats stats = client_stats(client_shared_pool());
    CHECK_EQ(stats.dot11_out, 0);
    CHECK_EQ(stats.misuses, 0);
}

static void free_all(void *filled) {
    const framewell_dot11ext_apis *host = framewell_dot11ext_table();
    for (size_t i = 0; i < BUFFERS; i++) {
        host->Dot11ExtFreeBuffer(((profile *)filled)->buffers[i]);
    }
}

static void the_host_frees_after_the_handler_returned(void) {
    profile filled;
    CHECK_EQ(handle(framewell_dot11ext_table(), 7, &filled), FRAMEWELL_SUCCESS);
    check_filled(&filled, 7);
    CHECK_EQ(client_stats(client_shared_pool()).dot11_out, BUFFERS);
    client_on_thread(free_all, &filled);
    check_nothing_is_out();
}

static int until_refused;

static framewell_dword FRAMEWELL_WINAPI refusing(framewell_dword n, void **buffer) {
    if (--until_refused == 0) {
        *buffer = NULL;
        return FRAMEWELL_ERROR_OUTOFMEMORY;
    }
    return Dot11ExtAllocateBuffer(n, buffer);
}

static void a_refused_allocation_is_passed_on_and_nothing_leaks(void) {
    const framewell_dot11ext_apis host = {refusing, Dot11ExtFreeBuffer};
    for (int k = 1; k <= BUFFERS; k++) {
        profile filled;
        memset(&filled, 0xa5, sizeof filled);
        until_refused = k;
        CHECK_EQ(handle(&host, (unsigned)k, &filled), FRAMEWELL_ERROR_OUTOFMEMORY);
        CHECK(filled.buffers[k - 1] == NULL);
        check_nothing_is_out();
    }
}

/* The library itself refuses the handler's k-th allocation: only k - 1 buffers are free. A larger
 * class serves where a buffer's own class has nothing, so all classes are used up first. */
static void a_used_up_budget_is_passed_on_and_nothing_leaks(void) {
    enum { MOST = 1 << 17 };
    static void *all[MOST];
    for (size_t k = 1; k <= BUFFERS; k++) {
        const unsigned seed = (unsigned)k;
        profile filled;
        size_t n = 0;
        for (; n < k - 1; n++) {
            CHECK_EQ(Dot11ExtAllocateBuffer(size_of(n, seed), &all[n]), FRAMEWELL_SUCCESS);
        }
        while (n < MOST && Dot11ExtAllocateBuffer(60000, &all[n]) == FRAMEWELL_SUCCESS) {
            n++;
        }
        for (size_t i = 0; i < BUFFERS; i++) {
            while (n < MOST && Dot11ExtAllocateBuffer(size_of(i, seed), &all[n]) == FRAMEWELL_SUCCESS) {
                n++;
            }
        }
        CHECK(n < MOST && all[n] == NULL);
        for (size_t i = 0; i < k - 1; i++) {
            Dot11ExtFreeBuffer(all[i]);
        }
        CHECK_EQ(handle(framewell_dot11ext_table(), seed, &filled), FRAMEWELL_ERROR_OUTOFMEMORY);
        CHECK(filled.buffers[k - 1] == NULL);
        CHECK_EQ(client_stats(client_shared_pool()).dot11_out, n - (k - 1));
        while (n > k - 1) {
            Dot11ExtFreeBuffer(all[--n]);
        }
        check_nothing_is_out();
    }
}

/* ---- The storm: the next thread frees what each thread's handler allocates ----------------- */

static unsigned calls;

typedef struct worker {
    client_queue queue;
    client_thread handles, frees;
    unsigned first;
} worker;

static void handle_all(void *argument) {
    worker *self = argument;
    for (unsigned call = 0; call < calls; call++) {
        profile *filled = malloc(sizeof *filled);
        CHECK(filled != NULL);
        CHECK_EQ(handle(framewell_dot11ext_table(), self->first + call, filled), FRAMEWELL_SUCCESS);
        client_push(&self->queue, filled);
    }
}

static void free_what_comes(void *argument) {
    worker *self = argument;
    for (unsigned call = 0; call < calls; call++) {
        profile *filled = client_pop(&self->queue);
        check_filled(filled, self->first + call);
        free_all(filled);
        free(filled);
    }
}

static void four_threads_handle_and_others_free(void) {
    static worker workers[THREADS] = {
        {.queue = CLIENT_QUEUE_INIT},
        {.queue = CLIENT_QUEUE_INIT},
        {.queue = CLIENT_QUEUE_INIT},
        {.queue = CLIENT_QUEUE_INIT},
    };
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].first = i * 1000003;
        client_start(&workers[i].frees, free_what_comes, &workers[i]);
        client_start(&workers[i].handles, handle_all, &workers[i]);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        client_join(&workers[i].handles);
        client_join(&workers[i].frees);
    }
    check_nothing_is_out();
}

/* Usage: handler [CALLS of each thread] */
int main(int argc, char **argv) {
    framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;
    config.frames = 64;
    config.dot11_bytes = (size_t)16 << 20;
    CHECK_EQ(framewell_init(&config, NULL, 0), FRAMEWELL_SUCCESS);
    calls = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : CALLS;
    CHECK(sizeof(header) == 24 || sizeof(void *) < 8);

    RUN(the_host_frees_after_the_handler_returned);
    RUN(a_refused_allocation_is_passed_on_and_nothing_leaks);
    RUN(four_threads_handle_and_others_free);
    RUN(a_used_up_budget_is_passed_on_and_nothing_leaks);
    return client_end();
}
