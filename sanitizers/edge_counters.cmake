# What fuzz engines see of a run: edge counters, in INSTRUMENTED rooms only
# (scripts/cmake/rooms.cmake).
#
# libFuzzer's are where program behaviour shows: in the runtime's algorithms and the interpreter.
# Stack depth is noise on fiber stacks, and compare tracing sees addresses.
set(CONCERTINA_HAS_FUZZER OFF)
set(INSTRUMENTED_OPTIONS "")
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND NOT CONCERTINA_FLAVOUR STREQUAL "coverage")
  set(CONCERTINA_HAS_FUZZER ON)
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
