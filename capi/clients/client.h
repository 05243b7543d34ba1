/* What the clients share: checks that say where they failed, and what C11 alone does not have,
 * which is threads, a queue between them, and a way to run on one CPU. Each client is one file that
 * includes this header first. */
#ifndef CLIENT_H
#define CLIENT_H

#if !defined(_WIN32) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* sched_setaffinity */
#endif
#ifdef __MINGW32__
#define __USE_MINGW_ANSI_STDIO 1 /* %llu */
#endif

#include <framewell.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <pthread.h>
#include <sched.h>
#include <unistd.h>
#endif

/* ---- Checks ---------------------------------------------------------------------------------- */

#define CHECK(holds)                                                         \
    do {                                                                     \
        if (!(holds)) {                                                      \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #holds); \
            fflush(stderr);                                                  \
            exit(1);                                                         \
        }                                                                    \
    } while (0)

/* Checks that two numbers are the same, and prints both if they are not. */
#define CHECK_EQ(left, right)                                                                         \
    do {                                                                                              \
        unsigned long long left_ = (unsigned long long)(left), right_ = (unsigned long long)(right);  \
        if (left_ != right_) {                                                                        \
            fprintf(stderr, "%s:%d: %s is %llu, not %s (%llu)\n", __FILE__, __LINE__, #left, left_, #right, right_); \
            fflush(stderr);                                                                           \
            exit(1);                                                                                  \
        }                                                                                             \
    } while (0)

/* Runs a check and says that it passed. */
#define RUN(name)              \
    do {                       \
        name();                \
        printf("ok " #name "\n"); \
        fflush(stdout);        \
    } while (0)

/* Prints "end" and returns what a client's main returns. Under Wine a crash can look like a
 * success, but a client that crashed does not print "end". */
static inline int client_end(void) {
    puts("end");
    return 0;
}

/* Returns a value that no call may leave in an out parameter that it writes. */
static inline void *client_poison(void) {
    static char poison;
    return &poison;
}

static inline bool client_all(const void *bytes, unsigned char expected, size_t n) {
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < n; i++) {
        if (byte[i] != expected) {
            return false;
        }
    }
    return true;
}

static inline framewell_pool *client_shared_pool(void) {
    framewell_pool *pool;
    CHECK_EQ(framewell_shared_pool(&pool), FRAMEWELL_SUCCESS);
    return pool;
}

static inline framewell_stats client_stats(framewell_pool *pool) {
    framewell_stats stats;
    stats.struct_size = sizeof stats;
    CHECK_EQ(framewell_pool_stats(pool, &stats), FRAMEWELL_SUCCESS);
    return stats;
}

/* ---- Threads --------------------------------------------------------------------------------- */

typedef void (*client_body)(void *argument);

typedef struct client_thread {
    client_body body;
    void *argument;
#ifdef _WIN32
    HANDLE handle;
#else
    pthread_t handle;
#endif
} client_thread;

#ifdef _WIN32
static DWORD WINAPI client_enter(LPVOID thread) {
    client_thread *self = thread;
    self->body(self->argument);
    return 0;
}
#else
static void *client_enter(void *thread) {
    client_thread *self = thread;
    self->body(self->argument);
    return NULL;
}
#endif

/* Starts a thread. The client_thread must stay where it is until it is joined. */
static inline void client_start(client_thread *thread, client_body body, void *argument) {
    thread->body = body;
    thread->argument = argument;
#ifdef _WIN32
    thread->handle = CreateThread(NULL, 0, client_enter, thread, 0, NULL);
    CHECK(thread->handle != NULL);
#else
    CHECK(pthread_create(&thread->handle, NULL, client_enter, thread) == 0);
#endif
}

static inline void client_join(client_thread *thread) {
#ifdef _WIN32
    CHECK(WaitForSingleObject(thread->handle, INFINITE) == WAIT_OBJECT_0);
    CloseHandle(thread->handle);
#else
    CHECK(pthread_join(thread->handle, NULL) == 0);
#endif
}

static inline void client_on_thread(client_body body, void *argument) {
    client_thread thread;
    client_start(&thread, body, argument);
    client_join(&thread);
}

/* Moves the calling thread to the first or the last CPU that the process may use. */
static inline void client_pin(bool last) {
#ifdef _WIN32
    DWORD_PTR process, system;
    CHECK(GetProcessAffinityMask(GetCurrentProcess(), &process, &system));
    DWORD_PTR mask = process & (~process + 1);
    for (DWORD_PTR bit = mask; last && bit != 0; bit <<= 1) {
        mask = (process & bit) != 0 ? bit : mask;
    }
    CHECK(SetThreadAffinityMask(GetCurrentThread(), mask) != 0);
#elif defined(__linux__)
    cpu_set_t all, one;
    int chosen = -1;
    CHECK(sched_getaffinity(getpid(), sizeof all, &all) == 0);
    for (int cpu = 0; cpu < CPU_SETSIZE && (chosen < 0 || last); cpu++) {
        chosen = CPU_ISSET(cpu, &all) ? cpu : chosen;
    }
    CPU_ZERO(&one);
    CPU_SET(chosen, &one);
    CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
#else
    (void)last;
#endif
}

/* ---- A queue of pointers between threads ----------------------------------------------------- */

enum { CLIENT_QUEUE = 1024 };

typedef struct client_queue {
    void *slots[CLIENT_QUEUE];
    size_t first, len;
#ifdef _WIN32
    SRWLOCK lock;
    CONDITION_VARIABLE changed;
#else
    pthread_mutex_t lock;
    pthread_cond_t changed;
#endif
} client_queue;

#ifdef _WIN32
#define CLIENT_QUEUE_INIT {{NULL}, 0, 0, SRWLOCK_INIT, CONDITION_VARIABLE_INIT}
#define CLIENT_LOCK(queue) AcquireSRWLockExclusive(&(queue)->lock)
#define CLIENT_UNLOCK(queue) ReleaseSRWLockExclusive(&(queue)->lock)
#define CLIENT_WAIT(queue) SleepConditionVariableSRW(&(queue)->changed, &(queue)->lock, INFINITE, 0)
#define CLIENT_WAKE(queue) WakeAllConditionVariable(&(queue)->changed)
#else
#define CLIENT_QUEUE_INIT {{NULL}, 0, 0, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER}
#define CLIENT_LOCK(queue) pthread_mutex_lock(&(queue)->lock)
#define CLIENT_UNLOCK(queue) pthread_mutex_unlock(&(queue)->lock)
#define CLIENT_WAIT(queue) pthread_cond_wait(&(queue)->changed, &(queue)->lock)
#define CLIENT_WAKE(queue) pthread_cond_broadcast(&(queue)->changed)
#endif

static inline void client_push(client_queue *queue, void *pointer) {
    CLIENT_LOCK(queue);
    while (queue->len == CLIENT_QUEUE) {
        CLIENT_WAIT(queue);
    }
    queue->slots[(queue->first + queue->len++) % CLIENT_QUEUE] = pointer;
    CLIENT_WAKE(queue);
    CLIENT_UNLOCK(queue);
}

static inline void *client_pop(client_queue *queue) {
    CLIENT_LOCK(queue);
    while (queue->len == 0) {
        CLIENT_WAIT(queue);
    }
    void *pointer = queue->slots[queue->first];
    queue->first = (queue->first + 1) % CLIENT_QUEUE;
    queue->len--;
    CLIENT_WAKE(queue);
    CLIENT_UNLOCK(queue);
    return pointer;
}

#endif
