#include "report/stacks.h"

#include <algorithm>

#include "base/check.h"
#include "host/wrapped.h"
#include "report/words.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kTextColumn = 9;    // after the distance
constexpr std::size_t kAfterColumn = 60;  // "same"

/// Facts of one walk: frames and pointers, in the order in which they were seen.
struct Walk {
  bool is_recorded = false;
  std::uint32_t used = 0;
  std::uint32_t step = 0;
  std::vector<Event> facts = {};
};

struct Copy {
  Event begin;     // kCount when there was none
  Walk scan = {};  // the last walk outside a copy
  bool is_done = false;
  std::uint32_t end_step = 0;
  Walk before = {};
  Walk after = {};
  std::vector<event::SudogSeen> sudogs = {};

  Walk& walk_of(CensusMoment moment) {
    return moment == CensusMoment::kBeforeCopy  ? before
           : moment == CensusMoment::kAfterCopy ? after
                                                : scan;
  }
};

/// The last copy of g's stack; nothing announced (kCount) when there was none.
Copy last_copy(GoroutineId g, const Trace& trace, std::uint32_t until) {
  Copy copy;
  Walk* walk = nullptr;
  for (const Event& event : trace.events) {
    if (event.goroutine != g) continue;
    if (event.kind == EventKind::kCopyBegin && event.step > until) break;
    const bool is_copier = event.thread == copy.begin.thread;
    switch (event.kind) {
      case EventKind::kCopyBegin:
        copy = Copy{.begin = event, .scan = std::move(copy.scan)};
        walk = nullptr;
        break;
      case EventKind::kCensusBegin:
        walk = &copy.walk_of(as<event::CensusBegin>(event).moment);
        *walk = Walk{true, as<event::CensusBegin>(event).used_bytes, event.step};
        break;
      case EventKind::kFrameSeen:
      case EventKind::kPointerSeen:
        if (walk != nullptr) walk->facts.push_back(event);
        break;
      case EventKind::kSudogSeen:
        if (!copy.is_done && is_copier) copy.sudogs.push_back(as<event::SudogSeen>(event));
        break;
      case EventKind::kCopyEnd:
        copy.is_done = true;
        copy.end_step = event.step;
        walk = nullptr;
        break;
      default:
        break;
    }
  }
  return copy;
}

std::string distance(BelowHi place) {
  if (place == kNilPlace) return "nil";
  return place == kOutsideStack ? "OUTSIDE the stack" : std::to_string(place);
}

/// What the slot is, as the frame's function lays it out: p0, the element, a case's element.
std::string slot_name(FunctionId function, std::uint16_t ordinal, const Program& program) {
  if (function < FunctionId::kFirstOfProgram) {
    if (ordinal == 0 && function != FunctionId::kSelect) return "element";
    return "element of case " + std::to_string(ordinal);
  }
  const std::size_t index = program_function_index(function);
  if (index >= program.functions.size()) return "pointer " + std::to_string(ordinal);
  const std::uint32_t uses = channels_named_by(program.functions[index].body);
  unsigned left = ordinal;
  for (unsigned c = 0; c < kChannelsMax; ++c) {
    if ((uses >> c & 1) != 0 && left-- == 0) return "p" + std::to_string(c);
  }
  return "pointer " + std::to_string(ordinal);
}

/// A walk's facts as text, one line each; `at` is the distance that leads the line.
struct Line {
  BelowHi at;
  std::string text;
  bool is_bad;
  bool operator==(const Line&) const = default;
};

std::vector<Line> lines_of(const Walk& walk, const Program& program, const Names& names) {
  std::vector<Line> lines;
  FunctionId function = FunctionId::kNone;
  for (const Event& fact : walk.facts) {
    if (fact.kind == EventKind::kFrameSeen) {
      const auto frame = as<event::FrameSeen>(fact);
      function = frame.function;
      if (function == FunctionId::kOverwritten) {
        lines.push_back({frame.place, "NO FRAME: its header is overwritten", true});
        continue;
      }
      std::string text = "frame of " + names.function(function);
      text += frame.caller == kNilPlace ? ", the oldest"
                                        : ", called by the frame at " + distance(frame.caller);
      lines.push_back({frame.place, text, frame.caller == kOutsideStack});
      continue;
    }
    const auto slot = as<event::PointerSeen>(fact);
    const bool is_bad = slot.target == kOutsideStack;
    const std::string name = slot_name(function, slot.ordinal, program);
    const std::string target = is_bad || slot.target == kNilPlace
                                   ? distance(slot.target)
                                   : "points to " + distance(slot.target);
    lines.push_back({slot.place, "  " + name + ": " + target, is_bad});
  }
  return lines;
}

/// "    208  frame of f1", and more lines below the text.
std::string at_distance(BelowHi at, std::string_view text) {
  std::string number = std::to_string(at);
  number.insert(0, number.size() < kTextColumn - 2 ? kTextColumn - 2 - number.size() : 0, ' ');
  return wrapped_text(number + "  " + std::string(text) + "\n", kTextColumn + 4);
}

/// What has become of a line in the copy: beside it where it is the same, else below it.
std::string both_sides(const Line* left, const Line* right) {
  CHECK(left != nullptr || right != nullptr, "a row has a side");
  if (left != nullptr && right != nullptr && *left == *right) {
    std::string text = at_distance(left->at, left->text);
    CHECK(text.ends_with('\n'), "wrapped text ends with a line end");
    text.pop_back();
    std::size_t begin = text.rfind('\n') + 1;  // 0 when it is one line
    if (text.size() - begin + 2 > kAfterColumn) {
      text += '\n';
      begin = text.size();
    }
    text.resize(begin + kAfterColumn, ' ');
    return text + "same\n";
  }
  std::string text =
      at_distance((left != nullptr ? left : right)->at, left != nullptr ? left->text : "NOTHING");
  std::string after = std::string(kTextColumn, ' ') + "after: ";
  if (right == nullptr) {
    after += "NOTHING";
  } else {
    if (left != nullptr && left->at != right->at) after += "at " + std::to_string(right->at) + ": ";
    after += right->text.substr(std::min(right->text.find_first_not_of(' '), right->text.size()));
  }
  return text + wrapped_text(after + "  <== differs\n", kTextColumn + 4);
}

void add_sides(std::string& page, const Copy& copy, const Program& program, const Names& names,
               const Ink& ink) {
  const std::vector<Line> before = lines_of(copy.before, program, names);
  const std::vector<Line> after = lines_of(copy.after, program, names);
  std::string heading = "     at  before the copy";
  if (copy.after.is_recorded) {
    heading.resize(kAfterColumn, ' ');
    heading += "after the copy";
  }
  page += ink.title(heading) + "\n";
  const auto add = [&](bool is_bad, std::string text) {
    CHECK(text.ends_with('\n'), "a row is whole lines");
    if (is_bad) text = ink.bad(text.substr(0, text.size() - 1)) + "\n";
    page += text;
  };
  if (!copy.after.is_recorded) {
    for (const Line& line : before) add(line.is_bad, at_distance(line.at, line.text));
    page += std::string(kTextColumn, ' ') + "after the copy: ";
    page += copy.is_done ? "not recorded\n" : "not reached: the copy is not finished\n";
    return;
  }
  for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
    const Line* const left = i < before.size() ? &before[i] : nullptr;
    const Line* const right = i < after.size() ? &after[i] : nullptr;
    const bool is_same = left != nullptr && right != nullptr && *left == *right;
    add(!is_same || left->is_bad, both_sides(left, right));
  }
}

void add_sudogs(std::string& page, const Copy& copy, const Names& names, const Ink& ink) {
  for (const event::SudogSeen& sudog : copy.sudogs) {
    std::string line = "  waits on " + names.channel(sudog.channel);
    if (sudog.case_index != 0) line += " (case " + std::to_string(sudog.case_index) + ")";
    const bool is_bad = sudog.element == kOutsideStack;
    line += sudog.element == kNilPlace
                ? " without an element"
                : "; after the adjustment its element is " +
                      (is_bad ? "OUTSIDE the new stack"
                              : "at " + std::to_string(sudog.element) + ", in the new stack");
    for (const std::string& part : wrapped(line, 4)) {
      page += (is_bad ? ink.bad(part) : part) + "\n";
    }
  }
}

/// "g0.0: last copy by T1 (scanner) to shrink it, ..."
std::string say_copy(const Copy& copy, const Names& names) {
  const auto begin = as<event::CopyBegin>(copy.begin);
  const ThreadId thread = copy.begin.thread;
  std::string text =
      ": last copy by " + Names::thread(thread) + " (" + std::string(names.role(thread)) + ") to " +
      std::string(copy_reason(begin.reason)) + " it, " + std::to_string(begin.old_bytes) + " to " +
      plural(begin.new_bytes, "byte") + ", from step " + std::to_string(copy.begin.step);
  text += copy.is_done ? " to step " + std::to_string(copy.end_step) : " on, NOT FINISHED";
  return text + (begin.locks == CopyLocks::kTaken  ? "; it takes the channels' locks"
                 : begin.locks == CopyLocks::kHeld ? "; its own machine holds locks"
                                                   : "; no channel lock is taken");
}

std::string heading(const std::string& name, const std::string& text, const Ink& ink) {
  const std::string lines = wrapped_text(name + text + "\n", 4);
  // A name that is broken stays plain.
  return lines.starts_with(name) ? ink.title(name) + lines.substr(name.size()) : lines;
}

}  // namespace

std::string stack_of(GoroutineId g, const Program& program, const Trace& trace, const Names& names,
                     const Ink& ink, std::uint32_t until) {
  const Copy copy = last_copy(g, trace, until);
  const std::string name = names.goroutine(g);
  if (copy.begin.kind == EventKind::kCount) {
    const std::string never = ": its stack was never copied";
    if (!copy.scan.is_recorded) {
      return heading(name, never + ", and its frames were not recorded", ink);
    }
    const std::string when = "; as the scanner saw it at step " + std::to_string(copy.scan.step);
    std::string page = heading(name, never + when + ":", ink);
    for (const Line& line : lines_of(copy.scan, program, names)) {
      page += at_distance(line.at, line.text);
    }
    return page;
  }
  std::string page = heading(name, say_copy(copy, names), ink);
  if (!copy.before.is_recorded && !copy.after.is_recorded) {
    page += "  frames: not recorded (the runtime walks a stack at the first copies only)\n";
  } else {
    page += "  distances in bytes below the top of the stack; " + std::to_string(copy.before.used) +
            " in use\n";
    add_sides(page, copy, program, names, ink);
  }
  add_sudogs(page, copy, names, ink);
  return page;
}

std::vector<GoroutineId> last_copied(const Trace& trace) {
  std::vector<GoroutineId> result;
  for (std::size_t i = trace.events.size(); i-- > 0;) {
    const Event& event = trace.events[i];
    if (event.kind != EventKind::kCopyBegin) continue;
    if (std::find(result.begin(), result.end(), event.goroutine) == result.end()) {
      result.push_back(event.goroutine);
    }
  }
  return result;
}

}  // namespace concertina::fuzzers
