"""What goes wrong with objects, as the OSErrors that files have, each in a line."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from obstore.exceptions import (
    BaseError,
    NotModifiedError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)

# What servers answer, and what obstore says of a request.
_TOLD = re.compile(r"<Code>(?P<code>.*?)</Code>.*?<Message>(?P<message>.*?)</Message>", re.DOTALL)
_ASKED = re.compile(r"Error performing \w+ (?P<server>https?://[^/\s]+)")


@contextmanager
def as_os_errors(path: Path) -> Iterator[None]:
    """Raise OSErrors of this file: ENOENT, EACCES, ESTALE for one that has changed, else EIO."""
    try:
        yield
    except FileNotFoundError as error:
        missing = "bucket" if "NoSuchBucket" in str(error) else "object"
        raise FileNotFoundError(errno.ENOENT, f"there is no such {missing}", str(path)) from None
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise PermissionError(errno.EACCES, _line(error), str(path)) from None
    except (PreconditionError, NotModifiedError):
        raise OSError(errno.ESTALE, "it has been changed meanwhile", str(path)) from None
    except BaseError as error:
        raise OSError(errno.EIO, _line(error), str(path)) from None


def _line(error: Exception) -> str:
    """What obstore says, in a line, without where in its source it says so."""
    text = str(error)
    if told := _TOLD.search(text):
        return f"{told['code']}: {told['message']}"
    if "HTTP error" in text and (asked := _ASKED.search(text)):
        return f"{asked['server']} does not answer"
    return text.partition("\n")[0].strip()
