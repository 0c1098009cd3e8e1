from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from spanlake.config import Overrides, Settings, load_settings
from spanlake.errors import ConfigError

DEFAULT_FILE = Path(__file__).parents[3] / "otel-config.yaml"
GRPC = "receivers:\n  otlp:\n    protocols:\n      grpc:\n        "
HTTP = "receivers:\n  otlp:\n    protocols:\n      http:\n        "
CATALOG = "extensions:\n  spanlake_catalog:\n    "
CATALOG_URL = (
    "must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE, as SQLAlchemy writes URLs"
)
LAKE = "exporters:\n  lake:\n    "

HOST_PORT = "must be HOST:PORT, such as 127.0.0.1:4317 or [::1]:4317"
DURATION = "must be a duration such as 500ms, 30s or 1m30s, or a number of seconds"
ORIGIN = "must be * or an origin without a path, such as https://app.example.com"
TEXT = "must be text, in quotes if it looks like a number"

WRONG_FILES = [
    (
        GRPC + "max_recv_msg_size_mib: 0",
        "5: receivers.otlp.protocols.grpc.max_recv_msg_size_mib is 0",
        "must be at least 1; set it to 64 or remove the line",
    ),
    (
        GRPC + "max_recv_msg_size_mib: 2048",
        "5: receivers.otlp.protocols.grpc.max_recv_msg_size_mib is 2048",
        "must be at most 2047; set it to 64 or remove the line",
    ),
    (
        GRPC + "max_recv_msg_size_mib: '64'",
        "5: receivers.otlp.protocols.grpc.max_recv_msg_size_mib is '64'",
        "must be a whole number; set it to 64 or remove the line",
    ),
    (
        GRPC + "max_concurrent_streams: 1.5",
        "5: receivers.otlp.protocols.grpc.max_concurrent_streams is 1.5",
        "must be a whole number; set it to 128 or remove the line",
    ),
    (
        GRPC + "max_concurrent_streams: true",
        "5: receivers.otlp.protocols.grpc.max_concurrent_streams is true",
        "must be a whole number; set it to 128 or remove the line",
    ),
    (
        GRPC + "endpoint: 4317",
        "5: receivers.otlp.protocols.grpc.endpoint is 4317",
        f"{HOST_PORT}; set it to 127.0.0.1:4317 or remove the line",
    ),
    (
        GRPC + "endpoint:",
        "5: receivers.otlp.protocols.grpc.endpoint is empty",
        f"{HOST_PORT}; set it to 127.0.0.1:4317 or remove the line",
    ),
    (
        GRPC + "endpont: 127.0.0.1:4317",
        "5: receivers.otlp.protocols.grpc.endpont is not a known key",
        "did you mean endpoint?",
    ),
    (
        GRPC + "keepalive: {enforcement_policy: 1}",
        "5: receivers.otlp.protocols.grpc.keepalive is not a known key",
        "remove it (known here: endpoint, max_recv_msg_size_mib, max_concurrent_streams, tls)",
    ),
    (
        GRPC + "tls: {cert_file: a.pem}",
        "5: receivers.otlp.protocols.grpc.tls.key_file is missing",
        "must be given; add key_file and its value",
    ),
    (
        GRPC + "tls: {cert_file: a.pem, key_file: b.pem, client_ca: c.pem}",
        "5: receivers.otlp.protocols.grpc.tls.client_ca is not a known key",
        "did you mean client_ca_file?",
    ),
    (
        "extensions: {spanlake_auth: {require: sometimes}}",
        "1: extensions.spanlake_auth.require is sometimes",
        "must be 'auto', 'always' or 'never'; set it to auto or remove the line",
    ),
    (
        "extensions: {spanlake_auth: {oidc: {issuer_url: 'http://id.example', client_id: a}}}",
        "1: extensions.spanlake_auth.oidc.issuer_url is 'http://id.example'",
        "must be https://, because what it says is believed; correct or remove it",
    ),
    (
        "extensions: {spanlake_auth: {public_url: 'https://lake.example/pages'}}",
        "1: extensions.spanlake_auth.public_url is 'https://lake.example/pages'",
        "must be https://HOST or http://HOST, without a path; correct or remove it",
    ),
    (
        HTTP + "max_request_body_size: 64MiB",
        "5: receivers.otlp.protocols.http.max_request_body_size is 64MiB",
        "must be a whole number; set it to 67108864 or remove the line",
    ),
    (
        HTTP + "read_timeout: half a minute",
        "5: receivers.otlp.protocols.http.read_timeout is half a minute",
        f"{DURATION}; set it to 30s or remove the line",
    ),
    (
        HTTP + "idle_timeout: 0s",
        "5: receivers.otlp.protocols.http.idle_timeout is 0s",
        "must be more than 0; set it to 60s or remove the line",
    ),
    (
        HTTP + "cors: {allowed_origins: ['https://a.example/']}",
        "5: receivers.otlp.protocols.http.cors.allowed_origins.0 is 'https://a.example/'",
        f"{ORIGIN}; correct or remove it",
    ),
    (
        HTTP + "cors:\n          allowed_origins: ['*']\n          allowed_headers: []",
        "7: receivers.otlp.protocols.http.cors.allowed_headers is not a known key",
        "did you mean allowed_origins?",
    ),
    (
        "receivers:\n  otlp:\n    protocols: {}",
        "3: receivers.otlp.protocols is {}",
        "must have grpc or http; add `grpc:` or `http:` or both",
    ),
    (
        "receivers:\n  otlp:\n    protocols:",
        "3: receivers.otlp.protocols is empty",
        "must have grpc or http; add `grpc:` or `http:` or both",
    ),
    (
        "receivers:\n  otlp:\n    protocols: [grpc]",
        "3: receivers.otlp.protocols is [grpc]",
        "must be a section with keys of its own; give it grpc or http, or remove it",
    ),
    (
        "receivers:\n  otlp/second:",
        "2: receivers.otlp/second is a named component",
        "must be a type without a name of its own; use otlp",
    ),
    (
        "receivers:\n  jaeger:",
        "2: receivers.jaeger is not a known key",
        "remove it (known here: otlp)",
    ),
    (
        "processors:\n  probabilistic_sampler:\n    sampling_percentage: 101",
        "3: processors.probabilistic_sampler.sampling_percentage is 101",
        "must be at most 100.0; set it to 100.0 or remove the line",
    ),
    (
        "processors:\n  probabilistic_sampler:\n    experiments: {load-test: low}",
        "3: processors.probabilistic_sampler.experiments.load-test is low",
        "must be a number; correct or remove it",
    ),
    (
        "processors:\n  tail_sampling:\n    decision_wait: 0s",
        "3: processors.tail_sampling.decision_wait is 0s",
        "must be more than 0; set it to 1h or remove the line",
    ),
    (
        "processors:\n  tail_sampling:\n    keep:\n      slow: 5s",
        "4: processors.tail_sampling.keep.slow is not a known key",
        "remove it (known here: errors, slower_than, dearer_than, assessed, scored_below, failed)",
    ),
    (
        "processors:\n  memory_limiter:\n    limit_mib: -512",
        "3: processors.memory_limiter.limit_mib is -512",
        "must be at least 1; set it to 512 or remove the line",
    ),
    (
        "processors:\n  batch:",
        "2: processors.batch is not a known key",
        (
            "remove it (known here: memory_limiter, "
            "probabilistic_sampler, redact, genai, tail_sampling)"
        ),
    ),
    (
        "processors:\n  genai:\n    prices: yes",
        "3: processors.genai.prices is yes",
        "must be true or false; set it to true or remove the line",
    ),
    (
        LAKE + "path: 2026",
        "3: exporters.lake.path is 2026",
        f"{TEXT}; set it to ./spanlake-data or remove the line",
    ),
    (
        LAKE + "path: ''",
        "3: exporters.lake.path is ''",
        "must not be empty; set it to ./spanlake-data or remove the line",
    ),
    (
        LAKE + "path: ${env:LAKE}",
        "3: exporters.lake.path is ${env:LAKE}",
        "the environment has no LAKE; set it, or write ${env:LAKE:-default}",
    ),
    (
        LAKE + "compression_level: 23",
        "3: exporters.lake.compression_level is 23",
        "must be at most 22; set it to 3 or remove the line",
    ),
    (
        CATALOG + "url: mysql://me:secret@host/db",
        "3: extensions.spanlake_catalog.url is mysql://me:***@host/db",
        f"{CATALOG_URL}; correct or remove it",
    ),
    (
        CATALOG + "url: ${env:URL:-sqlite:///:memory:}",
        "3: extensions.spanlake_catalog.url is ${env:URL:-sqlite:///:memory:} (sqlite:///:memory:)",
        f"{CATALOG_URL}; correct or remove it",
    ),
    (
        LAKE + "retry_after: ${env:WAIT:-later}",
        "3: exporters.lake.retry_after is ${env:WAIT:-later} (later)",
        f"{DURATION}; set it to 1s or remove the line",
    ),
    (
        "service:\n  telemetry:\n    logs:\n      level: loud",
        "4: service.telemetry.logs.level is loud",
        "must be debug, info, warn or error; set it to info or remove the line",
    ),
    (
        "service:\n  telemetry:\n    logs:\n      encoding: xml",
        "4: service.telemetry.logs.encoding is xml",
        "must be 'console' or 'json'; set it to console or remove the line",
    ),
    (
        "service:\n  allow_unauthenticated: 1",
        "2: service.allow_unauthenticated is 1",
        "must be true or false; set it to false or remove the line",
    ),
    (
        "service:\n  extensions: [health_check]",
        "2: service.extensions is not a known key",
        "remove it (known here: pipelines, telemetry, allow_unauthenticated)",
    ),
    ("recievers:\n  otlp:", "1: recievers is not a known key", "did you mean receivers?"),
    (
        "connectors:\n  count:",
        "1: connectors is not a known key",
        "remove it (known here: receivers, processors, exporters, extensions, service)",
    ),
    (
        "service:\n  telemetry:\nprocessors:\n  genai:\n    prices: 1\nservice:\n",
        "5: processors.genai.prices is 1",
        "must be true or false; set it to true or remove the line (and 1 more)",
    ),
    (
        "service:\n  allow: true\nprocessors:\n  batch:\nexporters:\n  file:\n",
        "2: service.allow is not a known key",
        "remove it (known here: pipelines, telemetry, allow_unauthenticated) (and 2 more)",
    ),
]


@pytest.mark.parametrize(("text", "subject", "rule"), WRONG_FILES)
def test_a_mistake_is_told_with_its_line_value_rule_and_remedy(
    load: Callable[[str], Settings], text: str, subject: str, rule: str
) -> None:
    """A mistake is told in one line: where, what, its value, the rule, the next step."""
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert str(caught.value) == f"otel-config.yaml:{subject}: {rule}"


@pytest.mark.parametrize("key", ["receivers", "processors", "exporters", "extensions", "service"])
def test_a_section_without_a_value_has_its_defaults(
    load: Callable[[str], Settings], key: str
) -> None:
    """A key alone, as the Collector's users write it, means the defaults of its section."""
    assert load(f"{key}:\n") == Settings()


def test_a_protocol_alone_is_on_and_the_other_is_off(load: Callable[[str], Settings]) -> None:
    """`grpc:` alone listens for gRPC at its default endpoint, and for nothing else."""
    protocols = load("receivers:\n  otlp:\n    protocols:\n      grpc:\n").receivers.otlp.protocols
    assert protocols.grpc == Settings().receivers.otlp.protocols.grpc
    assert protocols.http is None


def test_bounds_themselves_are_allowed(load: Callable[[str], Settings]) -> None:
    """The smallest and largest values, port 0 among them, are no mistakes."""
    settings = load(
        HTTP + "endpoint: '[::1]:0'\n        max_request_body_size: 2147483647\n"
        "        cors: {allowed_origins: ['*', 'http://localhost:3000']}\n"
        + LAKE
        + "compression_level: 22\n    dedup_window: 0\n    retry_after: 1ms\n"
        "service: {telemetry: {logs: {level: WARN, encoding: json}}}\n"
    )
    assert str(getattr(settings.receivers.otlp.protocols.http, "endpoint", None)) == "[::1]:0"
    assert settings.exporters.lake.dedup_window == 0
    assert settings.service.telemetry.logs.level == "warn"


KEYS = st.sampled_from(sorted({*Settings.model_fields, "otlp", "protocols", "grpc", "endpoint"}))
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(KEYS | st.text(), children),
    max_leaves=20,
)


def loaded_or_refused(text: str) -> None:
    """Fail unless the text is a configuration or is refused in one line that names the file."""
    path = Path("otel-config.yaml")
    path.write_text(text, encoding="utf-8")
    message = "otel-config.yaml: loaded"
    try:
        load_settings(path, Overrides(allow_unauthenticated=True))
    except ConfigError as error:
        message = str(error)
    assert message.startswith("otel-config.yaml:")
    assert message.isprintable()


@given(st.dictionaries(KEYS, TREES))
def test_no_yaml_brings_anything_but_settings_or_one_line(tree: dict[str, object]) -> None:
    """Whatever YAML a file holds, it is loaded or refused in one line that names the file."""
    loaded_or_refused(yaml.safe_dump(tree, allow_unicode=True))


@given(st.data())
def test_no_edit_of_the_default_file_brings_anything_else(data: st.DataObject) -> None:
    """Whatever slice of the default file is replaced by whatever text, it is loaded or refused."""
    text = DEFAULT_FILE.read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 200, len(text))))
    loaded_or_refused(text[:start] + data.draw(st.text(max_size=20)) + text[end:])
