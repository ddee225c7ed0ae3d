"""Personal information: numbers, papers, cars and homes of people.

Flags: identity numbers of 18 digits (province, date, check digit) and of 15, mobiles, bank cards
(issuer prefix, Luhn); spaced, full-width, keycap, in Chinese numerals; with a label beside them
also numbers whose check digit is wrong; passports, permits, home landlines; a person's licence
plate; a home's address down to the house. One mobile, plate or address is medium, an identity
number, a card or a list of three numbers high, two identity numbers or cards critical: one flag a
text, the severity is that of the gravest.

Does not flag: landlines and service numbers, numbers already masked, numbers that a label beside
them names as an order, a parcel, a document, an invoice or an account of a unit, amounts, the
number in a trader's own advertisement, cars of the office, addresses of offices and hotels.

Known misses: names, health and birth without a number; numbers in pictures.
"""

import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import Final, NamedTuple

from bot.model.finding import Severity, Span, Topic
from bot.screening.numbers import Number, NumberKind
from bot.screening.rule import Acquittal, Answer, Hit, Need, Rule, Sighting
from bot.screening.whole import INSERTED

MANY: Final = 3
MANY_GRAVE: Final = 2

ENOUGH: Final = 100
"""Numbers of people after which a text needs no further proof."""

NOT_PERSONAL: Final = "编号而非个人号码"

_LABEL_REACH = 20
_CARD_REACH = 60
_FILLER = r"[^，,。;；!！?？、\n0-9a-z]{0,5}"
_PRIVATE = re.compile(
    r"身份证|身份号|证件号|公民|残疾证|驾驶证|手机|电话|联系|致电|拨打|来电|call|tel|mobile|phone|微信|号码是?|本人|机主|[他她]"
    r"|户名|姓名|样[本例]"
)
_IDENTITY_LABEL = re.compile(
    r"身份证|身份号|证件号|(?<![考可])证号|公民身份|身份信息|残疾证|驾驶证|社保号|社保卡|医保|学籍|户口"
)
_CARD_LABEL = re.compile(
    r"卡号|银行卡|储蓄卡|工资卡|信用卡|借记卡|[的我他她]卡|打到|打我|转账|汇款|收款|户名|[工农中建交邮招]行|银行|信用社|农商|账号|帐号|公务卡|社保卡"
)
_UNIT_ACCOUNT = re.compile(
    r"单位(?:银行)?[账帐][户号]|对公[账帐][户号]|基本[存款账帐]*户|零余额|公户|公司[账帐][户号]|财政专户|国库|专户|缴款|税务|基金专"
)
_OTHER = (
    r"(?:订单|定单|单号|运单|面单|快递|物流|邮件号|取件|提货|流水|发票|票[号据]|凭单|编号|文号|编码|代码|合同|凭证|批号|批次|序列|序号|卷号|档案号|账号|帐号"
    r"|卡号|户号|工号|工单|保单|项目|公告号?|标段|招标|采购|条形?码|版本|金额|合计|资金|预算|指标|会议号?|会议id|群号|qq群?|税号|识别号|信用代码"
    r"|设备|资产|(?<!手)机号|机身|车架号|发动机号|许可证|备案号|案号|受理号|业务号|交易号|支付号|回执号|房产证|产权证|不动产|通知书|缴款|单据|验证码"
    r"|准考证|考号|房间号|直播|频道|imei|uid|\bid|\bsn|s/n|\bno\.?|isbn|电表|水表|燃气|哈希|md5|专利|登记号|样品|国药准字|质保|检验|坐标|时间戳)"
)
_OTHER_LABEL = re.compile(
    rf"{_OTHER}{_FILLER}\Z|(?<![a-z])(?!tel|phone|mob|cell)[a-z]{{1,6}}[-_]\Z"
)
_OTHER_AFTER = re.compile(rf"\s?[(（]?(?:是|为|这个|这|的|号)?\s?[^，,。\n0-9]{{0,2}}{_OTHER}")
_MORE = re.compile(r"[\s、,，/;；和及与至到~—-]{1,6}\Z")
_AMOUNT = re.compile(
    r"\s?(?:元|万|亿|股|份|件|个|吨|kw|kb|字节|人次|美元|平方|公里|米|\.\d|,\d{3})"
)
_AMOUNT_BEFORE = re.compile(r"(?:[¥￥$]|rmb|\d[.,])\s?\Z")
_SAMPLE = re.compile(r"(?:示例|样例|范例|格式|例如|比如|譬如|如[:：])[^，,。\n]{0,8}\Z")
_PUBLISHED = re.compile(
    r"(?:值班|值守|服务|监督|举报|咨询|公开|客服|热线|投诉|报修|应急|救援|公示|大厅)(?:电话|手机|热线|号码)?[:：\s]{0,3}\Z"
)
_TRADE = re.compile(
    r"专业|代[开办理写]|上门|低价|回收|批发|厂家|优惠|招租|出租|转让|贷款|办证|刻章|疏通|维修|开锁|搬家|预订|订购|加盟|包邮|促销|特价|量大|发票"
    r"|货到付款|可验证后|免费|全城|包教|点数|额度|放款|秒批|推广|加微信?|咨询|房源|中介|月租|看房|求购|收购|长期收|专做|装修|半包|满意|微信同号|现货|保质|招聘|兼职|学历|课程|报名即"
)
_PERSON = re.compile(r"[他她]|姓名|叫|姓|名叫|本人的|业主信息|举报人|投诉人|当事人|家长|老[婆公]")

_PAPERS = (
    (
        "护照号",
        re.compile(r"护照|passport"),
        re.compile(
            r"(?<![a-z0-9])(?:[egdspkhm][a-z]?[0-9]{7,8}|e[a-z]\s?[0-9]{7}|[a-z]\s?[0-9]{4}\s?[0-9]{4})(?![a-z0-9])"
        ),
    ),
    (
        "通行证号",
        re.compile(r"通行证|回乡证|港澳证"),
        re.compile(
            r"(?<![a-z0-9])(?:[hm]\s?[0-9]{8}(?:[0-9]{2})?|[cwlt][a-z]?\s?[0-9]{7,8})(?![a-z0-9])"
        ),
    ),
    (
        "台湾居民通行证号",
        re.compile(r"台胞证|台湾(?:居民)?(?:来往大陆)?通行证|台证"),
        re.compile(r"(?<![a-z0-9])[0-9]{8}(?:[0-9]{2})?(?![a-z0-9])"),
    ),
    (
        "军警证件号",
        re.compile(r"军官证|士兵证|警官证|军人证|文职证"),
        re.compile(r"(?:[军士警武]字?第?|(?<![a-z0-9]))[0-9]{6,8}(?![a-z0-9])"),
    ),
    (
        "家庭电话",
        re.compile(r"(?:家里|家庭|住宅|宅电|[他她]家)(?:的)?(?:电话|座机|固话|号码)"),
        re.compile(r"(?<![0-9])(?:0[0-9]{2,3}[-\s]?)?[2-9][0-9]{6,7}(?![0-9])"),
    ),
)
_PAPER_REACH = 120

_PLATE = re.compile(
    r"(?<![a-z0-9])[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]\s?[a-hj-z]\s?[·.•\-]?\s?"
    r"(?=[a-z0-9]{0,5}[0-9][a-z0-9]{0,5}[0-9])(?:[0-9a-hj-np-z]{6}|[0-9a-hj-np-z]{5})(?![0-9a-z])"
)
_OWNED = re.compile(
    r"车主|私家车|本人|名下|[他她](?:的|家的?|开的?|那)?车|家的车|座驾|老[婆公]|业主|姓名|户主|自驾|[他她](?:的)?车牌|其车牌|车是|开的是"
    r"|[某]|[一-龥]{1,3}的车牌"
)
_NAMED_PLATE = re.compile(
    r"(?:^|[\s，,、;；:：。])[一-龥]{2,3}[\s,，:：]{0,2}(?:车牌号?|车号)?[:：是\s]{0,2}\Z"
)
_OFFICE_CAR = re.compile(
    r"公务|公车|执法|警车|单位车|派车|保障车|班车|通勤|工程车|调度|车队|洒水|环卫|救护|挪|挡|堵|放行|来访|违停|年检|加油|维修|保养|拍卖"
    r"|报废|审车|事故车|中巴|大巴|考斯特|接站|接送"
)

_HOME = re.compile(
    r"家住|现住|租住|暂住|家庭(?:住址|地址)|(?:现|居|常)?住址|住在|家里?地址|家在|居住(?:地址?|于|在)|户籍(?:地址|所在地|地)|收[货件]地址|老家"
    r"|(?<![居入])住(?!宿|房|建|院|户|所|处)(?=[一-龥]{2,8}[省市县区镇乡街路村弄巷苑])"
)
_HOUSE = re.compile(
    r"[^。！？!?\n;；]{0,36}?(?:[路街巷弄道村组里湾庄屯]|小区|花园|苑|新村|公寓|家园|宿舍|府|城|庭|园|院|区|镇|乡|号|期|厦|座|栋|幢|单元)\s?"
    r"(?:[0-9]{1,4}|[一二三四五六七八九十百]{1,4})(?:-[0-9]{1,4}){0,2}\s?(?:号楼|号院|号|栋|幢|座|单元|室|弄|组|户|楼|(?=\s?(?:$|[，,。;；\s、])))"
)
_HOUSE_AND_ROOM = (
    r"(?:小区|花园|苑|新村|家园|公寓|宿舍|府|湾|城|庭|园|中心|名邸|华庭)\s?[一-龥a-z]{0,2}"
    r"[0-9]{1,3}\s?(?:号楼|栋|幢|座|#|-)\s?(?:[0-9一二三四]{1,2}单元|[0-9]-)?\s?[0-9]{3,4}(?![0-9])"
)
_ROOM = re.compile(_HOUSE_AND_ROOM)
_RESIDENCE = re.compile(rf"[一-龥]{{2,10}}{_HOUSE_AND_ROOM}")
_NOT_A_HOME = re.compile(r"酒店|宾馆|招待所|会议中心|办公楼|行政中心|政务中心|服务中心|饭店|培训")
_OFFICE_ADDRESS = re.compile(
    r"局|委|办公|科|处室|政府|中心|大厦|公司|银行|学校|医院|超市|门店|驿站"
)
_RESIDENT = re.compile(r"户主|业主|住户|老人|独居|租客|收件人|困难户|姓名|[他她]|叫|先生|女士|家属")


class _Found(NamedTuple):
    """Something about a person: where in the original, its name, what tells it from others."""

    span: Span
    name: str
    key: str
    grave: bool


def check(sighting: Sighting) -> Iterator[Answer]:
    """Judge each number by what stands beside it, then the text by how much there is."""
    found: list[_Found] = []
    before: tuple[Number, bool] | None = None
    for number in sighting.numbers:
        by = _acquitted_by(sighting, number, before)
        before = number, by == NOT_PERSONAL
        if by is not None:
            yield Acquittal(spans=(_span(number),), by=by)
        elif not number.kind.doubtful or _labelled(sighting, number):
            grave = number.kind is not NumberKind.MOBILE
            found.append(_Found(_span(number), number.kind.value, number.digits, grave))
            if len(found) == ENOUGH:
                break
    if _advertised(sighting, found):
        yield Acquittal(spans=(found[0].span,), by="商家自留电话")
        found = []
    found += _papers(sighting)
    found += _homes(sighting, tied=bool(found))
    for one in _plates(sighting, tied=bool(found)):
        if isinstance(one, _Found):
            found.append(one)
        else:
            yield one
    if found:
        yield Hit(
            spans=tuple(one.span for one in found),
            signals=tuple(one.name for one in found) + _several(found),
            foldings=(INSERTED,) if any(number.spread for number in sighting.numbers) else (),
            severity=_severity(found),
        )


def _several(found: list[_Found]) -> tuple[str, ...]:
    """Name a list of people: two different things of one kind."""
    kinds = [one.name for one in {one.key: one for one in found}.values()]
    return ("多人信息",) if len(set(kinds)) < len(kinds) else ()


def _severity(found: list[_Found]) -> Severity:
    keys = {one.key for one in found}
    grave = {one.key for one in found if one.grave}
    if len(grave) >= MANY_GRAVE:
        return Severity.CRITICAL
    return Severity.HIGH if grave or len(keys) >= MANY else Severity.MEDIUM


def _acquitted_by(
    sighting: Sighting, number: Number, before: tuple[Number, bool] | None
) -> str | None:
    """Return what speaks for a number; `before` is the last one and whether it was no person's."""
    plain = sighting.plain
    start, end = sighting.position(number.start), sighting.position(number.end)
    line = plain[max(start - _LABEL_REACH, 0) : start].rpartition("\n")[2]
    if number.kind is not NumberKind.IDENTITY and (
        _AMOUNT.match(plain, end) or _AMOUNT_BEFORE.search(line)
    ):
        return "金额或数量"
    if any(link.start <= number.start and number.end <= link.end for link in sighting.links):
        return "网址中的数字"
    if number.kind is NumberKind.MOBILE and (_SAMPLE.search(line) or _PUBLISHED.search(line)):
        return "示例或公布的服务电话"
    if _is_card(number):
        return _card_acquitted_by(sighting, number, start)
    return NOT_PERSONAL if _names_a_thing(sighting, line, start, end, before) else None


def _names_a_thing(
    sighting: Sighting, line: str, start: int, end: int, before: tuple[Number, bool] | None
) -> bool:
    """Return whether a label says that a number is a thing's, or it follows one that is."""
    other = _OTHER_LABEL.search(line)
    if other and not _PRIVATE.search(line, other.start()):
        return True
    if _OTHER_AFTER.match(sighting.plain, end, end + 12):
        return True
    if before is None or not before[1]:
        return False
    return _MORE.match(sighting.plain[sighting.position(before[0].end) : start]) is not None


def _card_acquitted_by(sighting: Sighting, number: Number, start: int) -> str | None:
    """Return what speaks for the number of a card: another label, or no label of a card."""
    line = sighting.plain[max(start - _CARD_REACH, 0) : start].rpartition("\n")[2]
    if _UNIT_ACCOUNT.search(line):
        return "单位账户"
    other = _OTHER_LABEL.search(line)
    if other and not _CARD_LABEL.search(line, other.start()):
        return NOT_PERSONAL
    if not number.digits.startswith("62") and not _labelled(sighting, number):
        return NOT_PERSONAL
    return None


def _labelled(sighting: Sighting, number: Number) -> bool:
    """Return whether a label near a number says what it is, before it or right after."""
    plain = sighting.plain
    start, end = sighting.position(number.start), sighting.position(number.end)
    label = _CARD_LABEL if _is_card(number) else _IDENTITY_LABEL
    return any(
        label.search(plain, *reach)
        for reach in ((max(start - _CARD_REACH, 0), start), (end, end + 12))
    )


def _is_card(number: Number) -> bool:
    return number.kind in {NumberKind.CARD, NumberKind.DOUBTFUL_CARD}


def _advertised(sighting: Sighting, found: list[_Found]) -> bool:
    """Return whether the only number is a mobile that a trader leaves for his customers."""
    if len(found) != 1 or found[0].grave or _PERSON.search(sighting.plain):
        return False
    return len({match[0] for match in _TRADE.finditer(sighting.plain)}) >= MANY_GRAVE


def _papers(sighting: Sighting) -> Iterator[_Found]:
    """Yield the numbers of papers that stand after their label, in a list too."""
    plain = sighting.plain
    for name, label, pattern in _PAPERS:
        reach = 0
        for labelled in label.finditer(plain):
            reach = max(reach, labelled.end())
            while match := pattern.search(plain, reach, reach + _PAPER_REACH):
                if _clearly_other(plain, match.start()):
                    break
                yield _Found(sighting.span(*match.span()), name, match[0], grave=True)
                reach = match.end()


def _clearly_other(plain: str, start: int) -> bool:
    return _OTHER_LABEL.search(plain[max(start - _LABEL_REACH, 0) : start]) is not None


def _homes(sighting: Sighting, *, tied: bool) -> Iterator[_Found]:
    """Yield the addresses of homes; `tied` says that the text tells of a person anyway."""
    plain = sighting.plain
    reach = 0
    for label in _HOME.finditer(plain):
        match = _HOUSE.match(plain, label.end()) if label.end() >= reach else None
        if match is None or _NOT_A_HOME.search(match[0]) or "*" in match[0]:
            continue
        if label[0].startswith("收") and _OFFICE_ADDRESS.search(
            plain, label.end(), match.end() + 12
        ):
            continue
        reach = match.end()
        yield _Found(sighting.span(*match.span()), "住址", match[0], grave=False)
    # What a room stands behind is slow to look for, and most texts name no room.
    if reach or not _ROOM.search(plain) or not (tied or _RESIDENT.search(plain)):
        return
    for match in _RESIDENCE.finditer(plain):
        if not _NOT_A_HOME.search(match[0]):
            yield _Found(sighting.span(*match.span()), "住址", match[0], grave=False)


def _plates(sighting: Sighting, *, tied: bool) -> Iterator[_Found | Acquittal]:
    """Yield the licence plates of people's cars; one that only has to be moved is none."""
    plain = sighting.plain
    plates = list(_PLATE.finditer(plain))
    named = [
        match
        for match in plates
        if _NAMED_PLATE.search(plain, max(match.start() - 14, 0), match.start())
    ]
    for match in plates:
        near = plain[max(match.start() - 25, 0) : match.end() + 15]
        personal = tied or _OWNED.search(near) or len(named) > 1 or match in named
        if personal and not _OFFICE_CAR.search(near):
            yield _Found(sighting.span(*match.span()), "车牌号", match[0], grave=False)
        else:
            yield Acquittal(spans=(sighting.span(*match.span()),), by="公务或临时用车")


def _span(number: Number) -> Span:
    return Span(start=number.start, end=number.end)


RULE = Rule(
    code="personal_information",
    version=2,
    topic=Topic.PERSONAL_INFORMATION,
    severity=Severity.MEDIUM,
    title="身份证号、手机号、银行卡号、住址等个人信息",
    learned=0.34,
    needs=(Need.DIGITS,),
    words=MappingProxyType(
        dict.fromkeys(
            (
                *(
                    "护照",
                    "passport",
                    "通行证",
                    "回乡证",
                    "港澳证",
                    "台胞证",
                    "军官证",
                    "士兵证",
                    "警官证",
                    "军人证",
                ),
                *("家里电话", "家庭电话", "住宅电话", "宅电", "家里座机", "他家电话", "她家电话"),
                *(
                    "家住",
                    "现住",
                    "租住",
                    "暂住",
                    "住址",
                    "住在",
                    "家庭地址",
                    "家里地址",
                    "家地址",
                    "家在",
                    "居住",
                    "户籍",
                ),
                *(
                    "收货地址",
                    "收件地址",
                    "老家",
                    "号楼",
                    "单元",
                    "宿舍",
                    "小区",
                    "公寓",
                    "家园",
                    "花园",
                    "新村",
                    "车牌",
                    "车主",
                    "私家车",
                    "的车",
                    "家车",
                ),
            ),
            1,
        )
    ),
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
        "工资打这张卡：6222 0212 3456 7890 128 建行",
        "他的护照号是E12345678",
        "港澳通行证C12345678，姓名陈一鸣",
        "台胞证号 07654321，接机用",
        "车主李大勇，车牌皖A12345",
        "她的车是皖AD12345，天天停这儿",
        "老李家住屯溪区新安南路12号3栋502室",
        "收件人张小红，滨江花园6幢2单元301室",
        "名单：赵一 341000198504121232，钱二 11010519491231002X",
        "身份证号341000198504121233，帮忙查下社保",
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
        "公务用车皖J00001今天去歙县，下午回",
        "皖A12345挡住通道了，请挪一下车",
        "单位银行账号6222021234567890128，开户行建行黄山分行",
        "市财政局地址：屯溪区新安大道18号",
        "阳光小区3栋2单元301漏水，请物业上门",
        "值班电话：13800138000",
        "专家住在徽州大酒店8楼808室",
        "填写示例：张三 13800138000",
        "流水号6222021234567890128，请核对",
        "运单号13800138000、13900139000已到",
    ),
    known_misses=("只有姓名、病情、出生日期的名单", "图片里的号码"),
)
