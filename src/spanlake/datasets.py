"""Datasets: the records that apps are evaluated on, in versions that never change."""

from spanlake.evaluation.datasets import (
    EvaluationDataset,
    create_dataset,
    delete_dataset,
    get_dataset,
    search_datasets,
    set_dataset_tags,
)
from spanlake.storage.catalog.dataset_record import DatasetRecord
from spanlake.storage.datasets.rows import RecordColumns

__all__ = [
    "DatasetRecord",
    "EvaluationDataset",
    "RecordColumns",
    "create_dataset",
    "delete_dataset",
    "get_dataset",
    "search_datasets",
    "set_dataset_tags",
]
