"""Consistent probability sampling, as OpenTelemetry has it: everyone who samples decides alike.

A trace has 56 bits of randomness, the last of its id unless `rv` in its tracestate says others. It
is kept where they are not below the threshold, 56 bits as well, of the share that is wanted. Who
sampled before says so in its tracestate, as `th`:
https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
"""

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spanlake.semconv.arrays import whole

Bits = npt.NDArray[np.uint64]
"""For each row, 56 bits."""

ALL = 1 << 56
_VENDOR = "ot"
_DIGITS = 14
_THRESHOLD = re.compile(rf"[0-9a-f]{{1,{_DIGITS}}}")
_RANDOMNESS = re.compile(rf"[0-9a-f]{{{_DIGITS}}}")


class Told(NamedTuple):
    """What a tracestate says of sampling; None where it says nothing that can be read."""

    threshold: int | None = None
    randomness: int | None = None


class Chances(NamedTuple):
    """For each span, its randomness and the threshold that it has passed already."""

    randomness: Bits
    passed: Bits


def threshold_of(percentage: float) -> int:
    """From which randomness on so many percent of all traces are."""
    return round((100 - percentage) / 100 * ALL)


def chances_of(spans: pa.Table) -> Chances:
    """Of spans, by their columns `trace_id` (32 digits each) and `trace_state`."""
    randomness = randomness_of(whole(spans["trace_id"]))
    passed = np.zeros(len(spans), np.uint64)
    states = whole(spans["trace_state"])
    if not speaks_of_sampling(states):
        return Chances(randomness, passed)
    coded = states.dictionary_encode()
    told = [_told(state) for state in coded.dictionary.to_pylist()]
    for row, code in enumerate(coded.indices.to_pylist()):
        if code is None:
            continue
        threshold, own = told[code]
        if own is not None:
            randomness[row] = own
        # One that the trace has not passed was not what kept it.
        if threshold is not None and threshold <= int(randomness[row]):
            passed[row] = threshold
    return Chances(randomness, passed)


def speaks_of_sampling(states: pa.StringArray) -> bool:
    """Whether any tracestate may say something of sampling; costs next to nothing without any."""
    if states.null_count == len(states):
        return False
    return bool(pc.any(pc.match_substring(states, f"{_VENDOR}=")).as_py())


def randomness_of(trace_ids: pa.StringArray) -> Bits:
    """Of trace ids of 32 digits each."""
    digits = pc.utf8_slice_codeunits(trace_ids, 32 - _DIGITS, 32)
    found = np.zeros((len(trace_ids), 8), np.uint8)
    if len(trace_ids):
        text = digits.buffers()[2].to_pybytes()[: _DIGITS * len(trace_ids)]
        found[:, 1:] = np.frombuffer(bytes.fromhex(text.decode()), np.uint8).reshape(-1, 7)
    return found.view(">u8")[:, 0].astype(np.uint64)


def weights_of(thresholds: Bits) -> npt.NDArray[np.float64]:
    """For how many traces each one stands that has passed this threshold."""
    # Ten percent shall be ten, and not the nearest that 56 bits have to it.
    return np.round(ALL / (np.uint64(ALL) - thresholds).astype(np.float64), 9)


def _told(state: str) -> Told:
    for member in state.split(","):
        vendor, _, values = member.strip().partition("=")
        if vendor == _VENDOR:
            pairs = dict(value.partition(":")[::2] for value in values.split(";"))
            return Told(
                _bits(pairs.get("th"), _THRESHOLD),
                _bits(pairs.get("rv"), _RANDOMNESS),
            )
    return Told()


def _bits(digits: str | None, pattern: re.Pattern[str]) -> int | None:
    if digits is None or not pattern.fullmatch(digits):
        return None
    return int(digits.ljust(_DIGITS, "0"), 16)
