#include "stress/lab/yardstick/search.h"

#include "schedule/choosers.h"
#include "schedule/explorer.h"

namespace concertina::yardstick {
namespace {

/// A strategy of the harness. Adding one is adding a row.
struct Row {
  std::string_view name;
  fuzzers::Strategy strategy;
  std::uint8_t depth;
  fuzzers::Strategy left_out = fuzzers::Strategy::kCount;
};
constexpr Row kRows[] = {
    {"random", fuzzers::Strategy::kRandom, 1},
    {"pct3", fuzzers::Strategy::kPct, 3},
    {"pct10", fuzzers::Strategy::kPct, 10},
    {"pos", fuzzers::Strategy::kPos, 3},
    {"surw", fuzzers::Strategy::kSurw, 3},
    {"reads-from", fuzzers::Strategy::kReadsFrom, 3},
    {"portfolio", fuzzers::Strategy::kPortfolio, 3},
    {"without-reads-from", fuzzers::Strategy::kPortfolio, 3, fuzzers::Strategy::kReadsFrom},
    {"without-surw", fuzzers::Strategy::kPortfolio, 3, fuzzers::Strategy::kSurw},
    {"without-pct", fuzzers::Strategy::kPortfolio, 3, fuzzers::Strategy::kPct},
};

/// A search of the harness, whose schedules this runs.
class ExplorerSearch final : public Search {
 public:
  ExplorerSearch(const Row& row, std::uint64_t seed)
      : explorer_(base(row), row.strategy, seed, row.left_out) {}
  Chooser& next() override {
    const fuzzers::Schedule& schedule = explorer_.next();
    return choosers_.prepare(schedule);
  }
  RunLog* log() override { return explorer_.learns() ? log_.get() : nullptr; }
  void ran(const Shown&) override { explorer_.ran(*log_); }

 private:
  static fuzzers::Schedule base(const Row& row) {
    fuzzers::Schedule schedule;
    schedule.depth = row.depth;
    return schedule;
  }

  fuzzers::Explorer explorer_;
  fuzzers::Choosers choosers_;
  std::unique_ptr<RunLog> log_ = std::make_unique_for_overwrite<RunLog>();
};

}  // namespace

std::unique_ptr<Search> make_search(std::string_view strategy, std::uint64_t seed) {
  for (const Row& row : kRows) {
    if (row.name == strategy) return std::make_unique<ExplorerSearch>(row, seed);
  }
  return nullptr;
}

std::vector<std::string_view> strategy_names() {
  std::vector<std::string_view> names;
  for (const Row& row : kRows) names.push_back(row.name);
  return names;
}

}  // namespace concertina::yardstick
