#include "interp/interp.h"

#include <algorithm>
#include <bit>
#include <new>

#include "interp/element.h"

namespace concertina::fuzzers {
namespace {

/// What the machine's registers held when the goroutine was interrupted, as the signal's handler
/// saves them: the bare address of a local. No copy of the stack adjusts it.
struct Register {
  std::uintptr_t address = 0;  // 0: the goroutine was not interrupted
  std::uint32_t frame_serial = 0;
  std::uint16_t slot = 0;
};

/// What a goroutine of the program knows about itself; lives in the run's arena.
struct State {
  const Compiled* program = nullptr;
  void (*made)(Runtime&) = nullptr;
  concertina::Channel** channels = nullptr;
  std::uint32_t fuel = 0;    // operations it may still start
  std::uint32_t sends = 0;   // values made so far
  std::uint32_t frames = 0;  // calls so far
  Register held;
};

/// A local, own or a caller's: where it is, and whose.
struct Place {
  std::uint32_t below_hi = 0;  // of the element
  std::uint32_t frame_serial = 0;
  std::uint16_t slot = 0;  // channel index
  std::uint32_t bytes = 0;
};

State* make_state(const State& parent, std::uint32_t fuel) {
  auto* const state = new (platform::allocate(sizeof(State))) State(parent);
  state->fuel = fuel;
  state->sends = state->frames = 0;
  state->held = {};
  return state;
}

// Every eight cases of a select cost as much as an operation: they take that many steps.
std::uint32_t cost(const Operation& op) {
  return 1 + static_cast<std::uint32_t>(op.cases.size() / 8);
}

class Step {
 public:
  Step(Machine& m, Goroutine& g)
      : m_(m),
        g_(g),
        state_(*static_cast<State*>(g.user)),
        frame_(g, g.sp),
        function_(*static_cast<const CompiledFunction*>(g.top().function->data)) {}

  Action run() {
    if (!frame_->is_begun) begin();
    if (frame_->is_operation_open) complete();
    if (state_.held.address != 0) go_on();
    if (frame_->pc >= function_.source->body.size() || state_.fuel == 0) return finish();
    if (platform::is_interrupted(Site::kUserCode)) return interrupt();
    if (must_stop(g_)) return Action::kNext;  // where the operation's own prologue would stop it
    state_.fuel -= std::min(state_.fuel, cost(operation()));
    return execute();
  }

 private:
  const Operation& operation() const { return function_.source->body[frame_->pc]; }
  concertina::Channel* channel(std::uint8_t index) const {
    return index == kNil ? nullptr : state_.channels[index];
  }
  ChannelId channel_id(std::uint8_t index) const {
    return index == kNil ? kNilChannel : state_.channels[index]->id;
  }
  std::uintptr_t address(const Place& place) const { return g_.at(place.below_hi); }
  /// Announces a fact of this goroutine's, about a channel of the program or none.
  template <class Fact>
  void announce(Fact fact, std::uint8_t c = kNil) const {
    fact.goroutine = g_.id;
    if constexpr (requires { fact.channel; }) fact.channel = channel_id(c);
    platform::record(fact);
  }
  template <class Fact>
  void announce_local(const Place& place, Token token) const {
    announce(Fact{.slot = place.slot, .frame_serial = place.frame_serial, .token = token},
             static_cast<std::uint8_t>(place.slot));
  }

  /// The first step in a frame; its caller has set the pointers.
  void begin() {
    frame_->is_begun = true;
    frame_->serial = ++state_.frames;
    for (unsigned c = 0; c < kChannelsMax; ++c) {
      if ((function_.uses >> c & 1) == 0) continue;
      const Place own = own_local(c);
      *reinterpret_cast<Tag*>(address(own) - sizeof(Tag)) = Tag{own.frame_serial, own.slot};
      announce_local<event::LocalWritten>(own, kZeroToken);
    }
  }

  Action finish() {
    check_locals();
    pop_frame(g_);
    return Action::kNext;
  }

  Place own_local(unsigned c) const {
    const std::uintptr_t at =
        reinterpret_cast<std::uintptr_t>(&*frame_) + function_.local_offset[c];
    return {g_.below_hi(at), frame_->serial, static_cast<std::uint16_t>(c),
            function_.program->element_bytes[c]};
  }

  /// Where an operation on channel c reads and writes its element.
  Place place(std::uint8_t c, bool by_pointer) const {
    Place own = own_local(c);
    if (!by_pointer) return own;
    const std::uintptr_t base = reinterpret_cast<std::uintptr_t>(&*frame_);
    const auto pointer = *reinterpret_cast<std::uintptr_t*>(base + function_.pointer_offset[c]);
    if (pointer == 0) return own;
    own.below_hi = g_.below_hi(pointer);
    own.frame_serial = static_cast<std::uint32_t>(
        *reinterpret_cast<std::uint64_t*>(base + function_.serial_offset[c]));
    return own;
  }

  /// Reads a local and announces what was found there.
  ElementSeen read(const Place& place) {
    const auto* const tag = reinterpret_cast<const Tag*>(address(place) - sizeof(Tag));
    ElementSeen seen = read_element(reinterpret_cast<const void*>(address(place)), place.bytes);
    const bool is_there = tag->frame_serial == place.frame_serial && tag->slot == place.slot;
    const Token found = seen.is_torn || !is_there ? kTornToken : seen.token;
    announce_local<event::LocalRead>(place, found);
    return seen;
  }

  void check_locals() {
    for (unsigned c = 0; c < kChannelsMax; ++c) {
      if ((function_.uses >> c & 1) == 0) continue;
      const auto index = static_cast<std::uint8_t>(c);
      const Place own = place(index, false);
      read(own);
      const Place pointed = place(index, true);
      if (pointed.below_hi != own.below_hi) read(pointed);
    }
  }

  Token new_token() { return make_token(g_.id, ++state_.sends); }

  /// Writes a fresh value; returns its token, 0 for elements without bytes.
  Token stage(const Place& place) {
    const Token token = place.bytes == 0 ? kZeroToken : new_token();
    write_element(reinterpret_cast<void*>(address(place)), place.bytes, token);
    announce_local<event::LocalWritten>(place, token);
    return token;
  }

  /// A receive has written the local: what is in it now?
  ElementSeen received(const Place& place) {
    const ElementSeen seen =
        read_element(reinterpret_cast<const void*>(address(place)), place.bytes);
    announce_local<event::LocalWritten>(place, seen.token);
    return seen;
  }

  /// Starts the operation at pc; what it returns ends the step. So between two operations there
  /// always is a safe point.
  Action execute() {
    const Operation& op = operation();
    switch (op.code) {
      case Code::kSend:
      case Code::kTrySend:
        send(op);
        return Action::kNext;
      case Code::kReceive:
      case Code::kReceiveOk:
      case Code::kTryReceive:
      case Code::kRange:
        receive(op);
        return Action::kNext;
      case Code::kSelect:
        select(op);
        return Action::kNext;
      case Code::kClose:
        close(op);
        return Action::kNext;
      case Code::kEnd:
        return end_bracket() ? Action::kBackEdge : Action::kNext;
      case Code::kYield:
        ++frame_->pc;
        return Action::kYield;
      case Code::kSyscall:
        ++frame_->pc;
        return syscall(op) ? Action::kNext : Action::kLeaveSyscall;
      case Code::kCall:
        call(op);
        break;
      case Code::kLoop:
        frame_->counters[function_.blocks.level[frame_->pc]] = op.count;
        break;
      case Code::kSpawn:
        spawn_child(op);
        break;
      case Code::kScan:
        platform::post_scan_request({});
        break;
      case Code::kLen:
        see_length(op);
        break;
      case Code::kCap:
        see_capacity(op);
        break;
      case Code::kCheck:
        check_locals();
        break;
      case Code::kCount:
        break;
    }
    ++frame_->pc;
    return Action::kNext;
  }

  /// The goroutine is stopped between two instructions of its own, of which the first has loaded
  /// the address of a local that the next operation, or any, uses.
  Action interrupt() {
    if (function_.uses != 0) {
      const bool has_channel =
          operation().channel < kChannelsMax && (function_.uses >> operation().channel & 1) != 0;
      const Place local = has_channel
                              ? place(operation().channel, operation().by_pointer)
                              : own_local(static_cast<unsigned>(std::countr_zero(function_.uses)));
      state_.held = {address(local), local.frame_serial, local.slot};
    }
    return Action::kInterrupt;
  }

  /// The second instruction: reads the local through the register, and writes it back.
  void go_on() {
    const Register held = state_.held;
    state_.held = Register{};
    const std::uint32_t bytes = function_.program->element_bytes[held.slot];
    const auto* const tag = reinterpret_cast<const Tag*>(held.address - sizeof(Tag));
    const ElementSeen seen = read_element(reinterpret_cast<const void*>(held.address), bytes);
    const bool is_there = tag->frame_serial == held.frame_serial && tag->slot == held.slot;
    const Place local{0, held.frame_serial, held.slot, bytes};
    announce_local<event::LocalRead>(local, seen.is_torn || !is_there ? kTornToken : seen.token);
    if (!seen.is_torn) write_element(reinterpret_cast<void*>(held.address), bytes, seen.token);
  }

  void call(const Operation& op) {
    const CompiledFunction& callee = function_.program->functions[op.function];
    const auto depth = static_cast<std::uint16_t>(frame_->depth + 1);
    if (depth > kCallDepthMax) return;
    push_frame(g_, callee.function, callee.function.frame_bytes, Site::kUserPrologue);
    const FrameRef<Frame> made(g_, g_.sp);
    made->depth = depth;
    const std::uintptr_t base = g_.sp;
    for (unsigned c = 0; c < kChannelsMax; ++c) {
      if ((callee.uses & function_.uses & 1u << c) == 0) continue;
      const Place target = place(static_cast<std::uint8_t>(c), op.by_pointer);
      *reinterpret_cast<std::uintptr_t*>(base + callee.pointer_offset[c]) = address(target);
      *reinterpret_cast<std::uint64_t*>(base + callee.serial_offset[c]) = target.frame_serial;
    }
  }

  void spawn_child(const Operation& op) {
    const std::uint32_t half = state_.fuel / 2;
    state_.fuel -= half;
    if (m_.runtime->goroutine_count.poll() >= kGoroutinesMax) return;
    spawn(m_, g_, function_.program->functions[op.function].function, make_state(state_, half));
  }

  void send(const Operation& op) {
    const bool block = op.code == Code::kSend;
    Token token = kZeroToken;
    std::uint32_t below_hi = 0;
    if (op.channel != kNil) {
      const Place from = place(op.channel, op.by_pointer);
      token = stage(from);
      below_hi = from.below_hi;
    }
    announce(event::OpSend{.non_blocking = !block, .token = token}, op.channel);
    frame_->is_operation_open = true;
    call_send(m_, g_, channel(op.channel), below_hi, block);
  }

  void receive(const Operation& op) {
    const bool block = op.code != Code::kTryReceive;
    const std::uint32_t below_hi =
        op.channel == kNil ? 0 : place(op.channel, op.by_pointer).below_hi;
    announce(event::OpReceive{.non_blocking = !block}, op.channel);
    frame_->is_operation_open = true;
    call_receive(m_, g_, channel(op.channel), below_hi, block);
  }

  void close(const Operation& op) {
    announce(event::OpClose{}, op.channel);
    frame_->is_operation_open = true;
    call_close(m_, g_, channel(op.channel));
  }

  void select(const Operation& op) {
    const auto count = static_cast<std::uint16_t>(op.cases.size());
    announce(event::OpSelect{.case_count = count, .has_default = op.has_default});
    for (std::uint16_t i = 0; i < count; ++i) {
      const Case& c = op.cases[i];
      const Token token = c.is_send && c.channel != kNil ? stage_case(op, i) : kZeroToken;
      announce(event::OpSelectCase{.case_index = i, .token = token, .is_send = c.is_send},
               c.channel);
    }
    frame_->is_operation_open = true;
    call_select(m_, g_, count, op.has_default);
    for (std::uint16_t i = 0; i < count; ++i) {
      const Case& c = op.cases[i];
      const std::uint32_t below_hi =
          c.channel == kNil ? 0 : place(c.channel, c.by_pointer).below_hi;
      set_case(g_, i, channel(c.channel), c.is_send, below_hi);
    }
  }

  /// Two cases that send from the same local send the same value; only one of them will.
  Token stage_case(const Operation& op, unsigned index) {
    const Case& self = op.cases[index];
    const Place from = place(self.channel, self.by_pointer);
    for (unsigned i = 0; i < index; ++i) {
      const Case& earlier = op.cases[i];
      if (!earlier.is_send || earlier.channel != self.channel) continue;
      if (place(earlier.channel, earlier.by_pointer).below_hi == from.below_hi) {
        return read_element(reinterpret_cast<const void*>(address(from)), from.bytes).token;
      }
    }
    return stage(from);
  }

  void see_length(const Operation& op) {
    const std::uint32_t begin_step = platform::step();
    announce(event::LenSeen{.length = channel_len(channel(op.channel)), .begin_step = begin_step},
             op.channel);
  }

  void see_capacity(const Operation& op) {
    announce(event::CapSeen{.capacity = channel_cap(channel(op.channel)),
                            .begin_step = platform::step()},
             op.channel);
  }

  /// True when the goroutine runs on; else its step must end with Action::kLeaveSyscall.
  bool syscall(const Operation& op) {
    enter_syscall(m_, g_);
    platform::sleep_ns(std::uint64_t{1000} * op.count, Site::kSyscallSleep);
    return exit_syscall(m_, g_);
  }

  /// The channel operation that this frame called has returned.
  void complete() {
    const Operation& op = operation();
    frame_->is_operation_open = false;
    const Result result = g_.result;
    switch (op.code) {
      case Code::kSend:
      case Code::kTrySend:
        announce(event::DoneSend{.selected = result.selected}, op.channel);
        break;
      case Code::kSelect:
        complete_select(op);
        break;
      case Code::kClose:
        announce(event::DoneClose{}, op.channel);
        break;
      default: {
        ElementSeen seen;
        if (result.selected && op.channel != kNil)
          seen = received(place(op.channel, op.by_pointer));
        announce(event::DoneReceive{.selected = result.selected,
                                    .ok = result.ok,
                                    .token = seen.token,
                                    .torn = seen.is_torn},
                 op.channel);
        if (op.code == Code::kRange && !result.ok) return skip_bracket();
        break;
      }
    }
    ++frame_->pc;
  }

  void complete_select(const Operation& op) {
    const Result result = g_.result;
    if (result.index == kSelectedDefault) {
      announce(event::DoneSelect{.chosen = kSelectedDefault});
      return;
    }
    const Case& chosen = op.cases[result.index];
    ElementSeen seen;
    if (!chosen.is_send) seen = received(place(chosen.channel, chosen.by_pointer));
    announce(
        event::DoneSelect{
            .chosen = result.index, .token = seen.token, .ok = result.ok, .torn = seen.is_torn},
        chosen.channel);
  }

  /// At a kEnd: back to the body, or past it. True when it was a back edge.
  bool end_bracket() {
    const std::uint32_t begin = function_.blocks.partner[frame_->pc];
    if (function_.source->body[begin].code == Code::kRange) {
      frame_->pc = begin;
      return true;
    }
    std::uint8_t& counter = frame_->counters[function_.blocks.level[begin]];
    if (--counter == 0) {
      ++frame_->pc;
      return false;
    }
    frame_->pc = begin + 1;
    return true;
  }

  void skip_bracket() { frame_->pc = function_.blocks.partner[frame_->pc] + 1u; }

  Machine& m_;
  Goroutine& g_;
  State& state_;
  FrameRef<Frame> frame_;
  const CompiledFunction& function_;
};

void before_main(Runtime& runtime, void* user) {
  auto& state = *static_cast<State*>(user);
  if (state.made != nullptr) state.made(runtime);
  const auto& channels = state.program->source->channels;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    state.channels[i] =
        make_channel(runtime, state.program->element_bytes[i], channels[i].capacity);
  }
}

}  // namespace

Action run_program_function(Machine& m, Goroutine& g) { return Step(m, g).run(); }

void interpreter_main(void* argument) {
  const auto& run = *static_cast<const InterpreterRun*>(argument);
  State initial;
  initial.program = run.program;
  initial.made = run.made;
  initial.channels = static_cast<concertina::Channel**>(
      platform::allocate(sizeof(concertina::Channel*) * kChannelsMax));
  run_main(run.knobs, run.program->functions[0].function, make_state(initial, kFuel), &before_main);
}

}  // namespace concertina::fuzzers
