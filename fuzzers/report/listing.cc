#include "report/listing.h"

#include <algorithm>
#include <sstream>

#include "base/check.h"
#include "input/input.h"

namespace concertina::fuzzers {
namespace {

/// How many lines of to_go's text an operation takes.
unsigned height(const Operation& operation) {
  if (operation.code != Code::kSelect) return 1;
  return 2 + static_cast<unsigned>(operation.cases.size()) + (operation.has_default ? 1 : 0);
}

/// Which announcement an operation makes when it begins, by code; kCount for none.
constexpr EventKind kAnnounced[] = {
    EventKind::kSpawned,         // go
    EventKind::kCount,           // call
    EventKind::kCount,           // loop
    EventKind::kOpReceive,       // range
    EventKind::kCount,           // }
    EventKind::kOpSend,          // send
    EventKind::kOpReceive,       // recv
    EventKind::kOpReceive,       // recv_ok
    EventKind::kOpSend,          // try_send
    EventKind::kOpReceive,       // try_recv
    EventKind::kOpClose,         // close
    EventKind::kOpSelect,        // select
    EventKind::kCount,           // yield
    EventKind::kCount,           // scan
    EventKind::kSyscallEntered,  // syscall
    EventKind::kLenSeen,         // len
    EventKind::kCapSeen,         // cap
    EventKind::kCount,           // check
};
static_assert(std::size(kAnnounced) == static_cast<std::size_t>(Code::kCount));

bool is_same_channel(const Operation& operation, const Event& event) {
  if (!uses_channel(operation.code)) return true;
  const unsigned id = operation.channel == kNil ? 0 : operation.channel + 1u;
  return channel_of(event) == id;
}

/// One goroutine's way through the program.
class Walker {
 public:
  Walker() = default;
  Walker(const Program& program, std::uint8_t function) : program_(&program) { enter(function); }

  /// Moves on to the next operation that makes this announcement; nothing when there is none.
  std::optional<Place> go_to(const Event& event) {
    while (!frames_.empty() && steps_ < kStepsMax) {
      ++steps_;
      Frame& frame = frames_.back();
      const auto& body = program_->functions[frame.function].body;
      if (frame.pc >= body.size()) {
        frames_.pop_back();
        continue;
      }
      const Operation& operation = body[frame.pc];
      if (kAnnounced[static_cast<std::size_t>(operation.code)] == event.kind &&
          is_same_channel(operation, event)) {
        const Place place{frame.function, static_cast<std::uint8_t>(frame.pc)};
        // A range's operation decides only when its receive has returned.
        in_range_ = operation.code == Code::kRange;
        if (!in_range_) ++frame.pc;
        return place;
      }
      pass(operation);
    }
    return std::nullopt;
  }

  /// The open receive has returned.
  void received(bool ok) {
    if (!in_range_ || frames_.empty()) return;
    in_range_ = false;
    Frame& frame = frames_.back();
    frame.pc = ok ? frame.pc + 1 : partner(frame) + 1;
  }

 private:
  static constexpr unsigned kStepsMax = 20'000;  // a way that is lost may go round for long

  struct Block {
    unsigned begin;
    unsigned left;  // rounds of a loop
  };
  struct Frame {
    std::uint8_t function;
    unsigned pc = 0;
    std::vector<Block> blocks;
  };

  void enter(std::uint8_t function) {
    CHECK(function < program_->functions.size(),
          "a goroutine goes through the program's functions");
    CHECK(frames_.size() <= kCallDepthMax, "calls nest no deeper than the interpreter's");
    frames_.push_back({function, 0, {}});
  }

  void pass(const Operation& operation) {
    Frame& frame = frames_.back();
    const auto& body = program_->functions[frame.function].body;
    switch (operation.code) {
      case Code::kLoop:
        frame.blocks.push_back({frame.pc++, operation.count});
        return;
      case Code::kCall:
        ++frame.pc;
        if (frames_.size() <= kCallDepthMax) enter(operation.function);
        return;
      case Code::kEnd: {
        const unsigned begin = partner(frame);
        if (body[begin].code == Code::kRange) {
          frame.pc = begin;
        } else if (!frame.blocks.empty() && --frame.blocks.back().left > 0) {
          frame.pc = begin + 1;
        } else {
          if (!frame.blocks.empty()) frame.blocks.pop_back();
          ++frame.pc;
        }
        return;
      }
      default:
        ++frame.pc;
    }
  }

  /// The other bracket of the block that begins or ends there.
  unsigned partner(const Frame& frame) const {
    return blocks_of(program_->functions[frame.function].body).partner[frame.pc];
  }

  const Program* program_ = nullptr;
  std::vector<Frame> frames_;
  bool in_range_ = false;
  unsigned steps_ = 0;
};

}  // namespace

Listing::Listing(const Program& program) {
  std::istringstream text(to_go(program));
  for (std::string line; std::getline(text, line);) lines_.push_back(line);
  auto line = static_cast<unsigned>(program.channels.size());
  for (std::size_t f = 0; f < program.functions.size(); ++f) {
    line += line == 0 ? 1 : 2;  // an empty line, and the function's first
    for (std::size_t i = 0; i < program.functions[f].body.size(); ++i) {
      first_lines_[{static_cast<std::uint8_t>(f), static_cast<std::uint8_t>(i)}] = line + 1;
      line += height(program.functions[f].body[i]);
    }
    ++line;  // the closing brace
  }
  CHECK(line == lines_.size(), "each line of the program's text is counted once");
}

std::string Listing::text_of(Place place) const {
  const std::string& line = lines_.at(line_of(place) - 1);
  const std::size_t begin = line.find_first_not_of('\t');
  return begin == std::string::npos ? "" : line.substr(begin);
}

std::map<GoroutineId, Place> whereabouts(const Program& program, const Trace& trace) {
  constexpr GoroutineId kMain = 1;
  std::map<GoroutineId, Walker> walkers;
  std::map<GoroutineId, Place> places;
  walkers[kMain] = Walker(program, 0);
  for (const Event& event : trace.events) {
    const auto walker = walkers.find(event.goroutine);
    if (walker == walkers.end()) continue;
    if (event.kind == EventKind::kDoneReceive) {
      walker->second.received(as<event::DoneReceive>(event).ok);
    }
    if (std::ranges::find(kAnnounced, event.kind) == std::end(kAnnounced)) continue;
    const std::optional<Place> place = walker->second.go_to(event);
    if (!place) {
      places.erase(event.goroutine);
      continue;
    }
    places[event.goroutine] = *place;
    if (event.kind != EventKind::kSpawned) continue;
    const Operation& spawn = program.functions[place->function].body[place->operation];
    walkers[as<event::Spawned>(event).child] = Walker(program, spawn.function);
  }
  return places;
}

}  // namespace concertina::fuzzers
