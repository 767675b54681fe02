#include "mutate/mutate.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/check.h"
#include "mutate/draw.h"
#include "mutate/generate.h"
#include "mutate/site_pairs.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint32_t kGenerateAnewPercent = 3;
constexpr std::uint32_t kBusyPercent = 2;

bool is_trivial(const Program& program) {
  std::size_t operations = 0;
  for (const Function& function : program.functions) operations += function.body.size();
  return operations < 2;
}

std::uint32_t size_of(const auto& list) { return static_cast<std::uint32_t>(list.size()); }

/// Adds, removes or changes a member of a list of at most `max`. `draw` makes a new one.
template <class T, class Draw>
void mutate_list(std::vector<T>& list, unsigned max, Random& random, Draw draw) {
  const std::uint32_t choice = random.below(100);
  if (list.empty() || (choice < 45 && list.size() < max)) {
    list.push_back(draw());
  } else if (choice < 65) {
    list.erase(list.begin() + random.below(size_of(list)));
  } else {
    list[random.below(size_of(list))] = draw();
  }
}

/// A small change of one coordinate of a wish keeps what is good about the others.
void shift_key(Key& key, const Program& program, Random& random) {
  const std::uint32_t choice = random.below(4);
  if (choice == 0) {
    key.path = draw_path(program, random);
  } else if (choice == 1) {
    key.site = draw_stack_event(program, random).key.site;
  } else {
    const bool down = key.occurrence > 0 && random.percent(50);
    key.occurrence = static_cast<std::uint8_t>(key.occurrence + (down ? 255 : 1));
  }
}

void shift_wish(Schedule& schedule, const Program& program, Random& random) {
  const std::uint32_t events = size_of(schedule.stack_events);
  const std::uint32_t all = events + size_of(schedule.deviations);
  if (all == 0) return;
  const std::uint32_t drawn = random.below(all);
  if (drawn < events) {
    shift_key(schedule.stack_events[drawn].key, program, random);
    return;
  }
  Deviation& deviation = schedule.deviations[drawn - events];
  if (random.percent(30)) {
    deviation.value = static_cast<std::uint8_t>(deviation.value * 2 + random.below(2));
  } else {
    shift_key(deviation.key, program, random);
  }
}

void toggle_knob(Schedule& schedule, Random& random) {
  bool* const kKnobs[] = {&schedule.move_at_every_prologue, &schedule.reuse_stacks,
                          &schedule.cache_stacks,           &schedule.shrink_stacks,
                          &schedule.adaptive_start,         &schedule.elastic_buffers,
                          &schedule.native_frames,          &schedule.standing_requests};
  const std::uint32_t drawn = random.below(10);
  if (drawn < 8) {
    *kKnobs[drawn] = !*kKnobs[drawn];
  } else if (!schedule.poison || random.percent(10)) {
    schedule.poison = !schedule.poison;
  } else if (drawn == 8) {
    const bool is_short = schedule.slice != kSliceDefault;
    schedule.slice = is_short && random.percent(50) ? kSliceDefault : draw_slice(random);
  } else {
    const bool is_few = schedule.machines_max != kMachinesMax;
    schedule.machines_max = is_few && random.percent(50) ? kMachinesMax : draw_few_machines(random);
  }
}

/// Half of the functions of `a` give way to those of `b` in the same place.
Program mix(const Program& a, const Program& b, Random& random) {
  Program mixed = a;
  for (std::size_t i = 0; i < b.functions.size(); ++i) {
    if (i >= mixed.functions.size()) {
      mixed.functions.push_back(b.functions[i]);
    } else if (random.percent(50)) {
      mixed.functions[i] = b.functions[i];
    }
  }
  // The functions of b keep their channels, apart from those that a has in their place.
  for (std::size_t i = mixed.channels.size(); i < b.channels.size(); ++i) {
    mixed.channels.push_back(b.channels[i]);
  }
  normalise(mixed);
  return mixed;
}

/// Main does both mains, and the goroutines of both run side by side.
Program join(const Program& a, const Program& b) {
  CHECK(!a.functions.empty() && !b.functions.empty(), "both programs have a main function");
  Program joined = a;
  const std::size_t functions = a.functions.size() - 1;
  const std::size_t channels = a.channels.size();
  const auto move = [&](Operation operation) {
    if (uses_function(operation.code) && operation.function != 0) {
      operation.function = static_cast<std::uint8_t>(operation.function + functions);
    }
    for_each_channel(operation, [&](std::uint8_t& channel) {
      if (channel != kNil) channel = static_cast<std::uint8_t>(channel + channels);
    });
    return operation;
  };
  for (const Channel& channel : b.channels) joined.channels.push_back(channel);
  for (std::size_t i = 0; i < b.functions.size(); ++i) {
    if (i > 0) joined.functions.push_back({b.functions[i].frame_class, {}});
    std::vector<Operation>& body = i == 0 ? joined.functions[0].body : joined.functions.back().body;
    for (const Operation& operation : b.functions[i].body) body.push_back(move(operation));
  }
  normalise(joined);  // folds what does not fit onto what there is
  return joined;
}

template <class T>
std::vector<T> mix_lists(const std::vector<T>& a, const std::vector<T>& b, unsigned max,
                         Random& random) {
  std::vector<T> mixed;
  for (const auto* list : {&a, &b}) {
    for (const T& member : *list) {
      if (mixed.size() < max && random.percent(60)) mixed.push_back(member);
    }
  }
  return mixed;
}

}  // namespace

void mutate_schedule(Schedule& schedule, const Program& program, Random& random) {
  normalise(schedule);
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
      if (random.percent(25)) {
        if (random.percent(70)) {
          add_stop_race(schedule, program, random);
        } else {
          add_assist_race(schedule, program, random);
        }
        break;
      }
      mutate_list(schedule.stack_events, kStackEventsMax, random,
                  [&] { return draw_stack_event(program, random); });
      break;
    case 3:
      if (random.percent(40)) {
        if (random.percent(50)) add_poll_race(schedule, program, random);
        add_queue_race(schedule, random);
        break;
      }
      mutate_list(schedule.deviations, kDeviationsMax, random,
                  [&] { return draw_deviation(program, random); });
      break;
    case 4:
    case 5:
      shift_wish(schedule, program, random);
      break;
    case 6:
      schedule.strategy = draw_strategy(random);
      schedule.targets.clear();  // they are kSurw's, which is not drawn
      schedule.thread_counts.clear();
      schedule.depth = static_cast<std::uint8_t>(random.between(1, kDepthMax));
      break;
    case 7:
      schedule.processors = static_cast<std::uint8_t>(random.between(1, kProcessorsMax));
      break;
    case 8:
      toggle_knob(schedule, random);
      break;
    case 9:
    case 10:
      schedule.strategy = Strategy::kReadsFrom;
      mutate_constraints(schedule.constraints, random);
      break;
    default:
      break;  // the seed alone, which is drawn again in any case
  }
  schedule.seed = random.next();
  const std::string rule = validate(schedule);
  CHECK(rule.empty(), "a schedule stays valid in each step: " + rule);
}

void mutate(Input& input, Random& random) {
  if (is_trivial(input.program) || random.percent(kGenerateAnewPercent)) {
    input = generate(random);
    return;
  }
  const std::string rule = validate(input);
  CHECK(rule.empty(), "what is mutated is valid: " + rule);
  unsigned steps = 1;
  while (steps < 4 && random.percent(35)) ++steps;
  const bool in_program = random.percent(50);
  for (; steps > 0; --steps) {
    if (in_program) {
      mutate_program(input.program, random);
    } else {
      mutate_schedule(input.schedule, input.program, random);
    }
  }
  if (random.percent(kBusyPercent)) make_busy(input.program, input.schedule, random);
}

Input crossover(const Input& a, const Input& b, Random& random) {
  Input child = a;
  switch (random.below(4)) {
    case 0:
      child.schedule = b.schedule;
      break;
    case 1:
      child.program = mix(a.program, b.program, random);
      break;
    case 2:
      child.program = join(a.program, b.program);
      break;
    default:
      child.schedule.stack_events =
          mix_lists(a.schedule.stack_events, b.schedule.stack_events, kStackEventsMax, random);
      child.schedule.deviations =
          mix_lists(a.schedule.deviations, b.schedule.deviations, kDeviationsMax, random);
      child.schedule.constraints =
          mix_lists(a.schedule.constraints, b.schedule.constraints, kConstraintsMax, random);
      break;
  }
  child.schedule.seed = random.next();
  const std::string rule = validate(child);
  CHECK(rule.empty(), "what is made of two inputs is valid: " + rule);
  return child;
}

}  // namespace concertina::fuzzers
