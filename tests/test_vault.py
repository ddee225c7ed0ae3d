"""Sealing, blind index, key file and rotation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.errors import BotError
from bot.model.port import Seal
from bot.vault import Vault

PLACE = "findings.excerpt:7"
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.fixture(scope="session")
def vault(tmp_path_factory):
    return Vault.open(tmp_path_factory.mktemp("vault") / "vault.key", create=True)


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
    other = Vault.open(tmp_path / "vault.key", create=True)

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
