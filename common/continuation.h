/* What an executor queues: a coroutine to resume, or a function to call.
 *
 * `struct continuation` is P4003's: a coroutine handle with an intrusive link, embedded in the awaitable that suspends,
 * so that no executor ever allocates. `struct work` is its equal for code that is not a coroutine: P2300's
 * run_loop-opstate-base, embedded in a sender's operation state. Both are two words, and one queue holds both in order:
 * the low bit of a link tells which kind it leads to.
 *
 * Owns: nothing; a node belongs to its queue from push to pop, and must stay where it is.
 * Threads: none of this is synchronised; executors are.
 */
#ifndef ABREAST_COMMON_CONTINUATION_H
#define ABREAST_COMMON_CONTINUATION_H

#include "common/coro.h"

#include <stdint.h>

/* What a work calls is start or a completion function of a sender, which may not throw. */
#ifdef __cplusplus
#define WORK_NOEXCEPT noexcept
#else
#define WORK_NOEXCEPT
#endif

struct continuation {
    struct coro *coro;
    uintptr_t next; /* the queue's, while queued */
};

struct work {
    void (*execute)(struct work *) WORK_NOEXCEPT;
    uintptr_t next; /* the queue's, while queued */
};

/* A first-in first-out queue of both. Zero-initialise. */
struct work_queue {
    uintptr_t head; /* tagged address of the first node; 0 when empty */
    uintptr_t *tail;
};

#define WORK_QUEUE_TAG ((uintptr_t)1)

static inline void work_queue_link(struct work_queue *queue, uintptr_t node, uintptr_t *next)
{
    *next = 0;
    if (queue->head)
        *queue->tail = node;
    else
        queue->head = node;
    queue->tail = next;
}

static inline void work_queue_push(struct work_queue *queue, struct work *work)
{
    work_queue_link(queue, (uintptr_t)work | WORK_QUEUE_TAG, &work->next);
}

static inline void work_queue_push_continuation(struct work_queue *queue, struct continuation *continuation)
{
    work_queue_link(queue, (uintptr_t)continuation, &continuation->next);
}

static inline bool work_queue_empty(const struct work_queue *queue)
{
    return queue->head == 0;
}

/* Takes the first node of a queue that is not empty, for work_run. */
static inline uintptr_t work_queue_pop(struct work_queue *queue)
{
    uintptr_t node = queue->head;
    queue->head =
        node & WORK_QUEUE_TAG ? ((struct work *)(node - WORK_QUEUE_TAG))->next : ((struct continuation *)node)->next;
    return node;
}

/* Moves all of `from` behind `queue`. */
static inline void work_queue_append(struct work_queue *queue, struct work_queue *from)
{
    if (work_queue_empty(from))
        return;
    if (queue->head)
        *queue->tail = from->head;
    else
        queue->head = from->head;
    queue->tail = from->tail;
    from->head = 0;
}

#endif
