"""The checker of scenarios on a graph of 500 scenes: from the values to the verdict, without reading files.

python -m benchmarks.scenarios
"""

from __future__ import annotations

import random
import statistics
import time
from typing import Any

import click

from lms.catalogue.checks import Lines, Proof, Report, check_scenario
from lms.catalogue.story import Scenario

LAYER = 4


def story(scenes: int, *, seed: int = 7, widest: int = 10) -> Scenario:
    """Layers of four scenes; three choices a scene, each leading one to three layers on and changing one or two of three
    variables; every seventh choice asks for a state; every fiftieth scene may be come back to twice, with a limit; four
    endings, the good one with a condition."""
    chance = random.Random(seed)
    names = ("trust", "understanding", "safety")
    last = scenes - 4
    made: list[dict[str, Any]] = []
    for n in range(last):
        choices = []
        for c, quality in enumerate(("best", "acceptable", "poor")):
            ahead = n + LAYER * chance.randrange(1, 4) - n % LAYER + chance.randrange(LAYER)
            if c == 0 and n % LAYER < LAYER:  # every scene can be reached
                ahead = n + LAYER
            onward = f"s{ahead}" if ahead < last else "gate"
            if n % 50 == 49 and c == 2:
                onward = f"s{n - LAYER}"
            choices.append(
                {
                    "id": f"c{c}",
                    "text": "What somebody says.",
                    "quality": quality,
                    "when": {chance.choice(names): {"min": 3}} if c and (3 * n + c) % 7 == 0 else {},
                    "effects": {
                        name: chance.choice((-2, -1, 1, 2)) for name in chance.sample(names, chance.choice((1, 2)))
                    },
                    "consequence": "What follows.",
                    "why": "Because.",
                    "next": onward,
                }
            )
        scene: dict[str, Any] = {"id": f"s{n}", "text": "What is seen.", "choices": choices}
        if n % 50 == 49 - LAYER:
            scene |= {"visits": 2, "otherwise": f"s{n + LAYER + 1}" if n + LAYER + 1 < last else "gate"}
        made.append(scene)
    made[0]["choices"] += [  # the first layer
        {**made[0]["choices"][0], "id": f"to-{k}", "next": f"s{k}"} for k in range(1, LAYER)
    ]
    made += [
        {"id": "gate", "text": "The end.", "routes": [{"when": {"safety": {"min": 1}}, "next": "good"}, {"next": "poor"}]},
        {"id": "good", "text": "G", "ending": "good", "when": {"trust": {"min": widest // 2 + 1}}, "otherwise": "mixed"},
        {"id": "mixed", "text": "M", "ending": "mixed"},
        {"id": "poor", "text": "P", "ending": "poor"},
    ]  # fmt: skip
    variable = {"start": (widest + 1) // 2, "min": 0, "max": widest}
    state = {name: {"label": name.title(), **variable} for name in names}
    return Scenario.model_validate(
        {"title": "T", "intro": "I", "debrief": "D", "start": "s0", "state": state, "scenes": made}
    )


def measured(scenario: Scenario, runs: int) -> tuple[Proof, float, float]:
    """The verdict, and the medians of ``runs`` times in seconds: on the wall, and of the processor."""
    walls, processors = [], []
    for _run in range(runs):
        report = Report(Lines())
        wall, processor = time.perf_counter(), time.process_time()
        proof = check_scenario("story.yaml", scenario, report)
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return proof, statistics.median(walls), statistics.median(processors)


@click.command()
@click.option("--scenes", default=500, show_default=True)
@click.option("--runs", default=5, show_default=True)
@click.option("--under", type=float, help="Fail when the median is not under this many seconds.")
def main(scenes: int, runs: int, under: float | None) -> None:
    """Print the verdict and the time for graphs whose variables range from 0 to 3, 5 and 10."""
    worst = 0.0
    for widest in (3, 5, 10):
        proof, wall, processor = measured(story(scenes, widest=widest), runs)
        worst = max(worst, wall)
        print(f"{scenes} scenes, three variables 0 to {widest}: {proof.message}")
        print(f"  {proof.states:,} states, median of {runs}: {wall:.3f} s ({processor:.3f} s of the processor)")
    if under is not None and worst >= under:
        raise SystemExit(f"The median {worst:.3f} s is not under {under} s.")


if __name__ == "__main__":
    main()
