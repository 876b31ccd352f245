"""Is this the same person? Normalise, compare, weigh, decide."""

from practicestudio.matching.comparisons import COMPARISONS, Agreement, Comparison, Evidence, compare
from practicestudio.matching.decisions import Candidate, Decision, Link, Matcher, New, Unsure, Verdict, Weighed
from practicestudio.matching.full_agreement import RULES, FullAgreement, Rule, decide
from practicestudio.matching.keys import Key, KeyKind, fits_query, match_keys, search_keys, search_terms

__all__ = [
    "COMPARISONS",
    "RULES",
    "Agreement",
    "Candidate",
    "Comparison",
    "Decision",
    "Evidence",
    "FullAgreement",
    "Key",
    "KeyKind",
    "Link",
    "Matcher",
    "New",
    "Rule",
    "Unsure",
    "Verdict",
    "Weighed",
    "compare",
    "decide",
    "fits_query",
    "match_keys",
    "search_keys",
    "search_terms",
]
