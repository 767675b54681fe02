// Many runs in one child process, for those who ask "does one of these still fail like that?" some
// hundred thousand times. A fork costs as much as hundreds of runs (under TSan thirteen
// milliseconds), so the child goes through the candidates and stops at the first match; a candidate
// that kills it is judged by what it said, and another child goes on behind it.
//
//   parent                                    child
// P1 map the shared progress; fork           C1 stderr to a memory file
// P2 wait; kill the child when the           C2 for each candidate: say that it is being run; run
//    candidate has not changed for            and judge; a match is noted, and ends the child
//    `timeout_s`: that one has hung
// P3 noted: done. Died at candidate i:        C3 note that all have been run; _exit(0)
//    judge the log; a match is i, else
//    P1 from i + 1
#pragma once

#include <string>

#include "minimize/examiner.h"
#include "pipeline.h"

namespace concertina::fuzzers {

/// Runs an input and judges it.
using Examine = Verdict (*)(const Input&);

class BatchExaminer final : public Examiner {
 public:
  /// `signature` empty: any failure is a match. `examine` null: the pipeline's run and judge.
  BatchExaminer(std::string signature, unsigned timeout_s, Examine examine = nullptr);

  std::optional<std::size_t> first_match(std::span<const Input> candidates) override;
  std::vector<Key> keys_of(const Input& input) override;

  /// The tool's own trouble (no child could be started); empty when there was none. After it the
  /// answers mean nothing.
  const std::string& error() const { return error_; }
  /// The verdict of the latest match.
  const Verdict& verdict() const { return verdict_; }

 private:
  struct Outcome;
  Outcome run_batch(std::span<const Input> candidates);

  std::string signature_;
  unsigned timeout_s_;
  Examine examine_;
  std::string error_;
  Verdict verdict_;
};

}  // namespace concertina::fuzzers
