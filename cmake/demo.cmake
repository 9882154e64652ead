# The recorder of the teaching demos, <build>/demo-recorder: the scenes and the product code on their path with the probe as
# a trap, by the newest clang of the cells, where a symmetric transfer is a guaranteed tail call, else by gcc; at -O2 with
# the boundary of noexcept functions. The rest comes from abreast_core.
#
# It is built with `abreast`. Not where a sanitizer keeps its own account of the stack, and not but on x86-64, whose trap
# instruction the probe has.

file(GLOB demo_sources RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/demo/recorder/*.c)
list(APPEND demo_sources common/coro.c common/coroutine.c common/executor.c common/frame_allocator.c common/io_request.c
     common/reactor.c common/reactor_sim.c common/run_loop.c common/trampoline.c awaitable/io.c awaitable/run.c awaitable/any_stream.c sender/task.c)

function(demo_add id)
  set(cc ${cells_cc_${id}})
  set(toolchain "${id} O2 sib=on exc=on san=none")
  set(setting -O2 -foptimize-sibling-calls -fexceptions -DABREAST_NOEXCEPT_BOUNDARY)
  list(JOIN setting " " setting_text)
  set(flags -std=gnu17 ${setting} -fno-pie -DABREAST_PROBE -DABREAST_TRACE -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=
      "-DABREAST_DEMO_FLAGS=\"${setting_text}\"" ${abreast_warnings})
  set(directory ${CMAKE_BINARY_DIR}/demo)
  file(MAKE_DIRECTORY ${directory})
  set(same_c "")
  set(objects "")
  foreach(source IN LISTS demo_sources)
    string(REGEX REPLACE "[/.]" "-" name ${source})
    cells_object(${cc} "${flags}" "${toolchain}" ${directory} ${source} ${name})
  endforeach()
  set(recorder ${CMAKE_BINARY_DIR}/demo-recorder)
  add_custom_command(
    OUTPUT ${recorder}
    COMMAND ${cc} -no-pie ${objects} $<TARGET_FILE:abreast_core> ${URING_LINK_LIBRARIES} -pthread -o ${recorder}
    DEPENDS ${objects} abreast_core
    COMMENT "${toolchain}: linking the recorder of the demos"
    VERBATIM)
  add_custom_target(demo_recorder DEPENDS ${recorder})
  add_dependencies(abreast demo_recorder)
endfunction()

set(demo_toolchains ${cells_clang} ${cells_gcc})
if(NOT ABREAST_SANITIZE STREQUAL "none")
  message(STATUS "Demo: no recorder, for a sanitizer adds to every frame")
elseif(NOT CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  message(STATUS "Demo: no recorder, for it traps by an instruction of x86-64")
elseif(demo_toolchains)
  list(GET demo_toolchains 0 demo_toolchain)
  demo_add(${demo_toolchain})
endif()
