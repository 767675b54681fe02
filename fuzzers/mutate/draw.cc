#include "mutate/draw.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "mutate/site_pairs.h"

namespace concertina::fuzzers {
namespace {

using enum Site;

// Where a goroutine is about to wait. A scan asked for here mostly finds it waiting: measured, 40 %
// of such requests copy a stack under channel locks, against 1 to 5 % of those made elsewhere.
constexpr Site kParkingSites[] = {kParkingOnChanStore,  kParkStatus,       kParkingOnChanClear,
                                  kActiveStackChansSet, kParkCommitUnlock, kSelectParkCommitUnlock,
                                  kChanSendLock,        kChanReceiveLock,  kSelectLock};

// What nearly every goroutine passes before it waits; a growth asked for between two prologues
// happens at the next one.
constexpr Site kEarlySites[] = {kExecuteStatus, kExecuteStatus, kChanSendPrologue, kSelectPrologue,
                                kChanReceivePrologue};

// Where a goroutine is about to use what belongs to one that waits, or has just been woken.
constexpr Site kWakingSites[] = {
    kSendDirect,         kReceiveDirect,        kSudogElementLoad, kWakeUnlock,
    kSudogElementStore,  kSelectDoneUpdate,     kReadyStatus,      kActiveStackChansClear,
    kChanSendLock,       kChanReceiveLock,      kSelectLock,       kSelectUnlock,
    kChanCloseUnlock,    kClearElement,         kExecuteStatus,    kChanSendFastFull,
    kChanSendFastClosed, kChanReceiveFastClosed};

// A few steps before a place where a goroutine may stop inside a channel operation: a scan that is
// asked for here comes in time. In the very last step it would not.
constexpr Site kBeforeStopSites[] = {
    Site::kExecuteStatus,    Site::kExecuteStatus, Site::kReadyStatus,   Site::kSudogElementLoad,
    Site::kSelectDoneUpdate, Site::kSendDirect,    Site::kReceiveDirect, Site::kChanSendLock,
    Site::kChanReceiveLock,  Site::kSelectLock,    Site::kChanCloseLock, Site::kParkingOnChanStore,
};

// Between the pieces of submitting work, moving it from queue to queue, and looking for it.
constexpr Site kQueueSites[] = {kRunQueueHeadLoad, kRunQueueTailLoad,     kRunQueueTailStore,
                                kRunNextLoad,      kGlobalQueueSizeStore, kSpinningUpdate,
                                kQueueLookHead,    kNeedSpinning,         kIdleProcessorsStore,
                                kRunQueueSlot,     kRunQueueHeadUpdate};

constexpr bool is_channel_site(std::string_view name) {
  return !name.ends_with("-prologue") &&
         (name.starts_with("park") || name.starts_with("chan-") || name.starts_with("select-") ||
          name.ends_with("-store") || name.ends_with("-direct") || name.ends_with("-status"));
}

constexpr bool is_prologue(std::string_view name) { return name.ends_with("-prologue"); }

/// The sites whose names satisfy a condition, found when the harness is compiled.
template <bool (*kCondition)(std::string_view)>
class SiteList {
 public:
  constexpr SiteList() {
    constexpr std::string_view kNames[] = {
#define SITE(name, text) text,
#include "base/site.def"
#undef SITE
    };
    for (unsigned i = 0; i < kSiteCount; ++i) {
      if (kCondition(kNames[i])) sites_[size_++] = static_cast<Site>(i);
    }
  }
  Site draw(Random& random) const { return sites_[random.below(size_)]; }

 private:
  std::array<Site, kSiteCount> sites_{};
  unsigned size_ = 0;
};

constexpr SiteList<is_channel_site> kChannelSites;
constexpr SiteList<is_prologue> kPrologues;

/// An index with the probability weights[i] / sum.
template <std::size_t kSize>
std::uint8_t weighted(const std::uint8_t (&weights)[kSize], Random& random) {
  std::uint32_t sum = 0;
  for (const std::uint8_t weight : weights) sum += weight;
  CHECK(sum != 0, "something has a weight");
  std::uint32_t left = random.below(sum);
  std::uint8_t i = 0;
  for (; left >= weights[i]; ++i) {
    CHECK(i + 1U < kSize, "a draw below the sum falls to one of the weights");
    left -= weights[i];
  }
  return i;
}

std::uint8_t draw_occurrence(Random& random) {
  if (random.percent(50)) return 0;
  return static_cast<std::uint8_t>(random.percent(70) ? random.between(1, 3) : random.below(12));
}

Site draw_scan_site(Random& random) {
  const std::uint32_t choice = random.below(100);
  if (choice < 60) return random.pick(kParkingSites);
  return choice < 80 ? random.pick(kWakingSites) : kChannelSites.draw(random);
}

// Where a goroutine may stop, or shrink its stack, inside one of the function's operations: woken,
// with its losing cases still queued; between its unlock and the ready of its partner; in a close,
// between two partners. Of a few operations that are looked at, the first that has such a place.
Site draw_point(const Program& program, std::size_t function, Random& random) {
  for (unsigned tries = 0; tries < 8; ++tries) {
    CHECK(function < program.functions.size(), "a point is in one of the program's functions");
    const std::vector<Operation>& body = program.functions[function].body;
    if (body.empty()) break;
    const Operation& operation = random.pick(std::span(body));
    if (operation.code == Code::kCall) function = operation.function;
    if (operation.code == Code::kClose) return Site::kCloseReadyPoint;
    if (operation.code == Code::kSelect && random.percent(65)) return Site::kSelectWokenPoint;
    if (operation.code == Code::kLen || operation.code == Code::kCap) continue;
    if (operation.code == Code::kSelect || uses_channel(operation.code)) {
      return random.percent(60) ? Site::kReadyPoint : Site::kWokenPoint;
    }
  }
  return random.percent(60) ? Site::kReadyPoint : Site::kWokenPoint;
}

Site draw_stop_site(const Program& program, std::size_t function, Random& random) {
  const std::uint32_t choice = random.below(100);
  if (choice < 60) return draw_point(program, function, random);
  if (choice < 75) return random.pick(kBeforeStopSites);
  return choice < 90 ? kPrologues.draw(random) : kChannelSites.draw(random);
}

// An interrupt that is asked for elsewhere strikes where the program's own code goes on: after a
// system call with what was asked in it still to be done.
Site draw_interrupt_site(const Program& program, std::size_t function, Random& random) {
  if (random.percent(25)) return draw_stop_site(program, function, random);
  const bool has_calls = std::ranges::any_of(program.functions, [](const Function& one) {
    return std::ranges::any_of(
        one.body, [](const Operation& operation) { return operation.code == Code::kSyscall; });
  });
  return has_calls && random.percent(60) ? Site::kSyscallSleep : Site::kUserCode;
}

/// `function`: what the goroutine runs, as far as is known.
Site draw_site_for(StackAction action, const Program& program, std::size_t function,
                   Random& random) {
  switch (action) {
    case StackAction::kScanShrink:
    case StackAction::kScanMove:
      return draw_scan_site(random);
    case StackAction::kShrink:
      if (random.percent(60)) return draw_point(program, function, random);
      // A call may have grown the stack just before, and its frame must fit afterwards.
      return random.percent(50) ? Site::kUserPrologue : kPrologues.draw(random);
    case StackAction::kPreempt:
    case StackAction::kAssist:
      return draw_stop_site(program, function, random);
    case StackAction::kInterrupt:
      return draw_interrupt_site(program, function, random);
    default:
      return kPrologues.draw(random);
  }
}

/// Main, or a goroutine that main starts, and what it runs.
struct Actor {
  SpawnPath path = kMainPath;
  std::size_t function = 0;
};

Actor draw_actor(const Program& program, Random& random) {
  std::vector<Actor> actors{Actor{}};
  for (const Operation& operation : program.functions[0].body) {
    if (operation.code != Code::kSpawn) continue;
    const auto ordinal = static_cast<std::uint32_t>(actors.size() - 1);
    actors.push_back({child_path(kMainPath, ordinal), operation.function});
  }
  return random.pick(std::span(actors));
}

Site draw_hold_site(Random& random) {
  const std::uint32_t choice = random.below(100);
  if (choice < 55) return random.pick(kWakingSites);
  if (choice < 75) return random.pick(kParkingSites);
  if (choice < 88) return random.pick(kQueueSites);
  return static_cast<Site>(random.below(kSiteCount));
}

}  // namespace

std::uint8_t draw_capacity(Random& random) {
  if (random.percent(60)) return 0;
  return static_cast<std::uint8_t>(random.percent(80) ? random.between(1, 2)
                                                      : random.between(1, kCapacityMax));
}

std::uint8_t draw_size_class(Random& random) {
  static constexpr std::uint8_t kWeights[kElementSizeClasses] = {6, 8,  3, 5, 36, 8,
                                                                 5, 12, 6, 5, 4,  2};
  return weighted(kWeights, random);
}

std::uint8_t draw_frame_class(Random& random) {
  static constexpr std::uint8_t kWeights[kFramePaddingClasses] = {30, 20, 12, 12, 10, 8, 5, 3};
  return weighted(kWeights, random);
}

std::uint8_t draw_channel(const Program& program, Random& random) {
  if (program.channels.empty() || random.percent(3)) return kNil;
  return static_cast<std::uint8_t>(
      random.below(static_cast<std::uint32_t>(program.channels.size())));
}

Operation draw_select(const Program& program, Random& random) {
  Operation select = make(Code::kSelect);
  const unsigned cases = random.percent(90) ? random.between(1, 4) : random.below(9);
  for (unsigned i = 0; i < cases; ++i) {
    select.cases.push_back({draw_channel(program, random), random.percent(45), random.percent(15)});
  }
  select.has_default = random.percent(25);
  return select;
}

Operation draw_operation(const Program& program, Random& random) {
  static constexpr Code kCodes[] = {
      Code::kSend,  Code::kReceive, Code::kReceiveOk, Code::kTrySend, Code::kTryReceive,
      Code::kClose, Code::kSelect,  Code::kYield,     Code::kScan,    Code::kSyscall,
      Code::kLen,   Code::kCap,     Code::kCheck,     Code::kSpawn,   Code::kCall,
  };
  static constexpr std::uint8_t kWeights[] = {20, 20, 6, 4, 4, 3, 16, 5, 5, 3, 1, 1, 3, 5, 8};
  static_assert(std::size(kCodes) == std::size(kWeights));
  const Code code = kCodes[weighted(kWeights, random)];
  if (code == Code::kSelect) return draw_select(program, random);
  CHECK(!opens_block(code) && code != Code::kEnd, "no bracket is drawn alone");
  Operation operation = make(code);
  if (uses_channel(code)) operation.channel = draw_channel(program, random);
  if (uses_function(code)) {
    operation.function = static_cast<std::uint8_t>(
        random.below(static_cast<std::uint32_t>(program.functions.size())));
  }
  if (uses_pointer(code)) operation.by_pointer = random.percent(20);
  if (uses_count(code)) {
    const CountRange range = count_range(code);
    operation.count =
        static_cast<std::uint8_t>(range.min + random.below(range.max - range.min + 1U));
  }
  return operation;
}

SpawnPath draw_path(const Program& program, Random& random) {
  if (random.percent(55)) return kAnyPath;
  CHECK(!program.functions.empty(), "a program has a main function");
  unsigned children = 0;
  for (const Operation& operation : program.functions[0].body) {
    if (operation.code == Code::kSpawn) ++children;
  }
  if (children == 0 || random.percent(30)) return kMainPath;
  const SpawnPath child = child_path(kMainPath, random.below(children));
  return random.percent(5) ? child_path(child, random.below(2)) : child;
}

StackEvent draw_stack_event(const Program& program, Random& random) {
  static constexpr std::uint8_t kWeights[] = {0, 13, 13, 20, 36, 6, 8, 4, 5};  // by StackAction
  static_assert(std::size(kWeights) == 1 + static_cast<unsigned>(kLastStackAction));
  StackEvent event;
  event.action = static_cast<StackAction>(weighted(kWeights, random));
  CHECK(event.action != StackAction::kNone, "a stack event does something");
  const auto function = random.below(static_cast<std::uint32_t>(program.functions.size()));
  event.key.site = draw_site_for(event.action, program, function, random);
  event.key.path = draw_path(program, random);
  event.key.occurrence = draw_occurrence(random);
  return event;
}

Deviation draw_deviation(const Program& program, Random& random) {
  Deviation deviation;
  deviation.key.path = draw_path(program, random);
  deviation.key.occurrence = draw_occurrence(random);
  if (random.percent(70)) {
    deviation.kind = random.percent(85) ? DeviationKind::kHold : DeviationKind::kPrefer;
    deviation.key.site = draw_hold_site(random);
    deviation.value = static_cast<std::uint8_t>(1U << random.between(2, 7));
  } else {
    deviation.kind = DeviationKind::kChoose;
    deviation.key.site = random.percent(80) ? Site::kSelectOrder : Site::kStealOrder;
    deviation.value = static_cast<std::uint8_t>(random.below(6));
  }
  return deviation;
}

void add_copy_race(Schedule& schedule, const Program& program, Random& random) {
  StackEvent scan;
  scan.action = StackAction::kScanMove;
  scan.key.path = draw_path(program, random);
  if (scan.key.path == kAnyPath) scan.key.path = draw_path(program, random);
  scan.key.site = random.pick(kParkingSites);
  scan.key.occurrence = static_cast<std::uint8_t>(random.percent(60) ? 0 : random.between(1, 3));
  if (scan.key.path != kAnyPath && random.percent(60)) {
    // A stack has to have grown before it can shrink.
    scan.action = StackAction::kScanShrink;
    const Key early = {scan.key.path, random.pick(kEarlySites), 0};
    schedule.stack_events.push_back({StackAction::kGrow, early});
    // A stack of 4 KiB shrinks only below frames of a few hundred bytes.
    if (random.percent(50)) {
      const Key later = {scan.key.path, kPrologues.draw(random), 0};
      schedule.stack_events.push_back({StackAction::kGrow, later});
    }
  }
  schedule.stack_events.push_back(scan);
  if (random.percent(40)) {
    Deviation hold;
    hold.key.site = random.percent(75) ? random.pick(kWakingSites) : random.pick(kParkingSites);
    hold.key.occurrence = static_cast<std::uint8_t>(random.percent(60) ? 0 : random.between(1, 3));
    hold.value = static_cast<std::uint8_t>(1U << random.between(3, 6));
    schedule.deviations.push_back(hold);
  }
  normalise(schedule);
}

void add_stop_race(Schedule& schedule, const Program& program, Random& random) {
  static constexpr StackAction kActions[] = {StackAction::kPreempt, StackAction::kShrink,
                                             StackAction::kInterrupt};
  static constexpr std::uint8_t kWeights[] = {45, 30, 25};
  StackEvent stop;
  stop.action = kActions[weighted(kWeights, random)];
  // A stack has to have grown before it can shrink, by itself or for the scanner.
  const bool shrinks = stop.action == StackAction::kShrink || random.percent(40);
  const Actor actor = draw_actor(program, random);
  stop.key.path = shrinks || random.percent(60) ? actor.path : kAnyPath;
  stop.key.site = draw_site_for(stop.action, program, actor.function, random);
  stop.key.occurrence = static_cast<std::uint8_t>(random.percent(70) ? 0 : random.between(1, 3));
  for (unsigned n = shrinks ? random.between(1, 3) : 0; n > 0; --n) {
    const Site site = n < 3 ? random.pick(kEarlySites) : kPrologues.draw(random);
    schedule.stack_events.push_back({StackAction::kGrow, {stop.key.path, site, 0}});
  }
  // The scanner comes while the goroutine is stopped, or stops it itself.
  if (stop.action != StackAction::kShrink && random.percent(60)) {
    StackEvent scan = {shrinks ? StackAction::kScanShrink : StackAction::kScanMove, stop.key};
    scan.key.site =
        stop.key.site == Site::kSyscallSleep ? Site::kSyscallStatus : random.pick(kBeforeStopSites);
    schedule.stack_events.push_back(scan);
  }
  schedule.stack_events.push_back(stop);
  // What the scanner asks of an interrupted goroutine is still due when the next interrupt strikes.
  if (stop.action == StackAction::kInterrupt && random.percent(30)) {
    ++stop.key.occurrence;
    schedule.stack_events.push_back(stop);
  }
  normalise(schedule);
}

void add_assist_race(Schedule& schedule, const Program& program, Random& random) {
  static constexpr Site kDuringSites[] = {Site::kAssistStatus, Site::kScanSuspend,
                                          Site::kScanResume};
  const Actor actor = draw_actor(program, random);
  const auto assists = [&](SpawnPath path) {
    StackEvent event{StackAction::kAssist, {path, Site::kUserPrologue, 0}};
    event.key.site = random.percent(30)
                         ? random.pick(kEarlySites)
                         : draw_site_for(event.action, program, actor.function, random);
    if (random.percent(30)) event.key.occurrence = draw_occurrence(random);
    schedule.stack_events.push_back(event);
  };
  for (unsigned n = random.below(3); n > 0; --n) {
    schedule.stack_events.push_back(
        {StackAction::kGrow, {actor.path, random.pick(kEarlySites), 0}});
  }
  assists(actor.path);
  if (random.percent(50)) assists(draw_actor(program, random).path);
  if (random.percent(60)) {
    schedule.stack_events.push_back(
        {random.percent(60) ? StackAction::kScanMove : StackAction::kScanShrink,
         {actor.path, random.pick(kDuringSites), 0}});
  }
  normalise(schedule);
}

void add_poll_race(Schedule& schedule, const Program& program, Random& random) {
  static constexpr Site kSendSites[] = {Site::kChanSendFastFull, Site::kChanSendFastClosed};
  static constexpr Site kReceiveSites[] = {Site::kChanReceiveFastClosed,
                                           Site::kChanReceiveFastEmptyAgain};
  for (const Function& function : program.functions) {
    for (const Operation& operation : function.body) {
      const bool is_send = operation.code == Code::kTrySend;
      if (!is_send && operation.code != Code::kTryReceive) continue;
      const Site site = is_send ? random.pick(kSendSites) : random.pick(kReceiveSites);
      const auto occurrence = static_cast<std::uint8_t>(random.below(3));
      schedule.deviations.push_back({DeviationKind::kHold,
                                     {kAnyPath, site, occurrence},
                                     static_cast<std::uint8_t>(1U << random.between(3, 6))});
      return normalise(schedule);
    }
  }
}

void add_queue_race(Schedule& schedule, Random& random) {
  // A thread that comes to one of the places waits there, the first few times.
  const auto hold = [&](Site site, SpawnPath path, unsigned decisions) {
    for (std::uint8_t i = 0; i < 4; ++i) {
      const Key key = {path, site, i};
      schedule.deviations.push_back(
          {DeviationKind::kHold, key, static_cast<std::uint8_t>(decisions)});
    }
  };
  // A submitter is late between the pieces of a put, and a machine in its last look before it
  // sleeps, for longer.
  hold(random.percent(60) ? Site::kRunQueueTailStore : random.pick(kQueueSites), kAnyPath,
       1U << random.between(2, 4));
  hold(random.percent(60) ? Site::kQueueLookNext : random.pick(kQueueSites), kSchedulerPath,
       1U << random.between(4, 6));
  normalise(schedule);
}

// Measured on generated inputs with 27 mutants put back, 9 seeds, geometric mean of the medians:
// half random, half PCT 76 runs; random alone 77, PCT 90, POS 61, reads-from 61. Each is the best
// on some: PCT finds `wake-gives-up-after-unlock` in a seventh of POS's runs.
Strategy draw_strategy(Random& random) {
  static constexpr Strategy kStrategies[] = {Strategy::kRandom, Strategy::kPct, Strategy::kPos,
                                             Strategy::kReadsFrom};
  static constexpr std::uint8_t kWeights[] = {5, 20, 40, 35};
  static_assert(std::size(kStrategies) == std::size(kWeights));
  return kStrategies[weighted(kWeights, random)];
}

// Programs of a few goroutines need that many machines or one or two more.
std::uint8_t draw_few_machines(Random& random) {
  return static_cast<std::uint8_t>(random.between(kMachinesMin, 5));
}

// Short ones preempt between two operations, and within them; medium ones end in the middle of what
// goroutines do for each other.
std::uint8_t draw_slice(Random& random) {
  const bool is_short = random.percent(60);
  return static_cast<std::uint8_t>(is_short ? random.between(1, 4) : random.between(5, 40));
}

void make_busy(Program& program, Schedule& schedule, Random& random) {
  const unsigned turns = count_range(Code::kLoop).max;
  const bool has_calls = random.percent(40);  // a processor given away, and taken back
  for (Function& function : program.functions) {
    std::vector<Operation>& body = function.body;
    const auto loop = std::ranges::find(body, Code::kLoop, &Operation::code);
    if (loop != body.end()) {
      loop->count = static_cast<std::uint8_t>(turns);
    } else if (std::ranges::find(body, Code::kRange, &Operation::code) == body.end()) {
      // A spawn gives half of the fuel away, so those are not done again.
      const auto rest =
          std::ranges::find(body.rbegin(), body.rend(), Code::kSpawn, &Operation::code).base();
      if (random.percent(25)) continue;
      body.insert(rest, make_loop(turns));
      body.push_back(make(Code::kEnd));
    }
    if (!has_calls || random.percent(50)) continue;
    const auto begin = std::ranges::find(body, Code::kLoop, &Operation::code);
    if (begin != body.end()) body.insert(begin + 1, make(Code::kSyscall));
  }
  schedule.processors = static_cast<std::uint8_t>(random.between(1, 2));
  schedule.slice =
      random.percent(80) ? static_cast<std::uint8_t>(random.between(1, 12)) : kSliceDefault;
  normalise(program);
}

Schedule draw_schedule(Random& random) {
  static constexpr std::uint8_t kProcessorWeights[] = {10, 55, 20, 15};
  static constexpr std::uint8_t kDepths[] = {2, 3, 3, 5, 10};
  Schedule schedule;
  schedule.processors = static_cast<std::uint8_t>(1 + weighted(kProcessorWeights, random));
  schedule.strategy = draw_strategy(random);
  schedule.depth = random.pick(kDepths);
  schedule.seed = random.next();
  schedule.move_at_every_prologue = random.percent(12);
  schedule.reuse_stacks = !random.percent(10);
  schedule.cache_stacks = !random.percent(10);
  schedule.shrink_stacks = !random.percent(3);
  if (schedule.strategy == Strategy::kReadsFrom) {
    for (unsigned n = random.between(1, 3); n > 0; --n) {
      schedule.constraints.push_back(draw_constraint(random));
    }
  }
  return schedule;
}

Operation make(Code code) { return {.code = code}; }

Operation make_on(Code code, std::uint8_t channel) {
  CHECK(uses_channel(code) && (channel == kNil || channel < kChannelsMax),
        "an operation on a channel names one, or nil");
  return {.code = code, .channel = channel};
}

Operation make_call(Code code, std::uint8_t function) {
  CHECK(uses_function(code) && function < kFunctionsMax, "a call names a function");
  return {.code = code, .function = function};
}

Operation make_loop(unsigned count) {
  CHECK(count >= 1 && count <= kLoopCountMax, "a loop has as many rounds as may be");
  return {.code = Code::kLoop, .count = static_cast<std::uint8_t>(count)};
}

bool outline(Program& program, std::size_t function, std::size_t at, unsigned depth,
             Random& random) {
  const std::size_t first = program.functions.size();
  CHECK(function < first, "what is moved is in one of the program's functions");
  CHECK(at < program.functions[function].body.size(), "what is moved is in the function's body");
  if (depth == 0 || first + depth > kFunctionsMax) return false;
  Operation moved = program.functions[function].body[at];  // a copy: functions move below
  if (opens_block(moved.code) || moved.code == Code::kEnd || moved.code == Code::kSpawn) {
    return false;
  }
  // The outermost call passes what the old operation would have used: own locals, unless it used
  // pointers itself.
  std::vector<Operation>& body = program.functions[function].body;
  body[at] = make_call(Code::kCall, static_cast<std::uint8_t>(first));
  body[at].by_pointer = moved.by_pointer;
  // A frame has locals for the channels that its function names, so it must keep naming them.
  std::uint32_t named = channels_named_by(body);
  for_each_channel(moved, [&](std::uint8_t channel) {
    if (channel == kNil || (named >> channel & 1) != 0 || body.size() == kOperationsMax) return;
    body.insert(body.begin() + static_cast<std::ptrdiff_t>(at) + 1, make_on(Code::kLen, channel));
    named |= 1U << channel;
  });
  if (uses_pointer(moved.code)) moved.by_pointer = true;
  for (Case& one : moved.cases) one.by_pointer = true;
  for (unsigned level = 1; level <= depth; ++level) {
    Function made;
    made.frame_class = draw_frame_class(random);
    if (level < depth) {
      made.body.push_back(make_call(Code::kCall, static_cast<std::uint8_t>(first + level)));
      made.body.back().by_pointer = true;
    } else {
      made.body.push_back(std::move(moved));  // NOLINT(bugprone-use-after-move): the last turn
    }
    if (random.percent(25)) made.body.push_back(make(Code::kCheck));
    program.functions.push_back(std::move(made));
    CHECK(program.functions.size() == first + level, "calls lead down through the new functions");
  }
  return true;
}

bool inflate(Program& program, std::size_t function, Random& random) {
  CHECK(function < program.functions.size(), "a large frame goes before one of the functions");
  if (program.functions.size() == kFunctionsMax) return false;
  std::vector<Operation>& body = program.functions[function].body;
  if (body.size() == kOperationsMax) return false;
  const auto callee = static_cast<std::uint8_t>(program.functions.size());
  body.insert(body.begin(), make_call(Code::kCall, callee));
  Function large;
  large.frame_class =
      static_cast<std::uint8_t>(random.between(kFramePaddingClasses - 3, kFramePaddingClasses - 1));
  program.functions.push_back(std::move(large));
  return true;
}

}  // namespace concertina::fuzzers
