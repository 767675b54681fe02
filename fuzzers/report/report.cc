#include "report/report.h"

#include <algorithm>

#include "base/check.h"
#include "host/wrapped.h"
#include "report/accesses.h"
#include "report/ink.h"
#include "report/lanes.h"
#include "report/listing.h"
#include "report/locks.h"
#include "report/names.h"
#include "report/picture.h"
#include "report/stacks.h"
#include "report/state.h"
#include "report/story.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kTagColumn = 10;  // "schedule: "
constexpr std::size_t kHang = 6;
constexpr std::size_t kStacksShown = 3;

std::string outcome_text(const Trace& trace, bool died) {
  std::string text = died ? "the process died" : std::string(outcome_name(trace.outcome));
  if (!trace.message.empty()) text += ": " + trace.message;
  text += "; " + plural(trace.steps, "step");
  if (!died) text += ", " + std::to_string(trace.decisions) + " of them with a choice";
  return text + ", " + plural(trace.events.size(), "event");
}

std::string schedule_text(const Schedule& schedule) {
  std::string text = plural(schedule.processors, "processor") + ", ";
  if (schedule.machines_max != kMachinesMax) {
    text += "at most " + plural(schedule.machines_max, "machine") + ", ";
  }
  if (schedule.slice != kSliceDefault) {
    text += "slices of " + plural(schedule.slice, "safe point") + ", ";
  }
  if (schedule.strategy == Strategy::kPct) {
    text += "pct of depth " + std::to_string(schedule.depth);
  } else if (schedule.strategy == Strategy::kRandom) {
    text += "random walk";
  } else {
    text += strategy_name(schedule.strategy);
  }
  text += ", seed " + std::to_string(schedule.seed);
  if (schedule.move_at_every_prologue) text += ", moves at every prologue";
  if (!schedule.reuse_stacks) text += ", stacks not reused";
  if (!schedule.cache_stacks) text += ", stacks not cached";
  if (!schedule.shrink_stacks) text += ", no shrinking";
  if (schedule.adaptive_start) text += ", first stacks as large as those scanned";
  if (schedule.elastic_buffers) text += ", buffers only while something is in them";
  if (!schedule.native_frames) text += ", native functions without frames";
  if (!schedule.poison) text += ", free memory is not filled";
  if (schedule.standing_requests) text += ", requests for a machine may stand for others";
  const std::pair<const char*, std::size_t> lists[] = {
      {"stack events", schedule.stack_events.size()},
      {"deviations", schedule.deviations.size()},
      {"constraints", schedule.constraints.size()}};
  for (const auto& [what, size] : lists) {
    if (size != 0) text += std::string(", ") + what + ": " + std::to_string(size);
  }
  return text;
}

std::string ascii(std::string_view text) {
  std::string result;
  for (const char c : text) result += (c >= ' ' && c <= '~') || c == '\n' ? c : '?';
  return result;
}

std::string folded(std::string_view text) { return wrapped_text(text, kHang); }

class Page {
 public:
  Page(const CaseFile& file, const Trace& trace, const Verdict& verdict, const PageOptions& options)
      : file_(file),
        trace_(trace),
        verdict_(verdict),
        options_(options),
        ink_(options.color),
        names_(file.input.program, trace),
        picture_(Picture::at_end(trace)),
        listing_(file.input.program),
        places_(whereabouts(file.input.program, trace)),
        accesses_(verdict.failed() ? accesses(options.log, trace) : std::vector<ReportedAccess>()),
        story_(tell(verdict, trace, names_, picture_, accesses_)) {}

  std::string render() {
    add_head();
    if (verdict_.failed() || trace_.outcome == Outcome::kDeadlock) add_look_at();
    add_lanes();
    if (verdict_.failed() || trace_.outcome == Outcome::kDeadlock) add_state();
    if (verdict_.failed()) add_stacks();
    add_program();
    if (verdict_.failed()) add_section("words", wrapped_text(glossary(), 4));
    if (options_.raw) add_section("what the process said", options_.log);
    return text_;
  }

 private:
  bool died() const { return !options_.log.empty() && trace_.threads.empty() && verdict_.failed(); }

  /// One tag and its text; further lines are indented to where it began.
  void add_field(std::string_view tag, std::string_view value, bool is_bad = false) {
    if (value.empty()) return;
    CHECK(tag.size() + 2 <= kTagColumn, "a tag stands before its column");
    std::string body = wrapped_text(ascii(value), 0, kPageWidth - kTagColumn);
    CHECK(body.ends_with('\n'), "wrapped text ends with a line end");
    body.pop_back();
    for (std::size_t at = 0; (at = body.find('\n', at)) != body.npos;) {
      body.insert(++at, kTagColumn, ' ');
    }
    std::string head = std::string(tag) + ":";
    head.resize(kTagColumn, ' ');
    text_ += head + (is_bad ? ink_.bad(body) : body) + "\n";
  }

  void add_section(std::string_view title, std::string_view body) {
    if (body.empty()) return;
    CHECK(!title.empty(), "a section has a title");
    text_ += "\n" + ink_.title(title) + ":\n" + std::string(body);
    if (body.back() != '\n') text_ += '\n';
  }

  void add_head() {
    add_field("verdict", verdict_.signature(), verdict_.failed());
    add_field("meaning", story_.text);
    add_field("detail", plain_detail(verdict_, trace_, names_));
    add_field("case", file_.header.title);
    add_field("bug", file_.header.bug);
    add_field("outcome", outcome_text(trace_, died()));
    add_field("schedule", schedule_text(file_.input.schedule));
  }

  void add_look_at() {
    if (!accesses_.empty()) {
      add_section(accesses_.size() > 1 ? "who did it, innermost function first"
                                       : "where, innermost function first",
                  say_accesses(accesses_, names_));
    }
    add_section("who waits for whom", folded(wait_cycle(trace_, picture_, names_)));
    if (verdict_.oracle == "lock_order") {
      add_section("who took which lock while holding which",
                  folded(lock_order(trace_, names_).text));
    }
    if (trace_.outcome == Outcome::kDeadlock) {
      add_section("who is asleep, and until when", folded(why_asleep(picture_, names_)));
    }
  }

  void add_lanes() {
    LanesOptions options;
    options.lines_max = options_.last_steps;
    options.marks = story_.marks;
    options.tells_of_work = verdict_.oracle == "work" || verdict_.oracle == "fairness";
    options.goes_to_the_end = trace_.outcome == Outcome::kHung;
    const std::string body = lanes(trace_, names_, ink_, options);
    const std::string title = "the last of " + plural(trace_.steps, "step") +
                              " ('*': a choice; '>>': what the failure is about)";
    add_section(verdict_.failed() ? title : "the last of " + plural(trace_.steps, "step"), body);
  }

  void add_state() {
    add_section("locks at the end", folded(locks_at_end(trace_, picture_, names_)));
    add_section("channels at the end", folded(channels_at_end(picture_, names_)));
    add_section("goroutines at the end",
                folded(goroutines_at_end(picture_, names_, listing_, places_)));
    add_section("threads at the end", folded(threads_at_end()));
  }

  std::string machine(ThreadId thread, GoroutineId g) const {
    return "  " + Names::thread(thread) + " " + std::string(names_.role(thread)) +
           (g != kNoGoroutine ? ", runs " + names_.goroutine(g) : "");
  }

  /// A process that died could not be asked: then each thread's last step has to do.
  std::string last_steps_of_threads() const {
    std::map<ThreadId, std::size_t> last;
    for (std::size_t i = 0; i < trace_.last_steps.size(); ++i) {
      last[trace_.last_steps[i].thread] = i;
    }
    std::string text;
    for (const auto& [thread, i] : last) {
      const Step& step = trace_.last_steps[i];
      text += machine(thread, step.goroutine);
      text += i + 1 == trace_.last_steps.size() ? ": died in step " : ": its last step was ";
      text += std::to_string(first_step_number(trace_) + i) + ", " +
              std::string(site_name(step.site)) + "\n";
    }
    return text;
  }

  std::string threads_at_end() const {
    if (died()) return last_steps_of_threads();
    std::string text;
    for (const ThreadAtEnd& thread : trace_.threads) {
      text += machine(thread.thread, thread.goroutine);
      text += thread.is_enabled ? ": could run at " : ": waits at ";
      text += site_name(thread.site);
      const std::string object = names_.object(thread.object);
      if (!object.empty()) text += ": " + object;
      if (thread.lock_holder >= 0) {
        text += ", held by " + Names::thread(static_cast<ThreadId>(thread.lock_holder));
      }
      text += "\n";
    }
    return text;
  }

  // Those that the failure is about; when none of them was ever copied, those copied last.
  void add_stacks() {
    const std::vector<GoroutineId> copied = last_copied(trace_);
    std::vector<GoroutineId> chosen = story_.goroutines;
    chosen.resize(std::min(chosen.size(), kStacksShown));
    if (std::ranges::find_first_of(chosen, copied) == chosen.end()) {
      chosen.insert(chosen.end(), copied.begin(), copied.end());
      chosen.resize(std::min(chosen.size(), kStacksShown));
    }
    std::string body;
    for (const GoroutineId g : chosen) {
      body += stack_of(g, file_.input.program, trace_, names_, ink_, story_.step);
    }
    add_section("stacks, last copies up to the failure", body);
  }

  static std::string who_stands(std::vector<std::string> names) {
    constexpr std::size_t kNamesShown = 6;
    if (names.size() > kNamesShown) {
      const std::size_t more = names.size() - kNamesShown;
      names.resize(kNamesShown);
      names.push_back(std::to_string(more) + " more");
    }
    return list_of(names);
  }

  /// A numbered line, and who stands there: beside it, else below.
  std::string program_line(std::size_t index, const std::string& who) const {
    constexpr std::size_t kCodeColumn = 6, kWhoColumn = 44;
    CHECK(index < listing_.lines().size(), "a line of the program is one of the listing");
    const std::string number = std::to_string(index + 1);
    std::string line = std::string(number.size() < 4 ? 4 - number.size() : 0, ' ') + number + "  ";
    for (const char c : listing_.lines()[index]) line += c == '\t' ? "    " : std::string(1, c);
    line.erase(line.find_last_not_of(' ') + 1);
    if (who.empty()) return wrapped_text(line + "\n", kCodeColumn + kHang);
    std::string text;
    if (line.size() + 2 > kWhoColumn) {
      text = wrapped_text(line + "\n", kCodeColumn + kHang);
      line.clear();
    }
    for (const std::string& part : wrapped(who, 4, kPageWidth - kWhoColumn)) {
      line.resize(kWhoColumn, ' ');
      text += line + ink_.mark(part) + "\n";
      line.clear();
    }
    return text;
  }

  void add_program() {
    std::map<unsigned, std::vector<std::string>> at_line;
    for (const auto& [g, place] : places_) {
      const auto found = picture_.goroutines.find(g);
      CHECK(listing_.line_of(place) <= listing_.lines().size(), "a place is in the listing");
      if (found == picture_.goroutines.end() || found->second.standing == Standing::kReturned)
        continue;
      at_line[listing_.line_of(place)].push_back(names_.goroutine(g));
    }
    std::string body;
    for (std::size_t i = 0; i < listing_.lines().size(); ++i) {
      const auto who = at_line.find(static_cast<unsigned>(i + 1));
      body += program_line(i, who != at_line.end() ? "<== " + who_stands(who->second) : "");
    }
    add_section("program", body);
  }

  /// What a reader without the source would have to look up, of what the page says.
  std::string glossary() const {
    struct Term {
      std::string_view needle;
      std::string_view text;
    };
    constexpr Term kTerms[] = {
        {"[scheduler]", "[scheduler]: a machine's code between two goroutines"},
        {" scanner", "scanner: the thread that suspends goroutines to shrink or move their stacks"},
        {"sudog-element",
         "waiting element: where a goroutine that sleeps on a channel wants its value put or taken "
         "from; it lies on that goroutine's stack, and others reach it through the channel's queue "
         "(a sudog)"},
        {"scan bit",
         "scan bit: set in a goroutine's status by the thread that suspended it; until it is "
         "taken off, no other thread may change that status, and the stack is the suspender's"},
        {"parking-on-chan",
         "parking_on_chan: the goroutine is about to sleep on a channel; its stack must not be "
         "copied yet"},
        {"active-stack-chans",
         "active_stack_chans: it sleeps on channels; a copy of its stack must take their locks"},
        {"select-done", "select_done: 1 once a waker has won the race to wake this select"},
        {"stack-guard",
         "stack guard: the word that a goroutine compares its stack pointer with; it also tells it "
         "that something is asked of it"},
        {" is interrupted",
         "interrupted: stopped anywhere in its own code, where registers may point into its stack"},
        {"copy-stack-low",
         "copy-stack-low: the part of a stack that others may write to, copied "
         "under the channels' locks"},
        {"copy-stack-high", "copy-stack-high: the rest of the stack, copied without locks"},
    };
    std::string text;
    for (const Term& term : kTerms) {
      if (text_.find(term.needle) == std::string::npos) continue;
      text += "  " + std::string(term.text) + "\n";
    }
    return text;
  }

  const CaseFile& file_;
  const Trace& trace_;
  const Verdict& verdict_;
  const PageOptions& options_;
  Ink ink_;
  Names names_;
  Picture picture_;
  Listing listing_;
  std::map<GoroutineId, Place> places_;
  std::vector<ReportedAccess> accesses_;
  Story story_;
  std::string text_;
};

}  // namespace

std::string render(const CaseFile& file, const Trace& trace, const Verdict& verdict,
                   const PageOptions& options) {
  return Page(file, trace, verdict, options).render();
}

}  // namespace concertina::fuzzers
