"""A quick hash for tests, which must be worked out before a transaction begins, as a slow one must."""

from __future__ import annotations

from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection

hashed: list[str] = []


class QuickOutsideTransactions(MD5PasswordHasher):
    """MD5. It refuses to work while a transaction is open that is not the test's own."""

    def encode(self, password: str, salt: str) -> str:
        assert all(block._from_testcase for block in connection.atomic_blocks), "a password is hashed in a transaction"
        hashed.append(password)
        return super().encode(password, salt)
