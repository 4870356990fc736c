"""What is proved of a scenario, as a value and as a sentence. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from lms.errors import N_, Message


@dataclass(frozen=True, slots=True)
class Proof:
    """``proved``: no dead end, no unreachable scene, no trap, every ending comes, a passing way exists, and scores range
    from ``lowest`` to ``highest`` whole per cent. ``limit``: there are more states than the limit, so nothing is proved.
    ``faults``: something is wrong, and stands among the problems. ``states`` is how many were visited."""

    verdict: Literal["proved", "limit", "faults"]
    states: int = 0
    limit: int = 0
    scenes: int = 0
    endings: int = 0
    lowest: int | None = None
    highest: int | None = None

    @property
    def message(self) -> Message:
        """The same as a sentence."""
        if self.verdict == "proved":
            text = N_(
                "proved: all %(scenes)d scenes and %(endings)d endings can be reached, every way comes to an end, "
                "somebody can pass, and scores range from %(lowest)d to %(highest)d%% (%(states)d states)"
            )
        elif self.verdict == "limit":
            text = N_("not proved: limit reached (%(limit)d states)")
        else:
            text = N_("not proved: it has errors")
        return Message(text, asdict(self))

    def as_data(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)
