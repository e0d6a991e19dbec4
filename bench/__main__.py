"""``make bench``: every benchmark, as a table of ratios and as JSON in ``artifacts/``.

``python -m bench unsubscribe eligibility`` runs only those. The exit status does not depend on the
figures: machines are shared and noisy, and a ratio is for reading.
"""

import importlib
import json
import os
import pkgutil
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

import bench
from bench.result import Result

_REPORT = Path("artifacts") / "bench.json"


def main(chosen: list[str]) -> None:
    """Run the benchmarks named, or all, one after the other."""
    console = Console()
    results: list[Result] = []
    for name in chosen or _all():
        console.print(f"bench: {name} …")
        results.extend(importlib.import_module(f"bench.{name}").run())
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
        "results": [result.as_json() for result in results],
    }


if __name__ == "__main__":
    main(sys.argv[1:])
