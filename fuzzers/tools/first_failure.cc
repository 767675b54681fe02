#include "tools/first_failure.h"

#include <atomic>

#include "base/check.h"
#include "host/forked.h"
#include "host/shared_memory.h"
#include "tools/forked_verdict.h"
#include "tools/packed.h"

namespace concertina::fuzzers {
namespace {

/// C1, C2.
std::string do_all(std::size_t begin, std::size_t end,
                   const std::function<Verdict(std::size_t)>& job,
                   std::atomic<std::uint64_t>& current) {
  CHECK(begin <= end, "places are in order");
  for (std::size_t i = begin; i < end; ++i) {
    current.store(i, std::memory_order_release);
    const Verdict verdict = job(i);
    if (verdict.failed()) return pack(i, verdict);
  }
  return pack(end, Verdict{});
}

}  // namespace

FirstFailure first_failure(std::size_t begin, std::size_t end,
                           const std::function<Verdict(std::size_t)>& job, unsigned timeout_s) {
  const Shared<std::atomic<std::uint64_t>> current;
  current->store(begin, std::memory_order_release);
  const Forked forked = run_forked([&] { return do_all(begin, end, job, *current); },
                                   {.timeout_s = timeout_s, .progress = current.get()});
  FirstFailure found;
  if (forked.answered() && unpack(forked.answer, found.place, found.verdict)) return found;
  return {current->load(std::memory_order_acquire), verdict_of(forked)};
}

bool each_verdict(std::size_t count, const std::function<Verdict(std::size_t)>& job,
                  unsigned timeout_s,
                  const std::function<void(std::size_t, const Verdict&)>& take) {
  bool has_failed = false;
  for (std::size_t done = 0; done < count; ++done) {
    const FirstFailure found = first_failure(done, count, job, timeout_s);
    for (; done < found.place; ++done) take(done, {});
    if (found.place == count) break;
    take(found.place, found.verdict);
    has_failed = true;
  }
  return has_failed;
}

}  // namespace concertina::fuzzers
