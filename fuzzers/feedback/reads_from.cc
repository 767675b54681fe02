#include "feedback/reads_from.h"

#include "mutate/site_pairs.h"

#include <cstdio>
#include <cstdlib>

namespace concertina::fuzzers {
namespace {

[[noreturn]] void table_is_unfit(const char* why) {
  std::fprintf(stderr, "reads-from cells: the table of site pairs %s\n", why);
  std::abort();
}

}  // namespace

ReadsFromSignals::ReadsFromSignals() {
  unsigned family_ordinal = 0;
  for (const SiteFamily& family : site_families()) {
    const auto join = [&](Site site) -> Ordinals& {
      Ordinals& ordinals = sites_[static_cast<std::size_t>(site)];
      const auto ordinal = static_cast<std::uint8_t>(family_ordinal);
      if (ordinals.family != kNoFamily && ordinals.family != ordinal) {
        table_is_unfit("has a site in two families");
      }
      ordinals.family = ordinal;
      return ordinals;
    };
    const std::size_t pairs = family.readers.size() * family.writers.size();
    if (cells_used_ + pairs > kReadsFromCells) table_is_unfit("has outgrown kReadsFromCells");
    for (std::size_t i = 0; i < family.readers.size(); ++i) {
      join(family.readers[i]).reader =
          static_cast<std::uint8_t>(cells_used_ + i * family.writers.size());
    }
    for (std::size_t i = 0; i < family.writers.size(); ++i) {
      join(family.writers[i]).writer = static_cast<std::uint8_t>(i);
    }
    cells_used_ += static_cast<unsigned>(pairs);
    ++family_ordinal;
  }
}

}  // namespace concertina::fuzzers
