# Cells: small executables, the same sources compiled by several compilers, each with its own flags whatever those of this
# build are.
#
#   cells/<id>/stack-c, stack-cxx   the experiments `stack` and `finals`: one pair for each compiler x level x sibling
#                                   calls x exceptions x sanitizer
#   cells/<id>/costs                what operations cost (costs.cmake: at which of them, and where an experiment
#                                   is added by one word)
#   cells/manifest.tsv              executable, toolchain string, and `quick` or `full`: the modes that run it
#   cells/skipped.tsv               what is missing, and why
#
# ABREAST_MATRIX decides how many compilers take part: quick has the default gcc and the newest clang, full all of them.
# ABREAST_COMPILERS names them instead (gcc, clang-19, gcc-12.2.0, all); ABREAST_LEVELS and ABREAST_SANITIZERS have the
# rest.
# Only the mechanisms and the product code on their path are compiled again for each cell, and instrumented where that is
# asked for; the meter is compiled once, and never instrumented. Each object has a rule of its own, with the dependencies
# that its compiler found; those in C++ share a precompiled header. At -O0 the settings with and without sibling calls
# share their objects, where the compiler makes the same of both.

set(ABREAST_COMPILERS "" CACHE STRING "the compilers of the cells: names, or all; empty: as ABREAST_MATRIX says")
set(ABREAST_LEVELS "0;1;2" CACHE STRING "the optimisation levels of the cells")
set(ABREAST_SANITIZERS "none" CACHE STRING "the sanitizers of the cells: none, address, undefined, thread")

# Dependency files name their objects as Ninja does, from the build folder; CMake's rewrite of each would take longer than
# many a compilation.
cmake_policy(SET CMP0116 OLD)

set(cells_dir ${CMAKE_BINARY_DIR}/cells)
set(cells_manifest "")
set(cells_skipped "")

function(cells_skip what reason)
  message(STATUS "Cells: ${what} skipped: ${reason}")
  set(cells_skipped "${cells_skipped}${what}\t${reason}\n" PARENT_SCOPE)
endfunction()

# --- The compilers: entries "id;cc;cxx", as gcc-12.2.0;/usr/bin/gcc;/usr/bin/g++ ---

# What `cc` says that it is: "gcc-12.2.0", "clang-19.1.7", or empty.
function(cells_identify cc result)
  execute_process(COMMAND ${cc} --version OUTPUT_VARIABLE text ERROR_QUIET)
  if(text MATCHES "clang version ([0-9]+\\.[0-9]+\\.[0-9]+)")
    set(${result} clang-${CMAKE_MATCH_1} PARENT_SCOPE)
    return()
  endif()
  execute_process(COMMAND ${cc} -dumpfullversion OUTPUT_VARIABLE text OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(text MATCHES "^[0-9]+\\.[0-9]+\\.[0-9]+$")
    set(${result} gcc-${text} PARENT_SCOPE)
  else()
    set(${result} "" PARENT_SCOPE)
  endif()
endfunction()

# Adds the compiler `cc`, if it is one and its version is new, to the variables cells_gcc or cells_clang (sort keys) and
# cells_cc_<id>, cells_cxx_<id>.
macro(cells_add_compiler cc cxx)
  cells_identify(${cc} cells_id)
  if(cells_id AND NOT DEFINED cells_cc_${cells_id})
    set(cells_cc_${cells_id} ${cc})
    set(cells_cxx_${cells_id} ${cxx})
    string(REGEX REPLACE "-.*" "" cells_family ${cells_id})
    list(APPEND cells_${cells_family} ${cells_id})
  endif()
endmacro()

macro(cells_find_compilers)
  set(cells_gcc "")
  set(cells_clang "")
  string(REPLACE ":" ";" cells_path "$ENV{PATH}")
  set(cells_candidates "")
  foreach(directory IN LISTS cells_path)
    file(GLOB found ${directory}/gcc ${directory}/gcc-[0-9]* ${directory}/clang ${directory}/clang-[0-9]*)
    list(FILTER found INCLUDE REGEX "/(gcc|clang)(-[0-9]+)?$")
    list(APPEND cells_candidates ${found})
  endforeach()
  foreach(cc IN LISTS cells_candidates)
    cmake_path(GET cc FILENAME name)
    cmake_path(GET cc PARENT_PATH directory)
    string(REPLACE gcc g++ name ${name})
    string(REPLACE clang clang++ name ${name})
    cells_add_compiler(${cc} ${directory}/${name})
  endforeach()
  # The default gcc, plain `gcc`, stays first; the newest clang goes first.
  list(SORT cells_clang COMPARE NATURAL ORDER DESCENDING)
  foreach(family gcc clang)
    if(NOT cells_${family})
      cells_skip("${family}" "no ${family} was found: install one to see what it makes of the same sources")
    endif()
  endforeach()
endmacro()

# The compilers that ABREAST_COMPILERS names: "all", or "gcc" is the default gcc, "clang" the newest clang, "clang-19" that clang.
function(cells_name_compilers result)
  set(named "")
  if(ABREAST_COMPILERS STREQUAL "all")
    set(${result} ${cells_gcc} ${cells_clang} PARENT_SCOPE)
    return()
  endif()
  foreach(name IN LISTS ABREAST_COMPILERS)
    set(matching ${cells_gcc} ${cells_clang})
    string(REPLACE "." "\\." pattern ${name})
    list(FILTER matching INCLUDE REGEX "^${pattern}([-.]|$)")
    if(NOT matching)
      list(JOIN cells_gcc " " gcc)
      list(JOIN cells_clang " " clang)
      message(FATAL_ERROR "ABREAST_COMPILERS names '${name}', which was not found; there are: ${gcc} ${clang}")
    endif()
    list(GET matching 0 first)
    list(APPEND named ${first})
  endforeach()
  list(REMOVE_DUPLICATES named)
  set(${result} ${named} PARENT_SCOPE)
endfunction()

# Why `cxx` does not compile coroutines with its standard library; empty when it does.
function(cells_check_cxx cxx result)
  get_property(known GLOBAL PROPERTY "cells coroutines ${cxx}" SET)
  get_property(reason GLOBAL PROPERTY "cells coroutines ${cxx}")
  if(known)
    set(${result} "${reason}" PARENT_SCOPE)
    return()
  endif()
  set(reason "")
  if(NOT EXISTS ${cxx})
    set(reason "its C++ compiler is not installed")
  else()
    file(CONFIGURE OUTPUT ${cells_dir}/check.cpp CONTENT "#include <coroutine>
int main() { return std::noop_coroutine().done(); }
")
    execute_process(COMMAND ${cxx} -std=gnu++20 -fsyntax-only ${cells_dir}/check.cpp RESULT_VARIABLE status
                    OUTPUT_QUIET ERROR_QUIET)
    if(NOT status EQUAL 0)
      set(reason "it does not compile C++20 coroutines with this standard library")
    endif()
  endif()
  set_property(GLOBAL PROPERTY "cells coroutines ${cxx}" "${reason}")
  set(${result} "${reason}" PARENT_SCOPE)
endfunction()

# Why `cc` makes no cells with this sanitizer; empty when it does.
function(cells_check_sanitizer cc sanitizer result)
  set(reason "")
  if(sanitizer STREQUAL "thread")
    set(reason "its runtime works on the measured stack now and then, so that the depth is not the mechanism's")
  elseif(NOT sanitizer STREQUAL "none")
    file(CONFIGURE OUTPUT ${cells_dir}/check.c CONTENT "int main(void) { return 0; }\n")
    execute_process(COMMAND ${cc} -fsanitize=${sanitizer} ${cells_dir}/check.c -o ${cells_dir}/check
                    RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
    if(status EQUAL 0)
      execute_process(COMMAND ${cells_dir}/check RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
    endif()
    if(NOT status EQUAL 0)
      set(reason "its runtime is not installed, or does not run here")
    endif()
  endif()
  set(${result} "${reason}" PARENT_SCOPE)
endfunction()

# Which objects a compiler makes alike at -O0 whatever it is told of sibling calls: `c` where it makes none then, asked of
# what has nothing but tail calls, `cpp` where those of a coroutine are alike too.
function(cells_check_unoptimised cc cxx result)
  file(CONFIGURE OUTPUT ${cells_dir}/transfers.cpp CONTENT "#include <coroutine>
struct transfers {
    std::coroutine_handle<> next;
    bool await_ready() noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<>) noexcept { return next; }
    void await_resume() noexcept {}
};
struct task {
    struct promise_type {
        task get_return_object() { return {}; }
        std::suspend_always initial_suspend() { return {}; }
        transfers final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() {}
    };
};
task check(std::coroutine_handle<> next) { co_await transfers{next}; }
")
  set(c ${cc} -std=gnu17 -I${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/bench/stack/tail.c)
  set(cpp ${cxx} -std=gnu++20 ${cells_dir}/transfers.cpp)
  set(${result} "")
  foreach(language c cpp)
    foreach(sibling optimize no-optimize)
      file(REMOVE ${cells_dir}/${sibling}.o)
      execute_process(COMMAND ${${language}} -O0 -f${sibling}-sibling-calls -c -o ${cells_dir}/${sibling}.o
                      OUTPUT_QUIET ERROR_QUIET)
    endforeach()
    execute_process(COMMAND ${CMAKE_COMMAND} -E compare_files ${cells_dir}/optimize.o ${cells_dir}/no-optimize.o
                    RESULT_VARIABLE differ OUTPUT_QUIET ERROR_QUIET)
    if(NOT differ)
      list(APPEND ${result} ${language})
    endif()
  endforeach()
  return(PROPAGATE ${result})
endfunction()

# --- One executable ---

# Adds the rule for one object; appends its path to the variable `objects`. What follows are further dependencies. Where
# the variable same_c or same_cpp is another setting's folder, its objects are taken, but for the few that say which
# setting they are.
macro(cells_object compiler flags toolchain directory source name)
  string(REGEX REPLACE ".*\\." "same_" same ${source})
  set(names_toolchain "")
  if(${same})
    file(STRINGS ${CMAKE_SOURCE_DIR}/${source} names_toolchain REGEX "[^A-Z_]ABREAST_TOOLCHAIN")
  endif()
  if(${same} AND NOT names_toolchain)
    list(APPEND objects ${${same}}/${name}.o)
  else()
    file(RELATIVE_PATH object ${CMAKE_BINARY_DIR} ${directory}/${name}.o)
    add_custom_command(
      OUTPUT ${directory}/${name}.o
      COMMAND ${compiler} ${flags} "-DABREAST_TOOLCHAIN=\"${toolchain}\"" -I${CMAKE_SOURCE_DIR} -MD -MF ${directory}/${name}.d
              -MT ${object} -c ${CMAKE_SOURCE_DIR}/${source} -o ${directory}/${name}.o
      DEPENDS ${CMAKE_SOURCE_DIR}/${source} ${ARGN}
      DEPFILE ${directory}/${name}.d
      COMMENT "${toolchain}: ${source}"
      VERBATIM)
    list(APPEND objects ${directory}/${name}.o)
  endif()
endmacro()

# Sets same_c and same_cpp for the next setting of a compiler.
macro(cells_share id level sibling exceptions)
  set(same_c "")
  set(same_cpp "")
  if("${level} ${sibling}" STREQUAL "0 off")
    foreach(language IN LISTS cells_unoptimised_${id})
      set(same_${language} ${cells_dir}/${id}-O0-sib-on-exc-${exceptions})
    endforeach()
  endif()
endmacro()

# The same for one in C++, in the terms of cells_add, with the precompiled header.
macro(cells_cxx_object more_flags source name)
  cells_object(${cxx} "-std=gnu++20;${flags};${precompiled};${more_flags}" "${toolchain}" ${directory} ${source} ${name}
               ${precompiled_file})
endmacro()

# Adds the rule for that header, and says in `precompiled` which flags use it. Whether calls may become jumps is nothing to
# a header: the code is the same, byte for byte, so that both settings share one.
macro(cells_precompile)
  set(precompiled_directory ${cells_dir}/headers/${id}-O${level}-exc-${exceptions}-san-${sanitizer})
  set(precompiled_file ${precompiled_directory}/standard.hpp.gch)
  set(precompiled -include ${precompiled_directory}/standard.hpp -Winvalid-pch)
  if(id MATCHES clang)
    set(precompiled -include-pch ${precompiled_file})
  endif()
  get_property(known GLOBAL PROPERTY ${precompiled_file} SET)
  if(NOT known)
    set_property(GLOBAL PROPERTY ${precompiled_file} yes)
    file(MAKE_DIRECTORY ${precompiled_directory})
    add_custom_command(
      OUTPUT ${precompiled_file}
      COMMAND ${cxx} -std=gnu++20 ${flags} -x c++-header ${CMAKE_SOURCE_DIR}/bench/cxx/standard.hpp -o ${precompiled_file}
      DEPENDS ${CMAKE_SOURCE_DIR}/bench/cxx/standard.hpp
      COMMENT "${id} -O${level} exc=${exceptions} san=${sanitizer}: the standard library's headers"
      VERBATIM)
  endif()
endmacro()

# Adds an executable to the manifest, and to what its target builds: stack_cells or cost_cells.
macro(cells_record target output)
  set_property(GLOBAL APPEND PROPERTY ${target} ${output})
  file(RELATIVE_PATH relative ${cells_dir} ${output})
  string(APPEND cells_manifest "${relative}\t${toolchain}\t${mode}\n")
endmacro()

macro(cells_link compiler toolchain mode output)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${compiler} ${sanitize} ${objects} $<TARGET_FILE:stack_cell> $<TARGET_FILE:abreast_core> ${URING_LINK_LIBRARIES} -pthread
            -Wl,-z,now ${cells_linker} -o ${output}
    DEPENDS ${objects} stack_cell abreast_core
    COMMENT "${toolchain}: linking"
    VERBATIM)
  cells_record(stack_cells ${output})
endmacro()

# The cells of one compiler with one set of flags; `cxx` is empty where it cannot take part, for the reason `cxx_reason`.
function(cells_add id cc cxx cxx_reason level sibling exceptions sanitizer mode)
  set(toolchain "${id} O${level} sib=${sibling} exc=${exceptions} san=${sanitizer}")
  set(directory ${cells_dir}/${id}-O${level}-sib-${sibling}-exc-${exceptions})
  cells_share(${id} ${level} ${sibling} ${exceptions})
  set(sanitize "")
  if(NOT sanitizer STREQUAL "none")
    set(directory ${directory}-san-${sanitizer})
    foreach(same same_c same_cpp)
      if(${same})
        string(APPEND ${same} -san-${sanitizer})
      endif()
    endforeach()
    set(sanitize -fsanitize=${sanitizer})
  endif()
  file(MAKE_DIRECTORY ${directory}/stack ${directory}/finals)
  set(on "")
  set(off no-)
  set(flags -O${level} -f${${sibling}}optimize-sibling-calls -f${${exceptions}}exceptions ${sanitize})

  set(c_flags -std=gnu17 ${flags})
  set(objects "")
  foreach(name IN LISTS cells_mechanisms)
    cells_object(${cc} "${c_flags}" "${toolchain}" ${directory} bench/${name}.c ${name})
  endforeach()
  foreach(name IN LISTS cells_boundary_mechanisms)
    cells_object(${cc} "${c_flags};-DABREAST_NOEXCEPT_BOUNDARY" "${toolchain}" ${directory} bench/${name}.c
                 ${name}-boundary)
  endforeach()
  foreach(source bench/stack/table.c ${cells_product})
    string(REGEX REPLACE "[/.]" "-" name ${source})
    cells_object(${cc} "${c_flags}" "${toolchain}" ${directory} ${source} ${name})
  endforeach()
  cells_link(${cc} "${toolchain}" ${mode} ${directory}/stack-c)
  set(product_objects ${objects})
  list(FILTER product_objects INCLUDE REGEX "/(common|sender)-")

  if(cxx)
    cells_precompile()
    set(objects ${product_objects})
    cells_object(${cc} "${c_flags}" "${toolchain}" ${directory} bench/cxx/on_run_loop.c on_run_loop-cxx)
    foreach(name table stack tail tasks finals finals_owners)
      cells_cxx_object("" bench/cxx/${name}.cpp ${name}-cxx)
    endforeach()
    cells_link(${cxx} "${toolchain}" ${mode} ${directory}/stack-cxx)
    libraries_add_cells(${cxx} ${level} ${sibling} ${exceptions} ${sanitizer} ${mode} "${toolchain}" ${directory})
  endif()
  costs_add()
  set(cells_manifest ${cells_manifest} PARENT_SCOPE)
  set(cells_skipped "${cells_skipped}" PARENT_SCOPE)
endfunction()

include(${CMAKE_SOURCE_DIR}/cmake/libraries.cmake)
include(${CMAKE_SOURCE_DIR}/cmake/costs.cmake)

# --- All of them ---

# The mechanisms, and the product code that stands on a completion's path or differs with the kind of transfer: this build
# may use the driver loop, the cells never do.
set(cells_definitions ${CMAKE_SOURCE_DIR}/bench/stack/mechanisms.def)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${cells_definitions})
file(STRINGS ${cells_definitions} cells_mechanisms REGEX "^(BOUNDARY_)?MECHANISM\\(")
set(cells_boundary_mechanisms ${cells_mechanisms})
list(FILTER cells_boundary_mechanisms INCLUDE REGEX "^BOUNDARY")
foreach(list cells_mechanisms cells_boundary_mechanisms)
  list(TRANSFORM ${list} REPLACE "^[A-Z_]+\\(([a-z]+), [a-z]+, ([a-z0-9_]+),.*" "\\1/\\2")
endforeach()
set(cells_product common/coro.c common/executor.c common/run_loop.c sender/task.c)

if(NOT ABREAST_SANITIZE STREQUAL "none")
  cells_skip("stack" "a sanitizer adds to every frame and keeps its own account of the stack")
else()
  # The rest comes from abreast_core: the meter, and what the product code refers to but no mechanism uses.
  add_library(stack_cell STATIC ${CMAKE_SOURCE_DIR}/bench/stack/main.c)
  add_library(cost_cell STATIC ${CMAKE_SOURCE_DIR}/bench/costs.c)
  # A linker that is faster with C++ than the default one; it moves code, and changes none.
  set(cells_linker "")
  find_program(ABREAST_GOLD ld.gold)
  mark_as_advanced(ABREAST_GOLD)
  if(ABREAST_GOLD)
    set(cells_linker -fuse-ld=gold)
  endif()

  cells_find_compilers()
  set(cells_quick "")
  foreach(family gcc clang)
    list(SUBLIST cells_${family} 0 1 first)
    list(APPEND cells_quick ${first})
  endforeach()
  set(cells_all ${cells_quick})
  if(ABREAST_COMPILERS)
    cells_name_compilers(cells_all)
    set(cells_quick ${cells_all})
  elseif(ABREAST_MATRIX STREQUAL "full")
    list(APPEND cells_all ${cells_gcc} ${cells_clang})
    list(REMOVE_DUPLICATES cells_all)
  endif()
  foreach(id IN LISTS cells_all)
    set(cxx ${cells_cxx_${id}})
    cells_check_cxx(${cxx} cxx_reason)
    if(cxx_reason)
      cells_skip("${id} C++" "${cxx_reason}")
      set(cxx "")
    endif()
    cells_check_unoptimised(${cells_cc_${id}} "${cxx}" cells_unoptimised_${id})
    set(mode full)
    if(id IN_LIST cells_quick)
      set(mode quick)
    endif()
    foreach(sanitizer IN LISTS ABREAST_SANITIZERS)
      cells_check_sanitizer(${cells_cc_${id}} ${sanitizer} reason)
      if(reason)
        cells_skip("${id} san=${sanitizer}" "${reason}")
        continue()
      endif()
      foreach(level IN LISTS ABREAST_LEVELS)
        foreach(sibling on off)
          foreach(exceptions on off)
            cells_add(${id} ${cells_cc_${id}} "${cxx}" "${cxx_reason}" ${level} ${sibling} ${exceptions} ${sanitizer} ${mode})
          endforeach()
        endforeach()
      endforeach()
    endforeach()
  endforeach()
  if(ABREAST_LEVELS STREQUAL "")
    message(STATUS "Cells: none, for ABREAST_LEVELS names none")
  else()
    list(JOIN cells_all ", " cells_names)
    list(JOIN ABREAST_LEVELS " -O" cells_names_of_levels)
    list(JOIN ABREAST_SANITIZERS ", " cells_names_of_sanitizers)
    message(STATUS "Cells: ${cells_names}, each at -O${cells_names_of_levels}, sibling calls on and off, exceptions on and "
            "off, sanitizers: ${cells_names_of_sanitizers}")
  endif()
endif()

file(CONFIGURE OUTPUT ${cells_dir}/manifest.tsv CONTENT "${cells_manifest}" @ONLY)
file(CONFIGURE OUTPUT ${cells_dir}/skipped.tsv CONTENT "${cells_skipped}" @ONLY)
foreach(target stack_cells cost_cells)
  get_property(built GLOBAL PROPERTY ${target})
  add_custom_target(${target} DEPENDS ${built})
endforeach()
add_custom_target(cells ALL)
add_dependencies(cells stack_cells cost_cells)
