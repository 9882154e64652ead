#include "tests/soak/plan.h"

#include <string.h>

struct header {
    uint64_t session;
    uint32_t number;
    uint32_t size; /* of the message, header included */
    uint64_t checksum;
};

enum {
    SMALL = 200,
    LARGE = 8192,
    MOST_MESSAGES = 200,
    MOST_BEYOND = 8192,
    SMALLEST_BUFFER = 16,
    LARGEST_BUFFER = 4096
};

/* FNV-1a, eight bytes at a time */
static uint64_t checksum(const unsigned char *bytes, size_t size)
{
    uint64_t sum = 0xcbf29ce484222325u, word;
    for (; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        sum = (sum ^ word) * 0x100000001b3u;
        sum ^= sum >> 29;
    }
    for (; size > 0; size--)
        sum = (sum ^ *bytes++) * 0x100000001b3u;
    return sum;
}

static void fill(unsigned char *bytes, size_t size, uint64_t *random)
{
    for (uint64_t word; size > 0; bytes += sizeof word, size -= sizeof word) {
        word = dice(random);
        if (size <= sizeof word) {
            memcpy(bytes, &word, size);
            return;
        }
        memcpy(bytes, &word, sizeof word);
    }
}

void plan_make(struct plan *plan, uint64_t seed, uint64_t session, unsigned char *bytes)
{
    uint64_t random = seed * 0x2545f4914f6cdd1du + session;
    unsigned wanted = 1 + (unsigned)(dice(&random) % MOST_MESSAGES);
    *plan = (struct plan){
        .session = session,
        .ending = dice(&random) % ENDINGS,
        .policy = dice(&random) % POLICIES,
        .tcp = dice(&random) % 2,
        .speculative = dice(&random) % 2,
        .slow = dice(&random) % 4 == 0,
        .narrow = dice(&random) % 4 == 0,
        .buffer = SMALLEST_BUFFER + dice(&random) % (LARGEST_BUFFER - SMALLEST_BUFFER),
    };
    unsigned sure = wanted;
    if (plan->ending != HALF_CLOSE && dice(&random) % 3 == 0)
        sure = (unsigned)(dice(&random) % wanted);
    size_t end = 0;
    for (unsigned i = 0; i < wanted; i++) {
        size_t payload = dice(&random) % (dice(&random) % 64 ? SMALL : LARGE);
        struct header header = {session, i, (uint32_t)(sizeof header + payload), 0};
        if (end + header.size > PLAN_BYTES - MOST_BEYOND)
            break;
        unsigned char *at = bytes + end;
        fill(at + sizeof header, payload, &random);
        header.checksum = checksum(at + sizeof header, payload);
        memcpy(at, &header, sizeof header);
        end += header.size;
        if (i < sure) {
            plan->cut = end;
            plan->messages++;
        }
    }
    plan->total = end + (plan->ending == HALF_CLOSE ? 0 : dice(&random) % MOST_BEYOND);
    fill(bytes + end, plan->total - end, &random);
}

bool plan_check(const struct plan *plan, const unsigned char *received, uint64_t *digest)
{
    size_t at = 0;
    uint64_t sum = plan->session * 31 + plan->ending + checksum(received, plan->cut);
    for (unsigned i = 0; i < plan->messages; i++) {
        struct header header;
        memcpy(&header, received + at, sizeof header);
        if (header.session != plan->session || header.number != i || header.size < sizeof header ||
            header.size > plan->cut - at ||
            checksum(received + at + sizeof header, header.size - sizeof header) != header.checksum)
            return false;
        at += header.size;
    }
    *digest += dice(&sum);
    return at == plan->cut;
}
