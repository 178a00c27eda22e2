"""The process in which feeds are parsed: ``python -m producers.news.parser_worker``.

It reads requests from standard input and writes one reply to each to standard output, until its
input ends. Whoever asked may have been killed meanwhile, and nothing in Python is sure to interrupt
a parser, so the system ends the process when a request takes longer than it may.
"""

import contextlib
import resource
import signal
import sys
from typing import IO

import msgspec

from producers.news.parse import parse_feed
from producers.news.parsed import FeedError
from producers.news.parser_wire import LENGTH_BYTES, Refusal, Reply, Request, framed, length_of

#: Address space. An honest feed of 15 MB, cut short, peaks at 180 MB resident (16 MB of its own).
MEMORY_BYTES = 1 << 30
#: How much later than whoever asked the system ends it.
GRACE_S = 2.0


def _reply(request: Request) -> Reply:
    try:
        return parse_feed(
            request.body,
            feed=request.feed,
            url=request.url,
            headers={"Content-Type": request.content_type},
            observed_at=request.observed_at,
            language=request.language,
        )
    except FeedError as error:
        return Refusal(error.reason, str(error))
    except MemoryError:
        return Refusal("too_costly", "parsing it takes more memory than a feed is worth")
    except Exception as error:  # noqa: BLE001 - one file may not cost the others their parser
        return Refusal("unreadable", f"the reader fails on it: {type(error).__name__}")


def _serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    decoder = msgspec.msgpack.Decoder(Request)
    while prefix := requests.read(LENGTH_BYTES):
        request = decoder.decode(requests.read(length_of(prefix)))
        # The signal has no handler: one would wait for the parser.
        signal.setitimer(signal.ITIMER_REAL, request.deadline_s + GRACE_S)
        reply = _reply(request)
        signal.setitimer(signal.ITIMER_REAL, 0)
        replies.write(framed(reply))
        replies.flush()


def main() -> None:
    """Serve until standard input ends."""
    with contextlib.suppress(ValueError, OSError):  # systems that don't know this limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    replies = sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing that a library prints may come between the replies
    # Whoever asked is gone, perhaps in the middle of a request.
    with contextlib.suppress(BrokenPipeError, msgspec.DecodeError):
        _serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
