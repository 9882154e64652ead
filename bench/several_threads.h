/* A process that has had a second thread, which glibc treats as another one: from the first pthread_create on, also
 * when that thread has ended, its malloc and its mutexes use atomic instructions (__libc_single_threaded,
 * SINGLE_THREAD_P), and a malloc that finds nothing in its thread's cache costs more.
 *
 * Experiments that use threads must not change those that run after them, and programs with event loops have threads.
 * So whatever runs or counts cells becomes such a process at its beginning. Cells of a process that never had a second
 * thread say so: cell.single_threaded.
 *
 * Errors: 0, or negative errno after a line on stderr.
 */
#ifndef ABREAST_BENCH_SEVERAL_THREADS_H
#define ABREAST_BENCH_SEVERAL_THREADS_H

int become_several_threads(void);

#endif
