# What a flavour adds to every compile and link.
#
# - use-after-return=never: ASan's fake stacks would keep locals outside of the fiber that owns
#   them.
# - no-sanitize-recover=all: a report that lets the run continue is one that is never seen.
# - lld, because links of three flavours are most of the time of an incremental build.
add_compile_options(-g -fno-omit-frame-pointer -Wall -Wextra -Wshadow)
if(CONCERTINA_WERROR)
  add_compile_options(-Werror)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Reports name files from the project's root, the same in every checkout and mutant.
  add_compile_options(-fdebug-prefix-map=${CMAKE_SOURCE_DIR}/= -fdebug-compilation-dir=.)
  add_link_options(-fuse-ld=lld)
  # A precompiled header that does not say when it was made: else no compiler cache knows it again.
  set(HEADER_WITHOUT_TIME "SHELL:-Xclang -fno-pch-timestamp")
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
  # With the second, counters are in the profile's file from the start (its name has %c), so that
  # those of child processes count, however they end.
  add_compile_options(-O1 ${flavour_flags} "SHELL:-mllvm -runtime-counter-relocation")
  add_compile_definitions(CONCERTINA_COVERAGE=1)  # assertions are not counted (base/check.h)
elseif(CONCERTINA_FLAVOUR STREQUAL "none")
  set(flavour_flags "")
  add_compile_options(-O2)
else()
  message(FATAL_ERROR
    "CONCERTINA_FLAVOUR is '${CONCERTINA_FLAVOUR}'; it must be address, thread, none or coverage")
endif()
add_link_options(${flavour_flags})

# Code that ThreadSanitizer must not look at: it runs inside the simulator on behalf of all virtual
# threads, and its bookkeeping would be taken for races.
function(leave_unwatched target)
  if(CONCERTINA_FLAVOUR STREQUAL "thread")
    target_compile_options(${target} PRIVATE -fno-sanitize=thread)
  endif()
endfunction()

# The same for some files of a target in this directory. Their paths are from the project's root.
function(leave_sources_unwatched)
  if(CONCERTINA_FLAVOUR STREQUAL "thread")
    list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/)
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -fno-sanitize=thread)
  endif()
endfunction()

# What every program without libFuzzer's main links: the options of its sanitizer, and callbacks for
# instrumented objects where there is no sanitizer's runtime.
function(link_sanitizer_options program)
  target_link_libraries(${program} PRIVATE sanitizer_options)
  if(CONCERTINA_FLAVOUR STREQUAL "none")
    target_link_libraries(${program} PRIVATE coverage_callbacks)
  endif()
endfunction()
