"""The same small hospital as the tests of accounts have."""

from tests.accounts.conftest import hospital, sign_in

__all__ = ["hospital", "sign_in"]
