/* stdexec, as it is, in the cells of `frames`: exec::task, whose frames come from operator new. */
#include "bench/peers/stdexec_library.hpp"
#include "bench/peers/tasks.hpp"

extern const library_chains stdexec_chains;
const library_chains stdexec_chains = library_tasks<stdexec_library>::chains;
