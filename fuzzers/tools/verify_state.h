// The file from which `concertina verify --resume` continues.
//
// A state proves something only of what was explored: of that program, by that build, with those
// options. All of that is in the file, which is sealed (host/sealed.h), so that it is read as it
// was written or refused with the reason:
//
//   concertina verify state 2      what it is, and the format's number
//   program HASH                   and other lines of an identity
//   bounds N                       tools/verify_progress.h
//
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline.h"
#include "tools/commands.h"

namespace concertina::fuzzers {

/// What a claim of a verification depends on: names, those of options among them, and values.
using VerifyIdentity = std::vector<std::pair<std::string, std::string>>;

/// Of verifying this input by this program with these options. Of the input: without its strategy
/// and deviations, in place of which the search decides.
VerifyIdentity identity_of(const Input& input, const VerifyOptions& options);

std::string verify_state(const VerifyIdentity& identity, const std::string& explored);

struct ReadState {
  std::string explored;  // VerifyOrder::resume
  std::string fault;     // empty, or why it is refused
  std::size_t line = 1;  // where
  unsigned bound = 0;    // the one that it is in
};

ReadState read_verify_state(std::string_view content, const VerifyIdentity& identity);

}  // namespace concertina::fuzzers
