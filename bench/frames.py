"""Event frames as a OneBot peer sends them: the recorded shape, realistic texts, fresh ids."""

import json
from collections.abc import Iterator
from itertools import cycle, repeat
from pathlib import Path

CORPUS = Path(__file__).parent.parent / "tests" / "corpus"
ACCOUNT = "qq:10001"
FIRST_GROUP = 700_001
_ORDINARY, _VIOLATIONS = "ordinary_work_talk.txt", "violations.jsonl"
_EVERYDAY = (
    "收到",
    "好的，谢谢",
    "收到，马上办理",
    "请各科室今天下班前报送材料",
    "明天上午九点在三楼会议室开会，请准时参加",
    "附件已经发到大家的邮箱，请查收",
    "张科长在办公室吗？有份文件要签字",
    "我这边的数据核对完了，和国库科一致",
    "下午的会改到四点，地点不变",
    "请预算单位尽快确认指标，逾期系统将自动退回",
    "这个项目的绩效目标还要再细化一下",
    "麻烦把上次的会议纪要再发一遍",
    "辛苦了",
    "今天的值班表已更新",
    "各位同事，食堂明天中午提前半小时开饭",
    "已转办公室，请等通知",
    "专项资金的拨付进度请按周填报",
    "没有意见",
    "这份表格第二页的合计数对不上，请核对后重新报一下，谢谢",
    "周五之前把本季度的工作总结交给综合科汇总",
)


def group_messages(
    count: int,
    *,
    groups: int,
    first_id: int = 1,
    everyday: bool = False,
    one_violation_in: int = 100,
    violation: str = "",
) -> list[bytes]:
    """Return frames of group messages, spread evenly over the groups, each from its own sender.

    The shape is LuckyLilliaBot's, as recorded; NapCat's differs by two numbers. Every hundredth
    message is one of the corpus's violations, the others are its ordinary talk (half of that was
    written to look like an offence), or `everyday` talk.
    """
    ordinary, violations = _texts()
    if everyday:
        ordinary = cycle(_EVERYDAY)
    if violation:
        violations = repeat(violation)
    frames = []
    for index in range(count):
        number = first_id + index
        violates = one_violation_in and index % one_violation_in == one_violation_in - 1
        text = next(violations if violates else ordinary)
        frames.append(_frame(number, text, FIRST_GROUP + (index + index // 100) % groups))
    return frames


def _frame(number: int, text: str, group: int) -> bytes:
    # Platforms give ids that look like chance; so rows fall all over the store's index.
    scattered = number * 2_654_435_761 % 2**32 - 2**31
    event = {
        "self_id": 10001,
        "user_id": 300_000_000 + number,
        "time": 1_795_277_987,
        "message_id": scattered,
        "message_seq": number,
        "message_type": "group",
        "sender": {
            "user_id": 300_000_000 + number,
            "nickname": "小李",
            "card": "李四-市场部",
            "role": "member",
            "level": "10",
            "title": "",
        },
        "raw_message": text,
        "font": 14,
        "sub_type": "normal",
        "message": [{"type": "text", "data": {"text": text}}],
        "message_format": "array",
        "post_type": "message",
        "group_id": group,
        "group_name": "项目一组工作群(改)",
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _texts() -> tuple[Iterator[str], Iterator[str]]:
    ordinary = (CORPUS / _ORDINARY).read_text().split("\n")
    violations = (CORPUS / _VIOLATIONS).read_text().splitlines()
    return (
        cycle([line for line in ordinary if line.strip()]),
        cycle([json.loads(line)["text"] for line in violations]),
    )
