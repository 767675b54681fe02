#include "report/locks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/check.h"
#include "report/words.h"

namespace concertina::fuzzers {
namespace {

std::string object_name(ObjectId object, const Names& names) {
  const std::string name = names.object(object);
  return name.empty() ? "object " + std::to_string(object) : name;
}

std::string thread_name(ThreadId thread, GoroutineId g, const Names& names) {
  return Names::thread(thread) + " (" +
         (g != kNoGoroutine ? names.goroutine(g) : std::string(names.role(thread))) + ")";
}

std::vector<std::string> held_by(ThreadId thread, const Picture& picture, const Names& names) {
  std::vector<std::string> held;
  const auto found = picture.threads.find(thread);
  if (found == picture.threads.end()) return held;
  for (const HeldLock& lock : found->second.held) held.push_back(object_name(lock.object, names));
  if (found->second.suspends != kNoGoroutine) {
    held.push_back(names.goroutine(found->second.suspends) + "'s scan bit");
  }
  return held;
}

/// Whom a thread waits for, and what for.
struct Wait {
  ThreadId holder = 0;
  std::string what;
  std::string_view by;  // how the holder has it: "held by", "run by"
};

std::optional<Wait> wait_of(const ThreadAtEnd& thread, const Picture& picture, const Names& names) {
  if (thread.lock_holder >= 0) {
    return Wait{static_cast<ThreadId>(thread.lock_holder), object_name(thread.object, names),
                "held by"};
  }
  if (thread.is_enabled) return std::nullopt;
  const GoroutineId g = names.status_of(thread.object);
  if (g == kNoGoroutine) return std::nullopt;
  const auto found = picture.goroutines.find(g);
  if (found == picture.goroutines.end()) return std::nullopt;
  const GoroutinePicture& one = found->second;
  if (thread.site == Site::kStatusWaitForScan && one.suspended_by >= 0) {
    return Wait{static_cast<ThreadId>(one.suspended_by), names.goroutine(g) + "'s scan bit",
                "held by"};
  }
  if (thread.site == Site::kScanSuspendWait && one.thread >= 0) {
    return Wait{static_cast<ThreadId>(one.thread), names.goroutine(g) + " to stop", "run by"};
  }
  return std::nullopt;
}

/// A thread took `second` while it held `first`.
struct Edge {
  ObjectId first = 0;
  ObjectId second = 0;
  ThreadId thread = 0;
  GoroutineId goroutine = kNoGoroutine;
  std::uint32_t first_step = 0;
  std::uint32_t second_step = 0;
};

class Order {
 public:
  /// The first acquisition that breaks ranks or channel order; edges of all of them.
  explicit Order(const Trace& trace) {
    std::map<ThreadId, std::vector<Taken>> held;
    for (const Event& event : trace.events) {
      std::vector<Taken>& mine = held[event.thread];
      if (event.kind == EventKind::kLockReleased) {
        const ObjectId freed = as<event::LockReleased>(event).lock;
        std::erase_if(mine, [&](const Taken& one) { return one.lock == freed; });
      }
      if (event.kind != EventKind::kLockAcquired) continue;
      const Taken now{as<event::LockAcquired>(event), event.step};
      for (const Taken& before : mine) {
        const Edge edge{before.lock,     now.lock,    event.thread,
                        event.goroutine, before.step, event.step};
        edges_.try_emplace({before.lock, now.lock}, edge);
        if (is_wrong(before, now) && !broken_) broken_ = edge;
      }
      mine.push_back(now);
    }
  }

  /// Edges to tell: the broken one and those that lead back, or those of a cycle.
  std::vector<Edge> story() const {
    std::vector<Edge> edges;
    if (broken_) {
      edges.push_back(*broken_);
      for (const Edge& back : path(broken_->second, broken_->first)) edges.push_back(back);
      return edges;
    }
    for (const auto& [key, edge] : edges_) {
      const std::vector<Edge> back = path(edge.second, edge.first);
      if (back.empty()) continue;
      edges.push_back(edge);
      edges.insert(edges.end(), back.begin(), back.end());
      return edges;
    }
    return edges;
  }

 private:
  struct Taken : event::LockAcquired {
    std::uint32_t step;
  };

  static bool is_wrong(const Taken& before, const Taken& now) {
    return now.rank < before.rank || (now.rank == before.rank && now.order <= before.order);
  }

  /// The shortest way from one lock to another along "held while taking".
  std::vector<Edge> path(ObjectId from, ObjectId to) const {
    std::map<ObjectId, Edge> reached_by;
    std::vector<ObjectId> front{from};
    for (std::size_t i = 0; i < front.size() && !reached_by.contains(to); ++i) {
      for (const auto& [key, edge] : edges_) {
        if (key.first != front[i] || reached_by.contains(key.second)) continue;
        reached_by[key.second] = edge;
        front.push_back(key.second);
      }
    }
    std::vector<Edge> edges;
    for (ObjectId at = to; reached_by.contains(at);) {
      edges.insert(edges.begin(), reached_by[at]);
      at = edges.front().first;
      CHECK(edges.size() <= edges_.size(), "the shortest way takes no edge twice");
      if (at == from) return edges;
    }
    return {};
  }

  std::map<std::pair<ObjectId, ObjectId>, Edge> edges_;  // the first of each
  std::optional<Edge> broken_;
};

bool is_about_channels(LockRank rank) {
  return rank == LockRank::kChannel || rank == LockRank::kChannelLeaf;
}

bool is_wanted(ObjectId lock, const Trace& trace) {
  return std::any_of(trace.threads.begin(), trace.threads.end(), [&](const ThreadAtEnd& thread) {
    return thread.lock_holder >= 0 && thread.object == lock;
  });
}

}  // namespace

std::string locks_at_end(const Trace& trace, const Picture& picture, const Names& names) {
  std::string text;
  for (const auto& [thread, one] : picture.threads) {
    for (const HeldLock& lock : one.held) {
      if (!is_about_channels(lock.rank) && !is_wanted(lock.object, trace)) continue;
      text += "  " + object_name(lock.object, names) + ": held by " + Names::thread(thread) +
              " since step " + std::to_string(lock.step);
      std::vector<std::string> waiting;
      for (const ThreadAtEnd& other : trace.threads) {
        if (other.lock_holder == thread && other.object == lock.object) {
          waiting.push_back(thread_name(other.thread, other.goroutine, names));
        }
      }
      if (!waiting.empty()) text += "; wanted by " + list_of(waiting);
      text += "\n";
    }
    if (one.suspends != kNoGoroutine) {
      text += "  " + names.goroutine(one.suspends) + "'s scan bit: held by " +
              thread_name(thread, kNoGoroutine, names) + "\n";
    }
  }
  return text;
}

std::string wait_cycle(const Trace& trace, const Picture& picture, const Names& names) {
  std::map<ThreadId, Wait> waits;
  std::map<ThreadId, const ThreadAtEnd*> threads;
  for (const ThreadAtEnd& thread : trace.threads) {
    threads[thread.thread] = &thread;
    if (const auto wait = wait_of(thread, picture, names)) waits[thread.thread] = *wait;
  }
  for (const auto& [start, unused] : waits) {
    std::vector<ThreadId> way{start};
    while (waits.contains(way.back()) && way.size() <= waits.size()) {
      way.push_back(waits[way.back()].holder);
      if (way.back() == start) break;
    }
    if (way.size() < 2 || way.back() != start) continue;
    CHECK(way.size() <= waits.size() + 1, "a circle meets each thread once");
    way.pop_back();
    std::string text;
    for (const ThreadId thread : way) {
      const ThreadAtEnd* const end = threads[thread];
      CHECK(end != nullptr, "a thread that waits is one of those at the end");
      const std::vector<std::string> held = held_by(thread, picture, names);
      const Wait& wait = waits[thread];
      text += "  " + thread_name(thread, end->goroutine, names) + " holds " +
              (held.empty() ? "nothing that was announced" : list_of(held)) + " and wants " +
              wait.what + ", ";
      text += wait.holder == thread ? "which it holds itself"
                                    : std::string(wait.by) + " " + Names::thread(wait.holder);
      text += " (" + std::string(site_name(end->site)) + ")\n";
    }
    return text;
  }
  return "";
}

LockOrder lock_order(const Trace& trace, const Names& names) {
  LockOrder result;
  for (const Edge& edge : Order(trace).story()) {
    result.text += "  " + thread_name(edge.thread, edge.goroutine, names) + " took " +
                   object_name(edge.first, names) + " at step " + std::to_string(edge.first_step) +
                   " and, holding it, took " + object_name(edge.second, names) + " at step " +
                   std::to_string(edge.second_step) + "\n";
    result.steps.push_back(edge.first_step);
    result.steps.push_back(edge.second_step);
  }
  return result;
}

}  // namespace concertina::fuzzers
