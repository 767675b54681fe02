// The model's interpreter side: operations are opened and closed, and answers are compared with
// what was delivered. The channels' side is in channel_effects.cc.
#include "oracle/channel_model.h"

#include "base/check.h"
#include "base/names.h"
#include "trace/text.h"

namespace concertina::fuzzers {
namespace {

std::string_view kind_text(ChannelModel::Kind kind) {
  constexpr std::string_view kNames[] = {"no operation", "send", "receive", "close", "select"};
  return name_at(kNames, kind, kNames[0]);
}

}  // namespace

ChannelModel& scratch_channel_model() {
  thread_local ChannelModel model;
  return model;
}

Verdict ChannelModel::replay(const Trace& trace) {
  reset(trace);
  for (index_ = 0; index_ < events_.size(); ++index_) {
    if (!apply(events_[index_])) return verdict_;
  }
  for (ChannelId c = 1; c < kChannels; ++c) {
    if (channels_[c].is_made) check_queues(channels_[c]);
  }
  if (trace.outcome == Outcome::kPanic && !panic_seen_) {
    return {"channels", "panic not announced",
            "the run ended in a panic that no goroutine announced"};
  }
  return {};
}

void ChannelModel::reset(const Trace& trace) {
  events_ = trace.events;
  verdict_ = {};
  panic_seen_ = false;
  operations_.fill({});
  last_said_.fill(0);
  changes_.clear();
  for (Channel& c : channels_) {
    if (!c.is_made) continue;
    std::vector<std::uint32_t> buffer = std::move(c.buffer);  // keep its capacity
    c = Channel{};
    c.buffer = std::move(buffer);
  }
}

// Counts and links that the model keeps twice agree.
void ChannelModel::check_queues(const Channel& c) const {
  CHECK(c.count <= c.capacity, "a buffer holds no more than its capacity");
  for (const Queue& queue : c.queues) {
    unsigned size = 0;
    for (WaiterId id = queue.first; id != 0; id = waiter(id).next) {
      CHECK(waiter(id).state == CaseState::kWaiting, "who is in a queue is waiting");
      CHECK(++size <= queue.size, "a queue ends after as many waiters as it counts");
    }
    CHECK(size == queue.size, "a queue counts its waiters");
  }
}
bool ChannelModel::fail(std::string_view kind, const std::string& why) {
  CHECK(index_ < events_.size(), "a violation is seen at an event");
  CHECK(!kind.empty(), "a violation has a kind, or it has no signature");
  verdict_ = {"channels", std::string(kind),
              why + "; at event " + std::to_string(index_) + ": " + describe(events_[index_])};
  return false;
}

bool ChannelModel::apply(const Event& e) {
  return visit(e, [this](const auto& fact) { return on(fact); });
}

// --- Operations open and close. ---

bool ChannelModel::on(const event::ChannelMade& e) {
  if (e.channel == kNilChannel || e.channel >= kChannels)
    return fail("malformed event", "no such id");
  Channel& c = channels_[e.channel];
  if (c.is_made) return fail("malformed event", "the channel exists already");
  c.is_made = true;
  c.capacity = e.capacity;
  c.mask = token_mask(e.element_bytes);
  c.buffer.resize(e.capacity);
  note_readiness(c);
  return true;
}

bool ChannelModel::open(GoroutineId g, Kind kind, bool non_blocking, std::uint16_t case_count) {
  if (!in_range(g)) return fail("malformed event", "no such goroutine");
  Operation& op = operations_[g];
  if (op.kind != Kind::kNone) {
    return fail("operation out of turn", describe_operation(g) + " is still open");
  }
  if (case_count > kCases) return fail("malformed event", "too many cases");
  op = Operation{};
  op.kind = kind;
  op.opened_at = last_said_[g] = index_;
  op.non_blocking = non_blocking;
  op.case_count = case_count;
  return true;
}

// A plain operation is a select of one case.
bool ChannelModel::on(const event::OpSend& e) {
  return open(e.goroutine, Kind::kSend, e.non_blocking, 1) &&
         on(event::OpSelectCase{
             .goroutine = e.goroutine, .channel = e.channel, .token = e.token, .is_send = true});
}

bool ChannelModel::on(const event::OpReceive& e) {
  return open(e.goroutine, Kind::kReceive, e.non_blocking, 1) &&
         on(event::OpSelectCase{.goroutine = e.goroutine, .channel = e.channel});
}

bool ChannelModel::on(const event::OpClose& e) {
  if (!open(e.goroutine, Kind::kClose, false, 1) ||
      !on(event::OpSelectCase{.goroutine = e.goroutine, .channel = e.channel})) {
    return false;
  }
  if (e.channel != kNilChannel)
    ++channels_[e.channel].open_cases[kSenders];  // it walks both queues
  return true;
}

bool ChannelModel::on(const event::OpSelect& e) {
  return open(e.goroutine, Kind::kSelect, e.has_default, e.case_count);
}

bool ChannelModel::on(const event::OpSelectCase& e) {
  if (!in_range(e.goroutine)) return fail("malformed event", "no such goroutine");
  Operation& op = operations_[e.goroutine];
  if (op.kind == Kind::kNone) return fail("operation out of turn", "a case without its select");
  if (e.case_index != op.cases_seen || e.case_index >= op.case_count) {
    return fail("malformed event", "a case out of order");
  }
  if (e.channel != kNilChannel && !is_made(e.channel)) {
    return fail("malformed event", "no such channel");
  }
  CHECK(op.cases_seen < kCases, "an operation has no more cases than may be");
  ++op.cases_seen;
  Case& c = cases_[e.goroutine][e.case_index];
  c = Case{};
  c.channel = e.channel;
  c.is_send = e.is_send;
  c.token = e.token;
  if (c.channel != kNilChannel)
    ++channels_[c.channel].open_cases[c.is_send ? kSenders : kReceivers];
  return true;
}

void ChannelModel::end_operation(GoroutineId g) {
  Operation& op = operations_[g];
  for (unsigned i = 0; i < op.cases_seen; ++i) {
    const Case& c = cases_[g][i];
    if (c.channel == kNilChannel) continue;
    for (const Side side : {kReceivers, kSenders}) {
      if (op.kind != Kind::kClose && (side == kSenders) != c.is_send) continue;
      CHECK(channels_[c.channel].open_cases[side] > 0,
            "a case that ends was counted when it began");
      --channels_[c.channel].open_cases[side];
      channels_[c.channel].last_ended[side] = index_ + 1;
    }
  }
  op.kind = Kind::kNone;
}

bool ChannelModel::closing(GoroutineId g, Kind kind) {
  if (!in_range(g)) return fail("malformed event", "no such goroutine");
  const Operation& op = operations_[g];
  last_said_[g] = index_;
  if (op.kind != kind) {
    return fail("operation out of turn", "open is " + describe_operation(g));
  }
  if (op.phase == Phase::kPanicked) return fail("operation out of turn", "the operation panicked");
  return true;
}

bool ChannelModel::on(const event::DoneSend& e) {
  if (!closing(e.goroutine, Kind::kSend)) return false;
  if (!(e.selected ? returned_effect(e.goroutine, 0) : returned_nothing(e.goroutine))) return false;
  end_operation(e.goroutine);
  return true;
}

bool ChannelModel::on(const event::DoneReceive& e) {
  if (!closing(e.goroutine, Kind::kReceive)) return false;
  if (!e.selected) {
    if (!returned_nothing(e.goroutine)) return false;
  } else {
    if (!returned_effect(e.goroutine, 0)) return false;
    if (!check_delivery(e.goroutine, e.token, e.ok, e.torn)) return false;
  }
  end_operation(e.goroutine);
  return true;
}

bool ChannelModel::on(const event::DoneClose& e) {
  if (!closing(e.goroutine, Kind::kClose)) return false;
  const Operation& op = operations_[e.goroutine];
  if (op.phase != Phase::kDone) return fail("close without effect", "the channel was not closed");
  Channel& c = channels_[cases_[e.goroutine][0].channel];
  CHECK(c.is_made && c.closed, "a close that had its effect closed a channel");
  if (!discard_taken(c, kReceivers, 0) || !discard_taken(c, kSenders, 0)) {
    return fail("close left a waiter",
                std::to_string(c.queues[kReceivers].size) + " receivers and " +
                    std::to_string(c.queues[kSenders].size) + " senders still wait");
  }
  end_operation(e.goroutine);
  return true;
}

bool ChannelModel::on(const event::DoneSelect& e) {
  if (!closing(e.goroutine, Kind::kSelect)) return false;
  const Operation& op = operations_[e.goroutine];
  if (e.chosen == kSelectedDefault) {
    if (!returned_nothing(e.goroutine)) return false;
  } else {
    if (e.chosen >= op.cases_seen) {
      return fail("wrong case reported", "the select has no such case");
    }
    if (!returned_effect(e.goroutine, e.chosen)) return false;
    if (!check_losers(e.goroutine)) return false;
    if (!cases_[e.goroutine][e.chosen].is_send &&
        !check_delivery(e.goroutine, e.token, e.ok, e.torn)) {
      return false;
    }
  }
  end_operation(e.goroutine);
  return true;
}

bool ChannelModel::on(const event::Exited& e) {
  if (kind(e.goroutine) == Kind::kNone) return true;
  return fail("operation out of turn",
              "it returned while " + describe_operation(e.goroutine) + " is open");
}

// --- Answers. ---

// The operation says that it did nothing: only a non-blocking one may, and only when not ready.
bool ChannelModel::returned_nothing(GoroutineId g) {
  const Operation& op = operations_[g];
  if (!op.non_blocking) return fail("blocking operation gave up", describe_operation(g));
  if (op.phase == Phase::kGaveUp) return true;
  if (op.phase != Phase::kOpen) {
    return fail("effect of an operation that gave up", describe_operation(g));
  }
  // Not announced: judge the whole operation. Over several channels there is no common instant.
  unsigned real_cases = 0;
  for (unsigned i = 0; i < op.cases_seen; ++i) {
    const Case& c = cases_[g][i];
    if (c.channel == kNilChannel) continue;
    if (++real_cases > 1) return fail("default not announced", describe_operation(g));
    if (!was_unready_since(channels_[c.channel], c.is_send, op.opened_at, 0)) {
      return fail("gave up though ready", describe_operation(g));
    }
  }
  return true;
}

bool ChannelModel::returned_effect(GoroutineId g, unsigned chosen) {
  const Operation& op = operations_[g];
  const bool is_send = cases_[g][chosen].is_send;
  if (op.phase == Phase::kWaiting) {
    return fail("spurious wake-up",
                describe_operation(g) + " returned, and no partner had taken it");
  }
  if (op.phase == Phase::kGaveUp) {
    return fail("success after giving up", describe_operation(g));
  }
  if (op.phase != Phase::kDone) {
    return fail(is_send ? "sent to nobody" : "received from nobody",
                describe_operation(g) + " has had no effect");
  }
  if (op.chosen != chosen) {
    return fail("wrong case reported", "case " + std::to_string(op.chosen) + " took effect");
  }
  if (op.released_by_close && is_send) {
    return fail("send on closed channel returned", "it was released by close and must panic");
  }
  return true;
}

bool ChannelModel::check_losers(GoroutineId g) {
  const Operation& op = operations_[g];
  for (unsigned i = 0; i < op.cases_seen; ++i) {
    const Case& c = cases_[g][i];
    if (c.state != CaseState::kLost) continue;
    const Side other = c.is_send ? kReceivers : kSenders;
    std::uint32_t own = 0;
    for (unsigned j = 0; j < op.cases_seen; ++j) {
      const Case& mine = cases_[g][j];
      own += mine.channel == c.channel && mine.is_send != c.is_send;
    }
    const Channel& where = channels_[c.channel];
    if (where.open_cases[other] > own || where.last_ended[other] > op.won_at) continue;
    return fail("loser not dequeued",
                "case " + std::to_string(i) + " is still on c" + std::to_string(c.channel));
  }
  return true;
}

bool ChannelModel::check_delivery(GoroutineId g, Token found, bool ok, bool torn) {
  const Operation& op = operations_[g];
  const Case& c = cases_[g][op.chosen];
  CHECK(op.chosen < op.cases_seen, "the case that took effect is one of the operation's");
  if (torn) return fail("value torn", "the element's bytes are not of one value");
  if (ok != op.ok) {
    return fail(ok ? "ok from a closed channel" : "value reported as closed",
                op.ok ? "token " + std::to_string(op.token) + " was delivered" : "it was closed");
  }
  const Token mask = channels_[c.channel].mask;
  if (((found ^ op.token) & mask) == 0) return true;
  return wrong_token(c, found);
}

// What was found is not what was delivered: give it the most telling name.
bool ChannelModel::wrong_token(const Case& c, Token found) {
  const Channel& where = channels_[c.channel];
  const Operation& op = operations_[events_[index_].goroutine];
  CHECK(op.kind != Kind::kNone, "a wrong value is found by an operation that is open");
  const std::string why =
      "delivered was token " + std::to_string(op.token) + ", found was " + std::to_string(found);
  if ((found & where.mask) == 0) return fail("value lost", why);
  if (!was_sent(found, where.mask)) return fail("invented value", why);
  for (unsigned i = 0; i < where.count; ++i) {
    const Token queued = where.buffer[(where.head + i) % where.capacity];
    if (((queued ^ found) & where.mask) == 0) return fail("not FIFO", why);
  }
  if (was_received(found, where.mask)) return fail("value duplicated", why);
  return fail("wrong value", why);
}

// Only asked once a run has failed, so a walk over the events is cheap enough.
bool ChannelModel::was_sent(Token token, Token mask) const {
  const auto is_it = [&](Token sent) { return ((sent ^ token) & mask) == 0; };
  for (std::uint32_t i = 0; i <= index_; ++i) {
    const Event& e = events_[i];
    if (e.kind == EventKind::kOpSend && is_it(as<event::OpSend>(e).token)) return true;
    if (e.kind != EventKind::kOpSelectCase) continue;
    const auto one = as<event::OpSelectCase>(e);
    if (one.is_send && is_it(one.token)) return true;
  }
  return false;
}

bool ChannelModel::was_received(Token token, Token mask) const {
  for (std::uint32_t i = 0; i < index_; ++i) {
    const Event& e = events_[i];
    Token found = kZeroToken;
    if (e.kind == EventKind::kDoneReceive) found = as<event::DoneReceive>(e).token;
    if (e.kind == EventKind::kDoneSelect) found = as<event::DoneSelect>(e).token;
    if (found != kZeroToken && ((found ^ token) & mask) == 0) return true;
  }
  return false;
}

// The buffer's length as it was at some instant since g last spoke, and since step e.begin_step.
bool ChannelModel::on(const event::LenSeen& e) {
  if (!in_range(e.goroutine)) return fail("malformed event", "no such goroutine");
  const std::uint32_t before = last_said_[e.goroutine];
  last_said_[e.goroutine] = index_;
  if (e.channel == kNilChannel)
    return e.length == 0 || fail("wrong length", "a nil channel has none");
  if (!is_made(e.channel)) return fail("malformed event", "no such channel");
  const Channel& c = channels_[e.channel];
  if (e.length == c.count) return true;
  for (std::int32_t i = c.last_change; i >= 0;) {
    const CountChange& change = changes_[static_cast<std::size_t>(i)];
    CHECK(change.previous < i, "changes of a count are listed latest first");
    if (change.index < before || change.step < e.begin_step) break;
    if (change.count_before == e.length) return true;
    i = change.previous;
  }
  return fail("wrong length", "the buffer holds " + std::to_string(c.count));
}

bool ChannelModel::on(const event::CapSeen& e) {
  if (!in_range(e.goroutine)) return fail("malformed event", "no such goroutine");
  last_said_[e.goroutine] = index_;
  if (e.channel != kNilChannel && !is_made(e.channel)) {
    return fail("malformed event", "no such channel");
  }
  const std::uint32_t capacity = channel(e.channel).capacity;  // 0 for nil
  return e.capacity == capacity || fail("wrong capacity", "it is " + std::to_string(capacity));
}

// --- Questions about the state. ---

bool ChannelModel::is_enqueued(GoroutineId g) const {
  const Operation& op = operation(g);
  for (unsigned i = 0; i < op.cases_seen; ++i) {
    const Case& c = cases_[g][i];
    if (c.channel != kNilChannel && c.state != CaseState::kWaiting) return false;
  }
  return true;
}

ChannelId ChannelModel::ready_channel(GoroutineId g) const {
  const Operation& op = operation(g);
  if (op.kind == Kind::kNone) return kNilChannel;
  for (unsigned i = 0; i < op.cases_seen; ++i) {
    const Case& c = cases_[g][i];
    if (c.channel != kNilChannel && is_ready(channels_[c.channel], c.is_send, g)) return c.channel;
  }
  return kNilChannel;
}

unsigned ChannelModel::waiting_cases() const {
  unsigned sum = 0;
  for (const Channel& c : channels_) sum += c.queues[kReceivers].size + c.queues[kSenders].size;
  return sum;
}

std::string ChannelModel::describe_operation(GoroutineId g) const {
  const Operation& op = operation(g);
  std::string text(kind_text(op.kind));
  if (op.kind == Kind::kNone) return text;
  if (op.kind == Kind::kSelect) return text + " of " + std::to_string(op.case_count) + " cases";
  const ChannelId c = cases_[g][0].channel;
  return text + " on " + (c == kNilChannel ? std::string("nil") : "c" + std::to_string(c));
}

}  // namespace concertina::fuzzers
