/* The header needs no other header, and everything that it declares can be used. */
#include <framewell.h>

static const framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;
static framewell_dot11ext_apis table;
static framewell_ras_get_buffer get = RasGetBuffer;
static framewell_ras_free_buffer give = RasFreeBuffer;

int main(void) {
    framewell_pool *pool = NULL;
    framewell_stats stats;
    framewell_found found;
    framewell_trimmed trimmed;
    framewell_byte *frame = NULL;
    framewell_dword size = 0;
    stats.struct_size = sizeof stats;
    table.Dot11ExtAllocateBuffer = framewell_dot11ext_table()->Dot11ExtAllocateBuffer;
    table.Dot11ExtFreeBuffer = Dot11ExtFreeBuffer;
    if (framewell_pool_create(&config, &pool, NULL, 0) != FRAMEWELL_SUCCESS || get(&frame, &size) != FRAMEWELL_SUCCESS) {
        return 1;
    }
    if (framewell_find(pool, frame, &found) != FRAMEWELL_ERROR_BUFFER_INVALID || framewell_pool_stats(pool, &stats) != 0) {
        return 1;
    }
    return give(frame) != 0 || framewell_pool_trim(pool, &trimmed) != 0 || framewell_pool_destroy(pool) != 0;
}
