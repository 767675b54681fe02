// ChannelSignals: groups chan and select, and how long wait queues become.
//
// A small shadow of each channel follows the events, which come in the order of linearisation. It
// judges nothing (oracle/channel_model.h does that): a run of a broken runtime may leave it wrong,
// but never out of bounds. A goroutine that a partner has taken waits nowhere from that moment on,
// though its losing sudogs are still queued.
#pragma once

#include <array>

#include "base/event.h"
#include "feedback/cell_writer.h"

namespace concertina::fuzzers {

class ChannelSignals {
 public:
  void begin();
  void see(const CellWriter& cells, const Event& e);
  void end(const CellWriter& cells);

 private:
  static constexpr unsigned kGoroutines = kGoroutinesLimit + 1;  // ids from 1
  static constexpr unsigned kChannels = kChannelsLimit + 1;

  struct Channel {
    std::uint16_t capacity = 0;
    std::uint16_t count = 0;
    std::uint16_t receivers = 0;
    std::uint16_t senders = 0;
    bool closed = false;
    ChannelEffect latest = ChannelEffect::kNone;
  };
  struct Case {
    std::uint8_t channel = 0;  // 0: nil, or none of ours
    bool is_send = false;
    bool waits = false;
  };
  struct Goroutine {
    std::uint8_t case_count = 0;  // of its open operation; a plain one has a single case
    std::uint8_t ready = 0;       // cases, when its select was decided
    bool is_select = false;
    bool is_decided = false;
    bool has_parked = false;
    std::array<Case, kSelectCasesMax> cases;
  };

  void open(const CellWriter& cells, const Event& e, bool is_send);
  void open_select(const Event& e);
  void open_case(const CellWriter& cells, const Event& e);
  void effect(const CellWriter& cells, const Event& e, ChannelEffect effect);
  void apply(const Event& e, Channel& channel, ChannelEffect effect);
  void note(const CellWriter& cells, Channel& channel, ChannelEffect effect);
  void gave_up(const CellWriter& cells, Goroutine& g);
  void park(const Event& e, Channel& channel, bool is_send);
  void taken(std::uint32_t goroutine);
  void decide(Goroutine& g);
  bool is_ready(const Case& one) const;
  void selected(const CellWriter& cells, const Event& e);

  std::array<Goroutine, kGoroutines> goroutines_;
  std::array<Channel, kChannels> channels_{};
  unsigned most_receivers_ = 0;
  unsigned most_senders_ = 0;
};

}  // namespace concertina::fuzzers
