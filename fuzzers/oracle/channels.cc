#include "oracle/channels.h"

#include "oracle/channel_model.h"

namespace concertina::fuzzers {

Verdict judge_channels(const Program&, const Trace& trace) {
  return judge_channels(trace, scratch_channel_model());
}

Verdict judge_channels(const Trace& trace, ChannelModel& model) { return model.replay(trace); }

}  // namespace concertina::fuzzers
