// Names of functions as demanglers write them (LLVM's and binutils'), in short.
//
//   R1 a mangled name is demangled; a suffix is cut off: a clone's (".isra.0", "[clone .cold]"), a
//      linker's ("@plt"), a module's ("@part")
//   R2 brackets go with what is in them (parameters, template arguments, "(anonymous namespace)",
//      "[abi:cxx11]"), then qualifiers after parameters, then what stands before the name (a
//      return type). What follows "operator" is the name's own, brackets and blanks included
//   R3 a lambda has the name of the function that it is written in
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace concertina::fuzzers {

struct FunctionName {
  /// "Channel::send", without the project's own namespaces. Empty for "<null>" and the like.
  std::string shown;
  /// In one of the project's namespaces, so no function of C or of another library.
  bool is_in_project = false;
  /// Has a scope or parameters, so no function of C.
  bool is_cxx = false;
};

FunctionName read_function_name(std::string_view demangled);

/// A piece of a name that is skipped as one: at text[at], a bracket with all up to its partner, or
/// "operator" with its symbol or type. 0 when there is no such piece.
std::size_t piece_length(std::string_view text, std::size_t at);

}  // namespace concertina::fuzzers
