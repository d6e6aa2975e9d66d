"""Fuzzing of the reader and of every kernel: what is tried, and what may come of it.

``make fuzz`` runs `fuzz.__main__`. The inputs are made by code from bytes, so that a seed number or
a file of some hundred bytes gives the same call again, with Atheris or without it.
"""
