"""How the weights of the method "fusion" are made: see README.md in this folder."""
