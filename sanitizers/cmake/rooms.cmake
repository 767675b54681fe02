# Rooms: a folder of sources is a library, its *_test.cc files are one test binary.
find_package(GTest REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_library(BOOST_CONTEXT NAMES libboost_context.a boost_context REQUIRED)

# No test takes a minute on an idle machine, in any flavour (scripts/test says which come near it). The
# limit is for what hangs, and must not meet a slow machine that has other work.
set(TEST_TIMEOUT_SECONDS 1800)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/reports)

# Sources of the given folders (not below them), without tests.
function(room_sources result)
  set(found "")
  foreach(folder ${ARGN})
    file(GLOB files CONFIGURE_DEPENDS ${SOURCE_PATTERN}/${folder}/*.cc)
    list(APPEND found ${files})
  endforeach()
  list(FILTER found EXCLUDE REGEX "_test\\.cc$")
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# A static library, or an interface one while the folder has no sources.
function(add_objects_library name)
  if(ARGN)
    add_library(${name} STATIC ${ARGN})
  else()
    add_library(${name} INTERFACE)
  endif()
endfunction()

# Sets `result` to PUBLIC, or INTERFACE for an interface library.
function(link_scope name result)
  get_target_property(type ${name} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    set(${result} INTERFACE PARENT_SCOPE)
  else()
    set(${result} PUBLIC PARENT_SCOPE)
  endif()
endfunction()

# add_runtime(sim) makes runtime_sim (all of it) and runtime_sim_base (the vocabulary and the
# platform's headers alone, for rooms that must not need the rest).
function(add_runtime platform)
  set(headers ${CMAKE_SOURCE_DIR}/runtime
      ${CMAKE_SOURCE_DIR}/runtime/platform/${platform}/selected)

  room_sources(base_sources runtime/base)
  add_objects_library(runtime_${platform}_base ${base_sources})
  link_scope(runtime_${platform}_base scope)
  target_include_directories(runtime_${platform}_base ${scope} ${headers})

  room_sources(platform_sources runtime/platform runtime/platform/${platform})
  add_objects_library(runtime_${platform}_platform ${platform_sources})
  link_scope(runtime_${platform}_platform scope)
  target_link_libraries(runtime_${platform}_platform ${scope} runtime_${platform}_base)
  if(platform STREQUAL "sim")
    target_link_libraries(runtime_${platform}_platform ${scope} ${BOOST_CONTEXT})
  endif()
  if(CONCERTINA_FLAVOUR STREQUAL "thread")
    set_source_files_properties(${SWITCHING_SOURCES} PROPERTIES
      COMPILE_OPTIONS -fno-sanitize=thread)
  endif()

  room_sources(code_sources runtime runtime/stack runtime/sched runtime/chan runtime/sync
    runtime/scan)
  add_objects_library(runtime_${platform} ${code_sources})
  link_scope(runtime_${platform} scope)
  target_link_libraries(runtime_${platform} ${scope} runtime_${platform}_platform)
  if(platform STREQUAL "threads" AND CONCERTINA_FLAVOUR STREQUAL "none" AND
     CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # What is measured is what a program would link: inlined across files, as Go's runtime is.
    foreach(part _base _platform "")
      target_compile_options(runtime_${platform}${part} PRIVATE -O3 -flto=thin)
    endforeach()
  endif()
  if(scope STREQUAL "PUBLIC" AND platform STREQUAL "sim")  # nobody fuzzes the others
    target_compile_options(runtime_${platform} PRIVATE ${INSTRUMENTED_OPTIONS})
  endif()
endfunction()

# add_room(fuzzers/input LIBRARY... [INSTRUMENTED]) makes fuzzers_input.
#
# INSTRUMENTED is for code under test. The rest of the harness runs on one thread, or inside the
# simulator on behalf of all virtual threads (choosers, the pipeline's step recorder), where
# ThreadSanitizer would take its bookkeeping for races; without it, judging is also twice as fast.
function(add_room folder)
  cmake_parse_arguments(PARSE_ARGV 1 room "INSTRUMENTED" "" "")
  string(REPLACE "/" "_" name ${folder})
  room_sources(sources ${folder})
  add_objects_library(${name} ${sources})
  link_scope(${name} scope)
  target_include_directories(${name} ${scope} ${CMAKE_SOURCE_DIR}/fuzzers)
  target_link_libraries(${name} ${scope} ${room_UNPARSED_ARGUMENTS})
  if(scope STREQUAL "INTERFACE")
    return()
  endif()
  if(room_INSTRUMENTED)
    target_compile_options(${name} PRIVATE ${INSTRUMENTED_OPTIONS})
  elseif(CONCERTINA_FLAVOUR STREQUAL "thread")
    target_compile_options(${name} PRIVATE -fno-sanitize=thread)
  endif()
endfunction()

# add_platform_twin(fuzzers_interp threads) makes fuzzers_interp_threads: a room's library once more,
# on another platform. Its headers come first, so that they win over those of the simulator, which
# other rooms bring along; a mixture would not link (runtime/platform/contract.h).
function(add_platform_twin name platform)
  foreach(property SOURCES INTERFACE_INCLUDE_DIRECTORIES LINK_LIBRARIES)
    get_target_property(${property} ${name} ${property})
  endforeach()
  list(TRANSFORM LINK_LIBRARIES REPLACE "^runtime_sim$" "runtime_${platform}")
  add_library(${name}_${platform} STATIC ${SOURCES})
  target_include_directories(${name}_${platform} BEFORE PUBLIC
    ${CMAKE_SOURCE_DIR}/runtime/platform/${platform}/selected)
  target_include_directories(${name}_${platform} PUBLIC ${INTERFACE_INCLUDE_DIRECTORIES})
  target_link_libraries(${name}_${platform} PUBLIC runtime_${platform} ${LINK_LIBRARIES})
endfunction()

# add_mask_twin(NAME BITS DEFINITION...) makes NAME_maskBITS: a library once more, with those
# definitions, for simulations of up to so many virtual threads (runtime/platform/sim/thread_mask.h).
# Sources and options are the first build's; of the libraries, those that have a twin give way to it,
# so twins are made from the bottom up. A program of two widths does not configure: the layouts of a
# World differ.
function(add_mask_twin name bits)
  foreach(property SOURCES COMPILE_OPTIONS INTERFACE_INCLUDE_DIRECTORIES LINK_LIBRARIES)
    get_target_property(${property} ${name} ${property})
    if(NOT ${property})
      set(${property} "")
    endif()
  endforeach()
  set(libraries "")
  foreach(library ${LINK_LIBRARIES})
    if(TARGET ${library}_mask${bits})
      set(library ${library}_mask${bits})
    endif()
    list(APPEND libraries ${library})
  endforeach()
  set(twin ${name}_mask${bits})
  add_library(${twin} STATIC ${SOURCES})
  set_target_properties(${twin} PROPERTIES COMPILE_OPTIONS "${COMPILE_OPTIONS}")
  target_include_directories(${twin} PUBLIC ${INTERFACE_INCLUDE_DIRECTORIES})
  target_compile_definitions(${twin} PUBLIC CONCERTINA_THREADS_MAX=${bits} ${ARGN})
  target_link_libraries(${twin} PUBLIC ${libraries})
  set_property(TARGET ${name} PROPERTY INTERFACE_CONCERTINA_MASK 32)
  set_property(TARGET ${twin} PROPERTY INTERFACE_CONCERTINA_MASK ${bits})
  set_property(TARGET ${name} ${twin} APPEND PROPERTY COMPATIBLE_INTERFACE_STRING CONCERTINA_MASK)
  optimise_whole_program(${twin})
endfunction()

# What is measured is one program of a few rooms: in the flavour none their functions are inlined
# into each other. (In the other programs a link would take longer than it gains.)
if(CONCERTINA_FLAVOUR STREQUAL "none")
  include(CheckIPOSupported)
  check_ipo_supported(RESULT CONCERTINA_HAS_LTO OUTPUT why_not LANGUAGES CXX)
  if(NOT CONCERTINA_HAS_LTO)
    message(STATUS "no link-time optimisation, the yardstick will be slower: ${why_not}")
  endif()
endif()
function(optimise_whole_program target)
  if(CONCERTINA_HAS_LTO)
    set_target_properties(${target} PROPERTIES INTERPROCEDURAL_OPTIMIZATION ON)
  endif()
endfunction()

# stress/ and stress/jobs are one library and one program, stress_jobs, on real threads.
function(add_stress)
  room_sources(sources stress stress/jobs)
  list(FILTER sources EXCLUDE REGEX "/stress_jobs\\.cc$")
  add_library(stress STATIC ${sources})
  target_include_directories(stress BEFORE PUBLIC
    ${CMAKE_SOURCE_DIR}/runtime/platform/threads/selected)
  target_include_directories(stress PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(stress PUBLIC ${ARGN})
  add_executable(stress_jobs ${CMAKE_SOURCE_DIR}/stress/stress_jobs.cc)
  target_link_libraries(stress_jobs PRIVATE stress)
  finish_program(stress_jobs)
  # A fixed amount of each job, whatever the machine. spawn_tree's includes one large batch, in which
  # goroutines are used again.
  foreach(job ring select_storm close_race spawn_tree deep_recursion pointer_receive programs)
    set(size --size small)
    if(job STREQUAL "spawn_tree")
      set(size --size mixed)
    endif()
    add_test(NAME stress/${job} COMMAND stress_jobs --job ${job} --seed 1 --batches 8 --scale 1
      ${size} --programs ${CMAKE_SOURCE_DIR}/corpus/seeds)
    set_tests_properties(stress/${job} PROPERTIES TIMEOUT ${TEST_TIMEOUT_SECONDS})
  endforeach()
  add_test(NAME stress/short COMMAND ${Python3_EXECUTABLE}
    ${CMAKE_SOURCE_DIR}/scripts/lib/check_short_stress.py $<TARGET_FILE:stress_jobs>)
  set_tests_properties(stress/short PROPERTIES TIMEOUT ${TEST_TIMEOUT_SECONDS})
endfunction()

# add_yardstick(PROGRAM BITS) makes stress/lab/yardstick for simulations of up to so many virtual threads:
# its programs are code under test, the rest is harness. A library PROGRAM_lib and the program.
function(add_yardstick program bits)
  room_sources(programs stress/lab/yardstick/programs)
  add_library(${program}_programs STATIC ${programs})
  target_include_directories(${program}_programs PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${program}_programs PUBLIC fuzzers_schedule_mask${bits}
    runtime_sim_platform_mask${bits})
  room_sources(sources stress/lab/yardstick)
  list(FILTER sources EXCLUDE REGEX "/yardstick\\.cc$")
  add_library(${program}_lib STATIC ${sources})
  target_link_libraries(${program}_lib PUBLIC ${program}_programs fuzzers_host)
  if(CONCERTINA_FLAVOUR STREQUAL "thread")
    target_compile_options(${program}_lib PRIVATE -fno-sanitize=thread)
  endif()
  add_executable(${program} ${CMAKE_SOURCE_DIR}/stress/lab/yardstick/yardstick.cc)
  target_link_libraries(${program} PRIVATE ${program}_lib)
  finish_program(${program})
  foreach(target ${program}_programs ${program}_lib ${program})
    optimise_whole_program(${target})
  endforeach()
endfunction()

# Where the runtime's sites are in its source, as a table for the reports.
function(add_runtime_map library)
  set(script ${CMAKE_SOURCE_DIR}/fuzzers/report/runtime_map.py)
  set(map ${CMAKE_BINARY_DIR}/generated/runtime_map_tables.cc)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${SOURCE_PATTERN}/runtime/*.cc
    ${SOURCE_PATTERN}/runtime/*.h ${SOURCE_PATTERN}/runtime/*.def)
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  add_custom_command(OUTPUT ${map}
    COMMAND ${Python3_EXECUTABLE} ${script} ${CMAKE_SOURCE_DIR} ${map}
    DEPENDS ${script} ${sources}
    VERBATIM)
  target_sources(${library} PRIVATE ${map})
endfunction()

# What every program without libFuzzer's main needs.
function(finish_program name)
  target_link_libraries(${name} PRIVATE sanitizer_options)
  if(CONCERTINA_FLAVOUR STREQUAL "none")
    target_link_libraries(${name} PRIVATE coverage_callbacks)
  endif()
endfunction()

# The interpreter's test drives its room alone, while a test that includes pipeline.h needs all rooms.
function(needs_pipeline result)
  set(${result} FALSE PARENT_SCOPE)
  foreach(file ${ARGN})
    file(STRINGS ${file} lines REGEX "#include \"pipeline\\.h\"")
    if(lines)
      set(${result} TRUE PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# GoogleTest's header is parsed once for all tests; that is a third of their build.
add_library(test_header OBJECT ${CMAKE_SOURCE_DIR}/sanitizers/cmake/test_header.cc)
target_link_libraries(test_header PRIVATE GTest::gtest)
target_compile_options(test_header PRIVATE -O0 -g1)
target_precompile_headers(test_header PRIVATE <gtest/gtest.h>)

function(add_room_tests folder)
  file(GLOB sources CONFIGURE_DEPENDS ${SOURCE_PATTERN}/${folder}/*_test.cc)
  if(folder STREQUAL "runtime/platform")
    file(GLOB below CONFIGURE_DEPENDS ${SOURCE_PATTERN}/runtime/platform/sim/*_test.cc)
    list(APPEND sources ${below})
  endif()
  if(NOT sources)
    return()
  endif()
  add_test_program(${folder} "${sources}" ${ARGN})
endfunction()

# add_platform_tests(threads FILE...) runs those tests of the runtime, which need no chosen schedule,
# and the platform's own on another platform than the simulator: one binary, runtime_threads_test.
function(add_platform_tests platform)
  file(GLOB sources CONFIGURE_DEPENDS
    ${SOURCE_PATTERN}/runtime/platform/${platform}/*_test.cc)
  list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/)
  list(APPEND sources ${ARGN})
  add_test_program(runtime/${platform} "${sources}" runtime_${platform})
endfunction()

# Programs whose tests take longest run as several tests, side by side: split_test_program(PROGRAM N)
# before they are added. Which of GoogleTest's tests are in which part does not matter.
function(split_test_program folder parts)
  set_property(GLOBAL PROPERTY CONCERTINA_PARTS_OF_${folder} ${parts})
endfunction()

# One binary of those sources with those libraries, and a test, or as many as it is split into, that
# runs it.
function(add_test_program folder sources)
  string(REPLACE "/" "_" name ${folder}_test)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARGN} GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE CONCERTINA_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  # GoogleTest's macros are most of a build's time when optimised, and nothing of a run's.
  target_compile_options(${name} PRIVATE -O0 -g1)
  target_precompile_headers(${name} REUSE_FROM test_header)
  needs_pipeline(pipeline ${sources})
  if(pipeline)
    target_link_libraries(${name} PRIVATE fuzzers fuzzers_mutate fuzzers_report)
  endif()
  # A later edit may add that include; asking again then costs half a second.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sources})
  finish_program(${name})
  get_property(parts GLOBAL PROPERTY CONCERTINA_PARTS_OF_${folder})
  if(NOT parts)
    add_gtest_run(${folder} ${name})
    return()
  endif()
  math(EXPR last "${parts} - 1")
  foreach(part RANGE ${last})
    math(EXPR ordinal "${part} + 1")
    add_gtest_run(${folder}/part${ordinal}of${parts} ${name})
    set_tests_properties(${folder}/part${ordinal}of${parts} PROPERTIES
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${parts};GTEST_SHARD_INDEX=${part}")
  endforeach()
endfunction()

# scripts/test counts the tests of a run by its report.
function(add_gtest_run test program)
  string(REPLACE "/" "_" report ${test})
  add_test(NAME ${test} COMMAND ${program} --gtest_brief=1
    --gtest_output=xml:${CMAKE_BINARY_DIR}/reports/${report}.xml)
  set_tests_properties(${test} PROPERTIES TIMEOUT ${TEST_TIMEOUT_SECONDS})
endfunction()

# What targets of every engine share, apart from the doors themselves. Not watched by TSan, like the
# rest of the harness.
function(add_targets_library)
  set(folder ${CMAKE_SOURCE_DIR}/fuzzers/targets)
  add_library(fuzzers_targets STATIC ${folder}/in_flight.cc ${folder}/mutator_afl.cc)
  target_include_directories(fuzzers_targets PUBLIC ${CMAKE_SOURCE_DIR}/fuzzers)
  target_link_libraries(fuzzers_targets PUBLIC ${ARGN})
  if(CONCERTINA_FLAVOUR STREQUAL "thread")
    target_compile_options(fuzzers_targets PRIVATE -fno-sanitize=thread)
  endif()
endfunction()

# A fuzz target with libFuzzer's main; mutator_libfuzzer.cc is its mutator, but with BYTES it has the
# engine's own byte mutations. What is in no INSTRUMENTED room and is to be seen by the engine is
# compiled into it once more (WATCHED). As a test it fuzzes for so many runs, always the same ones, from
# the files of a folder of the sources (SEEDS), which it does not write to:
# add_fuzz_target(NAME RUNS [BYTES] [SEEDS FOLDER] [WATCHED FILE...] LIBRARIES LIBRARY...).
function(add_fuzz_target name runs)
  cmake_parse_arguments(PARSE_ARGV 2 target "BYTES" "SEEDS" "WATCHED;LIBRARIES")
  set(folder ${CMAKE_SOURCE_DIR}/fuzzers/targets)
  if(NOT CONCERTINA_HAS_FUZZER OR NOT EXISTS ${CMAKE_SOURCE_DIR}/fuzzers/pipeline.cc)
    return()
  endif()
  set(doors ${folder}/mutator_libfuzzer.cc ${folder}/engine_cells_libfuzzer.cc)
  if(target_BYTES)
    set(doors "")
  endif()
  add_executable(${name} ${folder}/${name}.cc ${doors} ${target_WATCHED})
  target_link_libraries(${name} PRIVATE ${target_LIBRARIES} fuzzers_targets sanitizer_options)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  if(target_WATCHED)
    target_compile_options(${name} PRIVATE ${INSTRUMENTED_OPTIONS})
  endif()
  set(seeds "")
  if(target_SEEDS)
    file(GLOB files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/${target_SEEDS}
      ${SOURCE_PATTERN}/${target_SEEDS}/*)
    list(JOIN files "," files)
    file(WRITE ${CMAKE_BINARY_DIR}/${name}.seeds "${files}")
    set(seeds -seed_inputs=@${CMAKE_BINARY_DIR}/${name}.seeds)
  endif()
  add_test(NAME targets/${name} COMMAND ${name} -runs=${runs} -seed=1 -len_control=0 -max_len=8192
    -artifact_prefix=${CMAKE_BINARY_DIR}/reports/${name}- ${seeds}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/${target_SEEDS})
  set_tests_properties(targets/${name} PROPERTIES TIMEOUT ${TEST_TIMEOUT_SECONDS})
endfunction()

# That libFuzzer sees the feedback of fuzzers/feedback through that target.
function(add_signals_test name)
  if(NOT TARGET ${name} OR NOT TARGET concertina)
    return()
  endif()
  add_test(NAME targets/${name}_signals COMMAND ${Python3_EXECUTABLE}
    ${CMAKE_SOURCE_DIR}/scripts/lib/check_signals_target.py $<TARGET_FILE:${name}>
    $<TARGET_FILE:concertina> ${CMAKE_SOURCE_DIR}/corpus/seeds)
  set_tests_properties(targets/${name}_signals PROPERTIES TIMEOUT ${TEST_TIMEOUT_SECONDS})
endfunction()

# add_merge_test(NAME): pruning the evolved corpus of NAME loses no feature.
function(add_merge_test name)
  if(NOT TARGET ${name} OR NOT TARGET concertina)
    return()
  endif()
  add_test(NAME targets/${name}_merge COMMAND ${Python3_EXECUTABLE}
    ${CMAKE_SOURCE_DIR}/scripts/lib/check_merge.py $<TARGET_FILE:${name}>
    $<TARGET_FILE:concertina>)
  set_tests_properties(targets/${name}_merge PROPERTIES TIMEOUT ${TEST_TIMEOUT_SECONDS})
endfunction()

# add_afl_twin(NAME) makes NAME_afl: a room's library once more, with AFL++'s edge callbacks where
# the room has libFuzzer's counters. Sources and all other options are the first build's; of the
# libraries, those that have a twin give way to it, so twins are made from the bottom up.
function(add_afl_twin name)
  if(NOT CONCERTINA_HAS_AFL)
    return()
  endif()
  foreach(property SOURCES COMPILE_OPTIONS INTERFACE_INCLUDE_DIRECTORIES LINK_LIBRARIES)
    get_target_property(${property} ${name} ${property})
    if(NOT ${property})
      set(${property} "")
    endif()
  endforeach()
  set(libraries "")
  foreach(library ${LINK_LIBRARIES})
    if(TARGET ${library}_afl)
      set(library ${library}_afl)
    endif()
    list(APPEND libraries ${library})
  endforeach()
  list(GET INSTRUMENTED_OPTIONS 0 mark)
  if(mark IN_LIST COMPILE_OPTIONS)
    list(REMOVE_ITEM COMPILE_OPTIONS ${INSTRUMENTED_OPTIONS})
    list(APPEND COMPILE_OPTIONS ${AFL_INSTRUMENTED_OPTIONS})
  endif()
  add_library(${name}_afl STATIC ${SOURCES})
  set_target_properties(${name}_afl PROPERTIES COMPILE_OPTIONS "${COMPILE_OPTIONS}")
  target_include_directories(${name}_afl PUBLIC ${INTERFACE_INCLUDE_DIRECTORIES})
  target_link_libraries(${name}_afl PUBLIC ${libraries})
endfunction()

# The same fuzz target for AFL++: NAME_afl, persistent, its inputs in shared memory. Its test
# replays the seeds and compares the maps of two runs.
function(add_afl_target name)
  if(NOT CONCERTINA_HAS_AFL)
    return()
  endif()
  set(folder ${CMAKE_SOURCE_DIR}/fuzzers/targets)
  add_executable(${name}_afl ${folder}/${name}.cc ${folder}/afl_process.cc
    ${folder}/engine_cells_afl.cc)
  target_link_libraries(${name}_afl PRIVATE
    ${ARGN} fuzzers_targets sanitizer_options ${AFL_DRIVER} ${AFL_RUNTIME})
  add_test(NAME targets/${name}_afl COMMAND ${Python3_EXECUTABLE}
    ${CMAKE_SOURCE_DIR}/scripts/lib/check_afl_target.py $<TARGET_FILE:${name}_afl>
    $<TARGET_FILE:concertina> ${CMAKE_SOURCE_DIR}/corpus/seeds ${AFL_SHOWMAP})
  set_tests_properties(targets/${name}_afl PROPERTIES TIMEOUT ${TEST_TIMEOUT_SECONDS})
endfunction()

# The mutator as a module for afl-fuzz, which is a plain program: no sanitizer, so in one flavour
# only. The rooms that it is made of become position-independent.
function(add_afl_mutator name)
  if(NOT CONCERTINA_FLAVOUR STREQUAL "none")
    return()
  endif()
  add_library(${name} MODULE ${CMAKE_SOURCE_DIR}/fuzzers/targets/${name}.cc)
  set_target_properties(${ARGN} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  set_target_properties(${name} PROPERTIES PREFIX "" CXX_VISIBILITY_PRESET hidden)
  target_link_libraries(${name} PRIVATE ${ARGN})
  target_link_options(${name} PRIVATE -Wl,--no-undefined -Wl,--exclude-libs,ALL)
endfunction()

# A command-line program from fuzzers/tools: NAME.cc has its main, the rest is the library
# NAME_tool, which the room's tests link.
function(add_tool name)
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/fuzzers/pipeline.cc)
    return()
  endif()
  room_sources(sources fuzzers/tools)
  list(FILTER sources EXCLUDE REGEX "/${name}\\.cc$")
  add_library(${name}_tool STATIC ${sources})
  target_link_libraries(${name}_tool PUBLIC ${ARGN})
  target_compile_definitions(${name}_tool PRIVATE CONCERTINA_FLAVOUR="${CONCERTINA_FLAVOUR}")
  if(CONCERTINA_FLAVOUR STREQUAL "thread")
    # As the rooms of the harness: inline functions of choosers end up here, too, and the linker takes
    # the first of equal ones.
    target_compile_options(${name}_tool PRIVATE -fno-sanitize=thread)
  endif()
  add_executable(${name} ${CMAKE_SOURCE_DIR}/fuzzers/tools/${name}.cc)
  # It only parses options; with a sanitizer that one file would be a third of the whole build.
  target_compile_options(${name} PRIVATE -O0 -g1 -fno-sanitize=all)
  target_link_libraries(${name} PRIVATE ${name}_tool)
  finish_program(${name})
endfunction()

# Every stored case is replayed in every flavour.
function(add_corpus_test folder)
  if(NOT TARGET concertina)
    return()
  endif()
  add_test(NAME corpus/${folder} COMMAND ${Python3_EXECUTABLE}
    ${CMAKE_SOURCE_DIR}/scripts/lib/replay_folder.py $<TARGET_FILE:concertina>
    ${CMAKE_SOURCE_DIR}/corpus/${folder})
  set_tests_properties(corpus/${folder} PROPERTIES TIMEOUT ${TEST_TIMEOUT_SECONDS})
endfunction()

# Every schedule of the litmus set with at most so many preemptions must pass, in every flavour.
function(add_litmus_test bound)
  if(NOT TARGET concertina)
    return()
  endif()
  file(GLOB programs CONFIGURE_DEPENDS ${SOURCE_PATTERN}/corpus/litmus/*.case)
  add_test(NAME corpus/litmus_verified COMMAND concertina verify --bound ${bound} ${programs})
  set_tests_properties(corpus/litmus_verified PROPERTIES TIMEOUT ${TEST_TIMEOUT_SECONDS})
endfunction()

# Scripts do not depend on the flavour, so they are tested in one.
function(add_script_test name script)
  if(NOT CONCERTINA_FLAVOUR STREQUAL "none" OR NOT EXISTS ${CMAKE_SOURCE_DIR}/${script})
    return()
  endif()
  set(command ${CMAKE_SOURCE_DIR}/${script})
  if(script MATCHES "\\.py$")  # the others are doors
    list(PREPEND command ${Python3_EXECUTABLE})
  endif()
  add_test(NAME scripts/${name} COMMAND ${command} ${ARGN})
  set_tests_properties(scripts/${name} PROPERTIES TIMEOUT ${TEST_TIMEOUT_SECONDS})
endfunction()

# Benchmarks measure what ships: one flavour, and nothing when Google Benchmark is not there.
# Boost.Fiber is a peer, and may be missing alone.
function(add_benchmarks folder)
  if(NOT CONCERTINA_FLAVOUR STREQUAL "none")
    return()
  endif()
  find_package(benchmark QUIET)
  if(NOT benchmark_FOUND)
    message(STATUS "libbenchmark-dev is not installed (scripts/setup --bench does that): no bench_ours")
    return()
  endif()
  room_sources(sources ${folder}/ours)
  add_executable(bench_ours ${sources})
  target_link_libraries(bench_ours PRIVATE runtime_threads benchmark::benchmark)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(bench_ours PRIVATE -O3 -flto=thin)
  endif()
  finish_program(bench_ours)
  # Every workload runs to its end and finds its own results right; how fast is nobody's test.
  add_test(NAME bench/smoke COMMAND bench_ours --ops=1000)
  set_tests_properties(bench/smoke PROPERTIES TIMEOUT ${TEST_TIMEOUT_SECONDS})
  find_library(BOOST_FIBER NAMES libboost_fiber.a boost_fiber)
  if(NOT BOOST_FIBER)
    message(STATUS "libboost-fiber-dev is not installed (scripts/setup --bench does that): no bench_boost")
    return()
  endif()
  room_sources(boost_sources ${folder}/boost)
  add_executable(bench_boost ${boost_sources})
  target_link_libraries(bench_boost PRIVATE ${BOOST_FIBER} ${BOOST_CONTEXT} benchmark::benchmark)
endfunction()
