/* Streams on a run_loop, each of which does one thing to a read: a turn of the loop after it was submitted, it
 * completes with the bytes asked for; or it fails; or it says nothing, and completes only a turn after it was
 * cancelled.
 *
 * With them a join of reads, a timeout (a read that completes when the time is up, as of a timerfd) and a cancellation
 * are the same in every form, and deterministic. Nothing completes inside submit or cancel, as with every reactor.
 *
 * Threads: the run_loop's.
 */
#ifndef ABREAST_BENCH_FANOUT_STREAM_H
#define ABREAST_BENCH_FANOUT_STREAM_H

#include "common/run_loop.h"
#include "common/stream.h"

enum { FANOUT_BUFFER_BYTES = 8 };

enum fanout_stream_kind { STREAM_GIVES, STREAM_FAILS, STREAM_SILENT };

/* Of all streams of a job. */
struct fanout_stream_counts {
    uint64_t completed;
    uint64_t failed_at; /* `completed` when the last failure was delivered */
};

struct fanout_stream {
    struct stream stream;
    enum fanout_stream_kind kind;
    struct run_loop *loop;
    struct fanout_stream_counts *counts;
    struct io_op *op; /* in flight */
    struct work work; /* its completion, on the way */
};

void fanout_stream_init(struct fanout_stream *, enum fanout_stream_kind, struct run_loop *,
                        struct fanout_stream_counts *);

/* What every read fails with. */
enum { FANOUT_ERROR = 5 }; /* EIO */

#endif
