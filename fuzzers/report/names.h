// Names: what a report calls things. One name per thing, on every line of a page:
//
//   g0.1   a goroutine, by its spawn path      (events and oracles say its creation id: g3)
//   c0     a channel, as in the program        (events and oracles count from 1: c1)
//   T2     a virtual thread: a machine, or the scanner
//   lock of c0, g0.1's status                  a platform object, by what it was used for
//
// An object's use is learnt from the whole trace: a lock by its kLockAcquired events (rank,
// channel), a field of a goroutine by the steps that only its own goroutine takes. What is not
// known has no name; the site's words must do.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "program/program.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

class Names {
 public:
  Names(const Program& program, const Trace& trace);

  std::string goroutine(GoroutineId g) const;
  std::string channel(ChannelId c) const;
  static std::string thread(ThreadId t) { return "T" + std::to_string(t); }
  bool is_scanner(ThreadId t) const { return scanners_.contains(t); }
  /// "scanner" or "machine"; "thread" for one that did nothing yet to tell by.
  std::string_view role(ThreadId t) const {
    return is_scanner(t) ? "scanner" : machines_.contains(t) ? "machine" : "thread";
  }
  /// "lock of c0", "scheduler's lock", "g0.1's status"; empty when unknown.
  std::string object(ObjectId object) const;
  /// Shorter, where the site says already what it is: "g0.1" for a field of that goroutine.
  std::string object_beside_site(ObjectId object) const;
  /// Whose status it is; kNoGoroutine when it is not known to be one.
  GoroutineId status_of(ObjectId object) const;
  /// "chan_send", "main", "f1".
  std::string function(FunctionId id) const;
  /// "g0's value 1", "the zero value".
  std::string value(Token token) const;
  /// An oracle's words with this page's names: ids of goroutines, channels, threads and locks.
  std::string in_words(std::string_view detail) const;

 private:
  enum class Field : std::uint8_t { kStatus, kGuard, kSelectDone, kParkingFlag, kStackFlag };
  struct Owned {
    Field field;
    GoroutineId goroutine;
  };

  void learn_from_events(const Trace& trace);
  void learn_from_steps(const Trace& trace);
  void learn_from_step(const Step& step, GoroutineId target);

  const Program* program_;
  std::set<ThreadId> scanners_;
  std::set<ThreadId> machines_;
  std::map<GoroutineId, std::string> goroutines_;
  std::map<ObjectId, std::string> locks_;
  std::map<ObjectId, Owned> owned_;
  std::map<ObjectId, ThreadId> notes_;
};

}  // namespace concertina::fuzzers
