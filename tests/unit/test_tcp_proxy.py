"""The proxy that tests put between a client and its server: each fault is what it says."""

import socket
import threading
from collections.abc import Iterator

import pytest
from fakes.tcp_proxy import TcpProxy

WITHIN_S = 5.0
#: How long nothing must come where nothing may.
QUIET_S = 0.1


@pytest.fixture
def proxy() -> Iterator[TcpProxy]:
    """Before a server that says everything back."""
    with socket.create_server(("127.0.0.1", 0)) as server, TcpProxy() as proxy:
        proxy.target = server.getsockname()[1]
        threading.Thread(target=echo_all, args=(server,), daemon=True).start()
        yield proxy
        server.shutdown(socket.SHUT_RDWR)


def echo_all(server: socket.socket) -> None:
    while True:
        try:
            one, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=echo, args=(one,), daemon=True).start()


def echo(one: socket.socket) -> None:
    with one:
        try:
            while data := one.recv(1000):
                one.sendall(data)
        except OSError:
            return


def connected(proxy: TcpProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), WITHIN_S)


def read_to_the_end(client: socket.socket) -> None:
    while client.recv(1000):
        pass


def connect_and_read(proxy: TcpProxy) -> None:
    with connected(proxy) as client:
        read_to_the_end(client)


def says_nothing(client: socket.socket) -> bool:
    client.settimeout(QUIET_S)
    try:
        return client.recv(1000) == b"never"
    except TimeoutError:
        return True
    finally:
        client.settimeout(WITHIN_S)


@pytest.mark.parametrize("direction", ["to_server", "to_client"])
def test_what_is_stalled_comes_when_the_proxy_is_opened(proxy: TcpProxy, direction: str) -> None:
    with connected(proxy) as client:
        client.sendall(b"a")
        assert client.recv(1000) == b"a"
        proxy.stall(direction)  # type: ignore[arg-type] # the parameter has the literals above
        client.sendall(b"b")
        assert says_nothing(client)
        proxy.open()
        assert client.recv(1000) == b"b"


def test_what_is_swallowed_is_lost_and_ends_its_connection_when_the_proxy_is_opened(
    proxy: TcpProxy,
) -> None:
    with connected(proxy) as lossy, connected(proxy) as idle:
        for client in (lossy, idle):
            client.sendall(b"a")
            assert client.recv(1000) == b"a"
        proxy.swallow()
        lossy.sendall(b"b")
        assert says_nothing(lossy)
        proxy.open()
        with pytest.raises(ConnectionResetError):
            lossy.recv(1000)
        idle.sendall(b"c")
        assert idle.recv(1000) == b"c"


def test_a_cut_falls_behind_the_byte_that_was_named_and_once(proxy: TcpProxy) -> None:
    proxy.cut_after(3, "to_server")
    with connected(proxy) as client:
        client.sendall(b"ab")
        assert client.recv(1000) == b"ab"
        client.sendall(b"cd")
        with pytest.raises(ConnectionResetError):
            read_to_the_end(client)
    with connected(proxy) as client:
        client.sendall(b"abcd")
        assert client.recv(1000) == b"abcd"


def test_a_reset_ends_those_that_are_connected_and_no_others(proxy: TcpProxy) -> None:
    with connected(proxy) as client:
        client.sendall(b"a")
        assert client.recv(1000) == b"a"
        proxy.reset()
        with pytest.raises(ConnectionResetError):
            client.recv(1000)
    with connected(proxy) as client:
        client.sendall(b"a")
        assert client.recv(1000) == b"a"


def test_a_client_is_reset_where_no_server_listens(proxy: TcpProxy) -> None:
    proxy.target = 9  # the discard service, which nobody runs
    with pytest.raises(ConnectionResetError):  # while it connects, or then
        connect_and_read(proxy)
