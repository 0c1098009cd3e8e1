"""A clock for one server that jumps while it runs, by libfaketime."""

from pathlib import Path

import pytest

_PLACES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1")


class FakeClock:
    """under: the command that runs a program by this clock, which starts as the right one."""

    def __init__(self, place: Path) -> None:
        libraries = [path for each in _PLACES for path in Path("/").glob(each.lstrip("/"))]
        if not libraries:
            pytest.skip("libfaketime is not installed: run `just slow-tools`")
        self._file = place / "faketime"
        self.jump("+0")
        self.under = [
            *("env", f"LD_PRELOAD={libraries[0]}", f"FAKETIME_TIMESTAMP_FILE={self._file}"),
            *("FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"),
        ]

    def jump(self, by: str) -> None:
        """Let it differ from the right time by so much, such as +10y or -1h."""
        # At once: a file that is half written is no time at all.
        draft = self._file.with_suffix(".new")
        draft.write_text(by, encoding="ascii")
        draft.rename(self._file)
