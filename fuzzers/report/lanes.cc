#include "report/lanes.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "host/wrapped.h"
#include "report/picture.h"
#include "report/runtime_map.h"
#include "report/words.h"
#include "trace/kinds.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kFirstLane = 10;  // after ">>  123 * "
constexpr std::size_t kStair = 8;       // from one lane to the next
constexpr std::size_t kLanesMax = 5;    // of which the last has 38 columns
constexpr std::size_t kFactsPerStep = 6;

/// Looking for work, and locks that are not about goroutines: rarely what a failure is about.
bool is_housekeeping(Site site) {
  using enum Site;
  static constexpr Site kSites[] = {kStackPoolLock,
                                    kStackPoolUnlock,
                                    kSudogCacheLock,
                                    kSudogCacheUnlock,
                                    kAllGoroutinesLock,
                                    kAllGoroutinesUnlock,
                                    kSchedulerLock,
                                    kSchedulerUnlock,
                                    kRunQueueHeadLoad,
                                    kRunQueueTailLoad,
                                    kRunQueueTailStore,
                                    kRunQueueHeadUpdate,
                                    kRunNextLoad,
                                    kRunNextUpdate,
                                    kStealOrder,
                                    kSpinningLoad,
                                    kSpinningUpdate,
                                    kIdleProcessorsLoad,
                                    kIdleProcessorsStore,
                                    kGlobalQueueSizeLoad,
                                    kGlobalQueueSizeStore,
                                    kNeedSpinning,
                                    kMachineNoteSleep,
                                    kMachineNoteWake,
                                    kMachineStart,
                                    kThreadStart,
                                    kRunQueueSlot,
                                    kGoroutineCountStore,
                                    kHeapLock,
                                    kHeapUnlock};
  return std::ranges::find(kSites, site) != std::end(kSites);
}

/// A step with all that its lane will say of it.
struct Row {
  std::uint32_t number = 0;
  Step step;
  std::string text;
  std::string source;
  std::vector<std::string> facts;
  bool is_housekeeping = false;
  bool is_quiet = false;
};

std::string who(const Step& step, const Names& names) {
  if (step.goroutine != kNoGoroutine) return names.goroutine(step.goroutine);
  return names.is_scanner(step.thread) ? "scanner" : "scheduler";
}

/// What happens before main begins, and what another fact says better.
bool is_quiet_fact(const Event& event) {
  if (event.kind == EventKind::kSpawned) return event.goroutine == kNoGoroutine;
  return event.kind == EventKind::kStackAllocated || event.kind == EventKind::kChannelMade ||
         event.kind == EventKind::kSpanTaken || event.kind == EventKind::kObjectMade;
}

/// Where the source names one site at several places: which of them the thread is at, as a file or
/// a function that tells them apart.
std::string_view source_hint(const Step& step, const Names& names, const Picture& picture) {
  if (step.site == Site::kCopyStackStatus) return "stack/";
  if (step.site == Site::kStackGuard) return "stack/requests.cc";
  const auto thread = picture.threads.find(step.thread);
  if (thread != picture.threads.end() && thread->second.copies != kNoGoroutine) return "stack/";
  if (names.is_scanner(step.thread)) return "scan/";
  const auto g = picture.goroutines.find(step.goroutine);
  if (g == picture.goroutines.end()) return "sched/";
  const OpenKind kind = g->second.operation.kind;
  if (kind == OpenKind::kNone) return step.site == Site::kReadyStatus ? "spawn" : "sched/";
  if (kind == OpenKind::kClose) return "chan/channel.cc";
  // A select of one's own, but the transfer to a partner is everybody's.
  const bool is_element =
      step.site == Site::kSudogElementLoad || step.site == Site::kSudogElementStore;
  if (kind == OpenKind::kSelect) return is_element ? "chan/transfer.cc" : "chan/select.cc";
  const bool is_flag =
      step.site == Site::kParkingOnChanStore || step.site == Site::kActiveStackChansClear;
  return is_flag ? "chan/channel.cc" : "chan/transfer.cc";
}

std::vector<Row> rows_of(const Trace& trace, const Names& names, bool tells_of_work) {
  std::vector<Row> rows;
  Picture picture;
  walk(
      trace,
      [&](const Step& step, std::uint32_t number) {
        Row row;
        row.number = number;
        row.step = step;
        row.text = site_name(step.site);
        const std::string object = object_of(step, names, picture);
        if (!object.empty()) row.text += ": " + object;
        row.source = position_of(step.site, source_hint(step, names, picture));
        row.is_housekeeping = is_housekeeping(step.site);
        row.is_quiet = row.is_housekeeping;
        picture.apply(step);
        rows.push_back(std::move(row));
      },
      [&](const Event& event) {
        picture.apply(event);
        if (rows.empty() || rows.back().number != event.step) return;
        if (!tells_of_work && kAboutWork.has(event.kind)) return;
        const std::string text = say(event, names);
        if (text.empty()) return;
        Row& row = rows.back();
        // Of a step that is only told for its facts, the facts are all.
        const bool replaces = row.is_housekeeping && row.is_quiet && !is_quiet_fact(event);
        if (replaces) {
          row.text = text;
          row.source.clear();
          row.facts.clear();
        } else {
          row.facts.push_back(text);
        }
        if (!is_quiet_fact(event)) row.is_quiet = false;
      });
  return rows;
}

class Table {
 public:
  Table(const Trace& trace, const Names& names, const Ink& ink, const LanesOptions& options)
      : trace_(trace),
        names_(names),
        ink_(ink),
        options_(options),
        rows_(rows_of(trace, names, options.tells_of_work)) {}

  std::string render() {
    if (rows_.empty() || options_.lines_max == 0) return "";
    choose();
    CHECK(shown_.empty() || *shown_.rbegin() < rows_.size(), "rows that are shown are there");
    choose_lanes();
    add_headings();
    std::map<ThreadId, unsigned> left_out;
    for (std::size_t i = shown_.empty() ? rows_.size() : *shown_.begin(); i < rows_.size(); ++i) {
      if (!shown_.contains(i)) {
        ++left_out[rows_[i].step.thread];
        continue;
      }
      add_left_out(left_out);
      add_row(rows_[i]);
    }
    add_left_out(left_out);
    // What each thread of a lane is about to do, when nobody took another step.
    for (const ThreadAtEnd& thread : trace_.threads) {
      const auto lane = lanes_.find(thread.thread);
      if (lane == lanes_.end()) continue;
      add_in_lane("     end", lane->second, end_text(thread), thread.lock_holder >= 0);
    }
    return text_;
  }

 private:
  std::string end_text(const ThreadAtEnd& thread) const {
    std::string text = thread.is_enabled ? "next: " : "WAITS: ";
    text += site_name(thread.site);
    const std::string object = names_.object_beside_site(thread.object);
    if (!object.empty()) text += ": " + object;
    if (thread.lock_holder >= 0) {
      text += ", held by " + Names::thread(static_cast<ThreadId>(thread.lock_holder));
    }
    return text;
  }

  bool is_marked(const Row& row) const { return options_.marks.contains(row.number); }

  // Marked rows always. Then rows that say something: up to the last mark, and a few after it;
  // without marks, up to the end.
  void choose() {
    std::size_t end = rows_.size();
    for (std::size_t i = rows_.size(); i-- > 0;) {
      if (!is_marked(rows_[i])) continue;
      if (shown_.empty() && !options_.goes_to_the_end) end = i + 1;
      shown_.insert(i);
    }
    std::size_t left =
        options_.lines_max - std::min<std::size_t>(shown_.size(), options_.lines_max);
    std::size_t after = left / 4;
    for (std::size_t i = end; i < rows_.size() && after > 0; ++i) {
      if (rows_[i].is_quiet) continue;
      shown_.insert(i);
      --after;
      --left;
    }
    for (std::size_t i = end; i-- > 0 && left > 0;) {
      if (shown_.contains(i) || (rows_[i].is_quiet && i + 1 != rows_.size())) continue;
      shown_.insert(i);
      --left;
    }
  }

  void choose_lanes() {
    std::map<ThreadId, std::size_t> counts;
    for (const std::size_t i : shown_) {
      counts[rows_[i].step.thread] += is_marked(rows_[i]) ? rows_.size() : 1;
    }
    std::vector<ThreadId> own;  // the marked and the busiest have lanes of their own
    for (const auto& [thread, count] : counts) own.push_back(thread);
    if (own.size() > kLanesMax) {
      std::sort(own.begin(), own.end(), [&](ThreadId a, ThreadId b) {
        return counts[a] != counts[b] ? counts[a] > counts[b] : a < b;
      });
      own.resize(kLanesMax - 1);
      std::sort(own.begin(), own.end());
    }
    CHECK(own.size() <= kLanesMax, "a page has room for its lanes");
    for (const ThreadId thread : own) {
      lanes_[thread] = static_cast<unsigned>(lane_threads_.size());
      lane_threads_.push_back({thread});
    }
    if (own.size() < counts.size()) lane_threads_.emplace_back();
    for (const auto& [thread, count] : counts) {
      if (lanes_.contains(thread)) continue;
      lanes_[thread] = static_cast<unsigned>(own.size());
      lane_threads_.back().push_back(thread);
    }
  }

  bool is_shared(unsigned lane) const {
    CHECK(lane < lane_threads_.size(), "a lane is one of the page's");
    return lane_threads_[lane].size() > 1;
  }

  std::string heading_of(unsigned lane) const {
    std::vector<std::string> threads;
    for (const ThreadId thread : lane_threads_[lane]) threads.push_back(Names::thread(thread));
    if (is_shared(lane)) return list_of(threads);
    const ThreadId thread = lane_threads_[lane][0];
    std::set<GoroutineId> runs;
    for (const std::size_t i : shown_) {
      if (rows_[i].step.thread == thread && rows_[i].step.goroutine != kNoGoroutine) {
        runs.insert(rows_[i].step.goroutine);
      }
    }
    std::string heading = threads[0] + " " + std::string(names_.role(thread));
    std::string list;
    for (const GoroutineId g : runs) list += (list.empty() ? ": " : ", ") + names_.goroutine(g);
    return heading + list;
  }

  /// A line for each, as a name may be long: where it stands, the lane begins.
  void add_headings() {
    for (unsigned lane = 0; lane < lane_threads_.size(); ++lane) {
      const std::string heading = heading_of(lane);
      for (const std::string& part : wrapped(heading, 2, room_of(lane))) {
        const std::string_view first = text_.empty() ? "    step" : "";
        text_ += ink_.title(lead(std::string(first), lane) + part) + "\n";
      }
    }
  }

  static std::size_t start_of(unsigned lane) { return kFirstLane + lane * kStair; }
  static std::size_t room_of(unsigned lane) {
    CHECK(lane < kLanesMax, "a lane begins within the page");
    return kPageWidth - start_of(lane);
  }

  /// What is left of a lane's text: the step, and a bar for each lane before.
  static std::string lead(std::string step, unsigned lane) {
    CHECK(step.size() <= kFirstLane, "a step's number fits before the first lane");
    for (unsigned i = 0; i < lane; ++i) {
      step.resize(start_of(i), ' ');
      step += '|';
    }
    step.resize(start_of(lane), ' ');
    return step;
  }

  void add_left_out(std::map<ThreadId, unsigned>& left_out) {
    if (left_out.empty()) return;
    std::vector<std::string> parts;
    for (const auto& [thread, count] : left_out) {
      parts.push_back(plural(count, "step") + " of " + Names::thread(thread));
    }
    const std::string line = "     ... " + list_of(parts);
    for (const std::string& part : wrapped(line, kFirstLane)) text_ += ink_.faint(part) + "\n";
    left_out.clear();
  }

  void add_row(const Row& row) {
    const std::string number = std::to_string(row.number);
    std::string line = is_marked(row) ? ">>" : "  ";
    line.resize(std::max<std::size_t>(line.size(), 7 - std::min<std::size_t>(number.size(), 5)),
                ' ');
    line += number + (row.step.is_decision ? " *" : "");
    const unsigned lane = lanes_.at(row.step.thread);
    std::string& previous = last_who_[lane];
    std::string actor = who(row.step, names_);
    if (is_shared(lane)) actor = Names::thread(row.step.thread) + " " + actor;
    const std::string text = (actor == previous ? "" : "[" + actor + "] ") + row.text;
    previous = actor;
    add_in_lane(line, lane, text, is_marked(row), row.source);
    std::size_t count = 0;
    for (const std::string& fact : row.facts) {
      const bool is_last = ++count == kFactsPerStep && row.facts.size() > kFactsPerStep;
      const std::string more = plural(row.facts.size() - count + 1, "more fact");
      add_in_lane("", lane, ". " + (is_last ? more : fact), is_marked(row));
      if (is_last) break;
    }
    if (is_marked(row)) {
      const std::string& why = options_.marks.at(row.number);
      if (!why.empty()) add_in_lane(">>", lane, "^ " + why, true);
    }
  }

  /// `source` stands at the right of the text's last line, else below it.
  void add_in_lane(const std::string& step, unsigned lane, std::string_view text, bool is_marked,
                   std::string_view source = "") {
    std::vector<std::string> parts = wrapped(text, 2, room_of(lane));
    if (!source.empty()) {
      if (parts.back().size() + 2 + source.size() > room_of(lane)) parts.emplace_back();
      std::string& last = parts.back();
      last.resize(std::max(last.size(), room_of(lane) - std::min(source.size(), room_of(lane))),
                  ' ');
      CHECK(last.size() + source.size() <= std::max(room_of(lane), source.size()),
            "text and source stand side by side within the lane");
      last += source;
    }
    std::string begin = step;
    for (const std::string& part : parts) {
      const std::string line = lead(begin, lane) + part;
      text_ += (is_marked ? ink_.bad(line) : line) + "\n";
      begin = step.starts_with(">>") ? ">>" : "";
    }
  }

  const Trace& trace_;
  const Names& names_;
  const Ink& ink_;
  const LanesOptions& options_;
  const std::vector<Row> rows_;
  std::set<std::size_t> shown_;
  std::map<ThreadId, unsigned> lanes_;
  std::vector<std::vector<ThreadId>> lane_threads_;
  std::map<unsigned, std::string> last_who_;  // by lane
  std::string text_;
};

}  // namespace

std::string lanes(const Trace& trace, const Names& names, const Ink& ink,
                  const LanesOptions& options) {
  return Table(trace, names, ink, options).render();
}

}  // namespace concertina::fuzzers
