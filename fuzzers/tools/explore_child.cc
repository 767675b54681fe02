#include "tools/explore_child.h"

#include <atomic>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "host/forked.h"
#include "host/shared_memory.h"
#include "host/stopwatch.h"
#include "schedule/explorer.h"
#include "tools/forked_verdict.h"
#include "tools/generator.h"
#include "tools/packed.h"

namespace concertina::fuzzers {
namespace {

struct Current {
  std::atomic<std::uint64_t> runs{0};  // begun
  std::atomic<std::uint32_t> size{0};  // of the input that is being run
  std::uint8_t bytes[kEncodedSizeMax];
};

void note_input(Current& current, const Input& input) {
  const Bytes bytes = encode(input);
  CHECK(bytes.size() <= sizeof current.bytes,
        "the input that is run fits where the parent finds it");
  std::memcpy(current.bytes, bytes.data(), bytes.size());
  current.size.store(static_cast<std::uint32_t>(bytes.size()), std::memory_order_release);
  current.runs.fetch_add(1, std::memory_order_acq_rel);
}

/// C1 without a search: generated inputs as they are.
Verdict search_drawn(const SearchOptions& options, Current& current) {
  for (std::uint64_t i = 0; i < options.runs_max; ++i) {
    const Input input = generated_input(options.seed, i);
    note_input(current, input);
    const Verdict verdict = options.examine(input, nullptr);
    if (verdict.failed()) return verdict;
  }
  return {};
}

/// C1, C2. The verdict of the first failing run, or a pass.
Verdict search_here(const Input& given, const SearchOptions& options, Current& current) {
  if (options.as_drawn) return search_drawn(options, current);
  Input input = given;
  std::unique_ptr<Explorer> explorer;
  const auto log = std::make_unique_for_overwrite<RunLog>();
  for (std::uint64_t i = 0; i < options.runs_max; ++i) {
    const bool is_next_program = options.per_program != 0 && i % options.per_program == 0;
    if (explorer == nullptr || is_next_program) {
      const std::uint64_t program = is_next_program ? i / options.per_program : 0;
      if (is_next_program) input = generated_input(options.seed, program);
      explorer = std::make_unique<Explorer>(input.schedule, options.strategy,
                                            options.seed * 1'000'003 + program, options.left_out);
    }
    input.schedule = explorer->next();
    note_input(current, input);
    const Verdict verdict = options.examine(input, explorer->learns() ? log.get() : nullptr);
    if (verdict.failed()) return verdict;
    explorer->ran(*log);
  }
  return {};
}

}  // namespace

SearchResult search(const Input& input, const SearchOptions& options) {
  SearchResult result;
  const Shared<Current> current;
  const Stopwatch watch;
  const Forked forked = run_forked([&] { return pack(search_here(input, options, *current)); },
                                   {.timeout_s = options.timeout_s, .progress = &current->runs});
  result.seconds = watch.seconds();
  result.runs = current->runs.load(std::memory_order_acquire);
  if (!forked.answered() || !unpack(forked.answer, result.verdict)) {
    result.verdict = verdict_of(forked);
  }
  if (result.verdict.failed()) {
    result.input = decode({current->bytes, current->size.load(std::memory_order_acquire)});
  }
  return result;
}

}  // namespace concertina::fuzzers
