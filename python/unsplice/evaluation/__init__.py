"""What a method is worth: scores against a truth, and pairs whose truth is known."""
