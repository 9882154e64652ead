/* The recorder: what one side of a scene did, event by event, as JSON.
 *
 * Product code and scene are compiled with -DABREAST_TRACE, so that each event is one trap instruction
 * (common/probe.h). The trap's handler runs on a stack of its own and looks at the one that it interrupted: which
 * functions are on it and with how many bytes, by the unwinder's tables, which need no frame pointer and change no
 * code. Where a compiler has put several functions into one, there is one frame. Every address is told relative to
 * something, time is the sim reactor's, and so is every choice: a trace is the same, byte for byte, in each run of one
 * build.
 *
 * Owns: all that it has recorded. Threads: one. Errors: 0 or negative errno; what does not fit in memory ends the
 * program.
 */
#ifndef ABREAST_DEMO_RECORDER_RECORDER_H
#define ABREAST_DEMO_RECORDER_RECORDER_H

#include "demo/recorder/world.h"

/* Once, before anything traps. Without `records` every event only goes by. */
int recorder_open(bool records);
void recorder_close(void);

/* From here on events are recorded, until recorder_end. */
void recorder_begin(const struct side *, struct world *);
void recorder_end(void);

/* A block that a watched allocator has handed out or takes back. */
void recorder_block(void *memory, size_t bytes, const char *where);
void recorder_block_freed(void *memory);

/* Calls side->begin's program: the outermost frame that a trace shows is the first one below it. */
int recorder_base(int (*run)(void *), void *context);

/* Prints what was recorded as the members "sites", "functions", "objects" and "steps": docs/demo.md. */
void recorder_print(void);

#endif
