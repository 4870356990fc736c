"""When the people of the demo are at work: day, evening and night shifts that fit the job. Pure, from a seed.

Nothing in Attune asks for a shift; it shows in the hours at which somebody learns, as it would in a hospital.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shift:
    """From one hour of the day up to another, which may be on the next day."""

    name: str
    begins: int
    ends: int

    def covers(self, hour: int) -> bool:
        """Whether that whole hour of the clock (0 to 23) is worked."""
        return self.begins <= hour < self.ends if self.begins < self.ends else hour >= self.begins or hour < self.ends

    def start(self, chance: random.Random) -> tuple[int, int]:
        """An hour and a minute at which an hour's learning can begin that ends in the shift and on the same day."""
        hours = [hour for hour in range(23) if self.covers(hour) and self.covers(hour + 1)]
        return chance.choice(hours), chance.randrange(60)


OFFICE = Shift("day", 8, 17)
LONG_DAY, LONG_NIGHT = Shift("day", 7, 19), Shift("night", 19, 7)
DAY, EVENING, NIGHT = Shift("day", 7, 15), Shift("evening", 15, 23), Shift("night", 23, 7)

SHIFTS: dict[str, tuple[tuple[Shift, float], ...]] = {
    "ward": ((LONG_DAY, 6), (LONG_NIGHT, 4)),
    "desk": ((DAY, 6), (EVENING, 3), (NIGHT, 1)),
    "lab": ((DAY, 5), (EVENING, 3), (NIGHT, 2)),
    "pharmacy": ((DAY, 6), (EVENING, 3), (NIGHT, 1)),
    "support": ((DAY, 5), (EVENING, 3), (NIGHT, 2)),
}
"""How the people of each kind of department are shared out over the shifts; all others keep office hours."""


def shift_of(seed: object, jobs: str) -> Shift:
    """Somebody's shift, by the kind of department; from a stream of chance of its own, so that nothing else of a life depends on it."""
    choices = SHIFTS.get(jobs, ((OFFICE, 1.0),))
    chance = random.Random(f"{seed}/shift")
    return chance.choices([shift for shift, _ in choices], [weight for _, weight in choices])[0]
