"""The table in docs/privacy.md, made of `privacy.data_map`: `make data-map` writes it again."""

from __future__ import annotations

from django.conf import settings

from privacy import data_map

FILE = settings.BASE_DIR / "docs" / "privacy.md"
BEGIN, END = "<!-- made by make data-map -->\n", "<!-- end -->\n"


def page(text: str) -> str:
    """The page with the table as it has to be."""
    before, __, rest = text.partition(BEGIN)
    __, __, after = rest.partition(END)
    return f"{before}{BEGIN}" + "".join(f"{line}\n" for line in data_map.as_table()) + f"{END}{after}"


if __name__ == "__main__":
    import django

    django.setup()
    FILE.write_text(page(FILE.read_text(encoding="utf-8")), encoding="utf-8")
