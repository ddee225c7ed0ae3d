"""Sealing, blind index, key file and rotation."""

import base64
import tomllib

import pytest
from cryptography.hazmat.primitives import hashes
from hypothesis import given
from hypothesis import strategies as st

from bot.model.errors import BotError
from bot.model.port import Seal
from bot.vault import Suite, Vault, _Key, key_id, told_keys

PLACE = "findings.excerpt:7"
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.fixture(scope="session", params=Suite)
def vault(tmp_path_factory, request):
    folder = tmp_path_factory.mktemp("vault")
    return Vault.open(folder / "vault.key", create=True, suite=request.param)


def test_the_vault_is_the_seal_port(vault):
    seal: Seal = vault

    assert seal.unseal(seal.seal("赵一", place=PLACE), place=PLACE) == "赵一"


@given(ANY_TEXT, ANY_TEXT)
def test_whatever_is_sealed_comes_back(vault, text, place):
    assert vault.unseal(vault.seal(text, place=place), place=place) == text


def test_lone_surrogates_survive(vault):
    text = "坏\ud800字\udfff"

    assert vault.unseal(vault.seal(text, place=PLACE), place=PLACE) == text
    assert len(vault.index(text, place=PLACE)) == 32


@given(st.data(), st.integers(1, 255))
def test_any_flipped_byte_is_refused(vault, data, change):
    sealed = bytearray(vault.seal("赵一 13900000000", place=PLACE))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= change

    with pytest.raises(BotError):
        vault.unseal(bytes(sealed), place=PLACE)


@given(st.data())
def test_cut_off_bytes_are_refused(vault, data):
    sealed = vault.seal("赵一", place=PLACE)
    cut = sealed[: data.draw(st.integers(0, len(sealed) - 1))]

    with pytest.raises(BotError):
        vault.unseal(cut, place=PLACE)


def test_sealed_bytes_do_not_open_in_another_place(vault):
    sealed = vault.seal("赵一", place="people.name:1")

    with pytest.raises(BotError, match="解不开"):
        vault.unseal(sealed, place="people.name:2")


def test_another_vault_does_not_open_it(vault, tmp_path):
    other = Vault.open(tmp_path / "vault.key", create=True, suite=vault.index_suite)

    with pytest.raises(BotError, match="解不开"):
        other.unseal(vault.seal("赵一", place=PLACE), place=PLACE)


def test_the_same_text_is_never_sealed_the_same(vault):
    assert vault.seal("赵一", place=PLACE) != vault.seal("赵一", place=PLACE)


def test_an_error_does_not_tell_the_place_or_the_text(vault):
    sealed = vault.seal("赵一", place="people.account:qq:10001")

    with pytest.raises(BotError) as refused:
        vault.unseal(sealed, place="people.account:qq:10002")

    assert "1000" not in str(refused.value)
    assert "赵一" not in str(refused.value)


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_the_index_is_equal_for_equal_texts_of_one_place_only(vault, text, other, place):
    same = vault.index(text, place=place) == vault.index(other, place=place)

    assert same == (text == other)
    assert vault.index(text, place=place) != vault.index(text, place=place + "x")


def test_the_index_does_not_mix_place_and_text(vault):
    assert vault.index("bc", place="a") != vault.index("c", place="ab")


def test_a_key_file_is_made_for_its_owner_only(tmp_path):
    path = tmp_path / "keys" / "vault.key"

    Vault.open(path, create=True)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_an_existing_key_file_is_never_made_anew(tmp_path):
    path = tmp_path / "vault.key"
    sealed = Vault.open(path, create=True).seal("赵一", place=PLACE)

    again = Vault.open(path, create=True)

    assert again.unseal(sealed, place=PLACE) == "赵一"


def test_a_missing_key_file_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(BotError, match="不存在"):
        Vault.open(tmp_path / "vault.key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_key_file_open_to_others_is_refused(tmp_path, mode):
    path = tmp_path / "vault.key"
    Vault.open(path, create=True)
    path.chmod(mode)

    with pytest.raises(BotError, match=f"{mode:04o}.*chmod 600"):
        Vault.open(path)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("index", "indexes"),
        ("[[keys]]", "[[others]]"),
        ("id = 1", "id = 0"),
        ("id = 1", "id = 4294967296"),
        ("id = 1", "id = true"),
        ("id = 1", "id = [1]"),
        ('key = "', 'key = "A'),
        ('key = "', 'key = "坏'),
        ("[[keys]]", "[[keys"),
    ],
)
def test_a_damaged_key_file_is_refused_without_quoting_it(tmp_path, right, wrong):
    path = tmp_path / "vault.key"
    Vault.open(path, create=True)
    path.write_text(path.read_text().replace(right, wrong))

    with pytest.raises(BotError, match="已损坏") as refused:
        Vault.open(path)

    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_after_a_rotation_old_and_new_open(tmp_path):
    path = tmp_path / "vault.key"
    vault = Vault.open(path, create=True)
    old, look_up = vault.seal("赵一", place=PLACE), vault.index("赵一", place=PLACE)

    new_id = vault.rotate()

    new = vault.seal("赵一", place=PLACE)
    again = Vault.open(path)
    assert (old[2:6], new[2:6]) == ((1).to_bytes(4), new_id.to_bytes(4))
    assert [again.unseal(sealed, place=PLACE) for sealed in (old, new)] == ["赵一", "赵一"]
    assert again.index("赵一", place=PLACE) == look_up
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_two_rotations_lose_no_key(tmp_path):
    path = tmp_path / "vault.key"
    first, second = Vault.open(path, create=True), Vault.open(path)
    first.rotate()
    sealed = first.seal("赵一", place=PLACE)

    second.rotate()

    assert second.unseal(sealed, place=PLACE) == "赵一"


def test_what_a_lost_key_sealed_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "vault.key"
    vault = Vault.open(path, create=True)
    before = path.read_text()
    vault.rotate()
    sealed = vault.seal("赵一", place=PLACE)
    path.write_text(before)

    with pytest.raises(BotError, match="恢复当时的密钥文件"):
        Vault.open(path).unseal(sealed, place=PLACE)


def test_the_vault_shows_no_keys(tmp_path):
    path = tmp_path / "vault.key"
    vault = Vault.open(path, create=True)

    assert repr(vault) == f"Vault({str(path)!r})"
    assert path.read_text().count('"') == 4


# 国密

RFC_8998 = {
    "key": "0123456789abcdeffedcba9876543210",
    "nonce": "00001234567800000000abcd",
    "about": "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    "text": "aa" * 8 + "bb" * 8 + "cc" * 8 + "dd" * 8 + "ee" * 8 + "ff" * 8 + "ee" * 8 + "aa" * 8,
    "body": (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    ),
}


def test_sm4_gcm_is_that_of_rfc_8998():
    given_ = {name: bytes.fromhex(value) for name, value in RFC_8998.items()}
    key = _Key(suite=Suite.SM, secret=given_["key"])

    body = key.encrypt(given_["nonce"], given_["text"], given_["about"])

    assert body == given_["body"]
    assert key.decrypt(given_["nonce"], body, given_["about"]) == given_["text"]


def test_the_index_of_guomi_is_hmac_sm3(tmp_path):
    path = tmp_path / "vault.key"
    vault = Vault.open(path, create=True, suite=Suite.SM)
    secret = base64.b64decode(tomllib.loads(path.read_text())["index"])
    content = (1).to_bytes(4) + b"p" + "赵一".encode()

    index = vault.index("赵一", place="p")

    assert index == by_definition(secret, content)


def by_definition(key: bytes, content: bytes) -> bytes:
    """HMAC (RFC 2104) written out over SM3, for a key shorter than a block of 64 bytes."""
    padded = key.ljust(64, b"\0")

    def sm3(some: bytes) -> bytes:
        digest = hashes.Hash(hashes.SM3())
        digest.update(some)
        return digest.finalize()

    inner = sm3(bytes(each ^ 0x36 for each in padded) + content)
    return sm3(bytes(each ^ 0x5C for each in padded) + inner)


def test_both_suites_open_in_one_vault_and_the_look_ups_stay(tmp_path):
    path = tmp_path / "vault.key"
    vault = Vault.open(path, create=True)
    old, look_up = vault.seal("赵一", place=PLACE), vault.index("赵一", place=PLACE)

    vault.rotate(Suite.SM)

    again = Vault.open(path)
    new = again.seal("赵一", place=PLACE)
    assert (old[1], new[1]) == (1, 2)
    assert [again.unseal(each, place=PLACE) for each in (old, new)] == ["赵一", "赵一"]
    assert again.index("赵一", place=PLACE) == look_up
    assert again.keys == {2: Suite.SM, 1: Suite.AES}
    assert again.index_suite is Suite.AES


def test_a_key_is_never_used_with_another_suite_than_its_own(tmp_path):
    vault = Vault.open(tmp_path / "vault.key", create=True)
    sealed = bytearray(vault.seal("赵一", place=PLACE))
    sealed[1] = 2

    with pytest.raises(BotError, match="没有加密时用的 1 号密钥"):
        vault.unseal(bytes(sealed), place=PLACE)


def test_what_is_told_of_keys_names_those_that_are_missing(tmp_path):
    vault = Vault.open(tmp_path / "vault.key", create=True, suite=Suite.SM)
    first = vault.head
    vault.rotate()
    lost = bytes((1, 1)) + (7).to_bytes(4)

    told = list(told_keys(vault, {first: 3, vault.head: 5, lost: 2}))

    assert told == [
        "2 号　SM4-GCM　在用，5 处",
        "1 号　SM4-GCM　还有 3 处，正在换用新密钥",
        "7 号　密钥文件里没有，2 处打不开：请恢复当时的密钥文件",
        "查找用的散列　HMAC-SM3",
    ]
    assert key_id(lost) == 7
