"""Evidence: families of maps with one number for each 8x8 block of a picture."""
