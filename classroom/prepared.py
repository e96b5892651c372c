"""Prepared statements: SQL that the ORM writes once, and that is then sent with other values.

What every answer asks of the database would else spend most of its time being written: a third of a request.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Expression, Field, Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators
from django.db.models.sql import UpdateQuery

M = TypeVar("M", bound=Model)
R = TypeVar("R")


class Slot(Expression):
    """Slot of a statement for a value that comes with each sending, by its name.

    Parameters
    ----------
    prepares : what prepares the value for the engine, where it is more than a number or a text
    """

    def __init__(self, name: str, prepares: Field[Any, Any] | None = None) -> None:
        super().__init__(output_field=prepares)
        self.name, self.prepares = name, prepares

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", (self,)

    def value(self, given: dict[str, Any]) -> Any:
        value = given[self.name]
        return value if self.prepares is None else self.prepares.get_db_prep_value(value, connection)


@dataclass(frozen=True)
class Statement:
    """Statement with its values. An `inserts` of one row gets its key when it is sent."""

    sql: str
    values: Sequence[Any]
    inserts: Model | None = None


class _Prepared(ABC, Generic[R]):
    """What is written once for each engine, on first use: by then all models are there."""

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build
        self._written: dict[str, R] = {}

    def _for_engine(self) -> R:
        found = self._written.get(connection.vendor)
        if found is None:
            found = self._written[connection.vendor] = self._write()
        return found

    @abstractmethod
    def _write(self) -> R:
        """Write it for the engine at hand."""


def _bound(values: Sequence[Any], given: dict[str, Any]) -> list[Any]:
    return [each.value(given) if isinstance(each, Slot) else each for each in values]


@dataclass(frozen=True)
class _Read:
    sql: str
    values: Sequence[Any]
    converters: Sequence[tuple[int, Sequence[Any], Any]]
    as_objects: Callable[[Sequence[Any]], Any]


class Select(_Prepared[_Read], Generic[R]):
    """Query whose conditions have slots: `Select(lambda: Thing.objects.filter(pk=Slot("pk")))(pk=3)`."""

    def __call__(self, **given: Any) -> list[R]:
        read = self._for_engine()
        with _cursor() as cursor:
            cursor.execute(read.sql, _bound(read.values, given))
            rows = [list(row) for row in cursor.fetchall()]
        for row in rows:
            for at, converters, expression in read.converters:
                for convert in converters:
                    row[at] = convert(row[at], expression, connection)
        return [read.as_objects(row) for row in rows]

    def first(self, **given: Any) -> R | None:
        return next(iter(self(**given)), None)

    def _write(self) -> _Read:
        asked: QuerySet[Any] = self._build()
        compiler = asked.query.get_compiler(connection=connection)
        sql, values = compiler.as_sql()
        found = compiler.get_converters([column for column, *__ in compiler.select])
        converters = [(at, *each) for at, each in found.items()]
        is_of_models = issubclass(asked._iterable_class, ModelIterable)
        return _Read(sql, values, converters, _builder(compiler) if is_of_models else tuple)


def _builder(compiler: Any) -> Callable[[Sequence[Any]], Any]:
    """Make objects of a row, with those that come with them, as a queryset does."""
    about, alias = compiler.klass_info, connection.alias
    model, at = about["model"], about["select_fields"]
    first, last = at[0], at[-1] + 1
    names = [column.target.attname for column, *__ in compiler.select[first:last]]
    related = get_related_populators(about, compiler.select, alias)  # type: ignore[call-arg]  # stubs of a later Django
    annotated = tuple(compiler.annotation_col_map.items())

    def build(row: Sequence[Any]) -> Any:
        made = model.from_db(alias, names, row[first:last])
        for populator in related:
            populator.populate(row, made)
        for name, position in annotated:
            setattr(made, name, row[position])
        return made

    return build


class Update(_Prepared[tuple[str, Sequence[Any]]]):
    """Update of the rows of a queryset with slots, to values of which each may be an expression."""

    def __init__(self, build: Callable[[], QuerySet[Any]], **values: Any) -> None:
        super().__init__(build)
        self._values = values

    def __call__(self, **given: Any) -> Statement:
        sql, values = self._for_engine()
        return Statement(sql, _bound(values, given))

    def _write(self) -> tuple[str, Sequence[Any]]:
        query = self._build().query.chain(UpdateQuery)
        query.add_update_values(self._values)
        written: tuple[str, Sequence[Any]] = query.get_compiler(connection=connection).as_sql()
        return written


def kept(row: Model) -> Statement:
    """Store a row as it is now: a new one is inserted."""
    is_new, fields = row._state.adding, _fields(type(row))
    values = [field.get_db_prep_save(field.pre_save(row, is_new), connection) for field in fields]
    if is_new:
        return Statement(_insert(type(row), 1), values, inserts=row)
    return Statement(_update(type(row)), [*values, row.pk])


def added(rows: Sequence[Model]) -> tuple[Statement, ...]:
    """Insert rows of one kind, in their order, in one statement; they do not learn their keys."""
    if not rows:
        return ()
    fields = _fields(type(rows[0]))
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for row in rows for field in fields]
    return (Statement(_insert(type(rows[0]), len(rows)), values),)


def send(*statements: Statement) -> None:
    """Carry out what changes rows: in one go where the engine can, else one after the other."""
    with _cursor() as cursor:
        if connection.vendor == "postgresql":
            asked = tuple((each.sql, _key_of(each.inserts)) for each in statements)
            cursor.execute(_together(asked), [value for each in statements for value in each.values])
            keys = iter(cursor.fetchone())
        for each in statements:
            if connection.vendor != "postgresql":
                cursor.execute(each.sql, each.values)
                keys = iter([cursor.lastrowid])
            if each.inserts is not None:
                each.inserts.pk, each.inserts._state.adding = next(keys), False
                each.inserts._state.db = connection.alias


def _cursor() -> Any:
    """Cursor whose statements PostgreSQL keeps prepared, so that it reads and plans them once a connection."""
    # What is logged is to be read, and a statement that is kept has no values in it.
    if connection.vendor != "postgresql" or connection.queries_logged:
        return connection.cursor()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    connection.connection.prepare_threshold = 0  # at once; other cursors of Django's prepare nothing
    return connection._prepare_cursor(_binding_cursor()(connection.connection))  # type: ignore[attr-defined]  # no stub


@cache
def _binding_cursor() -> Any:
    # Not where there is no PostgreSQL: this loads its driver.
    from django.db.backends.postgresql.base import ServerBindingCursor

    return ServerBindingCursor


@cache
def _together(asked: tuple[tuple[str, str], ...]) -> str:
    """Write statements as one, which answers with the keys of what it has inserted.

    None of them sees what another one does: each is about rows of its own.
    """
    parts = ", ".join(f"s{n} AS ({sql}{key and f' RETURNING {key}'})" for n, (sql, key) in enumerate(asked))
    keys = ", ".join(f"(SELECT {key} FROM s{n})" for n, (__, key) in enumerate(asked) if key)  # noqa: S608 - names of ours
    return f"WITH {parts} SELECT {keys or 'NULL'}"


def _key_of(row: Model | None) -> str:
    return _key(type(row)) if row is not None else ""


def _key(model: type[Model]) -> str:
    return _quoted(str(model._meta.pk.column))


@cache
def _fields(model: type[Model]) -> tuple[Any, ...]:
    return tuple(field for field in model._meta.concrete_fields if not field.primary_key)


@cache
def _insert(model: type[Model], n: int) -> str:
    names = [_quoted(field.column) for field in _fields(model)]
    row = f"({', '.join(['%s'] * len(names))})"
    table = _quoted(model._meta.db_table)
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES {', '.join([row] * n)}"  # noqa: S608 - names of models


@cache
def _update(model: type[Model]) -> str:
    values = ", ".join(f"{_quoted(field.column)} = %s" for field in _fields(model))
    return f"UPDATE {_quoted(model._meta.db_table)} SET {values} WHERE {_key(model)} = %s"  # noqa: S608 - names of models


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
