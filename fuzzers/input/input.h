// Input: a Program and its Schedule, and its two forms.
//
// bytes: for fuzzing engines. `decode` is total: every byte string means some valid Input. Which
//        files are taken for it: form.h.
// text:  for people (.case files). `parse` gives file:line:column and a reason for what it refuses.
//
// Laws, held by tests:  decode(encode(x)) == x;  parse(print(x)) == x;
//                       encode(decode(b)) is a fixed point for any bytes b.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "program/program.h"
#include "schedule/schedule.h"

namespace concertina::fuzzers {

struct Input {
  Program program;
  Schedule schedule;
  bool operator==(const Input&) const = default;
};

using Bytes = std::vector<std::uint8_t>;

/// First byte of the byte form. Operation codes, sites and strategies are append-only below it.
/// Version 2 adds the strategies after kNonPreemptive, preferences, and what a search has learnt;
/// version 3 adds machines_max; version 4 the stack events after kScanMove, and the slice; version
/// 5 kAssist; version 6 the knobs from adaptive_start on. The text form has versions of its own
/// (text_words.h).
inline constexpr std::uint8_t kInputVersionMax = 6;
/// The lowest version that can say it: an input that needs nothing new keeps its old form.
std::uint8_t version_of(const Input& input);
/// Upper bound of encode's result for any valid input, for -max_len and buffers.
inline constexpr std::size_t kEncodedSizeMax = 1 << 16;

Input decode(std::span<const std::uint8_t> bytes);
Bytes encode(const Input& input);

/// Empty when both parts are valid, else the first broken rule.
std::string validate(const Input& input);

/// A case file: an input with a header that says what it shows and which verdict is expected.
struct CaseHeader {
  std::string title;
  std::string bug;              // mutant name or issue; empty when it shows none
  std::string oracle;           // the oracle that must see the bug; empty when `expect` is pass
  std::string flavour;          // "any" (default), or the flavours that can see the bug: "address",
                                // "thread", "none", or several with commas
  std::string expect = "pass";  // "pass" or "fail" (with `oracle`)
  std::string depth = {};       // the fewest preemptions with which the bug shows, and the proof
  std::string pair = {};        // the two steps that it turns on, as concertina depth says them
  bool operator==(const CaseHeader&) const = default;
};

struct CaseFile {
  CaseHeader header;
  Input input;
  bool operator==(const CaseFile&) const = default;
};

struct ParseError {
  unsigned line = 0;    // from 1
  unsigned column = 0;  // from 1
  std::string reason;   // empty: no error
};

/// Canonical text. print(parse(t)) == t for any t that print made.
std::string print(const CaseFile& file);
/// Fills `file` and returns an error with an empty reason, or says where and why the text is
/// refused.
ParseError parse(std::string_view text, CaseFile& file);

/// The program alone as readable Go-like source, for people; not meant to be parsed.
std::string to_go(const Program& program);

}  // namespace concertina::fuzzers
