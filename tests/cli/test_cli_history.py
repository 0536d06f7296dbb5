"""`quantgate history` as its user meets it."""

from __future__ import annotations

from dataclasses import replace

from tests.reports import made


def test_a_folder_of_gates_is_a_table_or_a_page(quantgate, tmp_path):
    for day in (1, 2):
        decision = replace(made.verdict(made.decision()), created=f"2026-11-0{day}T10:00:00+00:00")
        (tmp_path / f"gate-{day}.json").write_text(decision.to_json())
    (tmp_path / "gate-3.json").write_text("{")
    code, out, err = quantgate(["history", str(tmp_path)])
    assert code == 0
    assert "2 gates: 2 pass." in out
    assert "warning: passed over:" in err
    assert "gate-3.json" in err
    code, out, err = quantgate(["history", str(tmp_path), "--html", str(tmp_path / "page.html"), "--last", "1"])
    assert (code, out) == (0, "")
    assert "2026-11-01" not in (tmp_path / "page.html").read_text()


def test_where_no_decision_is_it_is_refused(quantgate, tmp_path):
    code, _, err = quantgate(["history", str(tmp_path)])
    assert code == 2
    assert "no decision is there" in err
