"""Pictures and pairs made from nothing, with a known truth: for tests, measures and the demo."""
