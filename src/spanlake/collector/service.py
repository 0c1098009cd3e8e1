"""The collector as a whole: builds its parts from the settings, starts, drains and stops them."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from starlette.routing import BaseRoute

from spanlake import log
from spanlake.access.access import Access
from spanlake.collector.budget import Budget
from spanlake.collector.catalog_sync import CatalogSync
from spanlake.collector.commit import CommitSettings, GroupCommit
from spanlake.collector.forwarding.exporters import forwarders
from spanlake.collector.grpc_receiver import GrpcReceiver
from spanlake.collector.health import Health
from spanlake.collector.http_receiver import HttpReceiver
from spanlake.collector.http_server import HttpServer
from spanlake.collector.intake import Intake
from spanlake.collector.keeper import Keeper
from spanlake.collector.metrics import CollectorMetrics
from spanlake.collector.redaction.processor import Redactor
from spanlake.collector.sampling.head import HeadSampler
from spanlake.collector.submission import Tabulate
from spanlake.collector.tabulate import tabulate_logs, tabulate_metrics, tabulate_spans
from spanlake.collector.warm_up import warm_up
from spanlake.collector.window import DedupWindow
from spanlake.config import Endpoint, Settings, exposed_protocols
from spanlake.entities import Signal
from spanlake.entities.access import Principal
from spanlake.errors import UserError
from spanlake.semconv.normalise import Normaliser, general_normaliser
from spanlake.semconv.tables import load_dialects
from spanlake.storage.catalog.audit_log import record_alone, rows_retained, traces_sampled
from spanlake.storage.catalog.catalog import Catalog
from spanlake.storage.catalog.location import Location, default_location, note_location
from spanlake.storage.files.object_path import path_of
from spanlake.storage.hot import HotWriter
from spanlake.storage.layout import Layout
from spanlake.storage.recent import recent_requests
from spanlake.storage.retention import Retained, Retention
from spanlake.storage.sampling.tail import Sampled
from spanlake.storage.schema import TABLE_OF

_log = log.get(__name__)
# An exporter gives up on a call after ten seconds; what runs longer has no one waiting.
_GRACE_SECONDS = 10.0
_NO_LIMIT = 1 << 62


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a started collector is: the endpoints (None: switched off) and the data directory."""

    grpc: Endpoint | None
    http: Endpoint | None
    data: str


class Collector:
    """One collector process, made inside the event loop that runs it. `stop` may come any time.

    routes: what the HTTP port answers besides. access: who is let in; made from the settings if it
    is not given.
    """

    def __init__(
        self, settings: Settings, routes: Sequence[BaseRoute] = (), access: Access | None = None
    ) -> None:
        self._settings = settings
        lake = settings.exporters.lake
        self._root = path_of(lake.path)
        self._writer = HotWriter(Layout(self._root))
        self._location = self._catalog_location()
        self._catalog = CatalogSync(self._location)
        self._access = access or Access.of(settings, self._root, self._location)
        pipelines = {
            signal: pipeline
            for signal in Signal
            if (pipeline := getattr(settings.service.pipelines, signal)) is not None
        }
        is_limited = any("memory_limiter" in p.processors for p in pipelines.values())
        limit = settings.processors.memory_limiter.limit_mib << 20 if is_limited else _NO_LIMIT
        budget = Budget(limit, retry_after=lake.retry_after)
        metrics = self._metrics = CollectorMetrics(budget)
        metrics.watch_catalog(lambda: self._catalog.is_up)
        self._redactor: Redactor | None = None
        if any("redact" in pipeline.processors for pipeline in pipelines.values()):
            wanted = settings.processors.redact
            self._redactor = Redactor.in_lake(wanted, self._root, observer=metrics.redacted)
            metrics.redact_reasons(self._redactor.text)
        commits = {signal: self._commit(signal, metrics) for signal in pipelines}
        self._forwarders = forwarders(settings, Layout(self._root), self._writer, metrics)
        self._keeper = self._keep()
        self._intake = Intake(commits, budget, metrics)
        protocols, gate = settings.receivers.otlp.protocols, self._access.gate
        self._grpc: GrpcReceiver | None = None
        if protocols.grpc is not None:
            self._grpc = GrpcReceiver(self._intake, protocols.grpc, gate)
        self._http: HttpServer | None = None
        if protocols.http is not None:
            receiver = HttpReceiver(self._intake, protocols.http, gate)
            health = Health(self._intake, self._writer, self._root, gate)
            every = [*receiver.routes(), *health.routes(), *routes]
            self._http = HttpServer(protocols.http, every, receiver.middleware())

    def _catalog_location(self) -> Location:
        url = self._settings.extensions.spanlake_catalog.url
        location = default_location(self._root) if url is None else Location.of_url(url)
        try:
            note_location(self._root, location)
        except OSError as error:  # commands have to be told the catalog, and data comes in
            _log.warning("collector.catalog_not_noted", reason=error.strerror)
        return location

    def _keep(self) -> Keeper | None:
        interval = self._settings.exporters.lake.seal_interval
        traces = self._settings.service.pipelines.traces
        is_sampling = traces is not None and "tail_sampling" in traces.processors
        if not interval:
            if is_sampling:
                _log.warning("collector.tail_sampling_is_off", reason="seal_interval is 0s")
            return None
        writers = {self._writer.name: self._writer}
        return Keeper(
            Layout(self._root),
            writers,
            seal_interval=interval,
            retention=self._retention(),
            retained=self._note_retained,
            sampling=self._settings.processors.tail_sampling if is_sampling else None,
            sampled=self._note_sampled,
        )

    def _note_retained(self, retained: Retained) -> None:
        with Catalog.open(self._location) as catalog:
            record_alone(catalog, [rows_retained(Principal.server(), retained)])

    def _note_sampled(self, sampled: Sampled) -> None:
        self._metrics.judged(sampled.decisions)
        if sampled.removed.spans:
            with Catalog.open(self._location) as catalog:
                record_alone(catalog, [traces_sampled(Principal.server(), sampled)])

    def _retention(self) -> Retention | None:
        wanted = self._settings.exporters.lake.retention
        if not wanted.max_age and not wanted.max_size_gib:
            return None
        return Retention(
            max_age=timedelta(seconds=wanted.max_age) if wanted.max_age else None,
            max_bytes=round(wanted.max_size_gib * 2**30) if wanted.max_size_gib else None,
            keep=wanted.keep,
        )

    def _commit(self, signal: Signal, metrics: CollectorMetrics) -> GroupCommit:
        lake = self._settings.exporters.lake
        table = TABLE_OF[signal]
        self._writer.open_table(table)
        window = DedupWindow(lake.dedup_window)
        window.add(recent_requests(Layout(self._root), table, seconds=lake.dedup_window))
        return GroupCommit(
            signal,
            table,
            tabulate=self._tabulate(signal),
            writer=self._writer,
            window=window,
            settings=CommitSettings(
                max_bytes=lake.max_commit_mib << 20,
                compression_level=lake.compression_level,
                retry_after=lake.retry_after,
            ),
            observer=metrics,
            clock=time.perf_counter,
            saw=self._catalog.saw,
        )

    def _tabulate(self, signal: Signal) -> Tabulate:
        pipeline = getattr(self._settings.service.pipelines, signal)
        processors = pipeline.processors if pipeline else ()
        redactor = self._redactor if "redact" in processors else None
        sampler = None
        if "probabilistic_sampler" in processors:
            sampler = HeadSampler(self._settings.processors.probabilistic_sampler)
        if signal is Signal.LOGS:
            return partial(tabulate_logs, redactor=redactor, sampler=sampler)
        if signal is Signal.METRICS:
            return partial(tabulate_metrics, redactor=redactor)
        normaliser = general_normaliser()
        if "genai" in processors:
            prices = self._settings.processors.genai.prices
            normaliser = Normaliser(load_dialects(), prices=prices, book=self._catalog.book)
        return partial(tabulate_spans, normaliser=normaliser, redactor=redactor, sampler=sampler)

    async def start(self) -> Listening:
        """Listen on every port. UserError when one cannot be had, or nobody could be let in."""
        await asyncio.gather(
            asyncio.to_thread(self._catalog.start),
            asyncio.to_thread(self._access.start),
            asyncio.to_thread(warm_up, self._tabulate(Signal.TRACES)),
        )
        if self._access.lets_nobody_in:
            is_allowed = self._settings.service.allow_unauthenticated
            if exposed_protocols(self._settings) and not is_allowed:
                raise KeylessError
            _log.warning("collector.nobody_can_come_in", advice="spanlake keys create NAME")
        grpc = http = None
        if self._grpc is not None:
            grpc = await _start("grpc", self._grpc)
        if self._http is not None:
            http = await _start("http", self._http)
        for forwarder in self._forwarders:
            forwarder.start()
        if self._keeper is not None:
            self._keeper.start()
        _log.info("collector.ready", grpc=str(grpc), http=str(http), data=str(self._root))
        return Listening(grpc, http, str(self._root))

    async def stop(self) -> None:
        """Refuse what is new, finish what was taken in, and give the data directory free."""
        receivers = [receiver for receiver in (self._grpc, self._http) if receiver is not None]
        await asyncio.gather(*(receiver.stop(_GRACE_SECONDS) for receiver in receivers))
        await self._intake.drain()
        await asyncio.gather(*(asyncio.to_thread(each.stop) for each in self._forwarders))
        if self._keeper is not None:
            await asyncio.to_thread(self._keeper.stop)
        await asyncio.to_thread(self._access.stop)
        await asyncio.to_thread(self._catalog.stop)
        self._writer.close()
        _log.info("collector.stopped")


class ListenError(UserError):
    """A port cannot be had.

    protocol: grpc or http, whose endpoint it is.
    """

    def __init__(self, protocol: str, reason: str) -> None:
        super().__init__(f"{protocol}: {reason}")
        self.protocol = protocol
        self.reason = reason


class KeylessError(UserError):
    """Others can reach the server, and there is neither a key nor a user to let in."""

    def __init__(self) -> None:
        super().__init__("there is neither a key nor a user; `spanlake keys create NAME` makes one")


async def _start(protocol: str, receiver: GrpcReceiver | HttpServer) -> Endpoint:
    try:
        return await receiver.start()
    except OSError as error:
        raise ListenError(protocol, error.strerror or str(error)) from None
