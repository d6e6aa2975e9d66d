"""Methods x pictures x attacks: what is to be done, how it is done, and what came of it.

`plan` says what, in `task`s of one picture under one attack; `methods` are looked up by name;
`evaluation` does it, in workers at will; `rows` are what comes of it, and the `journal` keeps them.
"""
