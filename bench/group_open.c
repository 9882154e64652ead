#include "bench/group.h"
#include "common/frame_allocator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Enough of each small size that malloc's free lists for it are used up by chance: what a cell gets then lies anywhere.
 * STEP is what malloc's sizes and the stack are aligned to. */
enum { STEP = 16, HELD_MOST = 64 * STEP, HELD_COUNT = 1024, APART_MOST = 4096, STACK_MOST = 4096 };

struct held {
    struct held *next;
};

static size_t random_size(struct group *group, size_t most)
{
    return STEP * (1 + random_below(&group->layout, most / STEP));
}

static int hold(struct group *group, size_t bytes)
{
    struct held *held = malloc(bytes);
    if (!held)
        return -ENOMEM;
    held->next = group->held;
    group->held = held;
    return 0;
}

static void release(struct held *held)
{
    while (held) {
        struct held *next = held->next;
        free(held);
        held = next;
    }
}

/* What the last block held is given back only after the new is there, so that it is not the same. */
static int move_heap(struct group *group)
{
    struct held *before = group->held;
    int status = 0;
    group->held = NULL;
    for (size_t i = 0; i < HELD_COUNT && !status; i++)
        status = hold(group, random_size(group, HELD_MOST));
    release(before);
    group->stack_bytes = random_size(group, STACK_MOST);
    return status;
}

static int open_entry(struct group *group, struct entry *entry)
{
    const struct cell *cell = entry->cell;
    int status = group->options->smoke ? 0 : hold(group, random_size(group, APART_MOST));
    if (!status && cell->open)
        status = cell->open(cell, group->options, &entry->state);
    entry->opened = !status;
    return status;
}

static void close_entries(struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        struct entry *entry = &group->entries[i];
        if (entry->opened && entry->cell->close)
            entry->cell->close(entry->state);
        entry->opened = false;
    }
    recycling_frame_allocator()->ops->release(recycling_frame_allocator());
}

int group_reopen(struct group *group)
{
    close_entries(group);
    int status = move_heap(group);
    for (size_t i = 0; i < group->count && !status; i++) {
        status = open_entry(group, &group->entries[i]);
        if (status)
            return group_failed(group, &group->entries[i], "could not be set up again", status);
    }
    return status;
}

static int add_entry(struct group *group, const struct cell *cell, bool control, struct results *results)
{
    struct entry *entry = &group->entries[group->count];
    *entry = (struct entry){.cell = cell, .control = control};
    int status = open_entry(group, entry);
    if (status == -ENOTSUP) {
        char name[256], reason[256] = "not supported by this machine, build or reactor";
        entry_name(group, entry, name, sizeof name);
        if (cell->needs)
            snprintf(reason, sizeof reason, "it needs %s, which is not here", cell->needs);
        if (!control)
            results_add_skipped(results, group->experiment->name, name, reason);
        return 0;
    }
    if (status)
        return group_failed(group, entry, "could not be set up", status);
    group->count++;
    if (group->options->smoke)
        return 0;
    entry->samples = calloc((size_t)group->plan->blocks * group->plan->rounds_most * PASSES, sizeof *entry->samples);
    return entry->samples ? 0 : -ENOMEM;
}

int group_open(struct group *group, struct results *results)
{
    const struct experiment *experiment = group->experiment;
    const struct cell *baseline = NULL;
    group->entries = calloc(experiment->cell_count + 1, sizeof *group->entries);
    int status = group->entries ? 0 : -ENOMEM;
    if (!status && !group->options->smoke)
        status = move_heap(group);
    for (size_t i = 0; i < experiment->cell_count && !status; i++) {
        const struct cell *cell = &experiment->cells[i];
        if (strcmp(cell->variant, group->variant) != 0 || !runner_runs(cell, group->options) ||
            !runner_includes(experiment, cell, group->options))
            continue;
        status = add_entry(group, cell, false, results);
        if (cell->baseline)
            baseline = cell;
    }
    if (baseline && !status && !group->options->smoke)
        status = add_entry(group, baseline, true, results);
    return status;
}

void group_close(struct group *group)
{
    close_entries(group);
    for (size_t i = 0; i < group->count; i++)
        free(group->entries[i].samples);
    free(group->entries);
    release(group->held);
}
