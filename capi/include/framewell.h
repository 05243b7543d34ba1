/* framewell: buffers for packet pipelines.
 *
 * There are five groups of functions, in this order:
 *   - the four buffer services of Windows, RasGetBuffer, RasFreeBuffer, Dot11ExtAllocateBuffer and
 *     Dot11ExtFreeBuffer, on a pool that the whole process shares;
 *   - the functions for that pool: how it is set up, and what a host asks about a pointer;
 *   - pools of your own: framewell_pool_create and the functions that take a framewell_pool;
 *   - sharing: references to a buffer that has several readers;
 *   - borrowers: rings and devices to which the buffers of a pool are lent.
 *
 * Every function may be called on any thread, and on several at the same time, except those that
 * end something: framewell_pool_destroy, framewell_borrower_destroy and framewell_borrower_reclaim.
 * None may be called in a signal handler unless its comment says so.
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
 * yet. "Lent" is a buffer that a borrower has: it is in use, and no pointer stands for it. "Shared"
 * is a buffer that was out and has references now: it is in use, and each of its pointers stands for
 * one reference.
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
/* ERROR_BUSY: buffers of the pool are out, the borrower exists, or there are further references. */
#define FRAMEWELL_ERROR_BUSY 170u
/* ERROR_BUFFER_TOO_SMALL: the data that a borrower left, or the bytes that a reference is to name,
 * do not lie in the buffer. */
#define FRAMEWELL_ERROR_BUFFER_TOO_SMALL 603u
/* ERROR_BUFFER_INVALID: the pointer is no buffer of this kind that is out, or that is lent to this
 * borrower, or that is shared. */
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
/* The pool has 4096 borrowers: those that exist, and those destroyed with buffers still lent. */
#define FRAMEWELL_ERROR_BORROWERS 0x20000004u
/* The buffer has 2^30 references. */
#define FRAMEWELL_ERROR_REFERENCES 0x20000005u

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
 * NULL, a foreign address, the inside of a frame, a frame that was freed already or is lent, and an
 * 802.11 buffer. Kernel: cold. */
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

/* Values of framewell_misuse.kind, which says what is wrong with a pointer or a loan. */
#define FRAMEWELL_MISUSE_NULL 0u       /* it is NULL */
#define FRAMEWELL_MISUSE_FOREIGN 1u    /* no memory of the pool lies there */
#define FRAMEWELL_MISUSE_INTERIOR 2u   /* it points into a buffer */
#define FRAMEWELL_MISUSE_NOT_OUT 3u    /* the buffer there is not out: it was freed already */
/* It is a frame where an 802.11 buffer is expected, or the reverse. */
#define FRAMEWELL_MISUSE_OTHER_KIND 4u
#define FRAMEWELL_MISUSE_LENT 5u       /* the buffer there is not out: it is lent to a borrower */
/* The buffer was to come back from a borrower, and is not lent: it came back already, it was never
 * lent, or it is out. */
#define FRAMEWELL_MISUSE_NOT_LENT 6u
/* The buffer was to come back from one borrower, and is lent to another. */
#define FRAMEWELL_MISUSE_LENT_TO_OTHER 7u
/* The data that the borrower left do not lie in the buffer, which is still lent. */
#define FRAMEWELL_MISUSE_BEYOND_ROOM 8u
/* The buffer there is not out: it is shared. Drop a reference instead. */
#define FRAMEWELL_MISUSE_SHARED 9u
/* The buffer there is not shared: its last reference was dropped, or it never was. */
#define FRAMEWELL_MISUSE_NOT_SHARED 10u
/* The bytes begin in a shared buffer, and do not end there. */
#define FRAMEWELL_MISUSE_PAST_END 11u

/* Later versions add kinds, and members at the end. The library makes the struct, so its size is
 * not told. */
typedef struct framewell_misuse {
    const void *pointer; /* as it was brought; the address of the data that was to come back */
    uint32_t kind;       /* FRAMEWELL_MISUSE_… */
    uint32_t borrower;   /* the number of the other borrower with _LENT_TO_OTHER, else 0 */
    /* With _BEYOND_ROOM the bytes before the data, those of the data, and those of the buffer. With
     * _PAST_END len is the bytes that were named, and room those from there to the end of the
     * buffer. Else 0. */
    size_t headroom;
    size_t len;
    size_t room;
} framewell_misuse;

/* Is called on the thread that misuses a pointer, before the misusing call returns its error.
 * Several threads may call it at the same time. It must return: longjmp is not allowed, and a C++
 * exception that leaves it ends the process. It may call every function, except those that end what
 * the misusing call uses: framewell_pool_destroy of this pool, framewell_borrower_destroy and
 * framewell_borrower_reclaim of this borrower. What it misuses itself is reported by another call
 * of it.
 * Amid a framewell_free_bulk or a framewell_borrower_take_back_offsets up to 64 frames are still in
 * the hands of that call. The misuse lasts as long as the call. */
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

/* Destroys a pool. While buffers are out or lent, or borrowers exist, it returns
 * FRAMEWELL_ERROR_BUSY, and nothing changes. It returns FRAMEWELL_ERROR_INVALID_PARAMETER for the
 * shared pool. NULL is allowed. No other call may use the pool at the same time or later. Kernel:
 * yes. */
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
    uint32_t is_lent; /* 1: it is lent to a borrower */
    uint32_t reserved; /* 0 */
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
    size_t out;         /* of them out or lent */
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
    uint64_t misuses;   /* pointers and loans that were refused */
    size_t metadata;    /* bytes beside the frames */
    size_t dot11_out;   /* 802.11 buffers that are out or lent, the large ones included */
    size_t dot11_large; /* of them above the largest class */
    size_t dot11_large_bytes;
    size_t dot11_chunks; /* of 1 MiB that belong to size classes */
    uint32_t front;     /* FRAMEWELL_FRONT_RSEQ or FRAMEWELL_FRONT_PORTABLE */
    uint32_t pages;     /* FRAMEWELL_PAGES_… of the frames */
    size_t borrowers;   /* that exist, or were destroyed with buffers still lent */
    size_t lent;        /* frames and 802.11 buffers that are lent */
} framewell_stats;

/* Reports the pool as it is now. While other threads use the pool, the numbers are of different
 * moments. Returns FRAMEWELL_ERROR_INVALID_PARAMETER if struct_size is too small to be that of any
 * version. Kernel: no; the call allocates. */
framewell_dword framewell_pool_stats(framewell_pool *pool, framewell_stats *stats);

/* Writes the same as a table for people, cut to size bytes with the ending 0. text may be NULL if
 * size is 0. Returns the number of bytes that the whole table takes without the 0, and 0 for a NULL
 * pool. Kernel: no; the call allocates. */
size_t framewell_pool_stats_text(framewell_pool *pool, char *text, size_t size);

/* The memory of a pool's frames: one range without holes, which can be registered with a device or
 * the kernel (AF_XDP, io_uring). Only who has a frame may touch its bytes. */
typedef struct framewell_region {
    /* Set it to sizeof(framewell_region) before the call. No more than that is written, and the
     * call sets it to the number of bytes that were written. */
    size_t struct_size;
    void *base;    /* the address of frame 0, a multiple of 2 MiB */
    size_t stride; /* bytes from one frame to the next */
    size_t len;    /* bytes of all frames: their number times the stride */
} framewell_region;

/* Says where the frames lie, for as long as the pool exists. Returns
 * FRAMEWELL_ERROR_INVALID_PARAMETER if struct_size is too small to be that of any version. Kernel:
 * no. The call is allowed in a signal handler. */
framewell_dword framewell_pool_region(framewell_pool *pool, framewell_region *region);

/* ---- Sharing ------------------------------------------------------------------------------------
 *
 * A buffer that is out becomes shared, and has references from then on: for a packet with several
 * readers. A reference is a pointer anywhere into the buffer, and the right to read the bytes there
 * until it is dropped. Nobody writes them meanwhile. The last reference that is dropped frees the
 * buffer, on whatever thread that is. Frames and 802.11 buffers are shared in the same way. The
 * references are counted outside of the buffer, and sharing takes no memory.
 *
 * A shared buffer is not out: framewell_free, framewell_borrower_lend and the like refuse it, as
 * FRAMEWELL_MISUSE_SHARED, and framewell_find says that it is neither out nor lent. A buffer that is
 * not shared is refused here, as FRAMEWELL_MISUSE_NOT_SHARED and as FRAMEWELL_ERROR_BUFFER_INVALID.
 * NULL and foreign addresses are refused in the same way.
 *
 * What the caller owes: it has a reference to the buffer when it adds or drops one, and drops each
 * once. A reference that is dropped twice is not found out while there are others, because they are
 * all alike: it takes the reference of another.
 */

/* Turns a buffer that is out, a frame or an 802.11 buffer, into a shared one. The pointer is the
 * first reference. Returns FRAMEWELL_ERROR_BUFFER_INVALID, and nothing changes, for every pointer
 * that framewell_free and framewell_dot11_free would refuse, and for NULL. Kernel: no; for buffers
 * above 64 KiB the call allocates. */
framewell_dword framewell_share(framewell_pool *pool, void *buffer);

/* Adds a reference to a shared buffer, which the len bytes at first stand for. They may be any bytes
 * of the buffer, also before or behind those that the caller's reference names. Returns
 * FRAMEWELL_ERROR_BUFFER_TOO_SMALL if they do not end in the buffer, and FRAMEWELL_ERROR_REFERENCES
 * if it has 2^30 references; nothing changes then. The byte at first says which buffer it is, also
 * if len is 0. Kernel: no; for buffers above 64 KiB the call allocates. */
framewell_dword framewell_ref(framewell_pool *pool, const void *first, size_t len);

/* Drops a reference to the shared buffer in which anywhere lies, on any thread. The last one frees
 * the buffer. Kernel: cold; above 64 KiB: yes. */
framewell_dword framewell_unref(framewell_pool *pool, const void *anywhere);

/* Turns the only reference to a shared buffer into a buffer that is out, whose pointer is first: any
 * address in the buffer. Its bytes may be written again, and framewell_free or framewell_dot11_free
 * frees it. Returns FRAMEWELL_ERROR_BUSY if there are further references; nothing changes then.
 * Kernel: no; for buffers above 64 KiB the call allocates. */
framewell_dword framewell_unshare(framewell_pool *pool, void *first);

/* ---- Borrowers ----------------------------------------------------------------------------------
 *
 * A borrower is somebody who has buffers of a pool for a while: the rings of a socket, a device, a
 * library behind it. A buffer that is out is lent by its pointer, which then stands for nothing:
 * every call that takes buffers refuses it, as FRAMEWELL_MISUSE_LENT. The buffer comes back from
 * the same borrower only, as a new pointer: to wherever in the frame the borrower left data.
 *
 * A buffer that is lent is in use. It counts as out, and nobody but the borrower touches its bytes.
 * A buffer that is not lent to this borrower, or data beyond the buffer, is refused: the call
 * returns FRAMEWELL_ERROR_BUFFER_INVALID or FRAMEWELL_ERROR_BUFFER_TOO_SMALL, the misuse is counted
 * and reported, and nothing changes.
 *
 * What the caller owes when it takes back or reclaims:
 *   - The borrower is done with the buffer: nobody else touches its bytes any more.
 *   - No other call brings the same buffer back at the same time. This is not found out: two
 *     threads that bring the same loan at the same moment may both get the frame. (A ring delivers
 *     each completion once, and one thread reads it.)
 *   - If the buffer has come back since it was lent, it was not lent to the same borrower again.
 * Lending has no such condition: of two calls that lend or free the same pointer at the same moment
 * one succeeds.
 *
 * A borrower that is not NULL exists. For a NULL borrower a call returns
 * FRAMEWELL_ERROR_INVALID_PARAMETER, or 0 where it returns a number, unless its comment says
 * otherwise. A borrower that was destroyed is no defined input.
 */

typedef struct framewell_borrower framewell_borrower;

/* Makes a borrower of the pool and writes it to *borrower, NULL on an error. The name appears in
 * framewell_pool_stats_text. It need not be unique, and is copied; bytes that are not UTF-8 are
 * replaced. Returns FRAMEWELL_ERROR_BORROWERS if the pool has 4096. The call takes a lock, as do
 * framewell_borrower_destroy, framewell_pool_reclaim, and the two functions for statistics. Kernel:
 * cold; the call allocates. */
framewell_dword framewell_borrower_create(framewell_pool *pool, const char *name, framewell_borrower **borrower) FRAMEWELL_MUST_USE;

/* Destroys a borrower. NULL is allowed. What is lent to it stays lent until framewell_pool_reclaim
 * frees it. No other call may use the borrower at the same time or later. The call looks at the
 * word of every buffer of the pool. Kernel: cold. */
void framewell_borrower_destroy(framewell_borrower *borrower);

/* Returns the number of a borrower, by which its buffers can be reclaimed when it is destroyed, and
 * UINT64_MAX for NULL. The lower 32 bits are the number that framewell_misuse and
 * framewell_pool_stats_text name. The upper ones tell borrowers apart that have the same number one
 * after the other. Kernel: no. The call is allowed in a signal handler. */
uint64_t framewell_borrower_number(const framewell_borrower *borrower);

/* Returns how many frames and 802.11 buffers are lent to a borrower. While other threads lend to it
 * or take back, that is a number of different moments. The call looks at the word of every buffer
 * of the pool. Kernel: no; the call may allocate. */
size_t framewell_borrower_lent(const framewell_borrower *borrower);

/* Frees all buffers that are lent to a borrower, whose rings are closed, and returns how many they
 * were. No other call may use the borrower at the same time. The call looks at the word of every
 * buffer of the pool. Kernel: cold; for buffers above 64 KiB: yes. */
size_t framewell_borrower_reclaim(framewell_borrower *borrower);

/* Does the same for a borrower that was destroyed, by its number, and writes how many they were to
 * *reclaimed, which may be NULL. Returns FRAMEWELL_ERROR_BUSY if the borrower exists, or if another
 * call reclaims its buffers now. Returns FRAMEWELL_ERROR_INVALID_PARAMETER if nothing is lent to a
 * borrower with this number. Then 0 is written. Kernel: as framewell_borrower_reclaim. */
framewell_dword framewell_pool_reclaim(framewell_pool *pool, uint64_t number, size_t *reclaimed);

/* Lends a frame that is out: a pointer of framewell_get, RasGetBuffer, or one that came back. It
 * can be used by the borrower as a whole: headroom, payload and tailroom. Returns
 * FRAMEWELL_ERROR_BUFFER_INVALID, and nothing changes, for every pointer that framewell_free would
 * refuse. Kernel: no. The call is allowed in a signal handler if it is not refused; a refused one
 * may allocate and calls on_misuse. */
framewell_dword framewell_borrower_lend(framewell_borrower *borrower, void *frame);

/* Take a frame back, and write the pointer that stands for it from now on to *frame. It points to
 * where the data begin: to start, an address anywhere in the frame, or to offset, which is counted
 * from the region's base. An exception is a frame whose data are empty and at its very end: the
 * pointer is to its last byte. Returns FRAMEWELL_ERROR_BUFFER_INVALID if the frame there is not
 * lent to this borrower, or if no frame lies there. Returns FRAMEWELL_ERROR_BUFFER_TOO_SMALL if
 * less than len bytes of the frame follow. Kernel: no. The calls are allowed in a signal handler as
 * framewell_borrower_lend is. */
framewell_dword framewell_borrower_take_back(framewell_borrower *borrower, void *start, size_t len, void **frame) FRAMEWELL_MUST_USE;
framewell_dword framewell_borrower_take_back_offset(framewell_borrower *borrower, uint64_t offset, size_t len,
                                                    void **frame) FRAMEWELL_MUST_USE;

/* Lends n frames, in their order. It stops at the first that framewell_borrower_lend would refuse,
 * and returns that code. The number of frames that were lent is written to *lent, which may be
 * NULL: it is the index of the refused one. For each frame that was lent its offset from the
 * region's base is written to offsets, which may be NULL. frames may be NULL if n is 0. Kernel: no.
 * The call is allowed in a signal handler as framewell_borrower_lend is. */
framewell_dword framewell_borrower_lend_frames(framewell_borrower *borrower, void *const *frames, size_t n,
                                               uint64_t *offsets, size_t *lent);

/* A part of the region, in the form of Linux's struct xdp_desc: descriptors of a ring can be passed
 * as they are. */
typedef struct framewell_span {
    uint64_t offset;  /* bytes from the region's base to the data */
    uint32_t len;     /* bytes of data */
    uint32_t options; /* the ring's; this library ignores them */
} framewell_span;

/* Take n frames back, in their order, and write their pointers to frames. They stop at the first
 * that framewell_borrower_take_back would refuse, and return that code. The number of frames that
 * came back is written to *taken, which may be NULL: it is the index of the refused one. The
 * entries behind it are as they were, and may be brought again.
 *   - _frames takes addresses and lengths; starts and frames may be the same array.
 *   - _spans takes descriptors.
 *   - _offsets takes the offset of any byte of each frame. The pointers are those to the payload,
 *     as framewell_get hands them out: for fill and completion rings, which tell no length.
 * The arrays may be NULL if n is 0. Kernel: no. The calls are allowed in a signal handler as
 * framewell_borrower_lend is. */
framewell_dword framewell_borrower_take_back_frames(framewell_borrower *borrower, void *const *starts, const size_t *lens,
                                                    size_t n, void **frames, size_t *taken) FRAMEWELL_MUST_USE;
framewell_dword framewell_borrower_take_back_spans(framewell_borrower *borrower, const framewell_span *spans, size_t n,
                                                   void **frames, size_t *taken) FRAMEWELL_MUST_USE;
framewell_dword framewell_borrower_take_back_offsets(framewell_borrower *borrower, const uint64_t *offsets, size_t n,
                                                     void **frames, size_t *taken) FRAMEWELL_MUST_USE;

/* Lends an 802.11 buffer that is out. The borrower may use all of its bytes. Returns
 * FRAMEWELL_ERROR_BUFFER_INVALID, and nothing changes, for NULL and for every pointer that
 * framewell_dot11_free would refuse. Kernel: no; above 64 KiB the call may allocate. */
framewell_dword framewell_borrower_lend_dot11(framewell_borrower *borrower, void *buffer);

/* Takes an 802.11 buffer back by the pointer that was lent, and writes that pointer to *buffer.
 * Returns FRAMEWELL_ERROR_BUFFER_TOO_SMALL if the buffer has less than len bytes. Kernel: no; above
 * 64 KiB the call may allocate. */
framewell_dword framewell_borrower_take_back_dot11(framewell_borrower *borrower, void *start, size_t len,
                                                   void **buffer) FRAMEWELL_MUST_USE;

#ifdef __cplusplus
}
#endif

#endif
