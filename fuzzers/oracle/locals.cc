#include "oracle/locals.h"

#include <array>
#include <bit>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/hash.h"
#include "trace/text.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kChannels = kChannelsLimit + 1;  // ids begin with 1

/// A hash table that forgets by a new generation instead of by clearing.
class Locals {
 public:
  void forget() {
    ++generation_;
    size_ = 0;
    if (slots_.empty()) slots_.resize(256);
    CHECK(generation_ != 0, "generations do not come round");
  }

  void write(const event::LocalWritten& e) {
    if (2 * size_ >= slots_.size()) grow();
    CHECK(2 * size_ < slots_.size(), "half of the table is free, or a look would not end");
    Slot& slot = find(key_of(e));
    if (slot.generation != generation_) ++size_;
    slot = {key_of(e), e.token, generation_};
  }

  Token read(const event::LocalRead& e) {
    const Slot& slot = find(key_of(e));
    return slot.generation == generation_ ? slot.token : kZeroToken;
  }

 private:
  struct Slot {
    std::uint64_t key = 0;
    Token token = kZeroToken;
    std::uint32_t generation = 0;
  };

  template <class Fact>
  static std::uint64_t key_of(const Fact& e) {
    return (std::uint64_t{e.frame_serial} << 32) | (std::uint64_t{e.goroutine} << 16) | e.slot;
  }

  /// The key's slot, or the free one where it belongs. Half of the table is free at least.
  Slot& find(std::uint64_t key) {
    CHECK(std::has_single_bit(slots_.size()), "the table has room, a power of two");
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = (key * kGoldenRatio) >> 40;
    for (;; ++at) {
      Slot& slot = slots_[at & mask];
      if (slot.generation != generation_ || slot.key == key) return slot;
    }
  }

  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.generation == generation_) find(slot.key) = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
  std::uint32_t generation_ = 0;
};

Verdict failure(std::string_view kind, Token written, std::size_t index, const Event& e) {
  return {"locals", std::string(kind),
          "last written was token " + std::to_string(written) + "; at event " +
              std::to_string(index) + ": " + describe(e)};
}

}  // namespace

Verdict judge_locals(const Program&, const Trace& trace) {
  thread_local Locals locals;
  locals.forget();
  std::array<Token, kChannels> masks;  // by channel; those that nobody made have none
  masks.fill(0xffffffff);
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const Event& e = trace.events[i];
    if (e.kind == EventKind::kChannelMade) {
      const auto made = as<event::ChannelMade>(e);
      if (made.channel < kChannels) masks[made.channel] = token_mask(made.element_bytes);
    } else if (e.kind == EventKind::kLocalWritten) {
      locals.write(as<event::LocalWritten>(e));
    } else if (e.kind == EventKind::kLocalRead) {
      const auto read = as<event::LocalRead>(e);
      const Token written = locals.read(read);
      const Token mask = read.channel < kChannels ? masks[read.channel] : 0xffffffff;
      if (read.token == kTornToken) return failure("local torn", written, i, e);
      if (((read.token ^ written) & mask) == 0) continue;
      return failure((read.token & mask) == 0 ? "local lost" : "wrong local", written, i, e);
    }
  }
  return {};
}

}  // namespace concertina::fuzzers
