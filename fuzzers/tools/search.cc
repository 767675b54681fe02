#include "tools/search.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <optional>

#include "oracle/crash.h"
#include "schedule/explorer.h"
#include "tools/generator.h"
#include "tools/shared_memory.h"
#include "tools/watch_child.h"

namespace concertina::fuzzers {
namespace {

using Clock = std::chrono::steady_clock;

struct Shared {
  std::atomic<std::uint64_t> runs{0};  // begun
  std::atomic<bool> is_done{false};    // all of them, or one has failed
  std::atomic<std::uint32_t> size{0};  // of the input that is being run
  std::uint8_t bytes[kEncodedSizeMax];
};

Verdict run_and_judge(const Input& input, RunLog* log) {
  return judge(input, run(input, {.run_log = log}));
}

void note_input(Shared& shared, const Input& input) {
  const Bytes bytes = encode(input);
  std::memcpy(shared.bytes, bytes.data(), bytes.size());
  shared.size.store(static_cast<std::uint32_t>(bytes.size()), std::memory_order_release);
  shared.runs.fetch_add(1, std::memory_order_acq_rel);
}

/// C2 without a search: generated inputs as they are.
Verdict search_drawn(const SearchOptions& options, SearchExamine examine, Shared& shared) {
  for (std::uint64_t i = 0; i < options.runs_max; ++i) {
    const Input input = generated_input(options.seed, i);
    note_input(shared, input);
    const Verdict verdict = examine(input, nullptr);
    if (verdict.failed()) return verdict;
  }
  return {};
}

/// C2. The verdict of the first failing run, or a pass.
Verdict search_here(const Input& given, const SearchOptions& options, Shared& shared) {
  const SearchExamine examine = options.examine != nullptr ? options.examine : &run_and_judge;
  if (options.as_drawn) return search_drawn(options, examine, shared);
  Input input = given;
  std::unique_ptr<Explorer> explorer;
  for (std::uint64_t i = 0; i < options.runs_max; ++i) {
    const bool is_next_program = options.per_program != 0 && i % options.per_program == 0;
    if (explorer == nullptr || is_next_program) {
      const std::uint64_t program = is_next_program ? i / options.per_program : 0;
      if (is_next_program) input = generated_input(options.seed, program);
      explorer = std::make_unique<Explorer>(input.schedule, options.strategy,
                                            options.seed * 1'000'003 + program, options.left_out);
    }
    input.schedule = explorer->next();
    note_input(shared, input);
    const Verdict verdict = examine(input, explorer->log());
    if (verdict.failed()) return verdict;
    explorer->ran();
  }
  return {};
}

[[noreturn]] void be_child(const Input& input, const SearchOptions& options, Shared& shared,
                           const MemoryFile& log, const MemoryFile& detail) {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  dup2(log.descriptor(), STDERR_FILENO);
  const Verdict verdict = search_here(input, options, shared);
  if (verdict.failed()) {
    detail.write_all(verdict.oracle + '\n' + verdict.kind + '\n' + verdict.detail);
  }
  shared.is_done.store(true, std::memory_order_release);
  _exit(0);
}

/// P3 for a child that could not say how it ended.
Verdict verdict_of_death(bool in_time, int status, const MemoryFile& log) {
  if (!in_time) return {"progress", "watchdog", "a run did not end"};
  return judge_crash(WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                     WIFEXITED(status) ? WEXITSTATUS(status) : 0, log.read_all());
}

}  // namespace

SearchResult search(const Input& input, const SearchOptions& options, std::string& error) {
  SearchResult result;
  const SharedMemory memory(sizeof(Shared));
  Shared* const shared = memory.get() != nullptr ? new (memory.get()) Shared : nullptr;
  const MemoryFile log("concertina-log");
  const MemoryFile detail("concertina-detail");
  std::fflush(nullptr);  // or the child would write out what is buffered here once more
  const Clock::time_point begin = Clock::now();
  const bool can_start = shared != nullptr && log.descriptor() >= 0 && detail.descriptor() >= 0;
  const pid_t child = can_start ? fork() : -1;
  if (child < 0) {
    error = std::string("cannot run a child process: ") + std::strerror(errno);
    return result;
  }
  if (child == 0) be_child(input, options, *shared, log, detail);

  int status = 0;
  const bool in_time = watch_child(child, shared->runs, options.timeout_s, status);
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  result.runs = shared->runs.load(std::memory_order_acquire);
  const bool is_done = shared->is_done.load(std::memory_order_acquire);
  result.verdict =
      is_done ? verdict_from(detail.read_all()) : verdict_of_death(in_time, status, log);
  if (result.verdict.failed()) {
    result.input = decode({shared->bytes, shared->size.load(std::memory_order_acquire)});
  }
  return result;
}

}  // namespace concertina::fuzzers
