/* Every wrong pointer at every function that takes one.
 *
 *   misuse                     runs what leaves the process alive
 *   misuse abort               frees a frame twice in a pool that aborts then; the process must end
 *   misuse environment-abort   does the same in a pool that aborts by FRAMEWELL_ON_MISUSE
 */
#include "client.h"

/* ---- The pools, and what they report --------------------------------------------------------- */

static framewell_pool *pool, *other;
static framewell_borrower *borrower;
static framewell_misuse last;
static unsigned reports;

static void on_misuse(const framewell_misuse *misuse, void *context) {
    CHECK(context == &reports);
    last = *misuse;
    reports++;
}

static framewell_config reporting_config(void) {
    framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;
    config.frames = 16;
    config.dot11_bytes = (size_t)4 << 20;
    config.on_misuse = on_misuse;
    config.on_misuse_context = &reports;
    return config;
}

/* ---- The table: pointers and functions ------------------------------------------------------- */

/* The pointer is right for the function, or the function ignores it. */
#define FINE 99u

typedef struct wrong {
    const char *what;
    void *pointer;
    /* FRAMEWELL_MISUSE_… where a frame is expected, and where an 802.11 buffer is expected. */
    uint32_t as_frame, as_dot11;
} wrong;

enum { WRONGS = 19 };

static void *frame_of(framewell_pool *from) {
    void *frame;
    CHECK_EQ(framewell_get(from, &frame), FRAMEWELL_SUCCESS);
    return frame;
}

static void *buffer_of(framewell_pool *from, size_t len) {
    void *buffer;
    CHECK_EQ(framewell_dot11_allocate(from, len, &buffer), FRAMEWELL_SUCCESS);
    return buffer;
}

static size_t wrongs(wrong table[WRONGS]) {
    static char stranger;
    char *frame = frame_of(pool), *buffer = buffer_of(pool, 1500), *large = buffer_of(pool, 1 << 20);
    void *freed_frame = frame_of(pool), *freed_buffer = buffer_of(pool, 1500), *freed_large = buffer_of(pool, 3 << 20);
    static char *heap;
    heap = heap != NULL ? heap : malloc(1500);
    CHECK(heap != NULL);
    void *lent_frame = frame_of(pool), *lent_buffer = buffer_of(pool, 1500), *lent_large = buffer_of(pool, 1 << 20);
    CHECK_EQ(framewell_borrower_lend(borrower, lent_frame), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_borrower_lend_dot11(borrower, lent_buffer), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_borrower_lend_dot11(borrower, lent_large), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_free(pool, freed_frame), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_dot11_free(pool, freed_buffer), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_dot11_free(pool, freed_large), FRAMEWELL_SUCCESS);
    const wrong all[] = {
        {"NULL", NULL, FRAMEWELL_MISUSE_NULL, FINE},
        {"a static variable", &stranger, FRAMEWELL_MISUSE_FOREIGN, FRAMEWELL_MISUSE_FOREIGN},
        {"memory of malloc", heap, FRAMEWELL_MISUSE_FOREIGN, FRAMEWELL_MISUSE_FOREIGN},
        {"the last address", (void *)UINTPTR_MAX, FRAMEWELL_MISUSE_FOREIGN, FRAMEWELL_MISUSE_FOREIGN},
        {"a frame of another pool", frame_of(other), FRAMEWELL_MISUSE_FOREIGN, FRAMEWELL_MISUSE_FOREIGN},
        {"a buffer of another pool", buffer_of(other, 1500), FRAMEWELL_MISUSE_FOREIGN, FRAMEWELL_MISUSE_FOREIGN},
        {"a large buffer of another pool", buffer_of(other, 1 << 20), FRAMEWELL_MISUSE_FOREIGN, FRAMEWELL_MISUSE_FOREIGN},
        {"the inside of a frame", frame + 1, FRAMEWELL_MISUSE_INTERIOR, FRAMEWELL_MISUSE_OTHER_KIND},
        {"the headroom of a frame", frame - 1, FRAMEWELL_MISUSE_INTERIOR, FRAMEWELL_MISUSE_OTHER_KIND},
        {"the inside of a buffer", buffer + 16, FRAMEWELL_MISUSE_OTHER_KIND, FRAMEWELL_MISUSE_INTERIOR},
        {"the inside of a large buffer", large + 65536, FRAMEWELL_MISUSE_OTHER_KIND, FRAMEWELL_MISUSE_INTERIOR},
        {"a frame freed before", freed_frame, FRAMEWELL_MISUSE_NOT_OUT, FRAMEWELL_MISUSE_OTHER_KIND},
        {"a buffer freed before", freed_buffer, FRAMEWELL_MISUSE_OTHER_KIND, FRAMEWELL_MISUSE_NOT_OUT},
        {"a large buffer freed before", freed_large, FRAMEWELL_MISUSE_FOREIGN, FRAMEWELL_MISUSE_FOREIGN},
        {"a lent frame", lent_frame, FRAMEWELL_MISUSE_LENT, FRAMEWELL_MISUSE_OTHER_KIND},
        {"a lent buffer", lent_buffer, FRAMEWELL_MISUSE_OTHER_KIND, FRAMEWELL_MISUSE_LENT},
        {"a lent large buffer", lent_large, FRAMEWELL_MISUSE_OTHER_KIND, FRAMEWELL_MISUSE_LENT},
        {"a frame", frame, FINE, FRAMEWELL_MISUSE_OTHER_KIND},
        {"a buffer", buffer, FRAMEWELL_MISUSE_OTHER_KIND, FINE},
    };
    memcpy(table, all, sizeof all);
    return sizeof all / sizeof *all;
}

typedef enum family { FRAMES, DOT11 } family;

static framewell_dword ras_free(void *pointer) {
    return RasFreeBuffer(pointer);
}

static framewell_dword dot11ext_free(void *pointer) {
    Dot11ExtFreeBuffer(pointer);
    return FRAMEWELL_ERROR_BUFFER_INVALID;
}

static framewell_dword pool_free(void *pointer) {
    return framewell_free(pool, pointer);
}

static framewell_dword free_in_bulk(void *pointer) {
    size_t refused = 77;
    void *three[] = {frame_of(pool), pointer, frame_of(pool)};
    framewell_dword code = framewell_free_bulk(pool, three, 3, &refused);
    CHECK_EQ(refused, 1);
    return code;
}

static framewell_dword dot11_free(void *pointer) {
    return framewell_dot11_free(pool, pointer);
}

static framewell_dword lend(void *pointer) {
    return framewell_borrower_lend(borrower, pointer);
}

static framewell_dword lend_dot11(void *pointer) {
    return framewell_borrower_lend_dot11(borrower, pointer);
}

static const struct {
    const char *name;
    framewell_dword (*call)(void *pointer);
    family family;
} frees[] = {
    {"RasFreeBuffer", ras_free, FRAMES},
    {"Dot11ExtFreeBuffer", dot11ext_free, DOT11},
    {"framewell_free", pool_free, FRAMES},
    {"framewell_free_bulk", free_in_bulk, FRAMES},
    {"framewell_dot11_free", dot11_free, DOT11},
    {"framewell_borrower_lend", lend, FRAMES},
    {"framewell_borrower_lend_dot11", lend_dot11, DOT11},
};

static void check_refused(size_t function, const wrong *wrong, uint32_t kind) {
    framewell_stats before = client_stats(pool);
    reports = 0;
    framewell_dword code = frees[function].call(wrong->pointer);
    framewell_stats after = client_stats(pool);
    if (code != FRAMEWELL_ERROR_BUFFER_INVALID || reports != 1 || last.kind != kind || last.pointer != wrong->pointer) {
        fprintf(stderr, "%s of %s: code %u, %u reports, the last of kind %u, not %u\n", frees[function].name, wrong->what,
                (unsigned)code, reports, (unsigned)last.kind, (unsigned)kind);
        exit(1);
    }
    CHECK_EQ(after.misuses, before.misuses + 1);
    CHECK_EQ(after.out, before.out);
    CHECK_EQ(after.dot11_out, before.dot11_out);
}

static void every_wrong_pointer_is_refused_counted_and_reported(void) {
    wrong table[WRONGS];
    size_t n = wrongs(table);
    for (size_t function = 0; function < sizeof frees / sizeof *frees; function++) {
        for (size_t i = 0; i < n; i++) {
            uint32_t kind = frees[function].family == FRAMES ? table[i].as_frame : table[i].as_dot11;
            if (kind != FINE) {
                check_refused(function, &table[i], kind);
            }
        }
    }
    reports = 0;
    Dot11ExtFreeBuffer(NULL);
    CHECK_EQ(framewell_dot11_free(pool, NULL), FRAMEWELL_SUCCESS);
    CHECK_EQ(reports, 0);
}

static void query_answers_610_and_counts_nothing(void) {
    wrong table[WRONGS];
    size_t n = wrongs(table);
    framewell_stats before = client_stats(pool);
    for (size_t i = 0; i < n; i++) {
        framewell_dword capacity = 77;
        bool fine = table[i].as_frame == FINE;
        CHECK_EQ(framewell_ras_query(table[i].pointer, &capacity), fine ? FRAMEWELL_SUCCESS : FRAMEWELL_ERROR_BUFFER_INVALID);
        CHECK_EQ(capacity, fine ? 1500 : 0);
    }
    CHECK_EQ(client_stats(pool).misuses, before.misuses);
}

static void find_knows_only_what_is_of_the_pool(void) {
    wrong table[WRONGS];
    size_t n = wrongs(table);
    framewell_stats before = client_stats(pool);
    for (size_t i = 0; i < n; i++) {
        framewell_found found;
        uint32_t kind = table[i].as_frame;
        bool known = kind != FRAMEWELL_MISUSE_NULL && kind != FRAMEWELL_MISUSE_FOREIGN;
        framewell_dword code = framewell_find(pool, table[i].pointer, &found);
        CHECK_EQ(code, known ? FRAMEWELL_SUCCESS : FRAMEWELL_ERROR_BUFFER_INVALID);
        if (!known) {
            continue;
        }
        bool lent = kind == FRAMEWELL_MISUSE_LENT || table[i].as_dot11 == FRAMEWELL_MISUSE_LENT;
        bool out = kind != FRAMEWELL_MISUSE_NOT_OUT && table[i].as_dot11 != FRAMEWELL_MISUSE_NOT_OUT && !lent;
        CHECK_EQ(found.is_out, out);
        CHECK_EQ(found.is_lent, lent);
        CHECK_EQ(found.kind, kind == FRAMEWELL_MISUSE_OTHER_KIND ? FRAMEWELL_KIND_DOT11 : FRAMEWELL_KIND_FRAME);
        CHECK_EQ(found.start == table[i].pointer, kind == FINE || table[i].as_dot11 == FINE ||
                                                      table[i].as_dot11 == FRAMEWELL_MISUSE_NOT_OUT ||
                                                      table[i].as_dot11 == FRAMEWELL_MISUSE_LENT);
        CHECK(found.capacity >= 1500);
    }
    CHECK_EQ(client_stats(pool).misuses, before.misuses);
}

static void bulk_frees_the_others_and_says_how_many_it_refused(void) {
    char stranger;
    char *frame = frame_of(pool);
    void *frames[] = {frame, NULL, &stranger, frame, frame_of(pool), frame + 1, frame_of(pool)};
    framewell_stats before = client_stats(pool);
    size_t refused = 77;
    CHECK_EQ(framewell_free_bulk(pool, frames, 7, &refused), FRAMEWELL_ERROR_BUFFER_INVALID);
    CHECK_EQ(refused, 4);
    framewell_stats after = client_stats(pool);
    CHECK_EQ(after.out, before.out - 3);
    CHECK_EQ(after.misuses, before.misuses + 4);
    CHECK_EQ(framewell_free_bulk(pool, frames, 7, NULL), FRAMEWELL_ERROR_BUFFER_INVALID);
    CHECK_EQ(client_stats(pool).out, before.out - 3);
}

/* ---- In processes of their own --------------------------------------------------------------- */

static void free_twice(void) {
    framewell_byte *frame;
    framewell_dword size = 1500;
    CHECK_EQ(RasGetBuffer(&frame, &size), FRAMEWELL_SUCCESS);
    CHECK_EQ(RasFreeBuffer(frame), FRAMEWELL_SUCCESS);
    printf("code of the second: %u\n", (unsigned)RasFreeBuffer(frame));
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    framewell_config shared = reporting_config();
    if (strcmp(what, "abort") == 0) {
        shared.on_misuse = NULL;
        shared.abort_on_misuse = 1;
        CHECK_EQ(framewell_init(&shared, NULL, 0), FRAMEWELL_SUCCESS);
    }
    if (what[0] != 0) {
        free_twice();
        return 0;
    }
    CHECK_EQ(framewell_init(&shared, NULL, 0), FRAMEWELL_SUCCESS);
    pool = client_shared_pool();
    CHECK_EQ(framewell_pool_create(&shared, &other, NULL, 0), FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_borrower_create(pool, "borrower", &borrower), FRAMEWELL_SUCCESS);

    RUN(every_wrong_pointer_is_refused_counted_and_reported);
    RUN(query_answers_610_and_counts_nothing);
    RUN(find_knows_only_what_is_of_the_pool);
    RUN(bulk_frees_the_others_and_says_how_many_it_refused);
    framewell_borrower_destroy(borrower);
    return client_end();
}
