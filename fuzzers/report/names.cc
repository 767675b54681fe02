#include "report/names.h"

#include <charconv>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/names.h"
#include "report/picture.h"
#include "trace/text.h"

namespace concertina::fuzzers {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
}

std::string lock_name(LockRank rank, std::uint32_t order, const Names& names) {
  if (rank == LockRank::kChannel || rank == LockRank::kChannelLeaf) {
    return "lock of " + names.channel(static_cast<ChannelId>(order));
  }
  if (rank == LockRank::kStackScan || rank == LockRank::kScanRunning) {
    return names.goroutine(static_cast<GoroutineId>(order)) + "'s status";
  }
  return rank == LockRank::kAllGoroutines ? "lock of the goroutine list"
         : rank == LockRank::kScheduler   ? "lock of the scheduler"
         : rank == LockRank::kSudogCache  ? "lock of the sudog cache"
         : rank == LockRank::kStackPool   ? "lock of the stack pool"
         : rank == LockRank::kHeap        ? "lock of the heap"
                                          : "";
}

}  // namespace

Names::Names(const Program& program, const Trace& trace) : program_(&program) {
  learn_from_events(trace);
  learn_from_steps(trace);
  for (const ThreadAtEnd& thread : trace.threads) {
    if (thread.site == Site::kScanRequest) scanners_.insert(thread.thread);
    if (thread.site != Site::kScanRequest) machines_.insert(thread.thread);
  }
}

void Names::learn_from_events(const Trace& trace) {
  std::set<std::string> taken;
  for (const Event& event : trace.events) {
    if (event.kind == EventKind::kSpawned) {
      const auto spawned = as<event::Spawned>(event);
      std::string name = describe_path(spawned.path);
      // Very deep or wide trees give one path to several goroutines.
      if (!taken.insert(name).second) name += "#" + std::to_string(spawned.child);
      goroutines_[spawned.child] = name;
    }
    if (event.kind == EventKind::kLockAcquired) {
      const auto lock = as<event::LockAcquired>(event);
      std::string& name = locks_[lock.lock];
      if (name.empty()) name = lock_name(lock.rank, lock.order, *this);
    }
    if (event.kind == EventKind::kMayLock) {
      const auto lock = as<event::MayLock>(event);
      locks_.try_emplace(lock.lock, lock_name(lock.rank, lock.order, *this));
    }
    if (event.kind == EventKind::kScanBegin) scanners_.insert(event.thread);
    if (event.kind == EventKind::kStarted) machines_.insert(event.thread);
  }
}

// Steps know paths and ids, and their goroutine if the thread has just announced it.
void Names::learn_from_steps(const Trace& trace) {
  std::map<ThreadId, GoroutineId> target;
  const auto on_event = [&](const Event& event) {
    if (event.kind == EventKind::kReadied) target[event.thread] = as<event::Readied>(event).target;
    if (event.kind == EventKind::kSpawned) target[event.thread] = as<event::Spawned>(event).child;
  };
  const auto on_step = [&](const Step& step, std::uint32_t) {
    if (step.path == kScannerPath) scanners_.insert(step.thread);
    if (step.path != kScannerPath && step.site != Site::kThreadStart) machines_.insert(step.thread);
    if (step.goroutine != kNoGoroutine && !goroutines_.contains(step.goroutine)) {
      goroutines_[step.goroutine] = describe_path(step.path);
    }
    if (step.object != 0) learn_from_step(step, target[step.thread]);
  };
  walk(trace, on_step, on_event);
}

void Names::learn_from_step(const Step& step, GoroutineId target) {
  static constexpr std::pair<Site, Field> kFields[] = {
      {Site::kReadyStatus, Field::kStatus},
      {Site::kExecuteStatus, Field::kStatus},
      {Site::kParkStatus, Field::kStatus},
      {Site::kYieldStatus, Field::kStatus},
      {Site::kExitStatus, Field::kStatus},
      {Site::kSyscallStatus, Field::kStatus},
      {Site::kCopyStackStatus, Field::kStatus},
      {Site::kLoopBackEdge, Field::kGuard},
      {Site::kStackGuard, Field::kGuard},
      {Site::kSelectDoneReset, Field::kSelectDone},
      {Site::kParkingOnChanStore, Field::kParkingFlag},
      {Site::kParkingOnChanClear, Field::kParkingFlag},
      {Site::kActiveStackChansSet, Field::kStackFlag},
      {Site::kActiveStackChansClear, Field::kStackFlag},
  };
  if (step.site == Site::kMachineNoteSleep) notes_[step.object] = step.thread;
  const GoroutineId owner = step.site == Site::kReadyStatus ? target : step.goroutine;
  if (owner == kNoGoroutine) return;
  for (const auto& [site, field] : kFields) {
    if (site == step.site) owned_.try_emplace(step.object, Owned{field, owner});
  }
}

std::string Names::goroutine(GoroutineId g) const {
  const auto found = goroutines_.find(g);
  return found != goroutines_.end() ? found->second : "g?" + std::to_string(g);
}

std::string Names::channel(ChannelId c) const {
  return c == kNilChannel ? "the nil channel" : "c" + std::to_string(c - 1);
}

std::string Names::object(ObjectId object) const {
  if (const auto lock = locks_.find(object); lock != locks_.end()) return lock->second;
  if (const auto note = notes_.find(object); note != notes_.end()) {
    return thread(note->second) + "'s note";
  }
  const auto found = owned_.find(object);
  if (found == owned_.end()) return "";
  const std::string owner = goroutine(found->second.goroutine) + "'s ";
  constexpr std::string_view kFields[] = {"status", "stack guard", "select_done", "parking_on_chan",
                                          "active_stack_chans"};
  return owner + std::string(name_at(kFields, found->second.field, ""));
}

std::string Names::object_beside_site(ObjectId object_id) const {
  const auto found = owned_.find(object_id);
  return found != owned_.end() ? goroutine(found->second.goroutine) : object(object_id);
}

GoroutineId Names::status_of(ObjectId object) const {
  const auto found = owned_.find(object);
  if (found == owned_.end() || found->second.field != Field::kStatus) return kNoGoroutine;
  return found->second.goroutine;
}

std::string Names::function(FunctionId id) const {
  if (const char* const name = function_name(id)) return name;
  if (id == FunctionId::kFirstOfProgram) return "main";
  if (id > FunctionId::kFirstOfProgram && program_function_index(id) < program_->functions.size()) {
    return "f" + std::to_string(program_function_index(id));
  }
  return "function " + std::to_string(static_cast<unsigned>(id));
}

std::string Names::value(Token token) const {
  if (token == kZeroToken) return "the zero value";
  if (token == kTornToken) return "a torn value";
  return goroutine(maker_of(token)) + "'s value " + std::to_string(ordinal_of(token));
}

std::string Names::in_words(std::string_view detail) const {
  constexpr std::size_t kDigitsMax = 9;
  std::string result;
  for (std::size_t i = 0; i < detail.size();) {
    const bool begins_word = i == 0 || !is_word(detail[i - 1]);
    const std::string_view rest = detail.substr(i);
    std::size_t prefix = 0;
    for (const std::string_view word : {"g", "c", "thread ", "channel ", "lock "}) {
      if (begins_word && rest.starts_with(word) && rest.size() > word.size() &&
          is_digit(rest[word.size()])) {
        prefix = word.size();
      }
    }
    if (prefix == 0) {
      result += detail[i++];
      continue;
    }
    const std::string_view digits = rest.substr(prefix, kDigitsMax);
    unsigned number = 0;
    const char* const end = std::from_chars(digits.begin(), digits.end(), number).ptr;
    CHECK(end > digits.begin(), "an id has a digit");
    const auto size = static_cast<std::size_t>(end - rest.begin());
    const char first = rest[0];
    std::string name = first == 'g'   ? goroutine(static_cast<GoroutineId>(number))
                       : first == 't' ? thread(static_cast<ThreadId>(number))
                       : first == 'l' ? object(number)
                                      : channel(static_cast<ChannelId>(number));
    result += name.empty() ? rest.substr(0, size) : name;
    i += size;
    // "lock 21 (channel)": the rank says nothing that the name does not.
    if (first == 'l' && !name.empty() && detail.substr(i).starts_with(" (")) {
      const std::size_t close = detail.find(')', i);
      if (close != std::string_view::npos) i = close + 1;
    }
  }
  return result;
}

}  // namespace concertina::fuzzers
