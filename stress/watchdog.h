// Watchdog: a thread beside a run, which reports when the run gets nowhere.
//
// "Nowhere": for a number of seconds no operation took effect, no goroutine began and none was
// parked, whatever the scanner did meanwhile. The seconds are those in which this process was at
// work, or all of its threads slept (fuzzers/host/patience.h): one that is suspended, or gets no
// processor, does not hang. On a hang it hands a snapshot of the run to `on_hang`, once.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "stress/figures.h"
#include "stress/snapshot.h"

namespace concertina::stress {

class Watchdog {
 public:
  using OnHang = std::function<void(const std::string& snapshot)>;

  Watchdog(std::chrono::milliseconds limit, OnHang on_hang);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// From now on this run is watched, until `rest` returns.
  void watch(const threaded::Run& run, const Counter& counter);
  void rest();

  /// The runtime of the run that is being watched or was last; a run's threads may call it.
  void set_runtime(const Runtime* runtime) { runtime_.store(runtime, std::memory_order_release); }
  const Runtime* runtime() const { return runtime_.load(std::memory_order_acquire); }

 private:
  void loop();

  const std::chrono::milliseconds limit_;
  const OnHang on_hang_;
  std::atomic<const Runtime*> runtime_{nullptr};
  std::mutex mutex_;
  std::condition_variable changed_;
  const threaded::Run* run_ = nullptr;  // guarded by mutex_, like the rest
  const Counter* counter_ = nullptr;
  std::uint64_t watched_ = 0;  // runs so far: two of them may have one address
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace concertina::stress
