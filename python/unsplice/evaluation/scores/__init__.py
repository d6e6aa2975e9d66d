"""A mask or a heat map against the truth: pixel by pixel, and along the border."""
