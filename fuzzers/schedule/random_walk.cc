#include "schedule/random_walk.h"

namespace concertina::fuzzers {

ThreadId RandomWalk::pick(ThreadMask enabled, ThreadId, const Pending*) {
  return nth(enabled, random_.below(count(enabled)));
}

}  // namespace concertina::fuzzers
