// The text form of an input, for people: words that the printer and the parser share.
//
//   file      = { header | comment } "version" N { part } "end"
//   header    = ("# title: " | "# bug: " | "# oracle: " | "# flavour: " | "# expect: " |
//               "# depth: " | "# pair: ") to the line's end
//   part      = channel | function | schedule | knob | event | wish | learnt
//   channel   = "chan" "c0" "cap=" N "size=" BYTES
//   function  = "func" "f0" "frame=" BYTES "{" { operation } "}"              f0 is main
//   operation = "go" f | "call" f [p] | "loop" N "{" { operation } "}"
//             | "range" c [p] "{" { operation } "}"
//             | ("send" | "recv" | "recv_ok" | "try_send" | "try_recv") c [p]
//             | ("close" | "len" | "cap") c | "yield" | "scan" | "check" | "syscall" MICROSECONDS
//             | "select" ["default"] "{" { ("send" | "recv") c [p] [";"] } "}"
//   c         = "c0" ... | "nil"            p = "by_pointer"
//   schedule  = "schedule" { "processors=" N | "strategy=" WORD | "depth=" N | "seed=" N |
//               "horizon=" N }
//   knob      = "knob" ("move_at_every_prologue" | "no_stack_reuse" | "no_stack_cache" |
//               "no_shrink" | "adaptive_start" | "elastic_buffers" | "no_native_frames" |
//               "no_poison" | "standing_requests" | "machines_max=" N | "slice=" N)
//   event     = "event" ("grow" | "move" | "scan-shrink" | "scan-move" |
//               "shrink" | "preempt" | "interrupt" | "assist") "at" KEY
//   wish      = "hold" DECISIONS "at" KEY | "prefer" DECISIONS "at" KEY | "choose" N "at" KEY
//   learnt    = ("reads" | "reads_not") SITE "from" SITE ["skip=" N]
//             | "target" PATH "#" N | "count" N "of" PATH "#" N
//   KEY, PATH: schedule/key_text.h
//
// Version 4 has "end", after which come comments only: a file without it has been cut. Versions 1
// to 3, which have no "end", stay readable; they meant what the versions of the byte form mean
// (input.h), which has had numbers of its own since.
//
// Channels and functions are numbered in order, and a channel stands before its uses. Line ends are
// blanks; a word that begins with '#' starts a comment. The parser accepts that much; the printer
// writes one canonical layout, without comments.
#pragma once

#include <string_view>

#include "schedule/schedule.h"

namespace concertina::fuzzers {

inline constexpr unsigned kTextVersionMax = 4;
inline constexpr unsigned kTextVersionWithEnd = 4;  // the first
inline constexpr std::string_view kEndWord = "end";

/// A boolean of the schedule that is mentioned when it is not at its default.
struct KnobWord {
  std::string_view word;
  bool Schedule::* knob;
  bool value;  // what the word means
};

/// A constraint's sign.
inline constexpr std::string_view kReadsWord = "reads";
inline constexpr std::string_view kReadsNotWord = "reads_not";

/// The knobs that are numbers.
inline constexpr std::string_view kMachinesWord = "machines_max";
inline constexpr std::string_view kSliceWord = "slice";

inline constexpr KnobWord kKnobWords[] = {
    {"move_at_every_prologue", &Schedule::move_at_every_prologue, true},
    {"no_stack_reuse", &Schedule::reuse_stacks, false},
    {"no_stack_cache", &Schedule::cache_stacks, false},
    {"no_shrink", &Schedule::shrink_stacks, false},
    {"adaptive_start", &Schedule::adaptive_start, true},
    {"elastic_buffers", &Schedule::elastic_buffers, true},
    {"no_native_frames", &Schedule::native_frames, false},
    {"no_poison", &Schedule::poison, false},
    {"standing_requests", &Schedule::standing_requests, true},
};

}  // namespace concertina::fuzzers
