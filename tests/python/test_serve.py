"""The echo server and the load generator as programs: foreign clients, a stop that loses nothing, clear errors."""

import os
import re
import signal
import socket
import subprocess
import threading
from contextlib import contextmanager

import pytest

from conftest import one_line, run

OK, ERROR = 0, 1
MODELS = ["awaitable", "sender", "sender-task", "floor"]
SUMMARY = re.compile(r"^served (\d+) connections?, (\d+) messages .*, (\d+) bytes$", re.MULTILINE)


class Server:
    """A running `abreast serve` and its port."""

    def __init__(self, abreast, *options):
        self.process = subprocess.Popen(
            [str(abreast), "serve", "--port", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        listening = self.process.stdout.readline()
        found = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", listening)
        assert found, listening + self.process.stderr.read()
        self.port = int(found[1])

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def ended(self):
        """Exit status, (connections, messages, bytes) of the summary, and stderr."""
        out, err = self.process.communicate(timeout=20)
        summary = SUMMARY.search(out)
        return self.process.returncode, tuple(int(n) for n in summary.groups()) if summary else None, err

    def stop(self):
        self.signal()
        return self.ended()


@contextmanager
def serving(abreast, *options):
    server = Server(abreast, *options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.communicate()


def read_all(client, enough=None):
    """All that comes; sets the event `enough` when that is a megabyte."""
    parts, size = [], 0
    try:
        while part := client.recv(1 << 16):
            parts.append(part)
            size += len(part)
            if enough and size > 1 << 20:
                enough.set()
    except ConnectionResetError:
        pass
    return b"".join(parts)


def backends(abreast):
    permitted = '"io_uring"' in run(abreast, "env", "--json").stdout
    return ["io_uring", "epoll"] if permitted else ["epoll"]


@pytest.mark.parametrize("model", MODELS)
def test_a_foreign_client_gets_every_byte_back(abreast, model):
    for backend in backends(abreast):
        with serving(abreast, "--model", model, f"--reactor={backend}") as server:
            payload = os.urandom(3_000_000)
            with server.connect() as client:
                client.sendall(b"hello")
                assert client.recv(100) == b"hello"
                sender = threading.Thread(target=lambda: (client.sendall(payload), client.shutdown(socket.SHUT_WR)))
                sender.start()
                assert read_all(client) == payload
                sender.join()
            status, (connections, messages, size), err = server.stop()
            assert (status, connections, size) == (OK, 1, len(payload) + 5), err
            assert messages > 1


@pytest.mark.parametrize("model", MODELS)
def test_a_stop_loses_no_byte_that_was_read(abreast, model):
    """What comes back is the beginning of what was sent, and as long as what the server says it has read."""
    for backend in backends(abreast):
        for number in (signal.SIGTERM, signal.SIGINT):
            with serving(abreast, "--model", model, f"--reactor={backend}") as server, server.connect() as client:
                block, received, enough = os.urandom(1 << 16), [], threading.Event()

                def stream():
                    sent = 0
                    try:
                        while True:
                            sent += client.send(block[sent % len(block) :])
                    except OSError:  # the server is gone
                        pass

                sender = threading.Thread(target=stream)
                reader = threading.Thread(target=lambda: received.append(read_all(client, enough)))
                sender.start()
                reader.start()
                assert enough.wait(20)
                server.signal(number)
                status, summary, err = server.ended()
                reader.join()
                sender.join()
                assert status == OK, err
                assert summary[2] == len(received[0]) > 1 << 20
                assert received[0] == (block * (len(received[0]) // len(block) + 1))[: len(received[0])]


def test_a_stop_waits_for_a_client_that_reads_late(abreast):
    with serving(abreast) as server, server.connect() as late, server.connect() as idle:
        sent = fill(late)
        server.signal()
        assert idle.recv(1) == b""  # the server has begun to end
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(timeout=0.3)
        with pytest.raises(ConnectionRefusedError):
            server.connect()
        got = len(read_all(late))
        status, summary, err = server.ended()
        assert status == OK, err
        assert 0 < summary[2] == got < sent


def fill(client):
    """Sends until nothing moves any more, for the answers fill what there is on the way back."""
    client.setblocking(False)
    sent = 0
    for _ in range(200):
        try:
            sent += client.send(b"x" * (1 << 16))
        except BlockingIOError:
            threading.Event().wait(0.005)
    client.settimeout(20)
    return sent


def test_a_stop_waits_for_a_client_that_reads_slowly_and_cuts_one_that_does_not(abreast):
    """A quarter of what is there, then a pause of a third of the grace, and so on: longer than the grace in all."""
    with serving(abreast) as patient, patient.connect() as slow, serving(abreast) as ended, ended.connect() as deaf:
        assert min(fill(slow), fill(deaf)) > 1 << 20
        patient.signal()
        ended.signal()
        got, size = 0, 0
        for _ in range(4):
            threading.Event().wait(1.7)
            size = 0
            while size < 1 << 19 and (part := slow.recv(1 << 16)):
                size += len(part)
            got += size
        assert ended.process.wait(timeout=20) == ERROR
        assert patient.process.poll() is None
        got += len(read_all(slow))
        status, summary, err = patient.ended()
        assert (status, summary[2]) == (OK, got), err
        status, summary, err = ended.ended()
        assert "clients that took nothing for 5 seconds, or not all within 60, were cut: 1" in err
        assert summary[0] == 1


def test_a_second_signal_ends_at_once(abreast):
    with serving(abreast) as server, server.connect() as deaf, server.connect() as idle:
        deaf.settimeout(0.5)
        with pytest.raises(TimeoutError):
            while True:
                deaf.send(b"x" * (1 << 16))
        server.signal()
        assert idle.recv(1) == b""
        server.signal(signal.SIGINT)
        assert server.ended()[0] == -signal.SIGINT


def test_connections_beyond_the_limit_wait_for_their_turn(abreast):
    with serving(abreast, "--connections", "1") as server:
        first, second = server.connect(), server.connect()
        second.sendall(b"second")
        first.sendall(b"first")
        assert first.recv(10) == b"first"
        second.settimeout(0.1)
        with pytest.raises(TimeoutError):
            second.recv(10)
        first.close()
        second.settimeout(20)
        assert second.recv(10) == b"second"
        second.close()
        assert server.stop()[1][0] == 2


def test_a_reset_ends_one_connection_and_no_other(abreast):
    with serving(abreast) as server, server.connect() as other:
        client = server.connect()
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        other.sendall(b"y")
        assert other.recv(1) == b"y"
        status, summary, _ = server.stop()
        assert (status, summary[0]) == (OK, 2)


def test_load_verifies_and_measures(abreast):
    with serving(abreast, "--model", "sender") as server:
        where = f"127.0.0.1:{server.port}"
        done = run(abreast, "load", "--connect", where, "--connections", "7", "--size", "100", "--messages", "5000")
        assert done.returncode == OK and "messages    5000 of 100 bytes came back, every byte verified" in done.stdout
        assert re.search(r"p50 [\d.]+ us, p90 .*, p99 .*, p99\.9 .*, max ", done.stdout)
        done = run(abreast, "load", f"--connect={where}", "--size=2000000", "--messages", "4")
        assert done.returncode == OK, done.stderr
        done = run(abreast, "load", "--connect", where, "--connections", "2", "--rate", "500", "--seconds", "1")
        assert done.returncode == OK and "messages    501 of 64 bytes" in done.stdout and "open loop" in done.stdout
        assert server.stop()[1][2] == 500_000 + 8_000_000 + 501 * 64


def test_load_raises_its_own_limit_of_descriptors(abreast):
    with serving(abreast) as server:
        words = f"load --connect 127.0.0.1:{server.port} --connections 100 --messages 1000"
        done = run("sh", "-c", f"ulimit -Sn 64 && exec {abreast} {words}")
        assert done.returncode == OK and "by 100 connections" in done.stdout, done.stderr


def echo_with_a_pause(listener, after, seconds):
    """Sends back what one client sends, and stands still once."""
    client, _ = listener.accept()
    seen = 0
    with client:
        while part := client.recv(1 << 16):
            if seen < after <= seen + len(part):
                threading.Event().wait(seconds)
            seen += len(part)
            client.sendall(part)


@pytest.mark.parametrize("loop", [["--rate", "500"], []], ids=["open", "closed"])
def test_an_open_loop_charges_a_pause_to_all_that_came_due_in_it(abreast, loop):
    """The pause is two fifths of the time: of p90 in an open loop, and of one message in a closed one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=echo_with_a_pause, args=(listener, 64 * 100, 0.4))
        thread.start()
        where = f"127.0.0.1:{listener.getsockname()[1]}"
        done = run(abreast, "load", "--connect", where, "--messages", "500", *loop)
        thread.join()
    assert done.returncode == OK, done.stderr
    p90, unit = re.search(r"p90 ([\d.]+) (us|ms)", done.stdout).groups()
    p90_ms = float(p90) * (1e-3 if unit == "us" else 1)
    assert p90_ms > 100 if loop else p90_ms < 100


def test_load_ends_cleanly_when_interrupted(abreast):
    with serving(abreast) as server:
        load = subprocess.Popen(
            [str(abreast), "load", "--connect", f"127.0.0.1:{server.port}", "--rate", "1000", "--seconds", "60"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        threading.Event().wait(0.5)
        load.send_signal(signal.SIGINT)
        out, err = load.communicate(timeout=20)
        assert load.returncode == OK and "every byte verified" in out and "interrupted" in one_line(err)


def test_an_interrupted_open_load_says_what_it_did_not_send(abreast):
    """What was due behind a server that stood still has waited longest; it is counted, since no figure has it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        interrupted = threading.Event()

        def echo_late():
            connection, _ = listener.accept()
            with connection:
                interrupted.wait(20)
                while piece := connection.recv(1 << 20):
                    connection.sendall(piece)

        peer = threading.Thread(target=echo_late)
        peer.start()
        load = subprocess.Popen(
            [str(abreast), "load", "--connect", f"127.0.0.1:{listener.getsockname()[1]}"]
            + ["--rate", "1000", "--size", "262144", "--seconds", "60"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        threading.Event().wait(1)
        load.send_signal(signal.SIGINT)
        threading.Event().wait(0.2)
        interrupted.set()
        out, _ = load.communicate(timeout=20)
        peer.join(20)
    left_out = re.search(r"^left out +(\d+) messages .* had waited +(\d+\.\d) ms$", out, re.MULTILINE)
    assert left_out, out
    assert int(left_out[1]) > 100 and float(left_out[2]) > 300


def test_load_sees_a_byte_that_came_back_changed(abreast):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def wrong():
            client, _ = listener.accept()
            with client:
                got = b""
                while len(got) < 64:
                    got += client.recv(64 - len(got))
                client.sendall(got[:63] + bytes([got[63] ^ 1]))
                client.recv(1)

        thread = threading.Thread(target=wrong)
        thread.start()
        port = listener.getsockname()[1]
        done = run(abreast, "load", "--connect", f"127.0.0.1:{port}", "--messages", "10")
        thread.join()
    assert done.returncode == ERROR and "message 0 came back changed" in one_line(done.stderr)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("serve --model none", "awaitable, sender, sender-task or floor"),
        ("serve --port 70000", "from 0 to 65535"),
        ("serve --reactor=sim", "serves no sockets"),
        ("serve --allocator arena", "uses no frame again"),
        ("serve --connections 900000000", "from 1 to"),
        ("serve somewhere", "does not take 'somewhere'"),
        ("load --connect 10.0.0.1:80", "not a loopback address"),
        ("load --connect 127.0.0.1", "not a loopback address with a port"),
        ("load --connect 127.0.0.1:0", "from 1 to 65535"),
        ("load --rate fast", "messages a second"),
        ("load --size 0", "from 1 to"),
        ("load --messages 3 --seconds 3", "exclude each other"),
        ("load --bogus", "unknown option"),
    ],
)
def test_errors_are_one_clear_line(abreast, words, what):
    done = run(abreast, *words.split())
    assert done.returncode == ERROR and what in one_line(done.stderr)


def test_a_port_that_is_taken_and_one_where_nobody_listens(abreast):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        done = run(abreast, "load", "--connect", f"localhost:{port}", "--messages", "1")
        assert done.returncode == ERROR and "start 'abreast serve' there first" in one_line(done.stderr)
        done = run(abreast, "serve", "--port", port)
        assert done.returncode == ERROR and "Address already in use" in one_line(done.stderr)
