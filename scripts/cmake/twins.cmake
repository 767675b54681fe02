# add_twin(NAME SUFFIX) makes NAME_SUFFIX: a library once more, for other options. Its sources and
# options are the first build's; of the libraries, those that have a twin give way to it, so twins
# are made from the bottom up, and where the first was made: options of single files are a folder's.
function(add_twin name suffix)
  foreach(property SOURCES COMPILE_OPTIONS INTERFACE_INCLUDE_DIRECTORIES LINK_LIBRARIES)
    get_target_property(${property} ${name} ${property})
    if(NOT ${property})
      set(${property} "")
    endif()
  endforeach()
  set(libraries "")
  foreach(library ${LINK_LIBRARIES})
    if(TARGET ${library}_${suffix})
      set(library ${library}_${suffix})
    endif()
    list(APPEND libraries ${library})
  endforeach()
  add_library(${name}_${suffix} STATIC ${SOURCES})
  set_target_properties(${name}_${suffix} PROPERTIES COMPILE_OPTIONS "${COMPILE_OPTIONS}")
  target_include_directories(${name}_${suffix} PUBLIC ${INTERFACE_INCLUDE_DIRECTORIES})
  target_link_libraries(${name}_${suffix} PUBLIC ${libraries})
endfunction()

# NAME_afl has AFL++'s edge callbacks where the room has libFuzzer's counters.
function(add_afl_twin name)
  if(NOT CONCERTINA_HAS_AFL)
    return()
  endif()
  add_twin(${name} afl)
  get_target_property(options ${name} COMPILE_OPTIONS)
  list(GET INSTRUMENTED_OPTIONS 0 mark)
  if(mark IN_LIST options)
    list(REMOVE_ITEM options ${INSTRUMENTED_OPTIONS})
    list(APPEND options ${AFL_INSTRUMENTED_OPTIONS})
    set_target_properties(${name}_afl PROPERTIES COMPILE_OPTIONS "${options}")
  endif()
endfunction()

# NAME_yardstick is for simulations of up to 128 virtual threads
# (runtime/platform/sim/thread_mask.h), with the yardstick's sites. A program that links a room
# and a twin does not configure: the layouts of a World differ.
function(add_yardstick_twin name)
  set(twin ${name}_yardstick)
  add_twin(${name} yardstick)
  target_compile_definitions(${twin} PUBLIC CONCERTINA_THREADS_MAX=128
    CONCERTINA_MORE_SITES="${CMAKE_SOURCE_DIR}/stress/lab/yardstick/sites.def")
  set_property(TARGET ${name} PROPERTY INTERFACE_CONCERTINA_THREADS 16)
  set_property(TARGET ${twin} PROPERTY INTERFACE_CONCERTINA_THREADS 128)
  set_property(TARGET ${name} ${twin} APPEND PROPERTY
    COMPATIBLE_INTERFACE_STRING CONCERTINA_THREADS)
  optimise_whole_program(${twin})
endfunction()
