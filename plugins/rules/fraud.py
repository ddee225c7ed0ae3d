"""Fraud and other unlawful business: schemes that somebody offers or tries on the reader.

Flags: fake jobs (刷单, 跑分), loans without conditions, cashing out, trade in bank cards, accounts,
invoices and certificates, investment circles, false prizes, refunds, subsidies and authorities,
somebody who pretends to be a superior or a relative and needs money.

Does not flag: warnings and campaigns against fraud, reports of cases, subsidised loans, banks' and
the office's own business (保证金, 退款, 公务卡, 税务代开), money between friends.

Known misses: a patient conversation without a telling word, forged documents and pictures.
"""

import re
from collections.abc import Iterator
from types import MappingProxyType

from bot.model.finding import Severity, Span, Topic
from bot.screening.rule import Answer, Hit, Rule, Seen, Sighting, listed
from bot.screening.signals import Signal
from bot.screening.weighing import (
    DOUBTFUL,
    Scales,
    acquitted_by,
    allowed,
    graded,
    plainly,
    sentence,
    weigh,
)

SCALES = Scales(
    label="诈骗用语",
    enough=4,
    signals=MappingProxyType(
        {
            Signal.HANDLE: 2,
            Signal.CONTACT: 1,
            Signal.LINK: 1,
            Signal.PHONE: 1,
            Signal.PRICE: 1,
            Signal.OFFER: 2,
            Signal.CALL: 1,
            Signal.WORK: -2,
            Signal.BETTING: -3,
            Signal.EROTIC: -3,
            Signal.ARMS: -3,
        }
    ),
    lone_severity=Severity.MEDIUM,
    offered_severity=Severity.HIGH,
)

TRADE = Scales(
    label="非法交易用语",
    enough=4,
    signals=SCALES.signals,
    lone_severity=Severity.MEDIUM,
    offered_severity=Severity.MEDIUM,
)

SCHEMES = graded(
    telling="""
        加警官 警官qq 警官微信 云养牛 云养猪 云养鸡 认养返利 刷视频赚 看广告赚 走路赚钱 不上征信
        刷单兼职 刷单返佣 刷单返利 刷单返现 兼职刷单 淘宝刷单 网络刷单 招刷单 做单返佣 垫付返佣 垫付本金 刷信誉 刷好评 手机兼职
        网络兼职 线上兼职 在家兼职 手机做任务 点赞员 抖音点赞 点赞兼职 关注点赞赚 打字员 小说打字 打字兼职 跑分平台 跑分车队
        跑分兼职 招跑分 收款码跑分 码商 收码商 u商 代收代付 洗钱通道 料子通道 卡农 贷款秒批 贷款秒下 秒批秒放 秒下款 强开口子
        口子强开 内部口子 无视征信 不看征信 无视黑白 黑户可 黑户贷 黑户白户 黑户也 白户可 黑户秒 征信花也 征信黑也 洗白征信
        征信洗白 征信修复 征信铲单 征信代办 反催收 停息挂账 凭身份证秒 凭身份证贷 凭身份证借 身份证贷款 私人放款 私人借款 空放
        无抵押无担保 无前期 信用卡套现 花呗套现 白条套现 花呗提现 白条提现 套花呗 套白条 信用卡代还 代还信用卡 信用卡提额
        公积金套现 套取公积金 公积金代提 公积金提取代办 提取公积金代 医保卡套现 医保套现 购物卡套现 京东e卡套 套现秒到 荐股 诊股
        牛股推荐 推荐牛股 黑马股 拉涨停 拉三个涨停 主力内幕 跟着老师买 跟老师做 老师带单 老师喊单 喊单群 带单老师 股票群免费
        免费诊股 稳赚不赔 保本保息 保本高收益 日收益 静态收益 动态收益 躺赚项目 传销盘 数字资产项目 惠民数字 民族资产 解冻资产
        养老公寓投资 投资养老 原始股认购 内部原始股 虚拟币搬砖 usdt承兑 u币兑换 杀猪盘 充值返现 低价充值 代充话费 话费代充
        慢充话费 免费领皮肤 免费送皮肤 送皮肤 领取皮肤 恭喜您中奖 您已中奖 被抽中 中奖用户 三倍理赔 双倍理赔 双倍赔付 三倍赔付
        理赔专员 退款专员 退款理赔 注销校园贷 注销网贷 注销学生账户 关闭百万保障 百万保障 安全账户 资金核查 清查资金 核查账户
        涉嫌洗钱 配合警方 通缉令 冻结您的 etc已失效 etc失效 etc停用 etc认证 etc已过期 etc过期 etc已禁用 医保卡停用 医保卡即将
        医保账户异常 社保卡异常 社保卡停用 医保电子凭证失效 驾驶证被 积分兑换现金 快递丢失 包裹丢失 快递在运输途中丢失
        个人劳动补贴 劳动者综合补贴 综合补贴申领 工资补贴申领 补贴认领 扫码认领 补贴扫码 扫码领取补贴 共享一下屏幕 卡限额
        帮我收个款 帮收款 重金求子 富婆求子 解冻费 先交手续费 先交保证金 保证金先 会员费先 信用分不足 刷流水验资 包装流水
        贷款包装 包装贷款 代办信用卡 代办大额 大额信用卡代办 内部有人 包过包拿 保录取 补录名额 花钱入编 代办入编 代办社保
        社保代缴 社保补缴 违规套取 不够条件也能 网赚 网赚项目 暴利项目 暴力项目 撸货 撸口子 撸贷 撸小贷 撸网贷 薅羊毛群 零撸
        首码项目 挂机赚钱 挂机项目 拉人头 拉新返 拉一个人 地推拉新 做任务赚 接单平台 派单员 跟单赚 交易所开户 外汇平台 外汇带单
        外汇跟单 贵金属带单 期货配资 股票配资 炒汇 炒币 搬砖套利 套利项目 跨境套利 本金翻倍 三天翻倍 翻倍再还 高额返利 充值返利
        返利平台 返佣平台 消费返利 消费全返 京东金条 金条利率 利率过高 关闭账户额度 注销额度 海关费 寄给你保管 编制入编
        安排进国企 不成退款 入编八万 抢红包外挂 红包外挂 自动秒抢 申领一次性补贴 扫这个码 扫我这个码 统一扫我 别声张
        不许告诉任何人 这是逮捕令 逮捕令编号 退款手续费 退还保证金扫码 惠民补贴扫码 百分百下咔 百分百下卡 下咔 串珠 手工串珠
        做完全退 先交押金 缅北 缅甸客服 出国劳务高薪 出囯劳务 高薪出国 高薪出囯 柬埔寨客服 医保卡取现 医保卡里的钱 医保取现
        成功收8 费率低 精养卡 养卡提额 pos机 pos机免费 大额pos 信用卡养卡 信用卡精养 解冻账户 交易平台就用 回收游戏账号
        游戏账号回收 先用我的 垫付定金 定金先 手机就能操作 手机就可操作 京东放单 淘宝放单 拼多多放单 平台放单 立返佣
        一单佣金 佣金10 每天50单 当日结算佣金 芝麻分600 芝麻分500 芝麻分550 凭芝麻 有身份证就能 身份证就能下 三分钟下款 当场下款
        不成功不收费 下款快 利息低放款快 放款快 你需要贷款吗 请问需要贷款 需要贷款吗 需要资金吗 办理贷款 专业贷款 专业办理贷
        贷款办理 正规网贷 网贷平台 网贷口子 私借 私贷 小额借款 借钱不看 全国可下 全国接单 黑白户 黑白均可 花户黑户 逾期可做
        逾期也能 当前逾期 强制下款 内部强下 强制放款 技术口 技术贷 代还款 花呗分付 分付套 羊小咩 抖音月付 抖音放心花 放心花套
        京东白条额度 套出来 信用卡取现 帮还信用卡 垫还 免费领取王者 领皮肤 皮肤免费 点券免费 免费点券 送点券 低价点券 半价充值
        刷q币 刷钻 刷点券 免费刷 想做副业 副业宝妈 在家就能赚 在家赚钱 在家日赚 手机挣钱 手机就能赚 手机上赚钱 网上赚钱 线上赚钱
        赚钱项目 带你赚钱 跟我赚 一起赚钱 日赚百 月入上万 月入十万 年入百万 轻松月入 轻松日入 轻松日赚 睡后收入 管道收入 躺着赚
        免费项目 包回本 0投资 0风险 0撸 信息差项目 一夜暴富 发财项目 涨停票 明天涨停 明日涨停 牛股群 股票推荐 推荐股票 股票带
        股票老师 炒股群 炒股软件 炒股老师 跟买 代客理财 代操盘 合约带单 期货带单 期货开户 黄金带单 黄金跟单 外汇开户 挖矿项目
        云算力 矿机出租 撸币 交易所返佣 搬u 刷脸跑分 码队 洗料 任务平台 做任务领 红包群免费抢 免费抢红包 天天抢红包 进群抢
        免费领红包 扫码领钱 免费领手机 免费送手机 iphone免费 0元领 一元抢购 大转盘中 幸运抽奖 恭喜中奖 中奖通知 解冻金
        不看征信 无需看征信 无需征信 先款后货 先付款后发 先付后发 先款后发 垫资刷 刷单做任务 刷流水单 收卡跑 卖对公 代办学历学信网
        低价油卡 低价加油卡 半价油卡 半价话费 话费充值五折 五折话费 八折话费 内部充值 充值优惠内部 解除风控 解封资金 资金解冻
        高额佣金 高佣日结 高佣兼职 投资返利 消费返现 静态分红 动态奖 拉人奖 推荐奖 直推奖 见点奖 对碰奖 三级分销 二级分销 多级分销
        庞氏 躺赚 静态躺 合约跟单 带单群 老师带队 老股民带队 股神带 股神推荐 涨停密码 涨停板群 内幕票 主力票 妖股推荐 翻倍股
        十倍股推荐 新股内部 内部配售 私募认购 私募内部 债转股 养老项目投 养老床位 养老基地投 以房养老 保健品返 会销返 收藏品回购
        古董回购 古钱币回购 邮票回购 高价回收古 拍卖收藏费 展览费先 冒充领导 中奖短信 中奖税 公证费先 激活金 认证金 验资费
        保证金激活 会费激活 解套费 追损 出国打工高薪 高薪偷渡 带去缅 招聘打字员 网络主播高薪 招模特交 试镜费 培训费先 工装费
        体检费先交 入职押金 入职先交
        拍单返现 单单有佣 出售增值税 卖增值税 出售专票 出售发票 收对公账户""",
    strong="""
        不得告诉 不许告诉 别告诉家人 不要告诉家人 不能告诉任何 先款
        刷单 返佣 日佣 佣金日结 秒批 套现 跑分 应急借款 网上兼职 兼职日结 手机赚钱 手工外发 外发手工 手工活 招打字 私人账号
        私人账户 辛苦费 恭喜您获得 恭喜你获得 幸运用户 双倍退款 三倍退款 大额信用卡 内部渠道 内部名额 配资 内部消息 内幕消息
        首码 躺赚 vip群 手续费先 做任务返 被骗可追 追回被骗 黑客追款 网络追款 代追款 喊单 牛股 数字资产 共享一下
        个人收款码 出借收款码 拆分盘 高仿平台 带你赚 一单到 日赚 日入 冒用 秒到账 银行四件套 贷款找我 需要贷款 急需贷款 贷款联系
        资金周转 急用钱 急需用钱 征信不好 征信黑 征信烂 负债高 逾期也 网黑 无视网 双黑 花户 下款 秒放 信用贷找 车抵贷 应急钱
        借钱找 轻松兼职 招兼职 宝妈兼职 学生兼职 我的新微信 新微信号 换号了 换了新号 急着交 帮我转 先帮我垫 先转到
        转到安全 帮忙转 配合调查 电子传票 逮捕令 无抵押贷款 资金盘 导师带单 大奖 公积金套 一次提完 数字念给我 验证码告诉我
        验证码念 积分兑了 周转三万 差三万周转 别打电话 直接转这 明天就还你 转给我 项目款先走 先走你们 走你们单位账户
        惠民政策 逾期视为自动放弃 预留手机号 一次性补贴 短信验证码 专员微信 领导让我联系 统一报 抓紧交给我 手续费200 我帮你代
        押金500 涉嫌一起 洗钱案 配合关闭 需降息""",
)
"""What schemes are made of: telling ones are enough, ordinary ones only help."""

GOODS = graded(
    telling="""
        代开增值税 代开专票 代开普票 代开各类发票 代开各种发票 代开全国 代开住宿 代开餐饮 开票点数低 票点低 出售发票 买卖发票
        办证刻章 刻章办证 办假证 假证 代办假 银行卡四件套 四件套出售 收银行卡 收购银行卡 高价收卡 高价收银行卡 卖银行卡 租银行卡
        出租银行卡 收对公 收购对公 对公户出售 对公账户高价 收购个人对公 卖手机卡 收手机卡 收购手机卡 买卖公民 公民信息出售
        出售个人信息 卖身份证 收身份证 身份证正反面出售 卖号卖卡 办毕业证 代办毕业证 高仿过验 枪手代考 办证刻z b证刻章 刻z办z
        游戏账号收购""",
    strong="""
        代开发票 对公户 代刻公章 刻公章 发票代开 开发票找 虚开 实名卡 黑卡 办证 毕业证 刻章 走账 过账 收卡 卖卡""",
)
"""What is traded unlawfully; an advertisement of it is judged by that rule."""

ALLOWS = listed(
    """
    自行代开专票 自行代开发票 可代开专票 申请代开发票 申请代开专票 窗口代开发票 税务局代开发票 税务局代开专票 出售增值税征 手工活动 资金周转库 办证大厅 办证窗口 办证中心
    不动产办证 办证流程 补办证 换办证 代办证明 一证办证 过账凭证 已过账 过账成功 系统过账 过账到 过账日 毕业证书复印 毕业证复印 毕业证原件 毕业证明 学历毕业证 学生兼职取酬
    数码商 大奖赛 特大奖 日入而息 毕业证书 通缉令已
    """
)

_IMPOSTORS = (
    (
        "冒充熟人",
        re.compile(
            r"(?:我是[^，。！？\n]{0,4}(?:局|总|处|书记|主任|县长|科长|老板|爸|妈|儿子|女儿|领导)?|^(?:爸|妈|爸妈|哥|姐))"
            r"[^。！？\n]{0,16}(?:新号|新微信|新的微信|新qq|新的qq|换号|手机掉|手机坏|手机进水|同学的微信|同学手机|别人手机)"
            r"|(?:先|马上|赶紧|尽快)?(?:转|汇|打)[^。！？\n]{0,4}(?:万|千|块钱|款)[^。！？\n]{0,16}"
            r"(?:到这个|给我|这个账|这个卡|开会不方便|不方便接|明天还|回头还|回头给你|会后)"
            r"|(?:在开会|开会)[^。！？\n]{0,10}(?:不方便|别打电话)[^。！？\n]{0,30}(?:转|汇|打款|垫|充值|买)"
        ),
    ),
    (
        "诱骗转账",
        re.compile(
            r"(?:投入|投资|充值?|交)[0-9.]{1,7}\s?(?:元|块|万)?[^。！？\n]{0,6}(?:每天|每日|日|天天|月)返"
            r"|(?:帮|替)我[^。！？\n]{0,4}(?:收|走|过)(?:个|一笔|笔)?(?:款|账|钱|流水)"
            r"|(?:别人|人家|客户)打(?:到)?你(?:的)?卡[^。！？\n]{0,8}(?:再)?转"
            r"|(?:将于|将在|即将|已被|已经)(?:被)?(?:停用|冻结|失效|禁用|注销|清零)[^。！？\n]{0,16}(?:按[0-9]|点击|登录|回复|拨打|联系客服|认证)"
        ),
    ),
)


def check(sighting: Sighting) -> Iterator[Answer]:
    """Weigh schemes and goods, then look for somebody who pretends around the words."""
    yield from allowed(sighting)
    yield from weigh(sighting, SCALES, (word for word in sighting.words if word.word in SCHEMES))
    yield from weigh(sighting, TRADE, (word for word in sighting.words if word.word in GOODS))
    reach = 0
    for word in sighting.words:
        if word.weight >= DOUBTFUL and word.end > reach:
            begin, reach = sentence(sighting, word)
            yield from _pretended(sighting, word, begin, reach)


def _pretended(sighting: Sighting, word: Seen, begin: int, close: int) -> Iterator[Answer]:
    if acquitted_by(sighting, word) is not None:
        return
    near = plainly(sighting, begin, close)
    for name, pattern in _IMPOSTORS:
        match = pattern.search(near)
        if match is not None:
            offset = sighting.position(begin)
            span: Span = sighting.span(offset + match.start(), offset + match.end())
            yield Hit(spans=(span,), signals=(name,), severity=Severity.HIGH)


RULE = Rule(
    code="fraud",
    version=1,
    topic=Topic.FRAUD,
    severity=Severity.MEDIUM,
    title="诈骗及其他违法信息",
    learned=0.25,
    doubted=True,
    words=MappingProxyType(dict(SCHEMES) | dict(GOODS)),
    allows=ALLOWS,
    check=check,
    flags=(
        "招刷单兼职，一单5到20，日结，有手机就能做",
        "贷款秒批，黑户白户都能下，加微信 daikuan66",
        "花呗提现、白条套现，秒到账",
        "跑分平台招人，有收款码就行，日佣八百",
        "征信修复，逾期也能洗白，先办后付",
        "老师带单荐股，下周牛股拉涨停，进群免费",
        "小李，我是王局，这是我的新微信号，有急事找你办",
        "您的ETC已失效，请点击链接重新认证",
        "恭喜您被抽中为幸运用户，一等奖奖金9万，先交手续费领奖",
        "您购买的商品检测出质量问题，双倍退款，请联系退款专员",
        "虚拟币搬砖套利，日收益3%，保本保息",
        "投入300元每天返15元，推荐一人奖50",
        "高价收银行卡、对公户，一套三千",
        "帮我收个款，别人打你卡里你再转我，给你辛苦费",
        "扫码领取补贴，填写银行卡号和验证码即可到账",
        "注销校园贷，不注销影响征信，加客服QQ 2233445566",
    ),
    passes=(
        "反诈提醒：凡是刷单返利、贷款先交手续费的都是诈骗",
        "创业担保贷款贴息资金申报指南已发布，请各县区抓紧申报",
        "自然人可到税务局代开发票窗口申请代开发票",
        "代理记账机构年度备案开始，请会计科通知",
        "公务卡还款日每月25日，别逾期，影响征信",
        "个人征信异议申请到人民银行窗口办理，不存在花钱修复征信",
        "履约保证金退款请附合同和收据",
        "借我两百块，下周发工资还你",
        "这个月花呗又超了，吃土中",
        "股票又跌了，套了三十个点，哎",
        "民警通报一起冒充客服退款理赔诈骗案，受害人损失12万元",
        "请各科清理领导干部违规兼职取酬情况",
        "住院费用先由个人垫付，出院后凭票理赔报销",
        "有人加我说带我炒股，一看就是骗子，拉黑了",
        "工资补贴发放明细已上传系统，请核对到账情况",
        "打击跑分洗钱断卡行动，银行账户出租出借是违法的",
    ),
    known_misses=("没有典型话术的长期交友诈骗", "伪造的文件、截图和图片"),
)
