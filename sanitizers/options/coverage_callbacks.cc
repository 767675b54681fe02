// Empty receivers for the edge counters of instrumented objects, for programs that link neither
// libFuzzer nor a sanitizer runtime (both bring their own).
#include <cstdint>

extern "C" {
void __sanitizer_cov_8bit_counters_init(std::uint8_t*, std::uint8_t*);
void __sanitizer_cov_pcs_init(const std::uintptr_t*, const std::uintptr_t*);

__attribute__((weak)) void __sanitizer_cov_8bit_counters_init(std::uint8_t*, std::uint8_t*) {}
__attribute__((weak)) void __sanitizer_cov_pcs_init(const std::uintptr_t*, const std::uintptr_t*) {}
}
