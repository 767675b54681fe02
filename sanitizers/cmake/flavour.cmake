# What a flavour adds to every compile and link. One place: nothing else names a sanitizer flag.
#
# - use-after-return=never: ASan's fake stacks would keep locals outside of the fiber that owns them.
# - no-sanitize-recover=all: a report that lets the run go on is a report that nobody sees.
# - lld, because links of three flavours are most of the time of an incremental build.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_compile_options(-g -fno-omit-frame-pointer -Wall -Wextra -Wshadow)
if(CONCERTINA_WERROR)
  add_compile_options(-Werror)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Reports name files from the project's root, the same in every checkout and mutant.
  add_compile_options(-fdebug-prefix-map=${CMAKE_SOURCE_DIR}/= -fdebug-compilation-dir=.)
endif()

set(CONCERTINA_HAS_FUZZER OFF)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
  set(CONCERTINA_HAS_FUZZER ON)
endif()

if(CONCERTINA_FLAVOUR STREQUAL "address")
  set(flavour_flags -fsanitize=address,undefined -fno-sanitize-recover=all
      -fsanitize-address-use-after-return=never)
  add_compile_options(-O2 ${flavour_flags})
elseif(CONCERTINA_FLAVOUR STREQUAL "thread")
  set(flavour_flags -fsanitize=thread)
  add_compile_options(-O2 ${flavour_flags})
  # For files that are not instrumented themselves but must tell ThreadSanitizer what they do.
  add_compile_definitions(CONCERTINA_TSAN=1)
elseif(CONCERTINA_FLAVOUR STREQUAL "coverage")
  set(flavour_flags -fprofile-instr-generate -fcoverage-mapping)
  add_compile_options(-O1 ${flavour_flags})
  set(CONCERTINA_HAS_FUZZER OFF)
elseif(CONCERTINA_FLAVOUR STREQUAL "none")
  set(flavour_flags "")
  add_compile_options(-O2)
else()
  message(FATAL_ERROR
    "CONCERTINA_FLAVOUR is '${CONCERTINA_FLAVOUR}'; it must be address, thread, none or coverage")
endif()
add_link_options(${flavour_flags})

# Edge counters for libFuzzer, only where program behaviour shows: the runtime's algorithms and the
# interpreter. Stack depth is noise on fiber stacks, and compare tracing sees addresses.
set(INSTRUMENTED_OPTIONS "")
if(CONCERTINA_HAS_FUZZER)
  set(INSTRUMENTED_OPTIONS -fsanitize=fuzzer-no-link
      -fno-sanitize-coverage=stack-depth,trace-cmp,indirect-calls)
endif()

# AFL++ takes the same sources with its own edge callbacks; its driver is the main of a target and
# its runtime the fork server. Debian's package afl++ brings both; without it there is no AFL
# target.
set(CONCERTINA_HAS_AFL OFF)
if(CONCERTINA_HAS_FUZZER)
  find_file(AFL_DRIVER libAFLDriver.a PATHS /usr/lib/afl /usr/local/lib/afl NO_DEFAULT_PATH)
  find_file(AFL_RUNTIME afl-compiler-rt.o PATHS /usr/lib/afl /usr/local/lib/afl NO_DEFAULT_PATH)
  find_program(AFL_SHOWMAP afl-showmap)
  if(AFL_DRIVER AND AFL_RUNTIME AND AFL_SHOWMAP)
    set(CONCERTINA_HAS_AFL ON)
  else()
    message(STATUS "afl++ is not installed (scripts/setup does that): no target fuzz_sim_afl")
  endif()
endif()
set(AFL_INSTRUMENTED_OPTIONS -fsanitize-coverage=trace-pc-guard)

# Options that a bare `binary FILE` needs are compiled in.
find_program(CONCERTINA_SYMBOLIZER NAMES llvm-symbolizer-19 llvm-symbolizer)
file(GLOB options_sources CONFIGURE_DEPENDS ${SOURCE_PATTERN}/sanitizers/options/*_options.cc)
add_library(sanitizer_options OBJECT ${options_sources})
if(CONCERTINA_SYMBOLIZER)
  target_compile_definitions(sanitizer_options PRIVATE
    CONCERTINA_SYMBOLIZER="${CONCERTINA_SYMBOLIZER}")
endif()

# Instrumented objects in a binary that has neither libFuzzer nor a sanitizer runtime.
add_library(coverage_callbacks OBJECT ${CMAKE_SOURCE_DIR}/sanitizers/options/coverage_callbacks.cc)
