"""Guarded HTTP: every request that a producer sends goes through here.

An address may be hostile or broken, so a request has a deadline, a limit on the *decompressed* size
of its body, a limit on redirects, and, unless the operator allows it, no way into private networks.
There are no cookies, no proxies from the environment and no retries; who polls decides on those.

Errors: ``FetchError``, with a ``reason`` from a bounded list.
"""

import asyncio
import errno
import ipaddress
import re
import socket
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import aiohttp
import yarl

#: miniflux refuses feeds beyond 15 MB too; an OpenSky answer for the whole world is under 2 MB.
LIMIT_BYTES = 15_000_000
DEADLINE_S = 30.0
MAX_REDIRECTS = 5

USER_AGENT = "wheelsdown/0.1 (watches public feeds; aiohttp)"

FetchReason = Literal[
    "bad_url",  # not an http(s) address, or a redirect to something that is none
    "forbidden_address",  # the name leads into a private network
    "refused",  # no connection: unknown name, nobody listening, TLS failed
    "timeout",  # the deadline passed
    "broken",  # the connection was cut, or what came was no HTTP
    "bad_encoding",  # the body can't be decompressed
    "too_large",  # the body is larger than the limit
    "too_many_redirects",
    "bad_status",  # an answer that its reader can't use; raised by the readers
]


class FetchError(Exception):
    """There is no usable answer. ``retry_after`` is how long the server asked to be left alone."""

    def __init__(
        self, reason: FetchReason, message: str, *, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(message)
        self.reason: FetchReason = reason
        self.retry_after = retry_after


@dataclass(frozen=True)
class Answer:
    """What a server answered. ``body`` is decompressed, and empty unless the status is 2xx.

    Header names are found in any spelling. ``url`` is where the answer came from, after redirects.
    ``moved_to`` is where permanent redirects (301, 308), and no others, led to it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    moved_to: str | None = None


class _ForbiddenAddressError(OSError):
    """A connection into a network that producers have no business in."""

    def __init__(self) -> None:
        # One text for all addresses: aiohappyeyeballs keeps the type of equal errors only.
        super().__init__(
            errno.EACCES,
            "leads to an address that is not public; allow private addresses if that is meant",
        )


#: Networks that ``ipaddress`` (3.11) calls global although they lead to embedded IPv4 addresses or
#: nowhere: IPv4-compatible, NAT64 (RFC 6052, 8215), 6to4 (RFC 3056), site-local (RFC 3879).
_DISGUISED = tuple(
    ipaddress.IPv6Network(network)
    for network in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "fec0::/10")
)


def is_public(address: str) -> bool:
    """Whether a literal IP address belongs to the public, unicast internet."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif any(ip in network for network in _DISGUISED):
            return False
    return ip.is_global and not ip.is_multicast


def _public_socket(addr_info: aiohttp.AddrInfoType) -> socket.socket:
    """A socket for an address that is about to be connected to, after every name is resolved.

    So literal addresses, redirects and names that resolve differently each time all pass here.
    """
    family, kind, protocol, _, address = addr_info
    if not is_public(str(address[0])):
        raise _ForbiddenAddressError
    return socket.socket(family, kind, protocol)


def client_session(*, allow_private: bool) -> aiohttp.ClientSession:
    """A session for ``Fetcher``; to be made inside the event loop and closed by its maker.

    ``allow_private`` is for receivers in the operator's own network, and for tests.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            socket_factory=None if allow_private else _public_socket,
            limit_per_host=4,
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate"},
        timeout=aiohttp.ClientTimeout(total=None),  # Fetcher's deadline covers all of a request
        requote_redirect_url=False,
    )


class Fetcher:
    """Fetches with a session of ``client_session``; limits hold for each request."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        limit_bytes: int = LIMIT_BYTES,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._session = session
        self._limit_bytes = limit_bytes
        self._deadline_s = deadline_s

    async def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer to a GET, of whatever status.

        ``etag`` and ``last_modified`` are the validators of an earlier answer, sent back as they
        came. Raises FetchError.
        """
        sent = dict(headers or {})
        for name, validator in (("If-None-Match", etag), ("If-Modified-Since", last_modified)):
            # A validator with raw control or undecodable bytes can't be sent back; do without it.
            if validator and validator.isprintable():
                sent[name] = validator
        return await self._read(
            url,
            lambda target: self._session.get(
                target, headers=sent, allow_redirects=True, max_redirects=MAX_REDIRECTS + 1
            ),
        )

    async def post_form(self, url: str, form: Mapping[str, str]) -> Answer:
        """The answer to a form. Redirects are not followed, since forms carry secrets.

        Raises FetchError.
        """
        return await self._read(
            url,
            lambda target: self._session.post(target, data=dict(form), allow_redirects=False),
        )

    async def _read(
        self,
        url: str,
        request: Callable[[yarl.URL], AbstractAsyncContextManager[aiohttp.ClientResponse]],
    ) -> Answer:
        shown = _shown(url)
        try:
            async with asyncio.timeout(self._deadline_s), request(_target(url)) as response:
                body = b""
                if 200 <= response.status < 300:
                    body = await self._body(response, shown)
                return Answer(
                    status=response.status,
                    headers=response.headers,
                    body=body,
                    url=str(response.url),
                    moved_to=_moved_to(response),
                )
        except TimeoutError as error:
            raise FetchError(
                "timeout", f"{shown}: no whole answer within {self._deadline_s:g} s"
            ) from error
        except (aiohttp.ClientError, ValueError) as error:
            reason = _reason(error)
            raise FetchError(reason, f"{shown}: {_told(reason, error)}") from error

    async def _body(self, response: aiohttp.ClientResponse, shown: str) -> bytes:
        limit = self._limit_bytes
        body = bytearray()
        if (response.content_length or 0) <= limit:
            async for chunk in response.content.iter_chunked(65536):
                body += chunk
                if len(body) > limit:
                    break
            else:
                return bytes(body)
        response.close()
        raise FetchError("too_large", f"{shown}: the body is larger than {limit:,} bytes")


def _moved_to(response: aiohttp.ClientResponse) -> str | None:
    is_permanent = all(step.status in (301, 308) for step in response.history)
    return str(response.url) if response.history and is_permanent else None


def _shown(url: str) -> str:
    """The address as messages may show it: without what may be a password or a key."""
    return re.sub(r"//[^/#]*@", "//", url.split("?", 1)[0])[:200]


#: Only characters that RFC 3986 allows in a URL: nothing in it needs quoting.
_QUOTED_URL = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


def _target(url: str) -> yarl.URL:
    """The parsed address; one that is quoted already is left exactly as it is.

    Decoding and quoting again would break addresses that are signed or that mean a literal %2F.
    """
    target = yarl.URL(url, encoded=_QUOTED_URL.fullmatch(url) is not None)
    if target.scheme not in ("http", "https") or not target.host:
        raise aiohttp.InvalidURL(url, "an address starts with http:// or https:// and a host")
    return target


#: Which error of aiohttp is which reason; the first that fits.
_REASONS: tuple[tuple[type[Exception], FetchReason], ...] = (
    (aiohttp.InvalidURL, "bad_url"),
    (aiohttp.NonHttpUrlClientError, "bad_url"),
    (aiohttp.TooManyRedirects, "too_many_redirects"),
    (aiohttp.ClientConnectorError, "refused"),
    (aiohttp.ClientSSLError, "refused"),
    (aiohttp.ClientError, "broken"),
)


def _reason(error: Exception) -> FetchReason:
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(
        error.os_error, _ForbiddenAddressError
    ):
        return "forbidden_address"
    # aiohttp tells a body that can't be decompressed from a broken one only in words.
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ClientResponseError) and (
        "content-encoding" in str(error)
    ):
        return "bad_encoding"
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return reason
    return "bad_url"  # ValueError: the address, or one it redirects to, can't be parsed or sent


def _told(reason: FetchReason, error: Exception) -> str:
    """What went wrong, without the address, which aiohttp's own words may show with its query."""
    if reason == "bad_url":
        return "no usable http or https address, or a redirect to one that is none"
    if reason == "too_many_redirects":
        return f"more than {MAX_REDIRECTS} redirects"
    if reason == "bad_encoding":
        return "the body can't be decompressed"
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error.strerror or str(error.os_error)
    if isinstance(error, aiohttp.ClientResponseError):
        return error.message
    return str(error) or type(error).__name__
