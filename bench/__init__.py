"""How fast the core is: each kernel against its peers and its pure-Python definition.

Installed as ``unsplice.bench`` and run by ``unsplice bench``. A kernel a file in `kernels`; its
function ``contests(size)`` yields the ways to one answer, `contest` checks that the answers agree
and times them in turns, `pipelines` measures whole calls, and `report` writes what was found.
"""
