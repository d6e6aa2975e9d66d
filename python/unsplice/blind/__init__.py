"""Blind mode: what one picture alone says about where it was changed."""
