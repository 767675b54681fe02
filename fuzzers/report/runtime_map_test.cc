#include "report/runtime_map.h"

#include <gtest/gtest.h>

#include <fstream>

namespace concertina::fuzzers {
namespace {

TEST(RuntimeMap, EveryPositionHoldsUpToTheSource) {
  ASSERT_GT(site_positions().size(), 100u);
  for (const SitePosition& position : site_positions()) {
    const std::string place(position.place);
    const std::size_t colon = place.rfind(':');
    std::ifstream file(std::string(CONCERTINA_SOURCE_DIR) + "/runtime/" + place.substr(0, colon));
    ASSERT_TRUE(file) << place;
    std::string line;
    for (int i = std::stoi(place.substr(colon + 1)); i > 0; --i) std::getline(file, line);
    EXPECT_NE(line.find("Site::k"), std::string::npos) << place;
  }
}

TEST(RuntimeMap, NearlyEverySiteHasAPosition) {
  unsigned missing = 0;
  for (unsigned i = 0; i < kSiteCount; ++i) {
    const auto site = static_cast<Site>(i);
    missing += site != Site::kTest && position_of(site).empty() ? 1 : 0;
  }
  EXPECT_LE(missing, 13u);  // ids that the runtime no longer uses
}

TEST(RuntimeMap, SaysWhenASiteIsNamedTwice) {
  EXPECT_TRUE(position_of(Site::kChanCloseLock).starts_with("chan/channel.cc:"));
  EXPECT_EQ(position_of(Site::kChanCloseLock).find('('), std::string::npos);
  EXPECT_NE(position_of(Site::kSudogElementLoad).find(" (+"), std::string::npos);
}

TEST(RuntimeMap, AHintChoosesAmongThem) {
  EXPECT_TRUE(position_of(Site::kSudogElementLoad, "stack/").starts_with("stack/copy.cc:"));
  EXPECT_TRUE(position_of(Site::kSudogElementLoad, "chan/transfer.cc").starts_with("chan/tran"));
  EXPECT_TRUE(position_of(Site::kReadyStatus, "spawn").starts_with("sched/scheduler.cc:"));
}

TEST(RuntimeMap, KnowsTheFunctionOfASite) {
  EXPECT_TRUE(is_in(Site::kSudogElementStore, "stack/copy.cc", "adjust_sudogs", 0));
  EXPECT_FALSE(is_in(Site::kSudogElementStore, "stack/copy.cc", "adjust_sudogs", 9999));
  EXPECT_FALSE(is_in(Site::kSudogElementStore, "stack/copy.cc", "copy_range", 0));
  EXPECT_FALSE(is_in(Site::kSudogElementStore, "chan/copy.cc", "adjust_sudogs", 0));
}

TEST(RuntimeMap, NamesFunctions) {
  EXPECT_EQ(runtime_function_name(9), "chan_send");
  EXPECT_EQ(runtime_function_name(1), "park");
  EXPECT_EQ(runtime_function_name(999), "");
}

}  // namespace
}  // namespace concertina::fuzzers
