// The header in C++: it links as C, and NULL and the defaults are valid C++ too.
#include <framewell.h>

#include <memory>

namespace {

struct destroy {
    void operator()(framewell_pool *pool) const { framewell_pool_destroy(pool); }
};

} // namespace

int main() {
    framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;
    config.frames = 16;
    framewell_pool *made = nullptr;
    if (framewell_pool_create(&config, &made, nullptr, 0) != FRAMEWELL_SUCCESS) {
        return 1;
    }
    std::unique_ptr<framewell_pool, destroy> pool(made);
    void *frame = nullptr;
    if (framewell_get(pool.get(), &frame) != FRAMEWELL_SUCCESS) {
        return 1;
    }
    return static_cast<int>(framewell_free(pool.get(), frame));
}
