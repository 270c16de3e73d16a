"""Collections of the user's own: whose they are and what they are called, tags on them, views of them.

``owner`` is None for the person at this machine, who sees all; of a public server's visitors each has a secret, and
sees what was made under it. The name of a visitor's collection is a secret too: who has the name can open it.
"""

import hashlib
import json
import logging
import re
import secrets
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import collect
from core.errors import LoupeError
from core.library import Library
from core.places import about, listed, own_place, places
from core.store import home, write

log = logging.getLogger(__name__)

TITLE = 64
CAPTION = 500
MOST_MARKS = 200
MOST_MARKED = 200_000
_marking = threading.Lock()


@dataclass(frozen=True)
class Shown:
    """A collection as a list shows it. own: whether this owner may rename and delete it."""

    name: str
    title: str
    count: int
    own: bool


def visible(owner: str | None) -> list[Shown]:
    """The collections this owner may see by name: those of all, and their own; a damaged one is left out."""
    found = []
    for name, file in places().items():
        whose = about(file).get("owner")
        if whose and owner is not None and whose != owner:
            continue
        try:
            count = len(Library.open(name))
        except LoupeError as error:
            log.warning("Left out of the list: %s", error)
            continue
        found.append(Shown(name, title(name), count, _belongs(name, owner)))
    return found


def title(name: str) -> str:
    """What a collection is called on the page: its own title, else its name."""
    return about(places()[name]).get("title", name) if name in places() else name


def fresh_name(wanted: str) -> str:
    """A name for a new collection that none has and nobody guesses."""
    return f"{re.sub(r'[^a-z0-9]+', '-', wanted.lower()).strip('-')[:24] or 'own'}-{secrets.token_hex(12)}"


def claim(name: str, called: str, owner: str | None) -> None:
    """Notes whose the collection that is to stand under this name is, before its pictures are there."""
    _tell(name, {"title": checked(called), "owner": owner or ""})


def rename(name: str, called: str, owner: str | None) -> None:
    """Gives a collection another title; its name, and so every address, stays. Raises LoupeError."""
    _own(name, owner)
    _tell(name, about(own_place(name)) | {"title": checked(called)})


def recaption(name: str, owner: str | None, identity: str, caption: str) -> None:
    """Gives a picture of one's own collection another caption; the pictures' vectors stay. Raises LoupeError."""
    _own(name, owner)
    caption = " ".join(str(caption).split())
    if not caption or len(caption) > CAPTION:
        raise LoupeError(
            "A caption has 1 to {most} characters, this one {count}.", most=CAPTION, count=len(caption)
        )
    with _marking:
        library = Library.open(name)
        column = library.caption_column()
        collect.recaption(library.path, library.row(identity), column, caption, pictures=library.pictures_version)


def delete(name: str, owner: str | None) -> None:
    """Deletes a collection with its vectors, maps, tags and views. Raises LoupeError for one of another owner."""
    _own(name, owner)
    try:
        library = Library.open(name)
        for version in {library.version, library.pictures_version}:
            for file in (home() / "arrays").glob(f"*of-{version}-*"):
                file.unlink(missing_ok=True)
    except LoupeError as error:
        log.warning("Deleted all the same: %s", error)
    shutil.rmtree(own_place(name).parent)
    shutil.rmtree(_marks_folder(name), ignore_errors=True)


def delete_all(owner: str | None) -> int:
    """Deletes every collection of this owner's, and their tags and views of others; how many collections."""
    mine = [name for name in places() if _belongs(name, owner)]
    for name in mine:
        delete(name, owner)
    for file in (home() / "marks").glob(f"*/{_who(owner)}.json"):
        file.unlink(missing_ok=True)
    return len(mine)


def marks(name: str, owner: str | None) -> dict[str, Any]:
    """{"tags": {tag: ids}, "views": {title: settings}} of this owner's on a collection."""
    file = _marks_folder(name) / f"{_who(owner)}.json"
    try:
        found = json.loads(file.read_bytes())
    except FileNotFoundError:
        found = {}
    except json.JSONDecodeError:
        log.warning("%s is damaged; its tags and views are lost.", file)
        found = {}
    return {"tags": {}, "views": {}} | found


def tag(name: str, owner: str | None, word: str, ids: list[str], add: bool) -> dict[str, Any]:
    """Puts a tag on these pictures, or takes it off; the marks after it. Raises LoupeError."""
    library = Library.open(name)
    known = {identity for identity in ids if isinstance(identity, str) and library.row(identity) >= 0}
    word = checked(word)

    def change(kept: dict[str, Any]) -> None:
        tagged = set(kept["tags"].pop(word, ()))
        tagged = tagged | known if add else tagged - known
        if tagged:
            kept["tags"][word] = sorted(tagged)

    return _marked(name, owner, change)


def view(name: str, owner: str | None, called: str, settings: Mapping[str, Any] | None) -> dict[str, Any]:
    """Saves a view under a title, or with no settings deletes it; the marks after it. Raises LoupeError."""
    called = checked(called)
    if settings is not None and len(json.dumps(settings)) > 10_000:
        raise LoupeError("The view {title!r} is too large to be saved. Clear the selection first.", title=called)

    def change(kept: dict[str, Any]) -> None:
        kept["views"].pop(called, None)
        if settings is not None:
            kept["views"][called] = settings

    Library.open(name)
    return _marked(name, owner, change)


def checked(called: str) -> str:
    """A title or tag without spaces around it. Raises LoupeError for an empty or too long one."""
    called = " ".join(str(called).split())
    if not called or len(called) > TITLE or not called.isprintable():
        raise LoupeError("{name!r} cannot be a name. Use 1 to {most} characters.", name=called[:80], most=TITLE)
    return called


def _marked(name: str, owner: str | None, change) -> dict[str, Any]:
    with _marking:
        kept = marks(name, owner)
        change(kept)
        if max(len(kept["tags"]), len(kept["views"])) > MOST_MARKS or (
            sum(map(len, kept["tags"].values())) > MOST_MARKED
        ):
            raise LoupeError("There are too many tags or views. Delete some first.")
        write(_marks_folder(name) / f"{_who(owner)}.json", json.dumps(kept, ensure_ascii=False).encode())
        return kept


def _own(name: str, owner: str | None) -> None:
    if not _belongs(name, owner):
        raise LoupeError(
            "The collection {name!r} is not yours to change. Yours are: {known}.",
            name=name,
            known=", ".join(title(known) for known in listed() if _belongs(known, owner)) or "none",
        )


def _belongs(name: str, owner: str | None) -> bool:
    """Only collections in the home folder are anyone's; those made at the machine are not a visitor's."""
    file = places().get(name)
    if file is None or file != own_place(name):
        return False
    return owner is None or about(file).get("owner") == owner


def _tell(name: str, told: Mapping[str, str]) -> None:
    write(own_place(name).with_name("about.json"), json.dumps(told, ensure_ascii=False).encode())


def _marks_folder(name: str) -> Path:
    return home() / "marks" / hashlib.sha256(name.encode()).hexdigest()[:24]


def _who(owner: str | None) -> str:
    return hashlib.sha256((owner or "machine").encode()).hexdigest()[:24]
