#include "report/words.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/names.h"
#include "host/filled.h"
#include "trace/text.h"

namespace concertina::fuzzers {
namespace {

std::string in_case(std::uint32_t index) {
  return index == 0 ? std::string() : " (case " + std::to_string(index) + ")";
}

std::string_view wait_reason(WaitReason reason) {
  constexpr std::string_view kNames[] = {"nothing",
                                         "send",
                                         "receive",
                                         "select",
                                         "no case",
                                         "send on nil channel",
                                         "receive from nil channel",
                                         "the others' stacks"};
  return name_at(kNames, reason, "unknown");
}

std::string_view copy_locks(CopyLocks locks) {
  return locks == CopyLocks::kTaken  ? "taking its channels' locks"
         : locks == CopyLocks::kHeld ? "whose own machine holds locks"
                                     : "taking no channel lock";
}

std::string_view span_use(SpanUse use) {
  constexpr std::string_view kNames[] = {"nothing", "stacks", "sudogs and buffers"};
  return name_at(kNames, use, "unknown");
}

// The bits of the runtime's Goroutine::preempt.
std::string requests(unsigned bits) {
  constexpr std::string_view kRequests[] = {"stop for the scanner", "shrink its stack",
                                            "move its stack", "share its processor",
                                            "scan the others' stacks"};
  std::vector<std::string> asked;
  for (unsigned i = 0; i < std::size(kRequests); ++i) {
    if ((bits >> i & 1) != 0) asked.emplace_back(kRequests[i]);
  }
  return asked.empty() ? "do nothing" : list_of(asked);
}

std::string queue_name(QueueId queue) {
  return queue == kGlobalQueue ? "the global queue"
                               : "processor " + std::to_string(queue) + "'s queue";
}

/// What is said of a fact, by its own fields; empty when its kind has one sentence, or none.
struct ByFields {
  std::string_view operator()(const event::OpSelect& e) const {
    return e.has_default ? "$goroutine begins: select of $case_count and default"
                         : "$goroutine begins: select of $case_count";
  }
  std::string_view operator()(const event::DoneSend& e) const {
    return e.selected ? "$goroutine's send is done" : "$goroutine's send was not done";
  }
  std::string_view operator()(const event::DoneReceive& e) const {
    return !e.selected ? "$goroutine's receive was not done"
           : e.torn    ? "$goroutine has received torn bytes"
                       : "$goroutine has received $token";
  }
  std::string_view operator()(const event::DoneSelect& e) const {
    return e.chosen == kSelectedDefault ? "$goroutine's select is done: default"
           : e.token == kZeroToken      ? "$goroutine's select is done: case $chosen"
                                        : "$goroutine's select is done: case $chosen, $token";
  }
  std::string_view operator()(const event::LocalRead& e) const {
    return e.token != kTornToken ? ""
                                 : "$goroutine reads its local v$slot: the bytes are not one value";
  }
  std::string_view operator()(const event::ReceiveFromBuffer& e) const {
    return e.partner == kNoGoroutine
               ? "$goroutine takes the first value of $channel's buffer"
               : "$goroutine takes the first value of $channel's buffer; waiting sender $partner's "
                 "value takes its place";
  }
  std::string_view operator()(const event::NotReady& e) const {
    return e.is_send ? "$goroutine gives up: $channel is not ready to send"
                     : "$goroutine gives up: $channel is not ready to receive";
  }
  std::string_view operator()(const event::Spawned& e) const {
    return e.goroutine == kNoGoroutine ? "$child is made" : "$goroutine spawns $child";
  }
  std::string_view operator()(const event::Readied& e) const {
    return e.goroutine == kNoGoroutine ? "$target is made runnable" : "$goroutine wakes $target";
  }
  std::string_view operator()(const event::Preempted& e) const {
    if (e.is_async) {
      return e.for_scanner
                 ? "$goroutine is interrupted for the scanner, in its own code: its stack "
                   "must not be copied there"
                 : "$goroutine is interrupted to share its processor, in its own code: "
                   "its stack must not be copied there";
    }
    if (e.resume == 0 || function_name(e.function) == nullptr) {
      return e.for_scanner ? "$goroutine is stopped for the scanner"
                           : "$goroutine is stopped to share its processor";
    }
    return e.for_scanner ? "$goroutine is stopped for the scanner in $function"
                         : "$goroutine is stopped to share its processor in $function";
  }
  std::string_view operator()(const event::Asked& e) const {
    return e.bits == 0 ? "" : "$goroutine is asked to $bits";
  }
  std::string_view operator()(const event::AskedAgain& e) const {
    return e.was_put_off
               ? "$goroutine is asked again to $bits, which a channel's lock had put off"
               : "$goroutine is asked again to $bits, as its stack's guard was written meanwhile";
  }
  std::string_view operator()(const event::Answered& e) const {
    return e.bits == 0 ? "" : "$goroutine is about to $bits";
  }
  std::string_view operator()(const event::MachineCalled& e) const {
    return e.is_new ? "a new machine is started" : "a sleeping machine is called";
  }
  std::string_view operator()(const event::StackFreed& e) const {
    return e.overwritten ? "a freed stack was written to (stack $serial)"
                         : "$goroutine's stack of $bytes is freed";
  }
  std::string_view operator()(const event::SpanFreed& e) const {
    return e.overwritten ? "free pages were written to (page $page and on, $pages)"
                         : "pages $page and on ($pages), memory for $use, are free";
  }
  std::string_view operator()(const event::ObjectMade& e) const {
    return e.use == ObjectUse::kSudog ? "a sudog is made (page $page, place $index)"
                                      : "a channel's buffer is made (page $page, place $index)";
  }
  std::string_view operator()(const event::ObjectFreed& e) const {
    return e.use == ObjectUse::kSudog ? "a sudog is freed (page $page, place $index)"
                                      : "a channel's buffer is freed (page $page, place $index)";
  }
  template <class Fact>
  std::string_view operator()(const Fact&) const {
    return "";
  }
};

using enum EventKind;
constexpr std::pair<EventKind, std::string_view> kSentences[] = {
    // Announced by the interpreter.
    {kChannelMade, "$channel is made"},
    {kOpSend, "$goroutine begins: send $token on $channel"},
    {kOpReceive, "$goroutine begins: receive from $channel"},
    {kOpClose, "$goroutine begins: close $channel"},
    {kDoneClose, "$goroutine's close is done"},
    {kLenSeen, "$goroutine sees len($channel) = $length"},
    {kCapSeen, "$goroutine sees cap($channel) = $capacity"},
    // Announced by channels, under their locks.
    {kSendToBuffer, "$goroutine puts its value into $channel's buffer"},
    {kSendToReceiver,
     "$goroutine takes waiting receiver $partner off $channel and will write its value into that "
     "stack"},
    {kSendPark, "$goroutine queues on $channel to send$in_case"},
    {kReceiveFromSender,
     "$goroutine takes waiting sender $partner off $channel and will read its value from that "
     "stack"},
    {kReceiveClosed, "$goroutine finds $channel closed and empty"},
    {kReceivePark, "$goroutine queues on $channel to receive$in_case"},
    {kClosed, "$goroutine closes $channel"},
    {kCloseWakesReceiver, "$goroutine's close of $channel releases waiting receiver $partner"},
    {kCloseWakesSender,
     "$goroutine's close of $channel releases waiting sender $partner, which will panic"},
    {kSelectDefault, "$goroutine's select takes its default"},
    {kDequeued, "$goroutine takes its losing case $case_index off $channel"},
    // Announced by the scheduler.
    {kStarted, "$goroutine starts"},
    {kParked, "$goroutine goes to sleep ($reason)"},
    {kExited, "$goroutine returns"},
    {kOverlooked, "$goroutine goes on at a safe point, though it was asked to $bits"},
    {kAssistBegin, "$goroutine begins to suspend others, and may be suspended meanwhile"},
    {kAssistEnd, "$goroutine has scanned $scanned and goes on"},
    {kStatusHeld, "$goroutine's status cannot change yet: a suspender holds it"},
    {kSyscallEntered, "$goroutine enters a system call"},
    {kSyscallLeft, "$goroutine leaves the system call"},
    {kPanicked, "$goroutine panics: $panic"},
    // Announced by the scheduler for the oracle `work`: who could run, and who looks for it.
    {kQueued, "$goroutine waits in $queue"},
    {kUnqueued, "$goroutine is taken off $queue"},
    {kQueueSeenEmpty, "$queue looks empty"},
    {kProcessorIdle, "processor $processor is idle"},
    {kProcessorTaken, "processor $processor is idle no longer"},
    {kMachineSleeps, "the machine sleeps: its last look found nothing"},
    // Announced by stacks and the scanner.
    {kStackAllocated, "$goroutine gets a stack of $bytes"},
    {kCopyBegin, "copying $goroutine's stack begins ($reason, $old_bytes to $new_bytes), $locks"},
    {kCopyEnd, "the copy of $goroutine's stack is done"},
    {kScanBegin, "the scanner has suspended $goroutine"},
    {kScanEnd, "the scanner lets $goroutine go"},
    {kCycleBegin, "a scan begins"},
    {kCycleEnd, "a scan ends: what it has kept may become something else"},
    {kCacheFlushed, "processor $processor has given back what it had cached for stacks: $stacks"},
    // Announced by the heap.
    {kSpanTaken, "pages $page and on ($pages) become memory for $use"},
};

/// The fact's sentence, with its blanks; empty when it has none.
std::string_view sentence_of(const Event& event) {
  const std::string_view text = visit(event, ByFields());
  if (!text.empty()) return text;
  const auto* const found =
      std::ranges::find(kSentences, event.kind, [](const auto& row) { return row.first; });
  return found != std::end(kSentences) ? found->second : "";
}

/// A field of a fact, by its type; where that is a mere number, by its name.
std::string say_field(std::string_view name, std::string_view type, std::uint32_t value,
                      const Names& names) {
  if (type == "GoroutineId") return names.goroutine(static_cast<GoroutineId>(value));
  if (type == "ChannelId") return names.channel(static_cast<ChannelId>(value));
  if (type == "Token") return names.value(value);
  if (type == "QueueId") return queue_name(static_cast<QueueId>(value));
  if (type == "WaitReason") return std::string(wait_reason(static_cast<WaitReason>(value)));
  if (type == "PanicKind") return std::string(panic_text(static_cast<PanicKind>(value)));
  if (type == "FunctionId") return function_name(static_cast<FunctionId>(value));
  if (name == "bits") return requests(value);
  if (type == "CopyReason") return std::string(copy_reason(static_cast<CopyReason>(value)));
  if (type == "CopyLocks") return std::string(copy_locks(static_cast<CopyLocks>(value)));
  if (type == "SpanUse") return std::string(span_use(static_cast<SpanUse>(value)));
  if (name == "bytes" || name == "new_bytes") return plural(value, "byte");
  return name == "case_count" ? plural(value, "case") : std::to_string(value);
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

/// A site at a part of the channel at hand.
std::string of_channel(const Step& step, const Names& names, const Picture& picture) {
  using enum Site;
  constexpr std::pair<Site, std::string_view> kParts[] = {
      {kChanSendFastClosed, "'s closed"},
      {kChanReceiveFastClosed, "'s closed"},
      {kChanClosedStore, "'s closed"},
      {kChanClosedLoad, "'s closed"},
      {kChanLen, "'s count"},
      {kBufferPut, "'s buffer"},
      {kBufferTake, "'s buffer"},
      {kChanSendFastFull, ""},
      {kChanReceiveFastEmpty, ""},
      {kChanReceiveFastEmptyAgain, ""},
  };
  for (const auto& [site, part] : kParts) {
    if (site != step.site) continue;
    const std::string channel = channel_at_hand(step, names, picture);
    return channel.empty() ? "" : channel + std::string(part);
  }
  return "";
}

}  // namespace

std::string say(const Event& event, const Names& names) {
  return filled(sentence_of(event), [&](std::string_view blank) {
    std::string text;
    for_each_field(event, [&](std::string_view name, std::string_view type, std::uint32_t value) {
      if (name == blank) text = say_field(name, type, value, names);
      if (name == "partner_case" && blank == "partner") text += in_case(value);
      if (name == "case_index" && blank == "in_case") text = in_case(value);
    });
    return text;
  });
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
  if (operation.kind == OpenKind::kNone) return "nothing";
  if (operation.kind != OpenKind::kSelect) {
    CHECK(operation.cases.size() == 1, "only a select has more cases than one");
    const OpenCase& one = operation.cases[0];
    if (operation.kind == OpenKind::kClose) return "close " + names.channel(one.channel);
    return (operation.is_non_blocking ? "try to " : "") + say_case(one);
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
  constexpr std::string_view kNames[] = {"runnable", "running",  "asleep",   "in a system call",
                                         "stopped",  "returned", "panicked", "suspending others"};
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
