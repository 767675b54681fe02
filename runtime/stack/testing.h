// For tests of this room: a goroutine with a stack and no scheduler around it.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <source_location>
#include <string>
#include <string_view>

#include "platform_testing.h"
#include "stack/stack.h"
#include "stack/stack_pool.h"

namespace concertina::test {

inline constexpr FunctionId kPlainId = FunctionId::kFirstOfTest + 1;
inline constexpr FunctionId kGroupId = FunctionId::kFirstOfTest + 2;
inline constexpr FunctionId kBareId = FunctionId::kFirstOfTest + 3;
inline constexpr std::uint32_t kHeaderBytes = sizeof(FrameHeader);

/// Two fixed pointer slots, then two words of plain data.
struct PlainFrame {
  FrameHeader header;
  std::uintptr_t first = 0;
  std::uintptr_t second = 0;
  std::uint64_t data[2] = {};
};
inline constexpr std::uint16_t kPlainSlots[] = {offsetof(PlainFrame, first),
                                                offsetof(PlainFrame, second)};
inline constexpr Function kPlain = {.name = "plain",
                                    .id = kPlainId,
                                    .frame_bytes = sizeof(PlainFrame),
                                    .layout = {.pointers = kPlainSlots, .pointer_count = 2}};

/// One fixed slot and a group of up to three, 16 bytes apart.
struct GroupFrame {
  struct Case {
    std::uintptr_t pointer;
    std::uint64_t data;
  };
  FrameHeader header;
  std::uintptr_t first = 0;
  std::uint64_t data = 0;
  Case cases[3] = {};
};
inline constexpr std::uint16_t kGroupSlots[] = {offsetof(GroupFrame, first)};
inline constexpr Function kGroup = {.name = "group",
                                    .id = kGroupId,
                                    .frame_bytes = sizeof(GroupFrame),
                                    .layout = {.pointers = kGroupSlots,
                                               .pointer_count = 1,
                                               .group_first = offsetof(GroupFrame, cases),
                                               .group_stride = sizeof(GroupFrame::Case)}};

inline constexpr Function kBare = {.name = "bare", .id = kBareId, .frame_bytes = kHeaderBytes};

inline StackPool& make_pool(const StackKnobs& knobs = {}) {
  return make<StackPool>(knobs, make<SpanHeap>(knobs.poison));
}

inline Goroutine& make_goroutine(StackPool& pool, GoroutineId id = 1) {
  return make<Goroutine>(id, kMainPath, pool);
}

/// A running goroutine whose oldest frame is a PlainFrame.
inline Goroutine& make_running(StackPool& pool) {
  Goroutine& g = make_goroutine(pool);
  begin_stack(g, kPlain, nullptr);
  g.status.plant(kRunning);
  return g;
}
inline Goroutine& make_running() { return make_running(make_pool()); }

inline void push(Goroutine& g, const Function& function) {
  push_frame(g, function, function.frame_bytes, Site::kUserPrologue);
}
/// Pushes a frame without pointers so that exactly `used` bytes of the stack are in use.
inline void fill_up_to(Goroutine& g, std::size_t used) {
  push_frame(g, kBare, static_cast<std::uint32_t>(used - g.used_bytes()), Site::kUserPrologue);
}
inline std::uintptr_t address_of(const void* object) {
  return reinterpret_cast<std::uintptr_t>(object);
}
template <class T>
T& frame_at(std::uintptr_t address) {
  return *reinterpret_cast<T*>(address);
}

/// The message with which a body ends its run, "" when it returns.
template <class Body>
std::string message_of(Body body) {
  return run_body(body).report.message;
}

/// Expects that message.
template <class Body>
void expect_end(std::string_view message, Body body,
                std::source_location where = std::source_location::current()) {
  const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()), "the body");
  EXPECT_EQ(message_of(body), message);
}

}  // namespace concertina::test
