// Ids: how events, oracles and reports name the parts of a run. Creation ordinals, never addresses.
#pragma once

#include <cstdint>

namespace concertina {

using GoroutineId = std::uint16_t;  // creation ordinal in this run; main is 1
using ChannelId = std::uint16_t;    // creation ordinal in this run, from 1
using ThreadId = std::uint8_t;      // virtual thread, from 0
using ObjectId = std::uint32_t;     // platform object (lock, atomic, note, ...), from 1
using CaseIndex = std::uint16_t;    // of a select, from 0; 0 for a plain operation
using QueueId = std::uint16_t;      // a processor's number, or kGlobalQueue

inline constexpr GoroutineId kNoGoroutine = 0;
inline constexpr ChannelId kNilChannel = 0;
inline constexpr CaseIndex kSelectedDefault = 0xffff;  // where the answer is the select's default

inline constexpr unsigned kGoroutineIds = 0x10000;  // how many there can be
inline constexpr unsigned kThreadIds = 0x100;

}  // namespace concertina
