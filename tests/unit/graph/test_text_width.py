from __future__ import annotations

from jupyter_flows.graph.text_width import fit, text_width


def test_wide_letters_are_wider_than_narrow_ones():
    assert text_width("WWW", 12) > text_width("nnn", 12) > text_width("iii", 12)
    assert text_width("日本", 12) > text_width("ab", 12)
    assert text_width("e\u0301", 12) == text_width("e", 12)


def test_a_text_is_cut_to_its_room():
    assert fit("short", 12, 100) == "short"
    cut = fit("a very long name of a task", 12, 80)
    assert cut.endswith("…") and text_width(cut, 12) <= 80
    assert fit("anything", 12, 1) == "…"
