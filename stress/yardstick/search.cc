#include "stress/yardstick/search.h"

#include "schedule/choosers.h"

namespace concertina::yardstick {
namespace {

/// A strategy of the harness. Adding one is adding a row.
struct Row {
  std::string_view name;
  fuzzers::Strategy strategy;
  std::uint8_t depth;
};
constexpr Row kRows[] = {
    {"random", fuzzers::Strategy::kRandom, 1},
    {"pct3", fuzzers::Strategy::kPct, 3},
    {"pct10", fuzzers::Strategy::kPct, 10},
};

/// Schedule after schedule of one strategy, each with a seed of its own.
class ScheduleSearch final : public Search {
 public:
  ScheduleSearch(const Row& row, std::uint64_t seed) : seeds_(seed) {
    schedule_.strategy = row.strategy;
    schedule_.depth = row.depth;
  }
  Chooser& next() override {
    schedule_.seed = seeds_.next();
    return choosers_.prepare(schedule_);
  }
  void ran(const Shown&) override {}

 private:
  fuzzers::Random seeds_;
  fuzzers::Schedule schedule_;
  fuzzers::Choosers choosers_;
};

}  // namespace

std::unique_ptr<Search> make_search(std::string_view strategy, std::uint64_t seed) {
  for (const Row& row : kRows) {
    if (row.name == strategy) return std::make_unique<ScheduleSearch>(row, seed);
  }
  return nullptr;
}

std::vector<std::string_view> strategy_names() {
  std::vector<std::string_view> names;
  for (const Row& row : kRows) names.push_back(row.name);
  return names;
}

}  // namespace concertina::yardstick
