"""Where sealed bytes lie: nothing is forgotten when keys change, and a missing key is named."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.model.action import (
    AllowPhrase,
    AmendGroup,
    ConfirmAccount,
    Hold,
    KeepEdition,
    KeepFilingStep,
    KeepLook,
    KeepMembers,
    ObserveGroup,
    OpenDialogue,
    SaveAlert,
    SaveAppeal,
    SaveAudit,
    SaveAuditItems,
    SaveDataRequest,
    SaveFiling,
    SaveGroupChanges,
    SaveJoinRequest,
    SaveRoster,
    SayPrivately,
)
from bot.model.alert import Appeal
from bot.model.errors import BotError
from bot.model.event import CommandGiven
from bot.model.filing import Deed, Edition, FilingStep
from bot.model.group import Member, Person
from bot.model.join import JoinRequest
from bot.model.member import Account, Confirmation
from bot.model.message import Standing
from bot.model.rights import DataRequest, Look, RequestKind, RequestState
from bot.model.weekly_audit import AuditItem, AuditReason, WeeklyAudit
from bot.pipeline.record import record
from bot.vault import Suite, Vault, key_id
from storage.database import Connection, open_store
from storage.sealed import TABLES, Position, heads, prove, reseal
from storage.unit_of_work import UnitOfWork
from tests.storage.moments import NOW, a_filing, a_finding, a_group_change, an_alert


@pytest.fixture
def full(peopled: UnitOfWork) -> UnitOfWork:
    """Return a store in which every sealed column of every table holds something."""
    person = Person(id=3, name="欧阳若谷", unit="预算科", staff_number="GH7", on_roster=True)
    account = Account(platform="qq", user="20013", person=3, how=Confirmation.CODE, linked_at=NOW)
    item = AuditItem(
        audit=1, number=1, user="20013", shown="张三", reason=AuditReason.NO_RECORD, note="留"
    )
    request = DataRequest(
        id=1,
        kind=RequestKind.CORRECT,
        account="qq:10001",
        user="20013",
        text="科室不对",
        made_at=NOW,
    )
    asks = JoinRequest(
        id=1,
        group=1,
        user="20099",
        comment="预算科 张三",
        flag="f1",
        recipient=1,
        number=7,
        asked_at=NOW,
        reason="查无此人",
    )
    member = Member(user="20013", card="预算科 欧阳若谷")
    with peopled.transaction():
        finding = peopled.findings.add(a_finding())
        assert finding is not None
        for change in (
            SaveRoster(people=(person,), identities=((3, "11010519491231002X"),)),
            ConfirmAccount(account=account),
            Hold(person=3, reason="纪检调取"),
            KeepLook(look=Look(person=3, by=1, reason="核对", at=NOW)),
            ObserveGroup(group=1, member_count=9, standing=Standing.MEMBER, owner_user="20011"),
            KeepMembers(group=1, members=(member,), complete=True),
            SaveAlert(alert=an_alert()),
            SaveAppeal(appeal=Appeal(id=1, alert=1, sender="20013", text="不是", made_at=NOW)),
            AllowPhrase(rule="gambling", phrase="棋牌室改造", proposed_by=1, agreed_by=2),
            OpenDialogue(person=1, kind="code", body="x", expires_at=NOW + timedelta(days=1)),
            SaveJoinRequest(request=asks),
            SaveAudit(audit=WeeklyAudit(id=1, group=1, week="2026-W47", opened_at=NOW)),
            SaveAuditItems(items=(item,)),
            SaveDataRequest(request=request.closed(RequestState.DONE, NOW, answer="已改")),
            AmendGroup(group=1, contact="孙三 0571-0000", approver="钱二"),
            SaveFiling(filing=a_filing(reason="缺用途")),
            SaveGroupChanges(changes=(a_group_change(reason="没有改名"),)),
            KeepEdition(edition=Edition(filing=1, number=1, content={"a": "b"}, made_at=NOW)),
            KeepFilingStep(step=FilingStep(filing=1, at=NOW, deed=Deed.REFUSED, detail="缺用途")),
            SayPrivately(account="qq:10001", user="20011", text="请看"),
        ):
            record(change, peopled, NOW)
        peopled.inbox.add(CommandGiven(at=NOW, account="qq:10001", user="2", text="看"), NOW)
    return peopled


def everything(records: UnitOfWork, vault: Vault) -> dict[str, str]:
    """Return all that is sealed, opened at the place the registry says."""
    return {
        f"{place} {number}": vault.unseal(sealed, place=place)
        for table in TABLES
        for column in table.columns
        for number, (sealed, place) in enumerate(
            records.connection.execute(
                f"SELECT {column}_sealed, {table.place(column)} FROM {table.name}"
                f" WHERE length({column}_sealed) > 0"
            ).fetchall()
        )
    }


def reseal_all(records: UnitOfWork, vault: Vault, limit: int = 2) -> int:
    """Reseal in small batches; return how many it took."""
    position: Position | None = Position()
    batches = 0
    while position is not None:
        with records.transaction():
            position = reseal(records.connection, vault, position, limit)
        batches += 1
    return batches


def test_every_sealed_column_of_the_schema_is_known(connection: Connection):
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    in_schema = {
        (name, row[1].removesuffix("_sealed"))
        for (name,) in tables
        for row in connection.execute(f"PRAGMA table_info({name})")
        if row[1].endswith("_sealed")
    }

    assert {(table.name, column) for table in TABLES for column in table.columns} == in_schema


def test_the_registry_knows_every_place_and_nothing_is_lost_with_a_new_key(
    full: UnitOfWork, vault: Vault
):
    before = everything(full, vault)
    assert {key.split(":")[0] for key in before} == {
        f"{table.name}.{column}" for table in TABLES for column in table.columns
    }

    new = vault.rotate(Suite.SM)
    batches = reseal_all(full, vault)

    assert batches > len(TABLES)
    assert [key_id(head) for head in heads(full.connection)] == [new]
    assert everything(full, vault) == before
    assert full.people.named("欧阳若谷")[0].id == 3
    assert full.people.with_account("qq", "20013") is not None
    assert [each.shown for each in full.members.of(1)] == ["预算科 欧阳若谷"]


def test_what_is_under_the_present_key_is_not_written_again(full: UnitOfWork, vault: Vault):
    sealed = "SELECT user_sealed FROM members"
    before = full.connection.execute(sealed).fetchall()

    reseal_all(full, vault)

    assert full.connection.execute(sealed).fetchall() == before


def test_a_damaged_row_stops_neither_the_start_nor_the_resealing(full: UnitOfWork, vault: Vault):
    full.connection.execute(
        "UPDATE people SET name_sealed = substr(name_sealed, 1, 20) WHERE id = 1"
    )

    proven = prove(full.connection, vault)
    vault.rotate()
    reseal_all(full, vault)

    assert proven == {(b"\x01\x01" + (1).to_bytes(4))}
    assert sorted(map(key_id, heads(full.connection))) == [1, 2]
    assert full.people.get(2).name == "钱二"


def test_a_key_that_is_missing_is_named(full: UnitOfWork, vault: Vault, tmp_path: Path):
    path = tmp_path / "vault.key"
    before = path.read_text()
    vault.rotate()
    with full.transaction():
        full.people.enrol(Person(id=4, name="孙三"), "qq", "20003", NOW)
    path.write_text(before)

    with pytest.raises(BotError, match=r"没有加密时用的 2 号密钥.*数据没有改动"):
        prove(full.connection, Vault.open(path))


def test_a_key_of_another_store_is_refused_by_its_id(full: UnitOfWork, tmp_path: Path):
    other = Vault.open(tmp_path / "other.key", create=True)

    with pytest.raises(BotError, match="1 号密钥不是原来的"):
        prove(full.connection, other)


def test_an_empty_store_and_one_without_tables_need_no_key(
    records: UnitOfWork, vault: Vault, tmp_path: Path
):
    bare = open_store(tmp_path / "bare.db", migrate=False)

    assert prove(records.connection, vault) == frozenset()
    assert prove(bare, vault) == frozenset()
    bare.close()
