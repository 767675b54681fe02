#include "schedule/knowledge.h"

#include <algorithm>
#include <map>
#include <utility>

namespace concertina::fuzzers {
namespace {

constexpr std::uint16_t kCountMax = 0xffff;

bool is_same_thread(SpawnPath path_a, ThreadId thread_a, SpawnPath path_b, ThreadId thread_b) {
  return path_a == path_b && (path_a != kSchedulerPath || thread_a == thread_b);
}

ThreadCount& count_of(std::vector<ThreadCount>& counts, const StepNote& note) {
  const std::uint8_t thread = note.path == kSchedulerPath ? note.thread : ThreadId{0};
  for (ThreadCount& count : counts) {
    if (count.path == note.path && count.thread == thread) return count;
  }
  return counts.emplace_back(ThreadCount{note.path, thread, 0});
}

/// The threads that operate on an object from a site: none, one, or several.
struct Users {
  SpawnPath path = 0;
  ThreadId thread = 0;
  bool are_several = false;
};

void add_user(std::vector<std::pair<Site, Users>>& list, const StepNote& note) {
  for (auto& [site, users] : list) {
    if (site != note.site) continue;
    users.are_several |= !is_same_thread(users.path, users.thread, note.path, note.thread);
    return;
  }
  list.push_back({note.site, {note.path, note.thread, false}});
}

}  // namespace

bool PairSet::add(SitePair pair) {
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
  for (std::uint32_t i = 0; i < log.kept_steps(); ++i) {
    const StepNote& note = log.notes[i];
    if (note.object == 0) continue;
    if (note.object >= last_writes_.size()) last_writes_.resize(note.object + 64);
    LastWrite& last = last_writes_[note.object];
    const bool reads_other = is_reader(note.kind) && last.run == run_ &&
                             !is_same_thread(last.path, last.thread, note.path, note.thread);
    if (reads_other && seen_.add({note.site, last.site})) {
      ++news;
      pairs_.add({note.site, last.site});
    }
    if (is_writer(note.kind)) last = {run_, note.site, note.thread, note.path};
  }
  return news;
}

void Knowledge::name_objects(const RunLog& log) {
  std::map<SpawnPath, std::uint16_t> made;
  names_.assign(1, {kAnyPath, 0});
  for (ObjectId object = 1; object <= log.objects && object <= RunLog::kObjectsMax; ++object) {
    const SpawnPath path = log.makers[object];
    names_.push_back({path, path == kAnyPath ? std::uint16_t{0} : made[path]++});
  }
}

std::uint16_t Knowledge::name_of(const ThreadCount& thread) {
  for (std::uint16_t name = 0; name < named_.size(); ++name) {
    if (named_[name].path == thread.path && named_[name].thread == thread.thread) return name;
  }
  named_.push_back(thread);
  return static_cast<std::uint16_t>(named_.size() - 1);
}

// All operations of a run on one object.
void Knowledge::learn_object(std::span<const StepNote* const> notes) {
  ObjectProfile object;
  std::vector<std::pair<Site, Users>> readers;
  std::vector<std::pair<Site, Users>> writers;
  for (const StepNote* const note : notes) {
    if (is_reader(note->kind)) add_user(readers, *note);
    if (is_writer(note->kind)) add_user(writers, *note);
    if (note->kind == OperationKind::kUnlock) continue;
    ++object.operations;
    ThreadCount& count = count_of(object.threads, *note);
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
  const ObjectId id = notes.front()->object;
  if (id >= names_.size() || names_[id].path == kAnyPath) return;
  object.key = names_[id];
  for (const ThreadCount& thread : object.threads) object.names.push_back(name_of(thread));
  profile_.push_back(std::move(object));
}

void Knowledge::learn_profile(const RunLog& log) {
  name_objects(log);
  profile_.clear();
  named_.clear();
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < log.kept_steps(); ++i) {
    if (log.notes[i].object != 0) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const ObjectId object_a = log.notes[a].object, object_b = log.notes[b].object;
    return object_a != object_b ? object_a < object_b : a < b;
  });
  std::vector<const StepNote*> notes;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const StepNote& note = log.notes[order[i]];
    if (!notes.empty() && notes.front()->object != note.object) {
      learn_object(notes);
      notes.clear();
    }
    notes.push_back(&note);
  }
  if (!notes.empty()) learn_object(notes);
}

}  // namespace concertina::fuzzers
