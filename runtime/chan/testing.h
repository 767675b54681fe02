// Channel operations for the goroutine programs of sched/testing.h.
//
//   const Body main({send(1, 42), receive(1)});
//   const auto run = run_program(with_channels({{.capacity = 1}}), main);
//   EXPECT_EQ(received(run, 1), ...)
//
// Channels are named by creation ordinal, which is their id: 1 is the first one made, 0 is nil.
// What an operation found is announced by the kDone... events, as the interpreter of fuzz programs
// does.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "chan/channel.h"
#include "chan/select.h"
#include "sched/testing.h"

namespace concertina::test {

/// Every byte of an element depends on its value and place; sizes below 4 keep the low bytes only.
inline void fill_element(void* memory, std::uint32_t bytes, std::uint32_t value) {
  for (std::uint32_t i = 0; i < bytes; ++i) {
    static_cast<unsigned char*>(memory)[i] =
        static_cast<unsigned char>((value >> (8 * (i % 4))) + (value == 0 ? 0 : i / 4));
  }
}

struct ElementSeen {
  std::uint32_t value = 0;
  bool is_torn = false;
};

inline ElementSeen read_element(const void* memory, std::uint32_t bytes) {
  const auto* const at = static_cast<const unsigned char*>(memory);
  ElementSeen seen;
  for (std::uint32_t i = 0; i < bytes && i < 4; ++i) {
    seen.value |= static_cast<std::uint32_t>(at[i]) << (8 * i);
  }
  for (std::uint32_t i = 0; i < bytes; ++i) {
    unsigned char expected = 0;
    fill_element(&expected, 1, seen.value >> (8 * (i % 4)));
    if (seen.value != 0) expected = static_cast<unsigned char>(expected + i / 4);
    if (at[i] != expected) seen.is_torn = true;
  }
  return seen;
}

inline Channel* channel(Machine& m, ChannelId id) {
  return id == kNilChannel ? nullptr : static_cast<Channel*>(m.runtime->channels[id - 1]);
}

/// What a receive's slot holds before: not zero, and no value that a test sends.
inline constexpr std::uint32_t kStaleValue = 0xabababab;

inline void stage(Machine& m, Goroutine& g, ChannelId id, std::uint32_t value, unsigned slot = 0) {
  if (id == kNilChannel) return;
  require(channel(m, id)->element_bytes <= Body::slot_bytes(g), "test", "the slot is too small");
  fill_element(reinterpret_cast<void*>(g.at(Body::slot(g, slot))), channel(m, id)->element_bytes,
               value);
}

// --- Send and receive ----------------------------------------------------------------------------

/// The value is computed from the goroutine when the step runs.
template <class Value>
Op send_computed(ChannelId id, Value value, bool block = true) {
  Op op = [=](Machine& m, Goroutine& g) {
    stage(m, g, id, value(g));
    call_send(m, g, channel(m, id), Body::slot(g), block);
  };
  op.append([=](Machine&, Goroutine& g) {
    platform::record(
        event::DoneSend{.goroutine = g.id, .channel = id, .selected = g.result.selected});
  });
  return op;
}
inline Op send(ChannelId id, std::uint32_t value) {
  return send_computed(id, [=](Goroutine&) { return value; });
}
inline Op try_send(ChannelId id, std::uint32_t value) {
  return send_computed(id, [=](Goroutine&) { return value; }, false);
}

/// Announces a finished receive and keeps its value in the frame.
inline void announce_received(Machine& m, Goroutine& g, ChannelId id, std::uint32_t below_hi) {
  ElementSeen seen;
  if (id != kNilChannel && below_hi != 0 && g.result.selected) {
    seen = read_element(reinterpret_cast<void*>(g.at(below_hi)), channel(m, id)->element_bytes);
  }
  task_frame(g).value = seen.value;
  platform::record(event::DoneReceive{.goroutine = g.id,
                                      .channel = id,
                                      .selected = g.result.selected,
                                      .ok = g.result.ok,
                                      .token = seen.value,
                                      .torn = seen.is_torn});
}
inline Op receive_as(ChannelId id, bool block, bool discard) {
  Op op = [=](Machine& m, Goroutine& g) {
    stage(m, g, id, kStaleValue);
    call_receive(m, g, channel(m, id), discard ? 0 : Body::slot(g), block);
  };
  op.append(
      [=](Machine& m, Goroutine& g) { announce_received(m, g, id, discard ? 0 : Body::slot(g)); });
  return op;
}
inline Op receive(ChannelId id) { return receive_as(id, true, false); }
inline Op try_receive(ChannelId id) { return receive_as(id, false, false); }
inline Op receive_discarding(ChannelId id) { return receive_as(id, true, true); }
/// Into the caller's first slot (see `call`).
inline Op receive_by_pointer(ChannelId id) {
  Op op = [=](Machine& m, Goroutine& g) {
    call_receive(m, g, channel(m, id), g.below_hi(task_frame(g).pointer), true);
  };
  op.append([=](Machine& m, Goroutine& g) {
    announce_received(m, g, id, g.below_hi(task_frame(g).pointer));
  });
  return op;
}

/// for v := range c { ops }
inline Op range(ChannelId id, std::initializer_list<Op> ops) {
  Op body;
  for (const Op& op : ops) body.append(op);
  const auto length = static_cast<std::uint32_t>(body.steps.size());
  Op result = receive(id);
  result.append([=](Machine&, Goroutine& g) {
    if (!g.result.ok) g.top().resume += length + 1;
  });
  result.append(body);
  result.append([=](Machine&, Goroutine& g) {
    g.top().resume -= length + 4;  // the body, two steps of the receive, the test, this one
    return Action::kBackEdge;
  });
  return result;
}

inline Op close(ChannelId id) {
  Op op = [=](Machine& m, Goroutine& g) { call_close(m, g, channel(m, id)); };
  op.append([=](Machine&, Goroutine& g) {
    platform::record(event::DoneClose{.goroutine = g.id, .channel = id});
  });
  return op;
}
inline Op note_len(std::uint16_t tag, ChannelId id) {
  return [=](Machine& m, Goroutine& g) { announce(g, tag, channel_len(channel(m, id))); };
}
inline Op note_cap(std::uint16_t tag, ChannelId id) {
  return [=](Machine& m, Goroutine& g) { announce(g, tag, channel_cap(channel(m, id))); };
}
/// Sudogs on both queues together.
inline Op note_waiters(std::uint16_t tag, ChannelId id) {
  return [=](Machine& m, Goroutine& g) {
    const Channel& c = *channel(m, id);
    announce(g, tag, c.receivers.size() + c.senders.size());
  };
}

// --- Select --------------------------------------------------------------------------------------

struct TestCase {
  ChannelId channel = kNilChannel;
  bool is_send = false;
  std::uint32_t value = 0;
};
inline TestCase on_send(ChannelId id, std::uint32_t value) { return {id, true, value}; }
inline TestCase on_receive(ChannelId id) { return {id, false, 0}; }

/// Case i uses slot i of the Body, which must have as many.
inline Op select(std::vector<TestCase> cases, bool has_default = false) {
  Op op = [=](Machine& m, Goroutine& g) {
    const auto n = static_cast<unsigned>(cases.size());
    for (unsigned i = 0; i < n; ++i) {
      stage(m, g, cases[i].channel, cases[i].is_send ? cases[i].value : kStaleValue, i);
    }
    const std::uint32_t first = Body::slot(g, 0);
    const std::uint32_t stride = first - Body::slot(g, 1);
    call_select(m, g, n, has_default);
    for (unsigned i = 0; i < n; ++i) {
      set_case(g, i, channel(m, cases[i].channel), cases[i].is_send, first - stride * i);
    }
  };
  op.append([=](Machine& m, Goroutine& g) {
    event::DoneSelect done{.goroutine = g.id, .chosen = g.result.index};
    if (g.result.index != kSelectedDefault) {
      const TestCase& chosen = cases[g.result.index];
      done.channel = chosen.channel;
      ElementSeen seen;
      if (!chosen.is_send) {
        seen = read_element(reinterpret_cast<void*>(g.at(Body::slot(g, g.result.index))),
                            channel(m, chosen.channel)->element_bytes);
      }
      task_frame(g).value = done.token = seen.value;
      done.ok = g.result.ok;
      done.torn = seen.is_torn;
    }
    platform::record(done);
  });
  return op;
}
inline Op select_or_default(std::vector<TestCase> cases) { return select(std::move(cases), true); }

// --- Running -------------------------------------------------------------------------------------

struct ChannelSpec {
  std::uint32_t element_bytes = 8;
  std::uint32_t capacity = 0;
};

/// The setup, with these channels made before the first goroutine exists.
inline RunSetup with_channels(const std::vector<ChannelSpec>& channels, RunSetup setup = {}) {
  setup.before = [channels, before = setup.before](Runtime& runtime) {
    runtime.announce_channels = &announce_channels;
    for (const ChannelSpec& spec : channels) {
      make_channel(runtime, spec.element_bytes, spec.capacity);
    }
    if (before) before(runtime);
  };
  return setup;
}

/// Values received from a channel in order, by receives and selects; torn ones are kTornToken.
/// (A select's send and receive differ by the value: tests send no 0 that they look for.)
inline std::vector<std::uint32_t> received(const ProgramRun& run, ChannelId id,
                                           GoroutineId g = kNoGoroutine) {
  std::vector<std::uint32_t> values;
  for (const Event& event : run.events) {
    if (channel_of(event) != id || (g != kNoGoroutine && event.goroutine != g)) continue;
    if (event.kind == EventKind::kDoneReceive) {
      const auto done = as<event::DoneReceive>(event);
      if (done.ok) values.push_back(done.torn ? kTornToken : done.token);
    }
    if (event.kind == EventKind::kDoneSelect) {
      const auto done = as<event::DoneSelect>(event);
      if (done.ok && done.token != 0) values.push_back(done.torn ? kTornToken : done.token);
    }
  }
  return values;
}

/// Waiters left on all channels, sudogs in use at the end: 0 each in a run that ended well.
struct Leftovers {
  std::uint32_t waiters = 0;
  std::uint32_t sudogs = 0;
  std::uint32_t stacks = 0;
  bool operator==(const Leftovers&) const = default;
};
inline Leftovers leftovers(const ProgramRun& run) {
  Leftovers left;
  for (const auto& end : run.of<event::EndChannel>()) left.waiters += end.receivers + end.senders;
  for (const auto& end : run.of<event::EndCounts>()) {
    left.sudogs = end.sudogs;
    left.stacks = end.stacks;
  }
  return left;
}

}  // namespace concertina::test
