"""Placeholder until merged."""


def refine_edges(image, heatmap, *, num_threads=None):
    return heatmap


def cut_edges(image, heatmap):
    return heatmap
