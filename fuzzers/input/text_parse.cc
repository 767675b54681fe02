// parse: the inverse of print. The grammar is in text_words.h.
//
// Each parse_* method takes the words of its part and returns false after it has noted an error;
// the first error ends the parse.
#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "host/shown.h"
#include "input/form.h"
#include "input/input.h"
#include "input/text_header.h"
#include "input/text_lexer.h"
#include "input/text_words.h"
#include "schedule/choosers.h"
#include "schedule/key_text.h"

namespace concertina::fuzzers {
namespace {

std::string quoted(const Word& word) {
  return word.text.empty() ? "the end" : "'" + shown(word.text) + "'";
}

/// The number in "c3" or "f3".
bool index_in(std::string_view text, char prefix, std::uint64_t& index) {
  return text.starts_with(prefix) && number_from_text(text.substr(1), 255, index);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  ParseError parse(Input& input) {
    if (!expect("version")) return error_;
    const Word version = lexer_.take();
    std::uint64_t number = 0;
    if (!number_from_text(version.text, kTextVersionMax, number) || number == 0) {
      fail(version, "expected a version from 1 to " + std::to_string(kTextVersionMax) +
                        " instead of " + quoted(version));
      return error_;
    }
    if (!parse_parts(number >= kTextVersionWithEnd) || !check_callees()) return error_;
    // What the parts cannot see by themselves.
    if (const std::string rule = validate(input_); !rule.empty()) {
      fail(lexer_.peek(), rule);
      return error_;
    }
    CHECK(error_.reason.empty(), "what was parsed has no error");
    input = std::move(input_);
    return error_;
  }

 private:
  bool parse_parts(bool has_end) {
    while (!lexer_.at_end()) {
      const Word word = lexer_.take();
      if (word.text == kEndWord && has_end) return parse_end();
      if (word.text == kEndWord) return fail(word, "'end' belongs to version 4 and later ones");
      if (!parse_part(word)) return false;
    }
    return !has_end || fail(lexer_.peek(), "there is no 'end': the case is cut");
  }

  bool parse_part(const Word& word) {
    if (word.text == "chan") return parse_channel();
    if (word.text == "func") return parse_function();
    if (word.text == "schedule") return parse_schedule();
    if (word.text == "knob") return parse_knob();
    if (word.text == "event") return parse_event();
    for (unsigned i = 0; i < static_cast<unsigned>(DeviationKind::kCount); ++i) {
      const auto kind = static_cast<DeviationKind>(i);
      if (word.text == deviation_name(kind)) return parse_deviation(kind);
    }
    if (word.text == kReadsWord) return parse_constraint(true);
    if (word.text == kReadsNotWord) return parse_constraint(false);
    if (word.text == "target") return parse_target();
    if (word.text == "count") return parse_thread_count();
    return fail(
        word,
        "expected chan, func, schedule, knob, event, hold, prefer, choose, reads, reads_not, "
        "target, count or end instead of " +
            quoted(word));
  }

  bool parse_end() {
    return lexer_.at_end() ||
           fail(lexer_.peek(), "only comments come after 'end', not " + quoted(lexer_.peek()));
  }

  bool parse_channel() {
    const Word name = lexer_.take();
    std::vector<Channel>& channels = input_.program.channels;
    if (channels.size() == kChannelsMax) return fail(name, "too many channels");
    if (!is_next(name, "c", channels.size(), "channels")) return false;
    Channel channel;
    if (!parse_field("cap", 0, kCapacityMax, channel.capacity)) return false;
    if (!parse_size("size", kElementSizes, channel.size_class)) return false;
    channels.push_back(channel);
    return true;
  }

  bool parse_function() {
    const Word name = lexer_.take();
    std::vector<Function>& functions = input_.program.functions;
    if (functions.size() == kFunctionsMax) return fail(name, "too many functions");
    if (!is_next(name, "f", functions.size(), "functions")) return false;
    Function function;
    if (!parse_size("frame", kFramePaddings, function.frame_class)) return false;
    if (!expect("{") || !parse_body(function)) return false;
    functions.push_back(std::move(function));
    return true;
  }

  bool is_next(const Word& name, const std::string& prefix, std::size_t number,
               const std::string& what) {
    const std::string wanted = prefix + std::to_string(number);
    return name.text == wanted || fail(name, what + " are numbered in order: expected " + wanted);
  }

  /// Up to and including the function's own closing bracket.
  bool parse_body(Function& function) {
    unsigned open = 0;
    while (true) {
      const Word word = lexer_.take();
      if (word.text == "}" && open == 0) return true;
      if (function.body.size() == kOperationsMax) return fail(word, "too many operations");
      Operation operation;
      if (!parse_operation(word, operation)) return false;
      CHECK(operation.code != Code::kEnd || open > 0, "a function's own bracket is no operation");
      if (operation.code == Code::kEnd) --open;
      if (opens_block(operation.code)) {
        if (++open > kNestingMax) return fail(word, "blocks are nested too deep");
        if (!expect("{")) return false;
      }
      function.body.push_back(std::move(operation));
    }
  }

  bool parse_operation(const Word& word, Operation& operation) {
    operation.code = code_by_name(word.text);
    if (operation.code == Code::kCount) {
      return fail(word, word.text.empty() ? "a function is not ended"
                                          : "unknown operation " + quoted(word));
    }
    if (operation.code == Code::kSelect) return parse_select(operation);
    if (uses_channel(operation.code) && !parse_channel_name(operation.channel)) return false;
    if (uses_function(operation.code) && !parse_callee(operation.function)) return false;
    if (uses_count(operation.code) && !parse_count(count_range(operation.code), operation.count)) {
      return false;
    }
    if (uses_pointer(operation.code)) operation.by_pointer = lexer_.take_if("by_pointer");
    return true;
  }

  bool parse_select(Operation& select) {
    select.has_default = lexer_.take_if("default");
    if (!expect("{")) return false;
    while (!lexer_.take_if("}")) {
      if (select.cases.size() == kCasesMax) return fail(lexer_.peek(), "too many cases");
      Case one;
      if (!parse_case(one)) return false;
      select.cases.push_back(one);
      lexer_.take_if(";");
    }
    return true;
  }

  bool parse_case(Case& one) {
    const Word word = lexer_.take();
    one.is_send = word.text == "send";
    if (!one.is_send && word.text != "recv") {
      return fail(word, "a case is send or recv, not " + quoted(word));
    }
    if (!parse_channel_name(one.channel)) return false;
    one.by_pointer = lexer_.take_if("by_pointer");
    return true;
  }

  bool parse_schedule() {
    if (has_schedule_) return fail(lexer_.peek(), "the schedule is given twice");
    has_schedule_ = true;
    while (lexer_.peek().text.find('=') != std::string_view::npos) {
      if (!parse_setting(lexer_.peek())) return false;
    }
    return true;
  }

  bool parse_setting(const Word word) {
    Schedule& schedule = input_.schedule;
    const std::string_view name = word.text.substr(0, word.text.find('='));
    if (name == "strategy") {
      std::string_view text;
      if (!value_of(lexer_.take(), name, text)) return false;
      schedule.strategy = strategy_by_name(text);
      return schedule.strategy != Strategy::kCount ||
             fail(word, "no such strategy", name.size() + 1);
    }
    if (name == "seed") return parse_value("seed", ~0ULL, schedule.seed);
    if (name == "horizon") return parse_field(name, 0, 0xffff, schedule.horizon);
    if (name == "processors") return parse_field(name, 1, kProcessorsMax, schedule.processors);
    if (name == "depth") return parse_field(name, 1, kDepthMax, schedule.depth);
    return fail(word, "no such setting: processors, strategy, depth, seed or horizon");
  }

  bool parse_knob() {
    Schedule& schedule = input_.schedule;
    const std::string_view name = lexer_.peek().text.substr(0, lexer_.peek().text.find('='));
    if (name == kMachinesWord) {
      return parse_field(name, kMachinesMin, kMachinesMax, schedule.machines_max);
    }
    if (name == kSliceWord) return parse_field(name, 1, 255, schedule.slice);
    const Word word = lexer_.take();
    for (const KnobWord& knob : kKnobWords) {
      if (knob.word != word.text) continue;
      schedule.*knob.knob = knob.value;
      return true;
    }
    return fail(word, "no such knob");
  }

  bool parse_event() {
    const Word word = lexer_.take();
    StackEvent event;
    if (!has_room(input_.schedule.stack_events, kStackEventsMax, word, "stack events"))
      return false;
    if (!action_from_name(word.text, event.action)) {
      return fail(word,
                  "no such action: grow, move, scan-shrink, scan-move, shrink, preempt, interrupt "
                  "or assist");
    }
    if (!parse_key_at(event.key)) return false;
    input_.schedule.stack_events.push_back(event);
    return true;
  }

  bool parse_deviation(DeviationKind kind) {
    Deviation deviation;
    deviation.kind = kind;
    if (!has_room(input_.schedule.deviations, kDeviationsMax, lexer_.peek(), "deviations"))
      return false;
    if (!parse_count({0, 255, "a deviation's value"}, deviation.value)) return false;
    if (!parse_key_at(deviation.key)) return false;
    input_.schedule.deviations.push_back(deviation);
    return true;
  }

  bool parse_constraint(bool is_wanted) {
    Constraint constraint;
    constraint.is_wanted = is_wanted;
    if (!has_room(input_.schedule.constraints, kConstraintsMax, lexer_.peek(), "constraints"))
      return false;
    if (!parse_site(constraint.reader) || !expect("from") || !parse_site(constraint.writer)) {
      return false;
    }
    if (lexer_.peek().text.starts_with("skip=") && !parse_field("skip", 0, 255, constraint.skip)) {
      return false;
    }
    input_.schedule.constraints.push_back(constraint);
    return true;
  }

  bool parse_site(Site& site) {
    const Word word = lexer_.take();
    site = site_by_name(word.text);
    return site != Site::kCount || fail(word, "no such site");
  }

  bool parse_target() {
    ObjectKey target;
    if (!has_room(input_.schedule.targets, kTargetsMax, lexer_.peek(), "targets")) return false;
    if (!parse_numbered_path(0xffff, target.path, target.ordinal)) return false;
    input_.schedule.targets.push_back(target);
    return true;
  }

  bool parse_thread_count() {
    ThreadCount count;
    if (!has_room(input_.schedule.thread_counts, kThreadCountsMax, lexer_.peek(), "thread counts"))
      return false;
    const Word word = lexer_.take();
    std::uint64_t value = 0;
    if (!number_from_text(word.text, 0xffff, value)) {
      return fail(word, "a count is a number up to 65535");
    }
    if (!expect("of") || !parse_numbered_path(255, count.path, count.thread)) return false;
    count.count = static_cast<std::uint16_t>(value);
    input_.schedule.thread_counts.push_back(count);
    return true;
  }

  template <class Number>
  bool parse_numbered_path(unsigned max, SpawnPath& path, Number& field) {
    const Word word = lexer_.take();
    unsigned number = 0;
    const KeyError error = numbered_path_from_text(word.text, max, path, number);
    field = static_cast<Number>(number);
    return error.reason.empty() || fail(word, error.reason, error.offset);
  }

  bool check_callees() {
    for (const auto& [word, function] : callees_) {
      if (function >= input_.program.functions.size()) return fail(word, "no such function");
    }
    return true;
  }

  bool expect(std::string_view text) {
    if (lexer_.take_if(text)) return true;
    return fail(lexer_.peek(),
                "expected '" + std::string(text) + "' instead of " + quoted(lexer_.peek()));
  }

  bool parse_channel_name(std::uint8_t& channel) {
    const Word word = lexer_.take();
    std::uint64_t index = 0;
    if (word.text == "nil") {
      channel = kNil;
      return true;
    }
    if (!index_in(word.text, 'c', index)) {
      return fail(word, "expected a channel instead of " + quoted(word));
    }
    if (index >= input_.program.channels.size()) return fail(word, "no such channel");
    channel = static_cast<std::uint8_t>(index);
    return true;
  }

  bool parse_callee(std::uint8_t& function) {
    const Word word = lexer_.take();
    std::uint64_t index = 0;
    if (!index_in(word.text, 'f', index)) {
      return fail(word, "expected a function instead of " + quoted(word));
    }
    function = static_cast<std::uint8_t>(index);
    callees_.emplace_back(word, function);
    return true;
  }

  bool parse_count(const CountRange& range, std::uint8_t& count) {
    const Word word = lexer_.take();
    std::uint64_t number = 0;
    if (!number_from_text(word.text, range.max, number) || number < range.min) {
      return fail(word, std::string(range.name) + " is a number from " + std::to_string(range.min) +
                            " to " + std::to_string(range.max));
    }
    count = static_cast<std::uint8_t>(number);
    return true;
  }

  bool parse_key_at(Key& key) {
    if (!expect("at")) return false;
    const Word word = lexer_.take();
    const KeyError error = key_from_text(word.text, key);
    return error.reason.empty() || fail(word, error.reason, error.offset);
  }

  /// The value of "name=value".
  bool parse_value(std::string_view name, std::uint64_t max, std::uint64_t& value) {
    const Word word = lexer_.take();
    std::string_view text;
    if (!value_of(word, name, text)) return false;
    if (number_from_text(text, max, value)) return true;
    return fail(word, std::string(name) + " is a number up to " + std::to_string(max),
                name.size() + 1);
  }

  template <class Number>
  bool parse_field(std::string_view name, unsigned least, unsigned max, Number& field) {
    const Word word = lexer_.peek();
    std::uint64_t value = 0;
    if (!parse_value(name, max, value)) return false;
    field = static_cast<Number>(value);
    return value >= least ||
           fail(word, std::string(name) + " is at least " + std::to_string(least), name.size() + 1);
  }

  /// "name=BYTES" where bytes is in the table; `index` is where.
  template <std::size_t kSize>
  bool parse_size(std::string_view name, const std::uint16_t (&table)[kSize], std::uint8_t& index) {
    const Word word = lexer_.peek();
    std::uint64_t bytes = 0;
    if (!parse_value(name, table[kSize - 1], bytes)) return false;
    const auto found = std::find(std::begin(table), std::end(table), bytes);
    if (found == std::end(table)) {
      std::string sizes;
      for (const std::uint16_t size : table) sizes += " " + std::to_string(size);
      return fail(word, std::string(name) + " is one of" + sizes, name.size() + 1);
    }
    index = static_cast<std::uint8_t>(found - std::begin(table));
    CHECK(table[index] == bytes, "a size stands in the table where it was found");
    return true;
  }

  bool value_of(const Word& word, std::string_view name, std::string_view& value) {
    const std::size_t equals = word.text.find('=');
    if (equals == std::string_view::npos || word.text.substr(0, equals) != name) {
      return fail(word, "expected " + std::string(name) + "=... instead of " + quoted(word));
    }
    value = word.text.substr(equals + 1);
    return true;
  }

  template <class Item>
  bool has_room(const std::vector<Item>& list, std::size_t max, const Word& word,
                const char* what) {
    return list.size() < max || fail(word, std::string("too many ") + what);
  }

  bool fail(const Word& word, std::string reason, std::size_t offset = 0) {
    CHECK(!reason.empty(), "an error says its reason: without one it would be none");
    CHECK(error_.reason.empty(), "the first error ends the parse");
    error_ = {word.line, word.column + static_cast<unsigned>(offset), std::move(reason)};
    return false;
  }

  TextLexer lexer_;
  Input input_;
  ParseError error_;
  bool has_schedule_ = false;
  std::vector<std::pair<Word, std::uint8_t>> callees_;  // named so far, checked at the end
};

}  // namespace

ParseError parse(std::string_view text, CaseFile& file) {
  ParseError error = why_no_text(text).error;
  if (!error.reason.empty()) return error;
  CaseFile parsed;
  error = parse_header(text, parsed.header);
  if (!error.reason.empty()) return error;
  error = Parser(text).parse(parsed.input);
  if (error.reason.empty()) file = std::move(parsed);
  return error;
}

}  // namespace concertina::fuzzers
