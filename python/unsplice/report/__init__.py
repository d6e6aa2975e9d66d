"""Pages for people: a report of one picture that can be handed on, and an index of many."""
