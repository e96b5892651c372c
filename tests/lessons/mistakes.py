"""Mistakes that authors make: what they write in the lesson of the guide, and what they are told."""

from __future__ import annotations

from dataclasses import dataclass

from tests.guide import LESSON


@dataclass(frozen=True)
class Mistake:
    """One slip of an author: a passage of the guide's lesson, what is there instead, and what `check_content` says.

    `at` is the line that it names, the last that reads so; nothing, where it names the first, or none.
    """

    name: str
    old: str
    new: str
    says: str
    at: str = ""
    file: str = "lesson.yaml"

    @property
    def written(self) -> bytes:
        if self.file != "lesson.yaml":
            return self.new.encode()
        if not self.old:
            return self.new.encode("latin-1")
        assert LESSON.count(self.old) == 1, f"{self.old!r} is {LESSON.count(self.old)} times in the lesson"
        return LESSON.replace(self.old, self.new).encode()

    @property
    def is_warning(self) -> bool:
        """Whether the lesson passes all the same."""
        return self.file != "lesson.yaml" or "begins a comment" in self.says

    @property
    def told(self) -> str:
        """The line that the author reads, without the folder."""
        lines = self.written.decode(errors="replace").split("\n")
        number = max(n for n, line in enumerate(lines, start=1) if line.strip() == self.at) if self.at else 1
        is_empty = self.written == b""
        return f"{self.file}{'' if is_empty and self.file == 'lesson.yaml' else f':{number}'}: {self.says}"


MISTAKES = (
    Mistake(
        "a line too far to the right",
        "    line: Read, guess",
        "     line: Read, guess",
        at="line: Read, guess, and take two steps.",
        says="is not YAML: this line begins in another column than those it belongs to; count the spaces before it",
    ),
    Mistake(
        "a line too far to the left",
        "        start: 0\n",
        "      start: 0\n",
        at="start: 0",
        says="is not YAML: this line begins in another column than those it belongs to; count the spaces before it",
    ),
    Mistake(
        "an item of a list too far to the left",
        "          - key: direction",
        "       - key: direction",
        at="- key: direction",
        says="is not YAML: this line begins in another column than those it belongs to; count the spaces before it",
    ),
    Mistake(
        "a dash left out",
        "      - type: hand_steps",
        "        type: hand_steps",
        at="type: hand_steps",
        says="part 1 “receipts”, activity 2 “steps”, type: is said twice; if another one begins here, a dash is missing: “- ”",
    ),
    Mistake(
        "a tab",
        "        x: [1, 2, 5]",
        "\tx: [1, 2, 5]",
        at="x: [1, 2, 5]",
        says="is not YAML: there is a tab before this line; use spaces",
    ),
    Mistake(
        "a colon in a text",
        "title: What a scoop costs",
        "title: Ice cream: what a scoop costs",
        at="title: Ice cream: what a scoop costs",
        says='is not YAML: a text with a colon and a space in it needs quotes. Write title: "Ice cream: what a scoop costs"',
    ),
    Mistake(
        "a text that begins in bold",
        '"**Three receipts** are on the table. What does one scoop cost?"',
        "**Three receipts** are on the table.",
        at="lead: **Three receipts** are on the table.",
        says='is not YAML: a text cannot begin with * unless it is in quotes. Write "**Three receipts** are on the table."',
    ),
    Mistake(
        "a text that begins with a backtick",
        "line: Read, guess, and take two steps.",
        "line: `w` is the price.",
        at="line: `w` is the price.",
        says='is not YAML: a text cannot begin with ` unless it is in quotes. Write "`w` is the price."',
    ),
    Mistake(
        "a quote that is not closed",
        "title: What a scoop costs",
        'title: "What a scoop costs',
        at='title: "What a scoop costs',
        says="is not YAML: a quote opens in this line and is not closed",
    ),
    Mistake(
        "an apostrophe inside apostrophes",
        "title: What a scoop costs",
        "title: 'What's a scoop?'",
        at="title: 'What's a scoop?'",
        says="is not YAML: a text in '…' ends at its first apostrophe; put it in \"…\"",
    ),
    Mistake(
        "a bracket that is not closed",
        "x: [1, 2, 5]",
        "x: [1, 2, 5",
        at="x: [1, 2, 5",
        says="is not YAML: what opens here is not closed, or a text in it needs quotes",
    ),
    Mistake(
        "a comma inside braces",
        "{key: up, text: up}",
        "{key: up, text: up, at once}",
        at="- {key: up, text: up, at once}",
        says="part 1 “receipts”, activity 2 “guess”, item 1 “direction”, choice 1 “up”, at once: is not a word that lessons know; if it belongs to the text before it, put that text in quotes",
    ),
    Mistake(
        "no space after a colon",
        "    minutes: 10\n",
        "    minutes:10\n",
        at="minutes:10",
        says="is not YAML: write “word: value”, with a space after the colon",
    ),
    Mistake(
        "a number sign in a text",
        "line: Read, guess, and take two steps.",
        "line: You are our guest #1 today.",
        at="line: You are our guest #1 today.",
        says="part 1 “receipts”, line: the text ends at “You are our guest”, since “ #” begins a comment; put the whole text in quotes, or put two spaces before a comment",
    ),
    Mistake(
        "an unknown word",
        "learning_rate: 0.02",
        "learningrate: 0.02",
        at="learningrate: 0.02",
        says="part 1 “receipts”, activity 3 “steps”, learningrate: is not a word that lessons know; did you mean “learning_rate”?",
    ),
    Mistake(
        "a word left out",
        "    prose: receipts.md\n",
        "",
        at="- key: receipts",
        says="part 1 “receipts”, prose: is missing",
    ),
    Mistake(
        "a word said twice",
        "title: What a scoop costs",
        "title: What a scoop costs\ntitle: Ice",
        at="title: Ice",
        says="title: is said twice",
    ),
    Mistake(
        "a key used twice",
        "key: why",
        "key: starve",
        at="key: starve",
        says="part 2 “fairness”, activity 2 “starve”, key: “starve” is the key of an activity in part 2 too",
    ),
    Mistake(
        "a number in words",
        "    minutes: 10\n",
        "    minutes: ten\n",
        at="minutes: ten",
        says="part 2 “fairness”, minutes: “ten” is not a whole number",
    ),
    Mistake(
        "a number out of its range",
        "    minutes: 10\n",
        "    minutes: 150\n",
        at="minutes: 150",
        says="part 2 “fairness”, minutes: is 150, and at most 120",
    ),
    Mistake(
        "a comma in a number",
        "learning_rate: 0.02",
        "learning_rate: 0,02",
        at="learning_rate: 0,02",
        says="part 1 “receipts”, activity 3 “steps”, learning_rate: “0,02” is not a number; write 0.05, or a fraction such as 4/15",
    ),
    Mistake(
        "a comma in a list of numbers",
        "y: [2, 3.5, 9]",
        "y: [2, 3,5, 9]",
        at="y: [2, 3,5, 9]",
        says="part 1 “receipts”, activity 3 “steps”, y: x has 3 values and y has 4: each point needs both",
    ),
    Mistake(
        "an unknown type",
        "type: explain",
        "type: essay",
        at="- type: essay",
        says="part 2 “fairness”, activity 2 “why”: “essay” is no type of activity; write reading, hand_steps, predict, experiment, explain, source_check or file_check",
    ),
    Mistake(
        "yes without quotes",
        "right: up",
        "right: yes",
        at="right: yes",
        says='part 1 “receipts”, activity 2 “guess”, item 1 “direction”, right: “yes” is more than a text in YAML; put it in quotes: "yes"',
    ),
    Mistake(
        "a text where a list belongs",
        "asks: [Who is failed., A number that shows it.]",
        "asks: Who is failed.",
        at="asks: Who is failed.",
        says="part 2 “fairness”, activity 2 “why”, asks: is a list, even if it has one entry: [Who is failed.]",
    ),
    Mistake(
        "a language by its name",
        "language: en",
        "language: English",
        at="language: English",
        says="language: “English” is not the code of a language; write en, de or pt-BR",
    ),
    Mistake("an empty file", "", "", says="is empty; a lesson begins with its slug"),
    Mistake("a file in another encoding", "", "title: Crème\n", says="is not UTF-8 text; save it in that encoding"),
    Mistake(
        "a slug that is none",
        "slug: ice-cream",
        "slug: ice-🍦",
        at="slug: ice-🍦  # its name in addresses; it never changes again",
        says="slug: “ice-🍦” is not a slug: use lower-case letters, digits and single hyphens",
    ),
    Mistake(
        "a text that is not there",
        "text: shop.md",
        "text: shops.md",
        at="text: shops.md",
        says="part 1 “receipts”, activity 1 “shop”, text: names shops.md, which is not beside it; did you mean “shop.md”?",
    ),
    Mistake(
        "a text with a capital letter",
        "text: shop.md",
        "text: Shop.md",
        at="text: Shop.md",
        says="part 1 “receipts”, activity 1 “shop”, text: “Shop.md” is not the name of a Markdown file beside lesson.yaml; use small letters, digits and _, and end with .md",
    ),
    Mistake(
        "two choices",
        "              - {key: stay, text: it stays}\n",
        "",
        at="choices:",
        says="part 1 “receipts”, activity 2 “guess”, item 1 “direction”, choices: has 2, and a question needs 3 at least",
    ),
    Mistake(
        "a right answer that is not offered",
        "right: up",
        "right: upwards",
        at="right: upwards",
        says="part 1 “receipts”, activity 2 “guess”, item 1 “direction”, right: “upwards” is not among the choices; write up, down or stay",
    ),
    Mistake(
        "an unknown parameter of a run",
        "kept: 5",
        "keep: 5",
        at="params: {digit: 3, keep: 5, n_repeats: 3}",
        says="part 2 “fairness”, activity 1 “starve”, trial 1 “few”, params, keep: this parameter does not exist; did you mean “kept”?",
    ),
    Mistake(
        "a parameter out of its range",
        "digit: 3, kept",
        "digit: 12, kept",
        at="params: {digit: 12, kept: 5, n_repeats: 3}",
        says="part 2 “fairness”, activity 1 “starve”, trial 1 “few”, params, digit: from 0 to 9; here it is 12",
    ),
    Mistake(
        "an unknown kind of run",
        "kind: starvation",
        "kind: starve",
        at="kind: starve",
        says="part 2 “fairness”, activity 1 “starve”, trial 1 “few”, kind: there is no kind of run “starve”; did you mean “starvation”?",
    ),
    Mistake(
        "an unknown cell of a worksheet",
        "ask: [mean, w]",
        "ask: [average, w]",
        at="- ask: [average, w]",
        says="part 1 “receipts”, activity 3 “steps”, step 2, ask, number 1: “average” is not known here; write errors, products, mean, gradient, w or error_last",
    ),
    Mistake(
        "after an activity that is not there",
        "after: starve",
        "after: starv",
        at="after: starv",
        says="part 2 “fairness”, activity 2 “why”, after: there is no activity “starv”; did you mean “starve”?",
    ),
    Mistake(
        "after each other",
        "title: Starve the threes\n",
        "title: Starve the threes\n        after: why\n",
        at="after: why",
        says="part 2 “fairness”, activity 1 “starve”, after: “why” is no experiment",
    ),
    Mistake("an empty text", "", "", file="shop.md", says="is empty"),
    Mistake(
        "HTML in a text",
        "",
        "<script>alert(1)</script>",
        file="shop.md",
        says="has <script>, which is shown as it is written: texts are Markdown, not HTML",
    ),
    Mistake(
        "a picture in a text",
        "",
        "![a shop](shop.png)",
        file="shop.md",
        says="has a picture, which is left out; a part has room for one, as SVG: its `picture`",
    ),
)
