// locals: what a goroutine reads from a local is what was last written there, whatever happened to
// its stack meanwhile.
//
// A local is (goroutine, frame serial, slot). One that was never written reads as zero. c, when
// set, is the channel whose element type the local has: tokens are compared modulo that width
// (elements of 0, 1 or 2 bytes hold only that much of one). kTornToken found: the bytes are not of
// one value, or the local's own tag has been overwritten.
#pragma once

#include "oracle/verdict.h"
#include "program/program.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

Verdict judge_locals(const Program& program, const Trace& trace);

}  // namespace concertina::fuzzers
