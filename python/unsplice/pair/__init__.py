"""Pair mode: the authentic background and the spliced picture are both there."""
