// Frames: what a goroutine's stack is made of.
//
// A stack is one block [lo, hi). Frames are contiguous and grow down from hi; the youngest begins
// at sp. Each opens with a FrameHeader, and its function's FrameLayout says precisely which words
// point into the stack. Control lives there too (function, resume point, saved frame pointer), so a
// stack can be copied at any moment at which its owner is stopped.
//
//   hi ->  +----------------------+
//          | locals               |
//          | header: saved fp = 0 |  oldest frame (the function that the goroutine began with)
//          +----------------------+ <--+
//          | locals               |    |
//          | header: saved fp  ---|----+
//   sp ->  +----------------------+
//          | free                 |
//   lo ->  +----------------------+
//
// Pointers into a stack are absolute addresses and every one of them is adjusted by a copy. Native
// code never keeps one across a point where the stack may move: it keeps the distance below hi,
// which a copy preserves (stacks are aligned at the high end). FrameRef does that.
#pragma once

#include <cstddef>
#include <cstdint>

#include "heap/span_heap.h"
#include "platform.h"

namespace concertina::inline CONCERTINA_PLATFORM {

struct Goroutine;
struct Machine;

/// What a frame's function asks its machine to do when it returns control.
enum class Action : std::uint8_t {
  kNext,          // continue with the youngest frame: there was a call or a return
  kBackEdge,      // continue, but this is a loop's back edge: a safe point
  kInterrupt,     // platform::is_interrupted said so: stop here, which is no safe point for copies
  kYield,         // Gosched: back of the global queue
  kPark,          // Machine::park says how
  kLeaveSyscall,  // a system call is over and no processor was free: wait in the global queue
};

/// Which words of a frame may point into the stack. Offsets are bytes from the frame's lowest byte.
struct FrameLayout {
  const std::uint16_t* pointers = nullptr;  // fixed slots
  std::uint16_t pointer_count = 0;
  // A repeated group (select's cases): header.group_count slots, `stride` apart, from `first`.
  std::uint16_t group_first = 0;
  std::uint16_t group_stride = 0;
};

/// A function that can have frames: `step` runs the youngest frame until it calls, returns, yields
/// or blocks. Native runtime functions have frames too (NativeFrame) and no step.
struct Function {
  const char* name = "";
  FunctionId id = FunctionId::kNone;  // for events; stable within a run
  std::uint32_t frame_bytes = 0;
  std::uint32_t dead_bytes = 0;  // of them, at the high end: padding, never read or written
  FrameLayout layout = {};
  Action (*step)(Machine&, Goroutine&) = nullptr;
  const void* data = nullptr;  // the interpreter's
};

/// One of the runtime's native functions.
constexpr Function native_function(FunctionId id, std::uint32_t frame_bytes) {
  return {.name = function_name(id), .id = id, .frame_bytes = frame_bytes};
}

inline constexpr std::uint32_t kFrameMagic = 0x46524d45;  // "FRME"

struct FrameHeader {
  const Function* function = nullptr;
  std::uintptr_t saved_frame_pointer = 0;  // the next older frame's lowest byte, 0 for the oldest
  std::uint32_t bytes = 0;                 // of the whole frame, header included; a multiple of 16
  std::uint32_t resume = 0;                // where `step` continues
  std::uint32_t magic = kFrameMagic;
  std::uint16_t group_count = 0;
  std::uint16_t reserved = 0;
};
static_assert(sizeof(FrameHeader) == 32);

/// Poison patterns, after Go's stackPoisonCopy.
inline constexpr unsigned char kFreshStackByte = 0xfd;
inline constexpr unsigned char kFreedStackByte = kFreedByte;
static_assert(kFreshStackByte != kFreedStackByte && kFreedStackByte != 0, "they are told apart");

struct Stack {
  std::uintptr_t lo = 0;     // lowest byte; 0 for none
  std::uintptr_t hi = 0;     // one past the highest
  std::uint32_t serial = 0;  // creation ordinal

  std::size_t bytes() const { return hi - lo; }
  bool contains(std::uintptr_t address) const { return address >= lo && address < hi; }
};

}  // namespace concertina::inline CONCERTINA_PLATFORM
