"""How fast the core is: each kernel against its peers and its pure-Python definition.

Installed as ``unsplice.bench`` and run by ``unsplice bench``. A kernel a file in `kernels`; its
function ``contests(size)`` yields the ways to one answer, `contest` checks that the answers agree
and times them in turns, `pipelines` measures whole calls, and `report` writes what was found.
"""

import os

# Every contender is held to one thread. The BLAS of NumPy reads this when it is loaded, which is
# after this.
for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_name] = "1"
