# The cells of what operations cost, by every compiler at every setting: the executables cells/<id>/costs, which do what
# `abreast measure` does (bench/costs.c): sizes, allocations, instructions; no times.
#
# An experiment is one word in a list below. It is made of bench/<name>.c, bench/<name>/*.c and, where there is a C++
# compiler, bench/cxx/<name>.cpp and <name>_*.cpp; or of what a variable costs_sources_<name> says. What is on the path
# of an operation is compiled again for each setting (costs_product too); the rest comes from abreast_bench and
# abreast_core, as this build has it. The setting of the main executable is left out: that one measures itself.
#
# Unless ABREAST_MATRIX is full, instructions are counted only where products are built, at -O2 with sibling calls
# (bench/command_run.c). Other settings are checked, for sizes and allocations: they have what those depend on, which is
# the experiments' own code (ABREAST_QUICK_CELLS and ABREAST_CHECKED_CELLS, bench/opstate/functions.h). With exceptions
# and sibling calls each level is checked; other settings only where ABREAST_CHECKED is all: no size depends on sibling
# calls, and without exceptions some C++ coroutine frames have up to 16 bytes less, which g++ shows at -O2 too.

set(ABREAST_CHECKED "" CACHE STRING "all: sizes and allocations at every setting; empty: as ABREAST_MATRIX says")

# At every setting; and only at that of products built without exceptions, -O2 with sibling calls.
set(costs_everywhere opstate frames echo)
set(costs_once grid bridges mitigations fanout)

set(costs_sources_frames bench/frames.c)
set(costs_sources_echo bench/echo.c bench/echo_memory.c bench/loops.c bench/floor.c bench/forms/cxx.c awaitable/loop.c
                       sender/loop.c)
set(costs_product awaitable/any_stream.c awaitable/io.c awaitable/run.c awaitable/when_all.c common/coroutine.c
                  common/frame_allocator.c common/process.c common/stream.c common/stream_memory.c)
# Besides, where costs_once is measured: the other forms of the loop.
file(GLOB costs_forms CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/bench/forms/*.c)
list(REMOVE_ITEM costs_forms bench/forms/cxx.c)

foreach(name IN LISTS costs_everywhere costs_once)
  if(NOT costs_sources_${name})
    file(GLOB costs_sources_${name} CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/bench/${name}.c
         ${CMAKE_SOURCE_DIR}/bench/${name}/*.c)
  endif()
  file(GLOB costs_cxx_sources_${name} CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}
       ${CMAKE_SOURCE_DIR}/bench/cxx/${name}.cpp ${CMAKE_SOURCE_DIR}/bench/cxx/${name}_*.cpp)
endforeach()

# In place of bench/experiments.def: those of one executable.
function(costs_list file)
  list(TRANSFORM ARGN REPLACE "(.+)" "EXPERIMENT(\\1)\n")
  list(JOIN ARGN "" text)
  file(CONFIGURE OUTPUT ${cells_dir}/${file} CONTENT "${text}" @ONLY)
endfunction()
costs_list(costs_everywhere.def ${costs_everywhere})
costs_list(costs_once.def ${costs_everywhere} ${costs_once})

# Where nothing is counted, the C++ files of costs_everywhere are two translation units: one of those whose names end in
# _link or _step, which others call and must not see, and one of all others. So headers are read twice a setting and not
# eight times. Sizes and allocations stay the same; instructions would not, for g++ inlines otherwise. The files share
# one anonymous namespace, and g++ warns of its types in included files.
set(costs_merged "")
foreach(name IN LISTS costs_everywhere)
  list(APPEND costs_merged ${costs_cxx_sources_${name}})
endforeach()
set(costs_callees ${costs_merged})
list(FILTER costs_callees INCLUDE REGEX "_(link|step)\\.cpp$")
set(costs_callers ${costs_merged})
list(FILTER costs_callers EXCLUDE REGEX "_(link|step)\\.cpp$")
set(costs_cxx_merged "")
foreach(part callers callees)
  list(TRANSFORM costs_${part} REPLACE "(.+)" "#include \"\\1\"\n")
  list(JOIN costs_${part} "" text)
  file(CONFIGURE OUTPUT ${cells_dir}/costs_${part}.cpp CONTENT "#if !defined __clang__
#pragma GCC diagnostic ignored \"-Wsubobject-linkage\"
#endif
${text}" @ONLY)
  file(RELATIVE_PATH source ${CMAKE_SOURCE_DIR} ${cells_dir}/costs_${part}.cpp)
  list(APPEND costs_cxx_merged ${source})
endforeach()

# Called by cells_add, in whose terms this is.
function(costs_add)
  if(toolchain STREQUAL bench_main_toolchain OR NOT sanitizer STREQUAL "none")
    return()
  endif()
  set(list costs_everywhere)
  set(experiments ${costs_everywhere})
  set(sources bench/experiments.c)
  set(definitions -DABREAST_FORMS_WITH_TWINS)
  set(counted yes)
  set(reduced "")
  if(NOT ABREAST_MATRIX STREQUAL "full")
    set(reduced -DABREAST_QUICK_CELLS)
    if(NOT "${level} ${sibling}" STREQUAL "2 on")
      if(NOT ABREAST_CHECKED STREQUAL "all" AND NOT "${sibling} ${exceptions}" STREQUAL "on on")
        return()
      endif()
      set(counted no)
      list(APPEND reduced -DABREAST_CHECKED_CELLS)
    endif()
  endif()
  # A build with the driver loop has another protocol than the cells.
  if(counted OR ABREAST_TRANSFER_CHECK STREQUAL "grows")
    list(APPEND sources ${costs_product})
  endif()
  if("${level} ${sibling} ${exceptions}" STREQUAL "2 on off")
    set(list costs_once)
    list(APPEND experiments ${costs_once})
    list(APPEND sources ${costs_forms})
    string(REPLACE exc=off exc=on boundary_toolchain "${toolchain}")
    set(definitions "-DABREAST_BOUNDARY_TOOLCHAIN=\"${boundary_toolchain}\"")
  endif()
  foreach(name IN LISTS experiments)
    list(APPEND sources ${costs_sources_${name}})
    list(APPEND cxx_sources ${costs_cxx_sources_${name}})
  endforeach()
  list(APPEND definitions ${reduced} "-DABREAST_EXPERIMENTS=\"${cells_dir}/${list}.def\"")
  if(NOT cxx)
    list(APPEND definitions "-DABREAST_CXX_UNAVAILABLE=\"${cxx_reason}\"")
  endif()

  set(objects ${product_objects})
  file(MAKE_DIRECTORY ${directory}/costs-objects)
  foreach(source IN LISTS sources)
    string(REGEX REPLACE "[/.]" "-" name ${source})
    cells_object(${cc} "${c_flags};${abreast_warnings};${definitions}" "${toolchain}" ${directory} ${source}
                 costs-objects/${name})
    if(list STREQUAL "costs_once" AND ${CMAKE_SOURCE_DIR}/${source} IN_LIST bench_boundary_sources)
      cells_object(${cc} "${c_flags};${abreast_warnings};${bench_boundary_flags}" "${toolchain}" ${directory} ${source}
                   costs-objects/${name}-boundary)
    endif()
  endforeach()
  if(cxx)
    bench_cxx_options("${toolchain}" cxx_flags)
    if(NOT counted)
      set(cxx_sources ${costs_cxx_merged})
    endif()
    foreach(source IN LISTS cxx_sources)
      string(REGEX REPLACE "^.*/cells/" "" name ${source})
      string(REGEX REPLACE "[/.]" "-" name ${name})
      cells_cxx_object("${cxx_flags};${reduced}" ${source} costs-objects/${name})
    endforeach()
  endif()
  set(linker ${bench_linker})
  if(cxx AND NOT CMAKE_CXX_COMPILER)
    set(linker ${cxx})
  endif()
  add_custom_command(
    OUTPUT ${directory}/costs
    COMMAND ${linker} ${objects} $<TARGET_FILE:cost_cell> $<TARGET_FILE:abreast_bench>
            $<TARGET_FILE:abreast_core> ${URING_LINK_LIBRARIES} ${cells_linker} -pthread -lm -o ${directory}/costs
    DEPENDS ${objects} cost_cell abreast_bench abreast_core
    COMMENT "${toolchain}: linking"
    VERBATIM)
  cells_record(cost_cells ${directory}/costs)
  set(cells_manifest ${cells_manifest} PARENT_SCOPE)
endfunction()
