"""Benchmarks that cards name: how many items each has and how often makers ask them, with where that is said."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_HUB = "https://huggingface.co/datasets/"
# Averages over runs, as cards say them: NVIDIA 8 to 64, Red Hat and Wafer 3 seeds, Artificial Analysis 3 to 10.
_SAMPLED = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 32, 48, 64)
_SEEDS = (1, 2, 3, 4, 5)
_TRIALS = (1, 2, 3, 4, 5, 8)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What a name can stand for: sizes in items, from the smallest, and numbers of answers to each.

    `sizes` is empty where the published number is no mean over items of one kind, and `why` says it. `strata` are the
    parts of a macro average. `source` is where the sizes are said.
    """

    name: str
    pattern: str
    sizes: tuple[int, ...]
    repeats: tuple[int, ...]
    source: str
    strata: tuple[int, ...] = ()
    why: str = ""


BENCHMARKS = (
    Benchmark("GSM8K-Platinum", r"gsm ?8k ?platinum", (1209,), _SEEDS, _HUB + "madrylab/gsm8k-platinum"),
    Benchmark("GSM8K", r"gsm ?8k", (1319,), _SEEDS, _HUB + "openai/gsm8k"),
    Benchmark("GPQA-Diamond", r"gpqa ?d|gpqa\b.*\bdiamond|diamond gpqa", (198,), _SAMPLED, _HUB + "Idavidrein/gpqa"),
    Benchmark("GPQA", r"gpqa", (198, 448, 546), _SAMPLED, _HUB + "Idavidrein/gpqa"),
    Benchmark("AIME 2024", r"aime ?(20)?24", (30,), _SAMPLED, _HUB + "HuggingFaceH4/aime_2024"),
    Benchmark("AIME 2025", r"aime ?(20)?25", (30,), _SAMPLED, _HUB + "math-ai/aime25"),
    Benchmark("AIME 2026", r"aime ?(20)?26", (30,), _SAMPLED, _HUB + "MathArena/aime_2026"),
    Benchmark(
        "HMMT 2025", r"hmmt( feb(ruary)?)? ?(20)?25( feb(ruary)?)?", (30,), _SAMPLED, _HUB + "MathArena/hmmt_feb_2025"
    ),
    Benchmark("MATH-500", r"math ?500", (500,), _SAMPLED, _HUB + "HuggingFaceH4/MATH-500"),
    Benchmark("MATH level 5", r"math (lvl|level) ?5", (1324,), _SEEDS, _HUB + "DigitalLearningGmbH/MATH-lighteval"),
    Benchmark("MMLU-Pro", r"mmlu ?pro", (12032,), (1,), _HUB + "TIGER-Lab/MMLU-Pro"),
    Benchmark("MMLU-Redux", r"mmlu ?redux( 2 0)?", (3000, 5700), _SEEDS, _HUB + "edinburgh-dawg/mmlu-redux-2.0"),
    Benchmark("MMLU", r"mmlu", (14042,), (1,), _HUB + "cais/mmlu"),
    Benchmark("IFEval", r"if ?eval", (541,), _SEEDS, _HUB + "google/IFEval"),
    Benchmark("IFBench", r"if ?bench", (294, 300), _SAMPLED, _HUB + "allenai/IFBench_test"),
    *(
        Benchmark(
            f"LiveCodeBench release_v{number}",
            rf"(livecodebench|lcb).*\brelease v?{number}",
            (size,),
            _SAMPLED,
            _HUB + "livecodebench/code_generation_lite",
        )
        for number, size in ((1, 400), (2, 511), (3, 612), (4, 713), (5, 880), (6, 1055))
    ),
    *(
        Benchmark(
            f"LiveCodeBench {window}",
            rf"(livecodebench|lcb)\b.*\b({spelt})\b",
            (size,),
            _SAMPLED,
            _HUB + "livecodebench/code_generation_lite",
        )
        for window, spelt, size in (
            ("2407 to 2501", r"(20)?24 ?07 (to )?(20)?25 ?01|jul(y)? (20)?24 (to )?jan(uary)? (20)?25", 315),
            ("2408 to 2505", r"(20)?24 ?08 (to )?(20)?25 ?05|aug(ust)? (20)?24 (to )?may (20)?25", 454),
        )
    ),
    # In the data set the tag v5 is what release 5 added, and cards mean that, the whole release, or a window of dates.
    Benchmark(
        "LiveCodeBench v5",
        r"(livecodebench|lcb) v ?5(?!.*\d{4})",
        (167, 880),
        _SAMPLED,
        _HUB + "livecodebench/code_generation_lite",
    ),
    Benchmark(
        "LiveCodeBench v6",
        r"(livecodebench|lcb) v ?6(?!.*\d{4})",
        (131, 175, 1055),
        _SAMPLED,
        _HUB + "livecodebench/code_generation_lite",
    ),
    Benchmark(
        "LiveCodeBench",
        r"livecodebench|lcb",
        (),
        (),
        _HUB + "livecodebench/code_generation_lite",
        why="each release and window of dates has its own number of problems (release_v5 880, release_v6 1,055)",
    ),
    Benchmark("HumanEval+", r"human ?eval ?(\+|plus)", (164,), _SAMPLED, _HUB + "evalplus/humanevalplus"),
    Benchmark("HumanEval", r"human ?eval", (164,), _SAMPLED, _HUB + "openai/openai_humaneval"),
    Benchmark("MBPP+", r"mbpp ?(\+|plus)", (378,), _SAMPLED, _HUB + "evalplus/mbppplus"),
    Benchmark("MBPP", r"mbpp", (257, 378, 500), _SAMPLED, _HUB + "google-research-datasets/mbpp"),
    *(
        Benchmark(
            f"tau3 {domain}",
            rf"tau ?3\b.*\b{domain}",
            (size,),
            _TRIALS,
            "https://github.com/sierra-research/tau2-bench",
        )
        for domain, size in (("airline", 50), ("retail", 114), ("telecom", 114), ("banking", 97))
    ),
    Benchmark(
        "tau3",
        r"tau ?3( bench)?",
        (),
        (),
        "https://github.com/sierra-research/tau2-bench",
        why="cards mean one of its domains, or several of them",
    ),
    Benchmark("tau2 airline", r"tau ?2\b.*\bairline", (50,), _TRIALS, "https://github.com/sierra-research/tau2-bench"),
    Benchmark("tau2 retail", r"tau ?2\b.*\bretail", (114,), _TRIALS, "https://github.com/sierra-research/tau2-bench"),
    Benchmark("tau2 telecom", r"tau ?2\b.*\btelecom", (114,), _TRIALS, "https://github.com/sierra-research/tau2-bench"),
    Benchmark(
        "tau2",
        r"tau ?2( bench)?",
        (278,),
        _TRIALS,
        "https://github.com/sierra-research/tau2-bench",
        strata=(50, 114, 114),
    ),
    Benchmark(
        "BFCL",
        r"bfcl|berkeley function call\w*( leaderboard)?",
        (),
        (),
        "https://gorilla.cs.berkeley.edu/leaderboard.html",
        why="its overall score is a weighted mean over categories of many sizes",
    ),
    Benchmark("SciCode", r"scicode", (65, 80, 288, 338), _SAMPLED, _HUB + "SciCode1/SciCode"),
    Benchmark("AA-LCR", r"aa ?lcr", (100,), _SAMPLED, _HUB + "ArtificialAnalysis/AA-LCR"),
    Benchmark("MuSR", r"musr", (756,), _SEEDS, _HUB + "TAUR-Lab/MuSR"),
    Benchmark("BBH", r"bbh|big ?bench hard", (5761, 6511), _SEEDS, _HUB + "lukaemon/bbh"),
    Benchmark("HLE", r"hle|humanity s last exam", (2158, 2500, 2684), _SEEDS, _HUB + "cais/hle"),
    Benchmark("ARC-Challenge", r"arc ?(c|challenge)", (1172,), _SEEDS, _HUB + "allenai/ai2_arc"),
    Benchmark("HellaSwag", r"hella ?swag", (10042,), (1,), _HUB + "Rowan/hellaswag"),
    Benchmark("Winogrande", r"wino ?grande", (1267,), _SEEDS, _HUB + "allenai/winogrande"),
    Benchmark("TruthfulQA", r"truthful ?qa", (817,), _SEEDS, _HUB + "truthfulqa/truthful_qa"),
    Benchmark(
        "SWE-bench Verified", r"swe ?bench verified", (500,), _SAMPLED, _HUB + "princeton-nlp/SWE-bench_Verified"
    ),
    Benchmark("SimpleQA", r"simple ?qa", (4326,), _SEEDS, "https://openai.com/index/introducing-simpleqa/"),
)

_WORD_BEFORE = r"(?:^|(?<=\s))"
# "pro x", "platinum 2": a name that goes on is another benchmark's; these words only say how it was asked.
_PATTERNS = tuple((one, re.compile(rf"{_WORD_BEFORE}(?:{one.pattern})(?![a-z0-9+])")) for one in BENCHMARKS)
# Words after which a name means something else, or only a part: its size is not known here.
_OTHERS = re.compile(
    r"\b(mmlu ?(pro ?x|prox|lite|sr|cf)|(global|multilingual|arabic|turkish|indic) mmlu|gsm8k (symbolic|hard|plus)|"
    r"aime ?(20)?2[4-9]( and)? (20)?2[4-9]|aime( \w+)* (i|ii)|livecodebench ?pro|simple ?qa verified|human ?eval ?x|"
    r"mbpp ?et|inst(ruction)?( level)?( (strict|loose))?|"
    r"(mc2|sub|sub ?set|lite|mini|tiny|hard|easy|samples?|sampled|first|dev|"
    r"val|validation|train|multilingual)|stem|humanities|social sciences?|other|biology|business|chemistry|"
    r"computer science|economics|engineering|health|history|law|philosophy|physics|psychology|de|fr|es|ru|zh|ja|ko)\b"
)
_REPEATS = re.compile(
    r"\b(?:avg|mean|average) ?(?:@|of) ?(\d{1,4})\b|"
    r"\b(\d{1,4}) ?(?:runs|seeds|trials|repeats)\b"
)


def normalised(name: str) -> str:
    """A name for comparison: lower case, words of letters, digits and +, the Greek tau spelt."""
    text = unicodedata.normalize("NFKC", name).lower().replace("τ", "tau")
    return " ".join(re.sub(r"[^a-z0-9+]+", " ", text).split())


def known_benchmark(name: str) -> Benchmark | None:
    """The benchmark that a row names, however it is spelt and whatever is said after it; None for any other.

    Examples
    --------
    >>> known_benchmark("GSM8K (5-shot, strict-match)").name
    'GSM8K'
    >>> known_benchmark("mmlu_prox") is None
    True
    """
    text = normalised(name)
    if _OTHERS.search(text):
        return None
    found = [(one, hit) for one, pattern in _PATTERNS if (hit := pattern.search(text))]
    if not found:
        return None
    # Two of different kinds in one name ("MMLU / GSM8K average") are none; a longer name holds a shorter one.
    first, place = found[0]
    if any(hit.start() >= place.end() or hit.end() <= place.start() for _, hit in found[1:]):
        return None
    return first


def repeats_said(name: str) -> int | None:
    """How often each item was asked where the name says it: "avg@16", "3 seeds"."""
    found = _REPEATS.search(name.lower())
    return int(found[1] or found[2]) if found else None
