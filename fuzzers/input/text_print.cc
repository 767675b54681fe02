// print: the canonical text of a case file. The grammar is in text_words.h.
#include <algorithm>

#include "base/check.h"
#include "host/shown.h"
#include "input/input.h"
#include "input/text_header.h"
#include "input/text_words.h"
#include "schedule/choosers.h"
#include "schedule/key_text.h"

namespace concertina::fuzzers {
namespace {

constexpr std::size_t kColumns = 100;

std::string case_text(const Case& one) {
  return std::string(one.is_send ? "send " : "recv ") + channel_name(one.channel) +
         (one.by_pointer ? " by_pointer" : "");
}

// On one line if it fits, else one line per case, which a diff shows one by one.
std::string select_text(const Operation& select, const std::string& indent) {
  const std::string head = select.has_default ? "select default {" : "select {";
  std::string line = head;
  for (const Case& one : select.cases) line += (line == head ? " " : "; ") + case_text(one);
  line += " }";
  if (indent.size() + line.size() <= kColumns) return line;
  std::string lines = head;
  for (const Case& one : select.cases) lines += "\n" + indent + "  " + case_text(one);
  return lines + "\n" + indent + "}";
}

std::string operation_text(const Operation& operation, const std::string& indent) {
  if (operation.code == Code::kSelect) return select_text(operation, indent);
  std::string text(code_name(operation.code));
  if (uses_channel(operation.code)) text += " " + channel_name(operation.channel);
  if (uses_function(operation.code)) text += " f" + std::to_string(operation.function);
  if (uses_count(operation.code)) text += " " + std::to_string(operation.count);
  if (operation.by_pointer) text += " by_pointer";
  if (opens_block(operation.code)) text += " {";
  return text;
}

void print_function(const Function& function, std::size_t index, std::string& text) {
  CHECK(function.frame_class < kFramePaddingClasses, "a frame has one of the sizes");
  text += "func f" + std::to_string(index) +
          " frame=" + std::to_string(kFramePaddings[function.frame_class]) + " {\n";
  std::string indent = "  ";
  for (const Operation& operation : function.body) {
    CHECK(operation.code != Code::kEnd || indent.size() > 2, "a bracket closes an open block");
    if (operation.code == Code::kEnd) indent.resize(indent.size() - 2);
    text += indent + operation_text(operation, indent) + "\n";
    if (opens_block(operation.code)) indent += "  ";
  }
  text += "}\n";
}

void print_program(const Program& program, std::string& text) {
  if (!program.channels.empty()) text += "\n";
  for (std::size_t i = 0; i < program.channels.size(); ++i) {
    const Channel& channel = program.channels[i];
    CHECK(channel.size_class < kElementSizeClasses, "a channel's elements have one of the sizes");
    text += "chan c" + std::to_string(i) + " cap=" + std::to_string(channel.capacity) +
            " size=" + std::to_string(kElementSizes[channel.size_class]) + "\n";
  }
  for (std::size_t i = 0; i < program.functions.size(); ++i) {
    text += "\n";
    print_function(program.functions[i], i, text);
  }
}

void print_learnt(const Schedule& schedule, std::string& text) {
  for (const Constraint& constraint : schedule.constraints) {
    text += std::string(constraint.is_wanted ? kReadsWord : kReadsNotWord) + " " +
            std::string(site_name(constraint.reader)) + " from " +
            std::string(site_name(constraint.writer));
    if (constraint.skip != 0) text += " skip=" + std::to_string(constraint.skip);
    text += "\n";
  }
  for (const ObjectKey& target : schedule.targets) {
    text += "target " + numbered_path_text(target.path, target.ordinal) + "\n";
  }
  for (const ThreadCount& count : schedule.thread_counts) {
    text += "count " + std::to_string(count.count) + " of " +
            numbered_path_text(count.path, count.thread) + "\n";
  }
}

void print_schedule(const Schedule& schedule, std::string& text) {
  text += "\nschedule processors=" + std::to_string(schedule.processors) +
          " strategy=" + std::string(strategy_name(schedule.strategy)) +
          " depth=" + std::to_string(schedule.depth) + " seed=" + hexadecimal_text(schedule.seed);
  if (schedule.horizon != 0) text += " horizon=" + std::to_string(schedule.horizon);
  text += "\n";
  for (const KnobWord& word : kKnobWords) {
    if (schedule.*word.knob == word.value) text += "knob " + std::string(word.word) + "\n";
  }
  if (schedule.machines_max != kMachinesMax) {
    text +=
        "knob " + std::string(kMachinesWord) + "=" + std::to_string(schedule.machines_max) + "\n";
  }
  if (schedule.slice != kSliceDefault) {
    text += "knob " + std::string(kSliceWord) + "=" + std::to_string(schedule.slice) + "\n";
  }
  for (const StackEvent& event : schedule.stack_events) {
    text += "event " + std::string(action_name(event.action)) + " at " + key_text(event.key) + "\n";
  }
  for (const Deviation& deviation : schedule.deviations) {
    text += std::string(deviation_name(deviation.kind)) + " " + std::to_string(deviation.value) +
            " at " + key_text(deviation.key) + "\n";
  }
  print_learnt(schedule, text);
}

// A header value is one line that can be printed, without blanks around it; what else it holds is
// made so.
void print_header(std::string_view key, std::string value, bool always, std::string& text) {
  for (std::size_t i = 0; i < value.size();) {
    const std::size_t size = printable_size(std::string_view(value).substr(i));
    if (size == 0) value[i] = ' ';
    i += std::max<std::size_t>(size, 1);
  }
  value.erase(value.find_last_not_of(' ') + 1);
  value.erase(0, value.find_first_not_of(' '));
  if (!always && value.empty()) return;
  text += "# " + std::string(key) + ":" + (value.empty() ? "" : " " + value) + "\n";
}

}  // namespace

std::string print(const CaseFile& file) {
  std::string text;
  for (const HeaderField& field : kHeaderFields) {
    print_header(field.key, file.header.*field.value, field.is_always_there, text);
  }
  const std::size_t body = text.size();
  text += "version " + std::to_string(kTextVersionMax) + "\n";
  print_program(file.input.program, text);
  print_schedule(file.input.schedule, text);
  text += std::string(kEndWord) + "\n";
  CaseFile back;  // a header is for people, and need not be one that the parser takes
  const ParseError error = parse(std::string_view(text).substr(body), back);
  CHECK(error.reason.empty() && back.input == file.input,
        "an input is read back from its text: " + error.reason);
  return text;
}

}  // namespace concertina::fuzzers
