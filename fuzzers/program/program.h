// Program: what to run. Channels, functions with a flat body of operations, main is function 0.
//
// Every value of this type that passes `validate` has a meaning; the interpreter never rejects one.
// A function's frame holds, for each channel of the program that the function uses, one local of
// the channel's element size, and one pointer slot per channel which may point to a caller's local.
//
// Loops and ranges are brackets: kLoop/kRange ... kEnd, properly nested (kNestingMax deep).
// A field that its operation doesn't use holds its default, so that equal meaning is equal value.
// Running is bounded: each goroutine has fuel (operations it may start; every eight cases of a
// select cost one more). main begins with kFuel and a spawn gives half of what is left to the
// child, so no program and no schedule runs for ever.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace concertina::fuzzers {

inline constexpr unsigned kChannelsMax = 8;
inline constexpr unsigned kFunctionsMax = 8;
inline constexpr unsigned kOperationsMax = 32;  // per function, brackets included
inline constexpr unsigned kCasesMax = 64;       // per select
inline constexpr unsigned kNestingMax = 3;      // open brackets
inline constexpr unsigned kLoopCountMax = 8;
inline constexpr unsigned kCapacityMax = 15;
inline constexpr unsigned kSyscallLengthMax = 7;  // virtual microseconds
inline constexpr unsigned kCallDepthMax = 16;     // deeper calls are skipped
inline constexpr unsigned kGoroutinesMax = 24;    // in one run; further spawns are skipped
inline constexpr unsigned kFuel = 192;            // operations that main may start

/// Element sizes in bytes, by size class.
inline constexpr std::uint16_t kElementSizes[] = {0, 1, 2, 4, 8, 16, 24, 64, 128, 512, 1024, 4096};
inline constexpr unsigned kElementSizeClasses = 12;
/// Dead weight of a frame in bytes, by frame class.
inline constexpr std::uint16_t kFramePaddings[] = {0, 32, 128, 256, 512, 1024, 2048, 4096};
inline constexpr unsigned kFramePaddingClasses = 8;

struct Channel {
  std::uint8_t capacity = 0;    // 0..kCapacityMax
  std::uint8_t size_class = 4;  // index into kElementSizes
  bool operator==(const Channel&) const = default;
};

/// Append only: the position is the code in corpus files. What a code's operations have besides the
/// code is in one table, kTraits (program.cc); checks, repairs, both forms and draws follow it.
enum class Code : std::uint8_t {
  kSpawn,       // go f()
  kCall,        // f(&locals...); f may receive into the caller's locals through its pointers
  kLoop,        // for count times { ... }
  kRange,       // for v := range c { ... }
  kEnd,         // }
  kSend,        // c <- v             (v is a fresh value staged in the frame's local for c)
  kReceive,     // local = <-c
  kReceiveOk,   // local, ok = <-c
  kTrySend,     // select { case c <- v: default: }
  kTryReceive,  // select { case local = <-c: default: }
  kClose,       // close(c)
  kSelect,      // select { cases..., default? }
  kYield,       // runtime.Gosched()
  kScan,        // ask the stack scanner to scan every goroutine now
  kSyscall,     // a system call of `count` virtual microseconds
  kLen,         // len(c)
  kCap,         // cap(c)
  kCheck,       // read every local of the frame and everything its pointers point to
  kCount
};

/// In place of a channel index: the nil channel.
inline constexpr std::uint8_t kNil = 0xff;

struct Case {
  std::uint8_t channel = 0;  // index, or kNil
  bool is_send = false;
  bool by_pointer = false;  // as in Operation
  bool operator==(const Case&) const = default;
};

struct Operation {
  Code code = Code::kYield;
  std::uint8_t channel = 0;   // kSend..kClose, kRange, kLen, kCap: index, or kNil
  std::uint8_t function = 0;  // kSpawn, kCall: callee
  std::uint8_t count = 0;     // kLoop: 1..kLoopCountMax; kSyscall: 0..kSyscallLengthMax
  bool by_pointer = false;    // sends/receives: use what the frame's pointer for the channel points
                              // to (a caller's local); the own local where that pointer is nil.
                              // kCall: pass the own pointers on where set, instead of own locals.
  bool has_default = false;   // kSelect
  std::vector<Case> cases = {};  // kSelect: 0..kCasesMax
  bool operator==(const Operation&) const = default;
};

struct Function {
  std::uint8_t frame_class = 0;  // index into kFramePaddings
  std::vector<Operation> body;
  bool operator==(const Function&) const = default;
};

struct Program {
  std::vector<Channel> channels;    // 0..kChannelsMax
  std::vector<Function> functions;  // 1..kFunctionsMax; main is 0
  bool operator==(const Program&) const = default;
};

/// Does the operation name a channel in `channel`?
bool uses_channel(Code code);
/// Does the operation name a callee in `function`?
bool uses_function(Code code);
/// Has `by_pointer` a meaning for the operation itself? (A select's cases carry their own.)
bool uses_pointer(Code code);
/// What `count` may be for an operation that uses it.
struct CountRange {
  std::uint8_t min = 0;
  std::uint8_t max = 0;
  std::string_view name;  // for messages: "a loop's count"; empty when `count` is not used
};
CountRange count_range(Code code);
bool uses_count(Code code);
/// kLoop and kRange.
bool opens_block(Code code);

/// Calls visit(channel), or visit(nil), for each mention of a channel in the operation.
template <class Op, class Visit>
void for_each_channel(Op& operation, const Visit& visit) {
  if (uses_channel(operation.code)) visit(operation.channel);
  for (auto& one : operation.cases) visit(one.channel);
}
/// A bit for each channel that one of the operations names.
std::uint32_t channels_named_by(const std::vector<Operation>& body);

/// The blocks of a valid body, by operation.
struct Blocks {
  std::array<std::uint8_t, kOperationsMax> partner{};  // of a bracket
  std::array<std::uint8_t, kOperationsMax> level{};    // blocks around the operation
};
Blocks blocks_of(const std::vector<Operation>& body);

/// "c3", or "nil".
std::string channel_name(std::uint8_t channel);

/// The operation's word in the text form ("send"); kEnd's is "}".
std::string_view code_name(Code code);
/// The inverse of code_name; Code::kCount for an unknown word.
Code code_by_name(std::string_view name);

/// Empty when the program keeps every rule above, else the first broken rule in words.
std::string validate(const Program& program);

/// Makes any value valid: numbers are clamped into their range, unused fields cleared, operations
/// that do not fit dropped and open brackets closed. A valid program stays as it is.
void normalise(Program& program);

}  // namespace concertina::fuzzers
