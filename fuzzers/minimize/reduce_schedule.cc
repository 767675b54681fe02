#include "minimize/reduce_schedule.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.h"
#include "minimize/size.h"
#include "mutate/draw.h"
#include "mutate/mutate.h"

namespace concertina::fuzzers {
namespace {

// Held for good: the thread runs only when no other can. A preemption in the sense of PCT's
// priority change points.
constexpr std::uint8_t kForGood = 255;
constexpr std::uint64_t kSmallSeeds = 4;
constexpr std::uint32_t kLastOccurrence = 255;  // of a key

class Simpler {
 public:
  explicit Simpler(const Schedule& schedule) : schedule_(schedule), cost_(cost_of(schedule)) {}

  std::vector<Schedule> all() {
    add_without_wishes();
    add_without_learnt();
    add_plainer_settings();
    add_plainer_wishes();
    return std::move(result_);
  }

 private:
  template <class Change>
  void add(Change change) {
    Schedule candidate = schedule_;
    change(candidate);
    if (validate(candidate).empty() && cost_of(candidate) < cost_) {
      result_.push_back(std::move(candidate));
    }
  }

  template <class T>
  void add_without(std::vector<T> Schedule::* list, std::size_t i) {
    CHECK(i < (schedule_.*list).size(), "what is erased is in the list");
    add([&](Schedule& s) { (s.*list).erase((s.*list).begin() + static_cast<std::ptrdiff_t>(i)); });
  }

  template <class T>
  void add_earlier(std::vector<T> Schedule::* list, std::size_t i) {
    const std::uint8_t occurrence = (schedule_.*list)[i].key.occurrence;
    add([&](Schedule& s) { (s.*list)[i].key.occurrence = 0; });
    if (occurrence == 0) return;
    add([&](Schedule& s) { --(s.*list)[i].key.occurrence; });
  }

  void add_without_wishes() {
    add([](Schedule& s) { s.stack_events.clear(), s.deviations.clear(); });
    add([](Schedule& s) { s.stack_events.clear(); });
    add([](Schedule& s) { s.deviations.clear(); });
    for (std::size_t i = schedule_.stack_events.size(); i-- > 0;) {
      add_without(&Schedule::stack_events, i);
    }
    for (std::size_t i = schedule_.deviations.size(); i-- > 0;) {
      add_without(&Schedule::deviations, i);
    }
  }

  /// What a search has learnt serves its own strategy; where that is another, it goes at once.
  void add_without_learnt() {
    add([](Schedule& s) { s.targets.clear(), s.thread_counts.clear(); });
    add([](Schedule& s) { s.thread_counts.clear(); });
    add([](Schedule& s) { s.horizon = 0; });
    add([](Schedule& s) { s.constraints.clear(); });
    for (std::size_t i = schedule_.constraints.size(); i-- > 0;) {
      add_without(&Schedule::constraints, i);
      add([i](Schedule& s) { s.constraints[i].skip = 0; });
    }
  }

  void add_plainer_settings() {
    add([](Schedule& s) { s.move_at_every_prologue = false; });
    add([](Schedule& s) { s.reuse_stacks = s.cache_stacks = s.shrink_stacks = true; });
    add([](Schedule& s) { s.reuse_stacks = true; });
    add([](Schedule& s) { s.cache_stacks = true; });
    add([](Schedule& s) { s.shrink_stacks = true; });
    add([](Schedule& s) { s.adaptive_start = s.elastic_buffers = false; });
    add([](Schedule& s) { s.adaptive_start = false; });
    add([](Schedule& s) { s.elastic_buffers = false; });
    add([](Schedule& s) { s.native_frames = true; });
    add([](Schedule& s) { s.poison = true; });
    add([](Schedule& s) { s.standing_requests = false; });
    add([](Schedule& s) { s.machines_max = kMachinesMax; });
    add([](Schedule& s) { ++s.machines_max; });
    add([](Schedule& s) { s.slice = kSliceDefault; });
    add([](Schedule& s) { s.slice = static_cast<std::uint8_t>(std::min(2 * s.slice, 255)); });
    add([](Schedule& s) { s.processors = 2; });
    add([](Schedule& s) { s.seed = 0; });
  }

  void add_plainer_wishes() {
    for (std::size_t i = 0; i < schedule_.stack_events.size(); ++i) {
      add([i](Schedule& s) { s.stack_events[i].action = plainer(s.stack_events[i].action); });
      add_earlier(&Schedule::stack_events, i);
    }
    for (std::size_t i = 0; i < schedule_.deviations.size(); ++i) {
      add([i](Schedule& s) { s.deviations[i].value = kForGood; });
      add_earlier(&Schedule::deviations, i);
    }
  }

  const Schedule& schedule_;
  std::uint32_t cost_;
  std::vector<Schedule> result_;
};

}  // namespace

std::vector<Schedule> simpler_schedules(const Schedule& schedule) {
  return Simpler(schedule).all();
}

std::vector<Schedule> fresh_schedules(const Schedule& schedule, const Program& program,
                                      std::size_t count, Random& random) {
  std::vector<Schedule> result{schedule};
  while (result.size() < count) {
    Schedule fresh = schedule;
    const std::uint32_t way = random.below(100);
    if (way < 40) {
      fresh.seed = random.next();
    } else if (way < 80) {
      for (unsigned steps = 1 + random.below(3); steps > 0; --steps) {
        mutate_schedule(fresh, program, random);
      }
    } else {
      fresh = draw_schedule(random);
      add_copy_race(fresh, program, random);
    }
    // A failure that needs no preemption fails under any seed; one that needs some wants chance.
    if (fresh.strategy == Strategy::kNonPreemptive && random.percent(50)) {
      fresh.strategy = draw_strategy(random);
    }
    const std::string rule = validate(fresh);
    CHECK(rule.empty(), "a schedule that is drawn is valid: " + rule);
    result.push_back(std::move(fresh));
  }
  return result;
}

Schedule without_preemptions(const Schedule& schedule, std::uint64_t seed) {
  Schedule result = schedule;
  result.strategy = Strategy::kNonPreemptive;
  result.depth = Schedule{}.depth;
  result.seed = seed % kSmallSeeds;
  result.horizon = 0;
  result.constraints.clear();
  result.targets.clear();
  result.thread_counts.clear();
  std::erase_if(result.deviations, is_preemption);
  const std::string rule = validate(result);
  CHECK(rule.empty(), "a schedule without preemptions is valid: " + rule);
  return result;
}

std::vector<Key> places_of(std::span<const Key> passed) {
  std::map<std::pair<SpawnPath, Site>, std::uint32_t> passes;
  std::vector<Key> places;
  places.reserve(passed.size());
  for (const Key& key : passed) {
    const std::uint32_t occurrence = passes[{key.path, key.site}]++;
    if (occurrence > kLastOccurrence) continue;
    places.push_back({key.path, key.site, static_cast<std::uint8_t>(occurrence)});
  }
  return places;
}

std::vector<Schedule> with_one_more_preemption(const Schedule& base, std::span<const Key> passed) {
  std::vector<Schedule> result;
  if (base.deviations.size() == kDeviationsMax) return result;
  for (const Key& place : places_of(passed)) {
    for (const std::uint8_t value : {kForGood, std::uint8_t{1}}) {
      Schedule schedule = base;
      schedule.deviations.push_back({DeviationKind::kHold, place, value});
      CHECK(schedule.deviations.size() <= kDeviationsMax, "there is room for one more preemption");
      result.push_back(std::move(schedule));
    }
  }
  return result;
}

}  // namespace concertina::fuzzers
