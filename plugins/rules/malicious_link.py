"""Malicious links: addresses that imitate, disguise themselves or deliver programs.

Flags: hosts that put the name of a bank or an authority before somebody else's domain, mixed
scripts and punycode that imitate Latin names, an account in front of the host, bare and
disguised IP addresses, programs to download, double endings of files, defanged spellings, cheap
top-level domains with a lure in the name. Short links are low.

Does not flag: hosts under gov.cn, hosts the office trusts, the well-known services below, Chinese
domain names, addresses inside the office's network, warnings that quote an address.

Known misses: a harmless looking host that is malicious and on no blocklist (see blocklists).
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from bot.model.finding import Severity, Span, Topic
from bot.screening.links import Link, is_private, readable_host
from bot.screening.rule import Acquittal, Answer, Hit, Need, Rule, Sighting, listed
from bot.screening.signals import Signal

WELL_KNOWN: Final = listed(
    "qq.com weixin.qq.com wechat.com tencent.com dingtalk.com aliyun.com alipay.com taobao.com "
    "tmall.com feishu.cn larksuite.com kdocs.cn wps.cn wps.com wjx.cn wjx.top 163.com 126.com "
    "sina.com.cn weibo.com sohu.com baidu.com huawei.com welink.huaweicloud.com microsoft.com "
    "office.com live.com apple.com zoom.us zoom.com.cn douyin.com toutiao.com bilibili.com "
    "zhihu.com jd.com meituan.com 12306.cn ctrip.com icbc.com.cn ccb.com abchina.com boc.cn "
    "bankcomm.com cmbchina.com psbc.com citicbank.com spdb.com.cn cib.com.cn unionpay.com 95516.com "
    "chinatax.com people.com.cn people.cn xinhuanet.com news.cn cctv.com cntv.cn chinanews.com.cn "
    "xuexi.cn gmw.cn ce.cn edu.cn 10086.cn 10010.com 189.cn 360.cn 360.com sogou.com"
)
"""Registrable domains of services that office people pass on every day."""

SHORTENERS: Final = listed(
    "t.cn dwz.cn url.cn suo.im suo.nz mrw.so u.to bit.ly tinyurl.com is.gd t.ly cutt.ly rb.gy "
    "reurl.cc goo.gl ow.ly s.id v.gd tiny.cc dlj.li 3.cn c1ns.cn 6du.in dwz.mn url.nz shorturl.at "
    "985.so m6z.cn sourl.cn 0x9.me x.co w.url.cn"
)

CHEAP: Final = listed(
    "tk ml ga cf gq top xyz icu buzz cyou rest click link work vip fun monster quest sbs bond cfd "
    "lol club site online shop win bid loan men date racing stream cc ws pw wang live space store "
    "website tech host press today life world pro cam zip mov ltd one gdn run zone ink art center group plus "
    "red mobi ren wiki mom bar best cool kim asia example test invalid"
)

BRANDS: Final = listed(
    "icbc ccb abchina boc bankofchina bankcomm cmb cmbchina psbc citic citicbank spdb cib cebbank "
    "pingan unionpay 95588 95533 95599 95566 95516 alipay wechatpay weixin wechat tencent taobao "
    "jd 12306 chinatax 12366 gov shui tax etax mof mohrss si social yibao nhsa ybj gjj sfz 12333 "
    "12123 122 etc 10086 10010 beian miit cyberpolice mps gongan court zwfw gwy ccdi apple "
    "microsoft office365 outlook paypal zhengfu caizheng baidu wps dingtalk feishu shebao gongjijin "
    "yinhang jiaojing jtwf swj gsj gongshang czj rsj ylbz ybpz pan mail oa sso gerenshui"
)
"""Names that only their owners may put into a host."""

BANKS: Final = listed(
    "icbc ccb abchina boc bankofchina bankcomm cmb cmbchina psbc citicbank spdb cebbank unionpay "
    "95588 95533 95599 95566 95516 alipay wechatpay paypal"
)
"""Names that nobody puts into a host of his own without wanting money."""

OWN_SUFFIXES: Final = listed("com cn com.cn net org net.cn org.cn")
"""Where the owner of a name has it himself (pingan.com)."""

LURES: Final = listed(
    "login signin verify verification secure security account update auth confirm bank pay wallet "
    "gift bonus prize award hongbao free lucky bet casino vip88 unlock subsidy butie refund tuikuan "
    "renzheng yanzheng denglu service kefu support claim invoice fapiao download safe check butie "
    "upgrade quota renew exchange jifen duihuan nianshen jihuo salary gongzi fuli bill renew reset"
)

_PROGRAM = re.compile(
    r"\.(?:exe|scr|bat|cmd|pif|vbs|js|jse|wsf|hta|msi|lnk|ps1|apk|jar|dmg|ipa)(?:[?#]|\Z)"
)
_ENDING = re.compile(
    r"\.(?P<ending>exe|scr|bat|cmd|pif|vbs|vbe|js|jse|wsf|hta|msi|lnk|ps1|apk|jar)(?![a-z0-9])"
)
_FILE_NAME = re.compile(r"[^\s/\\:：,，。;；\"“”<>|]{1,80}\Z")
_DOUBLE = re.compile(
    r"[^\s/\\:：,，。;；\"“”<>|]{0,80}"
    r"\.(?:docx?|xlsx?|pptx?|pdf|jpe?g|png|gif|txt|rtf|csv|zip|rar|7z|wps|et|ofd|mp4)[\s_]{0,40}\Z"
)
_NAME_REACH = 130
_REVERSED = re.compile(r"\u202e[^\s]{0,60}\.?[a-z0-9]{2,4}", re.IGNORECASE)
_SCRIPT_ADDRESS = re.compile(r"(?:javascript|vbscript)\s?:\s?[a-z(%]|data:text/html[;,]")
_QUOTES_A_HOST = re.compile(r"(?:^|\.)(?:gov|com|net|org|edu)\.cn\.|(?:^|\.)(?:com|cn)[.-]")
_FOREIGN = re.compile(r"[\u0370-\u03ff\u0400-\u052f]")
_ASKS = re.compile(
    r"密码|验证码|银行卡|身份证|身份验证|核验|验证|激活|冻结|停用|失效|清零|免费领|领[取奖了]|领[0-9]|补贴|兑换|解锁|解冻|过期|异常|扩容|退税|中奖|红包|福利"
    r"|逾期|报毒|杀毒|允许安装|自动抢|复制[^。\n]{0,12}(?:浏览器|打开)|去掉(?:横线|空格)|[0-9]+g流量|认证|违章|年审|大家转"
)
_INSIDE = re.compile(r"内网|外网地址|政务外网|专网|测试环境|测试地址|局域网|本地服务|系统地址")
_NEVER_CLICK = re.compile(
    r"(?:切勿|请勿|不要|勿|别|不能|不得|严禁|不可)(?:再|随意|轻易|直接|擅自)?(?:点击|点开|点|打开|访问|登录|登陆|轻信|转发|扫|下载|填写|输入|运行|安装|相信|理会)"
    r"|(?:直接|立即|马上|一律)(?:删除|删掉|举报)|已(?:封堵|屏蔽|处置|关停)|(?:均|都|就)?[是为](?:诈骗|钓鱼|木马|病毒|仿冒|假冒)|恶意(?:域名|网址|链接|文件)"
    r"|钓鱼(?:网站|链接|邮件|演练)|(?:仿冒|假冒|冒充|山寨)[^。！？\n]{0,14}(?:网站|网址|链接|官网|短信|网页)|演练"
)
_WARNS = re.compile(r"警惕|谨防|防范|当心|小心|提醒|提示|预警|通报")
_LURES_ON = re.compile(r"(?:点击|点开|登录|登陆|访问|打开|下载|复制|领取|填写|进入|请于)")
_RUN_IT = re.compile(r"双击|运行|点开|打开|点一下|下载|安装|收一下|看一下|大家转")
_DANGEROUS = re.compile(
    r"杀毒|报毒|误报|退出360|关掉(?:360|电脑管家|防火)|白名单|破解|绿色版|外挂|自动抢|群发|密码[0-9]|安装后|允许安装"
)
MOST_LINKS: Final = 200
"""Links that are judged in one text."""

MOST_FILES: Final = 40
"""Names of programs that are looked at in one text."""

_WARNING_REACH = 80
_RAW_SCRIPTS: Final = frozenset(
    {"scr", "bat", "cmd", "pif", "vbs", "vbe", "hta", "lnk", "ps1", "wsf"}
)


def check(sighting: Sighting) -> Iterator[Answer]:
    """Judge each link by its host and path, then the names of files."""
    for link in sighting.links[:MOST_LINKS]:
        span = Span(start=link.start, end=link.end)
        reasons = dict(_reasons(link, asks=_asks(sighting, link)))
        if not reasons:
            continue
        by = _acquitted_by(sighting, link)
        if by is None:
            yield Hit(spans=(span,), signals=tuple(reasons), severity=max(reasons.values()))
        else:
            yield Acquittal(spans=(span,), by=by)
    yield from _files(sighting)


def _asks(sighting: Sighting, link: Link) -> bool:
    """Return whether the words around a link want something of the reader: to log in, to collect."""
    start, end = sighting.position(link.start), sighting.position(link.end)
    plain = sighting.plain
    around = plain[max(start - _WARNING_REACH, 0) : start] + plain[end : end + _WARNING_REACH]
    return _ASKS.search(around) is not None


def _reasons(link: Link, *, asks: bool) -> Iterator[tuple[str, Severity]]:
    """Yield what speaks against a link, by name, each with its severity."""
    inner = bool(link.address) and is_private(link.address)
    if link.user:
        yield "网址前伪装", Severity.HIGH
    if _FOREIGN.search(readable_host(link.host)):
        yield "形近字母仿冒域名", Severity.HIGH
    if not link.address:
        yield from _host_reasons(link, asks=asks)
    elif not inner and (link.scheme or link.path):
        yield "以IP地址代替域名", Severity.MEDIUM
    if _PROGRAM.search(link.path) and not inner:
        known = link.scheme == "https" and link.suffix in OWN_SUFFIXES and not asks
        yield "可执行程序下载", Severity.LOW if known else Severity.HIGH
    if link.defanged:
        yield "改写的网址", Severity.MEDIUM


def _host_reasons(link: Link, *, asks: bool) -> Iterator[tuple[str, Severity]]:
    """Yield what speaks against the name of a host: whom it imitates, where it stands."""
    labels = _labels(link.host.removesuffix(link.suffix))
    cheap = link.suffix in CHEAP
    lured = not LURES.isdisjoint(labels)
    imitated = BRANDS if lured or cheap else BANKS
    if link.suffix in OWN_SUFFIXES and "-" not in link.domain:
        labels = _labels(link.subdomain)
    if _QUOTES_A_HOST.search(link.subdomain + ".") or not imitated.isdisjoint(labels):
        yield "仿冒机构域名", Severity.HIGH
    elif cheap and (lured or asks):
        yield "可疑域名", Severity.MEDIUM
    if link.domain in SHORTENERS and link.path.strip("/"):
        yield "短链接", Severity.LOW


def _labels(name: str) -> set[str]:
    """Return the parts of a host's name, also their letters and digits by themselves."""
    parts = re.split(r"[.-]", name)
    return {*parts, *(run for part in parts for run in re.findall(r"[a-z]+|[0-9]+", part))}


def _acquitted_by(sighting: Sighting, link: Link) -> str | None:
    if sighting.official(link) and not link.user:
        return "官方或可信网址"
    if not WELL_KNOWN.isdisjoint((link.domain, link.suffix, *link.upwards())) and not link.user:
        return "常用网站"
    if link.address and _INSIDE.search(sighting.plain) and not link.path.endswith(".exe"):
        return "单位内部系统"
    if _warned(sighting, link.start, link.end):
        return Signal.WARNS.value
    return None


def _warned(sighting: Sighting, start: int, end: int) -> bool:
    """Return whether somebody warns of what stands here, instead of spreading it."""
    plain = sighting.plain
    first, last = sighting.position(start), sighting.position(end)
    around = (
        f"{plain[max(first - _WARNING_REACH, 0) : first]} {plain[last : last + _WARNING_REACH]}"
    )
    return _NEVER_CLICK.search(around) is not None or (
        _WARNS.search(around) is not None and _LURES_ON.search(around) is None
    )


def _files(sighting: Sighting) -> Iterator[Answer]:
    """Judge the names of files and the addresses that run a script."""
    plain = sighting.plain
    found = [
        (*match.span(), "脚本网址", Severity.HIGH) for match in _SCRIPT_ADDRESS.finditer(plain)
    ]
    for ending in islice(_ENDING.finditer(plain), MOST_FILES):
        found += _program(plain, ending)
    for start, end, name, severity in found:
        span = sighting.span(start, end)
        if _warned(sighting, span.start, span.end):
            yield Acquittal(spans=(span,), by=Signal.WARNS.value)
        else:
            yield Hit(spans=(span,), signals=(name,), severity=severity)
    for match in _REVERSED.finditer(sighting.text):
        span = Span(start=match.start(), end=match.end())
        yield Hit(spans=(span,), signals=("反向显示的文件名",), severity=Severity.HIGH)


def _program(plain: str, ending: re.Match[str]) -> Iterator[tuple[int, int, str, Severity]]:
    """Yield what speaks against the file whose name ends here, with its place."""
    start = max(ending.start() - _NAME_REACH, 0)
    before = plain[start : ending.start()]
    if double := _DOUBLE.search(before):
        yield start + double.start(), ending.end(), "双重扩展名", Severity.HIGH
    elif named := _FILE_NAME.search(before):
        wanted = _DANGEROUS.search(plain) or (
            ending["ending"] in _RAW_SCRIPTS and _RUN_IT.search(plain)
        )
        if wanted:
            yield start + named.start(), ending.end(), "要人运行程序", Severity.MEDIUM


RULE = Rule(
    code="malicious_link",
    version=2,
    topic=Topic.MALICIOUS_LINK,
    severity=Severity.MEDIUM,
    title="可疑、仿冒或带病毒的链接",
    learned=0.42,
    needs=(Need.LINK,),
    check=check,
    flags=(
        "您的账户异常，请登录 http://icbc.com.cn.login-verify.tk/acc 处理",
        "补贴申领：www.gov.cn.butie-shenling.top",
        "登录 http://ιcbc-safe.com 领取",
        "http://www.gov.cn@203.0.113.9/login",
        "安装包 http://203.0.113.77:8080/update.exe",
        "报表.docx.exe",
        "看这里 hxxp://free-gift[.]example[.]tk/a",
        "http://xn--80ak6aa92e.com/",
        "领奖 https://hongbao-lucky.xyz/2026",
        "点这里 https://t.cn/A6abcdef",
        "医保凭证今日失效，点击 http://ybpz-jihuo.work/a 填写密码",
        "h t t p : / / icbc-safe . tk / login 去掉空格打开",
        "领红包 wx-hongbao点top斜杠g",
        "建行积分清零，登陆 ccb95533-jf.cc 兑换",
        "预约小工具.vbs，双击就行，大家转",
        "账号迁移：请访问 http://oa-sso.gov-cn.ltd 输入密码",
        "个税退税请点 https://etax-refund.click/",
        "http://198.51.100.7/wps/update.apk",
    ),
    passes=(
        "会议链接：https://meeting.tencent.com/dm/AbCdEfGh",
        "通知见 http://www.mof.gov.cn/gkml/202611/t20261120_1.htm",
        "内网地址 http://10.10.1.5:8080/oa",
        "请填写 https://docs.qq.com/form/page/DABC",
        "版本号2.0.1，附件1.2.3.4节",
        "网信办提醒：警惕钓鱼网站 hxxp://icbc-login[.]example[.]tk，请勿点击",
        "预算表.xlsx 和说明.docx 已上传",
        "中文域名 http://财政.中国/ 已开通",
        "信息中心提醒：收到“工资补贴.docx.exe”的请勿打开，直接删除",
        "一体化系统外网地址 http://218.22.13.5:9001/czjz 请收藏",
        "问卷 https://www.wjx.cn/vm/AbCdEf1.aspx 周五前填完",
        "警惕仿冒税务局网站 chinatax-verify.cyou，切勿填写银行卡",
        "版本 v3.2.1 已发布，更新日志见 readme.md",
        "请把材料发到 czj_ys@example.gov.cn",
        "安装包 setup.exe 在内网共享盘，自行安装",
        "学习强国 https://www.xuexi.cn/ 今日积分请完成",
        "采购公告 https://www.ccgp.gov.cn/cggg/202611/t1.htm",
        "腾讯文档 https://docs.qq.com/sheet/DUabcdefg 请更新进度",
    ),
    known_misses=("外观正常、也不在黑名单里的恶意网站", "图片和二维码里的网址"),
)
