#include "report/words.h"

#include <vector>

#include "base/check.h"
#include "base/names.h"

namespace concertina::fuzzers {
namespace {

std::string in_case(CaseIndex index) {
  return index == 0 ? std::string() : " (case " + std::to_string(index) + ")";
}

std::string text_of(std::uint32_t number) { return std::to_string(number); }

std::string_view wait_reason(WaitReason reason) {
  constexpr std::string_view kNames[] = {"nothing",
                                         "send",
                                         "receive",
                                         "select",
                                         "no case",
                                         "send on nil channel",
                                         "receive from nil channel"};
  return name_at(kNames, reason, "unknown");
}

// The bits of the runtime's Goroutine::preempt.
std::string requests(unsigned bits) {
  constexpr std::string_view kRequests[] = {"stop for the scanner", "shrink its stack",
                                            "move its stack", "share its processor"};
  std::vector<std::string> asked;
  for (unsigned i = 0; i < std::size(kRequests); ++i) {
    if ((bits >> i & 1) != 0) asked.emplace_back(kRequests[i]);
  }
  return asked.empty() ? "do nothing" : list_of(asked);
}

std::string queue_name(QueueId queue) {
  return queue == kGlobalQueue ? "the global queue" : "processor " + text_of(queue) + "'s queue";
}

/// One sentence for each fact that has one.
class Speaker {
 public:
  explicit Speaker(const Names& names) : names_(names) {}

  // Announced by the interpreter.
  std::string say(const event::ChannelMade& e) const { return c(e) + " is made"; }
  std::string say(const event::OpSend& e) const {
    return g(e) + " begins: send " + names_.value(e.token) + " on " + c(e);
  }
  std::string say(const event::OpReceive& e) const {
    return g(e) + " begins: receive from " + c(e);
  }
  std::string say(const event::OpClose& e) const { return g(e) + " begins: close " + c(e); }
  std::string say(const event::OpSelect& e) const {
    return g(e) + " begins: select of " + plural(e.case_count, "case") +
           (e.has_default ? " and default" : "");
  }
  std::string say(const event::DoneSend& e) const {
    return g(e) + (e.selected ? "'s send is done" : "'s send was not done");
  }
  std::string say(const event::DoneReceive& e) const {
    if (!e.selected) return g(e) + "'s receive was not done";
    return g(e) + " has received " + (e.torn ? "torn bytes" : names_.value(e.token));
  }
  std::string say(const event::DoneClose& e) const { return g(e) + "'s close is done"; }
  std::string say(const event::DoneSelect& e) const {
    if (e.chosen == kSelectedDefault) return g(e) + "'s select is done: default";
    return g(e) + "'s select is done: case " + text_of(e.chosen) +
           (e.token == kZeroToken ? "" : ", " + names_.value(e.token));
  }
  std::string say(const event::LenSeen& e) const {
    return g(e) + " sees len(" + c(e) + ") = " + text_of(e.length);
  }
  std::string say(const event::CapSeen& e) const {
    return g(e) + " sees cap(" + c(e) + ") = " + text_of(e.capacity);
  }
  std::string say(const event::LocalRead& e) const {
    if (e.token != kTornToken) return "";
    return g(e) + " reads its local v" + text_of(e.slot) + ": the bytes are not one value";
  }

  // Announced by channels, under their locks.
  std::string say(const event::SendToBuffer& e) const {
    return g(e) + " puts its value into " + c(e) + "'s buffer";
  }
  std::string say(const event::SendToReceiver& e) const {
    return g(e) + " takes waiting receiver " + partner(e) + " off " + c(e) +
           " and will write its value into that stack";
  }
  std::string say(const event::SendPark& e) const {
    return g(e) + " queues on " + c(e) + " to send" + in_case(e.case_index);
  }
  std::string say(const event::ReceiveFromBuffer& e) const {
    return g(e) + " takes the first value of " + c(e) + "'s buffer" +
           (e.partner == kNoGoroutine
                ? ""
                : "; waiting sender " + partner(e) + "'s value takes its place");
  }
  std::string say(const event::ReceiveFromSender& e) const {
    return g(e) + " takes waiting sender " + partner(e) + " off " + c(e) +
           " and will read its value from that stack";
  }
  std::string say(const event::ReceiveClosed& e) const {
    return g(e) + " finds " + c(e) + " closed and empty";
  }
  std::string say(const event::ReceivePark& e) const {
    return g(e) + " queues on " + c(e) + " to receive" + in_case(e.case_index);
  }
  std::string say(const event::Closed& e) const { return g(e) + " closes " + c(e); }
  std::string say(const event::CloseWakesReceiver& e) const {
    return g(e) + "'s close of " + c(e) + " releases waiting receiver " + partner(e);
  }
  std::string say(const event::CloseWakesSender& e) const {
    return g(e) + "'s close of " + c(e) + " releases waiting sender " + partner(e) +
           ", which will panic";
  }
  std::string say(const event::NotReady& e) const {
    return g(e) + " gives up: " + c(e) + " is not ready to " + (e.is_send ? "send" : "receive");
  }
  std::string say(const event::SelectDefault& e) const {
    return g(e) + "'s select takes its default";
  }
  std::string say(const event::Dequeued& e) const {
    return g(e) + " takes its losing case " + text_of(e.case_index) + " off " + c(e);
  }

  // Announced by the scheduler.
  std::string say(const event::Spawned& e) const {
    const std::string child = names_.goroutine(e.child);
    return e.goroutine == kNoGoroutine ? child + " is made" : g(e) + " spawns " + child;
  }
  std::string say(const event::Started& e) const { return g(e) + " starts"; }
  std::string say(const event::Parked& e) const {
    return g(e) + " goes to sleep (" + std::string(wait_reason(e.reason)) + ")";
  }
  std::string say(const event::Readied& e) const {
    const std::string target = names_.goroutine(e.target);
    return e.goroutine == kNoGoroutine ? target + " is made runnable" : g(e) + " wakes " + target;
  }
  std::string say(const event::Exited& e) const { return g(e) + " returns"; }
  std::string say(const event::Preempted& e) const {
    const char* const function = e.resume == 0 ? nullptr : function_name(e.function);
    return g(e) + (e.is_async ? " is interrupted" : " is stopped") +
           (e.for_scanner ? " for the scanner" : " to share its processor") +
           (function == nullptr ? "" : " in " + std::string(function)) +
           (e.is_async ? ", in its own code: its stack must not be copied there" : "");
  }
  std::string say(const event::SyscallEntered& e) const { return g(e) + " enters a system call"; }
  std::string say(const event::SyscallLeft& e) const { return g(e) + " leaves the system call"; }
  std::string say(const event::Panicked& e) const {
    return g(e) + " panics: " + std::string(panic_text(e.panic));
  }

  // Announced by the scheduler for the oracle `work`: who could run, and who looks for it.
  std::string say(const event::Queued& e) const {
    return g(e) + " waits in " + queue_name(e.queue);
  }
  std::string say(const event::Unqueued& e) const {
    return g(e) + " is taken off " + queue_name(e.queue);
  }
  std::string say(const event::QueueSeenEmpty& e) const {
    return queue_name(e.queue) + " looks empty";
  }
  std::string say(const event::ProcessorIdle& e) const {
    return "processor " + text_of(e.processor) + " is idle";
  }
  std::string say(const event::ProcessorTaken& e) const {
    return "processor " + text_of(e.processor) + " is idle no longer";
  }
  std::string say(const event::MachineCalled& e) const {
    return e.is_new ? "a new machine is started" : "a sleeping machine is called";
  }
  std::string say(const event::MachineSleeps&) const {
    return "the machine sleeps: its last look found nothing";
  }

  // Announced by stacks and the scanner.
  std::string say(const event::StackAllocated& e) const {
    return g(e) + " gets a stack of " + plural(e.bytes, "byte");
  }
  std::string say(const event::StackFreed& e) const {
    if (e.overwritten) {
      return "a freed stack was written to (stack " + text_of(e.serial) + ")";
    }
    return g(e) + "'s stack of " + plural(e.bytes, "byte") + " is freed";
  }
  std::string say(const event::CopyBegin& e) const {
    return "copying " + g(e) + "'s stack begins (" + std::string(copy_reason(e.reason)) + ", " +
           text_of(e.old_bytes) + " to " + plural(e.new_bytes, "byte") + ")" +
           (e.locks == CopyLocks::kTaken  ? ", taking its channels' locks"
            : e.locks == CopyLocks::kHeld ? ", whose own machine holds locks"
                                          : ", taking no channel lock");
  }
  std::string say(const event::CopyEnd& e) const {
    return "the copy of " + g(e) + "'s stack is done";
  }
  std::string say(const event::ScanBegin& e) const { return "the scanner has suspended " + g(e); }
  std::string say(const event::ScanEnd& e) const { return "the scanner lets " + g(e) + " go"; }

  std::string say(const event::Asked& e) const {
    return e.bits == 0 ? "" : g(e) + " is asked to " + requests(e.bits);
  }
  std::string say(const event::AskedAgain& e) const {
    return g(e) + " is asked again to " + requests(e.bits) +
           (e.was_put_off ? ", which a channel's lock had put off"
                          : ", as its stack's guard was written meanwhile");
  }
  std::string say(const event::Answered& e) const {
    return e.bits == 0 ? "" : g(e) + " is about to " + requests(e.bits);
  }
  std::string say(const event::Overlooked& e) const {
    return g(e) + " goes on at a safe point, though it was asked to " + requests(e.bits);
  }

  template <class Fact>
  std::string say(const Fact&) const {
    return "";
  }

 private:
  template <class Fact>
  std::string g(const Fact& e) const {
    return names_.goroutine(e.goroutine);
  }
  template <class Fact>
  std::string c(const Fact& e) const {
    return names_.channel(e.channel);
  }
  template <class Fact>
  std::string partner(const Fact& e) const {
    return names_.goroutine(e.partner) + in_case(e.partner_case);
  }

  const Names& names_;
};

std::string element_of(GoroutineId g, ChannelId c, const Names& names) {
  std::string text = names.goroutine(g) + "'s waiting element";
  if (c != kNilChannel) text += " on " + names.channel(c);
  return text;
}

/// The channel whose lock the thread took last, else the only one of its goroutine's operation.
std::string channel_at_hand(const Step& step, const Names& names, const Picture& picture) {
  const auto thread = picture.threads.find(step.thread);
  if (thread != picture.threads.end() && !thread->second.held.empty()) {
    const std::string name = names.object(thread->second.held.back().object);
    if (name.starts_with("lock of c")) return name.substr(8);
  }
  const auto g = picture.goroutines.find(step.goroutine);
  if (g == picture.goroutines.end() || g->second.operation.cases.size() != 1) return "";
  return names.channel(g->second.operation.cases[0].channel);
}

std::string of_channel(const Step& step, const Names& names, const Picture& picture) {
  const std::string channel = channel_at_hand(step, names, picture);
  if (channel.empty()) return "";
  switch (step.site) {
    case Site::kChanSendFastClosed:
    case Site::kChanReceiveFastClosed:
    case Site::kChanClosedStore:
    case Site::kChanClosedLoad:
      return channel + "'s closed";
    case Site::kChanLen:
      return channel + "'s count";
    case Site::kBufferPut:
    case Site::kBufferTake:
      return channel + "'s buffer";
    case Site::kChanSendFastFull:
    case Site::kChanReceiveFastEmpty:
    case Site::kChanReceiveFastEmptyAgain:
      return channel;
    default:
      return "";
  }
}

}  // namespace

std::string say(const Event& event, const Names& names) {
  const Speaker speaker(names);
  return visit(event, [&](const auto& fact) { return speaker.say(fact); });
}

std::string_view operation_kind_name(OperationKind kind) {
  constexpr std::string_view kNames[] = {"start", "load", "store", "update", "lock",  "unlock",
                                         "sleep", "wake", "spin",  "copy",   "pause", "scan"};
  return name_at(kNames, kind, "unknown");
}

std::string object_of(const Step& step, const Names& names, const Picture& picture) {
  if (std::string name = names.object_beside_site(step.object); !name.empty()) return name;
  const auto found = picture.threads.find(step.thread);
  if (found == picture.threads.end()) return "";
  const ThreadPicture& thread = found->second;
  switch (step.site) {
    case Site::kSudogElementLoad:
    case Site::kSudogElementStore:
      if (thread.copies != kNoGoroutine) return element_of(thread.copies, kNilChannel, names);
      if (thread.partner == kNoGoroutine) return "";
      return element_of(thread.partner, thread.partner_channel, names);
    case Site::kSendDirect:
      if (thread.partner == kNoGoroutine) return "";
      return "into " + names.goroutine(thread.partner) + "'s stack";
    case Site::kReceiveDirect:
      if (thread.partner == kNoGoroutine) return "";
      return "from " + names.goroutine(thread.partner) + "'s stack";
    case Site::kCopyStackLow:
    case Site::kCopyStackHigh:
      return thread.copies == kNoGoroutine ? "" : names.goroutine(thread.copies) + "'s stack";
    default:
      return of_channel(step, names, picture);
  }
}

std::string say_operation(const OpenOperation& operation, const Names& names) {
  const auto say_case = [&](const OpenCase& one) {
    return (one.is_send ? "send on " : "receive from ") + names.channel(one.channel);
  };
  switch (operation.kind) {
    case OpenKind::kNone:
      return "nothing";
    case OpenKind::kClose:
      CHECK(operation.cases.size() == 1, "only a select has more cases than one");
      return "close " + names.channel(operation.cases[0].channel);
    case OpenKind::kSend:
    case OpenKind::kReceive:
      CHECK(operation.cases.size() == 1, "only a select has more cases than one");
      return (operation.is_non_blocking ? "try to " : "") + say_case(operation.cases[0]);
    case OpenKind::kSelect:
      break;
  }
  constexpr std::size_t kCasesShown = 4;
  std::string text = "select {";
  for (std::size_t i = 0; i < operation.cases.size() && i < kCasesShown; ++i) {
    text += (i == 0 ? " " : "; ") + say_case(operation.cases[i]);
  }
  if (operation.cases.size() > kCasesShown) {
    text += "; and " + std::to_string(operation.cases.size() - kCasesShown) + " more";
  }
  if (operation.is_non_blocking) text += "; default";
  return text + " }";
}

std::string say_standing(const GoroutinePicture& goroutine) {
  if (goroutine.standing == Standing::kRunning && goroutine.thread >= 0) {
    return "running on " + Names::thread(static_cast<ThreadId>(goroutine.thread));
  }
  constexpr std::string_view kNames[] = {"runnable", "running",  "asleep",  "in a system call",
                                         "stopped",  "returned", "panicked"};
  return std::string(name_at(kNames, goroutine.standing, ""));
}

std::string_view copy_reason(CopyReason reason) {
  constexpr std::string_view kNames[] = {"grow", "shrink", "move"};
  return name_at(kNames, reason, "copy");
}

std::string list_of(const std::vector<std::string>& items, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? last : ", ";
    text += items[i];
  }
  return text;
}

std::string plural(std::uint64_t count, std::string_view noun) {
  CHECK(!noun.empty(), "something is counted");
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace concertina::fuzzers
