#include "common/probe.h"

#include <string.h>

_Thread_local uint64_t probe_counters[PROBE_EVENT_COUNT];

void probe_reset(void)
{
    memset(probe_counters, 0, sizeof probe_counters);
}
