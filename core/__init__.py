"""The engine of Loupe: models, lenses, libraries. It knows nothing of the page."""
