#include "bench/interrupt.h"
#include "bench/cell.h"

#include <signal.h>

static volatile sig_atomic_t interrupted;

static void note(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

void interrupt_install(void)
{
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* Nobody reads the output any more, as with `abreast run | head`. It may come again while what is left is told. */
    action.sa_flags = 0;
    sigaction(SIGPIPE, &action, NULL);
}

bool run_interrupted(void)
{
    return interrupted;
}
