/* beman, as it is, in the cells of `frames`: its task, whose frames come from the default std::allocator. */
#include "bench/peers/beman_library.hpp"
#include "bench/peers/tasks.hpp"

extern const library_chains beman_chains;
const library_chains beman_chains = library_tasks<beman_library>::chains;
