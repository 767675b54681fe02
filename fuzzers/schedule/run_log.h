// RunLog: what a run did, as far as a search learns from it; and Logging, the chooser that notes
// it.
//
// Plain data of fixed size, so that it may lie in memory shared with another process. Only runs
// to learn from are noted: it costs a few nanoseconds per step.
#pragma once

#include <array>
#include <cstdint>

#include "schedule/conflict.h"

namespace concertina::fuzzers {

/// One step, as it was pending before it took effect.
struct StepNote {
  ObjectId object = 0;
  SpawnPath path = 0;
  ThreadId thread = 0;
  Site site{};
  OperationKind kind{};
};

struct RunLog {
  static constexpr std::uint32_t kStepsMax = 8192;    // further ones are counted, not kept
  static constexpr std::uint32_t kObjectsMax = 4096;  // likewise

  std::uint32_t steps = 0;
  std::uint32_t decisions = 0;
  std::uint32_t objects = 0;
  std::array<StepNote, kStepsMax> notes;
  std::array<SpawnPath, kObjectsMax + 1> makers;  // by object: on whose behalf it was made

  std::uint32_t kept_steps() const { return steps < kStepsMax ? steps : kStepsMax; }
};

/// Another strategy, and a log of what it did.
class Logging final : public Chooser {
 public:
  void reset(Chooser& strategy, RunLog& log) {
    strategy_ = &strategy;
    log_ = &log;
    strategy_observes_ = strategy.observes();
    strategy_names_objects_ = strategy.names_objects();
    log.steps = log.decisions = log.objects = 0;
    log.makers[0] = kAnyPath;
  }

  void started(ThreadId thread) override { strategy_->started(thread); }
  ThreadId pick(ThreadMask enabled, ThreadId current, const Pending* pending) override {
    ++log_->decisions;
    return strategy_->pick(enabled, current, pending);
  }
  void executing(ThreadId thread, const Pending* pending) override {
    if (strategy_observes_) strategy_->executing(thread, pending);
    const std::uint32_t at = log_->steps++;
    if (at >= RunLog::kStepsMax) return;
    const Pending& step = pending[thread];
    log_->notes[at] = {step.object, step.path, thread, step.site, step.kind};
  }
  void made(ObjectId object, SpawnPath path) override {
    if (strategy_names_objects_) strategy_->made(object, path);
    if (object > RunLog::kObjectsMax) return;
    // Ids that were not announced have no maker.
    while (log_->objects < object) log_->makers[++log_->objects] = kAnyPath;
    log_->makers[object] = path;
  }
  std::uint32_t choose(std::uint32_t n, Site site, SpawnPath path) override {
    return strategy_->choose(n, site, path);
  }
  bool observes() const override { return true; }
  bool names_objects() const override { return true; }

 private:
  Chooser* strategy_ = nullptr;
  RunLog* log_ = nullptr;
  bool strategy_observes_ = false;
  bool strategy_names_objects_ = false;
};

}  // namespace concertina::fuzzers
