"""What a reader gets of the rows: means in `summary`, `text` and Markdown, `files`, a `plot`."""
