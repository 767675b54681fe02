#include "verify/happens_before.h"

#include <algorithm>

#include "base/check.h"

namespace concertina::fuzzers {

void HappensBefore::clear() {
  events_.clear();
  partners_.clear();
  past_.fill({});
  latest_.fill(0);
  latest_all_.fill(0);
  if (++run_ == 0) {  // the mark came round
    std::fill(users_.begin(), users_.end(), Users{});
    run_ = 1;
  }
}

HappensBefore::Users& HappensBefore::users_of(std::uint16_t slot) {
  CHECK(slot < kSlots, "an access is to a slot of the table");
  Users& users = users_[slot];
  if (users.run != run_) {
    users = {};
    users.run = run_;
  }
  return users;
}

/// `latest` (index + 1) conflicts with the event, so it happens before it.
void HappensBefore::meet(std::uint32_t latest, Event& event, bool may_race) {
  CHECK(latest <= events_.size(), "a step meets steps that came before it");
  if (latest == 0 || events_[latest - 1].thread == event.thread) return;
  const Event& earlier = events_[latest - 1];
  if (may_race && !is_known(earlier, past_of(event.thread))) partners_.push_back(latest - 1);
  for (unsigned t = 0; t < kThreadsMax; ++t) {
    event.clock[t] = std::max(event.clock[t], earlier.clock[t]);
  }
}

void HappensBefore::meet_all(const Footprint& step, Event& event) {
  partners_.clear();
  for (unsigned t = 0; t < kThreadsMax; ++t) {
    meet(step.touches_all ? latest_[t] : latest_all_[t], event, true);
  }
  for (unsigned i = 0; i < step.size; ++i) {
    const Access access = step.accesses[i];
    const Users& users = users_of(access.slot);
    const bool is_the_lock = step.kind == OperationKind::kLock && access.slot == step.object;
    for (unsigned t = 0; t < kThreadsMax; ++t) {
      for (unsigned mode = 0; mode < 3; ++mode) {
        if (commute(access.mode, static_cast<Mode>(mode))) continue;
        meet(users.by_mode[mode][t], event, !is_the_lock);
      }
      if (is_the_lock) meet(users.locked[t], event, true);
    }
  }
}

void HappensBefore::add(const Footprint& step) {
  Event event;
  event.thread = step.thread;
  event.clock = past_of(step.thread);
  event.ordinal = ++event.clock[step.thread];
  CHECK(event.ordinal != 0, "the steps of a thread are counted in sixteen bits");
  meet_all(step, event);
  CHECK(event.clock[step.thread] == event.ordinal,
        "nobody knows of more steps of a thread than it has taken");
  CHECK(partners_.size() <= kPartnersMax, "the list of races does not grow within a run");
  events_.push_back(event);
  const auto index = static_cast<std::uint32_t>(events_.size());
  CHECK(latest_[step.thread] < index, "a step comes after the latest one of its thread");
  for (unsigned i = 0; i < step.size; ++i) {
    Users& users = users_of(step.accesses[i].slot);
    users.by_mode[static_cast<unsigned>(step.accesses[i].mode)][step.thread] = index;
    if (step.kind == OperationKind::kLock && step.accesses[i].slot == step.object)
      users.locked[step.thread] = index;
  }
  latest_[step.thread] = index;
  if (step.touches_all) latest_all_[step.thread] = index;
  past_[step.thread] = event.clock;
  for (ThreadMask rest = step.started; rest != 0; rest &= rest - 1) {
    CHECK(latest_[static_cast<unsigned>(__builtin_ctz(rest))] == 0,
          "a thread takes no step before it is started");
    past_[static_cast<unsigned>(__builtin_ctz(rest))] = event.clock;
  }
}

void HappensBefore::add_waiting(ThreadId thread, ObjectId lock) {
  CHECK(thread < kThreadsMax, "one of the threads waits");
  partners_.clear();
  if (lock >= kObjectSlots) return;
  for (const std::uint32_t latest : users_of(static_cast<std::uint16_t>(lock)).locked) {
    if (latest == 0 || events_[latest - 1].thread == thread) continue;
    if (!is_known(events_[latest - 1], past_of(thread))) partners_.push_back(latest - 1);
  }
}

}  // namespace concertina::fuzzers
