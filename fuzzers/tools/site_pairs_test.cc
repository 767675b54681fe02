#include "mutate/site_pairs.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "host/own_process_testing.h"
#include "pipeline.h"
#include "schedule/conflict.h"
#include "tools/generator.h"

namespace concertina::fuzzers {
namespace {

using Sites = std::array<bool, kSiteCount>;

/// What generated programs show: whether a site reads, whether it writes; which share an object.
struct Seen {
  Sites readers{};
  Sites writers{};
  std::array<Sites, kSiteCount> pairs{};  // [reader][writer], on one object
};

std::unique_ptr<Seen> look(unsigned inputs) {
  auto seen = std::make_unique<Seen>();
  const auto log = std::make_unique_for_overwrite<RunLog>();
  for (unsigned i = 0; i < inputs; ++i) {
    run(generated_input(3, i), {.log = log.get()});
    std::vector<Sites> readers(1), writers(1);  // by object
    for (const Step& step : log->steps()) {
      // Objects 0 and of thread starts aside.
      if (step.object == 0) continue;
      if (step.object >= readers.size()) {
        readers.resize(step.object + 1);
        writers.resize(step.object + 1);
      }
      const auto site = static_cast<std::size_t>(step.site);
      if (is_reader(step.kind)) readers[step.object][site] = seen->readers[site] = true;
      if (is_writer(step.kind)) writers[step.object][site] = seen->writers[site] = true;
    }
    for (std::size_t object = 0; object < readers.size(); ++object) {
      for (std::size_t r = 0; r < kSiteCount; ++r) {
        if (!readers[object][r]) continue;
        for (std::size_t w = 0; w < kSiteCount; ++w) seen->pairs[r][w] |= writers[object][w];
      }
    }
  }
  return seen;
}

TEST(SitePairs, TheTableHoldsWhatProgramsShowAndNothingStale) {
  in_own_process([] {
    const auto seen = look(3000);
    std::array<Sites, kSiteCount> listed{};
    for (const SiteFamily& family : site_families()) {
      for (const Site reader : family.readers) {
        EXPECT_TRUE(seen->readers[static_cast<std::size_t>(reader)]) << site_name(reader);
        for (const Site writer : family.writers) {
          listed[static_cast<std::size_t>(reader)][static_cast<std::size_t>(writer)] = true;
          EXPECT_TRUE(seen->writers[static_cast<std::size_t>(writer)]) << site_name(writer);
        }
      }
    }
    for (std::size_t r = 0; r < kSiteCount; ++r) {
      for (std::size_t w = 0; w < kSiteCount; ++w) {
        EXPECT_TRUE(listed[r][w] || !seen->pairs[r][w])
            << site_name(Site(r)) << " reads from " << site_name(Site(w));
      }
    }
  });
}

}  // namespace
}  // namespace concertina::fuzzers
