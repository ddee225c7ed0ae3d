"""Personal information: identity numbers and mobile numbers of people.

Flags: identity numbers of 18 digits (province, date, check digit) and of 15 (province, date), and
mobile numbers; also spaced, full-width, keycap or circled. A mobile is medium, an identity number
or a list of three mobiles high, two identity numbers critical: one flag a text, the severity is
that of the gravest.

Does not flag: landlines and service numbers, numbers already masked, numbers that a label beside
them names as an order, a parcel, a document, an invoice or an account, amounts of money.

Known misses: digits written as Chinese numerals, bank cards, passports, addresses.
"""

import re
from collections.abc import Iterator
from typing import Final

from bot.model.finding import Severity, Span, Topic
from bot.screening.numbers import Number, NumberKind
from bot.screening.rule import Acquittal, Answer, Hit, Need, Rule, Sighting
from bot.screening.whole import INSERTED

MANY_MOBILES: Final = 3
MANY_IDENTITIES: Final = 2

_LABEL_REACH = 14
_PRIVATE = re.compile(
    r"身份证|身份号|证件号|公民|手机|电话|联系|致电|拨打|来电|call|tel|mobile|phone|微信|号码是|本人|机主"
)
_OTHER = re.compile(
    r"订单|单号|运单|快递|物流|流水|发票|编号|文号|编码|代码|合同|凭证|批号|序列号|账号|帐号|卡号|户号"
    r"|工号|项目号|公告号|标段|招标|批次|条码|条形码|版本|金额|合计|资金|预算|会议号|会议id|群号|qq|税号"
    r"|识别号|设备号|资产号|车架号|许可证|备案号|案号|受理号|业务号|交易号|支付号|回执号|房产证|产权证|imei|id="
)
_AMOUNT = re.compile(r"\s?(?:元|万|亿|股|份|件|个|吨|kw|kb|字节|人次|美元|平方|公里|\.\d|,\d{3})")
_AMOUNT_BEFORE = re.compile(r"(?:[¥￥$]|rmb|\d[.,])\s?\Z")


def check(sighting: Sighting) -> Iterator[Answer]:
    """Judge each number by what stands beside it, then the text by how many there are."""
    found: list[Number] = []
    for number in sighting.numbers:
        by = _acquitted_by(sighting, number)
        if by is None:
            found.append(number)
        else:
            yield Acquittal(spans=(_span(number),), by=by)
    if found:
        yield Hit(
            spans=tuple(map(_span, found)),
            signals=tuple(number.kind.value for number in found) + _several(found),
            foldings=(INSERTED,) if any(number.spread for number in found) else (),
            severity=_severity(found),
        )


def _several(found: list[Number]) -> tuple[str, ...]:
    return ("多人信息",) if len({number.digits for number in found}) > 1 else ()


def _severity(found: list[Number]) -> Severity:
    identities = {number.digits for number in found if number.kind is not NumberKind.MOBILE}
    mobiles = {number.digits for number in found if number.kind is NumberKind.MOBILE}
    if len(identities) >= MANY_IDENTITIES:
        return Severity.CRITICAL
    return Severity.HIGH if identities or len(mobiles) >= MANY_MOBILES else Severity.MEDIUM


def _acquitted_by(sighting: Sighting, number: Number) -> str | None:
    plain = sighting.plain
    start, end = sighting.position(number.start), sighting.position(number.end)
    before = plain[max(start - _LABEL_REACH, 0) : start]
    if number.kind is not NumberKind.IDENTITY and (
        _AMOUNT.match(plain, end) or _AMOUNT_BEFORE.search(before)
    ):
        return "金额或数量"
    if any(link.start <= number.start and number.end <= link.end for link in sighting.links):
        return "网址中的数字"
    line = before.rpartition("\n")[2]
    label = _last(_OTHER, line)
    if label > _last(_PRIVATE, line):
        return "编号而非个人号码"
    return None


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Return where the last match ends, -1 without one: the nearest label decides."""
    return max((match.end() for match in pattern.finditer(text)), default=-1)


def _span(number: Number) -> Span:
    return Span(start=number.start, end=number.end)


RULE = Rule(
    code="personal_information",
    version=1,
    topic=Topic.PERSONAL_INFORMATION,
    severity=Severity.MEDIUM,
    title="身份证号、手机号等个人信息",
    needs=(Need.DIGITS,),
    check=check,
    flags=(
        "王小明的身份证号是11010519491231002X",
        "身份证 110105 19491231 002X，请登记",
        "身份证：１１０１０５１９４９１２３１００２Ｘ",
        "老身份证 110105491231002",
        "李四手机13800138000",
        "电话 138-0013-8000，晚上打",
        "打我电话1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣",
        "+86 138 0013 8000",
    ),
    passes=(
        "快递单号13800138000，放门卫了",
        "联系电话0559-2312345，传真010-65123456",
        "合同金额13500000000元",
        "订单号110105194912310021已付款",
        "财预〔2026〕12号",
        "手机138****8000的同志请到前台",
        "统一社会信用代码11110000000013338W",
        "会议号 138 0013 8000，准时参加",
    ),
    known_misses=("用汉字数字写的号码", "银行卡号、护照号、车牌号、家庭住址"),
)
