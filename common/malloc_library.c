#define _GNU_SOURCE /* dladdr, dlinfo, RTLD_DEFAULT */
#include "common/frame_allocator.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
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

static bool resolve(const char *path, char *file, size_t size)
{
    char *real = realpath(path, NULL);
    if (!real)
        return false;
    const char *slash = strrchr(real, '/');
    snprintf(file, size, "%s", slash ? slash + 1 : real);
    free(real);
    return true;
}

/* In the folders where the loader looks. */
static bool resolve_along(const Dl_serinfo *folders, const char *library, char *file, size_t size)
{
    for (unsigned i = 0; i < folders->dls_cnt; i++) {
        char path[PATH_MAX];
        int length = snprintf(path, sizeof path, "%s/%s", folders->dls_serpath[i].dls_name, library);
        if (length < (int)sizeof path && resolve(path, file, size))
            return true;
    }
    return false;
}

bool malloc_library_file(const char *library, char *file, size_t size)
{
    Dl_info info;
    if (!library) {
        void *symbol = dlsym(RTLD_DEFAULT, "malloc");
        return symbol && dladdr(symbol, &info) && info.dli_fname && resolve(info.dli_fname, file, size);
    }
    if (strchr(library, '/'))
        return resolve(library, file, size);
    bool found = false;
    Dl_serinfo size_only;
    void *self = dlopen(NULL, RTLD_LAZY);
    if (self && dlinfo(self, RTLD_DI_SERINFOSIZE, &size_only) == 0) {
        Dl_serinfo *folders = calloc(1, size_only.dls_size);
        if (folders) {
            *folders = size_only;
            found = dlinfo(self, RTLD_DI_SERINFO, folders) == 0 && resolve_along(folders, library, file, size);
        }
        free(folders);
    }
    if (self)
        dlclose(self);
    return found;
}
