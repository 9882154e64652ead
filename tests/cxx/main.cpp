/* interop RULE [BACKEND]: tries one rule, on a backend in each of its modes. Exit status 0, 1, or 77: skipped. */
#include "tests/cxx/rule.hpp"

#include <string_view>

namespace
{

struct {
    std::string_view name;
    void (*run)(place);
} const rules[] = {
#define RULE(name, backends, needs) {#name, rule_##name},
#include "tests/cxx/rules.def"
#undef RULE
};

struct {
    std::string_view name;
    reactor_backend backend;
    unsigned modes;
} const backends[] = {
    {"", REACTOR_DEFAULT, 1}, {"io_uring", REACTOR_IO_URING, 2}, {"epoll", REACTOR_EPOLL, 2}, {"sim", REACTOR_SIM, 3}};

int usage(const char *what, std::string_view given)
{
    fprintf(stderr, "interop: no such %s: '%.*s'; usage: interop RULE [BACKEND], as ctest -N -R cxx lists them\n", what,
            static_cast<int>(given.size()), given.data());
    return 1;
}

} // namespace

frames::frames()
{
    test_allocator_init(&allocator);
    env = {inline_executor(), {}, &allocator.base};
}

frames::~frames()
{
    CHECK_EQ(allocator.allocated, allocator.freed);
}

int main(int argc, char **argv)
{
    std::string_view name = argc > 1 ? argv[1] : "", on = argc > 2 ? argv[2] : "";
    for (const auto &rule : rules) {
        if (rule.name != name)
            continue;
        for (const auto &[backend_name, backend, modes] : backends) {
            if (backend_name != on)
                continue;
            for (unsigned mode = 0; mode < modes; mode++)
                rule.run({backend, mode});
            return 0;
        }
        return usage("backend", on);
    }
    return usage("rule", name);
}
