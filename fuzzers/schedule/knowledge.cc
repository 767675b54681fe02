#include "schedule/knowledge.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint16_t kCountMax = 0xffff;
constexpr std::size_t kStepsLearnt = 8192;  // of a run

std::span<const Step> learnt_steps(const RunLog& log) {
  return log.steps().first(std::min<std::size_t>(log.step_count, kStepsLearnt));
}

bool is_same_thread(SpawnPath path_a, ThreadId thread_a, SpawnPath path_b, ThreadId thread_b) {
  return path_a == path_b && (path_a != kSchedulerPath || thread_a == thread_b);
}

ThreadCount& count_of(std::vector<ThreadCount>& counts, const Step& step) {
  const std::uint8_t thread = step.path == kSchedulerPath ? step.thread : ThreadId{0};
  for (ThreadCount& count : counts) {
    if (count.path == step.path && count.thread == thread) return count;
  }
  return counts.emplace_back(ThreadCount{step.path, thread, 0});
}

/// The threads that operate on an object from a site: none, one, or several.
struct Users {
  SpawnPath path = 0;
  ThreadId thread = 0;
  bool are_several = false;
};

void add_user(std::vector<std::pair<Site, Users>>& list, const Step& step) {
  for (auto& [site, users] : list) {
    if (site != step.site) continue;
    users.are_several |= !is_same_thread(users.path, users.thread, step.path, step.thread);
    return;
  }
  list.push_back({step.site, {step.path, step.thread, false}});
}

}  // namespace

bool PairSet::add(SitePair pair) {
  CHECK(pair.reader < Site::kCount && pair.writer < Site::kCount, "a pair is of two sites");
  const auto bit =
      static_cast<std::size_t>(pair.reader) << 8 | static_cast<std::size_t>(pair.writer);
  if (has_[bit]) return false;
  has_[bit] = true;
  pairs_.push_back(pair);
  return true;
}

unsigned Knowledge::learn_reads_from(const RunLog& log) {
  unsigned news = 0;
  ++run_;
  for (const Step& step : learnt_steps(log)) {
    if (step.object == 0) continue;
    if (step.object >= last_writes_.size()) last_writes_.resize(step.object + 64);
    LastWrite& last = last_writes_[step.object];
    const bool reads_other = is_reader(step.kind) && last.run == run_ &&
                             !is_same_thread(last.path, last.thread, step.path, step.thread);
    if (reads_other && seen_.add({step.site, last.site})) {
      ++news;
      pairs_.add({step.site, last.site});
    }
    if (is_writer(step.kind)) last = {run_, step.site, step.thread, step.path};
  }
  return news;
}

void Knowledge::name_objects(const RunLog& log) {
  std::map<SpawnPath, std::uint16_t> made;
  names_.assign(1, {kAnyPath, 0});
  CHECK(log.object_count <= RunLog::kObjectsMax, "a log names as many objects as it has room for");
  for (ObjectId object = 1; object <= log.object_count; ++object) {
    const SpawnPath path = log.makers.at[object];
    names_.push_back({path, path == kAnyPath ? std::uint16_t{0} : made[path]++});
  }
}

std::uint16_t Knowledge::name_of(const ThreadCount& thread) {
  for (std::uint16_t name = 0; name < named_.size(); ++name) {
    if (named_[name].path == thread.path && named_[name].thread == thread.thread) return name;
  }
  CHECK(named_.size() < kCountMax, "names of threads fit sixteen bits");
  named_.push_back(thread);
  return static_cast<std::uint16_t>(named_.size() - 1);
}

// All operations of a run on one object.
void Knowledge::learn_object(std::span<const Step* const> steps) {
  ObjectProfile object;
  CHECK(!steps.empty(), "an object is learnt from its steps");
  std::vector<std::pair<Site, Users>> readers;
  std::vector<std::pair<Site, Users>> writers;
  for (const Step* const step : steps) {
    if (is_reader(step->kind)) add_user(readers, *step);
    if (is_writer(step->kind)) add_user(writers, *step);
    if (step->kind == OperationKind::kUnlock) continue;
    ++object.operations;
    ThreadCount& count = count_of(object.threads, *step);
    if (count.count != kCountMax) ++count.count;
  }
  if (object.threads.size() < 2) return;
  for (const auto& [reader, reading] : readers) {
    for (const auto& [writer, writing] : writers) {
      const bool by_two =
          reading.are_several || writing.are_several ||
          !is_same_thread(reading.path, reading.thread, writing.path, writing.thread);
      if (by_two) pairs_.add({reader, writer});
    }
  }
  const ObjectId id = steps.front()->object;
  if (id >= names_.size() || names_[id].path == kAnyPath) return;
  object.key = names_[id];
  for (const ThreadCount& thread : object.threads) object.names.push_back(name_of(thread));
  CHECK(object.names.size() == object.threads.size(), "each thread of a profile has a name");
  CHECK(object.operations != 0, "an object of the profile was operated on");
  profile_.push_back(std::move(object));
}

void Knowledge::learn_profile(const RunLog& log) {
  name_objects(log);
  profile_.clear();
  named_.clear();
  std::vector<const Step*> order;
  for (const Step& step : learnt_steps(log)) {
    if (step.object != 0) order.push_back(&step);
  }
  std::ranges::sort(order, [](const Step* a, const Step* b) {
    return a->object != b->object ? a->object < b->object : a < b;  // of one array: as they came
  });
  for (auto begin = order.begin(); begin != order.end();) {
    const ObjectId object = (*begin)->object;
    const auto end =
        std::find_if(begin, order.end(), [&](const Step* step) { return step->object != object; });
    learn_object({begin, end});
    begin = end;
  }
}

}  // namespace concertina::fuzzers
