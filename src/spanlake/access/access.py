"""Access to one server: its parts, made from the settings."""

from pathlib import Path
from typing import TYPE_CHECKING, Self

from spanlake.access.gate import Gate, GateRules
from spanlake.access.quota import Quotas
from spanlake.access.sign_in import SignInDesk
from spanlake.access.sync import AccessSync
from spanlake.access.trail import Trail
from spanlake.config import Settings, exposed_protocols
from spanlake.storage.catalog.location import Location

if TYPE_CHECKING:
    from spanlake.config.auth import Require


class Access:
    """The gate of a server, and the desk where people sign in. `stop` may come any time.

    sync: None for a server that asks nobody.
    """

    def __init__(
        self, gate: Gate, sync: AccessSync | None = None, desk: SignInDesk | None = None
    ) -> None:
        self.gate = gate
        self.desk = desk
        self._sync = sync

    @classmethod
    def of(cls, settings: Settings, root: Path, location: Location) -> Self:
        """Access as it is configured, over a catalog."""
        auth = settings.extensions.spanlake_auth
        http = settings.receivers.otlp.protocols.http
        is_local = http is None or http.endpoint.is_loopback
        if auth.require == "never":
            return cls.open(is_local=is_local)
        is_allowed = settings.service.allow_unauthenticated
        is_exposed = bool(exposed_protocols(settings)) and not is_allowed
        quotas, trail = Quotas(), Trail()
        sync = AccessSync(root, location, quotas, trail)
        require: Require = "always" if is_exposed else auth.require
        is_behind_tls = (auth.public_url or "").startswith("https:")
        gate = Gate(sync, quotas, trail, GateRules(require, is_local, is_behind_tls))
        return cls(gate, sync, SignInDesk(gate, sync, trail, auth))

    @classmethod
    def open(cls, *, is_local: bool) -> Self:
        """Access for anybody. is_local: by a name of this machine."""
        return cls(Gate.open(is_local=is_local))

    @property
    def lets_nobody_in(self) -> bool:
        """Whether a credential is asked for, and it is known that there has never been one."""
        return (
            not self.gate.is_open
            and self._sync is not None
            and self._sync.snapshot is not None
            and not self._sync.snapshot.is_in_use
        )

    def start(self) -> None:
        """Begin to watch the catalog; return once it has been read, or soon."""
        if self._sync is not None:
            self._sync.start()

    def stop(self) -> None:
        """Write what has not been written, and end."""
        if self._sync is not None:
            self._sync.stop()
