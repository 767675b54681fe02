# Rooms: a folder of sources is a library, its *_test.cc files are one test program. Folders are
# named from the project's root; fuzzers/input becomes fuzzers_input and fuzzers_input_test.

# Files of the given folders (not below them) that match `pattern`.
function(find_files result pattern)
  # For file(GLOB): a '*' or '?' in the checkout's own path means itself.
  string(REGEX REPLACE "([*?])" "[\\1]" root "${CMAKE_SOURCE_DIR}")
  list(TRANSFORM ARGN REPLACE "(.+)" "${root}/\\1/${pattern}")
  set(found "")
  foreach(folder ${ARGN})
    file(GLOB files CONFIGURE_DEPENDS ${folder})
    list(APPEND found ${files})
  endforeach()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# Sources of the given folders, without tests.
function(find_sources result)
  find_files(found *.cc ${ARGN})
  list(FILTER found EXCLUDE REGEX "_test\\.cc$")
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# The standard library's headers are two thirds of what the compiler reads for a room, so they are
# read once for all rooms with the same options. A file still includes what it uses.
add_library(room_header OBJECT ${CMAKE_CURRENT_LIST_DIR}/room_header.cc)
target_precompile_headers(room_header PRIVATE <algorithm> <array> <cstdint> <filesystem>
  <functional> <map> <memory> <set> <span> <string> <string_view> <vector>)
target_compile_options(room_header PRIVATE ${HEADER_WITHOUT_TIME})
set_target_properties(room_header PROPERTIES POSITION_INDEPENDENT_CODE ON)  # for AFL++'s mutator
leave_unwatched(room_header)
function(use_room_header target)
  target_precompile_headers(${target} REUSE_FROM room_header)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

# add_room(FOLDER LIBRARY... [INSTRUMENTED | PURE] [TEST_PARTS N] [TESTS_LINK LIBRARY...]): a room
# of the harness, with the rooms whose objects it needs. TEST_PARTS: see tests.cmake. TESTS_LINK:
# what its tests need besides the room.
#
# INSTRUMENTED is for code under test. The rest of the harness runs on one thread, or inside the
# simulator on behalf of all virtual threads (choosers, the pipeline's step recorder), where
# ThreadSanitizer would take its bookkeeping for races; without it, judging is also twice as fast.
#
# PURE is for a room of such code that starts no thread or process and asks for no sanitizer, and
# whose tests run no input. In flavour thread it is what it is in flavour none, so its tests would
# find nothing more there, and are left out.
function(add_room folder)
  cmake_parse_arguments(PARSE_ARGV 1 room "INSTRUMENTED;PURE" "TEST_PARTS" "TESTS_LINK")
  string(REPLACE "/" "_" name ${folder})
  find_sources(sources ${folder})
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/fuzzers)
  target_link_libraries(${name} PUBLIC ${room_UNPARSED_ARGUMENTS})
  if(room_INSTRUMENTED)
    target_compile_options(${name} PRIVATE ${INSTRUMENTED_OPTIONS})
  else()
    leave_unwatched(${name})
    use_room_header(${name})
  endif()
  if(NOT (room_PURE AND CONCERTINA_FLAVOUR STREQUAL "thread"))
    add_room_tests(${folder} ${name} ${room_TESTS_LINK} PARTS ${room_TEST_PARTS})
  endif()
endfunction()

# add_room_tests(FOLDER LIBRARY... [PARTS N]): the tests of a folder, if it has any.
function(add_room_tests folder)
  find_files(sources *_test.cc ${folder})
  if(sources)
    add_test_program(${folder} ${ARGN} SOURCES ${sources})
  endif()
endfunction()
