// Footprint: what one step of a run did, as far as another step could notice.
//
// A step is a thread's way from one yield point to the next. It performs the operation that was
// announced at the first, and on the way it may touch more: variables without a step, names, the
// memory that copies touch, and the facts that oracles read. All of these become accesses to
// numbered slots, and two steps of different threads conflict when they access one slot in modes
// that do not commute. Steps that do not conflict may be swapped: the runtime comes to the same
// state, and every oracle sees the same history of each channel, goroutine and run queue.
//
//   slot              accessed by
//   object            operations on it, at a site or without
//   channel c         events about c: what they do to it is a write, what a goroutine asks a read
//   goroutine g       events about g
//   work              events about queues, processors and machines
//   window            the step number is read; marked by channel and work events, so that an oracle
//                     that asks "since it began?" gets one answer in all orders
//   memory            copies write it; a goroutine's own locals read it (frames do not overlap)
//   heap              spans change hands, and scans begin and end: a write; marked by stacks and
//                     objects that are handed out or come back
//   names, clock,     the next object's ordinal, the virtual time, how often a place was passed,
//   places, threads   the next thread's number
//
// Plain fields of the runtime that are no platform object are not seen. Locks protect them, and the
// locks are seen; where a defect takes that protection away, swapping may not be exact. Objects and
// goroutines beyond the table share one slot: more conflicts than there are, never fewer.
#pragma once

#include <array>
#include <cstdint>

#include "platform/sim/chooser.h"

namespace concertina::fuzzers {

/// Reads commute with reads, marks with marks, writes with nothing.
enum class Mode : std::uint8_t { kRead, kWrite, kMark };

constexpr bool commute(Mode a, Mode b) { return a == b && a != Mode::kWrite; }

struct Access {
  std::uint16_t slot = 0;
  Mode mode = Mode::kRead;
};

inline constexpr unsigned kObjectSlots = 2048;
inline constexpr unsigned kChannelSlots = 128;
inline constexpr unsigned kGoroutineSlots = 64;

enum Slot : std::uint16_t {
  kFirstChannelSlot = kObjectSlots,
  kFirstGoroutineSlot = kFirstChannelSlot + kChannelSlots,
  kWorkSlot = kFirstGoroutineSlot + kGoroutineSlots,
  kWindowSlot,
  kMemorySlot,
  kNamesSlot,
  kClockSlot,
  kPlacesSlot,
  kThreadsSlot,
  kHeapSlot,
  kOtherSlot,  // whatever has no slot of its own
  kSlots
};

struct Footprint : Step {
  static constexpr unsigned kAccessesMax = 40;

  bool touches_all = false;  // it ended the run, or touched too much to tell: conflicts with all
  ThreadMask started = 0;    // threads that it created
  std::uint64_t draws = 0;   // the draws in it, hashed in order
  unsigned size = 0;
  std::array<Access, kAccessesMax> accesses;

  void add(Access access);
};

bool conflict(const Footprint& a, const Footprint& b);

/// A chooser that follows the steps of a run, for explorers.
///
/// Protocol: begin(); the run; finish(). `closed` is called for each step once all of it is known:
/// before the next decision, and for the last step in `finish`.
class Following : public Chooser {
 public:
  void begin();
  /// `was_stopped`: the last step ended the run, unlike a run in which no thread can run. It then
  /// conflicts with every step: those of others that it forestalled.
  void finish(bool was_stopped);

  void started(ThreadId thread) final;
  ThreadId pick(ThreadMask enabled, ThreadId current, const Pending* pending) final;
  void executing(ThreadId thread, const Pending* pending) final;
  std::uint32_t choose(std::uint32_t n, Site site, SpawnPath path) final;
  bool observes() const final { return true; }
  bool watches() const final { return true; }
  void touched(ObjectId object, bool is_write) final;
  void recorded(const Event& event) final;

 protected:
  virtual ThreadId decide(ThreadMask enabled, ThreadId current, const Pending* pending) = 0;
  virtual std::uint32_t draw(std::uint32_t n, Site site) = 0;
  /// A thread is about to perform what it announced.
  virtual void opened(ThreadId thread, const Pending& pending) { (void)thread, (void)pending; }
  virtual void closed(const Footprint& step) = 0;

  /// Ends the run in progress; only from `decide`.
  [[noreturn]] static void cut();

  ThreadMask threads() const { return threads_; }
  /// Of the run in progress, or the latest; indexed by thread.
  const Pending* pending() const { return pending_; }

 private:
  void close();

  const Pending* pending_ = nullptr;
  ThreadMask threads_ = 0;
  bool is_open_ = false;
  Footprint step_;
};

/// Can a draw change what follows? All of its values must be tried if so.
bool draw_matters(std::uint32_t n, Site site);

}  // namespace concertina::fuzzers
