#include "interp/compiled.h"

#include "base/check.h"

namespace concertina::fuzzers {
namespace {

void lay_out(CompiledFunction& compiled, const Compiled& program, unsigned index) {
  std::uint32_t offset = (sizeof(Frame) + 7) & ~7u;
  std::uint16_t pointers = 0;
  const auto for_each_used = [&](auto visit) {
    for (unsigned c = 0; c < kChannelsMax; ++c) {
      if ((compiled.uses >> c & 1) != 0) visit(c);
    }
  };
  for_each_used([&](unsigned c) {
    compiled.pointer_offset[c] = static_cast<std::uint16_t>(offset);
    compiled.layout_pointers[pointers++] = static_cast<std::uint16_t>(offset);
    offset += 8;
  });
  for_each_used([&](unsigned c) {
    compiled.serial_offset[c] = static_cast<std::uint16_t>(offset);
    offset += 8;
  });
  CHECK(offset <= 0xffff, "pointers come before the locals, where sixteen bits reach them");
  for_each_used([&](unsigned c) {
    offset += sizeof(Tag);
    compiled.local_offset[c] = offset;
    // At least a word, so that the address of a zero-size element lies inside the frame.
    const std::uint32_t bytes = program.element_bytes[c];
    offset += bytes < 8 ? 8 : (bytes + 7) & ~7u;
  });
  const std::uint32_t live = offset;
  offset += kFramePaddings[compiled.source->frame_class];
  compiled.function.name = "user";
  compiled.function.id = FunctionId::kFirstOfProgram + index;
  compiled.function.frame_bytes = (offset + 15) & ~15u;
  compiled.function.dead_bytes = compiled.function.frame_bytes - live;
  compiled.function.layout = {.pointers = compiled.layout_pointers.data(),
                              .pointer_count = pointers};
  compiled.function.step = &run_program_function;
  compiled.function.data = &compiled;
}

}  // namespace

void Compiled::compile(const Program& program) {
  source = &program;
  CHECK(program.functions.size() <= kFunctionsMax && program.channels.size() <= kChannelsMax,
        "a program that is run is valid");
  for (unsigned c = 0; c < program.channels.size(); ++c) {
    element_bytes[c] = kElementSizes[program.channels[c].size_class];
  }
  for (unsigned i = 0; i < program.functions.size(); ++i) {
    CompiledFunction& compiled = functions[i];
    compiled.source = &program.functions[i];
    compiled.program = this;
    compiled.uses = channels_named_by(program.functions[i].body);
    compiled.blocks = blocks_of(program.functions[i].body);
    lay_out(compiled, *this, i);
  }
}

}  // namespace concertina::fuzzers
