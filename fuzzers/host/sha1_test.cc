#include "host/sha1.h"

#include <gtest/gtest.h>

namespace concertina::fuzzers {
namespace {

TEST(Sha1, IsThatOfTheStandard) {
  EXPECT_EQ(sha1(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(sha1("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(sha1(std::string(1'000'000, 'a')), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

// Around the sizes at which a block is added, where the padding goes wrong if it does.
TEST(Sha1, OfSizesAroundABlock) {
  EXPECT_EQ(sha1(std::string(55, '\xff')), "450732ec1ec8fc5594a29700e11c37f09622ed72");
  EXPECT_EQ(sha1(std::string(56, '\xff')), "09cade8bfcfc501cb097636504dff46b39270658");
  EXPECT_EQ(sha1(std::string(63, '\xff')), "b5419e99e3ea50f812d56149e29b6d7db7bfc70e");
  EXPECT_EQ(sha1(std::string(64, '\xff')), "ffc6261e487efa8c7442069f71acfc4aa826993d");
  EXPECT_EQ(sha1(std::string(119, '\xff')), "97b433c99a75e69bd8170ef41aacbfb370434b0d");
}

}  // namespace
}  // namespace concertina::fuzzers
