import hypothesis
import pytest

# How long an example takes depends on the machine; pytest's own timeout catches what hangs.
hypothesis.settings.register_profile("no deadline", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("no deadline")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what our own commands pass on."""
    parser.addoption(
        "--draw-pictures", action="store_true", help="Draw the pictures of the docs anew."
    )
    parser.addoption(
        "--draw-instrumentors",
        action="store_true",
        help="Draw the table of instrumentors in the docs anew.",
    )
