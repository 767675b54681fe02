#include "report/words.h"

#include <vector>

#include "base/limits.h"

namespace concertina::fuzzers {
namespace {

constexpr std::uint16_t kSelectedDefault = 0xffff;

std::string in_case(std::uint32_t index) {
  return index == 0 ? std::string() : " (case " + std::to_string(index) + ")";
}

/// Announced by channels, under their locks.
std::string say_channel(const Event& e, const Names& names) {
  const std::string g = names.goroutine(e.goroutine);
  const std::string c = names.channel(e.channel);
  const std::string partner = names.goroutine(static_cast<GoroutineId>(e.a)) + in_case(e.b);
  switch (e.kind) {
    case EventKind::kSendToBuffer:
      return g + " puts its value into " + c + "'s buffer";
    case EventKind::kSendToReceiver:
      return g + " takes waiting receiver " + partner + " off " + c +
             " and will write its value into that stack";
    case EventKind::kSendPark:
      return g + " queues on " + c + " to send" + in_case(e.index);
    case EventKind::kReceiveFromBuffer:
      return g + " takes the first value of " + c + "'s buffer" +
             (e.a == 0 ? "" : "; waiting sender " + partner + "'s value takes its place");
    case EventKind::kReceiveFromSender:
      return g + " takes waiting sender " + partner + " off " + c +
             " and will read its value from that stack";
    case EventKind::kReceiveClosed:
      return g + " finds " + c + " closed and empty";
    case EventKind::kReceivePark:
      return g + " queues on " + c + " to receive" + in_case(e.index);
    case EventKind::kClosed:
      return g + " closes " + c;
    case EventKind::kCloseWakesReceiver:
      return g + "'s close of " + c + " releases waiting receiver " + partner;
    case EventKind::kCloseWakesSender:
      return g + "'s close of " + c + " releases waiting sender " + partner + ", which will panic";
    case EventKind::kNotReady:
      return g + " gives up: " + c + " is not ready to " + (e.a == 1 ? "send" : "receive");
    case EventKind::kSelectDefault:
      return g + "'s select takes its default";
    case EventKind::kDequeued:
      return g + " takes its losing case " + std::to_string(e.index) + " off " + c;
    default:
      return "";
  }
}

/// Announced by the interpreter.
std::string say_program(const Event& e, const Names& names) {
  const std::string g = names.goroutine(e.goroutine);
  const std::string c = names.channel(e.channel);
  switch (e.kind) {
    case EventKind::kChannelMade:
      return c + " is made";
    case EventKind::kOpSend:
      return g + " begins: send " + names.value(e.a) + " on " + c;
    case EventKind::kOpReceive:
      return g + " begins: receive from " + c;
    case EventKind::kOpClose:
      return g + " begins: close " + c;
    case EventKind::kOpSelect:
      return g + " begins: select of " + plural(e.index, "case") + (e.a == 1 ? " and default" : "");
    case EventKind::kDoneSend:
      return g + (e.index == 1 ? "'s send is done" : "'s send was not done");
    case EventKind::kDoneReceive:
      if ((e.index & 1) == 0) return g + "'s receive was not done";
      return g + " has received " + (e.b == 1 ? "torn bytes" : names.value(e.a));
    case EventKind::kDoneClose:
      return g + "'s close is done";
    case EventKind::kDoneSelect:
      if (e.index == kSelectedDefault) return g + "'s select is done: default";
      return g + "'s select is done: case " + std::to_string(e.index) +
             (e.a == 0 ? "" : ", " + names.value(e.a));
    case EventKind::kLenSeen:
      return g + " sees len(" + c + ") = " + std::to_string(e.a);
    case EventKind::kCapSeen:
      return g + " sees cap(" + c + ") = " + std::to_string(e.a);
    case EventKind::kLocalRead:
      if (e.b != 0xffffffff) return "";
      return g + " reads its local v" + std::to_string(e.index) + ": the bytes are not one value";
    default:
      return "";
  }
}

std::string_view wait_reason(std::uint16_t reason) {
  constexpr std::string_view kReasons[] = {"nothing",
                                           "send",
                                           "receive",
                                           "select",
                                           "no case",
                                           "send on nil channel",
                                           "receive from nil channel"};
  return reason < std::size(kReasons) ? kReasons[reason] : "unknown";
}

std::string_view panic_kind(std::uint16_t kind) {
  constexpr std::string_view kKinds[] = {"", "send on closed channel", "close of closed channel",
                                         "close of nil channel"};
  return kind < std::size(kKinds) ? kKinds[kind] : "";
}

/// Announced by the scheduler.
std::string say_scheduler(const Event& e, const Names& names) {
  const std::string g = names.goroutine(e.goroutine);
  const std::string other = names.goroutine(static_cast<GoroutineId>(e.a));
  switch (e.kind) {
    case EventKind::kSpawned:
      return e.goroutine == kNoGoroutine ? other + " is made" : g + " spawns " + other;
    case EventKind::kStarted:
      return g + " starts";
    case EventKind::kParked:
      return g + " goes to sleep (" + std::string(wait_reason(e.index)) + ")";
    case EventKind::kReadied:
      return e.goroutine == kNoGoroutine ? other + " is made runnable" : g + " wakes " + other;
    case EventKind::kExited:
      return g + " returns";
    case EventKind::kPreempted:
      return g + " is stopped" + (e.index == 1 ? " for the scanner" : "");
    case EventKind::kSyscallEntered:
      return g + " enters a system call";
    case EventKind::kSyscallLeft:
      return g + " leaves the system call";
    case EventKind::kPanicked:
      return g + " panics: " + std::string(panic_kind(e.index));
    default:
      return "";
  }
}

std::string queue_name(std::uint16_t queue) {
  return queue == kProcessorsLimit ? "the global queue"
                                   : "processor " + std::to_string(queue) + "'s queue";
}

/// Announced by the scheduler for the oracle `work`: goroutines that could run, machines that look.
std::string say_work(const Event& e, const Names& names) {
  switch (e.kind) {
    case EventKind::kQueued:
      return names.goroutine(e.goroutine) + " waits in " + queue_name(e.index);
    case EventKind::kUnqueued:
      return names.goroutine(e.goroutine) + " is taken off " + queue_name(e.index);
    case EventKind::kQueueSeenEmpty:
      return queue_name(e.index) + " looks empty";
    case EventKind::kProcessorIdle:
      return "processor " + std::to_string(e.index) + " is idle";
    case EventKind::kProcessorTaken:
      return "processor " + std::to_string(e.index) + " is idle no longer";
    case EventKind::kMachineCalled:
      return e.a == 1 ? "a new machine is started" : "a sleeping machine is called";
    case EventKind::kMachineSleeps:
      return "the machine sleeps: its last look found nothing";
    default:
      return "";
  }
}

std::string say_stack(const Event& e, const Names& names) {
  const std::string g = names.goroutine(e.goroutine);
  switch (e.kind) {
    case EventKind::kStackFreed:
      if (e.index == 1) return "a freed stack was written to (stack " + std::to_string(e.a) + ")";
      return g + "'s stack of " + plural(e.b, "byte") + " is freed";
    case EventKind::kStackAllocated:
      return g + " gets a stack of " + plural(e.b, "byte");
    case EventKind::kCopyBegin:
      return "copying " + g + "'s stack begins (" + std::string(copy_reason(e.index)) + ", " +
             std::to_string(e.a) + " to " + plural(e.b, "byte") + ")" +
             (e.channel == 1   ? ", taking its channels' locks"
              : e.channel == 2 ? ", whose own machine holds locks"
                               : ", taking no channel lock");
    case EventKind::kCopyEnd:
      return "the copy of " + g + "'s stack is done";
    case EventKind::kScanBegin:
      return "the scanner has suspended " + g;
    case EventKind::kScanEnd:
      return "the scanner lets " + g + " go";
    default:
      return "";
  }
}

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
    case Site::kChanCountLoad:
    case Site::kChanCountStore:
    case Site::kChanLen:
      return channel + "'s count";
    case Site::kBufferPut:
    case Site::kBufferTake:
      return channel + "'s buffer";
    case Site::kChanSendFastFull:
    case Site::kChanReceiveFastEmpty:
    case Site::kChanReceiveFastEmptyAgain:
    case Site::kChanWaitersStore:
      return channel;
    default:
      return "";
  }
}

}  // namespace

bool is_about_work(EventKind kind) {
  return kind >= EventKind::kQueued && kind <= EventKind::kSettled;
}

std::string say(const Event& event, const Names& names) {
  for (const auto part : {&say_channel, &say_program, &say_scheduler, &say_work, &say_stack}) {
    if (std::string text = part(event, names); !text.empty()) return text;
  }
  return "";
}

std::string_view operation_kind_name(std::uint8_t kind) {
  constexpr std::string_view kNames[] = {"start", "load", "store", "update", "lock",  "unlock",
                                         "sleep", "wake", "spin",  "copy",   "pause", "scan"};
  return kind < std::size(kNames) ? kNames[kind] : "unknown";
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
    case Site::kCopyStackAdjust:
    case Site::kCopyStackPublish:
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
      return "close " + names.channel(operation.cases[0].channel);
    case OpenKind::kSend:
    case OpenKind::kReceive:
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
  switch (goroutine.standing) {
    case Standing::kRunnable:
      return "runnable";
    case Standing::kRunning:
      return goroutine.thread < 0
                 ? "running"
                 : "running on " + Names::thread(static_cast<ThreadId>(goroutine.thread));
    case Standing::kWaiting:
      return "asleep";
    case Standing::kInSyscall:
      return "in a system call";
    case Standing::kPreempted:
      return "stopped";
    case Standing::kReturned:
      return "returned";
    case Standing::kPanicked:
      return "panicked";
  }
  return "";
}

std::string_view copy_reason(std::uint16_t reason) {
  constexpr std::string_view kReasons[] = {"grow", "shrink", "move"};
  return reason < std::size(kReasons) ? kReasons[reason] : "copy";
}

std::string list_of(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? " and " : ", ";
    text += items[i];
  }
  return text;
}

std::string plural(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace concertina::fuzzers
