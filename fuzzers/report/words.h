// Words: events, steps and operations as a person would say them.
#pragma once

#include <string>

#include "report/names.h"
#include "report/picture.h"

namespace concertina::fuzzers {

/// "g0.1 parks on c0 (receive)". Empty for events that only repeat what their step says (locks) or
/// that are facts of a walk over a stack.
std::string say(const Event& event, const Names& names);

/// "lock"
std::string_view operation_kind_name(OperationKind kind);

/// The object of a step, as far as it is known: "lock of c0", "g0.1's waiting element"; `picture`
/// is what had been announced before the step.
std::string object_of(const Step& step, const Names& names, const Picture& picture);

/// "receive from c0", "select { receive from c0; send on c1 }"; "nothing" when none is open.
std::string say_operation(const OpenOperation& operation, const Names& names);

/// "running on T2", "waiting", ...
std::string say_standing(const GoroutinePicture& goroutine);

/// "grow", "shrink", "move".
std::string_view copy_reason(CopyReason reason);

/// "a", "a and b", "a, b and c".
std::string list_of(const std::vector<std::string>& items, std::string_view last = " and ");

/// "1 byte", "2 bytes".
std::string plural(std::uint64_t count, std::string_view noun);

}  // namespace concertina::fuzzers
