"""``make bench``: every benchmark, as a table of ratios and as JSON in ``artifacts/``.

``python -m bench unsubscribe eligibility`` runs only those, and ``python -m bench growth --contacts
10000000`` the growth of the largest register (half an hour, 40 GB of disk). The exit status does
not depend on the figures: machines are shared and noisy, and a ratio is for reading.
"""

import argparse
import importlib
import json
import os
import pkgutil
import platform
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

import bench
from bench.result import Result

#: Benchmarks whose register may be as large as wanted.
_SIZED = {"duties", "growth", "retention", "retention_oracle"}
_REPORT = Path("artifacts") / "bench.json"


def main(chosen: list[str], contacts: int | None = None) -> None:
    """Run the benchmarks named, or all, one after the other."""
    console = Console()
    results: list[Result] = []
    for name in chosen or _all():
        console.print(f"bench: {name} …")
        size = {"contacts": contacts} if name in _SIZED and contacts else {}
        results.extend(importlib.import_module(f"bench.{name}").run(**size))
    console.print(_table(results))
    _REPORT.parent.mkdir(exist_ok=True)
    _REPORT.write_text(json.dumps(_report(results), indent=2) + "\n")
    console.print(f"written to {_REPORT}")


def _all() -> list[str]:
    """Return the modules of this package that can run."""
    modules = [module.name for module in pkgutil.iter_modules(bench.__path__)]
    return [
        name
        for name in modules
        if name != "__main__" and hasattr(importlib.import_module(f"bench.{name}"), "run")
    ]


def _table(results: list[Result]) -> Table:
    table = Table(title="each path beside its limit, medians of one run")
    for heading in ("path", "ours", "limit", "unit", "ratio", "target"):
        table.add_column(heading, justify="left" if heading in {"path", "unit"} else "right")
    for result in results:
        sign = "≤" if result.lower_is_better else "≥"
        target = "" if result.target is None else f"{sign} {result.target:g}"
        ratio = f"{result.ratio:.2f}{'' if result.is_met is not False else ' short'}"
        figures = (f"{result.ours:,.1f}", f"{result.limit:,.1f}", result.unit, ratio, target)
        table.add_row(result.name, *figures)
    return table


def _report(results: list[Result]) -> dict[str, object]:
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "results": [result.as_json() for result in results],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", help="benchmarks; all if none is named")
    parser.add_argument(
        "--contacts", type=int, help="size of the register of duties, growth, retention"
    )
    given = parser.parse_args()
    main(given.names, given.contacts)
