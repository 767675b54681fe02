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

constexpr bool kIsRetired[] = {
#define SITE(name, text) false,
#define RETIRED_SITE(name, text) true,
#include "base/site.def"
#undef SITE
};

TEST(RuntimeMap, EverySiteHasAPositionOrIsRetired) {
  for (unsigned i = 0; i < kSiteCount; ++i) {
    const auto site = static_cast<Site>(i);
    // Not the runtime's.
    if (site == Site::kTest || site == Site::kSyscallSleep || site == Site::kUserCode) continue;
    EXPECT_EQ(position_of(site).empty(), kIsRetired[i]) << site_name(site);
  }
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

}  // namespace
}  // namespace concertina::fuzzers
