"""Many machines: inputs in units, each done by a worker of a Dask cluster and committed alone.

Nothing but names and small counts goes through the scheduler. What is found goes straight from the
workers to the output: a Parquet file a unit, then a marker that says the unit is committed.
"""

from __future__ import annotations

__all__: list[str] = []
