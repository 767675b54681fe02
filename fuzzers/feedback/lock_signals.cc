#include "feedback/lock_signals.h"

namespace concertina::fuzzers {

void LockSignals::begin() {
  ++run_;
  most_held_ = 0;
  held_before_.fill(0);
  hand_offs_.fill(0);
  threads_.fill({});
}

void LockSignals::see(const Event& e) {
  if (e.thread >= kThreads) return;
  switch (e.kind) {
    case EventKind::kLockAcquired:
      return acquired(e);
    case EventKind::kLockReleased:
      return released(e);
    case EventKind::kCopyBegin:
      threads_[e.thread].copies = true;
      return;
    case EventKind::kCopyEnd:
      threads_[e.thread].copies = false;
      return;
    default:
      return;
  }
}

void LockSignals::acquired(const Event& e) {
  const unsigned rank = e.index;
  if (rank >= kRanks) return;
  Thread& thread = threads_[e.thread];
  held_before_[rank] |= thread.ranks_held;
  ++thread.held_of_rank[rank];
  thread.ranks_held = static_cast<std::uint8_t>(thread.ranks_held | 1u << rank);
  if (++thread.held > most_held_) most_held_ = thread.held;
  if (e.a >= kObjectsMax) return;
  const Release& last = releases_[e.a];
  const bool is_hand_off = (last.run == run_) & (last.thread != e.thread);
  const unsigned bit = (is_hand_off ? 1u : 0u) << (last.holder * kHolders + holder(e));
  hand_offs_[rank] = static_cast<std::uint16_t>(hand_offs_[rank] | bit);
}

void LockSignals::end(const CellWriter& cells) const {
  for (unsigned rank = 0; rank < kRanks; ++rank) {
    for (unsigned held = held_before_[rank]; held != 0; held &= held - 1) {
      cells.set<Group::kLock>(lock_order_cell(static_cast<unsigned>(std::countr_zero(held)), rank));
    }
    for (unsigned pairs = hand_offs_[rank]; pairs != 0; pairs &= pairs - 1) {
      const auto pair = static_cast<unsigned>(std::countr_zero(pairs));
      cells.set<Group::kLock>(hand_off_cell(rank, pair / kHolders, pair % kHolders));
    }
  }
  cells.set_maximum(Maximum::kLocksHeld, most_held_);
}

void LockSignals::released(const Event& e) {
  const unsigned rank = e.index;
  Thread& thread = threads_[e.thread];
  if (rank >= kRanks || thread.held_of_rank[rank] == 0) return;
  --thread.held;
  if (--thread.held_of_rank[rank] == 0) {
    thread.ranks_held = static_cast<std::uint8_t>(thread.ranks_held & ~(1u << rank));
  }
  if (e.a >= kObjectsMax) return;
  releases_[e.a] = {run_, e.thread, static_cast<std::uint8_t>(holder(e))};
}

}  // namespace concertina::fuzzers
