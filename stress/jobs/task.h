// Task: a goroutine's function for jobs, as a state machine over its frame.
//
//   struct Locals { unsigned char element[64]; std::uint32_t left; };   // zero in a new frame
//   Action Ring::member(const Task<Locals>& t, std::uint32_t number) {
//     switch (t.state()) {
//       case 0: t.receive(channel, t->element); return t.next(1);
//       case 1: const Received got = t.received(channel, t->element); ...
//
// Operations are announced as the interpreter of random programs does (event.def), so that the same
// oracles can judge the history; values are tokens spread over the element (interp/element.h), so
// that half a value is seen as torn. A reference into the frame is good until the next operation.
#pragma once

#include <cstdint>
#include <string_view>

#include "go.h"
#include "interp/element.h"
#include "platform/fatal.h"
#include "stress/jobs/job.h"

namespace concertina::stress {

/// What a receive found.
struct Received {
  Token token = kZeroToken;
  bool selected = false;
  bool ok = false;
};

struct SelectArm {
  Channel* channel = nullptr;
  bool is_send = false;
  unsigned char* element = nullptr;
  Token token = kZeroToken;  // of a send
};

template <class Locals>
struct TaskFrame {
  FrameHeader header;
  Locals locals;
};

/// A Function for frames with such locals. `pointers`: offsets of those that may point into the
/// stack, from the frame's begin (offsetof(TaskFrame<Locals>, locals) and on).
template <class Locals>
constexpr Function task_function(const char* name, unsigned number,
                                 Action (*step)(Machine&, Goroutine&), FrameLayout layout = {}) {
  return {.name = name,
          .id = FunctionId::kFirstOfJob + number,
          .frame_bytes = (sizeof(TaskFrame<Locals>) + 15) & ~15u,
          .layout = layout,
          .step = step};
}

template <class Locals>
class Task {
 public:
  Task(Machine& m, Goroutine& g) : machine(m), goroutine(g), frame_(g, g.sp) {}

  Machine& machine;
  Goroutine& goroutine;

  Locals* operator->() const { return &frame_->locals; }
  std::uint32_t state() const { return frame_->header.resume; }
  Action next(std::uint32_t state, Action action = Action::kNext) const {
    frame_->header.resume = state;
    return action;
  }
  Action finish() const {
    pop_frame(goroutine);
    return Action::kNext;
  }

  void start(const Function& function, Member& member) const {
    require(spawn(machine, goroutine, function, &member) != nullptr, "job", "a spawn was refused");
  }

  void send(Channel* c, unsigned char* element, Token token, bool block = true) const {
    if (c != nullptr) fuzzers::write_element(element, c->element_bytes, token);
    announce(event::OpSend{.non_blocking = !block, .token = token}, c);
    call_send(machine, goroutine, c, below_hi(element), block);
  }
  /// False when a non-blocking send was not done.
  bool sent(Channel* c) const {
    const bool done = goroutine.result.selected;
    announce(event::DoneSend{.selected = done}, c);
    return done;
  }

  void receive(Channel* c, unsigned char* element, bool block = true) const {
    announce(event::OpReceive{.non_blocking = !block}, c);
    call_receive(machine, goroutine, c, below_hi(element), block);
  }
  Received received(Channel* c, const unsigned char* element) const {
    const Result result = goroutine.result;
    const Received got = look(c, element, result);
    announce(event::DoneReceive{.selected = result.selected, .ok = result.ok, .token = got.token},
             c);
    return got;
  }

  void close(Channel* c) const {
    announce(event::OpClose{}, c);
    call_close(machine, goroutine, c);
  }
  void closed(Channel* c) const { announce(event::DoneClose{}, c); }

  /// Elements point into this frame. Two sends of one select may share theirs, with one token.
  void select(const SelectArm* arms, std::uint16_t count, bool has_default) const {
    announce(event::OpSelect{.case_count = count, .has_default = has_default});
    std::uint32_t places[kArmsMax];
    for (std::uint16_t i = 0; i < count; ++i) {
      const SelectArm& arm = arms[i];
      if (arm.is_send && arm.channel != nullptr) {
        fuzzers::write_element(arm.element, arm.channel->element_bytes, arm.token);
      }
      places[i] = arm.element != nullptr ? below_hi(arm.element) : 0;
      announce(event::OpSelectCase{.case_index = i,
                                   .token = arm.is_send ? arm.token : kZeroToken,
                                   .is_send = arm.is_send},
               arm.channel);
    }
    call_select(machine, goroutine, count, has_default);
    for (std::uint16_t i = 0; i < count; ++i) {
      set_case(goroutine, i, arms[i].channel, arms[i].is_send, places[i]);
    }
  }
  /// After a select: the index, kSelectedDefault included; `chosen` is that case's channel.
  Received selected(Channel* chosen, bool is_send, const unsigned char* element) const {
    const Result result = goroutine.result;
    Received got{.token = 0, .selected = result.index != kSelectedDefault, .ok = result.ok};
    if (got.selected && !is_send) got = look(chosen, element, result);
    announce(
        event::DoneSelect{
            .chosen = result.index, .token = got.token, .ok = result.ok && got.selected},
        got.selected ? chosen : nullptr);
    return got;
  }

  static constexpr unsigned kArmsMax = 16;

 private:
  /// Announces a fact of this goroutine's, about a channel or none.
  template <class Fact>
  void announce(Fact fact, const Channel* c = nullptr) const {
    fact.goroutine = goroutine.id;
    if constexpr (requires { fact.channel; }) fact.channel = c != nullptr ? c->id : kNilChannel;
    platform::record(fact);
  }
  std::uint32_t below_hi(const unsigned char* element) const {
    return goroutine.below_hi(reinterpret_cast<std::uintptr_t>(element));
  }
  Received look(const Channel* c, const unsigned char* element, Result result) const {
    Received got{.token = 0, .selected = result.selected, .ok = result.ok};
    if (c == nullptr || !result.selected) return got;
    const fuzzers::ElementSeen seen = fuzzers::read_element(element, c->element_bytes);
    if (seen.is_torn) fatal("torn value", "a receive found bytes of no value that was sent");
    if (!result.ok && seen.token != 0) {
      fatal("value from a closed channel", "a receive that was told closed found no zero value");
    }
    got.token = seen.token;
    return got;
  }

  FrameRef<TaskFrame<Locals>> frame_;
};

template <auto kMethod>
struct StepOf;
template <class OneJob, class L, Action (OneJob::*kMethod)(const Task<L>&, std::uint32_t)>
struct StepOf<kMethod> {
  using Locals = L;
  static Action step(Machine& m, Goroutine& g) {
    const Member& self = *static_cast<const Member*>(g.user);
    return (static_cast<OneJob&>(*self.job).*kMethod)(Task<L>(m, g), self.number);
  }
};

/// As task_function, of a method of the job, which gets the number of its member.
template <auto kMethod>
constexpr Function job_function(const char* name, unsigned number, FrameLayout layout = {}) {
  using Step = StepOf<kMethod>;
  return task_function<typename Step::Locals>(name, number, &Step::step, layout);
}

}  // namespace concertina::stress
