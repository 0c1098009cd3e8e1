"""Where a dataset is on the pages."""

from urllib.parse import quote, urlencode

from spanlake.storage.catalog.datasets import Dataset

# In a path these are not what they are in a name.
_ODD = frozenset({".", "..", "new"})


def dataset_path(dataset: Dataset) -> str:
    """The path of a dataset: by its name, or by its id where no path can have the name."""
    is_odd = "/" in dataset.name or dataset.name in _ODD
    return "/datasets/" + quote(dataset.dataset_id if is_odd else dataset.name, safe="")


def dataset_url(dataset: Dataset, **fields: object) -> str:
    """The page of a dataset; fields that are None or empty are left out."""
    query = urlencode({name: value for name, value in fields.items() if value not in (None, "")})
    return dataset_path(dataset) + (f"?{query}" if query else "")
