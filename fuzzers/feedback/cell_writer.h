// CellWriter: where the cells of a run are, and which of them are wanted.
#pragma once

#include <cstdint>
#include <span>

#include "feedback/groups.h"

namespace concertina::fuzzers {

class CellWriter {
 public:
  CellWriter(std::span<std::uint8_t, kCells> cells, Groups groups)
      : cells_(cells.data()), groups_(groups) {}

  Groups groups() const { return groups_; }
  template <Group group>
  bool wants() const {
    return groups_.has(group);
  }
  /// Every function of cells.h gives an index within its group for arguments of its types.
  template <Group group>
  void set(unsigned index) const {
    if (wants<group>()) cells_[group_begin(group) + index] = 1;
  }
  void set_maximum(Maximum what, unsigned maximum) const {
    if (maximum != 0) set<Group::kMaxima>(maximum_cell(what, maximum));
  }

 private:
  std::uint8_t* cells_;
  Groups groups_;
};

}  // namespace concertina::fuzzers
