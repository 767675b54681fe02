#include "minimize/minimize.h"

#include <exception>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "minimize/reduce_program.h"
#include "minimize/reduce_schedule.h"

namespace concertina::fuzzers {
namespace {

constexpr unsigned kNonPreemptiveSeeds = 4;
constexpr std::size_t kPairsMax = 30'000;  // of preemptions, a stack-event variant
constexpr std::size_t kTriplesMax = 30'000;

class Minimizer {
 public:
  Minimizer(const Input& input, Examiner& examiner, const MinimizeOptions& options)
      : options_(options), examiner_(examiner), random_(options.seed) {
    const std::string rule = validate(input);
    CHECK(rule.empty(), "minimising begins with a valid input: " + rule);
    result_.input = input;
  }

  Minimized run() {
    try {
      take_all_steps();
    } catch (const std::exception& error) {
      // Hours of work may have gone before.
      result_.why_cut_off = error.what();
    }
    return result_;
  }

 private:
  void take_all_steps() {
    simplify_schedule();
    to_fixpoint(options_.schedules_few);
    to_fixpoint(options_.schedules_many);
    remove_chance();
    simplify_schedule();
    to_fixpoint(options_.schedules_few);
    remove_chance();
    simplify_schedule();
  }

  const Program& program() const { return result_.input.program; }
  const Schedule& schedule() const { return result_.input.schedule; }

  bool is_spent() {
    if (result_.runs >= options_.runs_max) result_.is_out_of_budget = true;
    return result_.is_out_of_budget;
  }

  /// A program of the same cost is the same program: only its schedule was changed.
  static bool costs_less(const Input& one, const Input& other) {
    const std::uint32_t program = cost_of(one.program);
    const std::uint32_t other_program = cost_of(other.program);
    if (program != other_program) return program < other_program;
    return cost_of(one.schedule) < cost_of(other.schedule);
  }
  /// Takes the first of the inputs that still fails, if there is one.
  bool take_first(const std::vector<Input>& candidates, const char* what) {
    if (candidates.empty() || is_spent()) return false;
    const auto found = examiner_.first_match(candidates);
    result_.runs += found ? *found + 1 : candidates.size();
    if (!found) return false;
    CHECK(*found < candidates.size(), "an examiner answers with one of the candidates");
    const Input& smaller = candidates[*found];
    const std::string rule = validate(smaller);
    CHECK(rule.empty(), "a candidate is valid: " + rule);
    CHECK(costs_less(smaller, result_.input), "each step makes the input smaller");
    result_.input = smaller;
    if (options_.progress) options_.progress(what, result_.input, result_.runs);
    return true;
  }

  bool take_first_schedule(const std::vector<Schedule>& schedules, const char* what) {
    std::vector<Input> candidates;
    candidates.reserve(schedules.size());
    for (const Schedule& candidate : schedules) candidates.push_back({program(), candidate});
    return take_first(candidates, what);
  }

  bool simplify_schedule() {
    bool changed = false;
    while (take_first_schedule(simpler_schedules(schedule()), "schedule")) changed = true;
    return changed;
  }

  /// Same program, other schedules, cheaper than this one: chance may offer one.
  bool find_cheaper_schedule(unsigned schedules) {
    return take_cheaper(fresh_schedules(schedule(), program(), schedules, random_), "schedule");
  }

  bool try_program(const Program& smaller, unsigned schedules) {
    std::vector<Input> candidates;
    candidates.reserve(schedules);
    for (Schedule& fresh : fresh_schedules(schedule(), smaller, schedules, random_)) {
      candidates.push_back({smaller, std::move(fresh)});
    }
    return take_first(candidates, "program");
  }

  bool reduce_program(unsigned schedules) {
    bool changed = false;
    for (unsigned kind = 0; kind < static_cast<unsigned>(Reduction::kCount); ++kind) {
      for (std::size_t i = 0;;) {
        const auto smaller = reduce(program(), static_cast<Reduction>(kind), i);
        if (!smaller || is_spent()) break;
        const bool is_worth_it = cost_of(*smaller) < cost_of(program());
        if (is_worth_it && try_program(*smaller, schedules)) {
          changed = true;  // what was next has the same number now
        } else {
          ++i;
        }
      }
    }
    return changed;
  }

  void to_fixpoint(unsigned schedules) {
    for (bool changed = true; changed && !is_spent();) {
      changed = reduce_program(schedules);
      changed |= simplify_schedule();
      changed |= find_cheaper_schedule(schedules);
    }
  }

  /// Step 4: the fewest preemptions of a schedule that is not left to chance.
  void remove_chance() {
    const Size now = size_of(result_.input);
    if (now.is_free_of_chance && now.preemptions == 0) return;  // there are none to remove
    std::vector<Schedule> bases;
    for (unsigned seed = 0; seed < kNonPreemptiveSeeds; ++seed) {
      bases.push_back(without_preemptions(schedule(), seed));
    }
    if (take_cheaper(bases, "preemptions")) return;
    std::vector<Key> passed = examiner_.keys_of(result_.input);
    std::vector<Schedule> ones;
    for (const Schedule& base : bases) {
      std::vector<Key> keys = examiner_.keys_of({program(), base});
      for (const Schedule& one : with_one_more_preemption(base, keys)) ones.push_back(one);
      for (const Schedule& one : with_one_more_preemption(base, passed)) ones.push_back(one);
    }
    if (take_cheaper(ones, "preemptions")) return;
    if (take_cheaper(combined(ones, passed, 2, kPairsMax), "preemptions")) return;
    take_cheaper(combined(ones, passed, 3, kTriplesMax), "preemptions");
  }

  bool take_cheaper(std::vector<Schedule> schedules, const char* what) {
    std::erase_if(schedules, [&](const Schedule& candidate) {
      return cost_of(candidate) >= cost_of(schedule());
    });
    return take_first_schedule(schedules, what);
  }

  /// Drawn combinations of `preemptions` holds: the first as in one of `ones`, the others anywhere
  /// that the failing run or those runs passed.
  std::vector<Schedule> combined(const std::vector<Schedule>& ones, const std::vector<Key>& passed,
                                 unsigned preemptions, std::size_t count) {
    std::vector<Schedule> result;
    if (ones.empty()) return result;
    const std::vector<Key> places = places_of(passed);
    CHECK(preemptions > 1, "a combination is of two preemptions at least");
    for (std::size_t i = 0; i < count; ++i) {
      Schedule schedule = random_.pick(std::span(ones));
      for (unsigned more = 1; more < preemptions; ++more) {
        if (schedule.deviations.size() == kDeviationsMax) break;
        const bool from_failure = !places.empty() && random_.percent(50);
        Deviation hold = from_failure
                             ? Deviation{DeviationKind::kHold, random_.pick(std::span(places)), 255}
                             : random_.pick(std::span(ones)).deviations.back();
        if (random_.percent(30)) hold.value = static_cast<std::uint8_t>(1U << random_.below(6));
        schedule.deviations.push_back(hold);
      }
      result.push_back(std::move(schedule));
    }
    return result;
  }

  const MinimizeOptions& options_;
  Examiner& examiner_;
  Random random_;
  Minimized result_;
};

}  // namespace

Minimized minimize(const Input& input, Examiner& examiner, const MinimizeOptions& options) {
  return Minimizer(input, examiner, options).run();
}

}  // namespace concertina::fuzzers
