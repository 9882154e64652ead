/* SIGINT and SIGTERM: a flag that the run looks at after every sample. */
#ifndef ABREAST_BENCH_INTERRUPT_H
#define ABREAST_BENCH_INTERRUPT_H

/* From now on the signals only set what run_interrupted() tells. A second SIGINT or SIGTERM ends the process. */
void interrupt_install(void);

#endif
