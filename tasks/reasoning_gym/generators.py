"""What is known of each generator of the one version of reasoning-gym that was looked at, and which are refused."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from quantgate.evals.contract.task import Need
from quantgate.evals.errors import UsageError

DISTRIBUTION = "reasoning-gym"
VERSION = "0.1.25"
"""The bound of the extra `gym`: another version makes other questions, and has verifiers that nobody has looked at."""

REQUIREMENT = f"{DISTRIBUTION} {VERSION}"
PREFIX = "reasoning_gym:"

_EVALUATES = "its verifier evaluates the model's answer as Python code"
_UNSTABLE = "its questions or answers change from process to process, with Python's hash seed or its global generator"
_BOMB = "its verifier lets an answer of a few characters take all memory"

REFUSED = {
    **dict.fromkeys(("binary_matrix", "n_queens", "spiral_matrix", "string_insertion"), f"{_EVALUATES} (eval)"),
    **dict.fromkeys(
        ("countdown", "intermediate_integration", "polynomial_multiplication", "puzzle24", "simple_integration"),
        f"{_EVALUATES} (sympy's parse_expr)",
    ),
    **dict.fromkeys(
        ("codeio", "isomorphic_strings", "knight_swap", "list_functions", "ransom_note", "word_ladder"), _UNSTABLE
    ),
    "time_intervals": "its questions depend on the day on which they are made",
    "coin_flip": f"{_BOMB} (1e999999999)",
    "rubiks_cube": f"{_BOMB} (R999999999)",
    "complex_arithmetic": 'its verifier takes "nan" for the right answer to every question',
    "game_of_life_halting": "its verifier takes any text for the right answer to most questions",
    "composite": "it mixes the others, those that are refused among them: name those that you want",
}
"""Generators that are not asked, each with the reason."""

_NAMES = """
ab acre advanced_geometry aiw arc_1d arc_agi base_conversion basic_arithmetic bf binary_alternation bitwise_arithmetic
boxnet caesar_cipher calendar_arithmetic chain_sum circuit_logic color_cube_rotation count_bits count_primes
course_schedule cryptarithm decimal_arithmetic decimal_chain_sum dice emoji_mystery family_relationships figlet_font
fraction_simplification futoshiki game_of_life gcd graph_color group_anagrams gsm_symbolic jugs kakurasu
knights_knaves largest_island lcm leg_counting letter_counting letter_jumble mahjong_puzzle manipulate_matrix maze
mini_sudoku modulo_grid needle_haystack number_filtering number_format number_sequence number_sorting
palindrome_generation palindrome_partitioning path_star polynomial_equations pool_matrix power_function
prime_factorization products propositional_logic quantum_lock rearc rectangle_count rotate_matrix rotten_oranges
rush_hour self_reference sentence_reordering shortest_path simple_equations simple_geometry sokoban spell_backward
string_manipulation string_splitting string_synthesis sudoku survo syllogism tower_of_hanoi tsumego
word_sequence_reversal word_sorting zebra_puzzles
"""
ASKED = tuple(_NAMES.split())
"""Generators whose questions were the same in processes with unlike hash seeds, and whose verifiers only read text."""


def checked_name(name: str) -> str:
    """The name of a generator that can be asked. Raises UsageError for any other, with the reason or the nearest."""
    if name in ASKED:
        return name
    if name in REFUSED:
        raise UsageError(f"{PREFIX}{name} is not asked: {REFUSED[name]}")
    near = difflib.get_close_matches(name, ASKED, n=1)
    hint = f"did you mean {PREFIX}{near[0]}?" if near else f"there are {', '.join(ASKED)}"
    raise UsageError(f"{REQUIREMENT} has no generator {name!r}; {hint}")


def needs() -> Sequence[Need]:
    """The package, in the version that was looked at."""
    try:
        there = version(DISTRIBUTION) == VERSION
    except PackageNotFoundError:
        there = False
    return (Need(REQUIREMENT, "pip install 'quantgate[gym]'", there),)
