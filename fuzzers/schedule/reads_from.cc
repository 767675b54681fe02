#include "schedule/reads_from.h"

#include "schedule/thread_mask.h"

namespace concertina::fuzzers {
namespace {

template <class Visit>
void for_each_bit(std::uint32_t mask, Visit visit) {
  for (; mask != 0; mask &= mask - 1) visit(static_cast<unsigned>(__builtin_ctz(mask)));
}

bool is_none(ThreadMask mask) { return mask == 0; }

}  // namespace

void ReadsFrom::reset(const Schedule& schedule) {
  for (unsigned i = 0; i < size_; ++i) {  // of the run before
    roles(machines_[i].constraint.reader) = {};
    roles(machines_[i].constraint.writer) = {};
  }
  priorities_.reset(schedule.seed);
  draws_ = Random(priorities_.random().next());
  size_ = satisfied_ = 0;
  arriving_ = concerned_ = ThreadMask{};
  written_ = 0;
  for (const Constraint& constraint : schedule.constraints) {
    if (size_ == kConstraintsMax) break;
    const auto bit_of = static_cast<std::uint16_t>(1U << size_);
    machines_[size_++] = {constraint, State::kOpen, constraint.skip, 0, ThreadMask{}};
    roles(constraint.reader).reader |= bit_of;
    roles(constraint.writer).writer |= bit_of;
  }
}

void ReadsFrom::started(ThreadId thread) {
  priorities_.started(thread);
  arriving_ = arriving_ | bit(thread);
}

void ReadsFrom::note_arrivals(const Pending* pending) {
  for (; !is_none(arriving_); arriving_ = without_lowest(arriving_)) {
    const ThreadId thread = lowest(arriving_);
    const Pending& reached = pending[thread];
    const Roles& role = roles(reached.site);
    if (!role.any()) continue;
    concerned_ = concerned_ | bit(thread);
    if (!is_reader(reached.kind)) continue;
    for_each_bit(role.reader, [&](unsigned i) {
      machines_[i].at_reader = machines_[i].at_reader | bit(thread);
    });
  }
}

bool ReadsFrom::is_awaited(const Machine& machine, ObjectId object, const Pending* pending) const {
  for (ThreadMask rest = machine.at_reader; !is_none(rest); rest = without_lowest(rest)) {
    if (pending[lowest(rest)].object == object) return true;
  }
  return false;
}

unsigned ReadsFrom::band_of(const Pending& operation, const Pending* pending) const {
  bool is_preferred = false;
  bool is_avoided = false;
  const Roles& role = roles(operation.site);
  if (is_reader(operation.kind)) {
    for_each_bit(role.reader, [&](unsigned i) {
      const Machine& machine = machines_[i];
      if (machine.skips_left != 0) return;
      const bool is_same = machine.object == operation.object;
      const bool is_wanted = machine.constraint.is_wanted;
      if (machine.state == State::kOpen) is_avoided |= is_wanted;
      if (machine.state == State::kWritten) (is_wanted ? is_preferred : is_avoided) |= is_same;
      if (machine.state == State::kWritten && is_wanted && !is_same) is_avoided = true;
      if (machine.state == State::kOther) is_preferred |= is_same;
    });
  }
  if (!is_writer(operation.kind)) return 1U + is_preferred - is_avoided;
  for_each_bit(role.writer, [&](unsigned i) {
    const Machine& machine = machines_[i];
    if (machine.state == State::kDone || machine.skips_left != 0) return;
    if (machine.constraint.is_wanted) {
      if (machine.state == State::kOpen || machine.object != operation.object) {
        is_preferred |= is_awaited(machine, operation.object, pending);
      }
    } else if (machine.state != State::kWritten || machine.object != operation.object) {
      is_avoided = true;
    }
  });
  for_each_bit(written_ & ~(role.reader + 0U) & ~(role.writer + 0U), [&](unsigned i) {
    const Machine& machine = machines_[i];
    if (machine.object != operation.object || machine.skips_left != 0) return;
    is_preferred |= !machine.constraint.is_wanted;
  });
  return 1U + is_preferred - is_avoided;
}

ThreadId ReadsFrom::pick(ThreadMask enabled, ThreadId, const Pending* pending) {
  note_arrivals(pending);
  if (written_ == 0 && is_none(concerned_ & enabled)) return priorities_.highest(enabled, pending);
  ThreadId best = lowest(enabled);
  std::uint64_t best_rank = 0;
  for (ThreadMask rest = enabled; !is_none(rest); rest = without_lowest(rest)) {
    const ThreadId thread = lowest(rest);
    const Pending& operation = pending[thread];
    const bool may_matter = written_ != 0 || !is_none(concerned_ & bit(thread));
    const std::uint64_t band = may_matter ? band_of(operation, pending) : kNeutral;
    const std::uint64_t rank = band << 32 | priorities_.of(thread, operation);
    if (rank > best_rank) {
      best = thread;
      best_rank = rank;
    }
  }
  return best;
}

// The reader's site is passed.
void ReadsFrom::read(Machine& machine, ObjectId object) {
  if (machine.state == State::kDone) return;
  if (machine.skips_left != 0) {
    --machine.skips_left;
    return;
  }
  const bool is_same = machine.object == object;
  if (machine.constraint.is_wanted) {
    if (machine.state != State::kWritten || !is_same) return;  // it was alone: the next one may do
    ++satisfied_;
  } else if (machine.state == State::kOpen || is_same) {
    satisfied_ += machine.state != State::kWritten;
  } else {
    return;
  }
  machine.state = State::kDone;
}

// The writer's site is passed.
void ReadsFrom::written(Machine& machine, ObjectId object, const Pending* pending) {
  if (machine.state == State::kDone) return;
  // Somebody waits for what was written to another object: keep that.
  const bool is_bound = machine.state != State::kOpen && machine.object != object &&
                        is_awaited(machine, machine.object, pending);
  if (is_bound) return;
  machine.state = State::kWritten;
  machine.object = object;
}

void ReadsFrom::executing(ThreadId thread, const Pending* pending) {
  note_arrivals(pending);
  const Pending& operation = pending[thread];
  const Roles role = roles(operation.site);
  if (role.any()) {
    concerned_ = concerned_ & ~bit(thread);
    for_each_bit(role.reader, [&](unsigned i) {
      machines_[i].at_reader = machines_[i].at_reader & ~bit(thread);
      if (is_reader(operation.kind)) read(machines_[i], operation.object);
    });
  }
  if (is_writer(operation.kind)) {
    for_each_bit(written_ & ~(role.writer + 0U), [&](unsigned i) {
      Machine& machine = machines_[i];
      if (machine.object != operation.object || machine.state != State::kWritten) return;
      machine.state = machine.constraint.is_wanted ? State::kOpen : State::kOther;
    });
    for_each_bit(role.writer,
                 [&](unsigned i) { written(machines_[i], operation.object, pending); });
  }
  if (written_ != 0 || role.any()) {
    written_ = 0;
    for (unsigned i = 0; i < size_; ++i) {
      if (machines_[i].state == State::kWritten) written_ |= 1U << i;
    }
  }
  priorities_.executed(thread, pending);
  arriving_ = arriving_ | bit(thread);
}

}  // namespace concertina::fuzzers
