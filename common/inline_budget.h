/* The inline budget: how many operations in a row may complete inline, that is, be followed at once by what awaits
 * them. The next one is posted to the executor instead, so that others have their turn: what has completed inline has
 * given nobody else the thread.
 *
 *     if (!inline_budget_take(budget))
 *         ...post what comes next to the executor, and return...
 *
 * A null budget is unlimited. A fixed budget of K lets K completions through and has the next one posted, again and
 * again; K = 0 posts them all, as asio's initiating functions do. An adaptive budget starts at 2, doubles up to 16 each
 * time that it is used up, and falls back to 2 when only part of it was used before an operation had to wait. These are
 * Corosio's rules and figures for a context of several threads (epoll_scheduler's try_consume_inline_budget and
 * reset_inline_budget); with one thread it keeps the budget at 4, which is inline_budget_fixed(4) here. There the
 * budget belongs to the scheduler's thread and is filled anew before each handler; here to whom it is given, a stream
 * for instance, and filled anew where a run of inline completions ends.
 *
 * A budget may serve several streams of one reactor. Then an operation of one that waits ends the run of all.
 *
 * Owns: nothing; its storage is the caller's and outlives what uses it. Threads: one.
 */
#ifndef ABREAST_COMMON_INLINE_BUDGET_H
#define ABREAST_COMMON_INLINE_BUDGET_H

#include <stdbool.h>

struct inline_budget {
    unsigned left;           /* of this run */
    unsigned limit;          /* of a run */
    unsigned floor, ceiling; /* between which the limit moves */
};

static inline struct inline_budget inline_budget_fixed(unsigned completions)
{
    return (struct inline_budget){
        .left = completions, .limit = completions, .floor = completions, .ceiling = completions};
}

static inline struct inline_budget inline_budget_adaptive(void)
{
    return (struct inline_budget){.left = 2, .limit = 2, .floor = 2, .ceiling = 16};
}

/* A run of inline completions is over, and the next begins. To be called where an operation has to wait. */
static inline void inline_budget_refill(struct inline_budget *budget)
{
    if (__builtin_expect(!budget, 1))
        return;
    if (budget->left == 0)
        budget->limit = budget->limit * 2 < budget->ceiling ? budget->limit * 2 : budget->ceiling;
    else if (budget->left < budget->limit)
        budget->limit = budget->floor;
    budget->left = budget->limit;
}

/* An operation has completed inline: true when what awaits it may go on at once; false when that has to be posted,
 * which ends the run. */
static inline bool inline_budget_take(struct inline_budget *budget)
{
    if (__builtin_expect(!budget, 1))
        return true;
    if (budget->left > 0) {
        budget->left--;
        return true;
    }
    inline_budget_refill(budget);
    return false;
}

#endif
