#include <cstdio>

#include "base/check.h"
#include "host/json.h"
#include "host/shown.h"
#include "minimize/reduce_schedule.h"
#include "tools/batch.h"
#include "tools/case_io.h"
#include "tools/commands.h"

namespace concertina::fuzzers {
namespace {

struct Count {
  std::size_t failures = 0;
  Verdict first;
  std::size_t first_index = 0;
};

Count count_failures(const std::vector<Input>& neighbours, BatchExaminer& examiner) {
  Count count;
  const std::span<const Input> all(neighbours);
  for (std::size_t done = 0; done < all.size();) {
    const auto found = examiner.first_match(all.subspan(done));
    if (!found) break;
    if (count.failures++ == 0) {
      count.first = examiner.verdict();
      count.first_index = done + *found;
    }
    done += *found + 1;
  }
  return count;
}

int examine(const std::string& path, const NeighboursOptions& options) {
  CaseFile file;
  if (!load_or_complain(path, file, options.as_bytes)) return kExitUnusable;
  Random random(options.seed);
  std::vector<Input> neighbours;
  for (Schedule& schedule : fresh_schedules(file.input.schedule, file.input.program,
                                            std::size_t{options.count} + 1, random)) {
    neighbours.push_back({file.input.program, std::move(schedule)});
  }
  neighbours.erase(neighbours.begin());  // the schedule itself
  CHECK(neighbours.size() == options.count, "there are as many neighbours as were asked for");
  BatchExaminer examiner("", options.timeout_s);
  const Count count = count_failures(neighbours, examiner);
  CHECK(count.failures <= neighbours.size() && count.first_index < neighbours.size(),
        "failures are among the neighbours");
  if (options.json) {
    JsonObject object;
    object.text("file", path)
        .number("count", options.count)
        .number("failures", count.failures)
        .text("first_signature", count.first.signature())
        .text("flavour", this_flavour());
    std::printf("%s\n", object.str().c_str());
  } else {
    std::printf("%s: %zu of %u neighbouring schedules fail\n", shown_path(path).c_str(),
                count.failures, options.count);
    if (count.failures != 0) {
      CaseFile failing;
      failing.header.title = "a neighbour of " + path;
      failing.input = neighbours[count.first_index];
      std::printf("the first that fails (number %zu): %s\n%s\n", count.first_index,
                  count.first.signature().c_str(), print(failing).c_str());
    }
  }
  return count.failures == 0 ? kExitAsExpected : kExitFailed;
}

}  // namespace

int neighbours(const NeighboursOptions& options) {
  return worst_of(options.files, [&](const std::string& path) { return examine(path, options); });
}

}  // namespace concertina::fuzzers
