// The byte form of an input. Any byte string decodes; what encode writes decodes to the same value.
//
//   version       1 byte: 6, 5, 4, 3, 2, or else 1
//   schedule      flags, strategy, depth - 1, seed (8 bytes, little endian),
//                 stack events, deviations
//                 from version 2: horizon (LEB128), constraints, targets, thread counts
//                 from version 3: kMachinesMax - machines_max
//                 from version 4: slice, 0 for the usual one
//                 from version 6: bit 0 adaptive_start, 1 elastic_buffers, 2 native_frames is off,
//                 3 poison is off, 4 standing_requests
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
#include <type_traits>

#include "base/check.h"
#include "input/input.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kNilNibble = 15;
static_assert(kChannelsMax <= kNilNibble);
static_assert(kCapacityMax <= 15 && kElementSizeClasses <= 16 && kProcessorsMax <= 4);
static_assert(static_cast<unsigned>(Code::kCount) <= 64);
template <class Enum>
constexpr auto kCountOf = static_cast<unsigned>(Enum::kCount);
constexpr unsigned kSmallList = 5;  // lengths above the limit become less than this

// An upper bound for the widest input, so that kEncodedSizeMax is a fact.
constexpr std::size_t kKeyBytesMax = 5 + 1 + 1;
constexpr std::size_t kScheduleBytesMax =
    11 + 1 + kStackEventsMax * (1 + kKeyBytesMax) + 1 + kDeviationsMax * (2 + kKeyBytesMax) + 3 +
    1 + kConstraintsMax * 4 + 1 + kTargetsMax * (5 + 3) + 1 + kThreadCountsMax * (5 + 1 + 3) + 3;
// What version 1 knew; its bytes wrap around into these.
constexpr unsigned kStrategiesOfVersion1 = 3;
constexpr unsigned kDeviationKindsOfVersion1 = 2;
// And what versions 1 to 3 did, and what version 4 did.
constexpr unsigned kStackActionsOfVersion3 = 4;
constexpr unsigned kStackActionsOfVersion4 = 7;
constexpr std::size_t kFunctionBytesMax = 2 + kOperationsMax * (2 + kCasesMax);
static_assert(1 + kScheduleBytesMax + 1 + kChannelsMax + 1 + kFunctionsMax * kFunctionBytesMax <=
              kEncodedSizeMax);

// Reader and Writer have the same verbs, so each part's form is said once, for both directions:
// form(io, part) reads the part, or writes it.
template <class Io, class T>
using Part = std::conditional_t<std::remove_reference_t<Io>::kReads, T, const T>;

class Reader {
 public:
  static constexpr bool kReads = true;

  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  unsigned version = 1;

  template <class Number>
  void byte(Number& value) {
    value = static_cast<Number>(next());
  }

  /// A byte that means one of `bound` values from `least` on.
  template <class Number>
  void below(unsigned bound, Number& value, unsigned least = 0) {
    CHECK(bound != 0 && bound <= 0x100, "a byte is read as one of 1 to 256 values");
    const unsigned number = least + next() % bound;
    value = static_cast<Number>(number);
  }

  void fixed64(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 8) value |= std::uint64_t{next()} << shift;
  }

  template <class Number>
  void varint(Number& number) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
      const unsigned byte = next();
      value |= std::uint64_t{byte & 0x7f} << shift;
      if (byte < 0x80) break;
    }
    number = static_cast<Number>(value);
  }

  /// The length, then the items; of a list that `ends_with_bytes` only those that there are.
  template <class Item>
  void list(unsigned max, std::vector<Item>& items, bool ends_with_bytes = false) {
    const unsigned length = next();
    items.resize(length <= max ? length : length % kSmallList);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (ends_with_bytes && at_ == bytes_.size()) return items.resize(i);
      form(*this, items[i]);
    }
  }

  /// Fields that share a byte, from its lowest bit up.
  class Bits {
   public:
    explicit Bits(unsigned byte) : left_(byte) {}
    template <class Number>
    Bits& number(unsigned width, unsigned bound, Number& value, unsigned least = 0) {
      value = static_cast<Number>(least + take(width) % bound);
      return *this;
    }
    Bits& flag(bool& value, bool set = true) {
      value = (take(1) != 0) == set;
      return *this;
    }
    Bits& channel(std::uint8_t& channel) {
      number(4, kNilNibble + 1, channel);
      if (channel == kNilNibble) channel = kNil;
      return *this;
    }

   private:
    unsigned take(unsigned width) {
      const unsigned value = left_ & ((1U << width) - 1);
      left_ >>= width;
      return value;
    }
    unsigned left_;
  };
  Bits bits() { return Bits(next()); }

 private:
  unsigned next() {
    CHECK(at_ <= bytes_.size(), "a reader stays within its bytes");
    return at_ < bytes_.size() ? bytes_[at_++] : 0U;
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

class Writer {
 public:
  static constexpr bool kReads = false;

  explicit Writer(Bytes& bytes) : bytes_(bytes) {}

  unsigned version = 1;

  void byte(unsigned value) {
    CHECK(value <= 0xff, "a field fits its byte");
    bytes_.push_back(static_cast<std::uint8_t>(value));
  }

  template <class Number>
  void below(unsigned bound, Number value, unsigned least = 0) {
    CHECK(static_cast<unsigned>(value) - least < bound, "a byte can mean the value");
    byte(static_cast<unsigned>(value) - least);
  }

  void fixed64(std::uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8) byte(value >> shift & 0xff);
  }

  void varint(std::uint32_t value) {
    for (; value >= 0x80; value >>= 7) byte((value & 0x7f) | 0x80);
    byte(value);
  }

  template <class Item>
  void list(unsigned max, const std::vector<Item>& items, bool = false) {
    CHECK(items.size() <= max, "a list is no longer than may be");
    byte(static_cast<unsigned>(items.size()));
    for (const Item& item : items) form(*this, item);
  }

  /// Written when the statement ends that names its fields.
  class Bits {
   public:
    explicit Bits(Writer& writer) : writer_(writer) {}
    ~Bits() { writer_.byte(byte_); }
    template <class Number>
    Bits& number(unsigned width, unsigned bound, Number value, unsigned least = 0) {
      CHECK(static_cast<unsigned>(value) - least < bound, "the bits can mean the value");
      byte_ |= (static_cast<unsigned>(value) - least) << used_;
      used_ += width;
      return *this;
    }
    Bits& flag(bool value, bool set = true) { return number(1, 2, value == set); }
    Bits& channel(std::uint8_t channel) {
      CHECK(channel == kNil || channel < kNilNibble, "a channel fits four bits, beside nil");
      return number(4, kNilNibble + 1, channel == kNil ? kNilNibble : channel);
    }

   private:
    Writer& writer_;
    unsigned byte_ = 0;
    unsigned used_ = 0;
  };
  Bits bits() { return Bits(*this); }

 private:
  Bytes& bytes_;
};

void form(auto& io, Part<decltype(io), Key>& key) {
  io.varint(key.path);
  io.below(kSiteCount, key.site);
  io.byte(key.occurrence);
}

void form(auto& io, Part<decltype(io), StackEvent>& event) {
  io.below(io.version < 4   ? kStackActionsOfVersion3
           : io.version < 5 ? kStackActionsOfVersion4
                            : static_cast<unsigned>(kLastStackAction),
           event.action, 1);
  form(io, event.key);
}

void form(auto& io, Part<decltype(io), Constraint>& constraint) {
  io.bits().flag(constraint.is_wanted);
  io.below(kSiteCount, constraint.reader);
  io.below(kSiteCount, constraint.writer);
  io.byte(constraint.skip);
}

void form(auto& io, Part<decltype(io), ObjectKey>& target) {
  io.varint(target.path);
  io.varint(target.ordinal);
}

void form(auto& io, Part<decltype(io), ThreadCount>& count) {
  io.varint(count.path);
  io.byte(count.thread);
  io.varint(count.count);
}

void form(auto& io, Part<decltype(io), Deviation>& deviation) {
  io.below(io.version == 1 ? kDeviationKindsOfVersion1 : kCountOf<DeviationKind>, deviation.kind);
  form(io, deviation.key);
  io.byte(deviation.value);
}

void form(auto& io, Part<decltype(io), Schedule>& schedule) {
  io.bits()
      .number(2, kProcessorsMax, schedule.processors, 1)
      .flag(schedule.move_at_every_prologue)
      .flag(schedule.reuse_stacks, false)
      .flag(schedule.cache_stacks, false)
      .flag(schedule.shrink_stacks, false);
  io.below(io.version == 1 ? kStrategiesOfVersion1 : kCountOf<Strategy>, schedule.strategy);
  io.below(kDepthMax, schedule.depth, 1);
  io.fixed64(schedule.seed);
  io.list(kStackEventsMax, schedule.stack_events);
  io.list(kDeviationsMax, schedule.deviations);
  if (io.version >= 2) {
    io.varint(schedule.horizon);
    io.list(kConstraintsMax, schedule.constraints);
    io.list(kTargetsMax, schedule.targets);
    io.list(kThreadCountsMax, schedule.thread_counts);
  }
  if (io.version >= 3) {
    auto fewer = static_cast<std::uint8_t>(kMachinesMax - schedule.machines_max);
    io.below(kMachinesMax - kMachinesMin + 1, fewer);
    if constexpr (std::remove_reference_t<decltype(io)>::kReads) {
      schedule.machines_max = static_cast<std::uint8_t>(kMachinesMax - fewer);
    }
  }
  if (io.version >= 4) {
    std::uint8_t slice = schedule.slice == kSliceDefault ? 0 : schedule.slice;
    io.byte(slice);
    if constexpr (std::remove_reference_t<decltype(io)>::kReads) {
      if (slice != 0) schedule.slice = slice;
    }
  }
  if (io.version >= 6) {
    io.bits()
        .flag(schedule.adaptive_start)
        .flag(schedule.elastic_buffers)
        .flag(schedule.native_frames, false)
        .flag(schedule.poison, false)
        .flag(schedule.standing_requests);
  }
}

void form(auto& io, Part<decltype(io), Channel>& channel) {
  io.bits().number(4, 16, channel.capacity).number(4, 16, channel.size_class);
}

void form(auto& io, Part<decltype(io), Case>& one) {
  io.bits().channel(one.channel).flag(one.is_send).flag(one.by_pointer);
}

void form(auto& io, Part<decltype(io), Operation>& operation) {
  io.bits()
      .number(6, kCountOf<Code>, operation.code)
      .flag(operation.has_default)
      .flag(operation.by_pointer);
  if (uses_channel(operation.code)) io.bits().channel(operation.channel);
  if (uses_function(operation.code)) io.byte(operation.function);
  if (uses_count(operation.code)) {
    const CountRange range = count_range(operation.code);
    io.below(range.max - range.min + 1U, operation.count, range.min);
  }
  if (operation.code == Code::kSelect) io.list(kCasesMax, operation.cases);
}

void form(auto& io, Part<decltype(io), Function>& function) {
  io.below(kFramePaddingClasses, function.frame_class);
  io.list(kOperationsMax, function.body, true);
}

void form(auto& io, Part<decltype(io), Program>& program) {
  io.list(kChannelsMax, program.channels);
  std::size_t functions = program.functions.size();
  io.below(kFunctionsMax, functions, 1);
  if constexpr (std::remove_reference_t<decltype(io)>::kReads) program.functions.resize(functions);
  for (auto& function : program.functions) form(io, function);
}

}  // namespace

std::uint8_t version_of(const Input& input) {
  const Schedule& schedule = input.schedule;
  if (schedule.adaptive_start || schedule.elastic_buffers || !schedule.native_frames ||
      !schedule.poison || schedule.standing_requests) {
    return 6;
  }
  unsigned last_action = 0;
  for (const StackEvent& event : schedule.stack_events) {
    last_action = std::max(last_action, static_cast<unsigned>(event.action));
  }
  if (last_action > kStackActionsOfVersion4) return 5;
  if (schedule.slice != kSliceDefault || last_action > kStackActionsOfVersion3) return 4;
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
  reader.byte(reader.version);
  if (reader.version == 0 || reader.version > kInputVersionMax) reader.version = 1;
  Input input;
  form(reader, input.schedule);
  const std::string rule = validate(input.schedule);
  CHECK(rule.empty(), "any bytes mean a valid schedule: " + rule);
  form(reader, input.program);
  normalise(input.program);
  return input;
}

Bytes encode(const Input& input) {
  const std::string rule = validate(input);
  CHECK(rule.empty(), "an input that is encoded is valid: " + rule);
  Bytes bytes;
  bytes.reserve(256);
  Writer writer(bytes);
  writer.version = version_of(input);
  writer.byte(writer.version);
  CHECK(writer.version >= 1 && writer.version <= kInputVersionMax,
        "the form has a version that can be read");
  form(writer, input.schedule);
  form(writer, input.program);
  CHECK(bytes.size() <= kEncodedSizeMax, "no input takes more bytes than is said");
  return bytes;
}

std::string validate(const Input& input) {
  std::string rule = validate(input.program);
  return rule.empty() ? validate(input.schedule) : rule;
}

}  // namespace concertina::fuzzers
