/* Pipelines of the opstate experiment of which only the size is asked (bench/opstate/sizes.h): nothing here is called.
 */
#include "bench/opstate/children.h"
#include "bench/opstate/lets.h"
#include "bench/opstate/sizes.h"
#include "sender/any_sender.h"
#include "sender/io.h"
#include "sender/schedule.h"

/* Functions that give what they are given, whatever a source completes with. */
struct same_S0 {
};
struct same_S8 {
    uint64_t key;
};
#define same_S0_call(self, value) ((void)(self), (value))
#define same_S8_call(self, value) ((void)(self), (value))
#define IGNORE(state, value) ((void)(state), (void)(value))

/* Kinds of STAGES, one for each source. K_BEFORE(P) declares P_type, with which the source P_0 completes. */
ANY_SENDER(erased, ssize_t);
#define FROM_SCHEDULE_FIRST(N, R) SENDER_SCHEDULE(N, run_loop, R)
#define FROM_READ_FIRST(N, R) SENDER_READ_SOME(N, R)
#define FROM_ANY_FIRST(N, R) SENDER_ANY(N, erased, ANY_SENDER_BYTES, R)
#define FROM_ALL_2_FIRST(N, R) CHILDREN_2(NAMED_CHILD, N) SENDER_WHEN_ALL(N, NAMES_2(N), R)
#define FROM_ALL_4_FIRST(N, R) CHILDREN_4(NAMED_CHILD, N) SENDER_WHEN_ALL(N, NAMES_4(N), R)
#define FROM_ALL_8_FIRST(N, R) CHILDREN_8(NAMED_CHILD, N) SENDER_WHEN_ALL(N, NAMES_8(N), R)

#define FROM_SCHEDULE_BEFORE(P) typedef struct unit P##_type;
#define FROM_READ_BEFORE(P) typedef ssize_t P##_type;
#define FROM_ANY_BEFORE(P) typedef erased_in P##_type;
#define FROM_ALL_2_BEFORE(P) CHILDREN_2(NAMED_RECEIVER, P##_0) WHEN_ALL_BEFORE(P, NAMES_2(P##_0))
#define FROM_ALL_4_BEFORE(P) CHILDREN_4(NAMED_RECEIVER, P##_0) WHEN_ALL_BEFORE(P, NAMES_4(P##_0))
#define FROM_ALL_8_BEFORE(P) CHILDREN_8(NAMED_RECEIVER, P##_0) WHEN_ALL_BEFORE(P, NAMES_8(P##_0))
#define WHEN_ALL_BEFORE(P, list)                                                                                       \
    WHEN_ALL_VALUES(P##_0, list);                                                                                      \
    typedef struct P##_0_values P##_type;

#define SOURCE_RECEIVER(P, n) RECEIVER(P##_##n, P##_type)
#define FROM_SCHEDULE_RECEIVER SOURCE_RECEIVER
#define FROM_READ_RECEIVER SOURCE_RECEIVER
#define FROM_ANY_RECEIVER SOURCE_RECEIVER
#define FROM_ALL_2_RECEIVER SOURCE_RECEIVER
#define FROM_ALL_4_RECEIVER SOURCE_RECEIVER
#define FROM_ALL_8_RECEIVER SOURCE_RECEIVER
#define FROM_SCHEDULE_THEN SENDER_THEN
#define FROM_READ_THEN SENDER_THEN
#define FROM_ANY_THEN SENDER_THEN
#define FROM_ALL_2_THEN SENDER_THEN
#define FROM_ALL_4_THEN SENDER_THEN
#define FROM_ALL_8_THEN SENDER_THEN

#define FORM(depth, F, source, name)                                                                                   \
    CHAIN(sizes_##source##_##depth##_##F, chain_##source##_##depth##_##F, depth, same_##F, source)
#define CHAIN(form_, P, depth, F, K)                                                                                   \
    K##_BEFORE(P) END_RECEIVER(P##_end, P##_type, IGNORE) STAGES_##depth(K, P, F, P##_end)                             \
        const struct form form_ = {PIPELINE_SIZES(P##_##depth)};
#define FORMS(source, name) OPSTATE_SOURCE_DEPTHS(FORM, source, name)
OPSTATE_SOURCES(FORMS)

#define LET(depth, F, modes)                                                                                           \
    LETS_##depth(SHARED, lets_##depth##_##F, F, end)                                                                   \
        const struct form let_sizes_##depth##_##F = {PIPELINE_SIZES(lets_##depth##_##F##_##depth)};
OPSTATE_DEPTHS(LET)
