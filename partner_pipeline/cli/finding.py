"""What an operator's word means: an id, the unique beginning of one, or a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from partner_pipeline.errors import NotFoundError, ValidationError
from partner_pipeline.model.document import Document
from partner_pipeline.model.jobs import Job
from partner_pipeline.model.people import Aircraft, Customer, User, UserKind
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.store.repositories.base import Repository

D = TypeVar("D", bound=Document)

#: Beginnings of ids that are shorter would be found by accident.
_SHORTEST = 4


def find(repository: Repository[D], what: str, word: str) -> D:
    """The document that a word means.

    Parameters
    ----------
    repository : Repository
    what : str
        As ``log``, for errors.
    word : str
        An id, or its unique beginning of at least 4 characters.

    Raises
    ------
    NotFoundError
        None is meant.
    ValidationError
        Several may be meant.
    """
    return _only(by_id(repository, word), what, word)


def find_user(repositories: Repositories, word: str) -> User:
    """The user with this id, user name, name or tail number; raises as :func:`find`."""
    users = repositories.users
    named = users.by_username(word)
    if named is not None:
        return named
    found = by_id(users, word)
    if not found:
        kinds = [users.of_kind(kind, active=False) for kind in UserKind]
        found = [user for kind in kinds for user in kind if word in _names(user)]
    return _only(found, "user", word)


def find_customer(repositories: Repositories, word: str) -> Customer:
    """The customer that a word means; raises as :func:`find`."""
    known = repositories.users.of_kind(UserKind.CUSTOMER, active=False)
    customers = [user for user in known if isinstance(user, Customer)]
    names = [user for user in customers if word in _names(user)]
    return _only(names or _beginning(customers, word), "customer", word)


def find_job(repositories: Repositories, word: str) -> Job:
    """The job with this id or number; raises as :func:`find`."""
    return _only(repositories.jobs.with_number(word) or by_id(repositories.jobs, word), "job", word)


def by_id(repository: Repository[D], word: str) -> Sequence[D]:
    """The document with this id, else those whose id begins so."""
    found = repository.get(word)
    if found is not None:
        return [found]
    return repository.beginning(word) if len(word) >= _SHORTEST else []


def _names(user: User) -> set[str | None]:
    tail_number = None
    if isinstance(user, Aircraft) and user.partner_info is not None:
        tail_number = user.partner_info.tail_number
    return {user.id, user.name, user.username, tail_number}


def _beginning(documents: Iterable[D], word: str) -> list[D]:
    return [each for each in documents if len(word) >= _SHORTEST and each.id.startswith(word)]


def _only(found: Sequence[D], what: str, word: str) -> D:
    if not found:
        raise NotFoundError(f"looking for {what} {word!r}: there is none")
    if len(found) > 1:
        ids = ", ".join(each.id for each in found[:3])
        raise ValidationError(f"looking for {what} {word!r}: several fit ({ids}, …); give the id")
    return found[0]
