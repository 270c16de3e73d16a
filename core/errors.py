"""The one exception whose text is meant for the user."""


class LoupeError(Exception):
    """A mistake that the user can mend: the text names the wrong value and the remedy.

    The text is a template with the values apart, so that the page can say it in the reader's language:
    ``LoupeError("No checkpoint {key!r}. There are: {known}.", key=key, known="a, b")``.
    """

    def __init__(self, template: str, **values: object):
        self.template = template
        self.values = values
        super().__init__(template.format(**values))
