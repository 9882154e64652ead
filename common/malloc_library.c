#define _GNU_SOURCE /* dladdr, RTLD_DEFAULT */
#include "common/frame_allocator.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static char name[64] = "malloc";

/* libmimalloc.so.2.0 is mimalloc, libtcmalloc_minimal.so.4 (tcmalloc without its heap profiler) is tcmalloc. The C
 * library, the executable itself and a sanitizer, which is part of the toolchain, are malloc. */
static void find_name(void)
{
    Dl_info info;
    void *symbol = dlsym(RTLD_DEFAULT, "malloc");
    if (!symbol || !dladdr(symbol, &info) || !info.dli_fname)
        return;
    const char *slash = strrchr(info.dli_fname, '/');
    const char *file = slash ? slash + 1 : info.dli_fname;
    const char *end = strstr(file, ".so");
    if (strncmp(file, "lib", 3) != 0 || !end || strncmp(file, "libc.", 5) == 0 || strncmp(end - 3, "san", 3) == 0)
        return;
    int length = (int)(end - file) - 3;
    static const char without[] = "_minimal";
    int suffix = (int)sizeof without - 1;
    if (length > suffix && strncmp(end - suffix, without, (size_t)suffix) == 0)
        length -= suffix;
    snprintf(name, sizeof name, "%.*s", length, file + 3);
}

const char *malloc_library_name(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_name);
    return name;
}
