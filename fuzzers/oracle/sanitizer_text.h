// What the sanitizers' reports have in common: stacks of frames, and words that change from run to
// run (addresses, process ids, sizes) or from build to build (lines, template arguments).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace concertina::fuzzers {

/// The text's lines, without their ends.
std::vector<std::string_view> split_lines(std::string_view text);

/// "    #1 0x55d0 in concertina::sim::Channel::send(void*) const /x/channel.cc:7:9" and
/// "    #1 concertina::sim::Channel::send(void*) const <null> (binary+0x5eb5e)" are
/// "Channel::send". Empty when the line is no frame.
std::string function_of_frame(std::string_view line);

/// The youngest functions of the runtime in the stack that begins at lines[first] (frames end it),
/// youngest first: "copy_range < copy_stack". Interceptors, libraries and the platform's primitives
/// are skipped: every access to an element goes through them.
std::string top_functions(const std::vector<std::string_view>& lines, std::size_t first);

/// Words without numbers and addresses, up to where a report begins to speak of particulars
/// ("on", "of type", a comma, a colon).
std::string stable_words(std::string_view text);

/// At most `count` lines from lines[first] on, each cut to a readable length.
std::string excerpt(const std::vector<std::string_view>& lines, std::size_t first,
                    unsigned count = 10);

}  // namespace concertina::fuzzers
