/* The forms of the senders and awaitables that begin a pipeline: schedule and read_some. */
#ifndef ABREAST_BENCH_OPSTATE_SOURCES_H
#define ABREAST_BENCH_OPSTATE_SOURCES_H

#include "bench/opstate/forms.h"

extern const struct form schedule_floor, schedule_pipeline, schedule_task_scheduler, schedule_transfer;
extern const struct form read_some_floor, read_some_pipeline, read_some_any_sender, read_some_any_sender_fits,
    read_some_table_sender, read_some_ready, read_some_any_stream;

#endif
