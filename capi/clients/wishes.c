/* Every setting that cannot be served, at the functions that make a pool.
 *
 *   wishes                 settings of a config
 *   wishes environment     expects an environment variable that cannot be served, and prints the
 *                          code and the message with which it was refused
 */
#include "client.h"

static framewell_config config;

#define WISH(member, value) static void wish_##member(void) { config.member = value; }
#define WISH2(name, member, value) static void wish_##name(void) { config.member = value; }

static const size_t zero_class = 0, huge_class = ((size_t)256 << 10) + 1;

static void wish_class_of_0(void) {
    config.size_classes = &zero_class;
    config.size_class_count = 1;
}

static void wish_class_above_256_kib(void) {
    config.size_classes = &huge_class;
    config.size_class_count = 1;
}

static void wish_too_many_classes(void) {
    static size_t classes[4096];
    for (size_t i = 0; i < 4096; i++) {
        classes[i] = 16 * (i + 1);
    }
    config.size_classes = classes;
    config.size_class_count = 4096;
}

static void wish_frame_too_large(void) {
    config.headroom = config.payload = config.tailroom = 30000;
}

static void wish_beyond_the_address_space(void) {
    config.frames = (size_t)1 << 26;
    config.stride = SIZE_MAX / 2;
}

static void ignore(const framewell_misuse *misuse, void *context) {
    (void)misuse, (void)context;
}

static void wish_hook_and_abort(void) {
    config.on_misuse = ignore;
    config.abort_on_misuse = 1;
}

WISH2(no_size, struct_size, 0)
WISH2(small_size, struct_size, 8)
WISH2(size_less_one, struct_size, sizeof config - 1)
WISH2(size_of_a_later_version, struct_size, sizeof config + 8)
WISH2(no_frames, frames, 0)
WISH2(too_many_frames, frames, ((size_t)1 << 26) + 1)
WISH(payload, 0)
WISH(stride, 100)
WISH2(cache_size, cache_size, 1021)
WISH(shards, 4097)
WISH(front, 3)
WISH(huge_pages, 5)
WISH(prefault, 2)
WISH(zero_on_free, 2)
WISH(abort_on_misuse, 2)
WISH2(classes_of_null, size_class_count, 1)
#if SIZE_MAX > 0xffffffffu
WISH(dot11_bytes, ((size_t)4 << 30) + 1)
#endif

static const struct {
    void (*wish)(void);
    /* A piece of the message. */
    const char *message;
} wishes[] = {
    {wish_no_size, "struct_size is 0"},
    {wish_small_size, "struct_size is 8"},
    {wish_size_less_one, "struct_size is "},
    {wish_size_of_a_later_version, "struct_size is "},
    {wish_no_frames, "framewell_config.frames"},
    {wish_too_many_frames, "67108865 frames exceed"},
    {wish_payload, "framewell_config.payload"},
    {wish_frame_too_large, "90000 bytes"},
    {wish_stride, "stride 100"},
    {wish_beyond_the_address_space, "address space"},
    {wish_cache_size, "cache size of 1021"},
    {wish_shards, "4097 shards"},
    {wish_front, "framewell_config.front is 3"},
    {wish_huge_pages, "framewell_config.huge_pages is 5"},
    {wish_prefault, "framewell_config.prefault is 2"},
    {wish_zero_on_free, "framewell_config.zero_on_free is 2"},
#if SIZE_MAX > 0xffffffffu
    {wish_dot11_bytes, "4294967297 bytes for 802.11 buffers"},
#endif
    {wish_classes_of_null, "size_class_count"},
    {wish_class_of_0, "size class of 0 bytes"},
    {wish_class_above_256_kib, "size class of 262145 bytes"},
    {wish_too_many_classes, "size_class_count 4096 exceeds the limit of 128"},
    {wish_abort_on_misuse, "framewell_config.abort_on_misuse is 2"},
    {wish_hook_and_abort, "abort_on_misuse"},
};

static void check_wish(size_t i, const framewell_config *wish) {
    char message[512] = "";
    framewell_pool *none = client_poison();
    framewell_dword code = framewell_pool_create(wish, &none, message, sizeof message);
    if (code != FRAMEWELL_ERROR_CONFIG || none != NULL || strstr(message, wishes[i].message) == NULL) {
        fprintf(stderr, "wish %u: code %u, message \"%s\", expected \"%s\"\n", (unsigned)i, (unsigned)code, message, wishes[i].message);
        exit(1);
    }
    /* The member is named by its C name, and no Rust name is in the message. */
    CHECK(strstr(message, "framewell_config.") != NULL && strstr(message, "::") == NULL);
}

static void every_member_out_of_range_is_refused_with_a_message(void) {
    const framewell_config defaults = FRAMEWELL_CONFIG_DEFAULTS;
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        config = defaults;
        wishes[i].wish();
        check_wish(i, &config);
    }
}

static void messages_are_cut_and_may_be_left_out(void) {
    char message[16];
    framewell_pool *none;
    framewell_config bad = FRAMEWELL_CONFIG_DEFAULTS;
    bad.frames = 0;
    memset(message, 'x', sizeof message);
    CHECK_EQ(framewell_pool_create(&bad, &none, message, 8), FRAMEWELL_ERROR_CONFIG);
    CHECK(strlen(message) == 7 && message[8] == 'x');
    CHECK_EQ(framewell_pool_create(&bad, &none, message, 0), FRAMEWELL_ERROR_CONFIG);
    CHECK_EQ(framewell_pool_create(&bad, &none, NULL, 0), FRAMEWELL_ERROR_CONFIG);
    CHECK_EQ(framewell_pool_create(NULL, &none, message, sizeof message), FRAMEWELL_ERROR_INVALID_PARAMETER);
    CHECK(none == NULL);
    bad.frames = 1;
    CHECK_EQ(framewell_pool_create(&bad, NULL, message, sizeof message), FRAMEWELL_ERROR_INVALID_PARAMETER);
}

static void the_shared_pool_is_whole_and_made_once(void) {
    framewell_config again = FRAMEWELL_CONFIG_DEFAULTS;
    char message[256] = "";
    again.payload = 1499;
    CHECK_EQ(framewell_init(&again, message, sizeof message), FRAMEWELL_ERROR_CONFIG);
    CHECK(strstr(message, "framewell_config.payload") != NULL);
    again.payload = 1500;
    message[0] = 0;
    CHECK_EQ(framewell_init(&again, message, sizeof message), FRAMEWELL_SUCCESS);
    CHECK(message[0] == 0);
    CHECK_EQ(framewell_init(&again, message, sizeof message), FRAMEWELL_ERROR_ALREADY_INITIALIZED);
    CHECK(message[0] != 0);
    CHECK_EQ(framewell_init(NULL, NULL, 0), FRAMEWELL_ERROR_ALREADY_INITIALIZED);
}

static void every_code_has_a_sentence(void) {
    const framewell_dword codes[] = {
        FRAMEWELL_SUCCESS,
        FRAMEWELL_ERROR_OUTOFMEMORY,
        FRAMEWELL_ERROR_INVALID_PARAMETER,
        FRAMEWELL_ERROR_BUSY,
        FRAMEWELL_ERROR_BUFFER_TOO_SMALL,
        FRAMEWELL_ERROR_BUFFER_INVALID,
        FRAMEWELL_ERROR_OUT_OF_BUFFERS,
        FRAMEWELL_ERROR_ALREADY_INITIALIZED,
        FRAMEWELL_ERROR_CONFIG,
        FRAMEWELL_ERROR_ENVIRONMENT,
        FRAMEWELL_ERROR_NO_RSEQ,
        FRAMEWELL_ERROR_BORROWERS,
        FRAMEWELL_ERROR_REFERENCES,
    };
    const char *unknown = framewell_strerror(4711);
    CHECK(strcmp(unknown, "unknown code") == 0);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        CHECK(strcmp(framewell_strerror(codes[i]), unknown) != 0);
        for (size_t k = 0; k < i; k++) {
            CHECK(strcmp(framewell_strerror(codes[i]), framewell_strerror(codes[k])) != 0);
        }
    }
}

/* ---- In a process of its own ----------------------------------------------------------------- */

static void environment(void) {
    framewell_byte *frame = client_poison();
    framewell_dword size = 77;
    void *buffer = client_poison();
    char message[256] = "";
    framewell_pool *none = client_poison();
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(RasGetBuffer(&frame, &size), FRAMEWELL_ERROR_OUT_OF_BUFFERS);
        CHECK(frame == NULL && size == 77);
        CHECK_EQ(Dot11ExtAllocateBuffer(24, &buffer), FRAMEWELL_ERROR_OUTOFMEMORY);
        CHECK(buffer == NULL);
    }
    framewell_dword code = framewell_init(NULL, message, sizeof message);
    CHECK(code != FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_shared_pool(&none), code);
    CHECK(none == NULL);
    CHECK_EQ(RasFreeBuffer((framewell_byte *)message), FRAMEWELL_ERROR_BUFFER_INVALID);
    Dot11ExtFreeBuffer(message);
    printf("code %u: %s\n", (unsigned)code, message);

    framewell_config good = FRAMEWELL_CONFIG_DEFAULTS;
    good.front = FRAMEWELL_FRONT_PORTABLE;
    CHECK_EQ(framewell_init(&good, message, sizeof message), FRAMEWELL_SUCCESS);
    CHECK_EQ(RasGetBuffer(&frame, &size), FRAMEWELL_SUCCESS);
    CHECK_EQ(RasFreeBuffer(frame), FRAMEWELL_SUCCESS);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "environment") == 0) {
        environment();
        return client_end();
    }
    RUN(every_member_out_of_range_is_refused_with_a_message);
    RUN(messages_are_cut_and_may_be_left_out);
    RUN(the_shared_pool_is_whole_and_made_once);
    RUN(every_code_has_a_sentence);
    return client_end();
}
