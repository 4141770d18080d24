import json
import sys

from audiogan.arguments import Parser, run_command
from benchmarks import BENCHMARKS


def main() -> int:
    """Run one benchmark and print its rows."""
    parser = Parser(prog="python -m benchmarks", description="Ratios against stated baselines, in one run.")
    parser.add_argument("name", metavar="NAME", choices=BENCHMARKS, help=", ".join(BENCHMARKS))
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=_run)
    return run_command(parser, None)


def _run(options) -> None:
    rows = BENCHMARKS[options.name]()
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        print(f"{row['name']}: {row['ours_s']:.4g} s against {row['baseline_s']:.4g} s, ratio {row['ratio']:.3g}")
        print(f"    baseline: {row['baseline']}")
        for key in sorted(set(row) - {"name", "ours_s", "baseline_s", "ratio", "baseline", "machine"}):
            print(f"    {key}: {row[key]:.4g}" if isinstance(row[key], float) else f"    {key}: {row[key]}")
    print(f"machine: {rows[0]['machine']}")


if __name__ == "__main__":
    sys.exit(main())
