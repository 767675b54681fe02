// The byte form of an input. Any byte string decodes; what encode writes decodes to the same value.
//
//   version       1 byte: 4, 3, 2, or else 1
//   schedule      flags, strategy, depth - 1, seed (8 bytes, little endian),
//                 stack events, deviations
//                 from version 2: horizon (LEB128), constraints, targets, thread counts
//                 from version 3: kMachinesMax - machines_max
//                 from version 4: slice, 0 for the usual one
//   program       channels, functions
//
// The schedule comes first: its head has fixed offsets, so an engine that inserts or erases bytes
// in the program leaves the schedule alone. Missing bytes read as 0, and a body ends with the bytes
// (or a cut would leave a program of "go main"s, operation 0). A number larger than its range wraps
// around into it, and a list length larger than the limit becomes a small one: random bytes then
// give small programs of real operations. Operation, case and channel are packed in few bytes:
//
//   flags         bits 0-1 processors - 1; 2 move_at_every_prologue;
//                 3-5 no reuse_stacks, no cache_stacks, no shrink_stacks
//   key           path (LEB128), site, occurrence
//   stack event   action - 1, key
//   deviation     kind, key, value
//   constraint    bit 0 is_wanted; reader's site, writer's site, skip
//   target        path (LEB128), ordinal (LEB128)
//   thread count  path (LEB128), thread, count (LEB128)
//   channel       bits 0-3 capacity, 4-7 size class
//   function      frame class, number of operations, operations
//   operation     bits 0-5 code, 6 has_default, 7 by_pointer; then what the code uses:
//                 channel, function or count (1 byte each), or number of cases and cases
//   case          bits 0-3 channel (15: nil), 4 is_send, 5 by_pointer
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include "base/check.h"
#include "input/input.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kNilNibble = 15;
static_assert(kChannelsMax <= kNilNibble);
static_assert(kCapacityMax <= 15 && kElementSizeClasses <= 16);
static_assert(static_cast<unsigned>(Code::kCount) <= 64);
constexpr unsigned kSmallList = 5;  // lengths above the limit become less than this

// An upper bound for the widest input, so that kEncodedSizeMax is a fact.
constexpr std::size_t kKeyBytesMax = 5 + 1 + 1;
constexpr std::size_t kScheduleBytesMax =
    11 + 1 + kStackEventsMax * (1 + kKeyBytesMax) + 1 + kDeviationsMax * (2 + kKeyBytesMax) + 3 +
    1 + kConstraintsMax * 4 + 1 + kTargetsMax * (5 + 3) + 1 + kThreadCountsMax * (5 + 1 + 3) + 2;
// What version 1 knew; its bytes wrap around into these.
constexpr unsigned kStrategiesOfVersion1 = 3;
constexpr unsigned kDeviationKindsOfVersion1 = 2;
// And what versions 1 to 3 did.
constexpr unsigned kStackActionsOfVersion3 = 4;
constexpr std::size_t kFunctionBytesMax = 2 + kOperationsMax * (2 + kCasesMax);
static_assert(1 + kScheduleBytesMax + 1 + kChannelsMax + 1 + kFunctionsMax * kFunctionBytesMax <=
              kEncodedSizeMax);

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool at_end() const { return at_ == bytes_.size(); }

  unsigned byte() {
    CHECK(at_ <= bytes_.size(), "a reader stays within its bytes");
    return at_ < bytes_.size() ? bytes_[at_++] : 0U;
  }

  std::uint8_t below(unsigned bound) {
    CHECK(bound != 0 && bound <= 0x100, "a byte is read as one of 1 to 256 values");
    return static_cast<std::uint8_t>(byte() % bound);
  }

  unsigned length(unsigned max) {
    const unsigned value = byte();
    return value <= max ? value : value % kSmallList;
  }

  std::uint64_t fixed64() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 8) value |= std::uint64_t{byte()} << shift;
    return value;
  }

  std::uint16_t varint16() { return static_cast<std::uint16_t>(varint32()); }

  std::uint32_t varint32() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
      const unsigned next = byte();
      value |= std::uint64_t{next & 0x7f} << shift;
      if (next < 0x80) break;
    }
    return static_cast<std::uint32_t>(value);
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

class Writer {
 public:
  explicit Writer(Bytes& bytes) : bytes_(bytes) {}

  void byte(unsigned value) {
    CHECK(value <= 0xff, "a field fits its byte");
    bytes_.push_back(static_cast<std::uint8_t>(value));
  }

  template <class Enum>
  void code(Enum value) {
    byte(static_cast<unsigned>(value));
  }

  void fixed64(std::uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8) byte(value >> shift & 0xff);
  }

  void varint32(std::uint32_t value) {
    for (; value >= 0x80; value >>= 7) byte((value & 0x7f) | 0x80);
    byte(value);
  }

 private:
  Bytes& bytes_;
};

Key read_key(Reader& reader) {
  Key key;
  key.path = reader.varint32();
  key.site = static_cast<Site>(reader.below(kSiteCount));
  key.occurrence = static_cast<std::uint8_t>(reader.byte());
  return key;
}

void write_key(Writer& writer, const Key& key) {
  writer.varint32(key.path);
  writer.code(key.site);
  writer.byte(key.occurrence);
}

void read_learnt(Reader& reader, Schedule& schedule) {
  schedule.horizon = reader.varint16();
  schedule.constraints.resize(reader.length(kConstraintsMax));
  for (Constraint& constraint : schedule.constraints) {
    constraint.is_wanted = (reader.byte() & 1) != 0;
    constraint.reader = static_cast<Site>(reader.below(kSiteCount));
    constraint.writer = static_cast<Site>(reader.below(kSiteCount));
    constraint.skip = static_cast<std::uint8_t>(reader.byte());
  }
  schedule.targets.resize(reader.length(kTargetsMax));
  for (ObjectKey& target : schedule.targets) {
    target.path = reader.varint32();
    target.ordinal = reader.varint16();
  }
  schedule.thread_counts.resize(reader.length(kThreadCountsMax));
  for (ThreadCount& count : schedule.thread_counts) {
    count.path = reader.varint32();
    count.thread = static_cast<std::uint8_t>(reader.byte());
    count.count = reader.varint16();
  }
}

void write_learnt(Writer& writer, const Schedule& schedule) {
  writer.varint32(schedule.horizon);
  writer.byte(static_cast<unsigned>(schedule.constraints.size()));
  for (const Constraint& constraint : schedule.constraints) {
    writer.byte(constraint.is_wanted ? 1 : 0);
    writer.code(constraint.reader);
    writer.code(constraint.writer);
    writer.byte(constraint.skip);
  }
  writer.byte(static_cast<unsigned>(schedule.targets.size()));
  for (const ObjectKey& target : schedule.targets) {
    writer.varint32(target.path);
    writer.varint32(target.ordinal);
  }
  writer.byte(static_cast<unsigned>(schedule.thread_counts.size()));
  for (const ThreadCount& count : schedule.thread_counts) {
    writer.varint32(count.path);
    writer.byte(count.thread);
    writer.varint32(count.count);
  }
}

Schedule read_schedule(Reader& reader, unsigned version) {
  Schedule schedule;
  const unsigned flags = reader.byte();
  schedule.processors = static_cast<std::uint8_t>(1 + flags % kProcessorsMax);
  schedule.move_at_every_prologue = (flags & 4) != 0;
  schedule.reuse_stacks = (flags & 8) == 0;
  schedule.cache_stacks = (flags & 16) == 0;
  schedule.shrink_stacks = (flags & 32) == 0;
  const bool is_old = version == 1;
  schedule.strategy = static_cast<Strategy>(
      reader.below(is_old ? kStrategiesOfVersion1 : static_cast<unsigned>(Strategy::kCount)));
  schedule.depth = static_cast<std::uint8_t>(1 + reader.below(kDepthMax));
  schedule.seed = reader.fixed64();
  schedule.stack_events.resize(reader.length(kStackEventsMax));
  const unsigned actions =
      version < 4 ? kStackActionsOfVersion3 : static_cast<unsigned>(kLastStackAction);
  for (StackEvent& event : schedule.stack_events) {
    event.action = static_cast<StackAction>(1 + reader.below(actions));
    event.key = read_key(reader);
  }
  schedule.deviations.resize(reader.length(kDeviationsMax));
  for (Deviation& deviation : schedule.deviations) {
    const unsigned kinds =
        is_old ? kDeviationKindsOfVersion1 : static_cast<unsigned>(DeviationKind::kCount);
    deviation.kind = static_cast<DeviationKind>(reader.below(kinds));
    deviation.key = read_key(reader);
    deviation.value = static_cast<std::uint8_t>(reader.byte());
  }
  if (!is_old) read_learnt(reader, schedule);
  if (version >= 3) {
    schedule.machines_max =
        static_cast<std::uint8_t>(kMachinesMax - reader.below(kMachinesMax - kMachinesMin + 1));
  }
  if (version >= 4) {
    const auto slice = static_cast<std::uint8_t>(reader.byte());
    if (slice != 0) schedule.slice = slice;
  }
  return schedule;
}

void write_schedule(Writer& writer, const Schedule& schedule, unsigned version) {
  static_assert(kProcessorsMax == 4, "two bits of the flags");
  writer.byte((schedule.processors - 1U) | (schedule.move_at_every_prologue ? 4U : 0U) |
              (schedule.reuse_stacks ? 0U : 8U) | (schedule.cache_stacks ? 0U : 16U) |
              (schedule.shrink_stacks ? 0U : 32U));
  writer.code(schedule.strategy);
  writer.byte(schedule.depth - 1U);
  writer.fixed64(schedule.seed);
  writer.byte(static_cast<unsigned>(schedule.stack_events.size()));
  for (const StackEvent& event : schedule.stack_events) {
    writer.byte(static_cast<unsigned>(event.action) - 1U);
    write_key(writer, event.key);
  }
  writer.byte(static_cast<unsigned>(schedule.deviations.size()));
  for (const Deviation& deviation : schedule.deviations) {
    writer.code(deviation.kind);
    write_key(writer, deviation.key);
    writer.byte(deviation.value);
  }
  if (version >= 2) write_learnt(writer, schedule);
  if (version >= 3) writer.byte(kMachinesMax - schedule.machines_max);
  if (version >= 4) writer.byte(schedule.slice == kSliceDefault ? 0U : schedule.slice);
}

std::uint8_t channel_of(unsigned byte) {
  const unsigned nibble = byte & 15U;
  return nibble == kNilNibble ? kNil : static_cast<std::uint8_t>(nibble);
}

unsigned nibble_of(std::uint8_t channel) {
  CHECK(channel == kNil || channel < kNilNibble, "a channel fits four bits, beside nil");
  return channel == kNil ? kNilNibble : channel;
}

Operation read_operation(Reader& reader) {
  Operation operation;
  const unsigned head = reader.byte();
  operation.code = static_cast<Code>((head & 63U) % static_cast<unsigned>(Code::kCount));
  operation.has_default = (head & 64) != 0;
  operation.by_pointer = (head & 128) != 0;
  if (uses_channel(operation.code)) operation.channel = channel_of(reader.byte());
  if (uses_function(operation.code)) operation.function = static_cast<std::uint8_t>(reader.byte());
  if (uses_count(operation.code)) {
    const CountRange range = count_range(operation.code);
    operation.count =
        static_cast<std::uint8_t>(range.min + reader.below(range.max - range.min + 1U));
  }
  if (operation.code == Code::kSelect) {
    operation.cases.resize(reader.length(kCasesMax));
    for (Case& one : operation.cases) {
      const unsigned byte = reader.byte();
      one = {channel_of(byte), (byte & 16) != 0, (byte & 32) != 0};
    }
  }
  return operation;
}

void write_operation(Writer& writer, const Operation& operation) {
  writer.byte(static_cast<unsigned>(operation.code) | (operation.has_default ? 64U : 0U) |
              (operation.by_pointer ? 128U : 0U));
  if (uses_channel(operation.code)) writer.byte(nibble_of(operation.channel));
  if (uses_function(operation.code)) writer.byte(operation.function);
  if (uses_count(operation.code)) {
    writer.byte(static_cast<unsigned>(operation.count - count_range(operation.code).min));
  }
  if (operation.code == Code::kSelect) {
    writer.byte(static_cast<unsigned>(operation.cases.size()));
    for (const Case& one : operation.cases) {
      writer.byte(nibble_of(one.channel) | (one.is_send ? 16U : 0U) | (one.by_pointer ? 32U : 0U));
    }
  }
}

Program read_program(Reader& reader) {
  Program program;
  program.channels.resize(reader.length(kChannelsMax));
  for (Channel& channel : program.channels) {
    const unsigned byte = reader.byte();
    channel.capacity = static_cast<std::uint8_t>(byte & 15U);
    channel.size_class = static_cast<std::uint8_t>(byte >> 4);
  }
  program.functions.resize(1U + reader.below(kFunctionsMax));
  for (Function& function : program.functions) {
    function.frame_class = reader.below(kFramePaddingClasses);
    const unsigned length = reader.length(kOperationsMax);
    function.body.reserve(length);
    for (unsigned i = 0; i < length && !reader.at_end(); ++i) {
      function.body.push_back(read_operation(reader));
    }
  }
  normalise(program);
  return program;
}

void write_program(Writer& writer, const Program& program) {
  writer.byte(static_cast<unsigned>(program.channels.size()));
  for (const Channel& channel : program.channels) {
    writer.byte(channel.capacity | (static_cast<unsigned>(channel.size_class) << 4));
  }
  writer.byte(static_cast<unsigned>(program.functions.size()) - 1U);
  for (const Function& function : program.functions) {
    writer.byte(function.frame_class);
    writer.byte(static_cast<unsigned>(function.body.size()));
    for (const Operation& operation : function.body) write_operation(writer, operation);
  }
}

}  // namespace

std::uint8_t version_of(const Input& input) {
  const Schedule& schedule = input.schedule;
  if (schedule.slice != kSliceDefault) return 4;
  for (const StackEvent& event : schedule.stack_events) {
    if (static_cast<unsigned>(event.action) > kStackActionsOfVersion3) return 4;
  }
  if (schedule.machines_max != kMachinesMax) return 3;
  bool is_new = static_cast<unsigned>(schedule.strategy) >= kStrategiesOfVersion1 ||
                schedule.horizon != 0 || !schedule.constraints.empty() ||
                !schedule.targets.empty() || !schedule.thread_counts.empty();
  for (const Deviation& deviation : schedule.deviations) {
    is_new |= static_cast<unsigned>(deviation.kind) >= kDeviationKindsOfVersion1;
  }
  return is_new ? 2 : 1;
}

Input decode(std::span<const std::uint8_t> bytes) {
  Reader reader(bytes);
  const unsigned first = reader.byte();
  const unsigned version = first <= kInputVersionMax ? std::max(first, 1U) : 1;
  Input input;
  input.schedule = read_schedule(reader, version);
  const std::string rule = validate(input.schedule);
  CHECK(rule.empty(), "any bytes mean a valid schedule: " + rule);
  input.program = read_program(reader);
  return input;
}

Bytes encode(const Input& input) {
  const std::string rule = validate(input);
  CHECK(rule.empty(), "an input that is encoded is valid: " + rule);
  Bytes bytes;
  bytes.reserve(256);
  Writer writer(bytes);
  const unsigned version = version_of(input);
  writer.byte(version);
  CHECK(version >= 1 && version <= kInputVersionMax, "the form has a version that can be read");
  write_schedule(writer, input.schedule, version);
  write_program(writer, input.program);
  CHECK(bytes.size() <= kEncodedSizeMax, "no input takes more bytes than is said");
  return bytes;
}

std::string validate(const Input& input) {
  std::string rule = validate(input.program);
  return rule.empty() ? validate(input.schedule) : rule;
}

}  // namespace concertina::fuzzers
