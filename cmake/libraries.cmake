# Other people's libraries, as they are, beside this project's own code: their cells in `stack`, `frames` and `echo`.
#
#   -DABREAST_PEERS=asio,capy:PATH   names, with the path of a checkout where the system has no such library; "none"
#
# An adapter is bench/peers/<library>_stack.cpp, which becomes an executable of each toolchain (cells.cmake), and
# bench/peers/<library>.cpp, which is linked into `abreast` and has the cells that bench/peers/library.h describes. What
# a library offers is one entry below. A library that is missing, or does not compile, is skipped, and
# cells/skipped.tsv says why.
#
# libraries/libraries.h, written here, lists the adapters in `abreast`, and what is built for `stack`
# (bench/peers/cells.h).

set(ABREAST_PEERS "asio" CACHE STRING "other libraries to measure: NAME or NAME:PATH, joined by commas; none")

set(libraries_dir ${CMAKE_BINARY_DIR}/libraries)
set(libraries_known asio beman capy cppcoro libunifex stdexec)
set(libraries_stack "") # those that have been found
set(libraries_chains "")
set(libraries_echo_epoll "")
set(libraries_echo_io_uring "")

# Looks for `file` in `path`, or where the compiler looks; sets library_include (empty: the compiler's) and
# library_text, what the file says, or library_reason.
function(libraries_find name path file suffixes package)
  set(library_reason "")
  set(library_include "")
  set(library_text "")
  if(path)
    find_path(library_found ${file} PATHS ${path} PATH_SUFFIXES ${suffixes} NO_CACHE NO_DEFAULT_PATH)
    set(library_include ${library_found})
    set(where "no ${file} was found in ${path}")
  else()
    find_path(library_found ${file} NO_CACHE)
    set(where "its headers are not installed: ${package}")
  endif()
  if(library_found)
    file(READ ${library_found}/${file} library_text)
  else()
    set(library_reason "${where}")
  endif()
  return(PROPAGATE library_reason library_include library_text)
endfunction()

# Which flags `cxx` needs for the library (library_flags), or why it does not compile it (library_reason): library_<name>_check,
# a source, decides, once a compiler. What the compiler says of it is in libraries/<name>.log.
function(libraries_check cxx name)
  get_property(checked GLOBAL PROPERTY "libraries ${cxx} ${name}" SET)
  if(NOT checked)
    set(answer "reason;it does not compile ${name}: see libraries/${name}.log in the build folder")
    foreach(flag IN ITEMS -std=gnu++20 ${library_${name}_alternatives})
      set(flags ${library_${name}_flags} ${flag})
      execute_process(COMMAND ${cxx} -std=gnu++20 ${flags} -I${CMAKE_SOURCE_DIR} -DABREAST_LIBRARY="" -DABREAST_TOOLCHAIN=""
                              -fsyntax-only ${library_${name}_check}
                      RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE said)
      if(status EQUAL 0)
        set(answer "flags;${flags}")
        break()
      endif()
      file(APPEND ${libraries_dir}/${name}.log "${cxx} ${flag}:\n${said}\n")
    endforeach()
    set_property(GLOBAL PROPERTY "libraries ${cxx} ${name}" "${answer}")
  endif()
  get_property(answer GLOBAL PROPERTY "libraries ${cxx} ${name}")
  set(library_reason "")
  set(library_flags "")
  list(POP_FRONT answer kind)
  set(library_${kind} "${answer}")
  return(PROPAGATE library_reason library_flags)
endfunction()

# Sets library_<name>_mechanism: the name, with the revision of the checkout in `path`.
function(libraries_revision name path)
  set(revision "")
  if(path)
    execute_process(COMMAND git -C ${path} rev-parse --short HEAD OUTPUT_VARIABLE revision ERROR_QUIET
                    OUTPUT_STRIP_TRAILING_WHITESPACE)
  endif()
  set(library_${name}_mechanism ${name}-git${revision} PARENT_SCOPE)
endfunction()

# --- The libraries ---
# Each sets library_<name>_mechanism (name and version), _check (a source that compiles where the library can be used:
# the adapter itself, where others than this project's tests say which version it is), _alternatives (flags, one of which
# some compilers need), _models (of its stack cells) and _adapters: those in `abreast`, as
# source|definition|list|symbol|model.

function(libraries_find_asio path)
  libraries_find(asio "${path}" asio/version.hpp "include;asio/include" "install libasio-dev")
  if(library_text MATCHES "define ASIO_VERSION ([0-9]+)")
    math(EXPR major "${CMAKE_MATCH_1} / 100000")
    math(EXPR minor "${CMAKE_MATCH_1} / 100 % 1000")
    math(EXPR patch "${CMAKE_MATCH_1} % 100")
    set(library_asio_mechanism asio-${major}.${minor}.${patch})
    set(library_asio_check ${libraries_dir}/asio-check.cpp)
    file(CONFIGURE OUTPUT ${library_asio_check} CONTENT "#include <asio/detail/config.hpp>
#if !defined ASIO_HAS_CO_AWAIT || __has_include(<coroutine>) == 0
#error \"no coroutines\"
#endif
" @ONLY)
    set(library_asio_models cxx-awaitable callback)
    # 1.22.1 does not look for the coroutines of clang's C++20 mode.
    set(library_asio_alternatives -DASIO_HAS_CO_AWAIT=1)
    set(library_asio_adapters
        "asio.cpp||chains|asio_chains|cxx-awaitable"
        "asio.cpp||echo_epoll|asio_awaitable_echo|cxx-awaitable"
        "asio.cpp||echo_epoll|asio_callback_echo|callback")
    # In quick mode not: the second compilation takes as long as all of the mechanisms of one setting.
    if(CMAKE_MATCH_1 GREATER_EQUAL 102100 AND ABREAST_MATRIX STREQUAL "full")
      list(APPEND library_asio_adapters
           "asio.cpp|ABREAST_ASIO_IO_URING|echo_io_uring|asio_io_uring_awaitable_echo|cxx-awaitable"
           "asio.cpp|ABREAST_ASIO_IO_URING|echo_io_uring|asio_io_uring_callback_echo|callback")
    endif()
  endif()
  set(library_asio_include "${library_include}")
  return(PROPAGATE library_reason library_asio_include library_asio_mechanism library_asio_check library_asio_models
                   library_asio_alternatives library_asio_adapters)
endfunction()

# Capy has a compiled part, of which the adapter compiles what tasks rest on; so it wants a checkout.
function(libraries_find_capy path)
  set(compiled src/ex/recycling_memory_resource.cpp)
  libraries_find(capy "${path}" boost/capy/task.hpp include "give a checkout, as capy:PATH")
  set(library_capy_include "${library_include}")
  if(library_include AND NOT EXISTS ${library_include}/../${compiled})
    set(library_reason "no ${compiled} is beside ${library_include}: give a checkout, as capy:PATH")
  endif()
  libraries_revision(capy "${path}")
  set(library_capy_check ${CMAKE_SOURCE_DIR}/bench/peers/capy_stack.cpp)
  set(library_capy_models cxx-awaitable)
  set(library_capy_alternatives "")
  set(library_capy_adapters "capy.cpp||chains|capy_chains|cxx-awaitable")
  return(PROPAGATE library_reason library_capy_include library_capy_mechanism library_capy_check library_capy_models
                   library_capy_alternatives library_capy_adapters)
endfunction()

function(libraries_find_cppcoro path)
  libraries_find(cppcoro "${path}" cppcoro/task.hpp include "give a checkout, as cppcoro:PATH")
  set(library_cppcoro_include "${library_include}")
  libraries_revision(cppcoro "${path}")
  set(library_cppcoro_check ${CMAKE_SOURCE_DIR}/bench/peers/cppcoro_stack.cpp)
  set(library_cppcoro_models cxx-awaitable)
  set(library_cppcoro_alternatives "")
  set(library_cppcoro_adapters "cppcoro.cpp||chains|cppcoro_chains|cxx-awaitable")
  return(PROPAGATE library_reason library_cppcoro_include library_cppcoro_mechanism library_cppcoro_check library_cppcoro_models
                   library_cppcoro_alternatives library_cppcoro_adapters)
endfunction()

# libunifex has a compiled part, as Capy, and a configured header, which is made here if the checkout has none: as its own
# build makes it where the standard library has <memory_resource>, but without its reactors, which no cell uses.
function(libraries_find_libunifex path)
  set(compiled source/manual_event_loop.cpp)
  libraries_find(libunifex "${path}" unifex/task.hpp include "give a checkout, as libunifex:PATH")
  set(library_libunifex_include "${library_include}")
  set(configured ${library_include}/unifex/config.hpp)
  if(library_include AND NOT EXISTS ${library_include}/../${compiled})
    set(library_reason "no ${compiled} is beside ${library_include}: give a checkout, as libunifex:PATH")
  elseif(EXISTS ${configured}.in AND NOT EXISTS ${configured})
    set(UNIFEX_MEMORY_RESOURCE_HEADER memory_resource)
    set(UNIFEX_MEMORY_RESOURCE_NAMESPACE std::pmr)
    set(UNIFEX_NO_EPOLL 1)
    set(UNIFEX_NO_LIBURING 1)
    configure_file(${configured}.in ${libraries_dir}/libunifex/unifex/config.hpp)
    list(APPEND library_libunifex_include ${libraries_dir}/libunifex)
  endif()
  libraries_revision(libunifex "${path}")
  set(library_libunifex_check ${CMAKE_SOURCE_DIR}/bench/peers/libunifex_stack.cpp)
  set(library_libunifex_models cxx-sender)
  set(library_libunifex_alternatives "")
  set(library_libunifex_adapters "libunifex.cpp||chains|libunifex_chains|cxx-sender")
  return(PROPAGATE library_reason library_libunifex_include library_libunifex_mechanism library_libunifex_check
                   library_libunifex_models library_libunifex_alternatives library_libunifex_adapters)
endfunction()

function(libraries_find_stdexec path)
  libraries_find(stdexec "${path}" exec/task.hpp include "give a checkout, as stdexec:PATH")
  set(library_stdexec_include "${library_include}")
  libraries_revision(stdexec "${path}")
  set(library_stdexec_check ${CMAKE_SOURCE_DIR}/bench/peers/stdexec_stack.cpp)
  set(library_stdexec_models cxx-sender)
  set(library_stdexec_alternatives "")
  set(library_stdexec_adapters "stdexec.cpp||chains|stdexec_chains|cxx-sender")
  return(PROPAGATE library_reason library_stdexec_include library_stdexec_mechanism library_stdexec_check library_stdexec_models
                   library_stdexec_alternatives library_stdexec_adapters)
endfunction()

# PATH is a checkout of beman's execution, or a folder with one, `execution`, and one of its `task`, which was apart once.
function(libraries_find_beman path)
  libraries_find(beman "${path}" beman/execution/detail/sync_wait.hpp "include;execution/include"
                 "give a folder with checkouts of its execution and task, as beman:PATH")
  set(library_beman_include "${library_include}")
  if(EXISTS ${path}/task/include)
    list(APPEND library_beman_include ${path}/task/include)
  endif()
  libraries_revision(beman "${library_include}")
  set(library_beman_check ${CMAKE_SOURCE_DIR}/bench/peers/beman_stack.cpp)
  set(library_beman_models cxx-sender)
  set(library_beman_alternatives -std=gnu++23 -std=gnu++2b)
  set(library_beman_adapters "beman.cpp||chains|beman_chains|cxx-sender")
  return(PROPAGATE library_reason library_beman_include library_beman_mechanism library_beman_check library_beman_models
                   library_beman_alternatives library_beman_adapters)
endfunction()

# --- Which there are ---

string(REPLACE "," ";" libraries_wanted "${ABREAST_PEERS}")
list(REMOVE_ITEM libraries_wanted none)
if(NOT ABREAST_SANITIZE STREQUAL "none")
  set(libraries_wanted "") # their code is not ours to sanitize
endif()
foreach(entry IN LISTS libraries_wanted)
  string(REGEX MATCH "^([^:]*):?(.*)$" entry "${entry}")
  set(name "${CMAKE_MATCH_1}")
  set(path "${CMAKE_MATCH_2}")
  if(NOT name IN_LIST libraries_known)
    list(JOIN libraries_known ", " known)
    message(FATAL_ERROR "ABREAST_PEERS names '${name}': give none, or of ${known}, as NAME or NAME:PATH")
  endif()
  cmake_language(CALL libraries_find_${name} "${path}")
  if(library_reason)
    if(path)
      message(WARNING "ABREAST_PEERS, ${name}: ${library_reason}: it is not measured")
    endif()
    cells_skip("library ${name}" "${library_reason}")
    continue()
  endif()
  if(name STREQUAL "asio" AND NOT ABREAST_MATRIX STREQUAL "full")
    cells_skip("library asio over io_uring" "it is compiled in full mode alone, for that takes long")
  endif()
  set(library_${name}_flags "")
  foreach(include IN LISTS library_${name}_include)
    list(APPEND library_${name}_flags -isystem${include}) # one word: CMake drops options that repeat
  endforeach()
  list(APPEND libraries_stack ${name})
endforeach()

# --- Their cells of `stack`: called for each toolchain that has C++ ---

# In quick mode, what products are built with.
function(libraries_add_cells cxx level sibling exceptions sanitizer mode toolchain directory)
  if(NOT ABREAST_MATRIX STREQUAL "full" AND NOT "${level} ${sibling} ${exceptions}" STREQUAL "2 on on")
    return()
  endif()
  if(NOT sanitizer STREQUAL "none" OR exceptions STREQUAL "off")
    return()
  endif()
  foreach(name IN LISTS libraries_stack)
    libraries_check(${cxx} ${name})
    if(library_reason)
      cells_skip("library ${name}, ${toolchain}" "${library_reason}")
      continue()
    endif()
    set(off no-)
    set(on "")
    set(sanitize "")
    set(objects "")
    set(flags -std=gnu++20 -O${level} -DNDEBUG -f${${sibling}}optimize-sibling-calls ${library_flags}
              "-DABREAST_LIBRARY=\"${library_${name}_mechanism}\"")
    cells_object(${cxx} "${flags}" "${toolchain}" ${directory} bench/peers/${name}_stack.cpp library-${name})
    cells_link(${cxx} "${toolchain}" ${mode} ${directory}/stack-${name})
    set_property(GLOBAL APPEND PROPERTY libraries_in_stack ${name})
  endforeach()
  set(cells_manifest ${cells_manifest} PARENT_SCOPE)
  set(cells_skipped "${cells_skipped}" PARENT_SCOPE)
endfunction()

# --- Their cells of `frames` and `echo`: in `abreast` ---

# Adds them to the target `bench`; `toolchain` is that of the C++ compiler, with exceptions.
function(libraries_link bench toolchain)
  set(sources "")
  foreach(name IN LISTS libraries_stack)
    libraries_check(${CMAKE_CXX_COMPILER} ${name})
    if(library_reason)
      message(STATUS "Library ${name}: not in frames and echo: ${library_reason}")
      continue()
    endif()
    foreach(adapter IN LISTS library_${name}_adapters)
      string(REPLACE "|" ";" adapter "${adapter}")
      list(GET adapter 0 source)
      list(GET adapter 1 definition)
      list(GET adapter 2 list)
      list(GET adapter 3 symbol)
      list(GET adapter 4 model)
      set(target library_${name}_${definition})
      if(NOT TARGET ${target})
        add_library(${target} OBJECT ${CMAKE_SOURCE_DIR}/bench/peers/${source})
        target_compile_options(${target} PRIVATE ${library_flags})
        target_compile_definitions(${target} PRIVATE NDEBUG ${definition})
        target_link_libraries(${target} PRIVATE PkgConfig::URING Threads::Threads)
        list(APPEND sources $<TARGET_OBJECTS:${target}>)
      endif()
      string(APPEND libraries_${list}
             " \\\n    X(${symbol}, \"${model}\", \"${library_${name}_mechanism}\", __VA_ARGS__)")
    endforeach()
    message(STATUS "Library: ${library_${name}_mechanism}")
  endforeach()
  get_property(names GLOBAL PROPERTY libraries_in_stack)
  list(REMOVE_DUPLICATES names)
  set(libraries_cells "")
  foreach(name IN LISTS names)
    foreach(model IN LISTS library_${name}_models)
      string(APPEND libraries_cells " \\\n    X(\"${model}\", \"${library_${name}_mechanism}\")")
    endforeach()
  endforeach()
  file(CONFIGURE OUTPUT ${libraries_dir}/libraries.h CONTENT "#define LIBRARY_STACK(X)${libraries_cells}
#define LIBRARY_CHAINS(X, ...)${libraries_chains}
#define LIBRARY_ECHO_epoll(X, ...)${libraries_echo_epoll}
#define LIBRARY_ECHO_io_uring(X, ...)${libraries_echo_io_uring}
" @ONLY)
  if(sources)
    target_sources(${bench} PRIVATE ${CMAKE_SOURCE_DIR}/bench/peers/cells.c
                   ${CMAKE_SOURCE_DIR}/bench/peers/allocations.cpp ${sources})
  endif()
  target_include_directories(${bench} PRIVATE ${libraries_dir})
  target_compile_definitions(${bench} PRIVATE "ABREAST_LIBRARIES=\"${toolchain}\"")
endfunction()
