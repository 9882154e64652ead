#include "bench/cell.h"
#include "bench/commands.h"
#include "bench/environment.h"
#include "bench/options.h"
#include "bench/progress.h"

#include <string.h>

int command_env(int argc, char **argv)
{
    bool as_json = false;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            as_json = true;
        } else {
            complain("env does not take '%s': see abreast --help", argv[i]);
            return EXIT_ERROR;
        }
    }
    struct environment environment;
    environment_read(&environment, REACTOR_DEFAULT);
    if (!as_json) {
        environment_print(&environment, stdout);
        return EXIT_OK;
    }
    struct json json = {.file = stdout};
    json_open(&json, NULL, '{');
    json_string(&json, "program", "abreast " ABREAST_VERSION);
    json_string(&json, "toolchain", toolchain);
    json_string(&json, "flags", build_flags);
    environment_write(&environment, &json);
    json_close(&json, '}');
    return EXIT_OK;
}
