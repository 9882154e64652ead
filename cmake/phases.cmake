# The cells of the experiment `phases`: small executables, compiled with the probe.
#
#   cells/<id>/phases-c, phases-cxx   one pair for each compiler and setting
#   cells/phases.tsv                  executable, toolchain string, and `quick` or `full`: the modes that run it
#
# The counts are those of the source text and cannot depend on the setting; that they do not is one of the results. It
# is found by each setting at -O2, and by each level with sibling calls and exceptions; by all of both where
# ABREAST_MATRIX is full, or ABREAST_CHECKED all.
# The product code that is not in headers comes from abreast_probed.

# The forms in C.
set(phases_sources table floor awaitables senders pipelines)

set(phases_list "")
set(phases_built "")

macro(phases_link compiler toolchain mode output)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${compiler} ${objects} $<TARGET_FILE:phases_cell> $<TARGET_FILE:abreast_probed> ${URING_LINK_LIBRARIES}
            -pthread -o ${output}
    DEPENDS ${objects} phases_cell abreast_probed
    COMMENT "${toolchain}: linking"
    VERBATIM)
  list(APPEND phases_built ${output})
  file(RELATIVE_PATH relative ${cells_dir} ${output})
  string(APPEND phases_list "${relative}\t${toolchain}\t${mode}\n")
endmacro()

function(phases_add id level sibling exceptions mode)
  if(NOT ABREAST_MATRIX STREQUAL "full" AND NOT ABREAST_CHECKED STREQUAL "all" AND NOT level STREQUAL "2"
     AND NOT "${sibling} ${exceptions}" STREQUAL "on on")
    return()
  endif()
  set(toolchain "${id} O${level} sib=${sibling} exc=${exceptions} san=none")
  set(directory ${cells_dir}/${id}-O${level}-sib-${sibling}-exc-${exceptions})
  cells_share(${id} ${level} ${sibling} ${exceptions})
  file(MAKE_DIRECTORY ${directory})
  set(on "")
  set(off no-)
  set(flags -O${level} -f${${sibling}}optimize-sibling-calls -f${${exceptions}}exceptions)
  set(probed -DABREAST_PROBE ${abreast_warnings})
  set(objects "")
  foreach(name IN LISTS phases_sources)
    cells_object(${cells_cc_${id}} "-std=gnu17;${flags};${probed}" "${toolchain}" ${directory} bench/phases/${name}.c
                 phases-${name})
  endforeach()
  phases_link(${cells_cc_${id}} "${toolchain}" ${mode} ${directory}/phases-c)

  set(cxx ${cells_cxx_${id}})
  cells_check_cxx(${cxx} reason)
  if(NOT reason)
    set(objects "")
    set(sanitizer none)
    cells_precompile()
    cells_cxx_object("${probed}" bench/cxx/phases.cpp phases-cxx)
    phases_link(${cxx} "${toolchain}" ${mode} ${directory}/phases-cxx)
  endif()
  set(phases_list "${phases_list}" PARENT_SCOPE)
  set(phases_built ${phases_built} PARENT_SCOPE)
endfunction()

if(ABREAST_SANITIZE STREQUAL "none")
  add_library(phases_cell STATIC ${CMAKE_SOURCE_DIR}/bench/phases/main.c ${CMAKE_SOURCE_DIR}/bench/phases/run.c)
  target_compile_definitions(phases_cell PRIVATE ABREAST_PROBE)
  target_link_libraries(phases_cell PRIVATE PkgConfig::URING)
  foreach(id IN LISTS cells_all)
    foreach(level IN LISTS ABREAST_LEVELS)
      foreach(sibling on off)
        foreach(exceptions on off)
          set(mode full)
          if(id IN_LIST cells_quick)
            set(mode quick)
          endif()
          phases_add(${id} ${level} ${sibling} ${exceptions} ${mode})
        endforeach()
      endforeach()
    endforeach()
  endforeach()
endif()

# The same by this build's compiler, for tests/unit/test_phases.c.
list(TRANSFORM phases_sources REPLACE "(.+)" "${CMAKE_SOURCE_DIR}/bench/phases/\\1.c")
add_library(phases_forms STATIC EXCLUDE_FROM_ALL ${phases_sources} ${CMAKE_SOURCE_DIR}/bench/phases/run.c)
target_compile_definitions(phases_forms PRIVATE ABREAST_PROBE "ABREAST_TOOLCHAIN=\"${bench_main_toolchain}\"")
target_link_libraries(phases_forms PRIVATE PkgConfig::URING)

file(CONFIGURE OUTPUT ${cells_dir}/phases.tsv CONTENT "${phases_list}" @ONLY)
add_custom_target(phases_cells ALL DEPENDS ${phases_built})
