/* framewell: buffers for packet pipelines.
 *
 * Three groups of functions, in this order:
 *   - the four buffer services of Windows, RasGetBuffer, RasFreeBuffer, Dot11ExtAllocateBuffer and Dot11ExtFreeBuffer, on a pool that
 *     the whole process shares;
 *   - that pool: how it is set up, and what a host asks about a pointer;
 *   - pools of your own: framewell_pool_create and what takes a framewell_pool.
 *
 * Every function may be called on any thread, and by several at the same time, but framewell_pool_destroy; none in a signal handler
 * unless it says so. Every pointer is a defined input where a buffer is expected: one that is not out is refused, and nothing changes.
 * A pointer that was freed and handed out again is the new owner's.
 *
 * A forked child has a private copy of every pool and of every buffer that is out, and may call all functions at once, as far as its C
 * library allows a child of a process with several threads to allocate. Not so between vfork and exec.
 *
 * Every function, the first use of the shared pool included, runs on a thread whose stack is the larger
 * of 16 KiB and sysconf(_SC_THREAD_STACK_MIN). on_misuse and signal handlers need theirs on top.
 *
 * Words: "kernel: no" is a call that never enters the kernel; "kernel: cold" one that may, when the CPU's list is empty or full, or
 * when memory is used for the first time; "kernel: yes" one that does. A page fault is not counted.
 *
 * C99, C11, C17 and C++; with or without windows.h, before or after it.
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

/* What a call answers. Those below 2000 are Windows' own numbers for the same thing. */
#define FRAMEWELL_SUCCESS 0u                   /* ERROR_SUCCESS */
#define FRAMEWELL_ERROR_OUTOFMEMORY 14u        /* ERROR_OUTOFMEMORY: the budget is used up, or the system refused memory: see Dot11ExtAllocateBuffer */
#define FRAMEWELL_ERROR_INVALID_PARAMETER 87u  /* ERROR_INVALID_PARAMETER: NULL, or a value that no member allows */
#define FRAMEWELL_ERROR_BUSY 170u              /* ERROR_BUSY: buffers of the pool are out */
#define FRAMEWELL_ERROR_BUFFER_INVALID 610u    /* ERROR_BUFFER_INVALID */
#define FRAMEWELL_ERROR_OUT_OF_BUFFERS 614u    /* ERROR_OUT_OF_BUFFERS: no frame was at rest anywhere */
#define FRAMEWELL_ERROR_ALREADY_INITIALIZED 1247u /* ERROR_ALREADY_INITIALIZED: the shared pool exists */
#define FRAMEWELL_ERROR_CONFIG 0x20000001u     /* a member of framewell_config cannot be served: the message says which */
#define FRAMEWELL_ERROR_ENVIRONMENT 0x20000002u /* an environment variable has a value that cannot be served: the message says which */
#define FRAMEWELL_ERROR_NO_RSEQ 0x20000003u    /* the rseq front was demanded and is not to be had: the message says why */

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The four buffer services --------------------------------------------------------------------------------------------------
 *
 * docs/c-abi.md says what each returns for every input, and which of it Microsoft documents. They share one pool, made by the first call,
 * which reads the environment, allocates and enters the kernel; framewell_init makes it before.
 */

/* A frame of 1500 bytes at *buffer, and 1500 at *size, which may ask for anything: more is capped. FRAMEWELL_ERROR_OUT_OF_BUFFERS if
 * no frame is at rest anywhere (*buffer is NULL, *size untouched), or if the pool could not be made (see framewell_init). A thread to
 * which a seccomp filter refuses membarrier cannot look into the lists of other CPUs, and can get it although a frame rests there.
 * FRAMEWELL_ERROR_BUFFER_INVALID if an argument is NULL; *buffer is NULL then, *size untouched. Kernel: cold. */
framewell_dword FRAMEWELL_WINAPI RasGetBuffer(framewell_byte **buffer, framewell_dword *size) FRAMEWELL_MUST_USE;

/* Frees a frame, on any thread. FRAMEWELL_ERROR_BUFFER_INVALID, and nothing changes, for NULL, a foreign address, the inside of a frame, a
 * frame that was freed already, and for an 802.11 buffer. Kernel: cold. */
framewell_dword FRAMEWELL_WINAPI RasFreeBuffer(framewell_byte *buffer);

/* At least byte_count bytes at *buffer, aligned to 16. FRAMEWELL_ERROR_OUTOFMEMORY if there is no memory: the budget is used up by buffers that are out
 * and the chunks that they lie in, or the system refused. What another call has in hand for a
 * moment is waited for, 10 ms if it does not get on.
 * FRAMEWELL_ERROR_INVALID_PARAMETER for 0 bytes; *buffer is NULL then. FRAMEWELL_ERROR_INVALID_PARAMETER if buffer is NULL. Kernel: cold; above 64 KiB: yes. */
framewell_dword FRAMEWELL_WINAPI Dot11ExtAllocateBuffer(framewell_dword byte_count, void **buffer) FRAMEWELL_MUST_USE;

/* Frees a buffer of Dot11ExtAllocateBuffer, on any thread; NULL is allowed. Any other pointer changes nothing: it is counted, and reported as the
 * pool was told. Kernel: cold; above 64 KiB: yes. */
void FRAMEWELL_WINAPI Dot11ExtFreeBuffer(void *memory);

/* The types of these functions: PFNRASGETBUFFER, PFNRASFREEBUFFER, DOT11EXT_ALLOCATE_BUFFER and DOT11EXT_FREE_BUFFER. */
typedef framewell_dword(FRAMEWELL_WINAPI *framewell_ras_get_buffer)(framewell_byte **buffer, framewell_dword *size);
typedef framewell_dword(FRAMEWELL_WINAPI *framewell_ras_free_buffer)(framewell_byte *buffer);
typedef framewell_dword(FRAMEWELL_WINAPI *framewell_dot11ext_allocate_buffer)(framewell_dword byte_count, void **buffer);
typedef void(FRAMEWELL_WINAPI *framewell_dot11ext_free_buffer)(void *memory);

/* What a host hands to its clients: two members in the places that they have at the head of DOT11EXT_APIS. */
typedef struct framewell_dot11ext_apis {
    framewell_dot11ext_allocate_buffer Dot11ExtAllocateBuffer;
    framewell_dot11ext_free_buffer Dot11ExtFreeBuffer;
} framewell_dot11ext_apis;

/* The two functions of this library; the table is constant. Never NULL. Kernel: no. Allowed in a signal handler. */
const framewell_dot11ext_apis *framewell_dot11ext_table(void);

/* ---- Configuration ------------------------------------------------------------------------------------------------------------- */

typedef struct framewell_pool framewell_pool;

/* framewell_config.front: which lists the CPUs have. */
#define FRAMEWELL_FRONT_AUTO 0u     /* restartable sequences if they are to be had; FRAMEWELL_FRONT in the environment decides before */
#define FRAMEWELL_FRONT_RSEQ 1u     /* restartable sequences, or FRAMEWELL_ERROR_NO_RSEQ */
#define FRAMEWELL_FRONT_PORTABLE 2u /* compare-and-swap */

/* framewell_config.huge_pages */
/* Transparent ones under the frames where the system has them, else base pages. */
#define FRAMEWELL_HUGE_PAGES_AUTO 0u
/* Explicit ones (vm.nr_hugepages), all of them populated at once, or an error. A forked child must not
 * touch buffers on them, not even to read: where too few are left for a copy, the kernel kills it. */
#define FRAMEWELL_HUGE_PAGES_EXPLICIT 1u
/* Transparent ones under all buffers where the system has them, else base pages. */
#define FRAMEWELL_HUGE_PAGES_TRANSPARENT 2u
#define FRAMEWELL_HUGE_PAGES_OFF 3u
/* Explicit ones if they are to be had, else as TRANSPARENT. */
#define FRAMEWELL_HUGE_PAGES_PREFER_EXPLICIT 4u

/* framewell_misuse.kind: what is wrong with a pointer. */
#define FRAMEWELL_MISUSE_NULL 0u       /* it is NULL */
#define FRAMEWELL_MISUSE_FOREIGN 1u    /* no memory of the pool lies there */
#define FRAMEWELL_MISUSE_INTERIOR 2u   /* it points into a buffer */
#define FRAMEWELL_MISUSE_NOT_OUT 3u    /* the buffer there is not out: it was freed already */
#define FRAMEWELL_MISUSE_OTHER_KIND 4u /* a frame where an 802.11 buffer is expected, or the reverse */

typedef struct framewell_misuse {
    const void *pointer;
    uint32_t kind;
} framewell_misuse;

/* Called on the thread that misuses a pointer, before the call returns its error; on several threads at the same time. It must return: no
 * longjmp. A C++ exception that leaves it ends the process. It may call every function but
 * framewell_pool_destroy of this pool; what it misuses itself is reported by another call of it.
 * Amid a framewell_free_bulk up to 64 frames are still in the hands of that call. The misuse lasts
 * as long as the call. */
typedef void (*framewell_on_misuse)(const framewell_misuse *misuse, void *context);

/* What a pool shall be. Start from FRAMEWELL_CONFIG_DEFAULTS and change what matters: later versions add members at the end, and know by
 * struct_size which of them there are. */
typedef struct framewell_config {
    size_t struct_size;         /* sizeof(framewell_config) */
    size_t frames;              /* 1 to 2^26 */
    size_t payload;             /* bytes of a frame; 1500 at least in the shared pool */
    size_t headroom;            /* bytes before the payload */
    size_t tailroom;            /* bytes after it, at least */
    size_t stride;              /* bytes from frame to frame exactly; 0: chosen */
    size_t cache_size;          /* frames that rest with a CPU, 1 to 1020; 0: chosen */
    size_t shards;              /* of the portable front, 1 to 4096; 0: one a CPU */
    uint32_t front;             /* FRAMEWELL_FRONT_… */
    uint32_t huge_pages;        /* FRAMEWELL_HUGE_PAGES_… */
    uint32_t prefault;          /* 1: all memory of the frames is committed at once */
    uint32_t zero_on_free;      /* 1: a freed frame or buffer is overwritten with zeros */
    /* Budget of the 802.11 buffers up to 64 KiB, reserved at once; rounded up to MiB, at most 4 GiB. 0:
     * reserved by the first such buffer, 256 MiB of address space (64 where pointers have 32 bits), or
     * less where the process is limited: at most half of what is left to it. */
    size_t dot11_bytes;
    const size_t *size_classes; /* sizes beside those that are built in, 1 byte to 256 KiB each */
    size_t size_class_count;    /* how many; with the built-in ones at most 128 */
    framewell_on_misuse on_misuse; /* NULL: misuse is only counted */
    void *on_misuse_context;
    uint32_t abort_on_misuse;   /* 1: the process says what it was on its standard error and aborts; on_misuse must be NULL */
} framewell_config;

#define FRAMEWELL_CONFIG_DEFAULTS                                                                                                       \
    {                                                                                                                                   \
        sizeof(framewell_config), 4096u, 1500u, 128u, 0u, 0u, 0u, 0u, FRAMEWELL_FRONT_AUTO, FRAMEWELL_HUGE_PAGES_AUTO, 0u, 0u,           \
            0u, NULL, 0u, NULL, NULL, 0u                                                                                                \
    }

/* ---- The shared pool ----------------------------------------------------------------------------------------------------------- */

/* Makes the pool of the four functions, so that none of them has to. With config NULL the environment decides, as it does at a first use:
 *   FRAMEWELL_FRAMES, FRAMEWELL_CACHE_SIZE, FRAMEWELL_DOT11_BYTES   numbers, as the members of framewell_config
 *   FRAMEWELL_FRONT          auto, rseq, portable
 *   FRAMEWELL_HUGE_PAGES     auto, explicit, transparent, off, prefer-explicit
 *   FRAMEWELL_PREFAULT, FRAMEWELL_ZERO_ON_FREE   0, 1
 *   FRAMEWELL_ON_MISUSE      count, abort
 * With a config the environment is not read, but for FRAMEWELL_FRONT where the front is FRAMEWELL_FRONT_AUTO. A program that runs with
 * rights which are not those of whoever starts it (set-uid) reads none of them.
 *
 * Where a first use fails for a reason of this kind, the four functions answer FRAMEWELL_ERROR_OUT_OF_BUFFERS and FRAMEWELL_ERROR_OUTOFMEMORY, and
 * the reason is said once on the standard error; the next use, or framewell_init, tries again.
 *
 * FRAMEWELL_ERROR_ALREADY_INITIALIZED if the pool exists; else as framewell_pool_create. Kernel: yes. */
framewell_dword framewell_init(const framewell_config *config, char *message, size_t message_size);

/* The shared pool at *pool, made if need be as at a first use: for framewell_pool_stats, framewell_find and the others. It is never destroyed:
 * framewell_pool_destroy refuses it. Kernel: yes if it has to be made, else no. */
framewell_dword framewell_shared_pool(framewell_pool **pool);

/* What a RAS host asks before it uses a client's buffer: FRAMEWELL_SUCCESS, and 1500 at *capacity, if a frame of the shared pool that is out
 * starts at buffer, else FRAMEWELL_ERROR_BUFFER_INVALID and 0. capacity may be NULL. No misuse is counted. Kernel: cold. */
framewell_dword framewell_ras_query(const framewell_byte *buffer, framewell_dword *capacity);

/* A sentence on a code of this file; for any other "unknown code". Never NULL, never freed. Kernel: no. Allowed in a signal handler. */
const char *framewell_strerror(framewell_dword code);

/* ---- Pools of your own ---------------------------------------------------------------------------------------------------------
 *
 * The buffers of a pool go back to the same pool. A NULL pool or out pointer is FRAMEWELL_ERROR_INVALID_PARAMETER, and 0 where a call returns a
 * number, unless it says that NULL is allowed. Where an out pointer for one buffer is not NULL, it is written: NULL on an error. A struct is
 * written on success only. A pool that was destroyed is no defined input.
 */

/* A pool at *pool. On an error *pool is NULL, and message (if it is not NULL) holds a sentence with the value, the limit and the remedy,
 * cut to message_size bytes with the ending 0. Errors: CONFIG, NO_RSEQ, ENVIRONMENT (FRAMEWELL_FRONT), OUTOFMEMORY, INVALID_PARAMETER. Kernel: yes. */
framewell_dword framewell_pool_create(const framewell_config *config, framewell_pool **pool, char *message,
                                      size_t message_size) FRAMEWELL_MUST_USE;

/* Destroys a pool. FRAMEWELL_ERROR_BUSY, and nothing changes, while buffers are out; FRAMEWELL_ERROR_INVALID_PARAMETER for the shared pool. NULL is allowed. No other
 * call may use the pool at the same time or later. Kernel: yes. */
framewell_dword framewell_pool_destroy(framewell_pool *pool);

/* A frame at *frame; all of its payload can be used, and the headroom before it and the tailroom behind it. FRAMEWELL_ERROR_OUT_OF_BUFFERS if none is at rest
 * anywhere. Kernel: cold. */
framewell_dword framewell_get(framewell_pool *pool, void **frame) FRAMEWELL_MUST_USE;

/* Frees a frame, on any thread; answers as RasFreeBuffer. Kernel: cold. */
framewell_dword framewell_free(framewell_pool *pool, void *frame);

/* Up to n frames; returns how many were written to frames: fewer only if at some moment none was at rest. What lies behind them is untouched.
 * Kernel: cold. */
size_t framewell_get_burst(framewell_pool *pool, void **frames, size_t n) FRAMEWELL_MUST_USE;

/* n frames, or none and FRAMEWELL_ERROR_OUT_OF_BUFFERS (then frames holds nothing of use: pointers that are not out). Other calls may be refused
 * for the frames that it gathers meanwhile. frames may be NULL if n is 0. Kernel: cold. */
framewell_dword framewell_get_bulk(framewell_pool *pool, void **frames, size_t n) FRAMEWELL_MUST_USE;

/* Frees n frames. Pointers that RasFreeBuffer would refuse are passed over, and the others freed: FRAMEWELL_ERROR_BUFFER_INVALID then, and their number
 * at *refused, which may be NULL. frames may be NULL if n is 0; else that is FRAMEWELL_ERROR_INVALID_PARAMETER, with n at *refused as for a NULL
 * pool. Kernel: cold. */
framewell_dword framewell_free_bulk(framewell_pool *pool, void *const *frames, size_t n, size_t *refused);

/* An 802.11 buffer of at least len bytes, aligned to 16, or to 64; answers as Dot11ExtAllocateBuffer. Kernel: cold; above 64 KiB: yes. */
framewell_dword framewell_dot11_allocate(framewell_pool *pool, size_t len, void **buffer) FRAMEWELL_MUST_USE;
framewell_dword framewell_dot11_allocate_aligned(framewell_pool *pool, size_t len, void **buffer) FRAMEWELL_MUST_USE;

/* Frees an 802.11 buffer, on any thread; NULL is allowed. FRAMEWELL_ERROR_BUFFER_INVALID, and nothing changes, for what is not one that is out.
 * Kernel: cold; above 64 KiB: yes. */
framewell_dword framewell_dot11_free(framewell_pool *pool, void *buffer);

/* framewell_found.kind */
#define FRAMEWELL_KIND_FRAME 0u
#define FRAMEWELL_KIND_DOT11 1u

typedef struct framewell_found {
    void *start;     /* where the buffer was handed out; its first byte if it is at rest */
    size_t capacity; /* bytes from there on */
    uint32_t kind;   /* FRAMEWELL_KIND_… */
    uint32_t is_out; /* 1: it is out, and start is what frees it */
} framewell_found;

/* What the pool knows of an address. FRAMEWELL_ERROR_BUFFER_INVALID if no buffer of it lies there, and *found is untouched. Stale at once, unless the caller owns the buffer.
 * Kernel: cold. */
framewell_dword framewell_find(framewell_pool *pool, const void *address, framewell_found *found);

typedef struct framewell_trimmed {
    size_t chunks; /* of 1 MiB, wholly free, taken back from their size classes */
    size_t bytes;  /* of memory returned to the system */
    size_t pinned; /* chunks that stay because of a buffer that is out */
} framewell_trimmed;

/* Returns idle memory of 802.11 buffers to the system, while other threads go on. trimmed may be NULL. Kernel: yes. */
framewell_dword framewell_pool_trim(framewell_pool *pool, framewell_trimmed *trimmed);

/* framewell_stats.front and .pages */
#define FRAMEWELL_PAGES_BASE 0u
#define FRAMEWELL_PAGES_TRANSPARENT 1u
#define FRAMEWELL_PAGES_EXPLICIT 2u

typedef struct framewell_stats {
    size_t struct_size; /* set it to sizeof(framewell_stats) before the call: no more than that is written; then it says how much was */
    size_t capacity;    /* frames of the pool */
    size_t free;        /* of them at rest */
    size_t out;         /* of them out */
    size_t payload;     /* bytes of a frame: payload, before it, behind it, and from frame to frame */
    size_t headroom;
    size_t tailroom;
    size_t stride;      /* may be more than those three: a frame has at most 65,535 bytes of use */
    void *base;         /* where the frames lie, capacity times stride bytes: one mapping, for AF_XDP or io_uring */
    uint64_t refusals;  /* calls answered with FRAMEWELL_ERROR_OUT_OF_BUFFERS, and bursts that found none after 0, 64, 128 … frames */
    uint64_t misuses;   /* pointers that were refused */
    size_t metadata;    /* bytes beside the frames */
    size_t dot11_out;   /* 802.11 buffers that are out, the large ones included */
    size_t dot11_large; /* of them above the largest class */
    size_t dot11_large_bytes;
    size_t dot11_chunks; /* of 1 MiB that belong to size classes */
    uint32_t front;     /* FRAMEWELL_FRONT_RSEQ or FRAMEWELL_FRONT_PORTABLE */
    uint32_t pages;     /* FRAMEWELL_PAGES_… of the frames */
} framewell_stats;

/* The pool as it is now. While others use it the numbers are those of different moments. FRAMEWELL_ERROR_INVALID_PARAMETER if struct_size is too small to
 * be any version's. Kernel: no; it allocates. */
framewell_dword framewell_pool_stats(framewell_pool *pool, framewell_stats *stats);

/* The same as a table for people, cut to size bytes with the ending 0; text may be NULL if size is 0. Returns the bytes that the whole table takes without the 0; 0 for a
 * NULL pool. Kernel: no; it allocates. */
size_t framewell_pool_stats_text(framewell_pool *pool, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
