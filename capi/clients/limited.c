/* A process with 300,000 KiB of address space (ulimit -v). The pool then reserves less where nobody
 * asked for a size. What it was asked for and cannot reserve is refused with the limit and the
 * remedy. */
#include "client.h"

static void allocate_and_free(framewell_dword size) {
    void *buffer;
    CHECK_EQ(Dot11ExtAllocateBuffer(size, &buffer), FRAMEWELL_SUCCESS);
    memset(buffer, 0x5a, size);
    Dot11ExtFreeBuffer(buffer);
}

static void every_kind_of_buffer_is_served(void) {
    framewell_byte *frame;
    framewell_dword size = 1500;
    CHECK_EQ(RasGetBuffer(&frame, &size), FRAMEWELL_SUCCESS);
    memset(frame, 0x45, size);
    CHECK_EQ(RasFreeBuffer(frame), FRAMEWELL_SUCCESS);
    allocate_and_free(100000);
    allocate_and_free(300);
    allocate_and_free(65856);
    allocate_and_free((framewell_dword)4 << 20);
}

/* Checks that the message names the limit, and names what lowers the need as the caller knows
 * it. */
static void check_message(const char *message, const char *wish) {
    const char *limit = "307200000 bytes of address space; raise that limit (ulimit -v)";
    if (strstr(message, limit) == NULL || strstr(message, wish) == NULL) {
        fprintf(stderr, "not in the message: %s: %s\n", wish, message);
        exit(1);
    }
}

static void budget_beyond_the_limit_is_refused_with_the_member(void) {
    framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;
    framewell_pool *pool = client_poison();
    char message[512] = "";
    config.dot11_bytes = (size_t)1 << 30;
    framewell_dword code = framewell_pool_create(&config, &pool, message, sizeof message);
    CHECK_EQ(code, FRAMEWELL_ERROR_OUTOFMEMORY);
    CHECK(pool == NULL);
    check_message(message, "lower framewell_config.dot11_bytes");
    config.dot11_bytes = (size_t)16 << 20;
    code = framewell_pool_create(&config, &pool, message, sizeof message);
    CHECK_EQ(code, FRAMEWELL_SUCCESS);
    CHECK_EQ(framewell_pool_destroy(pool), FRAMEWELL_SUCCESS);
}

static void budget_of_the_environment_is_refused_with_the_variable(void) {
    framewell_byte *frame;
    framewell_dword size = 1500;
    char message[512] = "";
    CHECK_EQ(RasGetBuffer(&frame, &size), FRAMEWELL_ERROR_OUT_OF_BUFFERS);
    CHECK_EQ(framewell_init(NULL, message, sizeof message), FRAMEWELL_ERROR_OUTOFMEMORY);
    check_message(message, "lower FRAMEWELL_DOT11_BYTES");
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "environment") == 0) {
        RUN(budget_of_the_environment_is_refused_with_the_variable);
        return client_end();
    }
    RUN(every_kind_of_buffer_is_served);
    RUN(budget_beyond_the_limit_is_refused_with_the_member);
    return client_end();
}
