"""A bundle does what its modules do one by one."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from classroom import bundles
from lessons import catalogue, part_media
from tests.conventions.test_scripts import imported, own_scripts

pytestmark = pytest.mark.pure


def bundle(files: Mapping[str, str], *names: str) -> str:
    return bundles.text_of(names, files.__getitem__)


def test_what_is_imported_comes_first_and_once() -> None:
    files = {
        "a/one.js": 'import { find as seek, speak } from "./page.js";\nseek(speak);\n',
        "b/two.js": 'import "../a/page.js";\nimport {\n  find,\n} from "../a/page.js";\nfind();\n',
        "a/page.js": "export const find = () => {};\nexport function speak() {}\nconst own = 1;\n",
    }

    text = bundle(files, "a/one.js", "b/two.js")

    assert text == (
        "const m0 = (() => {\nconst find = () => {};\nfunction speak() {}\nconst own = 1;\n\nreturn { find, speak };\n"
        "})();\n"
        "const m1 = (() => {\nconst { find: seek, speak } = m0;\nseek(speak);\n\nreturn {  };\n})();\n"
        "const m2 = (() => {\n\nconst {\n  find,\n} = m0;\nfind();\n\nreturn {  };\n})();\n"
    )


def test_styles_follow_each_other() -> None:
    assert bundle({"a.css": "a {}", "b.css": "b {}"}, "b.css", "a.css") == "b {}\na {}"


@pytest.mark.parametrize("line", ["export default 1;", "export { a };", 'import * as all from "./page.js";'])
def test_what_a_bundle_does_not_know_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"a\.js"):
        bundle({"a.js": f"{line}\n", "page.js": ""}, "a.js")


def test_the_same_files_in_another_order_are_another_bundle() -> None:
    assert bundles.name_of(["a.css", "b.css"]) != bundles.name_of(["b.css", "a.css"])


def test_what_two_bundles_of_a_page_share_keeps_nothing_and_hears_nothing() -> None:
    """Each of them has it once more."""
    scripts = own_scripts()

    def whole(names: tuple[str, ...]) -> set[str]:
        found, ahead = set[str](), list(names)
        while ahead:
            name = ahead.pop()
            if name not in found:
                found.add(name)
                ahead += imported(name, scripts[name])
        return found

    everywhere = whole(
        ("classroom/js/connection.js", "classroom/js/leaving.js", "classroom/js/look.js", "lessons/js/outbox.js")
    )
    shared = {
        name
        for loaded in catalogue.all_lessons().values()
        for part in loaded.lesson.parts
        for name in everywhere & whole(part_media.scripts_of(loaded, part, is_own=True))
    }

    assert "classroom/js/page.js" in shared
    assert [name for name in sorted(shared) if re.search(r"^(?:let |\w+\.addEventListener)", scripts[name], re.M)] == []
