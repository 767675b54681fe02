#include "stress/lab/yardstick/programs/programs.h"

namespace concertina::yardstick {
namespace {

constexpr const Program* kAll[] = {
    &kAccount,
    &kBluetooth,
    &kCarter01,
    &kCircularBuffer,
    &kDeadlock01,
    &kLazy01,
    &kQueue,
    &kStack,
    &kTokenRing,
    &kReorder3,
    &kReorder5,
    &kReorder10,
    &kReorder20,
    &kReorder50,
    &kReorder100,
    &kTwoStage,
    &kTwoStage20,
    &kTwoStage50,
    &kTwoStage100,
    &kWrongLock,
    &kWrongLock3,
    &kStringBuffer,
    &kWorkStealQueue,
    &kInterlockedWorkStealQueue,
    &kStateWorkStealQueue,
    &kInterlockedWorkStealQueueWithState,
    &kSafeStack,
};

}  // namespace

std::span<const Program* const> all_programs() { return kAll; }

const Program* program_by_name(std::string_view name) {
  for (const Program* program : kAll) {
    if (program->name == name) return program;
  }
  return nullptr;
}

}  // namespace concertina::yardstick
