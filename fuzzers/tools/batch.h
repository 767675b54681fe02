// Many runs in one child process, to ask "does one of these still fail like that?" a few hundred
// thousand times. The child goes through the candidates and stops at the first match; a candidate
// that kills it is judged by what it said, and another child continues after it
// (first_failure.h).
#pragma once

#include <string>

#include "minimize/minimize.h"
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

  /// The verdict of the latest match.
  const Verdict& verdict() const { return verdict_; }

 private:
  struct Outcome;
  Outcome run_batch(std::span<const Input> candidates);

  std::string signature_;
  unsigned timeout_s_;
  Examine examine_;
  Verdict verdict_;
};

}  // namespace concertina::fuzzers
