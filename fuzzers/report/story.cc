#include "report/story.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "report/locks.h"
#include "report/words.h"
#include "trace/text.h"

namespace concertina::fuzzers {
namespace {

/// What each oracle means, for readers who have never seen it.
std::string meaning(const Verdict& verdict) {
  struct Row {
    std::string_view oracle;
    std::string_view text;
  };
  constexpr Row kRows[] = {
      {"invariants", "The runtime found one of its own invariants broken and stopped."},
      {"heap",
       "Memory was two things at once, or became something else while a scan could still have "
       "a pointer into it in mind, or was written to while it was free."},
      {"stack",
       "A goroutine's stack did not come through a copy as it must: frames, pointers and "
       "waiting elements keep their distances below the stack's top, a blocked goroutine is "
       "copied under its channels' locks, and nobody writes to a freed stack."},
      {"lock_order",
       "Locks were taken against the order that keeps threads from waiting for each "
       "other for ever. This run did not hang; another schedule could."},
      {"channels", "A channel did something that Go's channels do not do."},
      {"locals", "A local variable did not hold what was last written to it."},
      {"deadlock",
       "A goroutine or thread is blocked that should not be, or the runtime reported a "
       "deadlock that is none."},
      {"leaks", "Something was not given back at the end of the run."},
      {"work",
       "A processor stood idle beside a goroutine that could have run, and no thread was about "
       "to notice; or a run queue was found empty that was not."},
      {"preemption",
       "What was asked of a goroutine (to stop, to shrink its stack, to share its processor) was "
       "not answered at the next place where it could be."},
      {"fairness",
       "A goroutine that could have run waited in a queue while its processor took up others, "
       "more often than it may; or a goroutine kept its processor beyond its time slice."},
      {"progress", "The run did not come to its end within its limits."},
      {"determinism", "Two runs of one input differed."},
      {"memory",
       "The program touched memory that it must not touch, or computed something that C++ "
       "leaves undefined. Stacks that were freed are poisoned."},
      {"race",
       "Two threads accessed the same memory, at least one of them writing, and nothing "
       "(no lock, no atomic) put one access before the other."},
      {"crash", "The process died."},
  };
  for (const Row& row : kRows) {
    if (row.oracle == verdict.oracle) return std::string(row.text);
  }
  return "";
}

std::optional<std::uint32_t> number_after(std::string_view text, std::string_view words) {
  const std::size_t at = text.rfind(words);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint32_t number = 0;
  const std::string_view rest = text.substr(at + words.size());
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

bool is_of_process(const Verdict& verdict) {
  return verdict.oracle == "race" || verdict.oracle == "memory" || verdict.oracle == "crash";
}

/// The event that the oracle's detail names, if the trace holds it.
const Event* named_event(const Verdict& verdict, const Trace& trace) {
  if (is_of_process(verdict)) return nullptr;
  const auto index = number_after(verdict.detail, "at event ");
  return index && *index < trace.events.size() ? &trace.events[*index] : nullptr;
}

std::string say_event(const Event& event, const Names& names) {
  const std::string thread = Names::thread(event.thread);
  const std::string g = names.goroutine(event.goroutine);
  const auto at = [](BelowHi place) {
    return ", at " + std::to_string(place) + " below the stack's top";
  };
  switch (event.kind) {
    case EventKind::kLockAcquired:
      return thread + " takes " + names.object(as<event::LockAcquired>(event).lock);
    case EventKind::kLockReleased:
      return thread + " releases " + names.object(as<event::LockReleased>(event).lock);
    case EventKind::kMayLock:
      return thread + " may have to wait for " + names.object(as<event::MayLock>(event).lock);
    case EventKind::kFrameSeen: {
      const auto frame = as<event::FrameSeen>(event);
      const bool is_whole = frame.function != FunctionId::kOverwritten;
      return "a frame of " + g + (is_whole ? ", of " + names.function(frame.function) : "") +
             at(frame.place);
    }
    case EventKind::kPointerSeen:
      return "a pointer of " + g + at(as<event::PointerSeen>(event).place);
    case EventKind::kSudogSeen:
      return g + "'s waiting element on " + names.channel(channel_of(event));
    default:
      break;
  }
  std::string text = say(event, names);
  if (!text.empty()) return text;
  text = names.in_words(describe(event));
  return text.substr(0, text.rfind(" (T"));
}

void about(Story& story, GoroutineId g) {
  if (g == kNoGoroutine) return;
  std::vector<GoroutineId>& all = story.goroutines;
  if (std::find(all.begin(), all.end(), g) == all.end()) all.push_back(g);
}

/// Somebody hands an element over while another thread copies the stack that it lies on.
void tell_transfer(Story& story, ThreadId id, const ThreadPicture& thread, const Picture& picture,
                   const Names& names) {
  const auto partner = picture.goroutines.find(thread.partner);
  if (partner == picture.goroutines.end() || partner->second.copied_by < 0) return;
  const auto copier = static_cast<ThreadId>(partner->second.copied_by);
  if (copier == id || thread.held.empty()) return;
  const std::string g = names.goroutine(thread.partner);
  const std::string lock = "lock of " + names.channel(thread.partner_channel);
  bool copier_has_lock = false;
  for (const HeldLock& held : picture.threads.at(copier).held) {
    copier_has_lock |= names.object(held.object) == lock;
  }
  bool is_sender = false;
  for (const OpenCase& one : partner->second.operation.cases) {
    is_sender |= one.is_send && one.channel == thread.partner_channel;
  }
  story.text += " " + Names::thread(id) + " is about to " + (is_sender ? "read" : "write") +
                " an element on " + g + "'s stack, while " + Names::thread(copier) +
                " is copying that very stack";
  story.text += copier_has_lock ? "." : " without holding the " + lock + ".";
  about(story, thread.partner);
}

void tell_accesses(Story& story, const std::vector<ReportedAccess>& accesses,
                   const Picture& picture, const Names& names) {
  std::vector<std::string> who;
  for (const ReportedAccess& access : accesses) {
    about(story, access.goroutine);
    if (access.thread < 0 || access.step == 0) continue;
    const auto thread = picture.threads.find(static_cast<ThreadId>(access.thread));
    if (thread != picture.threads.end() && thread->second.partner != kNoGoroutine &&
        !access.is_previous) {
      about(story, thread->second.partner);
    }
    std::string one = Names::thread(static_cast<ThreadId>(access.thread));
    if (access.goroutine != kNoGoroutine) {
      one += names.is_scanner(static_cast<ThreadId>(access.thread))
                 ? " (the scanner, copying " + names.goroutine(access.goroutine) + "'s stack)"
                 : " (running " + names.goroutine(access.goroutine) + ")";
    }
    if (!access.frames.empty()) one += " in " + access.frames.front().function;
    one += " at step " + std::to_string(access.step);
    who.push_back(one);
    const std::string_view which = access.is_previous ? "the earlier access, a " : "the access, a ";
    story.marks[access.step] = std::string(which) + access.what;
  }
  if (!who.empty()) story.text += " Here: " + list_of(who) + ".";
  for (const auto& [id, thread] : picture.threads) tell_transfer(story, id, thread, picture, names);
}

void tell_locks(Story& story, const Verdict& verdict, const Trace& trace, const Names& names,
                const Picture& picture) {
  if (!wait_cycle(trace, picture, names).empty()) {
    story.text =
        "Threads wait for each other in a circle; none of them can take another step. "
        "The circle is below, lock by lock.";
    for (const ThreadAtEnd& thread : trace.threads) {
      if (thread.lock_holder >= 0) about(story, thread.goroutine);
    }
    for (const auto& [id, thread] : picture.threads) {
      for (const HeldLock& lock : thread.held) {
        story.marks[lock.step] = "takes " + names.object(lock.object) + " and never releases it";
      }
    }
  }
  if (verdict.oracle != "lock_order") return;
  const LockOrder order = lock_order(trace, names);
  for (const std::uint32_t step : order.steps) story.marks.try_emplace(step, "");
}

}  // namespace

Story tell(const Verdict& verdict, const Trace& trace, const Names& names, const Picture& picture,
           const std::vector<ReportedAccess>& accesses) {
  Story story;
  if (!verdict.failed()) return story;
  story.text = meaning(verdict);
  tell_accesses(story, accesses, picture, names);
  tell_locks(story, verdict, trace, names, picture);
  if (is_of_process(verdict) && !trace.last_steps.empty()) {
    story.marks.try_emplace(trace.steps, "the process died in this step");
    about(story, trace.last_steps.back().goroutine);
  }
  if (const Event* event = named_event(verdict, trace)) {
    story.marks.try_emplace(event->step, "seen here");
    about(story, event->goroutine);
    story.step = event->step;
  } else if (!is_of_process(verdict)) {
    if (const auto step = number_after(verdict.detail, " step ")) {
      story.marks.try_emplace(*step, "seen here");
    }
  }
  return story;
}

std::string plain_detail(const Verdict& verdict, const Trace& trace, const Names& names) {
  if (is_of_process(verdict)) return "";
  const Event* const event = named_event(verdict, trace);
  if (event == nullptr) return names.in_words(verdict.detail);
  const std::size_t at = verdict.detail.rfind("at event ");
  return names.in_words(verdict.detail.substr(0, at)) + "at step " + std::to_string(event->step) +
         ": " + say_event(*event, names);
}

}  // namespace concertina::fuzzers
