// ReadsFrom: reads-from constraints over POS, after RFF (Wolff, Shi, Duck, Mathur and Roychoudhury,
// "Greybox fuzzing for concurrency testing", ASPLOS 2024).
//
// A constraint is a pair of code sites, +(reader, writer) or -(reader, writer): some read at the
// first must see what a write at the second left, or none may. It names no thread and no object,
// so one constraint means the same for three threads and for a hundred. Locks count as variables
// (taking a lock reads what releasing it wrote), and so do notes; an update is a read and a write.
// Without lock pairs, bugs between two critical sections need some seventy times as many schedules.
//
// Threads go by POS's priorities in three bands: preferred, neutral, avoided. Nothing is forbidden:
// an avoided thread runs when no other can.
//
//   constraint  state    meanwhile
//   +(r, w)     open     threads at r are avoided; if there is one, w on its object is preferred
//               written  w wrote the object last: r on it is preferred; after another write, open
//               done     r ran in state `written`
//   -(r, w)     open     w is avoided until some r has run
//               written  w wrote last all the same: r on that object is avoided, and other writers
//                        of it are preferred
//               other    another thread has written since: r is preferred, w is avoided
//               done     r ran
//
// The first `skip` passes of r do not count: a loop's later rounds are within reach.
#pragma once

#include <array>

#include "schedule/priorities.h"
#include "schedule/schedule.h"

namespace concertina::fuzzers {

class ReadsFrom final : public Chooser {
 public:
  ReadsFrom() { roles_.fill({}); }

  void reset(const Schedule& schedule);

  void started(ThreadId thread) override;
  ThreadId pick(ThreadMask enabled, ThreadId current, const Pending* pending) override;
  void executing(ThreadId thread, const Pending* pending) override;
  std::uint32_t choose(std::uint32_t n, Site, SpawnPath) override { return draws_.below(n); }
  bool observes() const override { return true; }

  /// Constraints that came out as wished, for tests and statistics.
  unsigned satisfied() const { return satisfied_; }

 private:
  enum class State : std::uint8_t { kOpen, kWritten, kOther, kDone };
  struct Machine {
    Constraint constraint;
    State state = State::kOpen;
    std::uint8_t skips_left = 0;
    ObjectId object = 0;    // in kWritten and kOther
    ThreadMask readers{};   // threads that are about to read at the reader's site,
    ThreadMask writers{};   // to write at the writer's;
    ThreadMask at_sites{};  // that are at one of the two
  };
  /// The constraints in which a site is the reader or the writer, a bit each.
  struct Roles {
    std::uint16_t reader = 0;
    std::uint16_t writer = 0;
    std::uint32_t bits() const { return static_cast<std::uint32_t>(reader | writer); }
    bool any() const { return bits() != 0; }
  };
  struct Bands {
    ThreadMask preferred{};
    ThreadMask avoided{};
  };

  const Roles& roles(Site site) const { return roles_[static_cast<std::uint8_t>(site)]; }
  Roles& roles(Site site) { return roles_[static_cast<std::uint8_t>(site)]; }
  void catch_up(const Pending* pending);
  ThreadMask awaited_by_readers(const Machine& machine, ThreadMask writers) const;
  Bands reader_bands(const Machine& machine, ThreadMask on_object) const;
  Bands writer_bands(const Machine& machine, ThreadMask on_object) const;
  void find_bands();
  void read(Machine& machine, ObjectId object);
  void written(Machine& machine, ObjectId object);
  void note_states();
  void advance(const Roles& role, const Pending& operation);

  Priorities priorities_;
  Random draws_;
  unsigned size_ = 0;
  unsigned satisfied_ = 0;
  bool bands_are_known_ = false;
  Bands bands_;
  Lanes writes_;               // 1 where the pending operation is_writer
  ThreadMask concerned_{};     // at a site with a role
  std::uint32_t written_ = 0;  // machines in state kWritten, a bit each
  std::uint32_t active_ = 0;   // that are not done and have passed what they skip
  std::array<Machine, kConstraintsMax> machines_{};
  std::array<Roles, 256> roles_{};  // by site
};

}  // namespace concertina::fuzzers
