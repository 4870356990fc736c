"""The words HR exports use for kinds of workers, levels of departments, languages, yes and no: pure data, in lower case."""

from __future__ import annotations

from lms.people.kinds import DepartmentKind, EmploymentKind

YES = frozenset({"yes", "y", "true", "t", "1", "x", "si", "sí"})
NO = frozenset({"no", "n", "false", "f", "0"})

KINDS: dict[str, str] = {
    **{kind.value.replace("_", " "): kind.value for kind in EmploymentKind},
    **dict.fromkeys(("regular", "full time", "part time", "per diem", "prn", "staff", "permanent", "active", "emp", "w2"), "employee"),
    **dict.fromkeys(("contingent", "contingent worker", "contract", "independent contractor", "vendor", "cwk", "1099"), "contractor"),
    **dict.fromkeys(("agency staff", "agency worker", "traveler", "traveller", "temp", "temporary", "registry", "locum"), "agency"),
    **dict.fromkeys(("intern", "trainee", "resident", "fellow", "nursing student", "medical student"), "student"),
    **dict.fromkeys(("volunteers", "auxiliary"), "volunteer"),
    **dict.fromkeys(
        ("medical staff", "non employed medical staff", "physician non employed", "credentialed provider",
         "affiliate", "independent physician", "non employed provider"), "medical_staff",
    ),
}  # fmt: skip

LEVELS: dict[str, str] = {
    **{kind.value: kind.value for kind in DepartmentKind},
    "hospital": "facility", "site": "facility", "campus": "facility", "company": "facility", "entity": "facility",
    "service line": "division", "business unit": "division", "cost center": "department", "cost centre": "department",
    "dept": "department", "ward": "unit", "section": "unit", "team": "unit",
}  # fmt: skip
BY_DEPTH = (DepartmentKind.FACILITY, DepartmentKind.DIVISION, DepartmentKind.DEPARTMENT, DepartmentKind.UNIT)

LANGUAGES: dict[str, str] = {
    "english": "en", "spanish": "es", "español": "es", "arabic": "ar", "vietnamese": "vi", "chinese": "zh", "mandarin": "zh",
    "simplified chinese": "zh-Hans", "traditional chinese": "zh-Hant", "french": "fr", "haitian creole": "ht", "korean": "ko",
    "portuguese": "pt", "russian": "ru", "somali": "so", "tagalog": "tl", "filipino": "fil", "hmong": "hmn", "german": "de",
    "polish": "pl", "hindi": "hi", "urdu": "ur", "nepali": "ne", "swahili": "sw", "amharic": "am", "farsi": "fa", "persian": "fa",
}  # fmt: skip
