// Branch: what the nodes of both searches have in common.
#pragma once

#include <cstdint>
#include <vector>

#include "platform/sim/chooser.h"

namespace concertina::fuzzers {

/// A pick of a thread, or a draw of which every value is tried, in turn from the usual one.
struct Branch {
  bool is_draw = false;
  std::uint8_t chosen = 0;  // thread, or the drawn value
  ThreadMask options = 0;   // enabled threads; of a draw: the number of values
  ThreadMask left = 0;      // threads to be tried; of a draw: how many values
  ThreadMask done = 0;      // threads that were tried

  void begin_draw(std::uint32_t n, std::uint32_t usual) {
    is_draw = true;
    options = n;
    left = n - 1;
    chosen = static_cast<std::uint8_t>(usual);
  }
  /// On to the draw's next value; false when it has none.
  bool turn_draw() {
    if (left == 0) return false;
    --left;
    chosen = static_cast<std::uint8_t>((chosen + 1U) % options);
    return true;
  }
  unsigned tried() const { return is_draw ? options - 1 - left : count(done); }
};

/// How much of the tree is done, between 0 and 1, if all branches were equally large.
/// `options_of` a node: how many of its branches are ever taken, the one in progress included.
template <class Node, class OptionsOf>
double fraction_done(const std::vector<Node>& stack, OptionsOf options_of) {
  double done = 0;
  double weight = 1;
  for (const Node& node : stack) {
    const double options = options_of(node);
    done += weight * node.tried() / options;
    weight /= options;
  }
  return done;
}

}  // namespace concertina::fuzzers
