#include "report/stacks.h"

#include <algorithm>

#include "report/words.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint32_t kOutside = 0xffffffff;
constexpr std::uint16_t kNoFunction = 0xffff;  // a frame without its header
constexpr std::size_t kSideColumn = 62;

/// Facts of one walk: frames and pointers, in the order in which they were seen.
struct Walk {
  bool is_recorded = false;
  std::uint32_t used = 0;
  std::uint32_t step = 0;
  std::vector<Event> facts;
};

struct Copy {
  Event begin;
  Walk scan;  // the last walk outside a copy
  bool is_done = false;
  std::uint32_t end_step = 0;
  Walk before;
  Walk after;
  std::vector<Event> sudogs;
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
      case EventKind::kCopyBegin: {
        Walk scan = std::move(copy.scan);
        copy = Copy{};
        copy.scan = std::move(scan);
        copy.begin = event;
        walk = nullptr;
        break;
      }
      case EventKind::kCensusBegin:
        walk = event.index == 0 ? &copy.before : event.index == 1 ? &copy.after : &copy.scan;
        *walk = Walk{.is_recorded = true, .used = event.a, .step = event.step, .facts = {}};
        break;
      case EventKind::kFrameSeen:
      case EventKind::kPointerSeen:
        if (walk != nullptr) walk->facts.push_back(event);
        break;
      case EventKind::kSudogSeen:
        if (!copy.is_done && is_copier) copy.sudogs.push_back(event);
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

std::string distance(std::uint32_t value) {
  if (value == 0) return "nil";
  return value == kOutside ? "OUTSIDE the stack" : std::to_string(value);
}

/// What the slot is, as the frame's function lays it out: p0, the element, a case's element.
std::string slot_name(std::uint16_t function, std::uint16_t ordinal, const Program& program) {
  if (function < kProgramFunctionIds) {
    return ordinal == 0 ? "element" : "element of case " + std::to_string(ordinal);
  }
  const std::size_t index = function - kProgramFunctionIds;
  if (index >= program.functions.size()) return "pointer " + std::to_string(ordinal);
  std::uint32_t uses = 0;
  for (const Operation& operation : program.functions[index].body) {
    if (uses_channel(operation.code) && operation.channel != kNil) uses |= 1U << operation.channel;
    for (const Case& one : operation.cases) {
      if (one.channel != kNil) uses |= 1U << one.channel;
    }
  }
  unsigned left = ordinal;
  for (unsigned c = 0; c < kChannelsMax; ++c) {
    if ((uses >> c & 1) != 0 && left-- == 0) return "p" + std::to_string(c);
  }
  return "pointer " + std::to_string(ordinal);
}

std::string select_slot(std::uint16_t function, std::uint16_t ordinal, const Names& names,
                        const Program& program) {
  if (names.function(function) == "select") return "element of case " + std::to_string(ordinal);
  return slot_name(function, ordinal, program);
}

/// A walk's facts as text, one line each; `at` is the distance that leads the line.
struct Line {
  std::uint32_t at;
  std::string text;
  bool is_bad;
  bool operator==(const Line&) const = default;
};

std::vector<Line> lines_of(const Walk& walk, const Program& program, const Names& names) {
  std::vector<Line> lines;
  std::uint16_t function = 0;
  for (const Event& fact : walk.facts) {
    const bool is_bad = fact.b == kOutside;
    if (fact.kind == EventKind::kFrameSeen) {
      function = fact.index;
      if (function == kNoFunction) {
        lines.push_back({fact.a, "NO FRAME: its header is overwritten", true});
        continue;
      }
      std::string text = "frame of " + names.function(function);
      text += fact.b == 0 ? ", the oldest" : ", called by the frame at " + distance(fact.b);
      lines.push_back({fact.a, text, is_bad});
      continue;
    }
    const std::string name = select_slot(function, fact.index, names, program);
    const std::string target =
        is_bad || fact.b == 0 ? distance(fact.b) : "points to " + distance(fact.b);
    lines.push_back({fact.a, "  " + name + ": " + target, is_bad});
  }
  return lines;
}

std::string pad(std::string text, std::size_t width) {
  if (text.size() > width) text = text.substr(0, width - 3) + "...";
  text.resize(width, ' ');
  return text;
}

void add_sides(std::string& page, const Copy& copy, const Program& program, const Names& names,
               const Ink& ink) {
  const std::vector<Line> before = lines_of(copy.before, program, names);
  const std::vector<Line> after = lines_of(copy.after, program, names);
  std::string heading = "     at  ";
  heading += pad("before the copy", kSideColumn) + "after the copy";
  page += ink.title(heading) + "\n";
  for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
    const Line none{0, "", false};
    const Line& left = i < before.size() ? before[i] : none;
    const Line& right = i < after.size() ? after[i] : none;
    const bool both = i < before.size() && i < after.size();
    std::string at = std::to_string(i < before.size() ? left.at : right.at);
    std::string line = std::string(at.size() < 7 ? 7 - at.size() : 0, ' ') + at + "  ";
    line += pad(left.text, kSideColumn);
    bool is_bad = left.is_bad || right.is_bad;
    if (!copy.after.is_recorded) {
      line += i > 0 ? "" : copy.is_done ? "not recorded" : "not reached: the copy is not finished";
    } else if (both && left == right) {
      line += "same";
    } else {
      is_bad = true;
      if (both && left.at != right.at) line += "at " + std::to_string(right.at) + ": ";
      line += right.text.empty() ? "NOTHING  <== differs" : right.text + "  <== differs";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    page += (is_bad ? ink.bad(line) : line) + "\n";
  }
}

void add_sudogs(std::string& page, const Copy& copy, const Names& names, const Ink& ink) {
  for (const Event& sudog : copy.sudogs) {
    std::string line = "  waits on " + names.channel(sudog.channel);
    if (sudog.index != 0) line += " (case " + std::to_string(sudog.index) + ")";
    const bool is_bad = sudog.b == kOutside;
    if (sudog.b == 0) {
      line += " without an element";
    } else if (is_bad) {
      line += "; after the adjustment its element is OUTSIDE the new stack";
    } else {
      line += "; after the adjustment its element is at " + std::to_string(sudog.b) +
              ", in the new stack";
    }
    page += (is_bad ? ink.bad(line) : line) + "\n";
  }
}

}  // namespace

std::string stack_of(GoroutineId g, const Program& program, const Trace& trace, const Names& names,
                     const Ink& ink, std::uint32_t until) {
  const Copy copy = last_copy(g, trace, until);
  const std::string name = names.goroutine(g);
  if (copy.begin.kind == EventKind::kCount) {
    std::string page = ink.title(name) + ": its stack was never copied";
    if (!copy.scan.is_recorded) return page + ", and its frames were not recorded\n";
    page += "; as the scanner saw it at step " + std::to_string(copy.scan.step) + ":\n";
    for (const Line& line : lines_of(copy.scan, program, names)) {
      const std::string at = std::to_string(line.at);
      page += std::string(at.size() < 7 ? 7 - at.size() : 0, ' ') + at + "  " + line.text + "\n";
    }
    return page;
  }
  const Event& begin = copy.begin;
  std::string page = ink.title(name) + ": last copy by " + Names::thread(begin.thread) + " (" +
                     std::string(names.role(begin.thread)) + ") to " +
                     std::string(copy_reason(begin.index)) + " it, " + std::to_string(begin.a) +
                     " to " + plural(begin.b, "byte") + ", from step " + std::to_string(begin.step);
  page += copy.is_done ? " to step " + std::to_string(copy.end_step) : " on, NOT FINISHED";
  page += begin.channel == 1   ? "; it takes the channels' locks\n"
          : begin.channel == 2 ? "; its own machine holds locks\n"
                               : "; no channel lock is taken\n";
  if (!copy.before.is_recorded && !copy.after.is_recorded) {
    page +=
        "  frames: not recorded (the runtime walks a stack at the first copies of a run only)\n";
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
