"""A small network over the evidence maps, a gate, and edges: the method "fusion"."""
