"""What the player and the handout say of an event, for someone who knows neither model."""

EVENTS = {
    "ALLOCATE": "An allocator is asked for memory, for something that outlives the call that makes it.",
    "ASK": "The program is about to co_await.",
    "TRANSFORM": "co_await makes the awaiter, the object that waits on the coroutine's behalf.",
    "CONNECT": "connect: a sender (what to do) and a receiver (who is told) are put together.",
    "RECEIVER_BUILT": "A receiver comes into being; set_value, set_error and set_stopped all return void.",
    "OP_STATE_BUILT": "The operation state comes into being: all that this one operation needs while it runs.",
    "READINESS": "await_ready is asked: is the result there already?",
    "READY": "It is there. The coroutine does not suspend, and nobody has to resume it.",
    "SUSPEND": "The coroutine suspends: where it stands is kept in its frame. await_suspend is called.",
    "LAUNCH": "The operation is started by the awaitable itself.",
    "START": "start(operation state): the operation begins.",
    "SUBMIT": "The bytes are not there yet: the operation is handed to the reactor.",
    "COMPLETE": "The reactor has the bytes, and says so.",
    "SIGNAL": "It is complete: it gives back the handle of the coroutine that waits.",
    "SET_VALUE": "It is complete: set_value tells the receiver.",
    "SET_ERROR": "It has failed: set_error tells the receiver.",
    "SET_STOPPED": "It was stopped: set_stopped tells the receiver.",
    "VARIANT_EMPLACED": "The outcome is stored where the coroutine will look for it.",
    "TRANSFER": "Symmetric transfer: the handle was returned, and the coroutine takes the place of who did, by a jump.",
    "NESTED_RESUME": "resume() is called, on top of whoever calls it: that function has to wait on the stack.",
    "RESUME": "The coroutine runs.",
    "EXTRACT": "await_resume hands the outcome over.",
    "GOT": "The program has what it asked for.",
    "POST": "It is put into the ready queue, to run when the stack is empty again.",
    "TABLE_CALL": "A call through a table of functions: the type behind it is not known here.",
    "EXECUTOR_CALL": "The executor is asked to run it.",
    "STOP": "Somebody requests stop.",
    "NEIGHBOUR": "Another coroutine of the same thread runs here.",
    "END": "The program has ended.",
}

# What the player counts, each by its event.
COUNTED = {
    "GOT": "asked for and got",
    "SUSPEND": "suspended",
    "NESTED_RESUME": "resumed by a call",
    "TRANSFER": "resumed by a jump",
    "OP_STATE_BUILT": "operation states built",
    "ALLOCATE": "allocations",
    "TABLE_CALL": "calls through a table",
    "POST": "put into the queue",
}

# What a jump to the next I/O event stops at.
IO = ("SUBMIT", "COMPLETE", "GOT", "STOP", "NEIGHBOUR")

LIMITS = (
    "It is C: both models are rendered in C, and step by step as the papers' C++ would do it. It is none of the C++ "
    "libraries; docs/fairness.md and docs/calibration.md say how close it comes.",
    "The stream does nothing: it has its bytes, or gets them from a simulated reactor. No time is shown, for none was "
    "measured. What things cost in time is in the report.",
    "One compiler with one set of flags on one machine. Others make other frames: that a stack grows may be the "
    "optimiser's doing, and that it does not, its kindness.",
    "Where the compiler has put several functions into one, there is one frame, under the name of the outer one.",
    "One thread. What else a program keeps on its stack is not here.",
)

