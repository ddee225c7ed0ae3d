"""The vault: seals personal information with keys that lie in one file of the operator's."""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import stat
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hmac import HMAC

from bot.model.errors import BotError


class Suite(StrEnum):
    """Which algorithms seal: the international ones, or those of 国密 (GB/T 32907, GM/T 0004)."""

    AES = "aes"
    SM = "sm"

    @property
    def cipher(self) -> str:
        """The cipher as people call it."""
        return {Suite.AES: "AES-256-GCM", Suite.SM: "SM4-GCM"}[self]

    @property
    def hash(self) -> str:
        """The keyed hash as people call it."""
        return {Suite.AES: "HMAC-SHA256", Suite.SM: "HMAC-SM3"}[self]


class Vault:
    """The Seal port: seals under the newest key, reads under every key of its file.

    Sealed bytes are version, suite, key id (4 bytes), nonce (12 bytes), ciphertext and tag. The
    first six bytes, the head, and the place are authenticated with the text, so sealed bytes moved
    to another row or column do not open.
    """

    def __init__(self, path: Path, keys: "_Keys") -> None:
        self._path = path
        self._keys = keys

    @classmethod
    def open(cls, path: Path, *, create: bool = False, suite: Suite = Suite.AES) -> Self:
        """Open the key file; with `create`, make one (0600) of a suite where none is.

        Raises BotError when the file is missing, damaged or open to others.
        """
        if create and not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            index = secrets.token_bytes(_INDEX_SIZE)
            keys = _Keys(index=index, index_suite=suite, by_id={1: _Key.make(suite)})
            _write_new(path, _as_text(keys))
        return cls(path, _read(path))

    @property
    def keys(self) -> Mapping[int, Suite]:
        """Every key by its id, the newest first."""
        by_id = self._keys.by_id
        return {number: by_id[number].suite for number in sorted(by_id, reverse=True)}

    @property
    def index_suite(self) -> Suite:
        """Which keyed hash the blind index has; it stays what it was when the file was made."""
        return self._keys.index_suite

    @property
    def head(self) -> bytes:
        """What everything begins with that is sealed from now on."""
        newest = max(self._keys.by_id)
        return _head(newest, self._keys.by_id[newest].suite)

    def seal(self, text: str, *, place: str) -> bytes:
        """Return the text sealed for one place (`table.column:row`); the same text differs."""
        head = self.head
        nonce = os.urandom(_NONCE_SIZE)
        key = self._keys.by_id[key_id(head)]
        return head + nonce + key.encrypt(nonce, _encode(text), head + _encode(place))

    def unseal(self, sealed: bytes, *, place: str) -> str:
        """Return the text again; raises BotError on another key or place, or on tampering."""
        head, nonce = sealed[:HEAD_SIZE], sealed[HEAD_SIZE:_BODY]
        number = key_id(head)
        key = self._keys.by_id.get(number)
        if key is None or head != _head(number, key.suite):
            raise BotError(
                f"密钥文件 {self._path} 中没有加密时用的 {number} 号密钥，"
                "请恢复当时的密钥文件；数据没有改动。"
            )
        try:
            text = key.decrypt(nonce, sealed[_BODY:], head + _encode(place))
        except (InvalidTag, ValueError) as error:  # ValueError: too short to be sealed bytes
            raise BotError(
                f"密文解不开：内容被改动过，或者密钥文件 {self._path} 中的 {number} 号密钥"
                "不是原来的，请从备份恢复。"
            ) from error
        return text.decode("utf-8", _SURROGATES)

    def index(self, text: str, *, place: str) -> bytes:
        """Return a keyed hash (32 bytes) for look-ups by equality in one place."""
        label = _encode(place)
        content = len(label).to_bytes(4) + label + _encode(text)
        return _keyed_hash(self._keys.index_suite, self._keys.index, content)

    def rotate(self, suite: Suite | None = None) -> int:
        """Seal with a new key from now on and return its id; old keys stay for reading.

        The index key stays: a new one would blind every look-up.
        """
        keys = _read(self._path)
        last = max(keys.by_id)
        made = _Key.make(suite or keys.by_id[last].suite)
        keys = replace(keys, by_id={last + 1: made, **keys.by_id})
        _replace(self._path, _as_text(keys))
        self._keys = keys
        return last + 1

    def __repr__(self) -> str:
        return f"Vault({str(self._path)!r})"


def key_id(head: bytes) -> int:
    """Return the id of the key that sealed what begins with these bytes."""
    return int.from_bytes(head[2:HEAD_SIZE])


def told_keys(vault: Vault, used: Mapping[bytes, int]) -> Iterator[str]:
    """Yield a line about each key: of the file, and such as something sealed still needs."""
    counts = {key_id(head): count for head, count in used.items()}
    newest = key_id(vault.head)
    for number, suite in vault.keys.items():
        count = counts.pop(number, 0)
        if number == newest:
            state = f"在用，{count} 处"
        else:
            state = f"还有 {count} 处，正在换用新密钥" if count else "没有内容在用，旧备份可能要用"
        yield f"{number} 号　{suite.cipher}　{state}"
    for number, count in sorted(counts.items()):
        yield f"{number} 号　密钥文件里没有，{count} 处打不开：请恢复当时的密钥文件"
    yield f"查找用的散列　{vault.index_suite.hash}"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class _Key:
    """One key: the secret, and for which suite it was made."""

    suite: Suite
    secret: bytes

    @classmethod
    def make(cls, suite: Suite) -> Self:
        return cls(suite=suite, secret=secrets.token_bytes(_KEY_SIZES[suite]))

    def encrypt(self, nonce: bytes, text: bytes, about: bytes) -> bytes:
        """Return ciphertext and tag."""
        if self.suite is Suite.AES:
            return AESGCM(self.secret).encrypt(nonce, text, about)
        encryptor = Cipher(SM4(self.secret), GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(about)
        return encryptor.update(text) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, body: bytes, about: bytes) -> bytes:
        """Return the text; raises InvalidTag or ValueError."""
        if self.suite is Suite.AES:
            return AESGCM(self.secret).decrypt(nonce, body, about)
        decryptor = Cipher(SM4(self.secret), GCM(nonce, body[-_TAG_SIZE:])).decryptor()
        decryptor.authenticate_additional_data(about)
        return decryptor.update(body[:-_TAG_SIZE]) + decryptor.finalize()


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class _Keys:
    """What a key file holds; the key with the highest id seals."""

    index: bytes
    index_suite: Suite
    by_id: Mapping[int, _Key]


def _read(path: Path) -> _Keys:
    """Read a key file that nobody else can read."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read()
    except FileNotFoundError as error:
        raise BotError(f"密钥文件 {path} 不存在，请从备份恢复到这个位置。") from error
    except OSError as error:
        raise BotError(f"密钥文件 {path} 读不出来，请检查它的所有者和权限。") from error
    if mode & _OTHERS:
        raise BotError(
            f"密钥文件 {path} 的权限是 {mode:04o}，别人也能读写，请执行 chmod 600 {path} 后重试。"
        )
    try:
        return _parse(content.decode())
    except (ValueError, KeyError, TypeError):
        # The cause may quote a key: it is not passed on.
        raise BotError(f"密钥文件 {path} 已损坏，请从备份恢复。") from None


def _parse(text: str) -> _Keys:
    """Return the keys of a key file's text; raises ValueError, KeyError or TypeError."""
    table = tomllib.loads(text)
    by_id = {entry["id"]: _key(entry) for entry in table["keys"]}
    if not by_id or len(by_id) < len(table["keys"]):
        raise ValueError("no key, or one id twice")
    if not all(type(key) is int and 0 < key < _MAX_ID for key in by_id):
        raise ValueError("key ids")
    return _Keys(
        index=_decode(table["index"], _INDEX_SIZE),
        index_suite=Suite(table.get("index_suite", Suite.AES)),
        by_id=MappingProxyType(by_id),
    )


def _key(entry: Mapping[str, str]) -> _Key:
    suite = Suite(entry.get("suite", Suite.AES))
    return _Key(suite=suite, secret=_decode(entry["key"], _KEY_SIZES[suite]))


def _as_text(keys: _Keys) -> str:
    """Write the keys as TOML, the newest first; a suite is named where it is not the usual one."""
    lines = [_PREAMBLE, f'index = "{_in_base64(keys.index)}"']
    if keys.index_suite is not Suite.AES:
        lines.append(f'index_suite = "{keys.index_suite}"')
    for number in sorted(keys.by_id, reverse=True):
        key = keys.by_id[number]
        lines += ["", "[[keys]]", f"id = {number}"]
        if key.suite is not Suite.AES:
            lines.append(f'suite = "{key.suite}"')
        lines.append(f'key = "{_in_base64(key.secret)}"')
    return "\n".join([*lines, ""])


def _write_new(path: Path, text: str) -> None:
    """Write a file that did not exist; leaves the one that somebody else made meanwhile."""
    prepared = _prepare(path, text)
    try:
        with suppress(FileExistsError):
            os.link(prepared, path)
    finally:
        prepared.unlink()
    _sync_folder(path)


def _replace(path: Path, text: str) -> None:
    """Replace a file in one step: after a crash it is the old one or the new one."""
    _prepare(path, text).replace(path)
    _sync_folder(path)


def _prepare(path: Path, text: str) -> Path:
    """Write a file (0600) beside `path` and bring it to the disk."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _keyed_hash(suite: Suite, key: bytes, content: bytes) -> bytes:
    if suite is Suite.AES:
        return hmac.digest(key, content, hashlib.sha256)
    keyed = HMAC(key, hashes.SM3())
    keyed.update(content)
    return keyed.finalize()


def _head(key: int, suite: Suite) -> bytes:
    return bytes((_VERSION, _SUITE_BYTES[suite])) + key.to_bytes(4)


def _encode(text: str) -> bytes:
    """Encode any string that Python can hold, lone surrogates too."""
    return text.encode("utf-8", _SURROGATES)


def _decode(text: str, size: int) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != size:
        raise binascii.Error("length of a key")
    return key


def _in_base64(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


HEAD_SIZE: Final = 6
_VERSION: Final = 1
_SUITE_BYTES: Final = {Suite.AES: 1, Suite.SM: 2}
_KEY_SIZES: Final = {Suite.AES: 32, Suite.SM: 16}
_INDEX_SIZE: Final = 32
_NONCE_SIZE: Final = 12
_TAG_SIZE: Final = 16
_BODY: Final = HEAD_SIZE + _NONCE_SIZE
_MAX_ID: Final = 2**32
_OTHERS: Final = 0o077
_SURROGATES: Final = "surrogatepass"
_PREAMBLE: Final = """\
# 群规的密钥文件。丢失后，已加密的个人信息无法恢复：请另行备份，且不要与数据库备份放在一起。
# 换密钥（qungui keys rotate）后请重新备份。旧密钥要留着：以前的数据备份还要用它。
# 只能由运行本程序的用户读取（0600）。不要手工修改。
"""
