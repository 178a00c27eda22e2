"""OpenSky's access tokens: OAuth2 client credentials, the only login it still accepts.

A token lives 30 minutes; it is fetched when needed and again when the API refuses it.
"""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from producers.fetch import Fetcher, FetchError
from wheelsdown.clock import Clock
from wheelsdown.daemon.backoff import retry_after

LOGIN_URL = (
    "https://auth.opensky-network.org/auth/realms/opensky-network/protocol/openid-connect/token"
)

#: A token is renewed so long before it ends, so that none ends on its way.
_MARGIN = timedelta(minutes=1)


class _Token(msgspec.Struct):
    #: Printable ASCII, as it goes into a header.
    access_token: Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]{1,8192}\Z")]
    #: Seconds.
    expires_in: Annotated[float, msgspec.Meta(ge=0)] = 1800.0


class OpenSkyLogin:
    """Hands out a valid token; ``client_id`` and ``client_secret`` are those of the account."""

    def __init__(
        self,
        fetcher: Fetcher,
        clock: Clock,
        *,
        client_id: str,
        client_secret: str,
        url: str = LOGIN_URL,
    ) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._url = url
        self._token = ""
        self._valid_until: datetime | None = None

    async def bearer(self) -> str:
        """The token to send as ``Authorization: Bearer ...``.

        Raises FetchError; no message holds the secret or a token.
        """
        now = self._clock.now()
        if self._valid_until is None or now >= self._valid_until:
            token = await self._fetch()
            lifetime = timedelta(seconds=min(token.expires_in, 86_400.0))
            self._token, self._valid_until = token.access_token, now + lifetime - _MARGIN
        return self._token

    def forget(self) -> None:
        """The API refused the token: fetch another one next time."""
        self._valid_until = None

    async def _fetch(self) -> _Token:
        answer = await self._fetcher.post_form(self._url, self._form)
        if answer.status in (400, 401, 403):
            raise FetchError(
                "bad_status",
                f"OpenSky refuses the login ({answer.status}): check client id and secret",
            )
        if answer.status != 200:
            raise FetchError(
                "bad_status",
                f"OpenSky's token server answered {answer.status}",
                retry_after=retry_after(answer.headers.get("Retry-After"), self._clock.now()),
            )
        try:
            return msgspec.json.decode(answer.body, type=_Token)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # Neither the body nor the decoder's message is passed on: they may quote a token.
            raise FetchError(
                "bad_status", "OpenSky's token server answered without a usable token"
            ) from None
