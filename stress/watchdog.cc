#include "stress/watchdog.h"

#include <unistd.h>

#include <algorithm>

#include "host/patience.h"
#include "host/process_state.h"
#include "host/stopwatch.h"

namespace concertina::stress {

Watchdog::Watchdog(std::chrono::milliseconds limit, OnHang on_hang)
    : limit_(limit), on_hang_(std::move(on_hang)), thread_([this] { loop(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Watchdog::watch(const threaded::Run& run, const Counter& counter) {
  const std::lock_guard lock(mutex_);
  runtime_.store(nullptr, std::memory_order_relaxed);
  run_ = &run;
  ++watched_;
  counter_ = &counter;
}

void Watchdog::rest() {
  const std::lock_guard lock(mutex_);
  run_ = nullptr;
}

void Watchdog::loop() {
  using Seconds = std::chrono::duration<double>;
  const auto period =
      std::clamp(limit_ / 20, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
  const double limit_s = Seconds(limit_).count();
  const fuzzers::PatienceLimits limits{limit_s, limit_s, 2 * Seconds(period).count()};
  fuzzers::Patience patience(limits);
  const fuzzers::Stopwatch clock;
  std::uint64_t last_watched = 0;
  std::unique_lock lock(mutex_);
  while (!is_over_) {
    changed_.wait_for(lock, period);
    if (run_ == nullptr) continue;
    if (watched_ != last_watched) patience = fuzzers::Patience(limits);
    last_watched = watched_;
    const bool goes_on = patience.look({.progress = counter_->progress(),
                                        .processor_s = fuzzers::processor_seconds(getpid()),
                                        .wall_s = clock.seconds(),
                                        .is_asleep = fuzzers::are_other_threads_asleep()});
    if (goes_on) continue;
    on_hang_(describe_run(*run_, runtime()));
    run_ = nullptr;
  }
}

}  // namespace concertina::stress
