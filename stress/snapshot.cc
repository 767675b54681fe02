#include "stress/snapshot.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "base/names.h"
#include "host/text.h"
#include "trace/text.h"

namespace concertina::stress {
namespace {

// Reads what others may be writing, or what AddressSanitizer guards: a look, not an access of the
// program. Nothing orders the watchdog after the threads that it looks at.
template <class T>
__attribute__((no_sanitize("thread", "address"))) T raw(const T& place) {
  return place;
}
template <class T>
T raw(const platform::Atomic<T>& place) {
  static_assert(sizeof place == sizeof(T));
  return raw(reinterpret_cast<const T&>(place));
}
template <class T>
T raw(const platform::OwnedAtomic<T>& place) {
  return raw(static_cast<const platform::Atomic<T>&>(place));
}

std::string status_name(Status status) {
  // By value; 5 and 7 are none.
  constexpr std::string_view kNames[] = {
      "idle", "runnable", "running", "in a system call",  "waiting",
      "",     "dead",     "",        "copying its stack", "preempted, waits for the scanner"};
  return std::string(name_at(kNames, status & ~kScan, "unknown status")) +
         ((status & kScan) != 0 ? ", suspended by the scanner" : "");
}

std::string_view reason_name(WaitReason reason) {
  constexpr std::string_view kNames[] = {"",
                                         "channel send",
                                         "channel receive",
                                         "select",
                                         "select without cases",
                                         "send on nil channel",
                                         "receive on nil channel",
                                         "suspends others"};
  return name_at(kNames, reason, "unknown reason");
}

bool is_inside(const void* address, const void* object, std::size_t bytes) {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  const auto begin = reinterpret_cast<std::uintptr_t>(object);
  return at >= begin && at < begin + bytes;
}

class Snapshot {
 public:
  Snapshot(const threaded::Run& run, const Runtime* runtime)
      : threads_(run.threads()), runtime_(runtime) {}

  std::string text() {
    if (runtime_ == nullptr) {
      add("no goroutine exists yet\n");
    } else {
      goroutines();
    }
    for (const threaded::Thread& thread : threads_) describe(thread);
    return std::move(text_);
  }

 private:
  template <class... Pieces>
  void add(const Pieces&... pieces) {
    text_ += fuzzers::text_of(pieces...);
  }
  template <class... Pieces>
  void line(const Pieces&... pieces) {
    add(pieces..., "\n");
  }

  void goroutines() {
    const std::uint32_t count = raw(runtime_->goroutine_count);
    std::uint32_t dead = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const Goroutine* const g = raw(runtime_->goroutines[i]);
      if (g == nullptr || raw(g->status) == kDead) {
        ++dead;
      } else {
        describe(*g);
      }
    }
    line(count, " goroutines, of which ", dead, " are dead");
  }

  void describe(const Goroutine& g) {
    const Status status = raw(g.status);
    add("goroutine ", raw(g.id), " (", fuzzers::describe_path(raw(g.path)),
        "): ", status_name(status));
    const std::string_view reason = reason_name(raw(g.wait_reason));
    if ((status & ~kScan) == kWaiting && !reason.empty()) add(", ", reason);
    if (raw(g.parking_on_chan) != 0) add(", about to park");
    if (const unsigned locks = raw(g.locks_held); locks != 0) {
      add(", its machine holds ", locks, " channel locks for it");
    }
    add("\n");
    waits_on(g);
    frames(g);
  }

  void waits_on(const Goroutine& g) {
    constexpr unsigned kListMax = kSelectCasesMax;
    const Sudog* sudog = raw(g.waiting);
    for (unsigned i = 0; sudog != nullptr && i < kListMax; ++i, sudog = raw(sudog->wait_link)) {
      const ChannelBase* const c = raw(sudog->channel);
      if (c == nullptr) continue;
      add("    waits on channel ", raw(c->id));
      if (raw(sudog->is_select)) add(", case ", raw(sudog->case_index));
      line(", whose lock is ", holder_of(&c->lock));
    }
  }

  std::string holder_of(const void* lock) const {
    for (const threaded::Thread& thread : threads_) {
      const unsigned held = std::min(raw(thread.held_count), threaded::kHeldLocksMax);
      for (unsigned i = 0; i < held; ++i) {
        if (raw(thread.held[i].lock) == lock)
          return "held by thread " + std::to_string(raw(thread.id));
      }
    }
    return "free";
  }

  void frames(const Goroutine& g) {
    const std::uintptr_t lo = raw(g.stack.lo), hi = raw(g.stack.hi);
    std::uintptr_t at = raw(g.sp);
    constexpr unsigned kFramesMax = 4096;
    for (unsigned i = 0; i < kFramesMax && at >= lo && at + sizeof(FrameHeader) <= hi; ++i) {
      const auto& header = *reinterpret_cast<const FrameHeader*>(at);
      const std::uint32_t bytes = raw(header.bytes);
      if (at % 16 != hi % 16 || raw(header.magic) != kFrameMagic || bytes < sizeof(FrameHeader)) {
        line("    no frame at ", hi - at, " bytes below the stack's end");
        return;
      }
      const concertina::Function* const function = raw(header.function);
      line("    ", function->name, " (function ", static_cast<unsigned>(function->id),
           "), at its step ", raw(header.resume), ", ", hi - at, " bytes below the stack's end of ",
           hi - lo);
      at += bytes;
    }
  }

  void describe(const threaded::Thread& thread) {
    add("thread ", raw(thread.id));
    const GoroutineId g = raw(thread.goroutine);
    if (g != kNoGoroutine) {
      add(" runs goroutine ", g);
    } else {
      add(raw(thread.path) == kScannerPath ? " is the scanner" : " runs no goroutine");
    }
    const unsigned held = std::min(raw(thread.held_count), threaded::kHeldLocksMax);
    for (unsigned i = 0; i < held; ++i) {
      add(i == 0 ? "; holds " : ", ", lock_rank_name(raw(thread.held[i].rank)), " ",
          raw(thread.held[i].order));
    }
    const void* const word = thread.sleeps_on.load(std::memory_order_relaxed);
    line(word == nullptr ? "" : "; sleeps on ", word == nullptr ? "" : name_of(thread, word));
  }

  std::string name_of(const threaded::Thread& thread, const void* word) const {
    if (word == &thread.nap) return "a nap: it looks again and again";
    if (runtime_ == nullptr) return "something";
    const Runtime& r = *runtime_;
    const auto is_of = [word](const platform::Mutex& lock) {
      return is_inside(word, &lock, sizeof lock);
    };
    if (is_of(r.lock)) return "the scheduler's lock, " + holder_of(&r.lock);
    if (is_of(r.goroutines_lock)) return "the goroutines' lock, " + holder_of(&r.goroutines_lock);
    if (is_of(r.sudog_lock)) return "the sudogs' lock, " + holder_of(&r.sudog_lock);
    if (is_inside(word, &r.stack_pool, sizeof r.stack_pool)) return "the stack pool's lock";
    if (is_inside(word, &r.heap, sizeof r.heap)) return "the heap's lock";
    for (unsigned i = 0; i < raw(r.channel_count); ++i) {
      const ChannelBase* const c = raw(r.channels[i]);
      if (c != nullptr && is_of(c->lock)) {
        return "channel " + std::to_string(raw(c->id)) + "'s lock, " + holder_of(&c->lock);
      }
    }
    return "its note: it has nothing to do";
  }

  const std::span<const threaded::Thread> threads_;
  const Runtime* const runtime_;
  std::string text_;
};

}  // namespace

std::string describe_run(const threaded::Run& run, const Runtime* runtime) {
  return Snapshot(run, runtime).text();
}

}  // namespace concertina::stress
