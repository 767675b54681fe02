#include "stress/watchdog.h"

#include <algorithm>

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
  using Clock = std::chrono::steady_clock;
  const auto period =
      std::clamp(limit_ / 20, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
  std::uint64_t last_watched = 0;
  std::uint64_t last_progress = 0;
  auto since = Clock::now();
  std::unique_lock lock(mutex_);
  while (!is_over_) {
    changed_.wait_for(lock, period);
    const std::uint64_t progress = run_ != nullptr ? counter_->progress() : 0;
    if (run_ == nullptr || watched_ != last_watched || progress != last_progress) {
      last_watched = watched_;
      last_progress = progress;
      since = Clock::now();
    } else if (Clock::now() - since >= limit_) {
      on_hang_(describe_run(*run_, runtime()));
      run_ = nullptr;
    }
  }
}

}  // namespace concertina::stress
