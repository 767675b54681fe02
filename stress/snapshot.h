// Snapshot: what every goroutine and thread of a run is doing, as text, for a run that hangs.
//
// It is taken from outside, without a lock: the run has stood still for long, or has ended. If
// something moves after all, a line may be wrong; addresses are checked before they are followed,
// so that it never ends the process by itself.
#pragma once

#include <string>

#include "go.h"

namespace concertina::stress {

/// Every goroutine that is not dead: status, what it waits on, who holds that lock, its frames.
/// Then every thread: what it runs, which locks it holds, on what it sleeps. `runtime` may be null.
std::string describe_run(const threaded::Run& run, const Runtime* runtime);

}  // namespace concertina::stress
