"""A program that opens catalogs in processes of their own, which may be killed while they do.

    catalog_openers.py together N URL      N processes open one catalog at the same time
    catalog_openers.py killed STEP URL...  the nth process is killed after n times STEP statements

It prints the exit status of each process; -9 for one that was killed.
"""

import os
import signal
import sys
from itertools import count

from sqlalchemy import Engine, event

from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.experiments import ensure_experiments
from spanlake.storage.catalog.location import Location


def main() -> None:
    """Do what the arguments say."""
    command, *rest = sys.argv[1:]
    # What only a migration loads is loaded once.
    import alembic.command
    import alembic.script  # noqa: F401

    if command == "together":
        number, url = int(rest[0]), rest[1]
        go, start = os.pipe()
        children = [_fork(url, wait_for=go) for _ in range(number)]
        os.close(start)
        print(*map(_status, children))  # noqa: T201  # what it is for
    else:
        step, urls = int(rest[0]), rest[1:]
        statuses = [_status(_fork(url, kill_after=n * step)) for n, url in enumerate(urls, 1)]
        print(*statuses)  # noqa: T201  # what it is for


def _fork(url: str, *, wait_for: int | None = None, kill_after: int | None = None) -> int:
    child = os.fork()
    if child:
        return child
    try:
        if wait_for is not None:
            os.set_blocking(wait_for, True)
            # The parent has the other end, and closes it when all of them are there.
            os.close(wait_for + 1)
            os.read(wait_for, 1)
        if kill_after is not None:
            _kill_after(kill_after)
        with Catalog.open(Location.of_url(url)) as catalog:
            ensure_experiments(catalog, ["seen"])
    except BaseException as error:  # noqa: BLE001  # a child must not go on as its parent
        print(error, file=sys.stderr, flush=True)  # noqa: T201
        os._exit(1)
    os._exit(0)


def _kill_after(statements: int) -> None:
    """End this process as a crash would, after so many statements or the commit that ends them."""
    numbers = count(1)

    def done(*_: object) -> None:
        if next(numbers) == statements:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "after_cursor_execute", done)
    event.listen(Engine, "commit", done)


def _status(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    main()
