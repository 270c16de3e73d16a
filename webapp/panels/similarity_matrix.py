"""The table of all pairs, with its temperature and its loss."""

from core.lenses.similarity_matrix import SimilarityMatrix, similarity_matrix
from webapp.matrix import Matrix
from webapp.panel import Panel


def table(result: SimilarityMatrix) -> Matrix:
    """Pictures down, sentences across; true pairs framed."""
    return Matrix(result.names, result.pictures, result.texts, result.cosine, result.temperature)


PANEL = Panel("All pairs and the contrastive loss", similarity_matrix, table, rank=3)
