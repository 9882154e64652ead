/* Exercise 2: lose a tail call.
 *
 * The coroutine leaves by symmetric transfer: it resumes the next one in place of itself. Somebody would like to know
 * how many coroutines are on their way at any time. Count them: add one to `under_way` before the next one is resumed,
 * and take it away when that has returned. Use coro_resume(next), and leave the body by `return`.
 *
 * What does the meter say now? Could a compiler that guarantees tail calls have saved the program?
 */
#include "common/coro.h"

#include <stdint.h>

uint64_t under_way;

#define LEAVE(next) TRANSFER_TO(next)

#include "demo/exercises/2-tail-call/transferring.h"
