# add_program(NAME LIBRARY FOLDERS FOLDER... LINK LIBRARY...): NAME.cc in the first folder has the
# program's main; the other sources of the folders are LIBRARY, which the tests link, too.
function(add_program name library)
  cmake_parse_arguments(PARSE_ARGV 2 program "" "" "FOLDERS;LINK")
  find_sources(sources ${program_FOLDERS})
  list(GET program_FOLDERS 0 folder)
  set(main ${CMAKE_SOURCE_DIR}/${folder}/${name}.cc)
  list(REMOVE_ITEM sources ${main})
  add_library(${library} STATIC ${sources})
  target_link_libraries(${library} PUBLIC ${program_LINK})
  add_executable(${name} ${main})
  target_link_libraries(${name} PRIVATE ${library})
  link_sanitizer_options(${name})
endfunction()

# What is measured is one program of a few rooms: in the flavour none their functions are inlined
# into each other. (In the other programs a link would take longer than it gains.)
function(optimise_whole_program)
  if(CONCERTINA_FLAVOUR STREQUAL "none")
    set_target_properties(${ARGN} PROPERTIES INTERPROCEDURAL_OPTIMIZATION ON)
  endif()
endfunction()
