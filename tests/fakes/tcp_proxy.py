"""A TCP proxy on 127.0.0.1 with the faults of networks, to be switched while it runs.

    with TcpProxy() as proxy:
        proxy.target = port        # connect to proxy.port instead
        proxy.stall("to_client")   # what the server says is held back
        proxy.open()               # now it comes

It runs in a thread of its own, which ends with the block.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Literal, Self

Direction = Literal["to_server", "to_client"]

DIRECTIONS: tuple[Direction, ...] = ("to_server", "to_client")
#: Also what a stalled direction holds in the proxy; the rest waits in the sockets, as in a network.
CHUNK = 65_536
ANSWER_WITHIN_S = 10.0
#: Closing a socket that is set so sends RST instead of FIN.
RESET = struct.pack("ii", 1, 0)


class _Connection:
    """A client and the server, and whether bytes between them have vanished."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._writers = (client, server)
        self.broken = False

    def reset(self) -> None:
        for writer in self._writers:
            _reset(writer)


class TcpProxy:
    """Passes on until it is told otherwise; each call below has taken effect when it returns.

    A client that dies while ``to_server`` is stalled leaves its last bytes in the proxy: they reach
    the server when it is opened again, as those of a real network may.
    """

    def __init__(self) -> None:
        self.port = 0
        #: The server's port on this machine; where nobody listens the client is reset.
        self.target = 0
        self._connections: set[_Connection] = set()
        self._swallows = False
        self._cut: tuple[Direction, int] | None = None

    def open(self) -> None:
        """Pass on, first what was held back. A connection that has lost bytes is reset."""
        self._do(self._open)

    def stall(self, *directions: Direction) -> None:
        """Hold back what goes there; connections stay, and new ones are taken."""
        self._do(lambda: self._stall(directions))

    def swallow(self) -> None:
        """Let all bytes vanish, both ways, and tell nobody: a black hole."""
        self._do(lambda: setattr(self, "_swallows", True))

    def cut_after(self, count: int, direction: Direction) -> None:
        """Reset the connection that carries the ``count``-th byte from now, behind it; once."""
        self._do(lambda: setattr(self, "_cut", (direction, count)))

    def reset(self) -> None:
        """Reset all connections; new ones are taken as before."""
        self._do(self._reset_all)

    def __enter__(self) -> Self:
        started: Future[None] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(started)), name="tcp-proxy", daemon=True
        )
        self._thread.start()
        started.result(ANSWER_WITHIN_S)
        return self

    def __exit__(self, *exc: object) -> None:
        self._do(self._stopped.set)
        self._thread.join(ANSWER_WITHIN_S)

    def _do(self, change: Callable[[], object]) -> None:
        async def changed() -> None:
            change()

        asyncio.run_coroutine_threadsafe(changed(), self._loop).result(ANSWER_WITHIN_S)

    def _open(self) -> None:
        self._swallows = False
        for gate in self._gates.values():
            gate.set()
        for one in self._connections:
            if one.broken:
                one.reset()

    def _stall(self, directions: Iterable[Direction]) -> None:
        for one in directions:
            self._gates[one].clear()

    def _reset_all(self) -> None:
        for one in self._connections:
            one.reset()

    async def _serve(self, started: Future[None]) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        self._gates: dict[Direction, asyncio.Event] = {one: asyncio.Event() for one in DIRECTIONS}
        self._open()
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        started.set_result(None)
        await self._stopped.wait()
        server.close()
        self._reset_all()

    async def _connect(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            answers, server = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            _reset(client)
            return
        connection = _Connection(client, server)
        self._connections.add(connection)
        try:
            await asyncio.gather(
                self._pass_on(reader, server, "to_server", connection),
                self._pass_on(answers, client, "to_client", connection),
            )
        except ConnectionError:
            connection.reset()
        finally:
            self._connections.discard(connection)

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        direction: Direction,
        connection: _Connection,
    ) -> None:
        while data := await reader.read(CHUNK):
            await self._gates[direction].wait()
            if self._swallows:
                connection.broken = True
            else:
                await self._write(data, writer, direction)
        await self._gates[direction].wait()
        writer.close()

    async def _write(self, data: bytes, writer: asyncio.StreamWriter, direction: Direction) -> None:
        if self._cut is not None and self._cut[0] == direction:
            left = self._cut[1] - len(data)
            self._cut = (direction, left) if left > 0 else None
            if left <= 0:
                writer.write(data[: len(data) + left])
                await writer.drain()
                raise ConnectionResetError
        writer.write(data)
        await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    there: socket.socket | None = writer.get_extra_info("socket")
    if there is not None and not writer.transport.is_closing():
        there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
