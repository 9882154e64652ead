/* cppcoro, as it is, in the cells of `frames`: cppcoro::task, whose frames come from operator new. */
#include "bench/peers/cppcoro_root.hpp"
#include "bench/peers/tasks.hpp"

extern const library_chains cppcoro_chains;
const library_chains cppcoro_chains = library_tasks<cppcoro_library>::chains;
