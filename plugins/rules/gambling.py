"""Gambling: sites, games and bets that somebody advertises or invites to.

Flags: names of gambling sites and games, bets, agents and "deposit, get a bonus" offers, most of
all beside an account, a link or a promise of money; search spam injected into a page.

Does not flag: prohibitions, prevention campaigns, reports of cases, quotations of the
regulations, the public welfare lottery fund, sports and card games without stakes.

Known misses: names of sites that are not listed, codes agreed among insiders, pictures.
"""

from collections.abc import Iterator
from types import MappingProxyType

from bot.model.finding import Severity, Topic
from bot.screening.rule import Answer, Rule, Sighting
from bot.screening.signals import Signal
from bot.screening.weighing import Scales, weigh

SCALES = Scales(
    label="赌博用语",
    enough=4,
    signals=MappingProxyType(
        {
            Signal.HANDLE: 2,
            Signal.CONTACT: 1,
            Signal.LINK: 1,
            Signal.OFFER: 2,
            Signal.CALL: 1,
        }
    ),
    lone_severity=Severity.MEDIUM,
    offered_severity=Severity.HIGH,
)

UNMISTAKABLE = (
    *("线上真人", "真人线上", "6合彩", "六和彩", "六he彩", "liuhecai", "baijiale"),
    *(
        "bet365",
        "365bet",
        "365信誉",
        "信誉线上",
        "365体育在线",
        "365线上",
        "娱乐城",
        "线上赌",
        "网赌",
    ),
    *(
        "百家乐",
        "新葡京",
        "老葡京",
        "葡京娱乐",
        "澳门葡京",
        "澳门银河娱乐",
        "澳门威尼斯人",
        "威尼斯人娱乐",
    ),
    *("澳门金沙", "金沙娱乐", "永利娱乐", "永利皇宫", "太阳城娱乐", "亚博体育", "亚博app"),
    *(
        "万博体育",
        "万博manbetx",
        "manbetx",
        "必威体育",
        "betway",
        "伟德体育",
        "伟德国际",
        "韦德体育",
    ),
    *("威廉希尔", "皇冠体育", "皇冠足球", "皇冠现金", "澳博体育", "乐鱼体育", "开云体育", "华体会"),
    *("米兰体育", "九游体育", "爱游戏体育", "星空体育", "188bet", "188金宝博", "金宝博", "fun88"),
    *("12bet", "1xbet", "pinnacle平博", "云顶娱乐", "凯发k8", "凯发娱乐", "尊龙凯时", "利来国际"),
    *("龙虎和", "炸金花", "扎金花", "诈金花", "推牌九", "德州扑克俱乐部", "斗牛牛"),
    *("时时彩", "重庆时时彩", "北京赛车pk10", "pk10", "pk拾", "幸运飞艇", "极速赛车"),
    *("六合彩", "六合彩特码", "香港六合彩", "一肖一码", "三肖中特", "四肖八码", "平特一肖"),
    *("快三计划", "彩票计划群", "快3大小", "私彩", "黑彩", "外围盘", "外围投注", "足球外围"),
    *("赌球", "赌博网站", "赌博平台", "赌博群", "博彩网站"),
    *("博彩平台", "博彩公司", "菠菜平台", "菠菜网", "bc平台", "真人荷官", "性感荷官", "真人视讯"),
    *("美女荷官", "捕鱼赢", "电子游艺", "真人棋牌", "现金棋牌", "信誉棋牌", "棋牌上下分"),
    *("上分下分", "棋牌代理", "房卡代理", "彩票代理", "博彩代理", "包网", "盘口出租"),
    *("开元棋牌", "ag真人", "ag娱乐", "ag视讯", "bbin", "pg电子", "pg麻将胡了", "麻将胡了", "cq9"),
    *("买球平台", "买球app", "买球网", "下注平台", "投注平台", "投注网", "投注站代理", "押大小"),
    *("押庄押闲", "庄闲和", "赔率1比", "走地盘", "让球盘"),
    *("红包扫雷", "扫雷群", "牛牛群", "接龙群赌", "百人牛牛", "抢庄牛牛", "澳门赌", "缅甸赌场"),
)
"""Names that have no place in office work; one of them is enough."""

STRONG = ("赌场", "赌台", "赌桌", "赌局", "赌资", "老虎机", "大小单双", "北京赛车")
"""Words of gambling that also occur in figures of speech."""

SUSPICIOUS = (
    *("球盘", "微信结算", "红包结算", "块底", "一晚输赢", "输赢几", "带点彩头"),
    *("申博", "龙虎斗", "计划群", "特码", "串关", "滚球", "梭哈", "上下分", "庄闲"),
    *("博彩", "菠菜", "下注", "投注", "买码", "押注", "下盘口", "盘口", "庄家", "荷官", "赔率"),
    *("彩金", "筹码", "牌九", "牛牛", "赢钱", "赌钱", "赌一把", "赌两把", "小赌", "来一把", "开赌"),
    *("赌友", "赌客", "棋牌室带", "棋牌平台", "棋牌app", "棋牌游戏", "棋牌", "上分", "下分"),
    *("反水", "返水", "洗码", "代打流水", "打流水", "首充", "首存", "送彩金", "体育平台", "波胆"),
    *("盈利计划", "回血计划", "包赢计划", "彩票群", "彩民群", "开奖群", "带你回血", "信誉盘"),
    *("稳定出款", "电子城", "爆大奖", "爆分", "跑得快", "德州扑克", "玩几把", "红包群", "麻将群"),
    *("稳赢", "包赢", "中特", "足彩推荐", "竞彩推荐", "竞彩", "赌局邀请", "线上娱乐"),
    *("真人娱乐", "在线娱乐", "现金网", "信用盘", "百万大奖", "大奖等你", "老平台", "下注返"),
)
"""Words that need a second sign."""

WEAK = (
    *("赌博", "彩票", "双色球", "大乐透", "开奖", "中奖", "充值", "提现", "提款", "麻将", "打牌"),
    *("斗地主", "扑克", "世界杯", "欧洲杯", "比分", "球赛", "竞猜", "流水", "电玩", "捕鱼"),
    *("输赢", "翻本", "回本", "出款", "斗牛", "刮刮乐", "体彩", "福彩", "信誉平台", "老板娘带"),
)
"""Words of ordinary talk that only weigh beside others."""


def check(sighting: Sighting) -> Iterator[Answer]:
    """Weigh the words with offers, accounts, links and calls near them."""
    return weigh(sighting, SCALES)


RULE = Rule(
    code="gambling",
    version=1,
    topic=Topic.GAMBLING,
    severity=Severity.MEDIUM,
    title="赌博、博彩信息",
    words=MappingProxyType(
        dict.fromkeys(WEAK, 1)
        | dict.fromkeys(SUSPICIOUS, 2)
        | dict.fromkeys(STRONG, 3)
        | dict.fromkeys(UNMISTAKABLE, 4)
    ),
    allows=(
        *("彩票公益金", "福利彩票", "体育彩票", "福彩公益金", "体彩公益金", "彩票管理", "彩票发行"),
        *("彩票销售", "彩票资金", "彩票市场", "彩票机构", "彩票专项", "彩票监管", "福彩中心"),
        *("体彩中心", "福彩站点", "体彩站点", "摇号开奖", "政府采购", "中奖发票", "发票中奖"),
        *("有奖发票", "流水号", "银行流水", "资金流水", "账户流水", "流水线", "流水账", "流水单"),
        *("中奖名单公示", "知识竞猜", "猜灯谜", "足球友谊赛", "棋牌比赛", "棋牌活动", "棋牌协会"),
        *("棋牌活动室", "老年棋牌", "职工棋牌", "棋牌室改造", "棋牌室整治", "体育平台建设"),
        *("押金", "押运", "押题", "抵押", "质押", "上分管领导", "以上分管", "上分别", "以上分"),
        *("上分局", "上分组", "上分类", "上分析", "上分项", "上分为", "上分摊", "上分配", "上分工"),
        *("下分别", "下分管", "下分类", "下分局", "下分配", "以下分", "下分为", "下分解", "上分享"),
        *("上分解", "上分段", "上分散", "上分开", "上分级", "上分公司", "下分公司", "下分组"),
        *("下分项", "下分析", "下分工", "下分摊", "下分级", "下分享", "上分数", "下分数"),
        *("皇冠体育馆", "皇冠体育中心", "永利皇宫酒店", "永利皇宫大酒店"),
        *("菠菜价格", "菠菜面", "菠菜汤", "炒菠菜", "买菠菜", "菠菜种植", "菠菜大棚"),
        *("计划群众", "申博士", "包网络", "农庄闲置", "村庄闲置", "山庄闲置"),
    ),
    check=check,
    flags=(
        "澳门新葡京首充送彩金，加微信 bocai888 领取",
        "重庆市bet·365_365信誉线上人民政府",
        "百家乐真人荷官在线，注册送88元体验金",
        "老板们，棋牌上下分找我，微信号 qipai_2026",
        "今晚世界杯买球吗，下注返水2个点，加我",
        "六 合 彩 三 肖 中 特，内幕资料私聊",
        "時時彩計劃群，帶你回血",
    ),
    passes=(
        "严禁发布或讨论反动、色情、赌博、暴力、商业广告",
        "散布淫秽、色情、赌博、暴力、凶杀、恐怖或者教唆犯罪的；",
        "请各科室上报2026年彩票公益金项目绩效自评表",
        "春节临近，请全体干部远离赌博，严禁参与百家乐、六合彩等任何形式的赌博活动",
        "公安机关捣毁一网络赌场，抓获犯罪嫌疑人12名",
        "工会周五下午举办棋牌比赛，请报名",
        "请各单位核对3月份银行流水和提现备付金额",
    ),
    known_misses=("没有列入词表的新站名、暗语", "只在图片里出现的赌博广告"),
)
