/* The `process` step of read, process, write, repeat: the same function for every model.
 *
 * Owns: nothing.
 */
#ifndef ABREAST_COMMON_PROCESS_H
#define ABREAST_COMMON_PROCESS_H

#include <stddef.h>
#include <stdint.h>

struct process {
    void (*step)(struct process *, unsigned char *data, size_t bytes); /* null: the empty step */
    uint64_t checksum;
    uint32_t position; /* bytes seen, modulo 2^32 */
};

static inline void process(struct process *self, unsigned char *data, size_t bytes)
{
    if (self->step)
        self->step(self, data, bytes);
}

/* The real step: folds the bytes into the checksum and leaves them as they are. The checksum depends on order, and not
 * on how the bytes were cut into pieces. */
void process_checksum(struct process *, unsigned char *data, size_t bytes);

#endif
