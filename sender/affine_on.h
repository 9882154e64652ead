/* affine_on(child, scheduler): completes on the scheduler's context, whatever context child completes on (P3552R3
 * [exec.affine.on]).
 *
 *     RECEIVER(N, in);
 *     ...the stage `child`, completing into N...
 *     SENDER_AFFINE_ON(N, child, context, R);      R_in is N_in; `context` as in sender/schedule.h
 *
 * P3552R3 says where affine_on completes, not how, and allows it to schedule nothing where it can tell that child
 * completes on the right context already. This is the form that can never tell: it is continues_on(child, scheduler),
 * a schedule operation for every completion. It is what P3801R0 3.1 reckons with, and what a type-erased scheduler
 * leaves to be done for a child that says nothing about itself. A child that says so, one that completes inline, needs
 * no stage: stdexec's affine_on is then the child itself (__affine_on.hpp, __is_affine). Two more differences there:
 * its schedule operation is unstoppable, so that a value cannot be lost on the way (P3941), and it is connected when
 * the child has completed.
 */
#ifndef ABREAST_SENDER_AFFINE_ON_H
#define ABREAST_SENDER_AFFINE_ON_H

#include "sender/continues_on.h"

#define SENDER_AFFINE_ON(N, child, context, R) SENDER_CONTINUES_ON(N, child, context, R)

#endif
