#include "common/probe.h"

#include <string.h>

_Thread_local uint64_t probe_counters[PROBE_EVENT_COUNT];

const char *probe_event_name(enum probe_event event)
{
    static const char *const names[PROBE_EVENT_COUNT] = {
#define X(event) [PROBE_##event] = #event,
        PROBE_EVENTS(X)
#undef X
    };
    return names[event];
}

void probe_reset(void)
{
    memset(probe_counters, 0, sizeof probe_counters);
}
