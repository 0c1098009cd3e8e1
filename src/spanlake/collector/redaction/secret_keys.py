"""The keys of redaction, as files: one for hashes, and one for each person tokens are about.

<data>/redaction/hash.key            what hashes are keyed with
<data>/redaction/subjects/3f/3f….key what the tokens of one subject are encrypted with

A subject's file is named by a keyed hash, so that names of people stand nowhere. Without the file
nobody can read the tokens again: removing it erases the person from everything that is stored.
"""

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from spanlake.storage.durable import make_folder, sync_folder, write_new

_KEY_BYTES = 64  # AES-256 in SIV mode, which makes the same token of the same value
_REFERENCE_DIGITS = 24
_PRIVATE, _PRIVATE_FOLDER = 0o600, 0o700
_MANY_SUBJECTS = 10_000


class SubjectKey(NamedTuple):
    """reference: the hex name of a subject's key; key: its bytes."""

    reference: str
    key: bytes


class SecretKeys:
    """The keys under one folder, made when they are first asked for and durable on return."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hash_key: bytes | None = None
        self._subjects: dict[str, SubjectKey] = {}

    def digest(self, value: bytes) -> str:
        """A keyed hash of a value: equal for equal values, of use to nobody without the key."""
        if self._hash_key is None:
            self._hash_key = _made(self._folder / "hash.key")
        return hmac.new(self._hash_key, value, hashlib.sha256).hexdigest()[:_REFERENCE_DIGITS]

    def of_subject(self, subject: str) -> SubjectKey:
        """The key of a subject; a new one for who has none, or has been erased."""
        known = self._subjects.get(subject)
        if known is None or not self._path(known.reference).exists():
            reference = self.digest(subject.encode())
            known = SubjectKey(reference, _made(self._path(reference)))
            if len(self._subjects) >= _MANY_SUBJECTS:
                self._subjects.clear()
            self._subjects[subject] = known
        return known

    def encrypt(self, subject: str, rule: str, value: bytes) -> str:
        """What `decrypt` makes the value of again, while the subject's key exists: REF.HEX."""
        of = self.of_subject(subject)
        return f"{of.reference}.{AESSIV(of.key).encrypt(value, [rule.encode()]).hex()}"

    def decrypt(self, reference: str, rule: str, encrypted: bytes) -> bytes | None:
        """The value; None when its key is gone, or it was not encrypted by this key."""
        try:
            key = self._path(reference).read_bytes()
            return AESSIV(key).decrypt(encrypted, [rule.encode()])
        except (FileNotFoundError, InvalidTag):
            return None

    def erase(self, subject: str) -> bool:
        """Remove a subject's key, durably; False when there is none."""
        if not (self._folder / "hash.key").exists():
            return False
        path = self._path(self.digest(subject.encode()))
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        self._subjects.pop(subject, None)
        sync_folder(path.parent)
        return True

    def _path(self, reference: str) -> Path:
        return self._folder / "subjects" / reference[:2] / f"{reference}.key"


def _made(path: Path) -> bytes:
    """The content of a key file, which is made if it is not there."""
    if not path.exists():
        make_folder(path.parent)
        path.parent.chmod(_PRIVATE_FOLDER)
        write_new(path, secrets.token_bytes(_KEY_BYTES))
        path.chmod(_PRIVATE)
    return path.read_bytes()
