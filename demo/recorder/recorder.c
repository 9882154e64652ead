#define _GNU_SOURCE
#include "demo/recorder/recorder.h"
#include "common/trampoline.h"
#include "demo/recorder/unwind.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

enum { HANDLER_STACK_BYTES = 1 << 16, LONGEST_QUEUE = 16, NOWHERE = -1 };

struct frame_seen {
    unsigned function;
    unsigned bytes;
};

struct object {
    const char *kind, *name, *where;
    size_t bytes, offset;
    int inside; /* the object whose memory this is part of, or NOWHERE */
    void *memory;
    const struct symbol *body; /* of a coroutine frame: known once it has been made */
    bool alive;
};

struct step {
    unsigned site;
    unsigned kept;          /* outermost frames that are as before */
    size_t frames, objects; /* ends in recorder.frames and recorder.changes */
    size_t queued;          /* end in recorder.queue */
};

/* An array that grows. */
#define LIST(type)                                                                                                     \
    struct {                                                                                                           \
        type *each;                                                                                                    \
        size_t count, room;                                                                                            \
    }

static struct {
    bool records;
    struct symbols symbols;
    const struct symbol *base;
    void *handler_stack;
    const struct side *side;
    struct world *world; /* null: not recording */
    LIST(const struct probe_site *) sites;
    LIST(const char *) functions;
    LIST(struct object) objects;
    LIST(struct step) steps;
    LIST(struct frame_seen) frames;
    LIST(int) changes; /* object i came: i + 1; went: -(i + 1) */
    LIST(const char *) queue;
    struct frame_seen stack[UNWIND_DEEPEST]; /* of the step before, outermost first */
    size_t depth;
    const char *body_awaited; /* an await of this coroutine is over: its parts go */
    size_t changes_pending;   /* those that no step has yet */
} recorder;

static void *grown(void *each, size_t *room, size_t size)
{
    *room = *room ? 2 * *room : 256;
    void *larger = realloc(each, *room * size);
    if (!larger) {
        fputs("demo-recorder: not enough memory for the trace\n", stderr);
        exit(1);
    }
    return larger;
}

#define APPEND(list, ...)                                                                                              \
    do {                                                                                                               \
        if ((list).count == (list).room)                                                                               \
            (list).each = grown((list).each, &(list).room, sizeof *(list).each);                                       \
        (list).each[(list).count++] = (__VA_ARGS__);                                                                   \
    } while (0)

static const char *const event_names[] = {
#define X(event) #event,
    PROBE_EVENTS(X)
#undef X
#define X(mark) #mark,
        MARKS(X)
#undef X
};

extern const struct probe_site __start_probe_sites[], __stop_probe_sites[];

static const struct probe_site *site_at(uint64_t address)
{
    for (const struct probe_site *site = __start_probe_sites; site < __stop_probe_sites; site++) {
        if (site->address == address)
            return site;
    }
    return NULL;
}

static bool same_site(const struct probe_site *a, const struct probe_site *b)
{
    return a->event == b->event && a->line == b->line && strcmp(a->function, b->function) == 0 &&
           strcmp(a->file, b->file) == 0;
}

/* Several places in the code may be one in the source. */
static unsigned site_number(const struct probe_site *site)
{
    size_t i = 0;
    while (i < recorder.sites.count && !same_site(recorder.sites.each[i], site))
        i++;
    if (i == recorder.sites.count)
        APPEND(recorder.sites, site);
    return (unsigned)i;
}

static unsigned function_number(uint64_t address)
{
    const struct symbol *symbol = symbols_find(&recorder.symbols, address);
    const char *name = symbol ? symbol->name : "(library)";
    size_t i = 0;
    while (i < recorder.functions.count && strcmp(recorder.functions.each[i], name) != 0)
        i++;
    if (i == recorder.functions.count)
        APPEND(recorder.functions, name);
    return (unsigned)i;
}

/* ---- The stack ---- */

/* Records the stack as what is new against the step before; returns how many frames are not. */
static unsigned record_stack(uint64_t interrupted)
{
    static struct unwound unwound;
    if (unwind(&unwound, interrupted, &recorder.symbols, recorder.base)) {
        fputs("demo-recorder: the stack cannot be unwound, or is too deep\n", stderr);
        exit(1);
    }
    size_t kept = 0;
    bool same = true;
    for (size_t i = 0; i < unwound.count; i++) {
        size_t from = unwound.count - 1 - i;
        struct frame_seen frame = {function_number(unwound.each[from].at), unwound.each[from].bytes};
        same = same && i < recorder.depth && recorder.stack[i].function == frame.function &&
               recorder.stack[i].bytes == frame.bytes;
        if (same)
            kept++;
        else
            APPEND(recorder.frames, frame);
        recorder.stack[i] = frame;
    }
    recorder.depth = unwound.count;
    return (unsigned)kept;
}

/* ---- Objects ---- */

static int object_came(struct object object)
{
    object.alive = true;
    APPEND(recorder.objects, object);
    APPEND(recorder.changes, (int)recorder.objects.count);
    return (int)recorder.objects.count - 1;
}

static void object_went(size_t number)
{
    recorder.objects.each[number].alive = false;
    APPEND(recorder.changes, -(int)(number + 1));
    for (size_t i = number + 1; i < recorder.objects.count; i++) {
        if (recorder.objects.each[i].alive && recorder.objects.each[i].inside == (int)number)
            object_went(i);
    }
}

void recorder_block(void *memory, size_t bytes, const char *where)
{
    if (recorder.world)
        object_came((struct object){"block", "", where, bytes, 0, NOWHERE, memory, NULL, true});
}

void recorder_block_freed(void *memory)
{
    for (size_t i = 0; recorder.world && i < recorder.objects.count; i++) {
        struct object *object = &recorder.objects.each[i];
        if (object->alive && object->inside == NOWHERE && object->memory == memory)
            object_went(i);
    }
}

/* A block that begins with the address of a function is a coroutine frame. */
static void name_frames(void)
{
    for (size_t i = 0; i < recorder.objects.count; i++) {
        struct object *object = &recorder.objects.each[i];
        if (!object->alive || object->inside != NOWHERE || object->body)
            continue;
        uint64_t resume = (uint64_t)((struct coro *)object->memory)->resume;
        const struct symbol *symbol = symbols_find(&recorder.symbols, resume);
        if (symbol && symbol->address == resume) {
            object->body = symbol;
            object->kind = "coroutine frame";
            object->name = symbol->name;
        }
    }
}

/* The last block that is alive: the frame of a coroutine, or where `body` is null one that is none. */
static int holder(const char *body)
{
    for (size_t i = recorder.objects.count; i > 0; i--) {
        const struct object *object = &recorder.objects.each[i - 1];
        if (!object->alive || object->inside != NOWHERE)
            continue;
        if (body ? object->body && strcmp(object->body->name, body) == 0 : !object->body)
            return (int)i - 1;
    }
    return NOWHERE;
}

static void record_parts(const struct probe_site *site)
{
    if (recorder.body_awaited) {
        int frame = holder(recorder.body_awaited);
        for (size_t i = 0; i < recorder.objects.count; i++) {
            if (recorder.objects.each[i].alive && frame >= 0 && recorder.objects.each[i].inside == frame)
                object_went(i);
        }
    }
    recorder.body_awaited = site->event == PROBE_EXTRACT ? site->function : NULL;
    for (const struct part *part = recorder.side->parts; part->kind; part++) {
        if (part->event == site->event && strcmp(part->function, site->function) == 0) {
            int inside = holder(part->body);
            if (inside >= 0)
                object_came((struct object){part->kind, part->name, recorder.objects.each[inside].where, part->bytes,
                                            part->offset, inside, NULL, NULL, true});
        }
    }
}

/* ---- Queues ---- */

static void record_queue(const struct work_queue *queue)
{
    uintptr_t node = queue->head;
    for (size_t i = 0; node && i < LONGEST_QUEUE; i++) {
        uint64_t runs;
        if (node & WORK_QUEUE_TAG) {
            const struct work *work = (const struct work *)(node - WORK_QUEUE_TAG);
            runs = (uint64_t)work->execute;
            node = work->next;
        } else {
            const struct continuation *continuation = (const struct continuation *)node;
            runs = (uint64_t)continuation->coro->resume;
            node = continuation->next;
        }
        const struct symbol *symbol = symbols_find(&recorder.symbols, runs);
        APPEND(recorder.queue, symbol ? symbol->name : "(library)");
    }
}

/* ---- Events ---- */

static void on_trap(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    uint64_t address = (uint64_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    const struct probe_site *site = recorder.world ? site_at(address) : NULL;
    if (!site)
        return;
    name_frames();
    record_parts(site);
    struct step step = {.site = site_number(site), .kept = record_stack(address)};
    record_queue(&recorder.world->loop.local);
    record_queue(&recorder.world->loop.remote);
    if (trampoline_current)
        record_queue(&trampoline_current->queue);
    step.frames = recorder.frames.count;
    step.objects = recorder.changes.count;
    step.queued = recorder.queue.count;
    APPEND(recorder.steps, step);
}

__attribute__((noinline)) int recorder_base(int (*run)(void *), void *context)
{
    int status = run(context);
    __asm__ volatile("" ::: "memory"); /* what is called stays below this frame */
    return status;
}

int recorder_open(bool records)
{
    stack_t stack = {.ss_size = HANDLER_STACK_BYTES};
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    int status = symbols_read(&recorder.symbols);
    if (status)
        return status;
    recorder.records = records;
    recorder.base = symbols_find(&recorder.symbols, (uint64_t)recorder_base);
    recorder.handler_stack = stack.ss_sp = malloc(stack.ss_size);
    if (!stack.ss_sp)
        return -ENOMEM;
    return sigaltstack(&stack, NULL) || sigaction(SIGTRAP, &action, NULL) ? -errno : 0;
}

void recorder_begin(const struct side *side, struct world *world)
{
    recorder.side = side;
    recorder.world = recorder.records ? world : NULL;
}

void recorder_end(void)
{
    recorder.world = NULL;
}

void recorder_close(void)
{
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    free(recorder.handler_stack);
    free(recorder.sites.each);
    free(recorder.functions.each);
    free(recorder.objects.each);
    free(recorder.steps.each);
    free(recorder.frames.each);
    free(recorder.changes.each);
    free(recorder.queue.each);
    symbols_free(&recorder.symbols);
}

/* ---- JSON: names are C's, and need no quoting ---- */

/* The first object that differs from this one in nothing but where exactly it is. */
static size_t type_of(size_t number)
{
    const struct object *object = &recorder.objects.each[number];
    size_t i = 0;
    for (const struct object *other = recorder.objects.each; i < number; i++, other++) {
        if (other->bytes == object->bytes && other->offset == object->offset &&
            strcmp(other->kind, object->kind) == 0 && strcmp(other->name, object->name) == 0 &&
            strcmp(other->where, object->where) == 0)
            break;
    }
    return i;
}

static void print_tables(void)
{
    printf("\"sites\":[");
    for (size_t i = 0; i < recorder.sites.count; i++) {
        const struct probe_site *site = recorder.sites.each[i];
        printf("%s\n[\"%s\",\"%s\",\"%s\",%u]", i ? "," : "", event_names[site->event], site->function, site->file,
               site->line);
    }
    printf("],\n\"functions\":[");
    for (size_t i = 0; i < recorder.functions.count; i++)
        printf("%s\"%s\"", i ? "," : "", recorder.functions.each[i]);
    printf("],\n\"types\":[");
    for (size_t i = 0; i < recorder.objects.count; i++) {
        const struct object *object = &recorder.objects.each[i];
        if (type_of(i) == i)
            printf("%s\n[\"%s\",\"%s\",%zu,\"%s\",%zu]", i ? "," : "", object->kind, object->name, object->bytes,
                   object->where, object->offset);
    }
    printf("],\n\"objects\":[");
    for (size_t i = 0; i < recorder.objects.count; i++) {
        size_t number = 0;
        for (size_t before = 0; before < type_of(i); before++)
            number += type_of(before) == before;
        printf("%s[%zu,%d]", i ? "," : "", number, recorder.objects.each[i].inside);
    }
}

static void print_changes(size_t from, size_t to, bool came)
{
    const char *comma = "";
    printf(",[");
    for (size_t i = from; i < to; i++) {
        int change = recorder.changes.each[i];
        if ((change > 0) == came) {
            printf("%s%d", comma, (came ? change : -change) - 1);
            comma = ",";
        }
    }
    printf("]");
}

void recorder_print(void)
{
    size_t frame = 0, change = 0, queued = 0, depth = 0;
    print_tables();
    printf("],\n\"steps\":[");
    for (size_t i = 0; i < recorder.steps.count; i++) {
        const struct step *step = &recorder.steps.each[i];
        bool stack = step->frames > frame || step->kept<depth, objects = step->objects> change,
             queue = step->queued > queued;
        printf("%s\n[%u", i ? "," : "", step->site);
        if (stack || objects || queue) {
            printf(",%u,[", step->kept);
            depth = step->kept;
            for (const char *comma = ""; frame < step->frames; frame++, depth++, comma = ",")
                printf("%s[%u,%u]", comma, recorder.frames.each[frame].function, recorder.frames.each[frame].bytes);
            printf("]");
        }
        if (objects || queue) {
            print_changes(change, step->objects, true);
            print_changes(change, step->objects, false);
        }
        change = step->objects;
        if (queue) {
            printf(",[");
            for (const char *comma = ""; queued < step->queued; queued++, comma = ",")
                printf("%s\"%s\"", comma, recorder.queue.each[queued]);
            printf("]");
        }
        printf("]");
    }
    printf("]");
}
