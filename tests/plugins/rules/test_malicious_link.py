"""Malicious links: imitations, disguises, programs, and the links of ordinary work."""

import pytest

from bot.model.finding import Severity
from bot.screening.engine import Engine
from plugins.rules.malicious_link import RULE

FLAGGED = (
    "您的社保卡即将停用，请访问 https://shebao-jh.one/a 激活",
    "http://www.10086.cn.jf-dh.cc/ 积分兑换",
    "中国银行：账户冻结 boc-95566.top",
    "工商年报请登录 http://gsxt.gov.cn.nb-sb.club 申报",
    "http://admin@203.0.113.9/x",
    "看这个 https://xn--pple-43d.com/",
    "点击下载补丁 http://198.51.100.20/fix.bat",
    "通知.pdf.exe",
    "薪资表.xls .scr 打开看",
    "hxxps://wallet[dot]claim-gift[dot]xyz",
    "https://bit.ly/3abcde 点进来领",
    "您有一笔退税待领取，http://tax-refund.icu",
    "ETC 已过期，https://etc-rz.shop/ 重新认证",
    "安装这个绿色版 tool.exe，杀毒报毒不用管",
    "安全预警：您的账号异常，请立即点击 http://security-mail.top 验证密码",
    "公积金提取新政，点 http://gjj-tq.vip/s 办理",
    "你的快递丢失，理赔请点 https://kuaidi-lp.cc/x 填银行卡",
    "http://www.95588-icbc.com.co/ 手机银行升级",
    "中奖了！http://jd618-lucky.top",
    "学校缴费通知.apk 安装后缴费",
    "下载会议软件 http://tencent-meeting.download-pc.com/setup.exe",
    "http://wwvv.icbc.com.cn-login.info",
    "年会照片.scr 大家点开看",
    "领取防暑降温费 https://hr-bt.shop 输入身份证",
    "政务邮箱升级 http://mail.gov.cn.user-check.online",
    "医保缴费入口 http://yb.gov.cn-pay.com",
    "点击领取：https://ccb-gift.cn.com/a",
    "http://192.0.2.7/login.html 邮箱升级请登录",
    "社保补缴.exe 双击运行 报毒请放行",
    "hxxp://icbc[.]verify[.]top/login",
    "工资单.pdf.lnk",
    "微信红包 wx-hongbao.fun 自动抢",
    "https://www.gооgle.com/ 下载",
    "https://suo.im/5abcde 快看",
    "淘宝退款 http://taobao-refund.cc/x",
)
PASSED = (
    "信息中心：收到钓鱼邮件（域名 mail-quota.cf）请勿点击，已封堵",
    "省厅通报钓鱼网站 gov-cn.tk，各单位注意排查",
    "请登录 https://zwfw.ah.gov.cn 办理",
    "企业年报 http://www.gsxt.gov.cn",
    "视频会议 https://meeting.tencent.com/dm/abc 密码 1234",
    "政府采购网 http://www.ccgp-anhui.gov.cn",
    "服务器 10.1.1.5:8080 已重启",
    "内网门户 http://172.16.3.20/portal 密码不变",
    "下载客户端 https://im.qq.com/pcqq",
    "请到 https://www.chinatax.gov.cn 下载个税表",
    "国产办公软件 https://www.wps.cn 下载",
    "项目文档 readme.md 已更新",
    "数据在 budget.csv 里",
    "版本 1.2.3.4 已发布",
    "公司官网 https://www.fangyuan-soft.com 可查业绩",
    "供应商报价单 https://www.hengda-print.com/price.html",
    "学习资料 https://www.bilibili.com/video/BV1xx",
    "百度网盘 https://pan.baidu.com/s/1abc 提取码 1234",
    "建行网银 https://www.ccb.com 今天维护",
    "中国工商银行 https://mybank.icbc.com.cn/ 登录",
    "问卷星 https://www.wjx.top/vm/abc.aspx",
    "邮箱 zhang@example.top 发材料",
    "附件1.2.3 见 P.25",
    "演练通知：本周开展钓鱼邮件演练，链接 http://yl-test.top 仅供演练",
    "培训平台 https://www.chinaacc.com/ 报名",
    "会计继续教育 https://kj.czt.example.gov.cn 登录",
    "预算软件升级包 http://10.12.3.4/update/setup.exe 自行下载",
    "图片见 https://img.alicdn.com/a.png",
    "标准下载 https://openstd.samr.gov.cn",
    "考试报名入口 https://www.cpta.com.cn 请登录验证身份",
    "订票 https://www.12306.cn",
    "政府采购云 https://www.zcygov.cn",
    "请访问 https://www.creditchina.gov.cn 查询信用",
    "公积金网上大厅 https://gjj.huangshan.gov.cn",
    "会议直播 https://live.polyv.cn/watch/123",
    "查发票 https://inv-veri.chinatax.gov.cn/",
    "办理社保 http://si.12333.gov.cn",
    "https://mp.weixin.qq.com/s/AbCdEf 请转发",
    "招聘 https://www.ahpta.com.cn 报名",
    "培训回放 https://www.yuque.com/a/b",
    "省财政厅 czt.ah.gov.cn",
    "共享盘 \\\\10.1.1.2\\share\\setup.exe",
    "u盘里有 autorun.inf 请杀毒",
    "新版驱动 driver.exe 在光盘里",
    "邮箱系统 https://mail.ah.gov.cn 请修改密码",
    "腾讯会议 https://meeting.tencent.com/p/1234567890 密码 0000",
    "请登录 OA：http://oa.jituan-a.com 填报",
    "测试报告见 http://gitlab.internal/xx",
    "参加 https://www.wenjuan.com/s/abc 问卷",
    "用 kimi.com 写材料挺快",
)
HOSTILE = (
    "a." * 5_000,
    "http:" * 2_000,
    "h t t p : / / " * 700,
    ".docx " * 1_600 + ".exe",
    ".exe" * 2_500,
    "a" * 10_000 + ".exe",
    "点top" * 2_500,
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine((RULE,))


@pytest.mark.parametrize("text", FLAGGED)
def test_a_link_or_file_that_lures_is_flagged(engine: Engine, text: str):
    assert [flag.rule for flag in engine.screen(text).flags] == [RULE.code]


@pytest.mark.parametrize("text", PASSED)
def test_links_of_ordinary_work_are_not_flagged(engine: Engine, text: str):
    assert engine.screen(text).flags == ()


def test_there_are_examples_enough():
    assert len(RULE.flags) >= 15
    assert len(RULE.passes) >= 15


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_is_answered(engine: Engine, text: str):
    assert engine.screen(text).complete


def test_a_short_link_is_low_and_an_imitation_high(engine: Engine):
    (short,) = engine.screen("点这里 https://t.cn/A6abcdef").flags
    (imitation,) = engine.screen("http://icbc.com.cn.login-verify.tk/acc").flags

    assert (short.severity, imitation.severity) == (Severity.LOW, Severity.HIGH)


def test_a_host_the_office_trusts_is_not_flagged():
    engine = Engine((RULE,), official_hosts=("oa-login.top",))

    assert engine.screen("请登录 http://oa-login.top/ 验证密码").flags == ()


def test_who_calls_himself_a_warning_and_lures_on_is_flagged(engine: Engine):
    lure = engine.screen("安全预警：账号异常，请立即点击 http://security-mail.top 验证密码").flags
    warning = engine.screen("安全预警：http://security-mail.top 是钓鱼网站").flags

    assert (len(lure), warning) == (1, ())
