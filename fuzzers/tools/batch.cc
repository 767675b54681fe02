#include "tools/batch.h"

#include "tools/child.h"
#include "tools/first_failure.h"

namespace concertina::fuzzers {
namespace {

// Candidates that die of something else: each costs a child, and often a sanitizer's report. A call
// gives up after kDeathsMax deaths, plus one per kCandidatesPerDeath candidates: a program that
// mostly dies of another bug is no good for finding this one.
constexpr std::size_t kDeathsMax = 8;
constexpr std::size_t kCandidatesPerDeath = 200;

bool matches(const Verdict& verdict, const std::string& signature) {
  return verdict.failed() && (signature.empty() || verdict.signature() == signature);
}

Verdict run_and_judge(const Input& input) { return judge(input, run(input)); }

}  // namespace

BatchExaminer::BatchExaminer(std::string signature, unsigned timeout_s, Examine examine)
    : signature_(std::move(signature)),
      timeout_s_(timeout_s),
      examine_(examine != nullptr ? examine : &run_and_judge) {}

struct BatchExaminer::Outcome {
  std::size_t examined = 0;  // candidates that need no other child
  bool is_match = false;     // the last of them
  bool has_died = false;     // the last of them, of something else
};

BatchExaminer::Outcome BatchExaminer::run_batch(std::span<const Input> candidates) {
  const auto judge_match = [&](std::size_t place) {
    Verdict verdict = examine_(candidates[place]);
    return matches(verdict, signature_) ? verdict : Verdict{};
  };
  const FirstFailure found = first_failure(0, candidates.size(), judge_match, timeout_s_);
  if (found.place == candidates.size()) return {candidates.size(), false, false};
  const bool is_match = matches(found.verdict, signature_);
  if (is_match) verdict_ = found.verdict;
  return {found.place + 1, is_match, !is_match};
}

std::optional<std::size_t> BatchExaminer::first_match(std::span<const Input> candidates) {
  std::size_t done = 0;
  std::size_t deaths_left = kDeathsMax + candidates.size() / kCandidatesPerDeath;
  while (done < candidates.size() && deaths_left > 0) {
    const Outcome outcome = run_batch(candidates.subspan(done));
    done += outcome.examined;
    if (outcome.is_match) return done - 1;
    if (outcome.has_died) --deaths_left;
  }
  return std::nullopt;
}

std::vector<Key> BatchExaminer::keys_of(const Input& input) {
  const ChildRun child = run_in_child(input, {.timeout_s = timeout_s_});
  std::vector<Key> keys;
  for (const Step& step : child.trace.last_steps) keys.push_back({step.path, step.site, 0});
  return keys;
}

}  // namespace concertina::fuzzers
