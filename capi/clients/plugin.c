/* A host that loads the library as it would load a plug-in, and closes it while its threads are in
 * the functions. The library has to stay mapped, since the kernel looks at a thread's restartable
 * sequence wherever the thread is.
 *
 *   plugin NAME      NAME of the library, as for dlopen
 */
#include "client.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <time.h>

enum { THREADS = 4 };

/* Looks a function up. ISO C has no conversion from what dlsym returns to a function pointer. */
static void find(void *library, const char *name, void *function) {
    void *found = dlsym(library, name);
    CHECK(found != NULL);
    memcpy(function, &found, sizeof found);
}

static framewell_ras_get_buffer get;
static framewell_ras_free_buffer give;
static atomic_bool stop;
static atomic_uint calls[THREADS];

static void get_and_free(void *calls_of_thread) {
    atomic_uint *count = calls_of_thread;
    while (!atomic_load(&stop)) {
        framewell_byte *frame;
        framewell_dword size = 60;
        CHECK_EQ(get(&frame, &size), FRAMEWELL_SUCCESS);
        CHECK_EQ(give(frame), FRAMEWELL_SUCCESS);
        atomic_fetch_add(count, 1);
    }
}

/* Waits until every thread has called the functions 1000 times more. */
static void wait_for_calls(void) {
    const struct timespec moment = {0, 1000000};
    for (size_t i = 0; i < THREADS; i++) {
        unsigned before = atomic_load(&calls[i]);
        while (atomic_load(&calls[i]) - before < 1000) {
            nanosleep(&moment, NULL);
        }
    }
}

static const char *name;

static void threads_go_on_after_dlclose(void) {
    client_thread threads[THREADS];
    void *library = dlopen(name, RTLD_NOW);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
    }
    CHECK(library != NULL);
    find(library, "RasGetBuffer", &get);
    find(library, "RasFreeBuffer", &give);
    for (size_t i = 0; i < THREADS; i++) {
        client_start(&threads[i], get_and_free, &calls[i]);
    }
    wait_for_calls();
    CHECK(dlclose(library) == 0);
    wait_for_calls();
    atomic_store(&stop, true);
    for (size_t i = 0; i < THREADS; i++) {
        client_join(&threads[i]);
    }
}

static void loaded_again_it_has_the_same_pool(void) {
    framewell_dword (*init)(const framewell_config *, char *, size_t);
    void *library = dlopen(name, RTLD_NOW | RTLD_NOLOAD);
    CHECK(library != NULL);
    find(library, "framewell_init", &init);
    CHECK_EQ(init(NULL, NULL, 0), FRAMEWELL_ERROR_ALREADY_INITIALIZED);
    CHECK(dlclose(library) == 0);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    name = argv[1];
    RUN(threads_go_on_after_dlclose);
    RUN(loaded_again_it_has_the_same_pool);
    return client_end();
}
