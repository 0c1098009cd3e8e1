"""Whether the server lives, and whether it can take data: `/healthz`, `/readyz`, `/metrics`."""

import os
import shutil
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from spanlake.access.gate import Gate
from spanlake.access.policy import Policy
from spanlake.access.routes import GuardedRoute, Handler
from spanlake.collector import http_answer
from spanlake.collector.intake import Intake
from spanlake.entities.access import Permission
from spanlake.storage.files.object_path import ObjectPath
from spanlake.storage.hot import HotWriter

# Less than this and the next commits are about to fail.
MIN_FREE_BYTES = 64 << 20


class Health:
    """The three routes a supervisor and a Prometheus ask."""

    def __init__(self, intake: Intake, writer: HotWriter, root: Path, gate: Gate) -> None:
        self._intake = intake
        self._writer = writer
        self._root = root
        self._gate = gate

    def routes(self) -> list[GuardedRoute]:
        """The routes, for GET and HEAD. Supervisors have no key."""
        return [
            self._route("/healthz", self._healthz, Permission.PUBLIC),
            self._route("/readyz", self._readyz, Permission.PUBLIC),
            self._route("/metrics", self._metrics, Permission.READ),
        ]

    def _route(self, path: str, handler: Handler, permission: Permission) -> GuardedRoute:
        return GuardedRoute(
            path,
            handler,
            gate=self._gate,
            policies={"GET": Policy(permission)},
            refused=http_answer.failure,
        )

    def problems(self) -> list[str]:
        """Why the server cannot take data now; nothing when it can."""
        found = []
        if self._intake.is_stopping:
            found.append("the server is stopping")
        found += [
            f"{file} is of a failed commit and cannot be removed; no other commit is made"
            for file in self._writer.blocked_by
        ]
        if not self._writer.has_name:
            found.append(f"{self._root} has not answered for long enough to lose the writer's name")
        if isinstance(self._root, ObjectPath):
            return found
        try:
            free = shutil.disk_usage(self._root).free
            if not os.access(self._root, os.W_OK):
                found.append(f"{self._root} is not writable")
        except OSError as error:
            return [*found, f"{self._root}: {error.strerror}"]
        if free < MIN_FREE_BYTES:
            found.append(f"{self._root} has {free >> 20} MiB free, under {MIN_FREE_BYTES >> 20}")
        return found

    async def _healthz(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _readyz(self, _: Request) -> Response:
        problems = self.problems()
        if problems:
            return JSONResponse({"status": "not ready", "problems": problems}, 503)
        return JSONResponse({"status": "ready"})

    async def _metrics(self, _: Request) -> Response:
        return Response(self._intake.metrics.render(), media_type=CONTENT_TYPE_LATEST)
