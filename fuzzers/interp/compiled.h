// Compiled: a Program made ready to run, computed once before the run and read-only during it.
//
// A frame of a program's function, from its lowest byte:
//
//   Frame             header, program counter, loop counters, ...
//   pointers          a word for each used channel: address of a caller's local, or 0
//                     (stack copies adjust these)
//   pointer serials   a word for each used channel: serial of the frame that the local is in
//   locals            {Tag, element} for each used channel
//   padding           the function's dead weight
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "go.h"
#include "program/program.h"

namespace concertina::fuzzers {

/// In front of each local, so that a pointer to the local can be checked.
struct Tag {
  std::uint32_t frame_serial;
  std::uint32_t slot;
};

/// Function::step of every program function (interp.cc).
Action run_program_function(Machine& m, Goroutine& g);

/// The fixed part of a program function's frame.
struct Frame {
  FrameHeader header;
  std::uint32_t pc = 0;
  std::uint32_t serial = 0;  // ordinal of this call in its goroutine, from 1
  std::uint16_t depth = 0;   // calls below the goroutine's first function
  std::uint8_t counters[kNestingMax] = {};
  bool is_begun = false;           // tags are written
  bool is_operation_open = false;  // a channel operation was called and has not been completed
};

struct CompiledFunction {
  concertina::Function function;  // for the runtime; `data` points back here
  const fuzzers::Function* source = nullptr;
  const struct Compiled* program = nullptr;
  std::uint32_t uses = 0;  // bit a channel
  std::array<std::uint16_t, kChannelsMax> pointer_offset{};
  std::array<std::uint16_t, kChannelsMax> serial_offset{};
  std::array<std::uint32_t, kChannelsMax> local_offset{};  // of the element; its tag is in front
  std::array<std::uint16_t, kChannelsMax> layout_pointers{};
  Blocks blocks;
};

struct Compiled {
  const Program* source = nullptr;
  std::array<CompiledFunction, kFunctionsMax> functions;
  std::array<std::uint32_t, kChannelsMax> element_bytes{};

  /// The program must outlive this object, and be valid.
  void compile(const Program& program);
};

}  // namespace concertina::fuzzers
