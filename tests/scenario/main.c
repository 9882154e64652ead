/* scenario NAME: runs one scenario with each of its forms, on each of its backends; each combination in a process of
 * its own, in each mode of the backend. It prints a line for each, which scripts/test counts:
 *
 *     passed: scenario.NAME.FORM.BACKEND
 *     skipped: scenario.NAME.FORM.BACKEND: why
 *     FAILED: scenario.NAME.FORM.BACKEND: how it ended; alone: the command
 *
 * and after the last what the combination printed. A combination that hangs is ended after a minute.
 *
 * scenario NAME FORM BACKEND: runs that combination alone, in this process.
 *
 * Exit status: 0, 1 if any failed, or 77: all were skipped.
 */
#include "tests/scenario/world.h"

#include "bench/cell.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FORM_NAME = 64, STATUS_SKIPPED = 77, LIMIT_SECONDS = 60 };

/* The words of scenarios.def. */
enum forms { FORMS_any, FORMS_tasks, FORMS_awaitable_tasks, FORMS_at_once, FORMS_awaitable, FORMS_sender };
enum { ON_IO_URING = 1, ON_EPOLL = 2, ON_SIM = 4 };
enum { BACKENDS_sim = ON_SIM, BACKENDS_real = ON_IO_URING | ON_EPOLL, BACKENDS_any = BACKENDS_real | ON_SIM };

#define SCENARIO(name, forms, backends) void scenario_##name(struct world *);
#include "tests/scenario/scenarios.def"
#undef SCENARIO

struct scenario {
    const char *name;
    void (*run)(struct world *);
    enum forms forms;
    unsigned backends;
};

static const struct scenario scenarios[] = {
#define SCENARIO(name, forms, backends) {#name, scenario_##name, FORMS_##forms, BACKENDS_##backends},
#include "tests/scenario/scenarios.def"
#undef SCENARIO
};

struct backend {
    const char *name;
    enum reactor_backend backend;
    unsigned modes;
    unsigned bit;
};

static const struct backend backends[] = {
    {"io_uring", REACTOR_IO_URING, WORLD_MODES_REAL, ON_IO_URING},
    {"epoll", REACTOR_EPOLL, WORLD_MODES_REAL, ON_EPOLL},
    {"sim", REACTOR_SIM, WORLD_MODES_SIM, ON_SIM},
};

/* Of each of loop_forms: the modes in which `echo` measures it. */
static const unsigned form_modes[LOOP_FORM_COUNT] = {
#define X(name, model, mechanism, kind, modes, ...) [LOOP_FORM_##name] = modes,
    LOOP_FORMS(X, )
#undef X
};

/* ---- One combination ---- */

struct combination {
    const struct scenario *scenario;
    const struct loop_form *form; /* null: the scenario is about a model, not about a form of the loop */
    char form_name[FORM_NAME];
    const struct backend *backend;
};

static void set_form(struct combination *self, const struct loop_form *form)
{
    self->form = form;
    snprintf(self->form_name, sizeof self->form_name, "%s-%s", form->model, form->mechanism);
}

static void set_model(struct combination *self, const char *model)
{
    self->form = NULL;
    snprintf(self->form_name, sizeof self->form_name, "%s", model);
}

static void run(const struct combination *self)
{
    if (self->form && self->form->code->unavailable)
        skip(self->form->code->unavailable);
    for (unsigned mode = 0; mode < self->backend->modes; mode++) {
        struct world world = {.form = self->form, .backend = self->backend->backend, .mode = mode};
        self->scenario->run(&world);
    }
}

/* ---- All of them ---- */

struct tally {
    const char *program;
    FILE *output; /* of the combination that runs */
    unsigned passed, failed, skipped;
};

/* A timer is not one of those that a scenario sets for itself, and needs nobody to be told. */
static void limit(void)
{
    struct sigevent kill_me = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    struct itimerspec after = {.it_value.tv_sec = LIMIT_SECONDS};
    timer_t timer;
    CHECK_EQ(timer_create(CLOCK_MONOTONIC, &kill_me, &timer), 0);
    CHECK_EQ(timer_settime(timer, 0, &after, NULL), 0);
}

/* The status that waitpid gives. */
static int run_apart(const struct combination *self, FILE *output)
{
    CHECK_EQ(ftruncate(fileno(output), 0), 0);
    rewind(output);
    fflush(stdout);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK(dup2(fileno(output), STDOUT_FILENO) >= 0 && dup2(fileno(output), STDERR_FILENO) >= 0);
        limit();
        run(self);
        exit(0);
    }
    int status;
    CHECK_EQ(waitpid(child, &status, 0), child);
    rewind(output);
    return status;
}

static void print_how_it_ended(int status)
{
    if (WIFEXITED(status))
        printf("exit status %d", WEXITSTATUS(status));
    else if (WTERMSIG(status) == SIGKILL)
        printf("killed, as after %d seconds", LIMIT_SECONDS);
    else
        printf("ended by signal %d: %s", WTERMSIG(status), strsignal(WTERMSIG(status)));
}

static void run_and_tell(const struct combination *self, struct tally *tally)
{
    const char *name = self->scenario->name, *backend = self->backend->name;
    int status = run_apart(self, tally->output);
    char line[1024] = "";
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        tally->passed++;
        printf("passed: scenario.%s.%s.%s\n", name, self->form_name, backend);
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_SKIPPED) {
        tally->skipped++;
        while (fgets(line, sizeof line, tally->output) && strncmp(line, "skipped: ", 9) != 0)
            ;
        if (strncmp(line, "skipped: ", 9) != 0)
            snprintf(line, sizeof line, "skipped: it does not say why\n");
        printf("skipped: scenario.%s.%s.%s: %s", name, self->form_name, backend, line + 9);
    } else {
        tally->failed++;
        printf("FAILED: scenario.%s.%s.%s: ", name, self->form_name, backend);
        print_how_it_ended(status);
        printf("; alone: %s %s %s %s\n", tally->program, name, self->form_name, backend);
        while (fgets(line, sizeof line, tally->output))
            printf("    %s%s", line, strchr(line, '\n') ? "" : "\n");
    }
}

static bool has_form(const struct scenario *scenario, enum loop_form_index form)
{
    enum loop_kind kind = loop_forms[form].kind;
    if (SCENARIO_QUICK_FORMS && form_modes[form] != CELL_BOTH && !strstr(scenario->name, "thread"))
        return false;
    switch (scenario->forms) {
    case FORMS_any:
        return true;
    case FORMS_tasks:
        return kind != LOOP_MACHINE;
    case FORMS_awaitable_tasks:
        return kind != LOOP_MACHINE && strcmp(loop_forms[form].model, "awaitable") == 0;
    case FORMS_at_once:
        return kind == LOOP_MACHINE || kind == LOOP_TASK;
    default:
        return false;
    }
}

static void run_on_backends(struct combination *self, struct tally *tally)
{
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        self->backend = &backends[i];
        if (self->scenario->backends & self->backend->bit)
            run_and_tell(self, tally);
    }
}

static int run_all(const struct scenario *scenario, const char *program)
{
    struct tally tally = {.program = program, .output = tmpfile()};
    struct combination combination = {.scenario = scenario};
    CHECK(tally.output != NULL);
    if (scenario->forms == FORMS_awaitable || scenario->forms == FORMS_sender) {
        set_model(&combination, scenario->forms == FORMS_awaitable ? "awaitable" : "sender");
        run_on_backends(&combination, &tally);
    }
    for (enum loop_form_index form = 0; form < LOOP_FORM_COUNT; form++) {
        set_form(&combination, &loop_forms[form]);
        if (has_form(scenario, form))
            run_on_backends(&combination, &tally);
    }
    fclose(tally.output);
    if (tally.failed || tally.passed + tally.skipped == 0)
        return 1;
    return tally.passed ? 0 : STATUS_SKIPPED;
}

/* ---- The command line ---- */

static int usage(const char *what, const char *given)
{
    fprintf(stderr, "scenario: no such %s: '%s'; usage: scenario NAME [FORM BACKEND], as scenario NAME lists them\n",
            what, given);
    return 1;
}

static bool find_form(struct combination *self, const char *name)
{
    set_model(self, name);
    if (strcmp(name, "awaitable") == 0 || strcmp(name, "sender") == 0)
        return true;
    for (size_t i = 0; i < LOOP_FORM_COUNT; i++) {
        set_form(self, &loop_forms[i]);
        if (strcmp(name, self->form_name) == 0)
            return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 4)
        return usage("command", argc > 1 ? argv[1] : "");
    struct combination combination = {0};
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        if (strcmp(scenarios[i].name, argv[1]) == 0)
            combination.scenario = &scenarios[i];
    if (!combination.scenario)
        return usage("scenario", argv[1]);
    if (argc == 2)
        return run_all(combination.scenario, argv[0]);

    if (!find_form(&combination, argv[2]))
        return usage("form", argv[2]);
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++)
        if (strcmp(backends[i].name, argv[3]) == 0)
            combination.backend = &backends[i];
    if (!combination.backend)
        return usage("backend", argv[3]);
    run(&combination);
    return 0;
}
