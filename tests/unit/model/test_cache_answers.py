from __future__ import annotations

import pytest

from jupyter_flows.model.cache_answers import CacheAnswer, CacheKey, hit_line, miss_line, read_answer


@pytest.mark.parametrize("why", ["", "refresh_cache", 'its file "is"\ngone'])
@pytest.mark.parametrize("key", ["abc", 'with "quotes"\nand lines', "cache hit: from a-1, 0 s old, key k"])
def test_a_miss_is_read_back_with_its_shortened_parts(key, why):
    line = miss_line(CacheKey(key, {"task": "0" * 64, "input ä": "f" * 64}), why)
    assert "\n" not in line
    assert read_answer(line) == CacheAnswer(key, parts={"task": "0" * 16, "input ä": "f" * 16}, why=why)


def test_a_hit_is_read_back():
    assert read_answer(hit_line("from run-7, 12 s old", "a\nkey, b")) == CacheAnswer("a\nkey, b", "run-7", 12)


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "cache miss: ",
        "cache miss: []",
        'cache miss: {"key":1,"parts":{}}',
        'cache miss: {"key":"k","parts":3}',
    ],
)
def test_other_lines_are_none_of_ours(line):
    assert read_answer(line) is None
