/* Capy, as it is, in the cells of `frames`: boost::capy::task, whose frames come from the recycling memory resource
 * that run_async takes from the execution context. */
#include "bench/peers/capy_context.hpp"
#include "bench/peers/tasks.hpp"

extern const library_chains capy_chains;
const library_chains capy_chains = library_tasks<capy_context>::chains;
