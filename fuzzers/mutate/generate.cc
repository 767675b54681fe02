#include "mutate/generate.h"

#include <algorithm>
#include <initializer_list>
#include <utility>
#include <vector>

#include "base/check.h"
#include "mutate/draw.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint32_t kFewMachinesPercent = 6;
constexpr std::uint32_t kStopRacePercent = 33;    // of inputs with stack events
constexpr std::uint32_t kAssistRacePercent = 15;  // of them, too
constexpr std::uint32_t kShortSlicePercent = 10;
constexpr std::uint32_t kBusyPercent = 5;
constexpr std::uint32_t kAdaptiveStartPercent = 10;
constexpr std::uint32_t kNoFramesPercent = 8;
constexpr std::uint32_t kNoPoisonPercent = 2;  // less is seen without
constexpr std::uint32_t kStandingRequestsPercent = 15;
constexpr std::uint32_t kElasticBuffersPercent = 15;
constexpr std::uint32_t kRoundPercent = 12;
constexpr unsigned kChannelsWanted = 4;

using Body = std::vector<Operation>;

/// Collects patterns into a program: each adds channels, functions, spawns of main and main's own
/// part.
class Builder {
 public:
  explicit Builder(Random& random) : random_(random) { program_.functions.resize(1); }

  void add_pattern() {
    static constexpr Pattern kPatterns[] = {&Builder::producers_and_consumers,
                                            &Builder::producers_and_consumers,
                                            &Builder::ping_pong,
                                            &Builder::ping_pong,
                                            &Builder::select_storm,
                                            &Builder::select_storm,
                                            &Builder::select_storm,
                                            &Builder::close_with_waiters,
                                            &Builder::semaphore,
                                            &Builder::close_with_waiters,
                                            &Builder::close_by_producer,
                                            &Builder::polling,
                                            &Builder::fan_in_by_select,
                                            &Builder::pipeline,
                                            &Builder::close_with_senders,
                                            &Builder::close_under_polling,
                                            &Builder::close_under_polling,
                                            &Builder::taking_turns};
    (this->*random_.pick(kPatterns))();
  }

  Program finish(const GenerateOptions& options) {
    shuffle(spawns_);
    Body& main = program_.functions[0].body;
    CHECK(program_.functions.size() <= kFunctionsMax, "patterns add no more functions than may be");
    CHECK(main.empty(), "main is put together last");
    program_.functions[0].frame_class = draw_frame_class(random_);
    main = spawns_;
    append(main, main_);
    if (random_.percent(60)) {
      for (unsigned n = random_.below(options.noise_max + 1); n > 0; --n) add_noise();
    }
    if (random_.percent(25)) add_scans();
    if (random_.percent(60)) add_calls();
    add_checks();
    normalise(program_);  // two large patterns and noise may be longer than a body
    return std::move(program_);
  }

 private:
  using Pattern = void (Builder::*)();

  void producers_and_consumers() {
    const std::uint8_t c = channel();
    const unsigned producers = random_.between(1, 2);
    const unsigned each = rounds();
    const Body sends = repeat(each, {make_on(Code::kSend, c)});
    const Body receives = repeat(each, {receive_from(c)});
    // Main is at one end, so that the run lasts until all elements have passed.
    const bool main_receives = random_.percent(50);
    spawn(main_receives ? sends : receives, producers);
    main_does(repeat(producers, main_receives ? receives : sends));
  }

  void ping_pong() {
    const std::uint8_t there = channel();
    const std::uint8_t back = channel();
    const unsigned turns = rounds();
    spawn(repeat(turns, {receive_from(there), make_on(Code::kSend, back)}));
    main_does(repeat(turns, {make_on(Code::kSend, there), receive_from(back)}));
  }

  void select_storm() {
    const std::vector<std::uint8_t> list = channels(random_.between(2, 3));
    const unsigned workers = random_.between(1, 2);
    const unsigned turns = rounds();
    const bool main_receives = random_.percent(50);
    for (unsigned i = 0; i < workers; ++i) {
      Body body = repeat(turns, {select_over(list, main_receives)});
      // Goroutines that select both ways may also serve each other.
      if (random_.percent(25)) {
        for (Operation& operation : body) {
          for (Case& one : operation.cases) one.is_send = random_.percent(50);
        }
      }
      spawn(std::move(body));
    }
    main_does(repeat(workers * turns, {select_over(list, !main_receives)}));
  }

  void close_with_waiters() {
    const std::uint8_t c = channel();
    const std::uint8_t done = channel();
    const unsigned waiters = rounds();
    Body wait = {receive_from(c)};
    if (random_.percent(25)) wait = {make_on(Code::kRange, c), make(Code::kEnd)};
    if (random_.percent(40)) wait = {select_over({c, channel()}, false)};
    wait.push_back(make_on(Code::kSend, done));
    spawn(wait, waiters);
    if (random_.percent(40)) main_does({make(Code::kYield)});
    if (random_.percent(30)) main_does({make_on(Code::kSend, c)});
    main_does({make_on(Code::kClose, c)});
    main_does(repeat(waiters, {receive_from(done)}));
  }

  void close_by_producer() {
    const std::uint8_t c = channel();
    Body body = repeat(rounds(), {make_on(Code::kSend, c)});
    body.push_back(make_on(Code::kClose, c));
    spawn(std::move(body));
    main_does({make_on(Code::kRange, c)});
    if (random_.percent(30)) main_does({make(Code::kYield)});
    main_does({make(Code::kEnd)});
  }

  /// Ends in a panic if a sender waits by then, so what the run is about comes before the close.
  void close_with_senders() {
    const std::uint8_t c = channel_with(static_cast<std::uint8_t>(random_.below(2)));
    Body send = {make_on(Code::kSend, c)};
    if (random_.percent(40)) send = {select_over({c, channel()}, true)};
    spawn(repeat(rounds(), send), random_.between(1, 2));
    main_does({make(Code::kYield)});
    if (random_.percent(50)) main_does({receive_from(c)});
    main_does({make(Code::kYield), make_on(Code::kClose, c)});
  }

  /// The last elements and the close come during non-blocking receives (golang/go 36714), or the
  /// close takes waiting receivers away from a non-blocking sender.
  void close_under_polling() {
    if (random_.percent(40)) {
      const std::uint8_t c = channel_with(0);
      spawn({receive_from(c)}, random_.between(1, 2));
      spawn({make_on(Code::kClose, c)});
      main_does(repeat(random_.between(1, 3), {make_on(Code::kTrySend, c)}));
      return;
    }
    const std::uint8_t c = channel_with(static_cast<std::uint8_t>(random_.between(1, 2)));
    spawn({make_on(Code::kSend, c), make_on(Code::kClose, c)});
    main_does(repeat(random_.between(1, 3), {make_on(Code::kTryReceive, c)}));
  }

  /// Goroutines go through the run queues, and processors from hand to hand.
  void taking_turns() {
    const std::uint8_t done = channel();
    Body turn = {make(Code::kYield)};
    if (random_.percent(50)) turn.push_back(make(Code::kSyscall));
    Body body = repeat(rounds(), turn);
    body.push_back(make_on(Code::kSend, done));
    const unsigned count = random_.between(2, 3);
    spawn(std::move(body), count);
    main_does(repeat(rounds(), {make(Code::kYield)}));
    main_does(repeat(count, {receive_from(done)}));
  }

  void fan_in_by_select() {
    const std::vector<std::uint8_t> list = channels(random_.between(2, 3));
    for (const std::uint8_t c : list) spawn({make_on(Code::kSend, c)});
    main_does(repeat(static_cast<unsigned>(list.size()), {select_over(list, false)}));
  }

  void semaphore() {
    const std::uint8_t tokens = channel_with(1);
    const unsigned users = random_.between(1, 2);
    const Body use = {make_on(Code::kSend, tokens), make(Code::kYield),
                      make_on(Code::kReceive, tokens)};
    spawn(repeat(random_.between(1, 2), use), users);
    main_does(use);
  }

  void polling() {
    const std::uint8_t c = channel();
    spawn(repeat(random_.between(1, 3), {make_on(Code::kTrySend, c), make(Code::kYield)}));
    if (random_.percent(50)) spawn({make_on(Code::kSend, c)});
    Operation select = select_over({c, channel()}, false);
    select.has_default = true;
    const bool by_select = random_.percent(50);
    const Operation poll = by_select ? select : make_on(Code::kTryReceive, c);
    main_does(repeat(random_.between(2, 3), {poll, make(Code::kYield)}));
  }

  void pipeline() {
    const unsigned stages = random_.between(1, 2);
    const unsigned elements = rounds();
    std::uint8_t from = channel();
    const std::uint8_t first = from;
    for (unsigned i = 0; i < stages; ++i) {
      const std::uint8_t to = channel();
      spawn(repeat(elements, {make_on(Code::kReceive, from), make_on(Code::kSend, to)}));
      from = to;
    }
    spawn(repeat(elements, {make_on(Code::kSend, first)}));
    main_does(repeat(elements, {receive_from(from)}));
  }

  std::uint8_t channel() { return channel_with(draw_capacity(random_)); }

  std::uint8_t channel_with(std::uint8_t capacity) {
    CHECK(capacity <= kCapacityMax, "a channel has a capacity within the limit");
    const auto size = static_cast<std::uint32_t>(program_.channels.size());
    CHECK(size <= kChannelsWanted, "patterns share the channels that are wanted");
    // A channel that two patterns share makes them meet in ways that neither intends.
    if (size >= kChannelsWanted || (size > 0 && random_.percent(8))) {
      return static_cast<std::uint8_t>(random_.below(size));
    }
    program_.channels.push_back({capacity, draw_size_class(random_)});
    return static_cast<std::uint8_t>(size);
  }

  std::vector<std::uint8_t> channels(unsigned count) {
    std::vector<std::uint8_t> list(count);
    for (std::uint8_t& c : list) c = channel();
    return list;
  }

  void spawn(Body body, unsigned count = 1) {
    if (program_.functions.size() == kFunctionsMax) return;
    Function function;
    function.frame_class = draw_frame_class(random_);
    function.body = std::move(body);
    CHECK(count != 0, "a goroutine is started as often as the pattern says");
    const auto callee = static_cast<std::uint8_t>(program_.functions.size());
    spawns_.insert(spawns_.end(), count, make_call(Code::kSpawn, callee));
    program_.functions.push_back(std::move(function));
  }

  void main_does(const Body& operations) { append(main_, operations); }

  /// How often: mostly once or twice, because short runs are many runs.
  unsigned rounds() {
    const std::uint32_t choice = random_.below(100);
    return choice < 60 ? 1 : choice < 90 ? 2 : 3;
  }

  /// The operations `count` times: as a loop, or written out.
  Body repeat(unsigned count, const Body& operations) {
    CHECK(count != 0, "a pattern does something at least once");
    Body body;
    if (count > 1 && random_.percent(60)) {
      body.push_back(make_loop(count));
      append(body, operations);
      body.push_back(make(Code::kEnd));
      return body;
    }
    for (unsigned i = 0; i < count; ++i) append(body, operations);
    return body;
  }

  static void append(Body& to, const Body& operations) {
    to.insert(to.end(), operations.begin(), operations.end());
  }
  template <class T>
  void shuffle(std::vector<T>& list) {
    for (std::size_t i = list.size(); i > 1; --i) {
      std::swap(list[i - 1], list[random_.below(static_cast<std::uint32_t>(i))]);
    }
  }

  Operation receive_from(std::uint8_t c) {
    return make_on(random_.percent(80) ? Code::kReceive : Code::kReceiveOk, c);
  }

  /// Each call draws another order: storms need goroutines that name the channels differently.
  Operation select_over(const std::vector<std::uint8_t>& list, bool is_send) {
    std::vector<std::uint8_t> order = list;
    CHECK(!order.empty(), "a select is over some channels");
    shuffle(order);
    Operation select = make(Code::kSelect);
    for (const std::uint8_t c : order) select.cases.push_back({c, is_send, false});
    if (random_.percent(15)) select.cases.push_back(select.cases.front());
    if (random_.percent(10)) select.cases.push_back({kNil, random_.percent(50), false});
    return select;
  }

  void add_noise() {
    Body& body = any_function().body;
    const auto at = random_.below(static_cast<std::uint32_t>(body.size()) + 1);
    Operation noise = draw_operation(program_, random_);
    // A close out of place ends many programs in a panic at once, and an operation without a
    // partner in a deadlock; a few of each are enough.
    if (random_.percent(70)) {
      if (noise.code == Code::kClose) noise = make(Code::kYield);
      if (noise.code == Code::kSend) noise.code = Code::kTrySend;
      if (noise.code == Code::kReceive || noise.code == Code::kReceiveOk) {
        noise.code = Code::kTryReceive;
      }
      if (noise.code == Code::kSelect) noise.has_default = true;
    }
    body.insert(body.begin() + at, std::move(noise));
  }

  void add_scans() {
    for (unsigned n = random_.between(1, 3); n > 0; --n) {
      Body& body = any_function().body;
      const auto at = random_.below(static_cast<std::uint32_t>(body.size()) + 1);
      body.insert(body.begin() + at, make(Code::kScan));
    }
  }

  /// Communication from deep down, and goroutines whose stacks have grown before they wait.
  void add_calls() {
    for (unsigned n = random_.between(1, 2); n > 0; --n) {
      const auto function = random_.below(static_cast<std::uint32_t>(program_.functions.size()));
      const auto size = static_cast<std::uint32_t>(program_.functions[function].body.size());
      if (size == 0) continue;
      outline(program_, function, random_.below(size), random_.between(1, 2), random_);
    }
    while (random_.percent(35)) {
      const auto function = random_.below(static_cast<std::uint32_t>(program_.functions.size()));
      if (!program_.functions[function].body.empty()) inflate(program_, function, random_);
    }
  }

  void add_checks() {
    for (Function& function : program_.functions) {
      if (!function.body.empty() && random_.percent(30))
        function.body.push_back(make(Code::kCheck));
    }
  }

  Function& any_function() { return random_.pick(std::span(program_.functions)); }

  Random& random_;
  Program program_;
  Body spawns_;
  Body main_;
};

/// Memory goes round: stacks of many sizes, few to a span, and no cache keeps them.
void make_go_round(Program& program, Schedule& schedule, Random& random) {
  for (Function& function : program.functions) {
    if (random.percent(60)) function.frame_class = static_cast<std::uint8_t>(random.between(5, 7));
  }
  schedule.cache_stacks = random.percent(25);
  schedule.elastic_buffers = random.percent(75);
  schedule.adaptive_start = random.percent(50);
}

}  // namespace

Input generate(Random& random, const GenerateOptions& options) {
  Input input;
  Builder builder(random);
  builder.add_pattern();
  if (random.percent(15)) builder.add_pattern();
  input.program = builder.finish(options);
  input.schedule = draw_schedule(random);
  if (random.percent(options.stack_events_percent)) {
    const bool has_race = random.percent(65);
    if (has_race) add_copy_race(input.schedule, input.program, random);
    for (unsigned n = random.below(has_race ? 3 : 4) + (has_race ? 0 : 1); n > 0; --n) {
      input.schedule.stack_events.push_back(draw_stack_event(input.program, random));
    }
  }
  if (random.percent(options.deviations_percent)) {
    if (random.percent(40)) add_queue_race(input.schedule, random);
    if (random.percent(60)) add_poll_race(input.schedule, input.program, random);
    for (unsigned n = random.between(1, 2); n > 0; --n) {
      input.schedule.deviations.push_back(draw_deviation(input.program, random));
    }
  }
  // Last, so that the other inputs are what they were before there were these.
  if (random.percent(kFewMachinesPercent)) input.schedule.machines_max = draw_few_machines(random);
  if (!input.schedule.stack_events.empty() && random.percent(kStopRacePercent)) {
    add_stop_race(input.schedule, input.program, random);
  }
  if (random.percent(kShortSlicePercent)) input.schedule.slice = draw_slice(random);
  if (random.percent(kBusyPercent)) make_busy(input.program, input.schedule, random);
  if (!input.schedule.stack_events.empty() && random.percent(kAssistRacePercent)) {
    add_assist_race(input.schedule, input.program, random);
  }
  input.schedule.adaptive_start = random.percent(kAdaptiveStartPercent);
  input.schedule.elastic_buffers = random.percent(kElasticBuffersPercent);
  input.schedule.native_frames = !random.percent(kNoFramesPercent);
  input.schedule.poison = !random.percent(kNoPoisonPercent);
  input.schedule.standing_requests = random.percent(kStandingRequestsPercent);
  if (random.percent(kRoundPercent)) make_go_round(input.program, input.schedule, random);
  const std::string rule = validate(input);
  CHECK(rule.empty(), "a generated input is valid: " + rule);
  return input;
}

}  // namespace concertina::fuzzers
