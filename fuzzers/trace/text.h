// Text of a trace's parts, for verdicts and reports. Plain ASCII; no addresses, so that equal runs
// read the same in every process.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/event.h"
#include "base/spawn_path.h"

namespace concertina::fuzzers {

/// visit(name, type, value) of each field of the event, as event.def writes them.
void for_each_field(
    const Event& event,
    const std::function<void(std::string_view, std::string_view, std::uint32_t)>& visit);

/// "send-to-receiver g3 c1 case_index=0 partner=g4 partner_case=5 (thread 2, step 41)"
std::string describe(const Event& event);

/// The goroutine's name as people say it: main is "g0", its second child "g0.1", and so on;
/// "scanner" and "scheduler" for the reserved paths, "any" for kAnyPath.
std::string describe_path(SpawnPath path);

}  // namespace concertina::fuzzers
