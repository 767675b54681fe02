// FunctionId: which function a frame belongs to, as events name it.
#pragma once

#include <cstdint>

namespace concertina {

enum class FunctionId : std::uint16_t {
  kNone = 0,
#define FUNCTION(name, text) name,
#include "base/function.def"
#undef FUNCTION
  kRuntimeEnd,            // one past the runtime's own
  kFirstOfProgram = 32,   // main of a random program; its other functions follow
  kFirstOfTest = 64,      // those of unit tests
  kFirstOfJob = 100,      // those of stress jobs and benchmarks
  kOverwritten = 0xffff,  // a frame whose header is destroyed
};
static_assert(FunctionId::kRuntimeEnd <= FunctionId::kFirstOfProgram);

/// The id of the `index`-th function of those that begin with `first`.
constexpr FunctionId operator+(FunctionId first, unsigned index) {
  return static_cast<FunctionId>(static_cast<unsigned>(first) + index);
}

/// The inverse, for a random program's functions.
constexpr unsigned program_function_index(FunctionId id) {
  return static_cast<unsigned>(id) - static_cast<unsigned>(FunctionId::kFirstOfProgram);
}

inline constexpr const char* kFunctionNames[] = {
    nullptr,  // kNone
#define FUNCTION(name, text) text,
#include "base/function.def"
#undef FUNCTION
};

/// "chan_send"; null for a function that is not the runtime's.
constexpr const char* function_name(FunctionId id) {
  return id < FunctionId::kRuntimeEnd ? kFunctionNames[static_cast<unsigned>(id)] : nullptr;
}

}  // namespace concertina
