/* The main program of a cost executable: the cells of a few experiments, made by one compiler with one set of flags
 * (cmake/costs.cmake), measured without a clock. It prints finished rows (bench/results.h).
 *
 *     costs check [--quick | --full] [FILTER...]     sizes, and what a few operations of each cell do and allocate
 *     costs measure [--quick | --full] [FILTER...]   instructions and bytes written too, where valgrind can tell
 *     costs count, costs count-writes                for its own use, under valgrind
 *
 * Exits with 0, or with 1 and one line on stderr.
 */
#include "bench/commands.h"
#include "bench/progress.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {
        {"check", command_check},
        {"measure", command_measure},
        {"count", command_count},
        {"count-writes", command_count_writes},
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands && argc > 1; i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        int status = commands[i].run(argc - 2, argv + 2);
        return fflush(stdout) || ferror(stdout) ? 1 : status;
    }
    complain("%s: give check or measure, and what to select", argv[0]);
    return 1;
}
