"""What several commands of `spanlake users` take, and how a password is asked for."""

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer

from spanlake.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from spanlake.storage.catalog.users import User

Name = Annotated[str, typer.Argument(metavar="NAME", help="As they sign in.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Read the password there; - is stdin.", show_default="asked for"
    ),
]


@dataclass(frozen=True, slots=True)
class UserRow:
    """One user. signs_in_by: what they can sign in with."""

    user_id: str
    name: str
    role: str
    signs_in_by: tuple[str, ...]
    created_at: datetime
    created_by: str | None
    last_sign_in_at: datetime | None

    @classmethod
    def of(cls, user: "User") -> Self:
        """The row of a user, without the hash of the password."""
        ways = {"password": user.password_hash, "oidc": user.subject}
        return cls(
            user_id=user.user_id,
            name=user.name,
            role=user.role.value,
            signs_in_by=tuple(way for way, known in ways.items() if known is not None),
            created_at=user.created_at,
            created_by=user.created_by,
            last_sign_in_at=user.last_sign_in_at,
        )


def user_table(rows: "Sequence[UserRow]") -> "Table":
    """Users for people."""
    from rich.table import Table

    from spanlake.cli.output import printable

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("NAME", "ROLE", "SIGNS IN BY", "LAST SIGN-IN"):
        table.add_column(name)
    for row in rows:
        last = f"{row.last_sign_in_at:%Y-%m-%d %H:%M}" if row.last_sign_in_at else "never"
        ways = " ".join(row.signs_in_by) or "OpenID, not yet"
        table.add_row(printable(row.name), row.role, ways, last)
    return table


def print_users(users: "Sequence[User]", output_format: str) -> None:
    """Print users as they were asked for."""
    from spanlake.cli.output import console, print_json

    rows = [UserRow.of(user) for user in users]
    if output_format == "json":
        print_json(rows)
    else:
        console().print(user_table(rows))


def read_password(file: Path | None) -> str:
    """The password from a file, or else from whoever types it, twice, unseen. UserError."""
    if file is None:
        if not sys.stdin.isatty():
            raise UserError(
                "the password cannot be asked for, because stdin is no terminal; "
                "give --password-file FILE, or - for stdin"
            )
        typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"--password-file is {file}: cannot be read ({error}); name another file"
        ) from None
    return text.removesuffix("\n").removesuffix("\r")
