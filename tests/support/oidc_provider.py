"""A real OpenID provider in a process of its own, and somebody at its form."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2

_RUNNING = re.compile(r"running on (http://[\d.:]+)")


class OidcProvider:
    """The package oidc-provider-mock on a free port. people: the claims of each, with `sub`.

    url: of the issuer.
    """

    def __init__(self, folder: Path, *people: Mapping[str, object]) -> None:
        claims = [part for each in people for part in ("--user-claims", json.dumps(each))]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "oidc_provider_mock", "--port", "0", *claims],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
        )
        assert self._process.stderr is not None
        lines = iter(self._process.stderr)
        found = next(filter(None, map(_RUNNING.search, lines)), None)
        assert found is not None, "the provider does not start"
        self.url = found[1]
        # Nobody shall wait for room in the pipe.
        self._reader = threading.Thread(target=lambda: [None for _ in lines], daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait()
        self._reader.join()
        assert self._process.stderr is not None
        self._process.stderr.close()


class Person:
    """Somebody with a browser, who wants to see the pages of a server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.browser = httpx2.Client(base_url=url, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.browser.close()

    def at_provider(self, after: str = "/traces") -> str:
        """Go to the provider; return the URL of its form."""
        answer = self.browser.get("/sign-in/oidc", params={"next": after})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def agree(self, form: str, sub: str) -> str:
        """Say at the provider's form who one is; return the URL one is sent back to."""
        answer = self.browser.post(form, data={"sub": sub})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def sign_in(self, sub: str, after: str = "/traces") -> httpx2.Response:
        """Do all of it; return what the server says in the end."""
        return self.browser.get(self.agree(self.at_provider(after), sub))
