"""The pages of evaluations, datasets and app versions, by their URLs."""

from spanlake.entities.access import Permission
from spanlake.evaluation.statistics.resampling import Resampling
from spanlake.web.pages.datasets.changes import RecordChanges
from spanlake.web.pages.datasets.dataset import DatasetPage
from spanlake.web.pages.datasets.diff import DatasetDiffPage
from spanlake.web.pages.datasets.listing import DatasetList
from spanlake.web.pages.deletion import Deletion
from spanlake.web.pages.evaluations.run import RunPage
from spanlake.web.pages.evaluations.run_comparison import RunComparisonPage
from spanlake.web.pages.evaluations.runs import RunList, RunSummaries
from spanlake.web.pages.page import Page
from spanlake.web.pages.scoring import SelectedScoring
from spanlake.web.pages.versions import VersionPages
from spanlake.web.services import Services

_RESAMPLES_IN_LISTS = 2_000


def evaluation_pages(services: Services) -> list[Page]:
    """Each page, and what its forms do."""
    read, edit = Permission.READ, Permission.EDIT
    # A list has so many intervals that each is made with less care than those of one run.
    summaries = RunSummaries(services, Resampling(resamples=_RESAMPLES_IN_LISTS))
    runs, datasets, records = (
        RunList(services, summaries),
        DatasetList(services),
        RecordChanges(services),
    )
    versions, deletion = VersionPages(services), Deletion(services)
    one = "/datasets/{name}"
    return [
        Page("GET", "/runs", read, runs.show),
        Page("GET", "/runs/selected", read, runs.selected),
        Page("GET", "/runs/compare", read, RunComparisonPage(services).show),
        Page("POST", "/runs/delete", edit, deletion.runs),
        Page("GET", "/runs/{run_id}", read, RunPage(services, RunSummaries(services)).show),
        Page("GET", "/datasets", read, datasets.show),
        Page("POST", "/datasets", edit, datasets.create),
        Page("GET", one, read, DatasetPage(services, summaries).show),
        Page("GET", f"{one}/diff", read, DatasetDiffPage(services).show),
        Page("POST", f"{one}/records", edit, records.save),
        Page("POST", f"{one}/records/delete", edit, records.delete),
        Page("POST", f"{one}/describe", edit, records.describe),
        Page("POST", f"{one}/delete", edit, deletion.dataset),
        Page("POST", "/traces/score", edit, SelectedScoring(services).score),
        Page("GET", "/versions", read, versions.show_list),
        Page("GET", "/versions/compare", read, versions.compare),
        Page("GET", "/versions/{version_id}", read, versions.show),
    ]
