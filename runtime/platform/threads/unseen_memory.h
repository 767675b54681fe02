// Memory accesses of debugging aids, which race detection must not see: the program under test
// would not do them. `bytes` is a multiple of 8, `memory` is aligned to 8.
#pragma once

#include <cstddef>

namespace concertina::threaded {

void fill_unseen(void* memory, std::size_t bytes, unsigned char value);
bool is_filled_unseen(const void* memory, std::size_t bytes, unsigned char value);

}  // namespace concertina::threaded
