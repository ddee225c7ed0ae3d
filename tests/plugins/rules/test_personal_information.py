"""Personal information: numbers, papers, plates and homes, and numbers of things."""

import pytest

from bot.model.finding import Severity
from bot.screening.engine import Engine
from plugins.rules.personal_information import RULE

FLAGGED = (
    "张三电话138 1234 5678",
    "她手机号一三八五五一二三四五六",
    "联系方式：幺五九零零一二三四五六 小王",
    "139.1234.5678 是他的号",
    "贫困户周强，社保卡号 6217 0016 3000 1234 567",
    "他的工资卡：建行6227001234567890121",
    "李某护照 EA1234567，联系旅行社",
    "姓名 护照号\n王芳 E12345678\n李雷 G23456789",
    "港澳通行证号 C12345678",
    "回乡证 H12345678",
    "军官证：军字第1234567号",
    "车主王大力，车牌皖AD12345",
    "举报人家住阳光花园3幢1单元402室",
    "户主刘某某，阳光小区5栋2单元301",
    "家庭住址：歙县徽城镇新安路23号",
    "她家电话0559-2512345，白天没人",
    "身份证号 11010519491231002x",
    "证件号码：１１０１０５１９４９１２３１００２Ｘ",
    "110105 1949 1231 002X 他的",
    "身份证1️⃣1️⃣0️⃣1️⃣0️⃣5️⃣1️⃣9️⃣4️⃣9️⃣1️⃣2️⃣3️⃣1️⃣0️⃣0️⃣2️⃣X",
    "王芳，女，13900139000，乙肝阳性",
    "住址：屯溪区老街12号，电话13800138000",
    "一三九 零零一三 九零零零",
    "138-零零一三-八零零零 打这个",
    "新来的小赵，证号34010419950812203X",
    "李阿姨的号 一八九 五五一二 三四五六",
    "收货人：孙悦 13955512345 地址略",
    "给他打款到6217 0016 3000 1234 567，建行的",
    "王工联系方式 +86-139-5551-2345",
    "李梅 女 13955501234 住院部3床",
    "法人身份证 34 0102 1988 0312 4326 麻烦录一下",
    "他电话是一五零 五五一二 三四五六",
    "钱转到这个卡 6228 4804 0012 3456 784",
    "王强，皖A6F8K2，车主电话13855512345",
    "护照 E 1234 5678 李小明",
    "老人住蜀山区红皖家园12栋305",
    "张主任家里电话62345678",
    "往来港澳通行证 CA1234567",
    "手机①③⑨⑤⑤⑤①②③④⑤",
)
PASSED = (
    "订单号：13812345678",
    "订单13812345678已发货",
    "运单 13812345678，请查收",
    "快递单号是13812345678",
    "发票号13912345678金额500元",
    "13912345678这个单号查不到",
    "公告号13912345678",
    "会议ID：138 1234 5678",
    "项目编码 341002202611210013",
    "流水号341002198611210013",
    "支付凭证号341002198511210013",
    "合同号 6222021234567890128",
    "单位账户6222021234567890128",
    "对公账户 6217001234567890123",
    "资产编号110105194912310021",
    "快递面单 6222021234567890128",
    "咨询电话0551-62990011",
    "400-800-1234",
    "12345热线",
    "公务车皖A12345年检",
    "请皖A12345车主挪车",
    "班车皖B12345七点发车",
    "来访车辆皖A12345请放行",
    "会议地点：新安大道18号市政府3楼",
    "地址：黄山市屯溪区新安北路12号行政服务中心",
    "收件地址：市政务中心B座1203室 财政局办公室",
    "报到地点：黄山宾馆2号楼1203",
    "专家住在徽州宾馆2号楼1203室",
    "小区改造项目：阳光花园3栋2单元楼道亮化",
    "车辆通行证12345678已过期",
    "工号13812345678",
    "IMEI 861234567890123",
    "IMEI：110105491231002",
    "税号110105491231002",
    "时间戳 1385512345678",
    "13812345678.90元",
    "合计13812345678元",
    "ISBN 9787111123456",
    "统一社会信用代码91340100MA2N12345X",
    "QQ群 13812345678",
    "坐标 118.3371234567，29.71234567",
    "预算指标文号13812345678",
    "护照办理请到出入境大厅，预约号20261121",
    "三二一、一二三四五六七八九十",
    "采购公告〔2026〕138号 编号13812345678、13912345678",
    "房产证号 341002198511210013",
    "合同编号：HT-13812345678",
    "凭证 13812345678 已作废",
    "请核对指标 13812345678.00",
    "查询码13812345678901",
    "今年支出13512345678元",
    "公司电话021-61234567",
    "您的取件码138-1234",
    "房号：3栋2单元301",
    "阳光小区5号楼外墙脱落，请住建局派人",
    "会场在徽州大道18号财政大厦12楼",
    "请寄到：合肥市政务区东流路100号政务大厦A座",
    "老家是歙县的同志请举手",
    "住宿费标准每人每天350元",
    "家住得远的同志可以早点走",
    "车牌识别系统升级",
    "公车皖A00001、皖A00002送检",
    "皖A·12345是哪位的车，灯没关",
    "限行尾号 1 和 6",
    "护照过期了怎么办",
    "通行证办理排队到了A123",
    "预算数 110105194912310021 录错了",
    "科目编码 3401021990 对应项目",
    "银行回单编号 6222021234567890128",
    "社会信用代码 9134010013812345XX",
    "资金文号财预〔2026〕138号",
    "学习强国积分13812分",
    "序列号：13812345678",
    "客户经理电话见名片",
    "分机13812",
    "项目代码2611-340100-04-01-138123",
)
HOSTILE = (
    "1" * 10_000,
    "1 " * 5_000,
    "一" * 10_000,
    "家住" * 5_000,
    "护照e1" * 2_500,
    "皖A·" * 2_500 + "13800138000",
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine((RULE,))


@pytest.mark.parametrize("text", FLAGGED)
def test_something_of_a_person_is_flagged(engine: Engine, text: str):
    assert [flag.rule for flag in engine.screen(text).flags] == [RULE.code]


@pytest.mark.parametrize("text", PASSED)
def test_numbers_of_things_and_offices_are_not_flagged(engine: Engine, text: str):
    assert engine.screen(text).flags == ()


def test_there_are_examples_enough():
    assert len(RULE.flags) >= 15
    assert len(RULE.passes) >= 15


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_is_answered(engine: Engine, text: str):
    assert engine.screen(text).complete


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("李四手机13800138000", Severity.MEDIUM),
        ("老李家住屯溪区新安南路12号", Severity.MEDIUM),
        ("李四 11010519491231002X", Severity.HIGH),
        ("他的护照号是E12345678", Severity.HIGH),
        ("张伟13800138000 李娜13900139000 王强13700137000", Severity.HIGH),
        ("李四 11010519491231002X，赵一 341000198504121232", Severity.CRITICAL),
    ],
)
def test_severity_grows_with_the_kind_and_the_number_of_people(
    engine: Engine, text: str, severity: Severity
):
    (flag,) = engine.screen(text).flags

    assert flag.severity is severity


def test_the_same_number_twice_is_one_person(engine: Engine):
    (flag,) = engine.screen("李四 11010519491231002X，再说一遍 11010519491231002X").flags

    assert flag.severity is Severity.HIGH
    assert flag.why.signals == ("身份证号",)


def test_a_wrong_check_digit_needs_a_label(engine: Engine):
    labelled = engine.screen("身份证号341000198504121233").flags
    bare = engine.screen("341000198504121233").flags

    assert (len(labelled), bare) == (1, ())


def test_the_reason_never_holds_the_number(engine: Engine):
    (flag,) = engine.screen("李四手机13800138000").flags

    assert "13800138000" not in repr(flag.why)
