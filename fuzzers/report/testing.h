// Sample: hand-made runs for the tests of this room. Events come from oracle/testing.h; steps are
// added here, one for each number.
#pragma once

#include <vector>

#include "oracle/testing.h"
#include "report/picture.h"

namespace concertina::fuzzers {

class Sample {
 public:
  Step& step(ThreadId thread, GoroutineId goroutine, Site site, ObjectId object = 0) {
    Step made;
    made.thread = thread;
    made.goroutine = goroutine;
    made.site = site;
    made.object = object;
    made.path = goroutine == kNoGoroutine ? kSchedulerPath : kMainPath;
    steps_.push_back(made);
    return steps_.back();
  }

  /// Announced in the latest step, on its thread.
  void event(Event fact) {
    fact.thread = steps_.empty() ? ThreadId{0} : steps_.back().thread;
    fact.step = static_cast<std::uint32_t>(steps_.size());
    events_.push_back(fact);
  }

  /// Main and a child exist: g0 is 1, g0.0 is 2.
  void two_goroutines() {
    event(event::Spawned{.child = 1, .path = kMainPath});
    event(event::Spawned{.goroutine = 1, .child = 2, .path = child_path(kMainPath, 0)});
  }

  std::vector<Event>& events() { return events_; }

  /// Valid as long as the sample lives and is not added to.
  Trace trace(Outcome outcome = Outcome::kExit) const {
    Trace made;
    made.outcome = outcome;
    made.steps = static_cast<std::uint32_t>(steps_.size());
    made.events = events_;
    made.last_steps = steps_;
    return made;
  }

 private:
  std::vector<Step> steps_;
  std::vector<Event> events_;
};

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace concertina::fuzzers
