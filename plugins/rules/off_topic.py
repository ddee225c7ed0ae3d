"""Off topic: what a work group is not for, though nobody is harmed. Observes only.

Flags: requests for votes, clicks and red packets, chain greetings and jokes, rumours about health
passed on, games, matches and shares talked over with everybody, second-hand goods, pets and family shows.

Does not flag: votes, questionnaires and activities of the office and its union, ordinary courtesy,
a word about lunch or the weather, what a prohibition lists.

Known misses: private talk without a telling word; pictures and stickers.
"""

from types import MappingProxyType

from bot.model.finding import Mode, Severity, Topic
from bot.screening.rule import Rule, listed
from bot.screening.signals import Signal
from bot.screening.weighing import Scales, graded, weigher

SCALES = Scales(
    label="非工作内容",
    enough=4,
    signals=MappingProxyType(
        {
            Signal.AUDIENCE: 2,
            Signal.CONTACT: 1,
            Signal.LINK: 1,
            Signal.PRICE: 1,
            Signal.WORK: -3,
        }
    ),
    lone_severity=Severity.LOW,
    offered_severity=Severity.LOW,
)

WORDS = graded(
    telling="""
        砍一刀 砍壹刀 帮我砍 帮忙砍 帮砍一刀 砍价免费拿 帮我助力 帮忙助力 求助力 三人助力 帮我点一下 帮忙点一下 帮点一下 集赞
        集齐38 求赞 投一票 投票拜托 帮忙投票 求投票 每人每天可投 每天可投 每天三票 给我家宝贝投 给我娃投 宝贝投票 求夸夸
        九宫格奉上 心灵鸡汤 早安，朋友 早安朋友 愿你一天好心情 送给懂你 讲个段子 讲个笑话 说个段子 老公下班回家 快告诉身边
        告诉身边人 为了家人转 转给家人 快转给 紧急扩散 动动手指转 千万别吃 千万别碰 已经有人送医院 传给家里老人 五排缺 五排
        缺一个打野 缺个打野 缺辅助 来个辅助 来个打野 猫生了 狗生了 晚安心语 早安心语 美团红包 外卖红包 饿了么红包 打车红包
        红包大家领 大盘又绿 大盘又跌 又套了 追到三点 彩票又没中 期彩票 论文用的 毕业论文用 有没有去钓鱼 点个亮灯牌 打投
        给个阅读量 解锁完整 宝贵一票 用我的码注册 新人券 一生平安富贵 收到的人 每天一句英语 羊毛党 谁看球 剧本杀""",
)
"""What leisure is made of; it counts where it is put to everybody."""

ALLOWS = listed(
    """
    帮我砍个价
    """
)

RULE = Rule(
    code="off_topic",
    version=1,
    topic=Topic.OFF_TOPIC,
    severity=Severity.LOW,
    title="与工作无关的内容",
    learned=0.38,
    words=WORDS,
    allows=ALLOWS,
    alone=4,
    check=weigher(SCALES),
    mode=Mode.OBSERVE,
    flags=(
        "家人们，给我家宝贝投一票，每人每天可投三票",
        "拼多多帮我砍一刀，就差一点了",
        "今晚王者五排缺一个打野",
        "今天大盘又绿了，你们手里的票还好吗",
        "各位帮忙填个问卷，我女儿毕业论文用的",
        "谁有闲置的儿童自行车，想收一个二手的",
        "美团红包大家领一下，手慢无",
        "紧急扩散！隔夜菜致癌，为了家人转起来",
        "吃完柿子千万别碰这三样东西，快告诉身边人",
        "心灵鸡汤：朋友就像人民币，送给懂你的人",
        "给你们讲个段子：老公下班回家",
        "我家猫生了五只小猫，谁想领养",
        "周末有没有去钓鱼的，车上还能坐两个",
        "看我家小公主跳舞，九宫格奉上，求夸夸",
        "有没有人一起剧本杀，六人本差两个",
        "帮忙集赞66个，换电影票",
    ),
    passes=(
        "投票选举工会委员，请到会议室现场填票",
        "请大家填写满意度问卷，周三前完成",
        "群规再发一遍：不拉票，不晒娃，不发砍价链接",
        "大家把隔夜菜谣言别再往群里转了，都辟谣了",
        "工会组织周末爬山，请各科室报名",
        "收到，谢谢",
        "今天食堂有酥梨",
        "考勤打卡机坏了，请大家签到",
        "景区门票减免资金请文旅科核对",
        "会议直播链接请各单位转发",
        "晚上一起吃饭吗",
        "昨天那个剧真好看",
        "请各科接龙报名培训",
        "祝大家中秋快乐",
        "拒收红包登记表请交纪检组",
        "请关注政务小程序办理进度",
    ),
    known_misses=("没有典型用语的闲聊", "只有图片或表情的内容"),
)
