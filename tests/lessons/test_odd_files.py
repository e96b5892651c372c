"""Files that no reader of lessons foresaw: their folder alone cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons import catalogue

pytestmark = pytest.mark.pure

ODD = ("title: !!bool abc\n", "title: !!timestamp abc\n", "title: !!int ''\n", "title: " + "[" * 3000 + "\n")


@pytest.mark.parametrize("at", range(len(ODD)))
def test_an_odd_file_is_a_fault_of_its_folder(tmp_path: Path, at: int) -> None:
    (tmp_path / "lesson.yaml").write_text(ODD[at], encoding="utf-8")

    with pytest.raises(catalogue.LessonError) as refused:
        catalogue._loaded(tmp_path)

    assert str(refused.value.problems[0]).startswith(str(tmp_path / "lesson.yaml"))
