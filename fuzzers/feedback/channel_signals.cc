#include "feedback/channel_signals.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint16_t kDefaultChosen = 0xffff;

Chosen chosen_class(unsigned chosen, unsigned cases) {
  if (chosen == kDefaultChosen) return Chosen::kDefault;
  if (chosen == 0) return Chosen::kFirst;
  return chosen + 1 == cases ? Chosen::kLast : Chosen::kMiddle;
}

}  // namespace

void ChannelSignals::begin() {
  for (Goroutine& g : goroutines_) {
    g.case_count = g.ready = 0;
    g.is_select = g.is_decided = g.has_parked = false;
  }
  channels_.fill({});
  most_receivers_ = most_senders_ = 0;
}

void ChannelSignals::end(const CellWriter& cells) {
  cells.set_maximum(Maximum::kWaitingReceivers, most_receivers_);
  cells.set_maximum(Maximum::kWaitingSenders, most_senders_);
}

void ChannelSignals::see(const CellWriter& cells, const Event& e) {
  if (e.goroutine >= kGoroutines || e.channel >= kChannels) return;
  switch (e.kind) {
    case EventKind::kChannelMade:
      if (e.channel == kNilChannel) return;
      channels_[e.channel] = {};
      channels_[e.channel].capacity = e.index;
      return;
    case EventKind::kOpSend:
      return open(cells, e, true);
    case EventKind::kOpReceive:
      return open(cells, e, false);
    case EventKind::kOpClose:
      if (e.channel == kNilChannel) cells.set<Group::kChannel>(nil_cell(NilOperation::kClose));
      goroutines_[e.goroutine].case_count = 0;
      goroutines_[e.goroutine].is_select = false;
      return;
    case EventKind::kOpSelect:
      return open_select(e);
    case EventKind::kOpSelectCase:
      return open_case(cells, e);
    case EventKind::kSendToBuffer:
      return effect(cells, e, ChannelEffect::kSendToBuffer);
    case EventKind::kSendToReceiver:
      return effect(cells, e, ChannelEffect::kSendToReceiver);
    case EventKind::kSendPark:
      return effect(cells, e, ChannelEffect::kSendPark);
    case EventKind::kReceiveFromBuffer:
      return effect(cells, e,
                    e.a != 0 ? ChannelEffect::kReceiveAndAdmit : ChannelEffect::kReceiveFromBuffer);
    case EventKind::kReceiveFromSender:
      return effect(cells, e, ChannelEffect::kReceiveFromSender);
    case EventKind::kReceiveClosed:
      return effect(cells, e, ChannelEffect::kReceiveClosed);
    case EventKind::kReceivePark:
      return effect(cells, e, ChannelEffect::kReceivePark);
    case EventKind::kClosed:
      return effect(cells, e, ChannelEffect::kClose);
    case EventKind::kCloseWakesReceiver:
    case EventKind::kCloseWakesSender:
      return taken(e.a);
    case EventKind::kNotReady:
    case EventKind::kSelectDefault:
      return gave_up(cells, goroutines_[e.goroutine]);
    case EventKind::kDoneSelect:
      return selected(cells, e);
    default:
      return;
  }
}

// --- What goroutines ask for. ---

void ChannelSignals::open(const CellWriter& cells, const Event& e, bool is_send) {
  Goroutine& g = goroutines_[e.goroutine];
  g.case_count = 1;
  g.cases[0] = {static_cast<std::uint8_t>(e.channel), is_send, false};
  g.is_select = false;
  if (e.channel != kNilChannel) return;
  const bool tries = e.index != 0;
  const NilOperation sends = tries ? NilOperation::kTrySend : NilOperation::kSend;
  const NilOperation receives = tries ? NilOperation::kTryReceive : NilOperation::kReceive;
  cells.set<Group::kChannel>(nil_cell(is_send ? sends : receives));
}

void ChannelSignals::open_select(const Event& e) {
  Goroutine& g = goroutines_[e.goroutine];
  g.case_count = g.ready = 0;
  g.is_select = true;
  g.is_decided = g.has_parked = false;
}

void ChannelSignals::open_case(const CellWriter& cells, const Event& e) {
  Goroutine& g = goroutines_[e.goroutine];
  if (g.case_count == kSelectCasesMax) return;
  const bool is_send = e.b != 0;
  g.cases[g.case_count++] = {static_cast<std::uint8_t>(e.channel), is_send, false};
  if (e.channel == kNilChannel) {
    cells.set<Group::kChannel>(
        nil_cell(is_send ? NilOperation::kSelectSend : NilOperation::kSelectReceive));
  }
}

void ChannelSignals::selected(const CellWriter& cells, const Event& e) {
  const Goroutine& g = goroutines_[e.goroutine];
  if (!g.is_select) return;
  cells.set<Group::kSelect>(
      select_cell(g.case_count, chosen_class(e.index, g.case_count), g.ready, g.has_parked));
}

// --- What channels do. ---

void ChannelSignals::effect(const CellWriter& cells, const Event& e, ChannelEffect effect) {
  if (e.channel == kNilChannel) return;
  Goroutine& g = goroutines_[e.goroutine];
  if (g.is_select && effect != ChannelEffect::kClose) decide(g);
  Channel& channel = channels_[e.channel];
  note(cells, channel, effect);
  apply(e, channel, effect);
}

void ChannelSignals::note(const CellWriter& cells, Channel& channel, ChannelEffect effect) {
  ChannelState state = ChannelState::kPartly;
  if (channel.closed) {
    state = ChannelState::kClosed;
  } else if (channel.capacity == 0) {
    state = ChannelState::kUnbuffered;
  } else if (channel.count == 0) {
    state = ChannelState::kEmpty;
  } else if (channel.count >= channel.capacity) {
    state = ChannelState::kFull;
  }
  Waiters waiters = Waiters::kNobody;
  if (channel.receivers != 0) waiters = Waiters::kReceivers;
  if (channel.senders != 0) waiters = Waiters::kSenders;
  cells.set<Group::kChannel>(channel_cell(channel.latest, effect, state, waiters));
  channel.latest = effect;
}

void ChannelSignals::apply(const Event& e, Channel& channel, ChannelEffect effect) {
  switch (effect) {
    case ChannelEffect::kSendToBuffer:
      ++channel.count;
      return;
    case ChannelEffect::kReceiveFromBuffer:
      if (channel.count != 0) --channel.count;
      return;
    case ChannelEffect::kSendToReceiver:
    case ChannelEffect::kReceiveAndAdmit:
    case ChannelEffect::kReceiveFromSender:
      return taken(e.a);
    case ChannelEffect::kSendPark:
      return park(e, channel, true);
    case ChannelEffect::kReceivePark:
      return park(e, channel, false);
    case ChannelEffect::kClose:
      channel.closed = true;
      return;
    case ChannelEffect::kNone:
    case ChannelEffect::kReceiveClosed:
    case ChannelEffect::kSendGaveUp:
    case ChannelEffect::kReceiveGaveUp:
    case ChannelEffect::kCount:
      return;
  }
}

void ChannelSignals::park(const Event& e, Channel& channel, bool is_send) {
  Goroutine& g = goroutines_[e.goroutine];
  if (e.index >= g.case_count || g.cases[e.index].waits) return;
  g.has_parked = true;
  g.cases[e.index] = {static_cast<std::uint8_t>(e.channel), is_send, true};
  unsigned& most = is_send ? most_senders_ : most_receivers_;
  const unsigned waiting = is_send ? ++channel.senders : ++channel.receivers;
  if (waiting > most) most = waiting;
}

// A partner has taken the goroutine.
void ChannelSignals::taken(std::uint32_t goroutine) {
  if (goroutine >= kGoroutines) return;
  Goroutine& g = goroutines_[goroutine];
  for (unsigned i = 0; i < g.case_count; ++i) {
    Case& one = g.cases[i];
    if (!one.waits) continue;
    one.waits = false;
    Channel& channel = channels_[one.channel];
    --(one.is_send ? channel.senders : channel.receivers);
  }
}

void ChannelSignals::gave_up(const CellWriter& cells, Goroutine& g) {
  if (g.is_select) decide(g);
  for (unsigned i = 0; i < g.case_count; ++i) {
    if (g.cases[i].channel == kNilChannel) continue;
    note(cells, channels_[g.cases[i].channel],
         g.cases[i].is_send ? ChannelEffect::kSendGaveUp : ChannelEffect::kReceiveGaveUp);
  }
}

// --- Selects. ---

// At a select's first effect, which changes nothing before this: how many cases could go on?
void ChannelSignals::decide(Goroutine& g) {
  if (g.is_decided) return;
  g.is_decided = true;
  for (unsigned i = 0; i < g.case_count; ++i) {
    if (is_ready(g.cases[i])) ++g.ready;
  }
}

// The nil channel is one that never becomes ready.
bool ChannelSignals::is_ready(const Case& one) const {
  const Channel& channel = channels_[one.channel];
  if (channel.closed) return true;
  if (one.is_send) return channel.receivers != 0 || channel.count < channel.capacity;
  return channel.senders != 0 || channel.count != 0;
}

}  // namespace concertina::fuzzers
