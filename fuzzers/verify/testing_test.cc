// Tiny programs (testing.h), and that they are what they are meant to be.
#include "verify/testing.h"

#include <gtest/gtest.h>

#include "base/sanitizer.h"

namespace concertina::fuzzers {
namespace {

unsigned operations_of(Random& random, unsigned threads) {
  return threads == 2 ? random.between(1, 4) : random.between(1, 3);
}

TinyOperation draw_operation(Random& random) {
  TinyOperation operation;
  do {
    operation.code = static_cast<TinyCode>(random.below(static_cast<unsigned>(TinyCode::kCount)));
    // Cells that nothing protects are races, and ThreadSanitizer says so.
  } while (sanitizer::kWatchesRaces &&
           (operation.code == TinyCode::kCellLoad || operation.code == TinyCode::kCellStore));
  operation.object = static_cast<std::uint8_t>(random.below(TinyProgram::kObjects));
  operation.value = static_cast<std::uint8_t>(random.below(3));
  return operation;
}

}  // namespace

// Locks come in pairs around what is between; operations without a yield point cost nothing.
TinyProgram draw_tiny(Random& random) {
  TinyProgram program;
  program.threads = random.between(2, 3);
  program.ends_the_run = random.percent(30);
  for (unsigned t = 0; t < program.threads; ++t) {
    int held = -1;
    unsigned& size = program.sizes[t];
    for (unsigned left = operations_of(random, program.threads); left > 0; --left) {
      TinyOperation operation = draw_operation(random);
      if (operation.code == TinyCode::kUnlock) continue;
      if (operation.code == TinyCode::kLock) {
        if (held == operation.object || size + 3 > TinyProgram::kOperations) continue;
        // A second lock inside of the first: the road to deadlock.
        if (held >= 0) {
          program.body[t][size++] = operation;
          operation.code = TinyCode::kUnlock;
        } else {
          held = operation.object;
        }
      }
      if (size + 1 < TinyProgram::kOperations) program.body[t][size++] = operation;
    }
    if (held >= 0) {
      program.body[t][size++] = {TinyCode::kUnlock, static_cast<std::uint8_t>(held), 0};
    }
  }
  return program;
}

namespace {

struct Things {
  platform::Atomic<std::uint32_t>* atomics[TinyProgram::kObjects];
  platform::Cell<std::uint32_t>* cells[TinyProgram::kObjects];
  platform::Mutex* locks[TinyProgram::kObjects];
};

std::uint32_t perform(const TinyOperation& operation, const Things& things, std::uint32_t seen) {
  auto& atomic = *things.atomics[operation.object];
  switch (operation.code) {
    case TinyCode::kLoad:
      return atomic.load(Site::kTest);
    case TinyCode::kStore:
      atomic.store(operation.value, Site::kTest);
      return seen;
    case TinyCode::kAdd:
      return atomic.fetch_add(operation.value + 1U, Site::kTest);
    case TinyCode::kSwap:
      return atomic.compare_exchange(seen, operation.value, Site::kTest) ? 1U : seen;
    case TinyCode::kLock:
      things.locks[operation.object]->lock(Site::kTest);
      return seen;
    case TinyCode::kUnlock:
      things.locks[operation.object]->unlock(Site::kTest);
      return seen;
    case TinyCode::kCellLoad:
      return things.cells[operation.object]->load(Site::kTest);
    case TinyCode::kCellStore:
      things.cells[operation.object]->store(operation.value, Site::kTest);
      return seen;
    case TinyCode::kPeek:
      return atomic.poll();
    case TinyCode::kPoke:
      // Of an atomic there is one writer; and two of a cell are a race.
      if (!sanitizer::kWatchesRaces) things.cells[operation.object]->plant(operation.value);
      return seen;
    case TinyCode::kWaitUntilSet:
      return platform::spin_until(atomic, [](std::uint32_t v) { return v != 0; }, Site::kTest);
    case TinyCode::kDraw:
      return platform::choose(3, Site::kTest);
    case TinyCode::kPause:
      platform::sleep_ns(1, Site::kTest);
      return static_cast<std::uint32_t>(platform::now_ns());
    default:
      return seen;
  }
}

void run_thread(const TinyProgram& program, unsigned thread, const Things& things) {
  std::uint32_t seen = 0;
  for (unsigned i = 0; i < program.sizes[thread]; ++i) {
    const TinyOperation& operation = program.body[thread][i];
    if (operation.code == TinyCode::kSkipIfOdd) {
      i += seen & 1;
      // A lock and its end must not be skipped: the platform takes neither twice.
      if (i < program.sizes[thread] && (program.body[thread][i].code == TinyCode::kLock ||
                                        program.body[thread][i].code == TinyCode::kUnlock)) {
        i -= seen & 1;
      }
      continue;
    }
    seen = perform(operation, things, seen);
    test::say(seen);
  }
}

}  // namespace

test::RunResult run_tiny(simulator::World& world, const TinyProgram& program, Chooser& chooser,
                         RunLog* log) {
  const simulator::Config config{
      .chooser = &chooser, .log = log, .steps_max = 2000, .events_max = 2000};
  return test::run_body(world, config, [&program] {
    auto& things = test::make<Things>();
    for (unsigned i = 0; i < TinyProgram::kObjects; ++i) {
      things.atomics[i] = &test::make<platform::Atomic<std::uint32_t>>(0U);
      things.cells[i] = &test::make<platform::Cell<std::uint32_t>>(0U);
      things.locks[i] = &test::make<platform::Mutex>(LockRank::kNone, i);
    }
    for (unsigned t = 1; t < program.threads; ++t) {
      test::start([&program, t, &things] { run_thread(program, t, things); });
    }
    run_thread(program, 0, things);
    if (program.ends_the_run) return;
    auto& never = test::make<platform::Note>();
    never.sleep(Site::kTest);
  });
}

std::uint64_t outcome_of(const test::RunResult& run, ThreadMask threads) {
  std::uint64_t of_thread[kThreadsMax] = {};
  for (const Event& event : run.events) {
    if (event.kind != EventKind::kLenSeen || (threads >> event.thread & 1) == 0) continue;
    of_thread[event.thread] = mix(of_thread[event.thread], as<event::LenSeen>(event).length + 1U);
  }
  std::uint64_t hash = static_cast<std::uint64_t>(run.report.outcome);
  for (const std::uint64_t one : of_thread) hash = mix(hash, one);
  return hash;
}

Reached explore_tiny(simulator::World& world, const TinyProgram& program, unsigned bound,
                     const BoundedOptions& options, std::uint64_t runs_max) {
  Reached reached;
  BoundedSearch search(options);
  search.start(bound, Schedule{});
  while (!search.is_done() && search.runs() < runs_max) {
    search.begin_run();
    const test::RunResult run = run_tiny(world, program, search);
    const BoundedSearch::RunEnd end = search.end_run(run.report.outcome != Outcome::kHung);
    EXPECT_FALSE(end.has_diverged);
    if (end.is_cut) continue;
    EXPECT_LE(end.preemptions, search.is_learning() ? 1000 : bound);
    if (search.is_learning()) continue;
    reached.classes.insert(end.trace_class);
    reached.outcomes.insert(outcome_of(run, ~ThreadMask{0}));
    reached.views.insert(outcome_of(run, program.ends_the_run ? 1 : ~ThreadMask{0}));
  }
  reached.runs = search.runs();
  reached.is_complete = search.is_done();
  return reached;
}

TEST(Tiny, ARunIsAFunctionOfItsProgramAndSchedule) {
  simulator::World world;
  Random random(3);
  for (unsigned i = 0; i < 100; ++i) {
    const TinyProgram program = draw_tiny(random);
    test::Random first(i);
    test::Random second(i);
    EXPECT_EQ(outcome_of(run_tiny(world, program, first), ~ThreadMask{0}),
              outcome_of(run_tiny(world, program, second), ~ThreadMask{0}));
  }
}

TEST(Tiny, SomeProgramsDeadlock) {
  simulator::World world;
  Random random(3);
  unsigned stuck = 0;
  for (unsigned i = 0; i < 2000; ++i) {
    test::Random chooser(i);
    const test::RunResult run = run_tiny(world, draw_tiny(random), chooser);
    for (const auto& thread : run.report.threads) stuck += thread.lock_holder >= 0 ? 1 : 0;
  }
  EXPECT_GT(stuck, 0U);
}

}  // namespace concertina::fuzzers
