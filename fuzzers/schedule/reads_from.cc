#include "schedule/reads_from.h"

#include "base/check.h"

namespace concertina::fuzzers {
void ReadsFrom::reset(const Schedule& schedule) {
  for (unsigned i = 0; i < size_; ++i) {  // of the run before
    roles(machines_[i].constraint.reader) = {};
    roles(machines_[i].constraint.writer) = {};
  }
  priorities_.reset(schedule.seed);
  draws_ = Random(priorities_.random().next());
  size_ = satisfied_ = 0;
  concerned_ = ThreadMask{};
  for (const Constraint& constraint : schedule.constraints) {
    if (size_ == kConstraintsMax) break;
    CHECK(constraint.reader < Site::kCount && constraint.writer < Site::kCount,
          "a constraint is about two sites");
    const auto bit_of = static_cast<std::uint16_t>(1U << size_);
    machines_[size_++] = {constraint, State::kOpen, constraint.skip, 0, {}, {}, {}};
    roles(constraint.reader).reader |= bit_of;
    roles(constraint.writer).writer |= bit_of;
  }
  note_states();
}

void ReadsFrom::started(ThreadId thread) { priorities_.started(thread); }

void ReadsFrom::catch_up(const Pending* pending) {
  priorities_.catch_up(pending, [&](ThreadId thread, const Pending& reached) {
    const bool reads = is_reader(reached.kind);
    const bool writes = is_writer(reached.kind);
    writes_[thread] = writes ? 1 : 0;
    const Roles& role = roles(reached.site);
    if (!role.any()) return;
    bands_are_known_ = false;  // in kWritten others count, too, but then each step forgets them
    concerned_ |= bit(thread);
    for (const unsigned i : members(role.bits())) {
      COSTLY_CHECK(i < size_, "a site's role is that of a constraint of this run");
      Machine& machine = machines_[i];
      machine.at_sites |= bit(thread);
      if (reads && (role.reader >> i & 1) != 0) machine.readers |= bit(thread);
      if (writes && (role.writer >> i & 1) != 0) machine.writers |= bit(thread);
    }
  });
}

// Of the writers, those on whose object some reader is about to read.
ThreadMask ReadsFrom::awaited_by_readers(const Machine& machine, ThreadMask writers) const {
  ThreadMask awaited{};
  const ThreadMask readers = machine.readers;
  while (!is_empty(readers) && !is_empty(writers)) {
    const ThreadMask on_one = priorities_.on_object_of(lowest(writers));
    if (!is_empty(on_one & readers)) awaited |= on_one & writers;
    writers &= ~on_one;
  }
  return awaited;
}

// What one machine makes of the threads at its reader's site.
inline ReadsFrom::Bands ReadsFrom::reader_bands(const Machine& machine,
                                                ThreadMask on_object) const {
  const ThreadMask here = machine.readers & on_object;
  const ThreadMask elsewhere = machine.readers & ~on_object;
  const bool is_wanted = machine.constraint.is_wanted;
  switch (machine.state) {
    case State::kOpen:
      return {{}, is_wanted ? machine.readers : ThreadMask{}};
    case State::kWritten:
      return is_wanted ? Bands{here, elsewhere} : Bands{{}, here};
    case State::kOther:
      return {here, {}};
    case State::kDone:
      break;
  }
  return {};
}

// Of those at its writer's site; and, where the wrong write is there to be read, of other writers:
// they make the object readable again.
inline ReadsFrom::Bands ReadsFrom::writer_bands(const Machine& machine,
                                                ThreadMask on_object) const {
  if (machine.state == State::kDone) return {};
  const ThreadMask elsewhere =
      machine.state == State::kOpen ? machine.writers : machine.writers & ~on_object;
  if (machine.constraint.is_wanted) return {awaited_by_readers(machine, elsewhere), {}};
  if (machine.state != State::kWritten) return {{}, machine.writers};
  return {writes_.equal_to(1, on_object & ~machine.at_sites, priorities_.threads()), elsewhere};
}

void ReadsFrom::find_bands() {
  ThreadMask preferred{}, avoided{};
  for (const unsigned i : members(active_)) {
    const Machine& machine = machines_[i];
    COSTLY_CHECK(machine.state != State::kDone && machine.skips_left == 0,
                 "a constraint that is done, or still skips, wishes for nothing");
    const ThreadMask on_object =
        machine.state == State::kOpen ? ThreadMask{} : priorities_.on_object(machine.object);
    const Bands of_readers = reader_bands(machine, on_object);
    const Bands of_writers = writer_bands(machine, on_object);
    preferred |= of_readers.preferred | of_writers.preferred;
    avoided |= of_readers.avoided | of_writers.avoided;
  }
  bands_.preferred = preferred & ~avoided;
  bands_.avoided = avoided & ~preferred;
  bands_are_known_ = true;
}

ThreadId ReadsFrom::pick(ThreadMask enabled, ThreadId, const Pending* pending) {
  if (priorities_.have_moved()) catch_up(pending);
  const bool none_is_concerned = written_ == 0 && is_empty(concerned_ & enabled);
  if (active_ == 0 || none_is_concerned) return priorities_.highest(enabled);
  if (!bands_are_known_) find_bands();
  if (!is_empty(enabled & bands_.preferred)) enabled &= bands_.preferred;
  if (!is_empty(enabled & ~bands_.avoided)) enabled &= ~bands_.avoided;
  return priorities_.highest(enabled);
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
  COSTLY_CHECK(satisfied_ <= size_, "a constraint is satisfied once at most");
  machine.state = State::kDone;
}

// The writer's site is passed.
void ReadsFrom::written(Machine& machine, ObjectId object) {
  if (machine.state == State::kDone) return;
  // A reader waits for what was written to another object: keep that.
  const bool is_bound = machine.state != State::kOpen && machine.object != object &&
                        !is_empty(machine.readers & priorities_.on_object(machine.object));
  if (is_bound) return;
  machine.state = State::kWritten;
  machine.object = object;
}

void ReadsFrom::note_states() {
  written_ = active_ = 0;
  for (unsigned i = 0; i < size_; ++i) {
    const Machine& machine = machines_[i];
    if (machine.state == State::kWritten) written_ |= 1U << i;
    if (machine.state != State::kDone && machine.skips_left == 0) active_ |= 1U << i;
  }
  bands_are_known_ = false;
}

// An operation at a site with these roles takes effect.
void ReadsFrom::advance(const Roles& role, const Pending& operation) {
  if (is_reader(operation.kind)) {
    for (const unsigned i : members(role.reader)) read(machines_[i], operation.object);
  }
  if (is_writer(operation.kind)) {
    for (const unsigned i : members(written_ & ~std::uint32_t{role.writer})) {
      Machine& machine = machines_[i];
      if (machine.object != operation.object || machine.state != State::kWritten) continue;
      machine.state = machine.constraint.is_wanted ? State::kOpen : State::kOther;
    }
    for (const unsigned i : members(role.writer)) written(machines_[i], operation.object);
  }
  note_states();
}

void ReadsFrom::executing(ThreadId thread, const Pending* pending) {
  if (priorities_.have_moved()) catch_up(pending);
  const Pending& operation = pending[thread];
  const Roles role = roles(operation.site);
  if (role.any()) {
    COSTLY_CHECK(contains(concerned_, thread),
                 "a thread that is at a site with a role is concerned");
    concerned_ &= ~bit(thread);
    for (const unsigned i : members(role.bits())) {
      Machine& machine = machines_[i];
      machine.readers &= ~bit(thread);
      machine.writers &= ~bit(thread);
      machine.at_sites &= ~bit(thread);
    }
  }
  if (written_ != 0 || role.any()) {
    advance(role, operation);
  }
  priorities_.executed(thread, operation);
}

}  // namespace concertina::fuzzers
