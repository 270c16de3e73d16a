"""What browser tests of cards share."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect


def questions(card: Locator) -> Callable[[], int]:
    """How often this card has asked the server from now on; the cards beside it ask when they like."""
    expect(card.locator(".figure:not([aria-busy])")).to_have_count(1)
    card.locator(".figure").evaluate(
        """figure => {
            figure.questions = 0;
            const count = () => { if (figure.ariaBusy) figure.questions += 1; };
            new MutationObserver(count).observe(figure, {attributes: true, attributeFilter: ["aria-busy"]});
        }"""
    )
    return lambda: card.locator(".figure").evaluate("figure => figure.questions")


def drawn(page: Page, place: str, wait: float | None = None) -> Locator:
    """The card at this place of the page, once its answer stands or it says why there is none; wait: milliseconds."""
    card = page.locator(f"[id='{place}']")
    card.scroll_into_view_if_needed()
    expect(card.locator(".made, .error").first).to_be_visible(timeout=wait)
    expect(card.locator(".figure:not([aria-busy])")).to_have_count(1, timeout=wait)
    return card
