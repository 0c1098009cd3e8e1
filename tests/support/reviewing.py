"""What journeys through the review app do again and again."""

from playwright.sync_api import Page


def leave(page: Page, *keys: str) -> None:
    """Press keys, and wait until another item is there."""
    before = page.locator("#item").get_attribute("data-item")
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_function(
        "before => document.querySelector('#item')?.dataset.item !== before", arg=before
    )


def is_saved(page: Page) -> None:
    """Everything has been taken by the server."""
    page.wait_for_function(
        "() => !JSON.parse(localStorage.getItem('review-outbox') ?? '[]').length"
    )
