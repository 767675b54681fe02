// For tests of mutations: programs as text, and what makes two of them differ, in words.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "input/input.h"

namespace concertina::fuzzers::test {

/// From the lines of a case file that tell of channels and functions.
inline Program program(std::string_view text) {
  CaseFile file;
  const ParseError error = parse("version 4\n" + std::string(text) + "\nend\n", file);
  EXPECT_EQ(error.reason, "") << "line " << error.line << ", column " << error.column;
  return file.input.program;
}

/// The inverse of `program`, on one line.
inline std::string said(const Program& program) {
  const std::string text = print({{}, {program, {}}});
  const std::size_t begin = text.find("version ") + 9;
  std::string line;
  for (const char c : text.substr(begin, text.find("\nschedule ") - begin)) {
    const bool is_blank = c == ' ' || c == '\n';
    if (is_blank && (line.empty() || line.back() == ' ')) continue;
    line += is_blank ? ' ' : c;
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

inline std::string difference(const Channel& a, const Channel& b) {
  if (a.capacity != b.capacity && a.size_class != b.size_class) return "channel";
  return a.capacity != b.capacity ? "capacity" : "size";
}

inline std::string difference(const std::vector<Case>& a, const std::vector<Case>& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? "case added" : "case removed";
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!(a[i] == b[i])) at.push_back(i);
  }
  if (at.size() == 2) {
    return a[at[0]] == b[at[1]] && a[at[1]] == b[at[0]] ? "cases swapped" : "cases";
  }
  Case turned = a[at[0]], moved = a[at[0]], pointed = a[at[0]];
  turned.is_send = !turned.is_send;
  pointed.by_pointer = !pointed.by_pointer;
  moved.channel = b[at[0]].channel;
  if (b[at[0]] == turned) return "case turned";
  if (b[at[0]] == pointed) return "case pointer";
  return b[at[0]] == moved ? "case channel" : "cases";
}

inline std::string difference(const Operation& a, const Operation& b) {
  if (a.code != b.code) {
    if (b.code == Code::kSelect) return "select instead of " + std::string(code_name(a.code));
    return a.channel == b.channel && uses_channel(a.code) && uses_channel(b.code) ? "kind"
                                                                                  : "replaced";
  }
  std::vector<std::string> fields;
  if (a.channel != b.channel) fields.push_back("channel");
  if (a.function != b.function) fields.push_back("callee");
  if (a.count != b.count) fields.push_back("count");
  if (a.by_pointer != b.by_pointer) fields.push_back("pointer");
  if (a.has_default != b.has_default) fields.push_back("default");
  if (a.cases != b.cases) fields.push_back(difference(a.cases, b.cases));
  return fields.size() == 1 ? fields[0] : "replaced";
}

/// `longer` has one operation more: which.
inline std::string extra(const std::vector<Operation>& shorter,
                         const std::vector<Operation>& longer) {
  for (std::size_t at = 0; at < longer.size(); ++at) {
    std::vector<Operation> without = longer;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(at));
    if (without == shorter) return std::string(code_name(longer[at].code));
  }
  return "";
}

inline std::string difference(const std::vector<Operation>& a, const std::vector<Operation>& b) {
  if (a.size() + 1 == b.size()) {
    const std::string what = extra(a, b);
    return what.empty() ? "body" : what + " added";
  }
  if (b.size() + 1 == a.size()) {
    const std::string what = extra(b, a);
    return what.empty() ? "body" : what + " removed";
  }
  if (a.size() + 2 == b.size()) return "two added";
  if (a.size() != b.size()) return "body";
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!(a[i] == b[i])) at.push_back(i);
  }
  if (at.size() == 2 && a[at[0]] == b[at[1]] && a[at[1]] == b[at[0]]) return "swapped";
  return at.size() == 1 ? difference(a[at[0]], b[at[0]]) : "body";
}

/// One word or a few, joined by "; " when several places differ; "nothing".
inline std::string difference(const Program& a, const Program& b) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  if (a.channels.size() != b.channels.size()) add("channels");
  for (std::size_t i = 0; i < std::min(a.channels.size(), b.channels.size()); ++i) {
    if (!(a.channels[i] == b.channels[i])) add(difference(a.channels[i], b.channels[i]));
  }
  if (a.functions.size() != b.functions.size()) {
    add(a.functions.size() < b.functions.size() ? "function added" : "function removed");
  }
  for (std::size_t i = 0; i < std::min(a.functions.size(), b.functions.size()); ++i) {
    if (a.functions[i].frame_class != b.functions[i].frame_class) add("frame");
    if (a.functions[i].body != b.functions[i].body) {
      add(difference(a.functions[i].body, b.functions[i].body));
    }
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace concertina::fuzzers::test
