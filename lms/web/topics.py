"""Topics of training as people read them. Courses and rules name topics by tags; the tags of the curriculum have words here, any other
is shown as it is written."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

WORDS = {
    "community_engagement": _l("Community engagement"),
    "cultural_competency": _l("Cultural competency"),
    "disability_comm": _l("Communication and disability"),
    "equity_data": _l("Data on equity"),
    "health_equity": _l("Health equity"),
    "health_literacy": _l("Health literacy"),
    "implicit_bias": _l("Implicit bias"),
    "interpreter_use": _l("Working with interpreters"),
    "language_access": _l("Language access"),
    "lgbtq_competency": _l("LGBTQ+ competency"),
    "perinatal_bias": _l("Bias in perinatal care"),
    "s1557_policy": _l("Section 1557 policy"),
    "sdoh": _l("Social determinants of health"),
    "structural_racism": _l("Structural racism"),
    "telehealth": _l("Telehealth"),
}


def topic_words() -> dict[str, str]:
    """What :mod:`lms.compliance.sentence` calls the topics of hours, by ``topic:`` and the tag as the curriculum writes it."""
    return {f"topic:{tag}": str(word) for tag, word in WORDS.items()}


def topic_name(tag: str) -> str:
    """A topic in the reader's language."""
    known = WORDS.get(tag.replace("-", "_"))
    return str(known) if known is not None else tag.replace("_", " ").replace("-", " ").strip()
