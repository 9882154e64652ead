#include "common/process.h"

/* Low half: the sum of the bytes. High half: the sum of each byte times its position. */
void process_checksum(struct process *self, unsigned char *data, size_t bytes)
{
    uint32_t sum = 0;
    uint32_t weighted = 0;
    uint32_t position = self->position;
    for (size_t i = 0; i < bytes; i++) {
        sum += data[i];
        weighted += data[i] * (position + (uint32_t)i);
    }
    self->position = position + (uint32_t)bytes;
    uint32_t low = (uint32_t)self->checksum + sum;
    uint32_t high = (uint32_t)(self->checksum >> 32) + weighted;
    self->checksum = (uint64_t)high << 32 | low;
}
