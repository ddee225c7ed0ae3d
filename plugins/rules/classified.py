"""Classified: markings of state secrets as GB/T 9704 puts them on documents.

Flags: level, star and term (机密★10年, 秘密 ★ 1年, 绝密★长期), a level in heavy brackets or alone on
a line, 密级：机密, 绝密件, a copy announced in words (标着机密的那份). Always critical; takes the
secret path: no text of it is kept.

Does not flag: talk about secrecy work (保密培训, 机密级会议室, 定密, how markings are written), state,
trade and work secrets as notions, secrets in ordinary talk.

Known misses: the content of a secret without its marking; markings in pictures.
"""

import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from bot.model.finding import Severity, Span, Topic
from bot.screening.rule import Acquittal, Answer, Hit, Rule, Seen, Sighting

NEAR: Final = 40

_LEVEL = r"(?:绝\s{0,2}密|机\s{0,2}密|秘\s{0,2}密)"
_STARS = r"[★☆✩✪✭✮⭐✦✧*＊※﹡]"
_TERM = (
    r"(?:(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})\s{0,2}(?:年|个?月|天|日)|长期|永久|解密|"
    r"启用前|[一-龥]{2,10}前|[0-9]{4}年)"
)
_MARKINGS = (
    ("密级★保密期限", re.compile(rf"{_LEVEL}\s{{0,4}}{_STARS}{{1,3}}\s{{0,4}}(?:{_TERM})?")),
    (
        "密级标注",
        re.compile(rf"[【\[〔［]\s{{0,2}}{_LEVEL}\s{{0,2}}(?:件|级|文件)?\s{{0,2}}[】\]〕］]"),
    ),
    ("密级标注", re.compile(rf"(?m)^\s{{0,8}}[(（]\s{{0,2}}{_LEVEL}\s{{0,2}}[)）]")),
    ("密级标注", re.compile(rf"(?m)^[\s(（]{{0,8}}{_LEVEL}(?:件)?[\s)）]{{0,8}}$")),
    (
        "密级标注",
        re.compile(rf"[(（]\s{{0,2}}{_LEVEL}\s{{0,2}}[)）](?=\s{{0,4}}(?:$|\n|\.[a-z]{{2,4}}))"),
    ),
    ("密级栏", re.compile(rf"密\s{{0,2}}级\s{{0,2}}[:：]\s{{0,2}}{_LEVEL}(?!\s{{0,2}}[、/或和])")),
    ("密件", re.compile(rf"{_LEVEL}件(?!夹|数)")),
    (
        "文字说明的密件",
        re.compile(
            rf"(?:[标盖印写][着著有了]|注明)[“\"'「【]?{_LEVEL}[”\"'」】]?"
            rf"(?!级?(?:会议|场所|计算机|电脑|设备))"
        ),
    ),
    (
        "传送密件",
        re.compile(
            rf"(?:发|传|拍|转|扫描|截图|复印|看|要|给)[^。！？\n]{{0,8}}(?:那|这|一)(?:份|个|本|张)"
            rf"[^。！？\n]{{0,4}}{_LEVEL}(?:级)?(?:的)?(?:文件|材料|资料|文|报告|方案|会议纪要|通知)"
        ),
    ),
    (
        "传送密件",
        re.compile(
            rf"(?:那|这|一)(?:份|个|本|张)[^。！？\n，]{{0,4}}{_LEVEL}(?:级)?(?:的)?"
            rf"(?:文件|材料|资料|报告|方案|纪要|通知)[^。！？\n]{{0,6}}(?:发给?|拍给?|传给?|转给?)"
            rf"(?:群|你|大家|我|到|了|过去|出)"
        ),
    ),
)

_TALK = re.compile(
    r"保密(?:培训|教育|工作|知识|检查|制度|规定|管理|法|宣传|提醒|委|办|局|员|承诺|考试|测试|课)|定密|密级标[注志识]"
    r"|标[注志识](?:方法|方式|格式|规范|要求|位置)|如何标|怎么标|怎样标|应当?标|格式为|例如|比如|譬如|举例|国家标准|国标"
    r"|gb/?t|样式|示例|范例|题目|答题|选择题|判断题|考试|知识点|培训|学习|严禁|禁止|不得|不准|不能|切勿|请勿|不要"
    r"|管理办法|管理规定|登记|台账|清退|销毁|移交|流转|传阅|归档|机要|保险柜|密码柜|是什么意思|含义|三级|分为|分级"
)
_HARD_TALK = re.compile(
    r"密级标[注志识]|标[注志识](?:方法|方式|格式|规范|要求|位置)|如何标|怎么标|怎样标|应当?标|格式为|例如|比如|譬如"
    r"|举例|国家标准|国标|gb/?t|样式|示例|范例|选择题|判断题|答题|是什么意思|含义|知识点|培训|定密"
)


def check(sighting: Sighting) -> Iterator[Answer]:
    """Look for a marking around each level that was seen, then for talk about secrecy work."""
    plain = sighting.plain
    for phrase in sighting.allowed:
        yield Acquittal(spans=(Span(start=phrase.start, end=phrase.end),), by="允许用语")
    for start, end in _stretches(sighting):
        for name, pattern in _MARKINGS:
            for match in pattern.finditer(plain, start, end):
                yield _answer(sighting, name, match)


def _stretches(sighting: Sighting) -> Iterator[tuple[int, int]]:
    """Yield the stretches of the plain view around the words, overlapping ones joined."""
    plain = sighting.plain
    reach: tuple[int, int] | None = None
    for word in sighting.words:
        start, end = _around(sighting, word)
        if reach and start <= reach[1]:
            reach = reach[0], max(end, reach[1])
            continue
        if reach:
            yield reach
        reach = start, min(end, len(plain))
    if reach:
        yield reach


def _around(sighting: Sighting, word: Seen) -> tuple[int, int]:
    """Return where to look for a marking, whole lines where they are short."""
    plain = sighting.plain
    start, end = sighting.position(word.start), sighting.position(word.end)
    return max(start - NEAR, plain.rfind("\n", 0, start) + 1), _line_end(plain, end)


def _line_end(plain: str, end: int) -> int:
    stop = plain.find("\n", end, end + NEAR)
    return stop if stop >= 0 else min(end + NEAR, len(plain))


def _answer(sighting: Sighting, name: str, match: re.Match[str]) -> Answer:
    span = sighting.span(*match.span())
    talk = _HARD_TALK if name in {"密级★保密期限", "文字说明的密件", "传送密件"} else _TALK
    near = sighting.plain[max(match.start() - NEAR, 0) : match.end() + NEAR]
    if talk.search(near):
        return Acquittal(spans=(span,), by="保密工作用语")
    return Hit(spans=(span,), signals=(name,), severity=Severity.CRITICAL)


RULE = Rule(
    code="classified",
    version=1,
    topic=Topic.CLASSIFIED,
    severity=Severity.CRITICAL,
    title="国家秘密标志",
    words=MappingProxyType({"绝密": 1, "机密": 1, "秘密": 1}),
    allows=(
        *(
            "商业秘密",
            "国家秘密",
            "工作秘密",
            "个人秘密",
            "通信秘密",
            "小秘密",
            "秘密武器",
            "秘密花园",
        ),
        *("商业机密", "国家机密", "机密性", "机密计算", "秘密级", "机密级", "绝密级", "核心秘密"),
        *("保守秘密", "公开的秘密", "成功的秘密", "长寿的秘密", "秘密书记", "秘密投票", "秘密交通"),
    ),
    check=check,
    flags=(
        "机密★10年\n关于调整有关经费的请示",
        "秘密 ★ 1年",
        "绝密★长期 各处室阅",
        "【机 密】关于报送专项情况的报告",
        "这份是绝密件，看完删",
        "密级：秘密 份号：000012",
        "標著機密的那份我拍給大家",
        "机密＊一年",
    ),
    passes=(
        "机密级会议室门禁坏了，请后勤来修",
        "周三下午保密培训，讲解国家秘密的密级标注，如“机密★10年”的写法",
        "严防泄露商业秘密和个人隐私",
        "这是我们俩的小秘密，别告诉处长",
        "涉密文件须标注密级，绝密、机密、秘密三级",
        "不得泄露国家秘密",
        "机密件须登记后由机要员传阅",
    ),
    known_misses=("没有密级标志的涉密内容", "只在图片里出现的标志"),
)
