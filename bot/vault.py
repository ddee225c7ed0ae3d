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
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.model.errors import BotError


class Vault:
    """The Seal port: AES-256-GCM under the newest key, older keys for reading, an index key.

    Sealed bytes are version, suite, key id (4 bytes), nonce (12 bytes), ciphertext and tag. The
    first six bytes and the place are authenticated with the text, so sealed bytes moved to
    another row or column do not open.
    """

    def __init__(self, path: Path, keys: "_Keys") -> None:
        self._path = path
        self._keys = keys

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Self:
        """Open the key file; with `create`, make one (0600) where none is.

        Raises BotError when the file is missing, damaged or open to others.
        """
        if create and not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            keys = _Keys(index=secrets.token_bytes(_KEY_SIZE), by_id={1: _new_key()})
            _write_new(path, _as_text(keys))
        return cls(path, _read(path))

    def seal(self, text: str, *, place: str) -> bytes:
        """Return the text sealed for one place (`table.column:row`); the same text differs."""
        newest = max(self._keys.by_id)
        header = _header(newest)
        nonce = os.urandom(_NONCE_SIZE)
        cipher = AESGCM(self._keys.by_id[newest])
        return header + nonce + cipher.encrypt(nonce, _encode(text), header + _encode(place))

    def unseal(self, sealed: bytes, *, place: str) -> str:
        """Return the text again; raises BotError on another key or place, or on tampering."""
        header, nonce = sealed[:_HEADER_SIZE], sealed[_HEADER_SIZE:_BODY]
        key = self._keys.by_id.get(int.from_bytes(header[2:]))
        if header[:2] != bytes((_VERSION, _AES_256_GCM)) or key is None:
            raise BotError(
                f"密文不是用密钥文件 {self._path} 中的密钥加密的，请恢复当时的密钥文件。"
            )
        try:
            text = AESGCM(key).decrypt(nonce, sealed[_BODY:], header + _encode(place))
        except (InvalidTag, ValueError) as error:  # ValueError: too short to be sealed bytes
            raise BotError(
                f"密文解不开：内容被改动过，或者密钥文件 {self._path} 不是原来的，请从备份恢复。"
            ) from error
        return text.decode("utf-8", _SURROGATES)

    def index(self, text: str, *, place: str) -> bytes:
        """Return a keyed hash (HMAC-SHA256, 32 bytes) for look-ups by equality in one place."""
        label = _encode(place)
        content = len(label).to_bytes(4) + label + _encode(text)
        return hmac.digest(self._keys.index, content, hashlib.sha256)

    def rotate(self) -> int:
        """Seal with a new key from now on and return its id; old keys stay for reading.

        The index key stays: a new one would blind every look-up.
        """
        keys = _read(self._path)
        newest = max(keys.by_id) + 1
        keys = _Keys(index=keys.index, by_id={newest: _new_key(), **keys.by_id})
        _replace(self._path, _as_text(keys))
        self._keys = keys
        return newest

    def __repr__(self) -> str:
        return f"Vault({str(self._path)!r})"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class _Keys:
    """What a key file holds; the key with the highest id seals."""

    index: bytes
    by_id: Mapping[int, bytes]


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
    by_id = {entry["id"]: _decode(entry["key"]) for entry in table["keys"]}
    if not by_id or len(by_id) < len(table["keys"]):
        raise ValueError("no key, or one id twice")
    if not all(type(key) is int and 0 < key < _MAX_ID for key in by_id):
        raise ValueError("key ids")
    return _Keys(index=_decode(table["index"]), by_id=MappingProxyType(by_id))


def _as_text(keys: _Keys) -> str:
    """Write the keys as TOML, the newest first."""
    entries = "".join(
        f'\n[[keys]]\nid = {number}\nkey = "{_in_base64(keys.by_id[number])}"\n'
        for number in sorted(keys.by_id, reverse=True)
    )
    return f'{_PREAMBLE}\nindex = "{_in_base64(keys.index)}"\n{entries}'


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


def _header(key: int) -> bytes:
    return bytes((_VERSION, _AES_256_GCM)) + key.to_bytes(4)


def _encode(text: str) -> bytes:
    """Encode any string that Python can hold, lone surrogates too."""
    return text.encode("utf-8", _SURROGATES)


def _decode(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != _KEY_SIZE:
        raise binascii.Error("length of a key")
    return key


def _in_base64(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


def _new_key() -> bytes:
    return AESGCM.generate_key(bit_length=8 * _KEY_SIZE)


_VERSION: Final = 1
_AES_256_GCM: Final = 1  # the suite byte; 2 is kept for SM4-GCM
_KEY_SIZE: Final = 32
_NONCE_SIZE: Final = 12
_HEADER_SIZE: Final = 6
_BODY: Final = _HEADER_SIZE + _NONCE_SIZE
_MAX_ID: Final = 2**32
_OTHERS: Final = 0o077
_SURROGATES: Final = "surrogatepass"
_PREAMBLE: Final = """\
# 群规的密钥文件。丢失后，已加密的个人信息无法恢复：请另行备份，且不要与数据库备份放在一起。
# 只能由运行本程序的用户读取（0600）。不要手工修改。
"""
