// Site: the name of a place in the runtime where a virtual thread may be preempted.
//
// Sites are the position-independent alphabet of schedules, constraints and coverage. Ids are
// append-only (site.def): a corpus file written today means the same next year, and equal ids come
// out of every build, which program counters and line numbers would not give.
#pragma once

#include <cstdint>
#include <string_view>

namespace concertina {

enum class Site : std::uint8_t {
#define SITE(name, text) name,
#include "base/site.def"
#undef SITE
  kCount
};

inline constexpr unsigned kSiteCount = static_cast<unsigned>(Site::kCount);

/// The text name used in case files and reports ("chan-send-lock").
std::string_view site_name(Site site);

/// The inverse of site_name; Site::kCount for an unknown name.
Site site_by_name(std::string_view name);

}  // namespace concertina
