#include "base/site.h"

#include <array>

namespace concertina {
namespace {

constexpr std::array<std::string_view, kSiteCount> kNames = {
#define SITE(name, text) std::string_view(text),
#include "base/site.def"
#undef SITE
};

}  // namespace

std::string_view site_name(Site site) {
  const auto index = static_cast<unsigned>(site);
  return index < kSiteCount ? kNames[index] : std::string_view("unknown-site");
}

Site site_by_name(std::string_view name) {
  for (unsigned i = 0; i < kSiteCount; ++i) {
    if (kNames[i] == name) return static_cast<Site>(i);
  }
  return Site::kCount;
}

}  // namespace concertina
