"""Malicious links: addresses that imitate, disguise themselves or deliver programs.

Flags: hosts that put the name of a bank or an authority before somebody else's domain, mixed
scripts and punycode that imitate Latin names, an account in front of the host, bare and
disguised IP addresses, programs to download, double endings of files, defanged spellings, cheap
top-level domains with a lure in the name. Short links are low.

Does not flag: hosts under gov.cn, hosts the office trusts, the well-known services below, Chinese
domain names, addresses inside the office's network, warnings that quote an address.

Known misses: a harmless looking host that is malicious; operator's blocklists come with issue 3.
"""

import re
from collections.abc import Iterator
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
    "website tech host press today life world pro cam zip mov example test invalid"
)

BRANDS: Final = listed(
    "icbc ccb abchina boc bankofchina bankcomm cmb cmbchina psbc citic citicbank spdb cib cebbank "
    "pingan unionpay 95588 95533 95599 95566 95516 alipay wechatpay weixin wechat tencent taobao "
    "jd 12306 chinatax 12366 gov shui tax etax mof mohrss si social yibao nhsa ybj gjj sfz 12333 "
    "12123 122 etc 10086 10010 beian miit cyberpolice mps gongan court zwfw gwy ccdi apple "
    "microsoft office365 outlook paypal zhengfu caizheng"
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
    "renzheng yanzheng denglu service kefu support claim invoice fapiao download safe check"
)

_PROGRAM = re.compile(
    r"\.(?:exe|scr|bat|cmd|pif|vbs|js|jse|wsf|hta|msi|lnk|ps1|apk|jar|dmg|ipa)(?:[?#]|\Z)"
)
_DOUBLE = re.compile(
    r"[^\s/\\:：,，。;；\"“”<>|]{0,80}"
    r"\.(?:docx?|xlsx?|pptx?|pdf|jpe?g|png|gif|txt|rtf|csv|zip|rar|7z|wps|et|ofd|mp4)"
    r"[\s_]{0,40}\.(?:exe|scr|bat|cmd|pif|vbs|js|jse|wsf|hta|msi|lnk|ps1|apk|jar)(?![a-z0-9])"
)
_REVERSING = "\u202e"
_REVERSED = re.compile(_REVERSING + r"[^\s]{0,60}\.?[a-z0-9]{2,4}", re.IGNORECASE)
_SCRIPT_ADDRESS = re.compile(r"(?:javascript|vbscript)\s?:\s?[a-z(%]|data:text/html[;,]")
_QUOTES_A_HOST = re.compile(r"(?:^|\.)(?:gov|com|net|org|edu)\.cn\.|(?:^|\.)(?:com|cn)[.-]")
_FOREIGN = re.compile(r"[\u0370-\u03ff\u0400-\u052f]")
_WARNING_REACH = 60


def check(sighting: Sighting) -> Iterator[Answer]:
    """Judge each link by its host and path, then the names of files."""
    for link in sighting.links:
        span = Span(start=link.start, end=link.end)
        reasons = dict(_reasons(link))
        if not reasons:
            continue
        by = _acquitted_by(sighting, link)
        if by is None:
            yield Hit(spans=(span,), signals=tuple(reasons), severity=max(reasons.values()))
        else:
            yield Acquittal(spans=(span,), by=by)
    yield from _files(sighting)


def _reasons(link: Link) -> Iterator[tuple[str, Severity]]:
    """Yield what speaks against a link, by name, each with its severity."""
    inner = bool(link.address) and is_private(link.address)
    if link.user:
        yield "网址前伪装", Severity.HIGH
    if _FOREIGN.search(readable_host(link.host)):
        yield "形近字母仿冒域名", Severity.HIGH
    if not link.address:
        yield from _host_reasons(link)
    elif not inner and (link.scheme or link.path):
        yield "以IP地址代替域名", Severity.MEDIUM
    if _PROGRAM.search(link.path) and not inner:
        yield "可执行程序下载", Severity.HIGH
    if link.defanged:
        yield "改写的网址", Severity.MEDIUM


def _host_reasons(link: Link) -> Iterator[tuple[str, Severity]]:
    """Yield what speaks against the name of a host: whom it imitates, where it stands."""
    labels = re.split(r"[.-]", link.host.removesuffix(link.suffix))
    cheap = link.suffix in CHEAP
    lured = not LURES.isdisjoint(labels)
    imitated = BRANDS if lured or cheap else BANKS
    if link.suffix in OWN_SUFFIXES and "-" not in link.domain:
        labels = re.split(r"[.-]", link.subdomain)
    if _QUOTES_A_HOST.search(link.subdomain + ".") or not imitated.isdisjoint(labels):
        yield "仿冒机构域名", Severity.HIGH
    elif cheap and lured:
        yield "可疑域名", Severity.MEDIUM
    if link.domain in SHORTENERS and link.path.strip("/"):
        yield "短链接", Severity.LOW


def _acquitted_by(sighting: Sighting, link: Link) -> str | None:
    if sighting.official(link) and not link.user:
        return "官方或可信网址"
    if (link.domain in WELL_KNOWN or any(map(link.under, WELL_KNOWN))) and not link.user:
        return "常用网站"
    if _warned(sighting, link.start, link.end):
        return Signal.WARNS.value
    return None


def _warned(sighting: Sighting, start: int, end: int) -> bool:
    """Return whether somebody warns of what stands here, instead of spreading it."""
    return any(
        one.start < end + _WARNING_REACH and one.end > start - _WARNING_REACH
        for signal in (Signal.WARNS, Signal.FORBIDS)
        for one in sighting.signals(signal)
    )


def _files(sighting: Sighting) -> Iterator[Answer]:
    """Judge the names of files and the addresses that run a script."""
    plain = sighting.plain
    named = (("双重扩展名", ".", _DOUBLE), ("脚本网址", ":", _SCRIPT_ADDRESS))
    for name, sign, pattern in named:
        for match in pattern.finditer(plain) if sign in plain else ():
            span = sighting.span(*match.span())
            if _warned(sighting, span.start, span.end):
                yield Acquittal(spans=(span,), by=Signal.WARNS.value)
            else:
                yield Hit(spans=(span,), signals=(name,), severity=Severity.HIGH)
    for match in _REVERSED.finditer(sighting.text) if _REVERSING in sighting.text else ():
        span = Span(start=match.start(), end=match.end())
        yield Hit(spans=(span,), signals=("反向显示的文件名",), severity=Severity.HIGH)


RULE = Rule(
    code="malicious_link",
    version=1,
    topic=Topic.MALICIOUS_LINK,
    severity=Severity.MEDIUM,
    title="可疑、仿冒或带病毒的链接",
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
    ),
    known_misses=("外观正常但内容恶意的网站", "运维人员导入的黑名单（后续支持）"),
)
