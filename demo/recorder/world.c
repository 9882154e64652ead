#include "demo/recorder/world.h"
#include "demo/recorder/recorder.h"

#include <stdlib.h>
#include <string.h>

enum { SOURCE_BYTES = 256, PIECE_BYTES = 8 };

/* ---- The watched heap ---- */

static void *watched_allocate(struct frame_allocator *allocator, size_t bytes)
{
    void *memory = calloc(1, bytes); /* so that nothing is taken for a frame that is not one yet */
    if (memory)
        recorder_block(memory, bytes, ((struct watched_allocator *)allocator)->name);
    return memory;
}

static void watched_deallocate(struct frame_allocator *allocator, void *memory, size_t bytes)
{
    (void)allocator;
    (void)bytes;
    recorder_block_freed(memory);
    free(memory);
}

static const struct frame_allocator_ops watched_ops = {
    .name = "watched", .allocate = watched_allocate, .deallocate = watched_deallocate};

/* ---- Launches ---- */

static void end(struct world *world, ssize_t result)
{
    MARK(END);
    if (result < 0)
        world->status = (int)result;
    run_loop_finish(&world->loop);
}

static void task_ended(struct run_async *launch, ssize_t result)
{
    end(CONTAINER_OF(launch, struct world, launch), result);
}

void world_launch_task(struct world *world, struct task *task)
{
    if (task)
        run_async(&world->launch, task, &world->env, task_ended);
    else
        end(world, -ENOMEM);
}

static void sender_task_ended(struct sender_task_state *state, ssize_t result)
{
    end(CONTAINER_OF(state, struct world, state), result);
}

static void sender_task_stopped(struct sender_task_state *state)
{
    end(CONTAINER_OF(state, struct world, state), -ECANCELED);
}

void world_launch_sender_task(struct world *world, struct sender_task *task)
{
    if (!task) {
        end(world, -ENOMEM);
        return;
    }
    world->task = task;
    world->state = (struct sender_task_state){&world->env, sender_task_ended, sender_task_stopped};
    sender_task_start(task, &world->state);
}

/* ---- The run ---- */

struct begun {
    struct work begin, stop;
    const struct side *side;
    struct world *world;
};

static void begin(struct work *work)
{
    struct begun *self = CONTAINER_OF(work, struct begun, begin);
    struct frame_allocator *saved = get_current_frame_allocator();
    set_current_frame_allocator(self->world->env.allocator);
    self->side->begin(self->world);
    set_current_frame_allocator(saved);
}

static void request_stop(struct work *work)
{
    MARK(STOP);
    stop_source_request_stop(&CONTAINER_OF(work, struct begun, stop)->world->stop);
}

static int run_loop_of(void *loop)
{
    return run_loop_run(loop);
}

/* As many reads as were asked for, all with the stream's bytes; or stopped, where that was asked for. */
static int check(const struct world *world, enum world_kind kind, uint64_t reads)
{
    if (kind == WORLD_STOPPED)
        return world->status == -ECANCELED ? 0 : -EILSEQ;
    if (world->status)
        return world->status;
    return world->made == reads ? 0 : -EILSEQ;
}

int world_run(const struct side *side, enum world_kind kind, uint64_t reads)
{
    unsigned char source[SOURCE_BYTES];
    for (size_t i = 0; i < sizeof source; i++)
        source[i] = (unsigned char)(31 * i);
    struct reactor_options options = {.backend = REACTOR_SIM,
                                      .script = {.seed = 1, .sync_share = kind == WORLD_READY ? 1000 : 0}};
    struct world world = {
        .reads = reads, .own = {{&watched_ops}, "heap"}, .neighbours = {{&watched_ops}, "neighbour's heap"}};
    int status = reactor_create(&world.reactor, &options, NULL);
    if (status)
        return status;
    status = sim_stream_init(&world.memory, world.reactor, source, sizeof source, UINT64_MAX, PIECE_BYTES, NULL, 0);
    if (!status)
        status = run_loop_init(&world.loop, world.reactor);
    if (!status) {
        world.stream = &world.memory.stream;
        world.env = (struct io_env){.executor = run_loop_executor(&world.loop), .allocator = &world.own.base};
        struct begun begun = {.begin.execute = begin, .stop.execute = request_stop, .side = side, .world = &world};
        stop_source_init(&world.stop);
        run_loop_post_work(&world.loop, &begun.begin);
        if (kind == WORLD_STOPPED) {
            world.env.stop = stop_source_token(&world.stop);
            run_loop_post_work(&world.loop, &begun.stop);
        }
        recorder_begin(side, &world);
        status = recorder_base(run_loop_of, &world.loop);
        recorder_end();
        if (world.task)
            coro_destroy(&world.task->frame.coro);
        run_loop_destroy(&world.loop);
    }
    reactor_destroy(world.reactor);
    return status ? status : check(&world, kind, reads);
}
