#include "common/stack_meter.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

/* The guard is wider than any frame, so that no frame steps over it. */
enum { GUARD_BYTES = 1 << 16, QUIET_BYTES = 1 << 20, ALTERNATE_STACK_BYTES = 1 << 16, NOISE_BYTES = 256 };

const char *stack_meter_unavailable(void)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    return "a sanitizer adds to every frame and keeps its own account of the stack";
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
    return "a sanitizer adds to every frame and keeps its own account of the stack";
#endif
#endif
    return NULL;
}

int stack_meter_open(struct stack_meter *meter, size_t stack_bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    stack_bytes = (stack_bytes + page - 1) / page * page;
    size_t bytes = stack_bytes + GUARD_BYTES;
    unsigned char *mapping = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED)
        return -errno;
    if (mprotect(mapping + GUARD_BYTES, stack_bytes, PROT_READ | PROT_WRITE)) {
        int status = -errno;
        munmap(mapping, bytes);
        return status;
    }
    *meter = (struct stack_meter){mapping, bytes, mapping + GUARD_BYTES, stack_bytes};
    return 0;
}

void stack_meter_close(struct stack_meter *meter)
{
    if (meter->mapping)
        munmap(meter->mapping, meter->mapping_bytes);
    meter->mapping = NULL;
}

/* ---- One run ---- */

struct call {
    const struct stack_work *work;
    uint64_t completions;
    int status;
};

/* makecontext passes ints only. */
union halved_pointer {
    struct call *call;
    unsigned halves[2];
};
_Static_assert(sizeof(struct call *) == sizeof(unsigned[2]), "a pointer is two ints");

static void enter(unsigned first, unsigned second)
{
    struct call *call = (union halved_pointer){.halves = {first, second}}.call;
    call->status = call->work->run(call->work->context, call->completions);
}

static int run_on(struct stack_meter *meter, struct call *call)
{
    ucontext_t here, there;
    if (getcontext(&there))
        return -errno;
    there.uc_stack.ss_sp = meter->bottom;
    there.uc_stack.ss_size = meter->stack_bytes;
    there.uc_link = &here;
    union halved_pointer pointer = {.call = call};
    makecontext(&there, (void (*)(void))enter, 2, pointer.halves[0], pointer.halves[1]);
    if (swapcontext(&here, &there))
        return -errno;
    return call->status;
}

static size_t high_water(const struct stack_meter *meter)
{
    const uint64_t *bottom = (const uint64_t *)meter->bottom;
    const uint64_t *top = (const uint64_t *)(meter->bottom + meter->stack_bytes);
    const uint64_t *lowest = top;
    for (const uint64_t *at = top; at > bottom && (size_t)(lowest - at) < QUIET_BYTES / sizeof *at;) {
        if (*--at)
            lowest = at;
    }
    return (size_t)(top - lowest) * sizeof *top;
}

int stack_meter_run(struct stack_meter *meter, const struct stack_work *work, uint64_t completions, size_t *used)
{
    if (madvise(meter->bottom, meter->stack_bytes, MADV_DONTNEED))
        return -errno;
    struct call call = {.work = work, .completions = completions};
    int status = run_on(meter, &call);
    if (status)
        return status;
    *used = high_water(meter);
    return 0;
}

/* ---- Growth ---- */

const char *stack_growth_name(enum stack_growth growth)
{
    static const char *const names[] = {"constant", "bounded", "linear"};
    return names[growth];
}

/* Whether two high-water marks are the same depth. The lowest words of a frame may happen to be zero, and a libc call
 * may take one path or another; what grows with the completions is soon far above that. */
static bool same_depth(size_t a, size_t b)
{
    return (a > b ? a - b : b - a) <= NOISE_BYTES;
}

int stack_profile(struct stack_meter *meter, const struct stack_work *work, uint64_t length, uint64_t longest,
                  struct stack_profile *profile)
{
    /* The first entry warms up: what runs once only (allocator, lazy initialisation) must not show. */
    const uint64_t lengths[] = {8, 2, 16, 128, length, 2 * length};
    enum { COUNT = sizeof lengths / sizeof *lengths };
    size_t used[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        int status = stack_meter_run(meter, work, lengths[i], &used[i]);
        if (status)
            return status;
    }
    bool linear = used[COUNT - 1] > used[COUNT - 2] && !same_depth(used[COUNT - 1], used[COUNT - 2]);
    double slope = linear ? (double)(used[COUNT - 1] - used[COUNT - 2]) / (double)length : 0;
    *profile = (struct stack_profile){
        .growth = linear ? STACK_LINEAR : STACK_CONSTANT,
        .bytes_per_completion = slope,
        .intercept_bytes = (double)used[COUNT - 2] - slope * (double)length,
        .longest = 2 * length,
    };
    if (profile->growth == STACK_LINEAR)
        return 0;
    for (size_t i = 1; i < COUNT - 1; i++) {
        if (!same_depth(used[i], used[COUNT - 1]))
            profile->growth = STACK_BOUNDED;
    }
    if (longest <= profile->longest)
        return 0;
    size_t last;
    int status = stack_meter_run(meter, work, longest, &last);
    if (status)
        return status;
    profile->longest = longest;
    return same_depth(last, used[COUNT - 1]) ? 0 : -ERANGE;
}

/* ---- Overflow ---- */

uint64_t stack_overflow_predicted(const struct stack_profile *profile, size_t stack_bytes)
{
    double held = ((double)stack_bytes - profile->intercept_bytes) / profile->bytes_per_completion;
    return held < 0 ? 1 : (uint64_t)held + 1;
}

enum { CHILD_SURVIVED = 0, CHILD_FAILED = 1, CHILD_OVERFLOWED = 3 };

/* The innermost functions of a stack: where each goes on, and where its frame begins. */
enum { MAX_FUNCTIONS = 512, INNERMOST = 32 };

struct functions {
    unsigned count;
    uintptr_t at[MAX_FUNCTIONS];
    uintptr_t frame[MAX_FUNCTIONS];
};

/* The child's, for its signal handler. */
static struct stack_meter child_meter;
static struct functions *child_functions; /* null: nobody wants them */

static _Unwind_Reason_Code add_function(struct _Unwind_Context *context, void *argument)
{
    struct functions *functions = argument;
    if (functions->count == MAX_FUNCTIONS)
        return _URC_END_OF_STACK;
    functions->at[functions->count] = _Unwind_GetIP(context);
    functions->frame[functions->count++] = _Unwind_GetCFA(context);
    return _URC_NO_REASON;
}

static void on_fault(int signal_number, siginfo_t *info, void *context)
{
    (void)signal_number;
    (void)context;
    const unsigned char *address = info->si_addr;
    if (child_functions)
        _Unwind_Backtrace(add_function, child_functions);
    _exit(address >= child_meter.mapping && address < child_meter.bottom ? CHILD_OVERFLOWED : CHILD_FAILED);
}

_Noreturn static void child(const struct stack_work *work, size_t stack_bytes, uint64_t completions)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack_t alternate = {.ss_sp = malloc(ALTERNATE_STACK_BYTES), .ss_size = ALTERNATE_STACK_BYTES};
    struct call call = {.work = work, .completions = completions};
    if (!alternate.ss_sp || sigaltstack(&alternate, NULL) || sigaction(SIGSEGV, &action, NULL) ||
        sigaction(SIGBUS, &action, NULL) || stack_meter_open(&child_meter, stack_bytes) || run_on(&child_meter, &call))
        _exit(CHILD_FAILED);
    _exit(CHILD_SURVIVED);
}

/* 1 when that many completions overflow the stack, 0 when not. */
static int overflows(const struct stack_work *work, size_t stack_bytes, uint64_t completions)
{
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0)
        child(work, stack_bytes, completions);
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_SURVIVED)
        return 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == CHILD_OVERFLOWED ? 1 : -ECHILD;
}

int stack_overflow_seen(const struct stack_work *work, size_t stack_bytes, uint64_t predicted, uint64_t *seen)
{
    /* Brackets the overflow by growing steps away from the prediction, then halves. */
    uint64_t held = 0, overflowed = 0;
    uint64_t at = predicted;
    for (uint64_t step = 1; !held || !overflowed; step *= 2) {
        int status = overflows(work, stack_bytes, at);
        if (status < 0)
            return status;
        if (status)
            overflowed = at;
        else
            held = at;
        if (overflowed && held)
            break;
        if (step > predicted || (overflowed && at <= step))
            return -ERANGE;
        at = overflowed ? at - step : at + step;
    }
    while (overflowed - held > 1) {
        uint64_t middle = held + (overflowed - held) / 2;
        int status = overflows(work, stack_bytes, middle);
        if (status < 0)
            return status;
        if (status)
            overflowed = middle;
        else
            held = middle;
    }
    *seen = overflowed;
    return 0;
}

/* The functions that come again and again, and the bytes between one time and the next; 0: none do. The innermost of
 * all are the signal handler's, and those of a completion that is not complete. */
static unsigned find_period(const struct functions *functions, size_t *bytes)
{
    for (unsigned period = 1; INNERMOST + 3 * period <= functions->count; period++) {
        *bytes = functions->frame[INNERMOST + period] - functions->frame[INNERMOST];
        bool repeats = true;
        for (unsigned i = INNERMOST; repeats && i < INNERMOST + 2 * period; i++)
            repeats = functions->at[i] == functions->at[i + period] &&
                      functions->frame[i + period] - functions->frame[i] == *bytes;
        if (repeats)
            return period;
    }
    return 0;
}

int stack_functions_seen(const struct stack_work *work, size_t stack_bytes, const struct stack_profile *profile,
                         double *seen)
{
    child_functions = mmap(NULL, sizeof *child_functions, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (child_functions == MAP_FAILED) {
        child_functions = NULL;
        return -errno;
    }
    int status = overflows(work, stack_bytes, 2 * stack_overflow_predicted(profile, stack_bytes));
    size_t bytes = 0;
    unsigned period = find_period(child_functions, &bytes);
    munmap(child_functions, sizeof *child_functions);
    child_functions = NULL;
    if (status < 0)
        return status;
    if (!status || !period)
        return -ERANGE;
    *seen = period * profile->bytes_per_completion / (double)bytes;
    return 0;
}
