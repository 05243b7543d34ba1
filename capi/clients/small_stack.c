/* Threads with the least stack that there is, which is the larger of 16 KiB and
 * _SC_THREAD_STACK_MIN. Each step runs on a thread of its own. The first use of the shared pool
 * comes before all others. */
#include "client.h"

static framewell_pool *own;

static void the_first_frame(void) {
    framewell_byte *frame;
    framewell_dword size = 1500;
    CHECK_EQ(RasGetBuffer(&frame, &size), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_ras_query(frame, &size), FRAMEWELL_SUCCESS);
    CHECK_EQ(RasFreeBuffer(frame), FRAMEWELL_SUCCESS);
    CHECK_EQ(RasFreeBuffer(frame), FRAMEWELL_ERROR_BUFFER_INVALID);
}

static void the_first_buffer_of_a_class(void) {
    void *buffer;
    CHECK_EQ(Dot11ExtAllocateBuffer(300, &buffer), FRAMEWELL_SUCCESS);
    Dot11ExtFreeBuffer(buffer);
}

/* There are more of them than the collector of their registry puts off. */
static void large_buffers(void) {
    for (int i = 0; i < 300; i++) {
        void *buffer;
        CHECK_EQ(Dot11ExtAllocateBuffer(100000, &buffer), FRAMEWELL_SUCCESS);
        Dot11ExtFreeBuffer(buffer);
    }
}

static void a_pool_of_ones_own(void) {
    static char message[256];
    framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;
    config.front = FRAMEWELL_FRONT_PORTABLE;
    config.frames = 0;
    framewell_dword code = framewell_pool_create(&config, &own, message, sizeof message);
    CHECK_EQ(code, FRAMEWELL_ERROR_CONFIG);
    config.frames = 4096;
    code = framewell_pool_create(&config, &own, message, sizeof message);
    CHECK_EQ(code, FRAMEWELL_SUCCESS);
}

static void all_frames_and_many_buffers(void) {
    static void *frames[4096], *buffers[20000];
    CHECK_EQ(framewell_get_bulk(own, frames, 4096), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_free_bulk(own, frames, 4096, NULL), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_get_burst(own, frames, 4096), 4096);
    CHECK_EQ(framewell_get_burst(own, buffers, 1), 0);
    CHECK_EQ(framewell_free_bulk(own, frames, 4096, NULL), FRAMEWELL_SUCCESS);
    for (int i = 0; i < 20000; i++) {
        CHECK_EQ(framewell_dot11_allocate(own, 300, &buffers[i]), FRAMEWELL_SUCCESS);
    }
    for (int i = 0; i < 20000; i++) {
        CHECK_EQ(framewell_dot11_free(own, buffers[i]), FRAMEWELL_SUCCESS);
    }
}

static void what_is_asked_and_the_end(void) {
    static framewell_stats stats;
    static char text[4096];
    stats.struct_size = sizeof stats;
    CHECK_EQ(framewell_pool_trim(own, NULL), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_pool_stats(own, &stats), FRAMEWELL_SUCCESS);
    CHECK(framewell_pool_stats_text(own, text, sizeof text) > 0);
    CHECK_EQ(framewell_pool_destroy(own), FRAMEWELL_SUCCESS);
}

static size_t least_stack(void) {
    long least = -1;
#ifdef _SC_THREAD_STACK_MIN
    least = sysconf(_SC_THREAD_STACK_MIN);
#endif
    return least > 16384 ? (size_t)least : 16384;
}

static void *run(void *step) {
    (*(void (**)(void))step)();
    return NULL;
}

static void on_little_stack(void (*step)(void)) {
    pthread_attr_t attributes;
    pthread_t thread;
    CHECK_EQ(pthread_attr_init(&attributes), 0);
    CHECK_EQ(pthread_attr_setstacksize(&attributes, least_stack()), 0);
    CHECK_EQ(pthread_create(&thread, &attributes, run, &step), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(pthread_attr_destroy(&attributes), 0);
}

static void every_call_is_served_on_the_least_stack(void) {
    on_little_stack(the_first_frame);
    on_little_stack(the_first_buffer_of_a_class);
    on_little_stack(large_buffers);
    on_little_stack(a_pool_of_ones_own);
    on_little_stack(all_frames_and_many_buffers);
    on_little_stack(what_is_asked_and_the_end);
}

int main(void) {
    RUN(every_call_is_served_on_the_least_stack);
    return client_end();
}
