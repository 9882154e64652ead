#include "common/reactor_backend.h"

/* The one that is due later becomes a child of the other. */
static struct reactor_timer *meld(struct reactor_timer *a, struct reactor_timer *b)
{
    if (!a || !b)
        return a ? a : b;
    if (b->due < a->due) {
        struct reactor_timer *later = a;
        a = b;
        b = later;
    }
    b->next = a->child;
    if (b->next)
        b->next->link = &b->next;
    b->link = &a->child;
    a->child = b;
    a->next = NULL;
    return a;
}

/* One heap of siblings: in pairs from the left, then all pairs from the right. */
static struct reactor_timer *meld_siblings(struct reactor_timer *first)
{
    struct reactor_timer *pairs = NULL, *melded = NULL;
    while (first) {
        struct reactor_timer *a = first, *b = a->next;
        first = b ? b->next : NULL;
        if (b)
            b->next = NULL;
        a->next = NULL;
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    while (pairs) {
        struct reactor_timer *pair = pairs;
        pairs = pair->next;
        pair->next = NULL;
        melded = meld(melded, pair);
    }
    return melded;
}

static void set_first(struct timer_heap *heap, struct reactor_timer *first)
{
    heap->first = first;
    if (first)
        first->link = &heap->first;
}

void timer_heap_push(struct timer_heap *heap, struct reactor_timer *timer)
{
    timer->child = timer->next = NULL;
    set_first(heap, meld(heap->first, timer));
}

void timer_heap_remove(struct timer_heap *heap, struct reactor_timer *timer)
{
    *timer->link = timer->next;
    if (timer->next)
        timer->next->link = timer->link;
    timer->link = NULL;
    set_first(heap, meld(heap->first, meld_siblings(timer->child)));
}
