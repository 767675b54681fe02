#include "oracle/locals.h"

#include <array>
#include <string_view>
#include <vector>

#include "trace/text.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kChannels = 65;  // ids 1..64
constexpr std::uint32_t kTorn = 0xffffffff;

/// A hash table that forgets by a new generation instead of by clearing.
class Locals {
 public:
  void forget() {
    ++generation_;
    size_ = 0;
    if (slots_.empty()) slots_.resize(256);
  }

  void write(const Event& e) {
    if (2 * size_ >= slots_.size()) grow();
    Slot& slot = find(key_of(e));
    if (slot.generation != generation_) ++size_;
    slot = {key_of(e), e.b, generation_};
  }

  std::uint32_t read(const Event& e) {
    const Slot& slot = find(key_of(e));
    return slot.generation == generation_ ? slot.token : 0;
  }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t token = 0;
    std::uint32_t generation = 0;
  };

  static std::uint64_t key_of(const Event& e) {
    return (std::uint64_t{e.a} << 32) | (std::uint64_t{e.goroutine} << 16) | e.index;
  }

  /// The key's slot, or the free one where it belongs. Half of the table is free at least.
  Slot& find(std::uint64_t key) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = (key * 0x9e3779b97f4a7c15u) >> 40;
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

std::uint32_t token_mask(std::uint32_t element_bytes) {
  return element_bytes >= 4 ? 0xffffffffu : (1u << (8 * element_bytes)) - 1;
}

Verdict failure(std::string_view kind, std::uint32_t written, std::size_t index, const Event& e) {
  return {"locals", std::string(kind),
          "last written was token " + std::to_string(written) + "; at event " +
              std::to_string(index) + ": " + describe(e)};
}

}  // namespace

Verdict judge_locals(const Program&, const Trace& trace) {
  thread_local Locals locals;
  locals.forget();
  std::array<std::uint32_t, kChannels> masks;
  masks.fill(0xffffffff);
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const Event& e = trace.events[i];
    if (e.kind == EventKind::kChannelMade && e.channel < kChannels) {
      masks[e.channel] = token_mask(e.a);
    } else if (e.kind == EventKind::kLocalWritten) {
      locals.write(e);
    } else if (e.kind == EventKind::kLocalRead) {
      const std::uint32_t written = locals.read(e);
      const std::uint32_t mask = e.channel < kChannels ? masks[e.channel] : 0xffffffff;
      if (e.b == kTorn) return failure("local torn", written, i, e);
      if (((e.b ^ written) & mask) == 0) continue;
      return failure((e.b & mask) == 0 ? "local lost" : "wrong local", written, i, e);
    }
  }
  return {};
}

}  // namespace concertina::fuzzers
