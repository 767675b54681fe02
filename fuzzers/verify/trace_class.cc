#include "verify/trace_class.h"

#include "base/check.h"

namespace concertina::fuzzers {

void TraceClass::clear() {
  sum_ = 0;
  barrier_ = 0;
  latest_.fill(0);
  if (++run_ == 0) {  // the mark came round: forget what older runs left
    slots_.fill({});
    run_ = 1;
  }
}

TraceClass::SlotState& TraceClass::state_of(std::uint16_t slot) {
  COSTLY_CHECK(slot < kSlots, "an access is to a slot of the table");
  SlotState& state = slots_[slot];
  if (state.run != run_) state = {0, 0, run_, Mode::kRead};
  return state;
}

void TraceClass::add(const Footprint& step) {
  COSTLY_CHECK(step.thread < kThreadsMax, "a step is of one of the threads");
  COSTLY_CHECK(step.size <= Footprint::kAccessesMax,
               "a footprint has as many accesses as it has room for");
  std::uint64_t hash = mix(latest_[step.thread], step.thread + 1U);
  hash = mix(hash, static_cast<std::uint64_t>(step.site) << 8 | static_cast<unsigned>(step.kind));
  hash = mix(hash, step.draws);
  hash = mix(hash, step.touches_all ? sum_ : barrier_);
  for (unsigned i = 0; i < step.size; ++i) {
    const Access access = step.accesses[i];
    SlotState& state = state_of(access.slot);
    if (state.group == 0 || !commute(state.mode, access.mode)) {
      state.before = mix(state.before, state.group);
      state.group = 0;
      state.mode = access.mode;
    }
    hash = mix(hash, state.before ^
                         (std::uint64_t{access.slot} << 2 | static_cast<unsigned>(access.mode)));
  }
  for (unsigned i = 0; i < step.size; ++i) slots_[step.accesses[i].slot].group += hash | 1;
  latest_[step.thread] = hash;
  for (ThreadMask rest = step.started; rest != 0; rest &= rest - 1) {
    const auto child = static_cast<unsigned>(__builtin_ctz(rest));
    COSTLY_CHECK(child != step.thread, "a thread is started by another one");
    latest_[child] = mix(hash, child);
  }
  if (step.touches_all) barrier_ = hash;
  sum_ += hash;
}

}  // namespace concertina::fuzzers
