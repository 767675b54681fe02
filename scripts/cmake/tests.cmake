# Tests of ctest: what runs a program, a Python script, or a program of GoogleTest's.

# No test takes a minute on an idle machine, in any flavour (scripts/test says which come near it).
# The limit is for what hangs, and must not meet a slow machine that has other work.
set(TEST_TIMEOUT_SECONDS 1800)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/reports)

# add_run_test(NAME PROGRAM ARGUMENT...): exit code 0 is success.
function(add_run_test name)
  add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${TEST_TIMEOUT_SECONDS})
endfunction()

# add_python_test(NAME SCRIPT ARGUMENT...): SCRIPT is a path from the project's root. It finds the
# modules of scripts/lib, wherever it is itself.
function(add_python_test name script)
  add_run_test(${name} ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/${script} ${ARGN})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT PYTHONPATH=${CMAKE_SOURCE_DIR}/scripts/lib)
endfunction()

# GoogleTest's header is parsed once for all tests; that is a third of their build.
add_library(test_header OBJECT ${CMAKE_CURRENT_LIST_DIR}/test_header.cc)
target_link_libraries(test_header PRIVATE GTest::gtest)
target_compile_options(test_header PRIVATE -O0 -g1)
target_precompile_headers(test_header PRIVATE <gtest/gtest.h>)
target_compile_options(test_header PRIVATE ${HEADER_WITHOUT_TIME})

# add_test_program(NAME LIBRARY... SOURCES FILE... [PARTS N]): one program of those sources with
# those libraries, runtime_chan_test for the name runtime/chan, and a test that runs it. A program
# whose tests take long runs as several tests, NAME/part1ofN and so on, side by side and before the
# others; which of GoogleTest's tests are in which part does not matter.
function(add_test_program name)
  cmake_parse_arguments(PARSE_ARGV 1 test "" "PARTS" "SOURCES")
  string(REPLACE "/" "_" program ${name}_test)
  add_executable(${program} ${test_SOURCES})
  target_link_libraries(${program} PRIVATE ${test_UNPARSED_ARGUMENTS} GTest::gtest_main)
  target_compile_definitions(${program} PRIVATE CONCERTINA_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  # GoogleTest's macros are most of a build's time when optimised, and nothing of a run's.
  target_compile_options(${program} PRIVATE -O0 -g1)
  target_precompile_headers(${program} REUSE_FROM test_header)
  link_sanitizer_options(${program})
  if(NOT test_PARTS)
    add_gtest_run(${name} ${program})
    return()
  endif()
  foreach(part RANGE 1 ${test_PARTS})
    math(EXPR index "${part} - 1")
    add_gtest_run(${name}/part${part}of${test_PARTS} ${program})
    set_tests_properties(${name}/part${part}of${test_PARTS} PROPERTIES COST 1
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${test_PARTS};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()

# scripts/test counts the tests of a run by its report.
function(add_gtest_run test program)
  string(REPLACE "/" "_" report ${test})
  add_run_test(${test} ${program} --gtest_brief=1
    --gtest_output=xml:${CMAKE_BINARY_DIR}/reports/${report}.xml)
endfunction()
