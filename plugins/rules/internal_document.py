"""Internal documents: markings that keep a paper inside, and drafts and minutes passed on early.

Flags: 内部资料 注意保存, 内部文件 不得外传, 仅供内部参考, 内部明电, 工作秘密, 商密▲, 此件不公开, a draft or minutes
with 请勿外传, （未定稿）, what is not yet public and is passed on before (还没上会，先发大家看看). A marking
is high, a draft or an announcement medium.

Does not flag: 内部控制, 内部审计, 内部培训 and other work with that name, drafts that are published for
comments or being written, rules that forbid passing on, house notices.

Known misses: an internal document without marking; markings in pictures.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from bot.model.finding import Severity, Topic
from bot.screening.documents import (
    ENOUGH,
    FILE_ENDING,
    FORBIDDEN,
    KEPT_IN,
    REPORTED,
    SENDING,
    line_around,
    stretches,
)
from bot.screening.rule import Acquittal, Answer, Hit, Rule, Sighting
from bot.screening.weighing import crossed, graded

TALK: Final = "内部管理用语"

_INTERNAL = (
    r"(?:内部\s{0,2}(?:资料|文件|材料|刊物|通报|情况通报|情况|讨论稿?|报告|文稿|方案|纪要|简报|工作简报|名单|数据|参考|掌握|传阅|发行|发送|使用|口径|用|稿)"
    r"|工作秘密|敏感(?:信息|内容|材料|资料|文件|数据)|内参|内刊)"
)
_DRAFT = (
    r"(?:征求意见稿?|讨论稿|未定稿|送审稿|送阅稿|审议稿|草案|草稿|初稿|草表|代拟稿|修改稿|报审稿|报批稿|过会稿|汇报稿|测算表|初步方案"
    r"|初步意见|调整方案|分配方案|名单|底稿|速记稿|征求意见版|内部版|口径)"
)
_MINUTES = r"(?:(?:会议|党组会|办公会|常务会|常委会|专题会|联席会|局务会|碰头会)[^。！？\n，,]{0,4}(?:纪要|记录)|纪要)"
_LOOSE = r"[\s,，:：;；!！、·—\-|★☆▲()（）】\]]"
_ONLY = (
    r"(?:仅|只)?(?:供|限|发)[^。！？\n，,]{0,6}?(?:内部|班子|专班|成员|党组|参会人员|领导|有关人员|本人|本局|本单位|机关|处室)"
    r"[^。！？\n，,]{0,4}?(?:参考|使用|传阅|参阅|掌握|学习|交流|阅示|审阅|阅存|阅知|知悉|讨论|发放|阅)?"
)
_KEEP = (
    rf"(?:{KEPT_IN.pattern}|注意保(?:存|密|管)|妥善保(?:管|存)|{_ONLY}|不(?:得|予|要|宜)?对?外?公开|不对外|看(?:完|后|了)[^。，,\n]{0, 10}(?:删|撤|销毁)|阅后(?:即焚|收回|归还|销毁)"
    r"|(?:千万|务必|注意|请)保密|编号)"
)

_MARKINGS = (
    (
        "内部标注",
        re.compile(
            rf"{_INTERNAL}(?:[(（]?第?[0-9]{{1,4}}[期号])?{_LOOSE}{{1,4}}[^。！？\n]{{0,14}}{_KEEP}"
        ),
        Severity.HIGH,
    ),
    (
        "内部标注",
        re.compile(rf"(?m)^[\s【\[(（〔]{{0,4}}{_INTERNAL}[】\])）〕]?{_LOOSE}{{0,4}}{_KEEP}"),
        Severity.HIGH,
    ),
    (
        "内部标注",
        re.compile(
            r"[【\[(（〔]\s{0,2}(?:内部|内部(?:资料|文件|材料|刊物|参考|使用|传阅|掌握|讨论稿|稿|情况|情况通报)|工作秘密[^】\])）〕]{0,6}|敏感信息|不公开"
            r"|内参)\s{0,2}[】\])）〕]"
            rf"(?=\s{{0,4}}(?:$|\n|\.{FILE_ENDING}|关于|[《，,。]|[^\n]{{0,40}}(?:勿|外传|方案|报告|名单|意见|分析)))"
        ),
        Severity.HIGH,
    ),
    (
        "内部标注",
        re.compile(
            r"(?m)^\s{0,4}[【\[(（〔]\s{0,2}内部(?:资料|文件|材料|刊物|参考|稿|情况)\s{0,2}[】\])）〕]\s{0,4}[^\s]"
        ),
        Severity.HIGH,
    ),
    (
        "内部标注",
        re.compile(
            r"(?:传阅|知悉|知晓|发放|阅读)范围[:：]|(?:传阅|阅)后(?:请)?(?:即)?(?:收回|退回|交回|销毁)|[一-龥](?:报告|方案|材料|名单|稿|意见|情况|口径|纪要|记录|分析|快报|底稿|总结|安排)\s{0,2}[(（【\[]\s{0,2}内部\s{0,2}[)）】\]]"
            r"|仅供(?:[^。！？\n，,]{0,4})(?:掌握|参阅)|仅供(?:[^。！？\n，,]{0,6})内部(?:参考|使用|传阅|参阅|掌握)|(?:仅|只)限(?:[^。！？\n，,]{0,6})内部(?:传阅|参阅|掌握|参考)"
            r"|(?:仅|只)(?:供|限|发)[^。！？\n，,]{0,4}(?:领导|班子|党组|专班|核心)[^。！？\n，,]{0,6}(?:参考|参阅|阅存|阅示|阅知|知悉|掌握|传阅|成员)|供内部(?:参考|参阅|掌握)|内部参考[，,\s]|供领导(?:同志)?(?:参阅|内部)"
        ),
        Severity.HIGH,
    ),
    (
        "内部标注",
        re.compile(
            r"(?m)^\s{0,4}(?:本件|此件|本文|此文)?[^。！？\n，,]{0,4}(?:仅|只)(?:供|限)[^。！？\n，,]{0,8}(?:领导|班子|党组|专班|内部|本局|机关)[^。！？\n，,]{0,6}(?:审阅|参阅|传阅|阅|参考|决策|掌握|知悉)"
            r"|(?m:^)[\s【\[]{0,4}内部(?:传阅件|参阅件|参考|资料|文件|刊物|情况通报|工作简报)\s{0,2}[】\]]?(?:$|\n|\s{0,2}[(（]?第)"
            r"|[(（【]内部(?:资料|文件|材料|刊物)[^)）】\n]{1,10}[)）】]"
            r"|[，,、(（\s]内部(?:掌握|传阅|交流|参阅)(?=$|[，,。)）\n])|限内部(?:交流|传阅|使用)[，,]"
        ),
        Severity.HIGH,
    ),
    (
        "不公开标注",
        re.compile(
            r"(?:未公开|不公开|内部)(?:事项|内容|信息)[，,、\s][^。！？\n]{0,6}(?:仅?限|只限|仅供|不得|请勿)|限(?:班子|党组|[处科]级|副?[处科]|领导|专班|参会|本处室)[^。！？\n，,]{0,6}(?:知悉|掌握|阅|传阅|使用)|(?:此件|本件|该件)不(?:予)?公开|公开(?:属性|方式|选项)[:：]\s{0,2}不(?:予)?公开|\(不对外\)|(?m:^)\s{0,4}(?:不公开|不予公开)\s{0,4}(?:\n|$)"
        ),
        Severity.HIGH,
    ),
    (
        "内部明电",
        re.compile(
            r"(?m)^[\s【\[]{0,4}(?:[一-龥]{0,10}\s{0,2})?内部明电(?!已|请|的|在|收|登|报|系统)"
            r"|内部明电[^。！？\n]{0,10}(?:〔|全文|内容|如下|特急|加急)"
        ),
        Severity.HIGH,
    ),
    (
        "工作秘密",
        re.compile(
            r"工作秘密\s{0,2}[★☆▲△◆*]|密级[:：]\s{0,2}(?:内部|工作秘密)|标[着有注了][“\"]?(?:内部|工作秘密)(?:资料|文件|材料)?"
            r"|(?:普通|核心)商(?:业秘)?密\s{0,2}[▲△★☆]"
        ),
        Severity.HIGH,
    ),
    (
        "说明是内部文件",
        re.compile(
            r"(?:这|此|本|以下|上面|附件|刚发)[^。！？!?\n，,]{0,8}(?:属于?|是|为|系)[^。！？!?\n，,]{0,4}(?:工作秘密|内部(?:资料|文件|材料|参考))"
            r"(?!管理|柜|[、/和])"
        ),
        Severity.HIGH,
    ),
    (
        "未公开文稿",
        re.compile(rf"(?:{_DRAFT}|{_MINUTES})[^。！？!?\n]{{0,24}}{KEPT_IN.pattern}"),
        Severity.MEDIUM,
    ),
    (
        "未公开文稿",
        re.compile(
            rf"(?:{_DRAFT}|{_MINUTES})[^。！？!?\n]{{0,20}}(?:{_ONLY}(?=[，,。)）】\s]|$)|不对外|内部(?:发送|传阅|掌握|发放)|[,，]?(?:千万|务必)保密)"
        ),
        Severity.MEDIUM,
    ),
    (
        "未公开文稿",
        re.compile(
            rf"(?:{KEPT_IN.pattern})[，,：:\s]{{1,3}}[^。！？!?\n]{{0,12}}(?:{_DRAFT}|{_MINUTES})"
        ),
        Severity.MEDIUM,
    ),
    (
        "未公开文稿",
        re.compile(
            r"[【\[(（〔《]\s{0,2}未定稿\s{0,2}[】\])）〕》]|[-_]未定稿\.|(?m:^)\s{0,4}未定稿\s"
        ),
        Severity.MEDIUM,
    ),
)

_DOCUMENT = re.compile(
    r"(?:内部|不公开的|未公开的)(?:的)?(?:文件|资料|材料|讨论稿|稿|通报|名单|方案|数据|底稿|简报|会议记录|纪要)"
    r"(?!柜|管理|制度|汇编|目录|系统|办法|规定)|会议记录原文|工作秘密(?!管理|事项|定)|内部明电|底牌|底价|标底"
)
_NOT_YET = re.compile(
    r"(?:还没|还未|尚未|目前没有|没有?|未|没正式|未正式|没有正式)(?:最终|正式|对外|到)?"
    r"(?:反馈|审议|挂网|报批|下(?=[，,。]|$)|下文|下发|批|印发|下发|发文|公开|公布|公示|发布|宣布|上会|过会|定稿|签发|出(?=[，,。]|$)|定呢|定(?=[，,]))"
    r"|(?:明天|后天|下周|下个?月|过几天|月底)[^。！？\n，,]{0,3}才(?:公示|公布|公开|宣布|上会|印发)|还在(?:内部)?(?:走程序|走流程|审批|审核|会签)"
    r"|领导还没定"
)
_MATTER = re.compile(
    r"津贴|文件|方案|标准|名单|纪要|草案|草表|初稿|稿|人选|控制价|标底|底价|预算|分数|打分|成绩|结果|数据|人事|指标|分配|价格|万|材料|报告|意见|通知"
)
_HUSH = re.compile(
    r"先说|说个结果|告诉你们|瞄(?:一眼|两眼)|透(?:个|一下)?(?:底|露|风)|先睹为快|心里有个?数|别(?:往外|向外|对外|跟[^。！？\n，,]{0,6})?(?:传|说|声张|透露|外传)|不要(?:外传|说出去|声张)|勿(?:外传|扩散)|保密|提前(?:看|透露|知道|发)"
    r"|先(?:把[^。！？\n，,]{0,10})?(?:发|放|给|传|透露)[^。！？\n，,]{0,8}(?:大家|群|你们|各位|全文|看|扫描|截)|悄悄|偷偷|内部(?:先)?(?:看|用)|知道就行|搞到|弄到|朋友先?给"
    r"|(?:发|给)?你们(?:先)?看"
)
_SENSITIVE = re.compile(
    r"约谈|(?:班子|党组|常委|局务|书记)会[^。！？\n]{0,8}(?:讨论|研究|定了|内容|意见|结果|议题|上说|分歧|表决)|(?:面试|评审|评标|答辩)[^。！？\n]{0,3}(?:评委|考官|专家|题目|试题)[^。！？\n]{0,3}(?:名单|题|都有谁)|考察(?:组|对象)|得票|票数|谈话要点|内部掌握的?|内部(?:掌握|使用|流传)的|谈话(?:提纲|笔录|记录)|考察材料|考察组的?[^。！？\n，,]{0,4}意见|评价意见|核查报告|问题线索|举报信|底稿|审计报告征求意见|问题清单"
    r"|(?:党组会|党委会|班子会|常委会|常务会|书记会|办公会)[^。！？\n]{0,30}(?:记录|纪要|记下|录音|名单)|会议记录(?:原文|照片|原件|全文)|巡[视察](?:组的?)?反馈"
    r"|民主测评结果|人事(?:安排|方案|调整|变动)|干部(?:调整|任免|名单|方案)|拟提拔|拟任|标底|底价|控制价|专家组?名单|面试题|考官名单|评分表|不予公开|不公开的"
    r"|内部(?:的)?(?:文件|资料|材料|讨论稿|稿|通报|名单|方案|数据|底稿|简报|会议|纪要|口径|价格|测算|[^。！？\n，,]{1,4}文件)|代拟稿|送审稿|工作秘密"
)
_LEAKED = re.compile(
    r"记了?一下|记下来了|透(?:个|一下)?(?:底|露|风)|瞄(?:一眼|两眼)|自己下载?|(?:给|跟)大家说|告诉(?:你们|大家)|自己看|说个结果|群文件|拿到的?|弄来的?|搞来的?|听来的?|先睹为快|提前给|传[1一]份|先发你|我看到了|私发|谁要|你看看|看看就(?:行|好|得)|悄悄|小范围|(?:拍|录|抄|截)了几?[页张段份]|(?:发|甩|丢|放)(?:出来|这儿|这里|上来)|内部(?:人|渠道)|朋友(?:那|给)|照片来了|(?:给|发|传|转|拍给?|截图?给?|透露给)你们|给(?:大家|你们)[^。！？\n，,]{0,3}(?:截|看)|偷偷|搞到|弄到|拿到手|流出|我(?:把|都)[^。！？\n，,]{0,8}(?:打出来|记下|拍|抄)"
    r"|拷了|截图了|我(?:手上|手里|这里?)有|我有[一几]份|(?:自己|各位)[^。！？\n，,]{0,2}看|想[听看要]的|先(?:给|看|发出来|透露)|别说是我|我还是发|传给你|我放群|谁要看|(?:仅|只)限[^。！？\n，,]{0,8}(?:使用|传阅|知悉|掌握)|我发群|说漏"
)
_NOUN = re.compile(
    r"文件|材料|资料|名单|方案|报告|纪要|记录|稿|草案|底稿|笔录|批复|请示|口径|测算|清单|录音|报表|数据|通报|简报|意见|预案|专报|快报|电报|部署表"
)
_STRICT = re.compile(
    r"(?:不得|严禁|禁止|请勿|切勿|勿|别|不要|不能|不可|不准|不许|谢绝|莫)(?:随意|擅自|私自|再|向|往|对|截图|复制|千万|[一-龥]{0,4}){0,2}"
    r"(?:外传|外泄|扩散|外发|外流|流出|传出去|转出去|发出去|说出去|对外(?=$|[，,。！!）)\s：:])|对外(?:公布|发布|宣传|披露|透露|展示|引用)|引用|往外(?:传|说|发)|复制)"
)
_GENERAL = re.compile(
    r"群规|制度|纪律|规定|加强|严格|凡是?|一律|所有|任何|应当|必须|各(?:单位|科室|部门|支部)|涉及(?!单位|本单位|我局)|是否|什么是|含义|培训|宣传|牢记|遵守"
    r"|自觉|责任|管理|承诺|征集|如有|有无|不存在|无(?:内部|敏感)|防止|避免|杜绝|严防|检查|排查|清理"
)
_LESSON = re.compile(r"纪律|规定|牢记|遵守|自觉|要求|责任|制度|底线")
_SECRET = re.compile(r"绝密|机密|(?<![作业人])秘密")
_THIS = re.compile(
    r"这[份个些是里]|本(?:文件|资料|材料|件|稿)|此(?:件|文|稿)|附件|以下|如下|见下|看图|上面|图片"
)
_THINGS = re.compile(
    r"停车|车位|食堂|餐|会议室|系统|wifi|无线|网络|电梯|通道|球|打印机|群(?!众)|电话(?!会)|通讯录|厕所|健身|图书|场地|软件|账号|课件|培训|测试|电影"
    r"|装修|招聘|竞聘|公告|停放"
)
_LATER = re.compile(
    r"先(?:别|不要|不|勿)[^。！？!?\n]{0,16}(?:等|待)[^。！？!?\n]{0,12}(?:再|后|之后)(?:往外|对外|统一)?(?:发|转|公布|下发)"
)
_PUBLISHED = re.compile(
    r"公开征求|面向社会|向社会|门户网站|广泛宣传|已公开|已经公开|正式公布|已公示|已印发|已公布|可以公开|主动公开"
)


def check(sighting: Sighting) -> Iterator[Answer]:
    """Look for markings around the words that were seen, then for what is passed on too early."""
    around = stretches(sighting)
    marked = (answer for stretch in around for answer in _marked(sighting, *stretch))
    announced = (answer for stretch in around for answer in _announced(sighting, *stretch))
    yield from islice(marked, ENOUGH)
    yield from islice(announced, ENOUGH)


def _marked(sighting: Sighting, start: int, end: int) -> Iterator[Answer]:
    """Yield the markings in a stretch; a rule about internal documents is none."""
    for name, pattern, severity in _MARKINGS:
        for match in pattern.finditer(sighting.plain, start, end):
            span = sighting.span(*match.span())
            if _SECRET.search(line_around(sighting.plain, *match.span())):
                yield Acquittal(spans=(span,), by="按国家秘密处理")
            elif _is_talk(sighting, match):
                yield Acquittal(spans=(span,), by=TALK)
            else:
                yield Hit(spans=(span,), signals=(name,), severity=severity)


def _is_talk(sighting: Sighting, match: re.Match[str]) -> bool:
    """Return whether the line speaks about such documents instead of bearing a marking."""
    line = line_around(sighting.plain, *match.span())
    if _PUBLISHED.search(line) or _THINGS.search(
        sighting.plain, max(match.start() - 12, 0), match.start()
    ):
        return True
    before, _, after = line.partition(match[0])
    if FORBIDDEN.search(before):
        return True
    return _THIS.search(line) is None and bool(_GENERAL.search(before) or _LESSON.search(after))


def _announced(sighting: Sighting, start: int, end: int) -> Iterator[Answer]:
    """Yield what somebody says he passes on: internal documents, or matters not yet public."""
    text = sighting.plain
    sensitive = _SENSITIVE.search(text, start, end)
    document = _DOCUMENT.search(text, start, end)
    not_yet = _NOT_YET.search(text, start, end)
    strict = None if _LATER.search(text, start, end) else _STRICT.search(text, start, end)
    if sensitive and _LEAKED.search(text, start, end):
        subject, name = sensitive, "传出内部事项"
    elif document and SENDING.search(text, start, end):
        subject, name = document, "传送内部文件"
    elif not_yet and _HUSH.search(text, start, end) and _MATTER.search(text, start, end):
        subject, name = not_yet, "提前传出未公开事项"
    elif strict and (noun := _NOUN.search(text, start, end) or SENDING.search(text, start, end)):
        subject, name = noun, "要求勿外传的文件"
    else:
        return
    if _SECRET.search(text, start, end) or _LESSON.search(text, subject.end(), end):
        return
    span = sighting.span(*subject.span())
    before = text[start : subject.start()]
    if (
        FORBIDDEN.search(before)
        or _GENERAL.search(before)
        or _PUBLISHED.search(text, start, end)
        or REPORTED.search(text, start, end)
    ):
        yield Acquittal(spans=(span,), by=TALK)
    else:
        yield Hit(spans=(span,), signals=(name,), severity=Severity.MEDIUM)


# What is inside, or is kept inside: one of these is enough for a look.
_TELLING = f"""
    约谈 没下发 没批 没发 心里有个数 内部掌握 内部 内部资料 内部文件 内部材料 工作秘密 商密 商业秘密 敏感信息
    敏感内容 内参 内刊 不公开 不对外 不予公开 外传 扩散 未定稿 征求意见 讨论稿 送审稿 送阅稿 草案 初稿 草表 底稿
    没公开 未公开 没印发 未印发 没公示 没上会 未上会 没宣布 没公布 未公布 没定 标底 底价 控制价 领导参阅 先睹为快
    不得外传 请勿外传 严禁外传 此件不公开 注意保存 内部传阅 内部使用 内部参考 内部通报 勿传 谈话提纲 考察材料
    核查报告 问题线索 巡视反馈 巡察反馈 党组会 班子会 拟提拔 人事安排 人事调整 面试题 专家名单 专家组名单 没发文
    没到公布 还没出 拟任 没正式 未正式 领导还没 心里有数 仅供 仅限 谈话笔录 问题清单 评价意见 干部名单 干部调整
    敏感材料 敏感资料 领导审阅 代拟稿 人事变动 说出去 传出去 转出去 面试评委 评委名单 考官 评标 考察组 考察对象
    透个底 瞄一眼 知悉 阅后 传阅后 拟任人选 整改底稿 问题底稿 局务会 书记会 办公会 后备干部 拟提名 推荐人选
    内部消息 内部渠道 没对外 没发布 还没发 未发布 勿对外 莫外传 别外传 不外传 别外发 没审议 还没审议 没挂网
    还没挂网 谈话记录 评分标准 对外提供 得票 票数 谈话要点 党委会 文还没 还没下 透个风
    密级 务必保密 千万保密 注意保密 随意转发 擅自转发
    {crossed("不得 严禁 禁止 请勿 切勿 勿 别 不要 不能 不可 不准 不许", "转发 对外 泄露 截图 传播 公开")}
    {crossed("对外", "公布 发布 宣传 披露 透露")}"""

# These stand in ordinary work talk all the time.
_ORDINARY = "公示 转发 对外 引用 录音 透露 偷偷 尚未 常委会 批示 领导批示 纪要 会议纪要 会议记录"

RULE = Rule(
    code="internal_document",
    version=1,
    topic=Topic.INTERNAL_DOCUMENT,
    severity=Severity.HIGH,
    title="内部文件、资料和未公开文稿",
    learned=0.34,
    words=graded(doubtful=_TELLING, weak=_ORDINARY),
    check=check,
    flags=(
        "内部资料 注意保存\n2026年上半年收支分析",
        "内部文件，不得外传",
        "【内部资料】关于下一步人员安排的意见，请勿外传",
        "本材料仅供内部参考",
        "内部明电 特急\n各县区财政局：",
        "工作秘密★ 关于专项检查的安排",
        "这份属于工作秘密，大家看看就行",
        "敏感信息，请勿外传",
        "征求意见稿，请勿外传",
        "关于机构调整的方案（未定稿）",
        "送审稿 不得扩散",
        "党组会议纪要发大家，不要外传",
        "此件不公开\n关于增加编制的批复",
        "核心商密▲ 2026年招标策略",
        "方案还没上会，我先发给大家看看，别说出去",
        "我把那份内部文件拍照发群里了",
        "內部資料 嚴禁外傳",
    ),
    passes=(
        "内部控制报告编报工作启动，请各单位按时填报",
        "内部审计组明天进场，请准备凭证",
        "内部培训安排在周四下午，请大家参加",
        "征求意见稿已在门户网站公开征求意见，请广泛宣传",
        "征求意见稿请各科室周五前反馈意见",
        "会议纪要已印发，请到公文系统签收",
        "送审稿已报局长审定",
        "方案尚未定稿，请再等两天",
        "严禁将内部资料外传，各科室要加强管理",
        "内部停车场仅供内部车辆使用",
        "各单位要严格管理内部文件，不得外传",
        "内部明电已在公文系统下发，请签收",
        "预算草案已提交人大审议",
        "群内信息不得外传，请大家遵守群规",
        "请把会议纪要初稿发我，我来改",
        "工作秘密管理办法已印发，请组织学习",
        "拟录用人员名单公示三天",
    ),
    known_misses=("没有标注的内部文件", "只在图片里出现的标注"),
)
