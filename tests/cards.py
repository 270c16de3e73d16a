"""What browser tests of cards share."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, TimeoutError, expect


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


def reached(page: Page, place: str) -> Locator:
    """The card at this place of the page, once it is in view and has begun; cards above it may push it away again."""
    card = page.locator(f"[id='{place}']")
    for _ in range(120):
        card.evaluate("card => card.scrollIntoView({block: 'center'})")
        try:
            card.locator(".figure[aria-busy], .made, .error").first.wait_for(state="attached", timeout=2000)
            return card
        except TimeoutError:
            continue
    raise AssertionError(f"{place} has not begun")


def drawn(page: Page, place: str) -> Locator:
    """The card at this place of the page, once its answer stands or it says why there is none."""
    card = reached(page, place)
    expect(card.locator(".made, .error").first).to_be_visible()
    expect(card.locator(".figure:not([aria-busy])")).to_have_count(1)
    return card
