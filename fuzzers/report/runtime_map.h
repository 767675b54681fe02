// RuntimeMap: where the runtime's sites are in its source. The table is made at build time by
// runtime_map.py, from the tree that is being built.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/site.h"

namespace concertina::fuzzers {

struct SitePosition {
  Site site;
  std::string_view place;     // "chan/channel.cc:136", below runtime/
  std::string_view function;  // the one it is in, "send_now_or_wait"; empty when not known
};

/// In the order of sites, files and lines.
std::span<const SitePosition> site_positions();

/// "chan/channel.cc:136", with "(+2)" when the source names the site in two more lines; empty for a
/// site that it does not name.
/// A position in a file or function that begins with `hint` goes first.
std::string position_of(Site site, std::string_view hint = {});

/// Does the source name the site in that function, near that line? A call's arguments may stand on
/// other lines than the one that a stack trace names; line 0 is a trace that names none.
bool is_in(Site site, std::string_view file, std::string_view function, unsigned line);

}  // namespace concertina::fuzzers
