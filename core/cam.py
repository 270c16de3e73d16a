"""Class activation maps from the maps of a stage and the gradients of one class's logit with respect to them."""

import numpy as np

METHODS = ("Grad-CAM", "Grad-CAM++", "HiResCAM")


def cam(maps: np.ndarray, gradients: np.ndarray, method: str) -> np.ndarray:
    """[row column] from two arrays [channel row column]: what speaks for the class, nothing below 0.

    Grad-CAM (Selvaraju et al. 2016, arXiv 1610.02391), Grad-CAM++ (Chattopadhyay et al. 2017, arXiv 1710.11063,
    equation 19 for a class score exp(logit)), HiResCAM (Draelos & Carin 2020, arXiv 2011.08891).
    """
    if method == "HiResCAM":
        return np.maximum((maps * gradients).sum(axis=0), 0)
    if method == "Grad-CAM":
        weights = gradients.mean(axis=(1, 2))
    else:
        squared = gradients**2
        below = 2 * squared + maps.sum(axis=(1, 2), keepdims=True) * gradients**3
        shares = np.divide(squared, below, out=np.zeros_like(squared), where=np.abs(below) > 1e-12)
        weights = (shares * np.maximum(gradients, 0)).sum(axis=(1, 2))
    return np.maximum(np.tensordot(weights, maps, axes=1), 0)


def spread(heat: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The same map [row column] on a finer grid: each place takes the value of the cell it lies in."""
    row = (np.arange(rows) + 0.5) * heat.shape[0] / rows
    column = (np.arange(columns) + 0.5) * heat.shape[1] / columns
    return heat[row.astype(int)[:, None], column.astype(int)]
