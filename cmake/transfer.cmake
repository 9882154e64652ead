# How a coroutine leaves for the next one (common/coro.h): by a guaranteed tail call where the compiler has one, else by
# a sibling call if, with the flags of this build, it really is one, else by the portable driver loop.
#
# The check runs ten million transfers on a stack of 64 KiB.
set(transfer_check ${CMAKE_BINARY_DIR}/transfer_check.c)
file(CONFIGURE OUTPUT ${transfer_check} CONTENT [=[
#include "common/coro.h"
#include <pthread.h>

struct counter {
    struct coro coro;
    struct coro *next;
    long left;
};

static void body(struct coro *handle)
{
    struct counter *self = (struct counter *)handle;
    if (self->left-- == 0)
        return;
    TRANSFER_TO(self->next);
}

static void *run(void *argument)
{
    (void)argument;
    struct counter a = {.coro = {.resume = body}, .left = 5000000};
    struct counter b = a;
    a.next = &b.coro;
    b.next = &a.coro;
    a.coro.resume(&a.coro);
    return NULL;
}

int main(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    return pthread_attr_init(&attributes) || pthread_attr_setstacksize(&attributes, 1 << 16) ||
           pthread_create(&thread, &attributes, run, NULL) || pthread_join(thread, NULL);
}
]=])
get_directory_property(transfer_options COMPILE_OPTIONS)
list(FILTER transfer_options EXCLUDE REGEX "\\$<")
set(transfer_links)
if(NOT ABREAST_SANITIZE STREQUAL "none")
  get_directory_property(transfer_links LINK_OPTIONS)
endif()
string(TOUPPER ${CMAKE_BUILD_TYPE} transfer_config)
separate_arguments(transfer_build_flags UNIX_COMMAND "${CMAKE_C_FLAGS_${transfer_config}}")
# The answer is kept for as long as the flags are these.
set(transfer_asked "${CMAKE_C_COMPILER} ${CMAKE_C_FLAGS} ${transfer_options} ${transfer_build_flags}")
if(NOT "${ABREAST_TRANSFER_ASKED}" STREQUAL "${transfer_asked}")
  set(CMAKE_TRY_COMPILE_CONFIGURATION ${CMAKE_BUILD_TYPE}) # else it would add the flags of Debug
  unset(transfer_run CACHE)
  unset(transfer_compiled CACHE)
  try_run(transfer_run transfer_compiled ${CMAKE_BINARY_DIR}/transfer_check SOURCES ${transfer_check}
          COMPILE_DEFINITIONS ${transfer_options} ${transfer_build_flags}
          CMAKE_FLAGS -DINCLUDE_DIRECTORIES=${CMAKE_SOURCE_DIR}
          LINK_OPTIONS ${transfer_links}
          LINK_LIBRARIES Threads::Threads)
  if(transfer_compiled AND transfer_run EQUAL 0)
    set(ABREAST_TRANSFER_CHECK constant CACHE INTERNAL "")
  else()
    set(ABREAST_TRANSFER_CHECK grows CACHE INTERNAL "")
  endif()
  set(ABREAST_TRANSFER_ASKED "${transfer_asked}" CACHE INTERNAL "")
endif()
if(ABREAST_TRANSFER_CHECK STREQUAL "grows")
  add_compile_definitions(ABREAST_TRANSFER_DRIVER)
  message(STATUS "Symmetric transfer: driver loop (a plain transfer grows the stack with these flags)")
else()
  message(STATUS "Symmetric transfer: tail call (ten million transfers on a 64-KiB stack)")
endif()
