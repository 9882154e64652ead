#include "bench/cxx/compile/turn_sender.hpp"

#include "bench/cxx/echo_turn.hpp"

namespace
{

struct forward {
    turn_receiver *to;

    void set_value(bool end) && noexcept
    {
        to->set_value(end);
    }
    template <class Error> void set_error(Error error) && noexcept
    {
        to->set_error(io_error(std::move(error)).code);
    }
    void set_error(io_error error) && noexcept
    {
        to->set_error(error.code);
    }
    void set_stopped() && noexcept
    {
        to->set_stopped();
    }
    const io_env *get_env() const noexcept
    {
        return to->get_env();
    }
};

struct connected final : turn_operation {
    turn now;
    connect_result_t<turn_sender, forward> op;

    connected(loop_job *job, turn_receiver &to) : now{job, 0, 0}, op(make_turn(&now).connect(forward{&to}))
    {
    }
    void start() noexcept override
    {
        op.start();
    }
};

} // namespace

std::unique_ptr<turn_operation> connect_turn(loop_job *job, turn_receiver &to)
{
    return std::make_unique<connected>(job, to);
}
