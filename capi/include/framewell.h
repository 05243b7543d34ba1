/* framewell: buffers for packet pipelines.
 *
 * There are three groups of functions, in this order:
 *   - the four buffer services of Windows, RasGetBuffer, RasFreeBuffer, Dot11ExtAllocateBuffer and
 *     Dot11ExtFreeBuffer, on a pool that the whole process shares;
 *   - the functions for that pool: how it is set up, and what a host asks about a pointer;
 *   - pools of your own: framewell_pool_create and the functions that take a framewell_pool.
 *
 * Every function except framewell_pool_destroy may be called on any thread, and on several at the
 * same time. None may be called in a signal handler unless its comment says so.
 *
 * Where a buffer is expected, every pointer is a defined input: a pointer that is not out is
 * refused, and nothing changes. A pointer that was freed and handed out again belongs to the new
 * owner.
 *
 * A forked child has a private copy of every pool and of every buffer that is out. It may call all
 * functions at once, as far as its C library allows a child of a process with several threads to
 * allocate. This does not hold between vfork and exec.
 *
 * Every function, the first use of the shared pool included, runs on a thread whose stack is the
 * larger of 16 KiB and sysconf(_SC_THREAD_STACK_MIN). on_misuse and signal handlers need their
 * stack on top.
 *
 * "Kernel: no" is said of a call that never enters the kernel. "Kernel: cold" is said of a call
 * that may enter it when the CPU's list is empty or full, or when memory is used for the first
 * time. "Kernel: yes" is said of a call that does. Page faults are not counted.
 *
 * "At rest" is a buffer that can be handed out. "Out" is a buffer that was handed out and not freed
 * yet.
 *
 * The header is C99, C11, C17 and C++. It works with or without windows.h, before or after it.
 */
#ifndef FRAMEWELL_H
#define FRAMEWELL_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && !defined(__WINE__)
#define FRAMEWELL_WINAPI __stdcall
typedef unsigned long framewell_dword;
#else
#define FRAMEWELL_WINAPI
typedef uint32_t framewell_dword;
#endif
typedef unsigned char framewell_byte;

#if defined(__GNUC__)
#define FRAMEWELL_MUST_USE __attribute__((warn_unused_result))
#else
#define FRAMEWELL_MUST_USE
#endif

#define FRAMEWELL_VERSION_MAJOR 0
#define FRAMEWELL_VERSION_MINOR 1
#define FRAMEWELL_VERSION_PATCH 0

/* The codes that a call returns. Those below 2000 are the numbers of Windows for the same thing. */
#define FRAMEWELL_SUCCESS 0u                   /* ERROR_SUCCESS */
/* ERROR_OUTOFMEMORY: the budget is used up, or the system refused memory. See
 * Dot11ExtAllocateBuffer. */
#define FRAMEWELL_ERROR_OUTOFMEMORY 14u
/* ERROR_INVALID_PARAMETER: an argument is NULL, or a value that no member allows. */
#define FRAMEWELL_ERROR_INVALID_PARAMETER 87u
/* ERROR_BUSY: buffers of the pool are out. */
#define FRAMEWELL_ERROR_BUSY 170u
/* ERROR_BUFFER_INVALID: the pointer is no buffer of this kind that is out. */
#define FRAMEWELL_ERROR_BUFFER_INVALID 610u
/* ERROR_OUT_OF_BUFFERS: no frame was free anywhere. */
#define FRAMEWELL_ERROR_OUT_OF_BUFFERS 614u
/* ERROR_ALREADY_INITIALIZED: the shared pool exists. */
#define FRAMEWELL_ERROR_ALREADY_INITIALIZED 1247u
/* A member of framewell_config cannot be served. The message says which. */
#define FRAMEWELL_ERROR_CONFIG 0x20000001u
/* An environment variable has a value that cannot be served. The message says which. */
#define FRAMEWELL_ERROR_ENVIRONMENT 0x20000002u
/* The rseq front was demanded and is not available. The message says why. */
#define FRAMEWELL_ERROR_NO_RSEQ 0x20000003u

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The four buffer services -------------------------------------------------------------------
 *
 * docs/c-abi.md says how a program uses them, and docs/contract.md says what each returns for every
 * input, and which of it Microsoft documents. They share one pool. The first call makes it: it
 * reads the environment, allocates and enters the kernel. framewell_init makes the pool before the
 * first call.
 */

/* Hands out a frame of 1500 bytes: writes its address to *buffer and 1500 to *size. Before the call
 * *size may ask for any number; more than 1500 is capped. Returns FRAMEWELL_ERROR_OUT_OF_BUFFERS if
 * no frame is free anywhere, or if the pool could not be made (see framewell_init); *buffer is
 * NULL then, and *size is untouched. A thread to which a seccomp filter refuses membarrier cannot
 * look into the lists of other CPUs, and can get this code although a frame rests there. Returns
 * FRAMEWELL_ERROR_BUFFER_INVALID if an argument is NULL; *buffer is NULL then, and *size is
 * untouched. Kernel: cold. */
framewell_dword FRAMEWELL_WINAPI RasGetBuffer(framewell_byte **buffer, framewell_dword *size) FRAMEWELL_MUST_USE;

/* Frees a frame, on any thread. Returns FRAMEWELL_ERROR_BUFFER_INVALID, and nothing changes, for
 * NULL, a foreign address, the inside of a frame, a frame that was freed already, and an 802.11
 * buffer. Kernel: cold. */
framewell_dword FRAMEWELL_WINAPI RasFreeBuffer(framewell_byte *buffer);

/* Hands out an 802.11 buffer of at least byte_count bytes, aligned to 16, and writes its address to
 * *buffer. Returns FRAMEWELL_ERROR_OUTOFMEMORY if there is no memory: the buffers that are out, and
 * the chunks that they lie in, use up the budget, or the system refused memory. The call waits for
 * memory that another call holds for a moment, and stops after 10 ms without progress. Returns
 * FRAMEWELL_ERROR_INVALID_PARAMETER for 0 bytes; *buffer is NULL then. Returns
 * FRAMEWELL_ERROR_INVALID_PARAMETER if buffer is NULL. Kernel: cold; above 64 KiB: yes. */
framewell_dword FRAMEWELL_WINAPI Dot11ExtAllocateBuffer(framewell_dword byte_count, void **buffer) FRAMEWELL_MUST_USE;

/* Frees a buffer of Dot11ExtAllocateBuffer, on any thread. NULL is allowed. Any other pointer
 * changes nothing: it is counted, and reported as the pool was configured. Kernel: cold; above 64
 * KiB: yes. */
void FRAMEWELL_WINAPI Dot11ExtFreeBuffer(void *memory);

/* The types of these functions, which Windows calls PFNRASGETBUFFER, PFNRASFREEBUFFER,
 * DOT11EXT_ALLOCATE_BUFFER and DOT11EXT_FREE_BUFFER. */
typedef framewell_dword(FRAMEWELL_WINAPI *framewell_ras_get_buffer)(framewell_byte **buffer, framewell_dword *size);
typedef framewell_dword(FRAMEWELL_WINAPI *framewell_ras_free_buffer)(framewell_byte *buffer);
typedef framewell_dword(FRAMEWELL_WINAPI *framewell_dot11ext_allocate_buffer)(framewell_dword byte_count, void **buffer);
typedef void(FRAMEWELL_WINAPI *framewell_dot11ext_free_buffer)(void *memory);

/* The table that a host hands to its clients. Its two members have the places that they have at the
 * head of DOT11EXT_APIS. */
typedef struct framewell_dot11ext_apis {
    framewell_dot11ext_allocate_buffer Dot11ExtAllocateBuffer;
    framewell_dot11ext_free_buffer Dot11ExtFreeBuffer;
} framewell_dot11ext_apis;

/* Returns a constant table of the two functions of this library. It is never NULL. Kernel: no. The
 * call is allowed in a signal handler. */
const framewell_dot11ext_apis *framewell_dot11ext_table(void);

/* ---- Configuration ------------------------------------------------------------------------ */

typedef struct framewell_pool framewell_pool;

/* Values of framewell_config.front, which says how the CPUs keep their lists. */
/* Restartable sequences if they are available. FRAMEWELL_FRONT in the environment decides
 * before. */
#define FRAMEWELL_FRONT_AUTO 0u
/* Restartable sequences, or FRAMEWELL_ERROR_NO_RSEQ. */
#define FRAMEWELL_FRONT_RSEQ 1u
/* Lists that work by compare-and-swap. */
#define FRAMEWELL_FRONT_PORTABLE 2u

/* Values of framewell_config.huge_pages. */
/* Transparent huge pages under the frames where the system has them, else base pages. */
#define FRAMEWELL_HUGE_PAGES_AUTO 0u
/* Explicit huge pages (vm.nr_hugepages), all of them populated at once, or an error. A forked child
 * must not touch buffers on them, not even to read: where too few are left for a copy, the kernel
 * kills it. */
#define FRAMEWELL_HUGE_PAGES_EXPLICIT 1u
/* Transparent huge pages under all buffers where the system has them, else base pages. */
#define FRAMEWELL_HUGE_PAGES_TRANSPARENT 2u
#define FRAMEWELL_HUGE_PAGES_OFF 3u
/* Explicit huge pages if they are available, else as FRAMEWELL_HUGE_PAGES_TRANSPARENT. */
#define FRAMEWELL_HUGE_PAGES_PREFER_EXPLICIT 4u

/* Values of framewell_misuse.kind, which says what is wrong with a pointer. */
#define FRAMEWELL_MISUSE_NULL 0u       /* it is NULL */
#define FRAMEWELL_MISUSE_FOREIGN 1u    /* no memory of the pool lies there */
#define FRAMEWELL_MISUSE_INTERIOR 2u   /* it points into a buffer */
#define FRAMEWELL_MISUSE_NOT_OUT 3u    /* the buffer there is not out: it was freed already */
/* It is a frame where an 802.11 buffer is expected, or the reverse. */
#define FRAMEWELL_MISUSE_OTHER_KIND 4u

typedef struct framewell_misuse {
    const void *pointer;
    uint32_t kind;
} framewell_misuse;

/* Is called on the thread that misuses a pointer, before the misusing call returns its error.
 * Several threads may call it at the same time. It must return: longjmp is not allowed, and a C++
 * exception that leaves it ends the process. It may call every function except
 * framewell_pool_destroy of this pool. What it misuses itself is reported by another call of it.
 * Amid a framewell_free_bulk up to 64 frames are still in the hands of that call. The misuse lasts
 * as long as the call. */
typedef void (*framewell_on_misuse)(const framewell_misuse *misuse, void *context);

/* The settings of a pool. Start from FRAMEWELL_CONFIG_DEFAULTS and change what matters. Later
 * versions add members at the end, and struct_size tells them which members there are. */
typedef struct framewell_config {
    size_t struct_size;         /* sizeof(framewell_config) */
    size_t frames;              /* 1 to 2^26 */
    size_t payload;             /* bytes of a frame; 1500 at least in the shared pool */
    size_t headroom;            /* bytes before the payload */
    size_t tailroom;            /* bytes after it, at least */
    size_t stride;              /* bytes from frame to frame exactly; 0: chosen */
    size_t cache_size;          /* frames that a CPU's cache holds, 1 to 1020; 0: chosen */
    size_t shards;              /* of the portable front, 1 to 4096; 0: one a CPU */
    uint32_t front;             /* FRAMEWELL_FRONT_… */
    uint32_t huge_pages;        /* FRAMEWELL_HUGE_PAGES_… */
    uint32_t prefault;          /* 1: all memory of the frames is committed at once */
    uint32_t zero_on_free;      /* 1: a freed frame or buffer is overwritten with zeros */
    /* Budget of the 802.11 buffers up to 64 KiB, in bytes. It is reserved at once, rounded up to
     * MiB, and is at most 4 GiB. With 0 the first such buffer reserves it: 256 MiB of address space
     * (64 MiB where pointers have 32 bits), or less where the process is limited: at most half of
     * what is left to it. */
    size_t dot11_bytes;
    const size_t *size_classes; /* sizes beside those that are built in, 1 byte to 256 KiB each */
    size_t size_class_count;    /* how many; with the built-in ones at most 128 */
    framewell_on_misuse on_misuse; /* NULL: misuse is only counted */
    void *on_misuse_context;
    /* 1: the process says what the misuse was on its standard error and aborts; on_misuse must be
     * NULL */
    uint32_t abort_on_misuse;
} framewell_config;

#define FRAMEWELL_CONFIG_DEFAULTS                                                                  \
    {                                                                                              \
        sizeof(framewell_config), 4096u, 1500u, 128u, 0u, 0u, 0u, 0u, FRAMEWELL_FRONT_AUTO, FRAMEWELL_HUGE_PAGES_AUTO, 0u, 0u, \
            0u, NULL, 0u, NULL, NULL, 0u                                                           \
    }

/* ---- The shared pool ---------------------------------------------------------------------- */

/* Makes the pool of the four functions, so that none of them has to. With config NULL the
 * environment decides, as it does at a first use:
 *   FRAMEWELL_FRAMES         a number, as the member frames
 *   FRAMEWELL_CACHE_SIZE     a number, as the member cache_size
 *   FRAMEWELL_DOT11_BYTES    a number, as the member dot11_bytes
 *   FRAMEWELL_FRONT          auto, rseq, portable
 *   FRAMEWELL_HUGE_PAGES     auto, explicit, transparent, off, prefer-explicit
 *   FRAMEWELL_PREFAULT       0, 1
 *   FRAMEWELL_ZERO_ON_FREE   0, 1
 *   FRAMEWELL_ON_MISUSE      count, abort
 * With a config the environment is not read, except FRAMEWELL_FRONT where the front is
 * FRAMEWELL_FRONT_AUTO. A program reads none of them that runs with other rights than those of
 * whoever starts it (set-uid).
 *
 * Where the environment is the reason that a first use fails, the four functions answer
 * FRAMEWELL_ERROR_OUT_OF_BUFFERS and FRAMEWELL_ERROR_OUTOFMEMORY, and the reason is said once on
 * the standard error. The next use, or framewell_init, tries again.
 *
 * Returns FRAMEWELL_ERROR_ALREADY_INITIALIZED if the pool exists, else as framewell_pool_create.
 * Kernel: yes. */
framewell_dword framewell_init(const framewell_config *config, char *message, size_t message_size);

/* Writes the shared pool to *pool, and makes it as a first use does if there is none. It serves
 * framewell_pool_stats, framewell_find and the others. The pool is never destroyed:
 * framewell_pool_destroy refuses it. Kernel: yes if the pool has to be made, else no. */
framewell_dword framewell_shared_pool(framewell_pool **pool);

/* Answers what a RAS host asks before it uses a client's buffer. If a frame of the shared pool that
 * is out starts at buffer, returns FRAMEWELL_SUCCESS and writes 1500 to *capacity, else
 * FRAMEWELL_ERROR_BUFFER_INVALID and 0. capacity may be NULL. No misuse is counted. Kernel: cold.
 */
framewell_dword framewell_ras_query(const framewell_byte *buffer, framewell_dword *capacity);

/* Returns a sentence on a code of this file, and "unknown code" for any other. It is never NULL and
 * never freed. Kernel: no. The call is allowed in a signal handler. */
const char *framewell_strerror(framewell_dword code);

/* ---- Pools of your own --------------------------------------------------------------------------
 *
 * The buffers of a pool go back to the same pool. For a NULL pool or out pointer a call returns
 * FRAMEWELL_ERROR_INVALID_PARAMETER, or 0 where it returns a number, unless its comment says that
 * NULL is allowed. Where an out pointer for one buffer is not NULL, it is written: NULL on an
 * error. A struct is written on success only. A pool that was destroyed is no defined input.
 */

/* Makes a pool and writes it to *pool. On an error *pool is NULL, and message (if it is not NULL)
 * holds a sentence with the value, the limit and the remedy, cut to message_size bytes with the
 * ending 0. The errors are FRAMEWELL_ERROR_CONFIG, _NO_RSEQ, _ENVIRONMENT (for the variable
 * FRAMEWELL_FRONT), _OUTOFMEMORY and _INVALID_PARAMETER. Kernel: yes. */
framewell_dword framewell_pool_create(const framewell_config *config, framewell_pool **pool, char *message,
                                      size_t message_size) FRAMEWELL_MUST_USE;

/* Destroys a pool. While buffers are out it returns FRAMEWELL_ERROR_BUSY, and nothing changes. It
 * returns FRAMEWELL_ERROR_INVALID_PARAMETER for the shared pool. NULL is allowed. No other call may
 * use the pool at the same time or later. Kernel: yes. */
framewell_dword framewell_pool_destroy(framewell_pool *pool);

/* Hands out a frame and writes its address to *frame. All of its payload can be used, and so can
 * the headroom before it and the tailroom behind it. Returns FRAMEWELL_ERROR_OUT_OF_BUFFERS if no
 * frame is free anywhere. Kernel: cold. */
framewell_dword framewell_get(framewell_pool *pool, void **frame) FRAMEWELL_MUST_USE;

/* Frees a frame, on any thread, and returns what RasFreeBuffer returns. Kernel: cold. */
framewell_dword framewell_free(framewell_pool *pool, void *frame);

/* Hands out up to n frames and returns how many it wrote to frames. They are fewer than n only if
 * at some moment no frame was free. What lies behind them is untouched. Kernel: cold. */
size_t framewell_get_burst(framewell_pool *pool, void **frames, size_t n) FRAMEWELL_MUST_USE;

/* Hands out n frames, or none and returns FRAMEWELL_ERROR_OUT_OF_BUFFERS. In that case frames holds
 * only pointers that are not out. Other calls may be refused for the frames that this call gathers
 * meanwhile. frames may be NULL if n is 0. Kernel: cold. */
framewell_dword framewell_get_bulk(framewell_pool *pool, void **frames, size_t n) FRAMEWELL_MUST_USE;

/* Frees n frames. It passes over the pointers that RasFreeBuffer would refuse and frees the others;
 * it then returns FRAMEWELL_ERROR_BUFFER_INVALID and writes the number of refused pointers to
 * *refused, which may be NULL. frames may be NULL if n is 0. Otherwise NULL gives
 * FRAMEWELL_ERROR_INVALID_PARAMETER with n at *refused, and so does a NULL pool. Kernel: cold. */
framewell_dword framewell_free_bulk(framewell_pool *pool, void *const *frames, size_t n, size_t *refused);

/* Hand out an 802.11 buffer of at least len bytes, aligned to 16, or to 64 with _aligned, and
 * return what Dot11ExtAllocateBuffer returns. Kernel: cold; above 64 KiB: yes. */
framewell_dword framewell_dot11_allocate(framewell_pool *pool, size_t len, void **buffer) FRAMEWELL_MUST_USE;
framewell_dword framewell_dot11_allocate_aligned(framewell_pool *pool, size_t len, void **buffer) FRAMEWELL_MUST_USE;

/* Frees an 802.11 buffer, on any thread. NULL is allowed. For a pointer that is no such buffer that
 * is out it returns FRAMEWELL_ERROR_BUFFER_INVALID, and nothing changes. Kernel: cold; above 64
 * KiB: yes. */
framewell_dword framewell_dot11_free(framewell_pool *pool, void *buffer);

/* Values of framewell_found.kind. */
#define FRAMEWELL_KIND_FRAME 0u
#define FRAMEWELL_KIND_DOT11 1u

typedef struct framewell_found {
    void *start;     /* where the buffer was handed out; its first byte if it is free */
    size_t capacity; /* bytes from there on */
    uint32_t kind;   /* FRAMEWELL_KIND_… */
    uint32_t is_out; /* 1: it is out, and start is what frees it */
} framewell_found;

/* Answers what the pool knows of an address. Returns FRAMEWELL_ERROR_BUFFER_INVALID if no buffer of
 * the pool lies there; *found is untouched then. Unless the caller owns the buffer, the answer can
 * be out of date when the call returns. Kernel: cold. */
framewell_dword framewell_find(framewell_pool *pool, const void *address, framewell_found *found);

typedef struct framewell_trimmed {
    size_t chunks; /* of 1 MiB, wholly free, taken back from their size classes */
    size_t bytes;  /* of memory returned to the system */
    size_t pinned; /* chunks that stay because of a buffer that is out */
} framewell_trimmed;

/* Returns idle memory of 802.11 buffers to the system, while other threads go on. trimmed may be
 * NULL. Kernel: yes. */
framewell_dword framewell_pool_trim(framewell_pool *pool, framewell_trimmed *trimmed);

/* Values of framewell_stats.pages. Those of framewell_stats.front are FRAMEWELL_FRONT_RSEQ and
 * FRAMEWELL_FRONT_PORTABLE. */
#define FRAMEWELL_PAGES_BASE 0u
#define FRAMEWELL_PAGES_TRANSPARENT 1u
#define FRAMEWELL_PAGES_EXPLICIT 2u

typedef struct framewell_stats {
    /* Set it to sizeof(framewell_stats) before the call. No more than that is written, and the call
     * sets it to the number of bytes that were written. */
    size_t struct_size;
    size_t capacity;    /* frames of the pool */
    size_t free;        /* of them free */
    size_t out;         /* of them out */
    /* The bytes of a frame's payload. The next three members are the bytes before it, behind it,
     * and from one frame to the next. */
    size_t payload;
    size_t headroom;
    size_t tailroom;
    size_t stride;      /* may be more than those three: a frame has at most 65,535 bytes of use */
    /* The address at which the frames lie, capacity times stride bytes: one mapping, for AF_XDP or
     * io_uring. */
    void *base;
    /* The number of calls answered with FRAMEWELL_ERROR_OUT_OF_BUFFERS, and of bursts that found
     * none after 0, 64, 128 … frames. */
    uint64_t refusals;
    uint64_t misuses;   /* pointers that were refused */
    size_t metadata;    /* bytes beside the frames */
    size_t dot11_out;   /* 802.11 buffers that are out, the large ones included */
    size_t dot11_large; /* of them above the largest class */
    size_t dot11_large_bytes;
    size_t dot11_chunks; /* of 1 MiB that belong to size classes */
    uint32_t front;     /* FRAMEWELL_FRONT_RSEQ or FRAMEWELL_FRONT_PORTABLE */
    uint32_t pages;     /* FRAMEWELL_PAGES_… of the frames */
} framewell_stats;

/* Reports the pool as it is now. While other threads use the pool, the numbers are of different
 * moments. Returns FRAMEWELL_ERROR_INVALID_PARAMETER if struct_size is too small to be that of any
 * version. Kernel: no; the call allocates. */
framewell_dword framewell_pool_stats(framewell_pool *pool, framewell_stats *stats);

/* Writes the same as a table for people, cut to size bytes with the ending 0. text may be NULL if
 * size is 0. Returns the number of bytes that the whole table takes without the 0, and 0 for a NULL
 * pool. Kernel: no; the call allocates. */
size_t framewell_pool_stats_text(framewell_pool *pool, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
