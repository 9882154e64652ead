/* What a session of the soak test is to be: messages, and an ending. All of it follows from the seed and the session's
 * number, so that every form of the loop on every backend is put through the same.
 *
 *   HALF_CLOSE   the peer sends everything and shuts its side down: everything comes back, then the end of the stream
 *   RESET        the peer closes by a reset at a random moment after `cut` bytes have come back
 *   STOP         stop is requested at a random moment after `cut` bytes have come back
 *
 * In two of three sessions that are reset or stopped `cut` is behind the last message, in the third among them: what
 * comes back of the rest must be a beginning of it.
 *
 * A message has its session, its number, its size and a checksum in front, so that none passes for another.
 */
#ifndef ABREAST_TESTS_SOAK_PLAN_H
#define ABREAST_TESTS_SOAK_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum plan_ending { HALF_CLOSE, RESET, STOP, ENDINGS };
enum plan_policy { NO_POLICY, MULTISHOT, REGISTERED, POLICIES };

enum {
    PLAN_PIECE = 4096,
    PLAN_BYTES = 32 * PLAN_PIECE, /* of a session at most */
};

struct plan {
    uint64_t session;
    enum plan_ending ending;
    enum plan_policy policy; /* where the reactor can */
    bool tcp;                /* else a socket pair */
    bool speculative;
    bool slow;   /* the peer reads seldom and little */
    bool narrow; /* and the buffers on the way to it are small */
    size_t buffer;
    unsigned messages; /* that come back whole in any case */
    size_t cut;        /* bytes of these */
    size_t total;      /* that the peer gives; the rest, after `cut`, may come back or not */
};

/* splitmix64 */
static inline uint64_t dice(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Makes the plan, and what the peer sends: room for PLAN_BYTES. */
void plan_make(struct plan *, uint64_t seed, uint64_t session, unsigned char *bytes);

/* Reads the messages that came back: false unless the first plan->messages of them are whole, in order, this session's
 * and their checksums right. Adds the bytes themselves to the digest, which does not depend on the order of sessions.
 */
bool plan_check(const struct plan *, const unsigned char *received, uint64_t *digest);

#endif
