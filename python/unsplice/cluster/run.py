"""A run on a Dask cluster: units go out, a bounded number at a time, and come back committed."""

from __future__ import annotations

import itertools
import math
import secrets
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from unsplice.cluster.jobs import Job
from unsplice.cluster.parts import Committed, Layout, Plan
from unsplice.cluster.units import Unit, do_unit, end_workers
from unsplice.errors import UnspliceError, UsageError, coded

__all__ = ["ClusterRun", "connected"]

DEFAULT_UNIT = 64
IN_FLIGHT = 4  # units for each thread of a worker: none waits, and the scheduler knows few
TRIES = 3
WAIT = 30.0
ASK_AGAIN = 5.0


@dataclass(frozen=True)
class ClusterRun:
    """A run under way: what is committed, and what is left.

    Attributes
    ----------
    job : Job
        What is done.
    items : sequence
        The inputs.
    plan : Plan
        What decides the output.
    layout : Layout
        Where that is.
    earlier : mapping of int to Committed
        Units that an earlier run committed.
    unit : int
        Inputs of a unit.
    timeout : float or None
        As `unsplice.cluster.units.Unit` has it.
    """

    job: Job[Any]
    items: Sequence[Any]
    plan: Plan
    layout: Layout
    earlier: Mapping[int, Committed]
    unit: int
    timeout: float | None

    @classmethod
    def begin(
        cls,
        job: Job[Any],
        items: Sequence[Any],
        output: Path,
        *,
        unit: int = DEFAULT_UNIT,
        timeout: float | None = 300.0,
        resume: bool = False,
        overwrite: bool = False,
    ) -> ClusterRun:
        """Write the plan of a run, or find what is left of it; raises as `Layout.begin`."""
        plan = Plan.of(job.verb, job.settings(), [job.identity(item) for item in items], unit)
        layout = Layout(output)
        earlier = layout.begin(plan, resume=resume, overwrite=overwrite)
        return cls(job, items, plan, layout, earlier, unit, timeout)

    @property
    def remaining(self) -> list[int]:
        """Numbers of the units that are left."""
        return [number for number in range(self.plan.units) if number not in self.earlier]

    def over(self, client: Any) -> Generator[Committed]:
        """Do what is left on a cluster; yield each unit when it is committed.

        Parameters
        ----------
        client : distributed.Client
            Of the cluster.

        Raises
        ------
        UnspliceError
            What ends a run: E160 and E162 of the output, E209 if a machine has other versions, E210
            if the scheduler went away.
        """
        from distributed import CancelledError, KilledWorker, as_completed
        from distributed.comm import CommClosedError

        units = (self._made(number) for number in self.remaining)
        tries: dict[int, int] = {}
        under_way: dict[Any, Unit] = {}
        # Without a loop it takes that of Dask's default client, which in a thread of the caller may
        # be another client, also one that never found its scheduler: then it waits for ever.
        done = as_completed(loop=client.loop)
        most, asked = 0, -math.inf
        try:
            while True:
                if time.monotonic() - asked > ASK_AGAIN:  # workers come and go
                    most = IN_FLIGHT * max(1, sum(client.nthreads().values()))
                    asked = time.monotonic()
                for unit in itertools.islice(units, max(0, most - len(under_way))):
                    self._submit(client, unit, under_way, done, 0)
                if not under_way:
                    return
                future = next(done)
                unit = under_way.pop(future)
                try:
                    committed: Committed = future.result()
                except KilledWorker:
                    tries[unit.number] = tries.get(unit.number, 0) + 1
                    again = replace(unit, given_up=tries[unit.number] >= TRIES)
                    self._submit(client, again, under_way, done, tries[unit.number])
                    continue
                except CommClosedError:
                    raise
                except OSError as error:  # of the unit, not of the scheduler
                    raise coded(error, f"unit {unit.number}") from error
                finally:
                    future.release()
                yield committed
        except (CancelledError, CommClosedError, OSError) as error:
            if isinstance(error, UnspliceError):
                raise
            raise UnspliceError("E210", reason=str(error) or type(error).__name__) from error
        finally:
            with suppress(Exception):  # the scheduler may be gone
                client.cancel(list(under_way))

    def _made(self, number: int) -> Unit:
        start = number * self.unit
        items = self.items[start : start + self.unit]
        versions = self.plan.record["versions"]
        digest = self.plan.digest
        return Unit(number, items, digest, versions, self.layout.output, self.timeout)

    def _submit(
        self, client: Any, unit: Unit, under_way: dict[Any, Unit], done: Any, attempt: int
    ) -> None:
        # Another run with the same plan, to another folder, must not be given this one's answer:
        # the scheduler takes tasks of one key for one task, whoever asks.
        key = f"unsplice-{secrets.token_hex(6)}-{Layout.name(unit.number)}-{attempt}"
        future = client.submit(do_unit, self.job, unit, key=key, pure=False)
        under_way[future] = unit
        done.add(future)

    def finish(self, committed: Mapping[int, Committed]) -> dict[str, Any]:
        """Write ``summary.json``; return what it says."""
        return self.layout.finish(self.plan, {**self.earlier, **committed})


def connected(address: str, *, workers: int | None = None) -> tuple[Any, Callable[[], None]]:
    """Return a client of the cluster at `address`, and what ends the connection.

    Parameters
    ----------
    address : str
        Of a scheduler, such as ``tcp://10.0.0.1:8786``; ``local`` starts workers on this machine.
    workers : int, optional
        How many workers to start on this machine; default: one a core.

    Raises
    ------
    UnspliceError
        E208 if there is no scheduler.
    UsageError
        E189 if Dask is not installed.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise UsageError("E189", purpose="--dask", package="distributed", reason=error) from None
    if address == "local":
        cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0")
        client = Client(cluster, set_as_default=False)
    else:
        cluster = None
        try:
            # Else even a client that finds no scheduler stays the default of the whole process.
            client = Client(address, timeout=WAIT, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            reason = str(error).strip() or type(error).__name__
            raise UnspliceError("E208", address=address, reason=reason) from error

    def end() -> None:
        with suppress(Exception):  # what cannot be reached any more has ended
            client.run(end_workers, on_error="ignore")
        client.close()
        if cluster is not None:
            cluster.close()

    return client, end
