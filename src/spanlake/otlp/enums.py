"""OTLP's enums as names in Arrow columns, and names back to numbers."""

import pyarrow as pa

KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
STATUS_CODES = ("UNSET", "OK", "ERROR")
TEMPORALITIES = ("UNSPECIFIED", "DELTA", "CUMULATIVE")


def enum_names(numbers: pa.Int32Array, names: tuple[str, ...]) -> pa.StringArray:
    """Enum numbers by name; a number without one stays a number."""
    distinct = numbers.dictionary_encode()
    texts = [
        None if n is None else names[n] if 0 <= n < len(names) else str(n)
        for n in distinct.dictionary.to_pylist()
    ]
    return pa.array(texts, pa.string()).take(distinct.indices)


def enum_number(name: str, names: tuple[str, ...]) -> int:
    """The number that `enum_names` made this name of."""
    return names.index(name) if name in names else int(name)
