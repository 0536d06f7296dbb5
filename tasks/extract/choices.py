"""Reads the chosen letter out of an answer to a multiple-choice question, in the many shapes that models give it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from quantgate.evals.contract.thoughts import graded_text, without_thoughts

LETTERS = "ABCD"
TEN_LETTERS = "ABCDEFGHIJ"

_WINDOW = 100
"""So many characters around a cue are looked at, so that a text of any length takes time in proportion to it."""

_TEMPLATE_LETTER = "X"

# Markup that says nothing: font commands of LaTeX, mathematics' delimiters, emphasis, HTML's inline tags.
_FONTS = re.compile(
    r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mathit|mathsf|boldsymbol|bm|rm|bf|operatorname)\b\s{0,4}"
    r"|\\(?:text)?color\s{0,2}\{[A-Za-z]{1,20}\}"
)
_TYPOGRAPHIC = str.maketrans("“”„«»‘’‚【】", '"' * 5 + "'" * 3 + "[]")
# `<B>` that nothing closes is an answer.
_INLINE_TAGS = re.compile(
    r"(?i:</?(?:em|strong|mark|span|code|br)\s{0,3}/?>)|</?[biup]\s{0,3}/?>|<([BIUP])>(?=[^<>\n]{0,100}</\1>)|</[BIUP]>"
)
_ANSWER_TAG = re.compile(r"<(/?)answer>", re.IGNORECASE)
_EMPHASIS = re.compile(r"[*`$]|__|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|\\[()\[\],;! ]|\\(?:quad|displaystyle|,)")

_CUE = re.compile(
    r"""
    (?P<boxed>\\(?:[fF]?boxed|fbox)\b)
  | (?<![A-Za-zÀ-ɏА-я])(?P<answer>(?:answer|ans|antwort|respuesta|réponse|risposta|resposta|ответ)(?![^\W_])
      |答案|答え|正解|정답)
  | (?<![A-Za-zÀ-ɏ])(?P<choice>(?:(?:correct|right|best|final|true|my)
      \s{1,3}(?:choice|option|one|letter|statement|decision)|(?:choice|option|decision)(?=\s{0,3}:))(?![^\W_]))
  | (?<![A-Za-zÀ-ɏ])(?P<verb>(?:choose|chose|select|selected|pick|picked|opt\s{1,3}for|go\s{1,3}with|going\s{1,3}with)
      (?![^\W_])|选择|选)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LINK = (
    r"""(?:is|be|was|remains|becomes|ist|lautet|est|es|è|é)(?![^\W_])|(?:-{1,2}|=)?>|[:=|→⇒—–]|是|为|為|は|选|는|은"""
)
_LINKED = re.compile(_LINK, re.IGNORECASE)
_CONNECTION = re.compile(
    rf"""(?:
        {_LINK}
      | (?:would|should|must|can\s{{1,3}}only|has|to|have|thus|therefore|hence|then|clearly|indeed|most|likely|probably
          |definitely|simply|just|so|option|choice|letter|answer|the|this|question|problem|correct|right|final
          |la|le|el|die|der|opción|选项|選項|選択肢)(?![^\W_])
      | ["'{{}}\[\]()<>,\#\s]
    ){{1,24}}""",
    re.IGNORECASE | re.VERBOSE,
)
_OPENING = re.compile(r"""[\s"'(\[{<]{0,6}(?:(?:option|choice|answer|letter)[\s:]{1,3}[("'\[{]{0,2})?""", re.IGNORECASE)
_NO_WORD_AFTER = r"(?![0-9A-Za-z_À-ɏ]|[-'’+^](?=\w)|\s{0,2}=(?!=)|\.\d)"
_LETTER = re.compile(rf"([A-Za-z]){_NO_WORD_AFTER}")
_CLOSED = re.compile(r"""\s{0,2}(?:["'\])}>.,;:!?。、]|$|\n|\\)""")
_ARTICLE_AFTER = re.compile(
    r"\s{1,3}(?!(?:or|and|oder|und|because|since|as|for|with|which|is|are|was|given|due|by|but|while|where|so|not|on|in|from|based)\b)[a-z]"
)
_REJECTED = re.compile(
    r"""["')\]}]{0,3}\s{0,3}(?:\?|(?:is|was|are|seems|looks)\s{1,3}(?:not\b|wrong|incorrect|false|impossible|ruled)|isn't|cannot|can't)""",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:not|never|neither|nor|cannot|if|whether|suppose|assume|assuming|unless|why)\b|n['’]t\b", re.IGNORECASE
)
_CLAUSE_END = re.compile(r"[.,;:!?\n。，；：！？]|\bbut\b|\btherefore\b|\bso\b|\bthen\b", re.IGNORECASE)
_BARE_LINE = re.compile(
    r"""[\s#>•-]{0,8}(?:(?:option|choice)\s{1,3})?["'(\[{]{0,3}([A-Za-z])["')\]}]{0,3}[\s.:,;!。]{0,4}""", re.IGNORECASE
)
_REASON = re.compile(r",?\s{1,3}(?:because|since|as)\b", re.IGNORECASE)
_NUMERALS = re.compile(r"(?<![A-Za-z])II(?![A-Za-z])")
_NUMERALS_AFTER = re.compile(r"\s{0,3}(?:,|&|and\b|or\b)\s{0,3}(?:and\s{1,3})?(?:II|IV)")
_WORDS = "AI"
"""Letters that are English words as well."""

_MOST_MARKS = 30


@dataclass(frozen=True, slots=True)
class _Offer:
    """The letters that are on offer, and the patterns that look for any of them."""

    letters: str
    alternative: re.Pattern[str]
    praised: re.Pattern[str]
    leading: re.Pattern[str]
    marked: re.Pattern[str]


@cache
def _offer(letters: str) -> _Offer:
    one = f"[{letters}]"
    # Alone, `i` numbers a list, and I is who speaks.
    any_case = one if "I" not in letters else rf"(?:[{letters.replace('I', '')}]|(?-i:I)(?!['’]|\s{{1,3}}[a-z]))"
    return _Offer(
        letters,
        re.compile(
            rf"""["')\]}}]{{0,3}}\s{{0,3}}(?:,\s{{0,3}}(?=["'(\[{{]{{0,2}}{one}(?:\s{{0,2}}(?:[,.\n]|$)|["')\]}}]|\s{{1,3}}(?:or|and)\b))
                |(?:,\s{{0,3}})?(?:or|and|oder|und|and/or)\s{{1,3}}|[/&|]\s{{0,3}})
                (?:also\s|option\s|choice\s|possibly\s|maybe\s){{0,2}}["'(\[{{]{{0,2}}({any_case})(?![^\W])
                (?!["')\]}}]{{0,2}}\s{{1,3}}(?:is|are|was|were|would|can|cannot|does|do|has|have|fail|fails|contradicts?|violates?)\b)""",
            re.IGNORECASE | re.VERBOSE,
        ),
        re.compile(
            rf"""(?<![^\W])["'(\[]{{0,2}}({one})["')\]]{{0,2}}\s{{1,3}}(?:(?:is|must\sbe|would\sbe|has\sto\sbe|seems)\s{{1,3}})
                (?:(?:the|clearly|indeed|thus|therefore|hence|most|likely|only|a|an)\s{{1,3}}){{0,3}}
                (?:(?:correct|right|best|true)\s{{1,3}}(?:answer|choice|option|one)|correct|right|best|answer)
                (?=\s{{0,3}}(?:[.,;:!)\]\n]|$|because\b|since\b|as\b|here\b))""",
            re.VERBOSE,
        ),
        re.compile(
            rf"""[\s#>•-]{{0,8}}(?:(?:option|choice)\s{{1,3}})?
                (?:[("'\[]({any_case})[)"'\]]|({any_case})(?=[).:]|\s{{1,3}}(?:because|since|as)\b)){_NO_WORD_AFTER}""",
            re.VERBOSE | re.IGNORECASE,
        ),
        re.compile(rf"[(\[]\s?({one})\s?[)\]]|(?<![^\W])\*\*\(?({one})[).]?\*\*(?![^\W])"),
    )


def extract_letter(text: str, letters: str = LETTERS) -> str | None:
    r"""The letter, of those on offer, that an answer settles on; `None` where it settles on none.

    What the text states (`ANSWER: B`, `\boxed{B}`, "the answer is B", "B is correct") goes before letters that merely
    stand in it, and of several statements the last wins; when that one is ambiguous ("A or B"), or names a letter that
    was not on offer, nothing was settled. Without a statement a letter alone on the last line counts, then the one
    letter that lines begin with, then the one letter in parentheses or bold on the last line. Thoughts do not count.
    Takes time in proportion to the text's length.

    >>> extract_letter("It could be (A). No: the answer is **C**.")
    'C'
    """
    answer = unicodedata.normalize("NFKC", _stream_safe(graded_text(without_thoughts(text)))).translate(_TYPOGRAPHIC)
    plain = _plain(answer)
    offer = _offer(letters)
    stated = max(_statements(plain, offer), key=lambda statement: statement[0], default=None)
    if stated is not None:
        return stated[1]
    return _standing(answer, plain, offer)


def _stream_safe(text: str) -> str:
    """A text without those combining marks that follow thirty others: to put them in order takes quadratic time.

    So many are enough for any language (Unicode Standard Annex 15, "Stream-Safe Text Format").
    """
    if text.isascii():
        return text
    kept, run = [], 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def _plain(text: str) -> str:
    text = _ANSWER_TAG.sub(lambda tag: "\n" if tag.group(1) else "\nANSWER: ", text)
    for markup in (_FONTS, _INLINE_TAGS, _EMPHASIS):
        text = markup.sub("", text)
    return text


def _statements(text: str, offer: _Offer) -> Iterator[tuple[int, str | None]]:
    """Each statement's place and letter; `None` for one that is ambiguous or names no letter on offer."""
    for cue in _CUE.finditer(text):
        window = text[cue.end() : cue.end() + _WINDOW]
        if not _denied(text, cue.start()) and (read := _after_cue(cue, text, window, offer)):
            place, letter = read
            yield cue.end() + place, letter
    for praise in offer.praised.finditer(text):
        if not _denied(text, praise.start()):
            yield praise.start(1), praise.group(1)


def _after_cue(cue: re.Match[str], text: str, window: str, offer: _Offer) -> tuple[int, str | None] | None:
    """Place and letter of the statement that a cue begins; `None` when it begins none."""
    connection = _CONNECTION.match(window)
    start = connection.end() if connection else 0
    linked = _LINKED.search(window[:start]) is not None
    headed = "\n" in window[:start] and not re.search(
        r"\w", text[max(0, cue.start() - 24) : cue.start()].split("\n")[-1]
    )
    if cue.lastgroup in ("answer", "choice") and not (linked or headed):
        return None
    opening = _OPENING.match(window, start)
    at = opening.end() if opening else start
    found = _LETTER.match(window, at)
    if found is None:
        return None
    letter, end = found.group(1), found.end()
    closed = _CLOSED.match(window, end) is not None
    if letter.islower() and not closed:
        return None
    if letter in _WORDS and not closed and _ARTICLE_AFTER.match(window, end):
        return None
    if letter == "I" and "I" in offer.letters and _NUMERALS_AFTER.match(window, end):
        return None
    letter = letter.upper()
    if letter not in offer.letters:
        return None if letter == _TEMPLATE_LETTER or not closed or cue.lastgroup == "verb" else (at, None)
    if _REJECTED.match(window, end):
        return None
    others = _alternatives(window, end, offer)
    if len({letter, *others}) > 2:
        return None
    return at, letter if {letter} >= others else None


def _alternatives(window: str, end: int, offer: _Offer) -> set[str]:
    """The letters that are named as well: B in "A or B"."""
    others = set()
    while (more := offer.alternative.match(window, end)) is not None:
        others.add(more.group(1).upper())
        end = more.end()
    return others


def _denied(text: str, at: int) -> bool:
    """Whether the clause that leads up to a place denies or only supposes what follows."""
    before = _CLAUSE_END.split(text[max(0, at - _WINDOW) : at])[-1]
    return _DENIED.search(before) is not None


def _standing(answer: str, plain: str, offer: _Offer) -> str | None:
    """The letter of an answer that states nothing: alone on the last line, at lines' beginnings, marked in the end."""
    lines = [line for line in plain.split("\n") if line.strip()]
    if not lines:
        return None
    bare = _BARE_LINE.fullmatch(lines[-1])
    if bare is not None:
        letter = bare.group(1).upper()
        return letter if letter in offer.letters else None
    leading: set[str] = set()
    for line in lines:
        if (found := offer.leading.match(line)) is not None:
            reasons = _REASON.match(line, found.end())
            leading |= {(found.group(1) or found.group(2)).upper()} | (set() if reasons else _marked(line, offer))
    numerals = {"I"} if _NUMERALS.search(plain) else set()
    if leading := leading - numerals:
        return leading.pop() if len(leading) == 1 else None
    last = [line for line in answer.split("\n") if line.strip()][-1]
    marked = _marked(last, offer) - numerals
    return marked.pop() if len(marked) == 1 else None


def _marked(line: str, offer: _Offer) -> set[str]:
    """The letters in parentheses or bold."""
    return {first or second for first, second in offer.marked.findall(line)}
