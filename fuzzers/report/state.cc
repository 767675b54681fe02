#include "report/state.h"

#include <algorithm>

#include "base/check.h"
#include "report/words.h"

namespace concertina::fuzzers {
namespace {

std::string queue_text(const std::vector<Waiter>& queue, const Picture& picture,
                       const Names& names) {
  if (queue.empty()) return "none";
  std::vector<std::string> waiters;
  for (const Waiter& waiter : queue) {
    std::string text = names.goroutine(waiter.goroutine);
    const auto g = picture.goroutines.find(waiter.goroutine);
    if (g != picture.goroutines.end() && g->second.operation.kind == OpenKind::kSelect) {
      text += " (select case " + std::to_string(waiter.index) + ")";
    }
    waiters.push_back(text);
  }
  return list_of(waiters);
}

bool is_gone(const GoroutinePicture& goroutine) {
  return goroutine.standing == Standing::kReturned || goroutine.standing == Standing::kPanicked;
}

std::vector<std::string> others(const Picture& picture, const Names& names, GoroutineId self) {
  std::vector<std::string> result;
  for (const auto& [g, one] : picture.goroutines) {
    if (g == self || g == kNoGoroutine || is_gone(one)) continue;
    result.push_back(names.goroutine(g));
  }
  return result;
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

/// What the operation waits for: ": until somebody sends on c0 or closes it". Empty when nothing
/// can help.
std::string wish(const OpenOperation& operation, const Picture& picture, const Names& names) {
  std::vector<std::string> senders;    // channels on which somebody must send
  std::vector<std::string> receivers;  // channels from which somebody must receive
  std::vector<std::string> closed;
  for (const OpenCase& one : operation.cases) {
    if (one.channel == kNilChannel) continue;
    const auto channel = picture.channels.find(one.channel);
    const bool is_closed = channel != picture.channels.end() && channel->second.is_closed;
    add_once(is_closed ? closed : one.is_send ? receivers : senders, names.channel(one.channel));
  }
  if (!closed.empty()) {
    return ", although " + list_of(closed, " or ") + " is closed and should have released it";
  }
  std::string text;
  if (!senders.empty()) {
    text = "somebody sends on " + list_of(senders, " or ") +
           (senders.size() == 1 ? " or closes it" : " or closes one of them");
  }
  if (!receivers.empty()) {
    text += (text.empty() ? "somebody receives from " : ", or receives from ") +
            list_of(receivers, " or ");
  }
  return text.empty() ? text : ": until " + text;
}

}  // namespace

std::string channels_at_end(const Picture& picture, const Names& names) {
  std::string text;
  for (const auto& [id, channel] : picture.channels) {
    text += "  " + names.channel(id) + ": ";
    text += channel.capacity == 0 ? "unbuffered"
                                  : std::to_string(channel.buffered) + " of " +
                                        std::to_string(channel.capacity) + " buffered";
    text += ", elements of " + plural(channel.element_bytes, "byte");
    text += channel.is_closed ? ", CLOSED" : ", open";
    text += "; waiting senders: " + queue_text(channel.senders, picture, names);
    text += "; waiting receivers: " + queue_text(channel.receivers, picture, names) + "\n";
  }
  return text;
}

std::string goroutines_at_end(const Picture& picture, const Names& names, const Listing& listing,
                              const std::map<GoroutineId, Place>& places) {
  std::string text;
  for (const auto& [g, one] : picture.goroutines) {
    if (g == kNoGoroutine) continue;
    text += "  " + names.goroutine(g) + ": " + say_standing(one);
    if (one.copied_by >= 0) {
      text +=
          ", its stack is being copied by " + Names::thread(static_cast<ThreadId>(one.copied_by));
    }
    if (one.suspended_by >= 0) {
      text += ", suspended by " + Names::thread(static_cast<ThreadId>(one.suspended_by));
    }
    if (one.operation.kind != OpenKind::kNone) {
      text += (one.standing == Standing::kWaiting ? ", waits to " : ", is about to ") +
              say_operation(one.operation, names);
    }
    const auto place = places.find(g);
    if (place != places.end() && !is_gone(one)) {
      text += one.operation.kind == OpenKind::kNone ? "; last at line " : "; line ";
      text +=
          std::to_string(listing.line_of(place->second)) + ": " + listing.text_of(place->second);
    }
    text += "\n";
  }
  return text;
}

std::string why_asleep(const Picture& picture, const Names& names) {
  std::string text;
  for (const auto& [g, one] : picture.goroutines) {
    if (g == kNoGoroutine || one.standing != Standing::kWaiting) continue;
    text += "  " + names.goroutine(g) + " waits to " + say_operation(one.operation, names);
    const std::string until = wish(one.operation, picture, names);
    if (until.empty()) {
      text += ": nobody can ever end that\n";
      continue;
    }
    const std::vector<std::string> left = others(picture, names, g);
    text += until + "; " +
            (left.empty() ? "nobody else is left" : "left are " + list_of(left) + ", asleep too") +
            "\n";
  }
  return text;
}

}  // namespace concertina::fuzzers
