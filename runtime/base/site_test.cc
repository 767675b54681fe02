#include "base/site.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace concertina {
namespace {

TEST(Site, NamesAreUniqueAndPlain) {
  std::set<std::string_view> names;
  for (unsigned i = 0; i < kSiteCount; ++i) {
    const std::string_view name = site_name(static_cast<Site>(i));
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string_view::npos)
        << name;
  }
}

TEST(Site, NamesLeadBackToTheirSites) {
  for (unsigned i = 0; i < kSiteCount; ++i) {
    const auto site = static_cast<Site>(i);
    EXPECT_EQ(site_by_name(site_name(site)), site);
  }
}

TEST(Site, AnUnknownNameIsNoSite) {
  EXPECT_EQ(site_by_name("chan-send-luck"), Site::kCount);
  EXPECT_EQ(site_by_name("chan-send-loc"), Site::kCount);
  EXPECT_EQ(site_by_name(""), Site::kCount);
}

TEST(Site, ANumberBeyondTheTableHasAName) {
  EXPECT_EQ(site_name(Site::kCount), "unknown-site");
  EXPECT_EQ(site_name(static_cast<Site>(0xff)), "unknown-site");
}

// Corpus files hold ids. A site that is inserted, removed or moved shifts one of these.
TEST(Site, IdsOfOldSitesNeverChange) {
  EXPECT_EQ(static_cast<unsigned>(Site::kUserPrologue), 0u);
  EXPECT_EQ(static_cast<unsigned>(Site::kChanSendPrologue), 1u);
  EXPECT_EQ(static_cast<unsigned>(Site::kChanReceivePrologue), 2u);
  EXPECT_EQ(static_cast<unsigned>(Site::kPreemptPoll), 20u);
  EXPECT_EQ(static_cast<unsigned>(Site::kSelectOrder), 52u);
  EXPECT_EQ(static_cast<unsigned>(Site::kParkingOnChanStore), 53u);
  EXPECT_EQ(static_cast<unsigned>(Site::kCopyStackStatus), 71u);
  EXPECT_EQ(static_cast<unsigned>(Site::kScanRequest), 82u);
  EXPECT_EQ(static_cast<unsigned>(Site::kMachineNoteSleep), 107u);
  EXPECT_EQ(static_cast<unsigned>(Site::kMachineNoteWake), 108u);
  EXPECT_EQ(static_cast<unsigned>(Site::kMachineStart), 109u);
  EXPECT_EQ(static_cast<unsigned>(Site::kThreadStart), 110u);
  EXPECT_EQ(static_cast<unsigned>(Site::kTest), 111u);
}

}  // namespace
}  // namespace concertina
