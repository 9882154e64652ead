#include "demo/recorder/unwind.h"

#include <errno.h>
#include <stdbool.h>
#include <unwind.h>

struct walk {
    struct unwound *unwound;
    uint64_t interrupted, pointer; /* the stack pointer in the function before */
    const struct symbols *symbols;
    const struct symbol *base;
    bool begun, ended;
};

/* Of each function the unwinder tells the stack pointer that it has when what it called returns. */
static _Unwind_Reason_Code add(struct _Unwind_Context *context, void *argument)
{
    struct walk *walk = argument;
    struct unwound *unwound = walk->unwound;
    uint64_t at = _Unwind_GetIP(context), pointer = _Unwind_GetCFA(context);
    bool first = !walk->begun && at == walk->interrupted;
    walk->begun = walk->begun || first;
    if (!walk->begun)
        return _URC_NO_REASON; /* the handler */
    if (!first)
        unwound->each[unwound->count++].bytes = (unsigned)(pointer - walk->pointer);
    walk->pointer = pointer;
    /* Behind a call that does not return there may be another function. */
    unwound->each[unwound->count].at = first ? at : at - 1;
    walk->ended = symbols_find(walk->symbols, unwound->each[unwound->count].at) == walk->base;
    return walk->ended || unwound->count == UNWIND_DEEPEST ? _URC_END_OF_STACK : _URC_NO_REASON;
}

int unwind(struct unwound *unwound, uint64_t interrupted, const struct symbols *symbols, const struct symbol *base)
{
    struct walk walk = {.unwound = unwound, .interrupted = interrupted, .symbols = symbols, .base = base};
    unwound->count = 0;
    _Unwind_Backtrace(add, &walk);
    return walk.ended ? 0 : -ERANGE;
}
