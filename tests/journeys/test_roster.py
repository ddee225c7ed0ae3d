"""The office's roster comes in whole or not at all, and no file shows anything of it."""

import logging
from collections.abc import Awaitable, Iterator
from pathlib import Path

import pytest

from bot.calendar import local
from tests.journeys.conftest import Stage
from tests.journeys.site import Site
from tests.journeys.test_registration import qungui
from tests.roster.workbooks import Value, workbook

HEAD = ("姓名", "科室", "职务", "工号", "离职日期", "身份证号", "手机")
NAME, NUMBER, IDENTITY, PHONE = "欧阳若谷", "GH770123", "11010519491231002X", "13987654321"
PLANTED = (NAME, "司徒云舒", NUMBER, IDENTITY, PHONE)
OUYANG = (NAME, "预算科", "科长", NUMBER, None, IDENTITY, PHONE)
SITU = ("司徒云舒", "国库科", "科员", "GH770124", None, None, PHONE)
REASON = "人事档案核对"


def roster(site: Site, *rows: tuple[Value, ...]) -> str:
    """Write a roster of these rows and return where."""
    return str(workbook(site.folder.parent / "名册.xlsx", [HEAD, *rows]))


def people(stage: Stage) -> Awaitable[object]:
    """Return who is on the roster, as (name, unit, last day)."""
    return stage.records(
        lambda records: {
            each.name: (each.unit, each.left_on) for each in records.people.all() if each.on_roster
        }
    )


def in_clear(site: Site, more: str = "") -> list[str]:
    """Return what of the planted roster can be read in the files of the data folder."""
    contents = {path.name: path.read_bytes() for path in site.folder.iterdir() if path.is_file()}
    contents["more"] = more.encode()
    return [
        f"{file}: {planted}"
        for file, content in contents.items()
        for planted in PLANTED
        for spelled in spellings(planted)
        if spelled in content
    ]


def spellings(text: str) -> Iterator[bytes]:
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030", "unicode_escape"):
        yield text.encode(encoding)


def test_a_roster_goes_through_the_running_bot_and_then_as_a_difference(on_site):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            first = await qungui(site, "roster", "import", roster(site, OUYANG, SITU), "--yes")
            assert first.exit_code == 0, first.output
            assert "新增 2，变更 0，换科室 0，离开 0，不变 0" in first.output
            assert "不导入电话：手机" in first.output

            moved = ("司徒云舒", "预算科", *SITU[2:])
            again = await qungui(
                site, "roster", "import", roster(site, moved), "--identity", REASON, answers="y\n"
            )

            assert again.exit_code == 0, again.output
            assert "新增 0，变更 0，换科室 1，离开 0，不变 0" in again.output
            assert "司*　国库科 → 预算科" in again.output
            assert "将记为今天离开（1 人）：\n  欧*" in again.output
            today = local(site.clock.now()).date()
            assert await people(stage) == {NAME: ("预算科", today), "司徒云舒": ("预算科", None)}
            shown = await qungui(site, "roster", "show", "--unit", "预算科")
            assert "司*　科员" in shown.output
            for output in (first.output, again.output, shown.output):
                assert not any(planted in output for planted in PLANTED)

    on_site(journey)


def test_nothing_of_a_roster_can_be_read_in_the_files_the_log_and_the_metrics(on_site, caplog):
    async def journey(site: Site) -> None:
        async with site.registered() as stage:
            path = roster(site, OUYANG, SITU, ("周安", "培训科"))
            done = await qungui(site, "roster", "import", path, "--yes", "--identity", REASON)
            assert done.exit_code == 0, done.output
            kept = await stage.records(
                lambda records: [
                    records.people.identity_of(each.id) for each in records.people.named(NAME)
                ]
            )
            assert kept == [IDENTITY]
            backup = await qungui(site, "backup", str(site.folder / "backup.db"))
            assert backup.exit_code == 0, backup.output

            assert in_clear(site, str(stage.play.bot.metrics.exposition())) == []
            # A unit is no secret: it is found, so what is looked for would be found, too.
            assert "培训科".encode() in (site.folder / "backup.db").read_bytes()

            bad = roster(site, OUYANG, OUYANG)
            refused = await qungui(site, "roster", "import", bad, "--yes")
            assert refused.exit_code == 2
            assert not any(planted in refused.output for planted in PLANTED)
        logged = "\n".join(repr(record.__dict__) for record in caplog.records)
        assert in_clear(site, logged) == []
        assert {path.name for path in site.folder.iterdir()} >= {"qungui.db", "backup.db"}

    with caplog.at_level(logging.DEBUG):
        on_site(journey)


def test_without_a_reason_identity_numbers_are_forgotten_again(on_site):
    async def journey(site: Site) -> None:
        path = roster(site, OUYANG)
        await qungui(site, "roster", "import", path, "--yes", "--identity", REASON)

        done = await qungui(site, "roster", "import", path, "--yes")

        assert done.exit_code == 0, done.output
        assert "不导入身份证号" in done.output
        assert site.records(lambda records: records.people.identity_of(1)) is None

    on_site(journey)


@pytest.mark.parametrize("running", [True, False])
def test_one_bad_row_keeps_every_row_out(on_site, running: bool):
    async def journey(site: Site) -> None:
        bad = ("王大明", "国库科", None, None, "2026-02-30")
        path = roster(site, OUYANG, bad, (None, "国库科"))

        if running:
            async with site.bot():
                done = await qungui(site, "roster", "import", path, "--yes")
        else:
            done = await qungui(site, "roster", "import", path, "--yes")

        assert done.exit_code == 2
        assert "✗ 第 3 行 离职日期：没有这一天，请核对。" in done.output
        assert "✗ 第 4 行 姓名：没有填，请补上，或把这一行删去。" in done.output
        assert "有 2 行要改，还没有写入任何一行。" in done.output
        assert site.records(lambda records: records.people.all()) == ()

    on_site(journey)


def test_who_does_not_confirm_changes_nothing(on_site):
    async def journey(site: Site) -> None:
        done = await qungui(site, "roster", "import", roster(site, OUYANG), answers="n\n")

        assert done.exit_code == 1
        assert "新增 1" in done.output
        assert site.records(lambda records: records.people.all()) == ()

    on_site(journey)


def test_a_roster_of_a_part_lets_nobody_leave_by_mistake(on_site):
    async def journey(site: Site) -> None:
        office = [(f"张{chr(0x4E00 + n)}", f"第{n % 3}科") for n in range(60)]
        await qungui(site, "roster", "import", roster(site, *office), "--yes")
        some = roster(site, *office[:30])

        refused = await qungui(site, "roster", "import", some, "--yes")
        part = await qungui(site, "roster", "import", some, "--yes", "--part")

        assert refused.exit_code == 2
        assert "像是一部分人的表" in refused.output
        assert part.exit_code == 0, part.output
        assert "不变 30" in part.output
        everybody = site.records(lambda records: records.people.all())
        assert [each for each in everybody if each.left_on] == []
        shown = await qungui(site, "roster", "show")
        assert shown.output.splitlines()[-1] == "合计 60 人"

    on_site(journey)


def test_a_roster_that_is_none_is_said_in_a_sentence(on_site, tmp_path: Path):
    async def journey(site: Site) -> None:
        path = workbook(tmp_path / "名册.xlsm", [HEAD, OUYANG])

        done = await qungui(site, "roster", "import", str(path), "--yes")

        assert done.exit_code == 2
        assert done.stderr.splitlines()[-1] == "名册.xlsm 是可以带宏的表格，不读，请另存为 .xlsx。"

    on_site(journey)
