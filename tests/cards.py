"""What browser tests of cards share."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect


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
