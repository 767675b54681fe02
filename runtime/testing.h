// Whole programs for tests: channels, scanner and scheduler together, started by run_main.
#pragma once

#include <vector>

#include "chan/testing.h"
#include "go.h"

namespace concertina::test {

/// Runs `main` with run_main and these channels; setup.before is not used.
inline ProgramRun run_go(const std::vector<ChannelSpec>& channels, const Body& main,
                         const RunSetup& setup = {}) {
  return run_thread(setup, [&] {
    // A pointer to the test's own list: the run only reads it.
    run_main(setup.knobs, main.function(), const_cast<std::vector<ChannelSpec>*>(&channels),
             [](Runtime& runtime, void* user) {
               for (const ChannelSpec& spec : *static_cast<const std::vector<ChannelSpec>*>(user)) {
                 make_channel(runtime, spec.element_bytes, spec.capacity);
               }
             });
  });
}

}  // namespace concertina::test
