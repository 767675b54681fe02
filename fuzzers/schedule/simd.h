// Lanes: a number for each thread, and questions that look at all of them: whose is it, which is
// the highest, what do they add up to. Strategies ask these at every step, and with twenty threads
// a loop with a branch per thread took longer than the rest of the step; for eight threads at a
// time, without branches, they cost a few instructions each. (A vector has four numbers, as in
// baseline x86-64; elsewhere the compiler splits it.)
//
// `threads` is how many there are; all members of a mask are among them.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "platform/sim/chooser.h"

namespace concertina::fuzzers {

class Lanes {
 public:
  std::int32_t& operator[](ThreadId thread) { return numbers_[thread]; }
  std::int32_t operator[](ThreadId thread) const { return numbers_[thread]; }

  /// The members whose number it is, but for the bits in `ignored`.
  ThreadMask equal_to(std::int32_t number, ThreadMask of, unsigned threads,
                      std::int32_t ignored = 0) const {
    const Four wanted = all_four(number | ignored);
    const Four always = all_four(ignored);
    return of & collect(threads, [&](unsigned at) { return (four(at) | always) == wanted; });
  }

  /// The members whose number is higher.
  ThreadMask higher_than(std::int32_t number, ThreadMask of, unsigned threads) const {
    const Four other = all_four(number);
    return of & collect(threads, [&](unsigned at) { return four(at) > other; });
  }

  /// The highest number of a member; 0 if there is no member. All are in [0, kHighestMax]: there,
  /// the bits of a floating point number are ordered as it is (unless small ones are taken for 0,
  /// as by -ffast-math), and of those the processor has a maximum in one instruction.
  static constexpr std::int32_t kHighestMax = 0x3fffffff;
  std::int32_t highest(ThreadMask of, unsigned threads) const {
    Floats best[2] = {};
    for (unsigned block = 0; block < threads; block += kBlock) {
      const Four members = all_four(static_cast<std::int32_t>(of >> block & 0xff));
      for (unsigned i = 0; i < 2; ++i) {
        best[i] = higher(best[i], reinterpret_cast<Floats>(four_of(members, block, 4 * i)));
      }
    }
    Floats all = higher(best[0], best[1]);
    all = higher(all, __builtin_shufflevector(all, all, 2, 3, 0, 1));
    all = higher(all, __builtin_shufflevector(all, all, 1, 0, 3, 2));
    return reinterpret_cast<Four>(all)[0];
  }

  /// Each thread's becomes the sum of the members' numbers in `of_whom` up to and including its
  /// own. Returns the last of them. The first member whose sum is higher than a draw below that is
  /// drawn with its number as weight.
  std::int32_t add_up(const Lanes& of_whom, ThreadMask of, unsigned threads) {
    Four before = {};
    for (unsigned block = 0; block < threads; block += kBlock) {
      const Four members = all_four(static_cast<std::int32_t>(of >> block & 0xff));
      for (unsigned i = 0; i < kBlock; i += 4) {
        Four sums = of_whom.four_of(members, block, i);
        const Four zero = {};
        sums += __builtin_shufflevector(zero, sums, 0, 4, 5, 6);
        sums += __builtin_shufflevector(zero, sums, 0, 1, 4, 5);
        sums += before;
        before = __builtin_shufflevector(sums, sums, 3, 3, 3, 3);
        std::memcpy(numbers_.data() + block + i, &sums, sizeof(sums));
      }
    }
    return before[0];
  }

 private:
  static constexpr unsigned kBlock = 8;
  using Four = std::int32_t __attribute__((vector_size(16)));
  using Floats = float __attribute__((vector_size(16)));
  static_assert(kThreadsMax % kBlock == 0);

  static Floats higher(Floats a, Floats b) { return a > b ? a : b; }
  static Four all_four(std::int32_t number) { return Four{number, number, number, number}; }
  Four four(unsigned at) const {
    Four result;
    std::memcpy(&result, numbers_.data() + at, sizeof(result));
    return result;
  }

  /// Numbers of the block from its i-th on; 0 in place of those whose bit in `members` is 0.
  Four four_of(Four members, unsigned block, unsigned i) const {
    const Four bits = Four{1, 2, 4, 8} << static_cast<std::int32_t>(i);
    return four(block + i) & ((members & bits) == bits);
  }

  /// The answers of all lanes; those past the last thread are anything.
  template <class Ask>
  static ThreadMask collect(unsigned threads, Ask ask) {
    ThreadMask all{};
    for (unsigned block = 0; block < threads; block += kBlock) {
      std::uint32_t bits = 0;
      for (unsigned i = 0; i < kBlock; i += 4) bits |= bits_of(ask(block + i)) << i;
      all |= ThreadMask{bits} << block;
    }
    return all;
  }

  static unsigned bits_of(Four lanes) {
#if defined(__SSE2__)
    return static_cast<unsigned>(__builtin_ia32_movmskps(reinterpret_cast<Floats>(lanes)));
#else
    return (lanes[0] & 1) | (lanes[1] & 2) | (lanes[2] & 4) | (lanes[3] & 8);
#endif
  }

  alignas(16) std::array<std::int32_t, kThreadsMax> numbers_{};
};

}  // namespace concertina::fuzzers
