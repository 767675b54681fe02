// ChannelModel: an executable reference of Go's channels and select, driven by a run's events.
//
// What it holds a run to
//   1. An effect belongs to the operation that its goroutine has open; an operation has one effect.
//   2. Buffers are FIFO; waiters are served in the order in which they enqueued; a buffered channel
//      admits its first waiting sender when a slot becomes free.
//   3. Nobody parks, and no default is taken, while a case is ready. A non-blocking operation may
//      give up when its channel was not ready at *some* instant between the operation's beginning
//      and its announcement (it may look without the lock).
//   4. Close drains: buffered values first, then zero values; it releases every waiter.
//   5. A panic is announced only when the channel's state justifies it.
//   6. The results that a goroutine got, and found in memory, are what the model delivered to it.
//
// How it reads events, and what the runtime must keep so that they mean this
//   a. An event follows the atomic store that makes its effect visible to readers without the lock
//      (closed, count, waiters), with no yield point between store and event.
//   b. A waiter is won (select_done) under the lock of the channel that the partner's event names.
//      The event may come later in the same critical section: a goroutine that finds the waiter
//      taken meanwhile is believed when that event does come (see is_being_won).
//   c. kDequeued is required for each losing case before kDoneSelect, unless an operation on the
//      other side of that channel may have thrown the sudog away already.
//   d. kParked comes after all sudogs of the operation are enqueued; kReadied after the partner's
//      event.
//   e. The token of an element of 0, 1 or 2 bytes is compared modulo the element's width.
//   f. A non-blocking operation that gave up without kNotReady or kSelectDefault is judged over the
//      whole operation.
// Events may be wrong in every way: each id is checked before it is used.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oracle/verdict.h"
#include "trace/trace.h"

namespace concertina::fuzzers {

class ChannelModel {
 public:
  static constexpr unsigned kGoroutines = kGoroutinesLimit + 1;  // ids begin with 1
  static constexpr unsigned kChannels = kChannelsLimit + 1;
  static constexpr unsigned kCases = kSelectCasesMax;

  enum class Kind : std::uint8_t { kNone, kSend, kReceive, kClose, kSelect };

  enum class Phase : std::uint8_t {
    kOpen,      // no effect yet
    kWaiting,   // enqueued on at least one channel
    kDone,      // it has taken effect, by its own hand or by a partner's
    kGaveUp,    // non-blocking and not ready
    kPanicked,  // it ends here
  };

  /// Replays the trace from an empty state. Pass, or the first violation with oracle "channels";
  /// the state is then that before the violating event.
  Verdict replay(const Trace& trace);

  // --- The state at the end of the replay. ---

  Kind kind(GoroutineId g) const { return operation(g).kind; }
  Phase phase(GoroutineId g) const { return operation(g).phase; }
  /// Is every case that could be enqueued, enqueued?
  bool is_enqueued(GoroutineId g) const;
  /// Could g's open operation proceed now? The first channel that allows it, or kNilChannel.
  ChannelId ready_channel(GoroutineId g) const;
  /// Live sudogs, over all goroutines.
  unsigned waiting_cases() const;
  unsigned waiting_receivers(ChannelId c) const { return channel(c).queues[kReceivers].size; }
  unsigned waiting_senders(ChannelId c) const { return channel(c).queues[kSenders].size; }
  /// "send on c3", "select of 4 cases", ...
  std::string describe_operation(GoroutineId g) const;

 private:
  using WaiterId = std::uint16_t;  // goroutine * kCases + case; 0 is none (no goroutine 0)

  enum class CaseState : std::uint8_t {
    kIdle,       // never enqueued
    kWaiting,    // enqueued, and its goroutine may be taken
    kWon,        // a partner took it
    kLost,       // a partner took another case of the select; its sudog may still be enqueued
    kDiscarded,  // as kLost, and another goroutine has thrown the sudog away
    kDequeued,   // as kLost, and its goroutine took the sudog away
  };
  enum Side : unsigned { kReceivers = 0, kSenders = 1 };

  struct Case {
    ChannelId channel = kNilChannel;
    bool is_send = false;
    CaseState state = CaseState::kIdle;
    WaiterId next = 0;
    WaiterId previous = 0;
    Token token = kZeroToken;
  };

  struct Operation {
    Kind kind = Kind::kNone;
    Phase phase = Phase::kOpen;
    bool non_blocking = false;
    bool released_by_close = false;
    bool ok = false;           // delivered: a value, not the zero value of a closed channel
    std::uint16_t chosen = 0;  // the case that took effect
    std::uint16_t case_count = 0;
    std::uint16_t cases_seen = 0;
    Token token = kZeroToken;     // delivered
    std::uint32_t opened_at = 0;  // event index
    std::uint32_t won_at = 0;     // event index
  };

  struct Queue {
    WaiterId first = 0;
    WaiterId last = 0;
    unsigned size = 0;
  };

  struct Channel {
    bool is_made = false;
    bool closed = false;
    bool was_ready[2] = {false, false};  // for a receive, for a send
    std::uint16_t capacity = 0;
    std::uint16_t head = 0;
    std::uint16_t count = 0;
    Token mask = 0;                         // of a token, by element width
    std::uint32_t ready_index[2] = {0, 0};  // event at which it last became ready
    std::uint32_t ready_step[2] = {0, 0};
    std::uint32_t open_cases[2] = {0, 0};  // by side, of open operations
    std::uint32_t last_ended[2] = {0, 0};  // event index; by side
    std::int32_t last_change = -1;         // into changes_
    Queue queues[2];                       // by side
    std::vector<Token> buffer;             // a ring
  };

  struct CountChange {
    std::uint32_t index = 0;
    std::uint32_t step = 0;
    std::uint16_t count_before = 0;
    std::int32_t previous = -1;  // of the same channel
  };

  void reset(const Trace& trace);
  bool apply(const Event& e);
  bool fail(std::string_view kind, const std::string& why);

  // What the interpreter says: operations open and close, and other answers.
  bool on(const event::ChannelMade& e);
  bool on(const event::OpSend& e);
  bool on(const event::OpReceive& e);
  bool on(const event::OpClose& e);
  bool on(const event::OpSelect& e);
  bool on(const event::OpSelectCase& e);
  bool on(const event::DoneSend& e);
  bool on(const event::DoneReceive& e);
  bool on(const event::DoneClose& e);
  bool on(const event::DoneSelect& e);
  bool on(const event::LenSeen& e);
  bool on(const event::CapSeen& e);
  bool on(const event::Exited& e);

  // Effects, announced by channels, and the end.
  bool on(const event::SendToBuffer& e);
  bool on(const event::SendToReceiver& e);
  bool on(const event::SendPark& e);
  bool on(const event::ReceiveFromBuffer& e);
  bool on(const event::ReceiveFromSender& e);
  bool on(const event::ReceiveClosed& e);
  bool on(const event::ReceivePark& e);
  bool on(const event::Closed& e);
  bool on(const event::CloseWakesReceiver& e);
  bool on(const event::CloseWakesSender& e);
  bool on(const event::NotReady& e);
  bool on(const event::SelectDefault& e);
  bool on(const event::Dequeued& e);
  bool on(const event::Parked& e);
  bool on(const event::Readied& e);
  bool on(const event::Panicked& e);
  bool on(const event::EndChannel& e);

  /// The others change nothing.
  template <class Fact>
  bool on(const Fact&) {
    return true;
  }

  bool open(GoroutineId g, Kind kind, bool non_blocking, std::uint16_t case_count);
  bool closing(GoroutineId g, Kind kind);
  bool returned_nothing(GoroutineId g);
  bool returned_effect(GoroutineId g, unsigned chosen);
  bool check_delivery(GoroutineId g, Token found, bool ok, bool torn);
  bool check_losers(GoroutineId g);
  bool wrong_token(const Case& c, Token found);
  bool was_sent(Token token, Token mask) const;
  bool was_received(Token token, Token mask) const;
  void end_operation(GoroutineId g);

  template <class Fact>
  bool own_case(const Fact& e, bool is_send, bool may_wait, Case*& out);
  template <class Fact>
  bool park(const Fact& e, bool is_send);
  template <class Fact>
  bool close_wakes(const Fact& e, Side side);
  template <class Fact>
  bool find_partner(const Fact& e, Side side, bool in_order, Case*& out);
  template <class Fact>
  void take_effect(const Fact& e, Token token, bool ok);
  void win(GoroutineId g, unsigned index, Token token, bool ok, bool by_close);
  void push(Channel& c, Token token);
  Token pop(Channel& c);
  void note_count_change(Channel& c);
  void note_readiness(Channel& c);
  void check_queues(const Channel& c) const;
  void enqueue(GoroutineId g, unsigned index);
  void unlink(WaiterId id);
  bool discard_taken(Channel& c, Side side, WaiterId until);
  bool is_ready(const Channel& c, bool is_send, GoroutineId self) const;
  bool has_partner(const Channel& c, Side side, GoroutineId self) const;
  bool was_unready_since(const Channel& c, bool is_send, std::uint32_t opened_at,
                         std::uint32_t step) const;
  bool is_being_won(GoroutineId g) const;
  bool holds_lock(ThreadId thread, ChannelId c) const;

  static WaiterId waiter_id(GoroutineId g, unsigned index) {
    return static_cast<WaiterId>(g * kCases + index);
  }
  static GoroutineId goroutine_of(WaiterId id) { return static_cast<GoroutineId>(id / kCases); }
  Case& waiter(WaiterId id) { return cases_[id / kCases][id % kCases]; }
  const Case& waiter(WaiterId id) const { return cases_[id / kCases][id % kCases]; }
  static bool in_range(GoroutineId g) { return g != kNoGoroutine && g < kGoroutines; }
  bool is_made(ChannelId c) const {
    return c != kNilChannel && c < kChannels && channels_[c].is_made;
  }
  // Total: id 0 is a goroutine that never does anything, and a channel that was never made.
  const Operation& operation(GoroutineId g) const { return operations_[in_range(g) ? g : 0]; }
  const Channel& channel(ChannelId c) const { return channels_[c < kChannels ? c : 0]; }

  std::span<const Event> events_;
  std::uint32_t index_ = 0;  // of the event being applied
  Verdict verdict_;
  bool panic_seen_ = false;
  std::array<Operation, kGoroutines> operations_;
  std::array<std::array<Case, kCases>, kGoroutines> cases_;
  std::array<std::uint32_t, kGoroutines> last_said_{};  // event index of g's last word
  std::array<Channel, kChannels> channels_;
  std::vector<CountChange> changes_;
};

/// One model per thread, so that judging allocates nothing once it is warm.
ChannelModel& scratch_channel_model();

}  // namespace concertina::fuzzers
