"""Classified: markings of state secrets as GB/T 9704 puts them on documents, and copies announced.

Flags: level, star and term (机密★10年, 秘密 ★ 1年, 绝密★长期), a level in heavy brackets or alone over
a text, 密级：机密, a level in the name of a file, cipher telegrams, "this is 绝密件", and somebody who
says that he passes a classified document on (标着机密的那份我拍给大家). Always critical; takes the secret
path: no text of it is kept.

Does not flag: talk about secrecy work (保密培训, 机密级会议室, 定密, how markings are written, forms and
registers), prohibitions and reported cases, state, trade and work secrets as notions, secrets in
ordinary talk, 明传电报.

Known misses: the content of a secret without its marking; markings in pictures.
"""

import re
from collections.abc import Iterator
from itertools import islice
from types import MappingProxyType
from typing import Final

from bot.model.finding import Severity, Span, Topic
from bot.screening.documents import (
    ENOUGH,
    FILE_ENDING,
    FORBIDDEN,
    KEPT_IN,
    REPORTED,
    SENDING,
    line_around,
    sentences,
    stretches,
)
from bot.screening.rule import Acquittal, Answer, Hit, Rule, Sighting

TALK: Final = "保密工作用语"

_LEVEL = r"(?:绝\s{0,2}密|机\s{0,2}密|秘\s{0,2}密)"
_NUMBER = r"(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})"
_YEARS = rf"(?:{_NUMBER}\s{{0,2}}(?:年|个?月|天|日)|长\s{{0,2}}期|永久)"
_TERM = rf"(?:{_YEARS}|解密|[一-龥]{{2,10}}前|[0-9]{{4}}年)"
_STARS = r"[★☆✩✪✭✮⭐✦✧✯✰✡🌟▲△◆]"
_WEAK_STARS = r"[*※●﹡#^]"
_OPEN, _CLOSE = r"[【\[〔［〖『「]", r"[】\]〕］〗』」]"
_NOUN = (
    r"(?:文件|材料|资料|原件|原文|红头|红头文件|报告|方案|纪要|通知|批示|电报|图纸|数据|名单|档案|试卷|信息|请示|函|附件|复印件|影印件|表格|扫描件"
    r"|议程|议程单|参会名单|录音|录像|照片|数据表|笔记|那段|那页|预案|规划|计划|通报|简报|内容|密件|电子版|公文|决定|意见|讲话|议题|清单|页|文(?!件)|件|东西)"
    r"(?!模板|格式|样式|回执|交接|室|馆|库|柜|系统|安全|网络|设备|化|夹|盒|袋|交换|传阅|管理|清退|登记|台账|自查|保管|销毁|流转|收发|借阅|制度|规定|办法|培训|检查|目录|回收|移交|归档"
    r"|审批|的?(?:管理|清退|登记|销毁|保管|流转|范围|标准|定义|确定|通知|要求))"
)
_QUALITY = (
    r"(?:的|级|类|以上|那[份个些张页]|这[份个些张页]|[一几]?[份个张页]|纸质|电子|重要|有关|相关|会议|红头|实施|工作|专项|预算|债务|人事|专题|经济)"
    r"{0,4}"
)

_DOCUMENT = re.compile(
    rf"(?:密电|密报|密令|密函|密码电)(?!码|箱)[^。！？\n，,]{{0,3}}(?:内容|原文|全文|上说|里说|精神)|(?:涉密|保密)会(?:议)?(?!议?室)[^。！？\n]{0, 8}(?:讲|说|传达|内容|部署)|(?:[标盖印写戳带打]|注明|印章)[^。！？\n，,、]{{0,6}}{_LEVEL}(?!级?(?:会议|场所|计算机|电脑|设备|岗位))"
    rf"|(?:{_LEVEL}|涉密){_QUALITY}{_NOUN}"
    rf"|(?:{_LEVEL}|涉密)级?(?:系统|网|内网|专网|u盘|硬盘|光盘|电脑|计算机|机)[里上中](?:的|存|导|拷|下|[一-龥])"
    rf"|(?:{_LEVEL}|涉密)的?那[段份个些页张]|保密室[^。！？\n，,]{{0,6}}(?:那[份个]|材料|文件|资料)|(?:保密|涉密)会议的?(?:内容|录音|材料|议程|纪要)(?!模板|格式)|机要(?:件|文件|材料)(?!柜|登记|收发|交换)"
    r"|密\s{0,2}件(?!登记|管理|收发|清退|销毁|柜|袋)|密电(?!码)|密传|密码电报"
    r"|标密的?|[有着]\s{0,2}[“\"‘]?{_LEVEL}[”\"’]?\s{0,2}(?:两个?大?字|2个字|字样|的?章|红字|戳)|[带有标][了着]?密级(?!标志|标识)|密级文件"
)
_THIS = re.compile(
    rf"(?:这|此|本|该|以下|上面|下面|附件|刚才|刚发)[^。！？!?\n，,]{{0,10}}"
    rf"(?:{_LEVEL}(?:级|件|文件|材料|资料)|(?:是|属于?|为){_LEVEL}(?=[，,。！!]|$)|涉密(?:文件|材料|资料|内容)|密件)"
    r"(?!柜|夹|登记|管理|会议|场所|计算机|电脑|人员|岗位|设备|[、/和])"
    rf"|(?m:^)\s{{0,4}}(?:{_LEVEL}级?(?:件|文件|材料|资料)|涉密(?:文件|材料|资料|内容)|密件)(?=[，,。！!：:])"
)
_COPYING = re.compile(
    r"(?:拷|存|导|复制|下载|打)(?:到|进|出|成|在|了)[^。！？!?\n]{0,10}(?:u盘|硬盘|手机|网盘|字|出来|一份)[^。！？!?\n]{0,6}(?:谁要|要的|想要|需要|发|给|大家|传|分享|看)"
    r"|(?:录了?音|录下|拍了|抄了|记下|记了)[^。！？!?\n]{0,10}(?:发|传|给|转|分享|谁要)|发上来|想看?的?私|我这有|(?:尽快|赶紧|快|自行|先)下载|(?:将就|凑合)(?:着)?看|给(?:你们|大家|各位)(?:说|念|讲|透露|看)"
)
_PLACE = re.compile(
    r"会议室|会场|这[场次]会|会议(?!纪要|材料|文件)|电脑|计算机|机器|场所|房间|系统|网络|项目|岗位|人员|打印机|设备|柜"
)
_HANDLED = re.compile(
    r"机要|登记|清退|归档|保密柜|保险柜|专人|当面|粉碎|移交|审批|内网|涉密网|保密审查|传阅|核对|领取|保密办|保密局|保密委|须|应当"
    r"|编号|签收|借阅|流转|退回|销毁(?!$|[了吧啊！!。，,]|后)"
)

_MARKINGS = (
    ("密级★保密期限", re.compile(rf"{_LEVEL}\s{{0,4}}{_STARS}{{1,3}}\s{{0,4}}(?:{_TERM})?")),
    ("密级★保密期限", re.compile(rf"{_LEVEL}\s{{0,4}}{_WEAK_STARS}{{1,3}}\s{{0,4}}{_TERM}")),
    ("密级★保密期限", re.compile(rf"{_STARS}\s{{0,2}}{_LEVEL}(?=\s{{0,2}}(?:{_STARS}|$|\n))")),
    (
        "密级和保密期限",
        re.compile(
            rf"(?m)^[\s【\[(〔]{{0,4}}{_LEVEL}级?[\s,，(\-—·]{{0,3}}(?:保密期限)?\s{{0,2}}[:：]?\s{{0,2}}{_YEARS}"
        ),
    ),
    (
        "密级标注",
        re.compile(rf"{_OPEN}\s{{0,2}}{_LEVEL}\s{{0,2}}(?:件|级|文件|资料)?\s{{0,2}}{_CLOSE}"),
    ),
    ("密级标注", re.compile(rf"(?m)^\s{{0,8}}[(（]\s{{0,2}}{_LEVEL}(?:件|级)?\s{{0,2}}[)）]")),
    ("密级标注", re.compile(rf"(?m)^[ (（]{{0,8}}{_LEVEL}(?:件)?[ )）]{{0,8}}$")),
    (
        "密级标注",
        re.compile(
            rf"[(（]\s{{0,2}}{_LEVEL}(?:件|级)?\s{{0,2}}[)）](?=\s{{0,4}}(?:$|\n|\.{FILE_ENDING}))"
        ),
    ),
    (
        "密级标注",
        re.compile(
            rf"(?m)^\s{{0,4}}{_LEVEL}\s{{0,2}}件?[:：]\s{{0,2}}(?:关于|[《]|[一-龥]{{2,6}}〔)"
        ),
    ),
    (
        "密级栏",
        re.compile(
            rf"密\s{{0,4}}级(?:和保密期限)?(?:\s{{0,2}}[:：]\s{{0,4}}{_LEVEL}|\s{{1,4}}{_LEVEL}(?=\s|$))(?!\s{{0,2}}[、/或和])"
        ),
    ),
    (
        "文件名中的密级",
        re.compile(
            rf"(?:^|(?<=[\s/\\《“\"(【:：]))(?:{_LEVEL}(?:件|级)?[-_—–－·.\s(（)）]{{1,3}}[^\s，。/\\]{{1,60}}?"
            rf"|(?:{_LEVEL}|涉密)级?(?:会议)?(?:文件|材料|资料|件|纪要|报告|方案|图纸|电报|名单|记录|会议记录|通知|清单)[^\s，。一-龥]{{0,12}})\.{FILE_ENDING}(?![a-z])"
        ),
    ),
    (
        "文件名中的密级",
        re.compile(rf"[-_—–－·.(（]{_LEVEL}(?:件|级)?[)）]?\.{FILE_ENDING}(?![a-z])"),
    ),
    (
        "密级和紧急程度",
        re.compile(
            rf"(?:特急|特提|加急|平急)[\s·,，]{{1,4}}{_LEVEL}(?=\s|$|[,，·])|{_LEVEL}[\s·,，]{{1,4}}(?:特急|特提|加急|平急)(?=\s|$|[,，·])"
        ),
    ),
    (
        "密码电报",
        re.compile(
            r"(?m)^\s{0,8}(?:[一-龥]{0,12}\s{0,2})?(?:密码|密传)\s{0,2}(?:电\s{0,2}报)?\s{0,4}$"
            r"|等级[:： ]{0,3}(?:特急|特提|加急|平急)[^\n]{0,16}密(?:传|电)"
            r"|密传(?:电报)?[:：\s]{1,3}(?:特急|特提|加急|平急|等级)|(?:特急|特提|加急|平急)[·\s]{0,3}密(?:传|电)"
        ),
    ),
)

_WRITTEN = re.compile(
    rf"标注(?![“\"「']?{_LEVEL}[”\"」']?的)|标识|标志|写法|格式|应当?标|如何标|怎么标|怎样标|例如|比如|譬如|举例|国标|国家标准|gb/?t|样式|示例|范例|样本|含义"
    r"|什么意思|知识点|讲解|字样(?!的)|字体|字号|黑体|顶格|定密|密级鉴定|保密期限不|保密法"
    r"|判断题|选择题|答题|题库"
)


def check(sighting: Sighting) -> Iterator[Answer]:
    """Look for markings around the words that were seen, then for what people say they pass on."""
    for phrase in sighting.allowed:
        yield Acquittal(spans=(Span(start=phrase.start, end=phrase.end),), by="允许用语")
    around = stretches(sighting)
    marked = (answer for stretch in around for answer in _marked(sighting, *stretch))
    announced = (
        answer
        for stretch in sentences(sighting.plain, around)
        for answer in _announced(sighting, *stretch)
    )
    yield from islice(marked, ENOUGH)
    yield from islice(announced, ENOUGH)


def _marked(sighting: Sighting, start: int, end: int) -> Iterator[Answer]:
    """Yield the markings in a stretch; one in talk about how markings are written is none."""
    alone = not sighting.plain.strip().count("\n")
    for name, pattern in _MARKINGS:
        for match in pattern.finditer(sighting.plain, start, end):
            if alone and not re.search(r"[^\s()（）件绝机秘密]", sighting.plain):
                continue
            span = sighting.span(*match.span())
            if _WRITTEN.search(line_around(sighting.plain, *match.span())):
                yield Acquittal(spans=(span,), by=TALK)
            else:
                yield Hit(spans=(span,), signals=(name,), severity=Severity.CRITICAL)


def _announced(sighting: Sighting, start: int, end: int) -> Iterator[Answer]:
    """Yield documents of which a sentence says that they are classified and passed on."""
    text = sighting.plain
    document = _DOCUMENT.search(text, start, end)
    this = _THIS.search(text, start, end)
    if document is None and this is None:
        return
    first = min(match.start() for match in (document, this) if match)
    last = max(match.end() for match in (document, this) if match)
    sending = SENDING.search(text, start, end) or _COPYING.search(text, start, end)
    if sending and document:
        name, spoken = "传送密件", FORBIDDEN.search(text, start, sending.end())
    elif this and not _PLACE.search(this[0]):
        kept = KEPT_IN.search(text, start, end)
        name = "说明是密件"
        spoken = FORBIDDEN.search(text, start, this.end()) or (
            None if kept else _HANDLED.search(text, start, end)
        )
    else:
        return
    span = sighting.span(first, last)
    if spoken or REPORTED.search(text) or _WRITTEN.search(line_around(sighting.plain, first, last)):
        yield Acquittal(spans=(span,), by=TALK)
    else:
        yield Hit(spans=(span,), signals=(name,), severity=Severity.CRITICAL)


RULE = Rule(
    code="classified",
    version=2,
    topic=Topic.CLASSIFIED,
    severity=Severity.CRITICAL,
    title="国家秘密标志",
    learned=0.47,
    words=MappingProxyType(
        dict.fromkeys(
            (
                "绝密",
                "机密",
                "秘密",
                "涉密",
                "密件",
                "密级",
                "密电",
                "标密",
                "秘密文件",
                "秘密材料",
                "秘密资料",
                "机密文件",
                "密报",
                "密函",
                "密传",
                "密码电报",
                "机要",
                "保密室",
                "保密会议",
            ),
            1,
        )
    ),
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
        *(
            "商业机密",
            "国家机密",
            "机密性",
            "机密计算",
            "核心秘密",
            "技术秘密",
            "保守秘密",
            "密电码",
        ),
        *(
            "公开的秘密",
            "成功的秘密",
            "长寿的秘密",
            "秘密书记",
            "秘密投票",
            "秘密交通",
            "机密级会议室",
        ),
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
        "绝密★启用前",
        "机密-应急处置方案.docx",
        "关于专项债务的报告（秘密）.pdf",
        "秘密▲5年 关于调整机构的函",
        "红头密件扫描发群里，各位先看",
        "机要局刚送来的机密文件，我先拍几张给你们",
        "那份涉密的实施方案电子版发我微信",
        "左上角印着“秘密”的那个通知，谁有电子版发我",
        "密传 特急 关于做好值守的电报",
        "以下内容属机密级材料，请勿外传",
    ),
    passes=(
        "机密级会议室门禁坏了，请后勤来修",
        "周三下午保密培训，讲解国家秘密的密级标注，如“机密★10年”的写法",
        "严防泄露商业秘密和个人隐私",
        "这是我们俩的小秘密，别告诉处长",
        "涉密文件须标注密级，绝密、机密、秘密三级",
        "不得泄露国家秘密",
        "机密件须登记后由机要员传阅",
        "涉密计算机采购文件发我邮箱，今天要审",
        "涉密人员管理台账更新后发群里",
        "涉密不上网，上网不涉密",
        "请到机要室领取机密文件，带上工作证",
        "某干部把机密级文件拍照发到微信群，受到党内严重警告处分",
        "涉密文件清退通知已发群里，请对照办理",
        "收到明传电报一份，请值班室办理",
        "这份材料经保密审查不涉密，可以发群里",
        "定密责任人名单请发我邮箱",
        "保密审查表填好后拍照发我",
        "这次会议是秘密级的，手机请放屏蔽柜",
    ),
    known_misses=("没有密级标志的涉密内容", "只在图片里出现的标志"),
)
