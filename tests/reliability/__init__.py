"""How far the product can be trusted: programs that measure it, and the page that tells of it.

Each of ``python -m reliability.soak`` and its neighbours (with ``PYTHONPATH=tests``) writes its
figures into ``build/reliability``; so do ``make fuzz``, ``make sanitize`` and ``make check-wheel``.
``python -m reliability`` writes ``docs/reliability.md`` from them.
"""
