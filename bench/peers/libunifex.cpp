/* libunifex, as it is, in the cells of `frames`: unifex::task, whose frames come from operator new. */
#include "bench/peers/libunifex_library.hpp"
#include "bench/peers/tasks.hpp"

extern const library_chains libunifex_chains;
const library_chains libunifex_chains = library_tasks<libunifex_library>::chains;
