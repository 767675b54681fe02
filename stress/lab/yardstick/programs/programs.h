// Every program of the yardstick. A new one is a file here with a Crew and a Program, declared
// below and listed in programs.cc.
#pragma once

#include <span>
#include <string_view>

#include "stress/lab/yardstick/programs/program.h"

namespace concertina::yardstick {

extern const Program kAccount, kBluetooth, kCarter01, kCircularBuffer, kDeadlock01, kLazy01, kQueue,
    kStack, kTokenRing;
extern const Program kReorder3, kReorder5, kReorder10, kReorder20, kReorder50, kReorder100;
extern const Program kTwoStage, kTwoStage20, kTwoStage50, kTwoStage100;
extern const Program kWrongLock, kWrongLock3;
extern const Program kStringBuffer;
extern const Program kWorkStealQueue, kInterlockedWorkStealQueue, kStateWorkStealQueue,
    kInterlockedWorkStealQueueWithState;
extern const Program kSafeStack;

/// In the order of reports.
std::span<const Program* const> all_programs();

/// Null for an unknown name.
const Program* program_by_name(std::string_view name);

}  // namespace concertina::yardstick
