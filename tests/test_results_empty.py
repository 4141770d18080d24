"""Results where nobody's answers count: nobody took part, or every sitting was left out."""

import re

from voting import exclusion, small_study, vote

from audiogan.listening.statistics.analysis import analyse
from audiogan.ui import findings


def test_nothing_yet():
    assert findings.page(analyse([]), "all") == findings.EMPTY
    gone = analyse([vote(), exclusion("withdrawn", session_id="s-r0")])
    assert findings.page(gone, "all") == f"{findings.EMPTY}<p>Withdrawn: 1 session.</p>"


def test_where_no_sitting_is_left_that_is_said_instead_of_noughts():
    results = analyse([*small_study()[:3], exclusion("min_response_ms", session_id="s-r0")])
    page = findings.page(results, "screened")
    assert "No session counts yet: 1 was left out by rule. “Everyone” shows it." in page
    assert "answered too fast: 1" in page
    assert not re.search("Preliminary|<dd>", page)
    assert "<dd>1</dd><dt>listener</dt>" in findings.page(results, "all")
