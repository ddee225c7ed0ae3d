"""Advertisement: goods and services that somebody promotes, lawful or not.

Flags: unlawful trade (accounts, cards, followers, certificates, exam help, tracking of people,
cheating programs, drugs without licence, surrogacy, counterfeit goods) as high; shops, agents,
flats, insurance, courses, renovation, repairs with a price, a contact or a call to buy as medium.

Does not flag: procurement and tender notices, benefits of the union, prohibitions and reports,
talk about what somebody bought, subsidised help for farmers' produce.

Known misses: recommendations among colleagues without price or contact, pictures and videos.
"""

from collections.abc import Iterator
from types import MappingProxyType

from bot.model.finding import Severity, Topic
from bot.screening.rule import Answer, Rule, Sighting, listed
from bot.screening.signals import Signal
from bot.screening.weighing import Scales, allowed, graded, weigh

UNLAWFUL = Scales(
    label="黑产广告用语",
    enough=4,
    signals=MappingProxyType(
        {
            Signal.HANDLE: 2,
            Signal.CONTACT: 1,
            Signal.LINK: 1,
            Signal.PHONE: 1,
            Signal.PRICE: 1,
            Signal.OFFER: 1,
            Signal.CALL: 1,
            Signal.WORK: -3,
            Signal.BETTING: -3,
            Signal.EROTIC: -3,
            Signal.ARMS: -3,
        }
    ),
    lone_severity=Severity.HIGH,
    offered_severity=Severity.HIGH,
)

COMMERCIAL = Scales(
    label="广告用语",
    enough=5,
    signals=MappingProxyType(
        {
            Signal.HANDLE: 2,
            Signal.CONTACT: 1,
            Signal.LINK: 1,
            Signal.PHONE: 2,
            Signal.PRICE: 1,
            Signal.OFFER: 1,
            Signal.CALL: 1,
            Signal.WORK: -4,
            Signal.BETTING: -3,
            Signal.EROTIC: -3,
            Signal.ARMS: -3,
        }
    ),
    lone_severity=Severity.LOW,
    offered_severity=Severity.MEDIUM,
)

TRADE = graded(
    telling="""
        刷赞 买粉 卖粉 涨粉点赞 点赞刷播放 刷播放量 刷播放 刷阅读量 刷评论 代刷网 自助下单平台 网络水军 删帖公关 负面删除 删负面
        微信号出售 出售微信号 出微信号 收微信号 收购微信号 卖微信号 买微信号 微信号批发 微信老号 qq靓号 qq号出售 出售qq 收qq号
        抖音号出售 出抖音号 抖音千粉号 千粉号 抖音实名号 快手号出售 实名号 白号批发 账号出售 出售账号 卖账号 买卖账号 账号交易
        满级号 微信解封 辅助解封 解封微信 辅助注册 扫码辅助 微信辅助 预加微信 精准粉 引流软件 精准引流 被动引流 引流脚本
        拓客软件 获客软件 大数据获客 客源数据 精准数据 股民数据 短信轰炸 电话轰炸 呼死你 虚拟号码 接码平台 流量卡批发 实名手机卡
        银行卡出售 四件套 代办文凭 买文凭 文凭代办 办文凭 办毕业证 毕业证驾驶证 学历证代办 学籍代办 代办驾照 驾照代办 驾照直取
        驾照消分 驾照分 买分卖分 代扣分 扣分找我 包拿证 包过拿证 挂靠证书 资质挂靠 资质代办 职称代办 代评职称 考试答案 考前答案
        答案出售 改成绩 修改成绩 改分数 查开房 开房记录 开房查询 手机定位找人 定位找人 查聊天记录 微信聊天记录查询 查微信聊天
        监控微信 微信监控 同步聊天 恢复聊天记录 私人侦探 婚姻调查 小三调查 婚外情调查 社工库 通话清单查询 查三网 游戏外挂
        辅助外挂 透视自瞄 自瞄 透视挂 科技挂 吃鸡科技 游戏科技 传奇私服 变态传奇 刷钻 刷金币 真币混 高仿人民币 高仿奢侈品 精仿
        顶级复刻 莆田鞋 一比一复刻 一比一高仿 供卵 卖卵 捐卵 包生男孩 包性别 试管包成功 试管婴儿包 卖肾 pos机办理 pos机免费
        办pos机 免费领pos 免费办理pos 大额pos 精养提额 养卡提额 印度神油 金枪不倒 丰胸产品 月瘦 祛斑霜 祛痘产品 增高产品
        根治糖尿病 香烟批发 批发香烟 出口烟 一手烟 细支烟批发 电子烟批发 无税车 车牌出租 科学上网 v2ray 快排 seo快排 网站收录
        寄生虫程序 站群 ddos 脱库 拿站 论文代写 代写论文 代写毕业论文 代发论文 论文代发 代做毕业 包查重 流水代做 做流水
        银行流水制作 工资流水制作 ps证件 p图证件 针孔摄像头 偷拍神器 偷电 复制门禁 上头电子烟 聪明药 减肥针 溶脂针 代开各类发票
        增值税专票 专票普票 可验证后付款 办假证 招加盟代理 刷票 涨阅读 公众号涨阅读 微信投票刷 专升本两年 两年拿证 不过退费
        成人学历提升 ppt代做 毕业设计代做 代做ppt 代做毕业设计 b证刻 办z 办㊣ 毕业㊣ 微信小号 卖微信 微信号出租 租微信
        收微信 高价收微信 出租微信 出qq号 抖音粉丝 抖音粉 真人粉 活粉 僵尸粉 涨粉丝 买粉丝 卖粉丝 粉丝出售 出粉丝 直播间人气
        直播人气 人气机器人 挂人气 挂铁 刷人气 刷弹幕 刷直播 刷礼物 刷点赞 刷收藏 刷关注 刷转发 刷热搜 刷榜 刷好评 代刷业务
        业务代刷 秒刷 代挂 等级代练 王者代打 王者代练 游戏代练 吃鸡代打 上分代打 办理各类证件 代办证件 代办各类 代办证书
        代办资格证 资格证代办 建造师挂靠 会计证挂 文凭学历 学历文凭 大专文凭 本科文凭 自考包过 成考包过 考研包过 雅思包过
        托福包过 驾考包过 科目一包过 不考试拿证 直接拿证 快速减肥 一个月瘦 瘦20斤 瘦30斤 七天瘦 减肥神器 减肥胶囊 减肥贴 排油
        溶脂 男性增大 增大增硬 增硬 助勃 延时药 壮阳药 阳萎 阳痿早泄 神油 伟哥印度 西地那非 他达拉非 催情粉 处女膜修复 私密紧致
        缩阴 丰胸霜 水光针 隆胸 淡斑 美白祛斑 一洗黑 治脱发 专治疑难 治癌 降三高 祖传膏药 特效药 药到病除 新开传奇 传奇新开
        新开一秒 装备全爆 散人天堂 散人服 爆率全 爆率高 开局满级 上线送vip 满v 无限钻石 折扣手游 手游折扣 变态手游 bt手游 gm服
        仙侠手游 复古传奇 怀旧传奇 sf发布 苹果手机批发 批发手机 高仿手机 高仿苹果 莆田工厂 莆田货 耐克阿迪 阿迪耐克 手表高仿
        包包高仿 奢侈品包 a货包 大牌高仿 网站排名优化 排名优化 首页排名 百度排名 关键词排名 快速排名 蜘蛛池 友链 百科代做
        百度百科创建 软文发稿 群发软件 营销软件 营销手机 微商软件 微信营销 微信多开 虚拟定位 自动抢红包 抢红包神器 防封 养号软件
        协议号 协议软件 采集软件 微信群控 爬虫数据 数据出售 出售数据 卖数据 一手数据 资源数据 名单出售 电销数据 电话号码数据
        学生数据 业主数据 贷款数据 医美数据 宝妈数据 精准客户 拉群服务 专业拉群 进群服务 微信拉群 企业微信拉群 qq拉群 群发私信
        私信群发 引流推广 推广引流 全网推广 朋友圈广告 信息流开户 千川开户 巨量开户""",
    strong="""
        学历提升
        免考 收号 出号 解封 群控 加粉软件 接码 猫池 注册卡 物联卡 免考拿证 包过 保过 开盒 变态版 无限元宝 原单 代妈 肾源 减肥药
        减肥产品 减肥茶 牛皮癣 白癜风 老中医 祖传秘方 老军医 外烟 水货手机 抵押车 机场节点 降重 代写 窃听器 屏蔽器 干扰器 解码器
        万能钥匙 烟弹 笑气 代购药 仿制药 办证 刻章 代考 助考 私服 真题答案 代刷 刷量 查定位 查行踪 假钞 假币 免税烟 代孕 查通话
        包治 假证 肉毒 短信群发 群发短信 印度代购 丰胸 壮阳 高仿包 增高药 卡盟 查户籍 通话记录查询 户籍查询 个人信息查询
        查个人信息 查银行流水 学信网可查 监听手机 手机监听 证书挂靠 号商 白号 老号出售 发票代 偷拍设备 针孔摄像 延时喷剂
        代办学历 车主数据 云控 高仿手表 高仿鞋 免税香烟 攻击网站 落户代办 居住证代办 驾驶证办理 身份证办理 号码定位 手机号定位
        祛斑产品 瘦身产品 增大增粗 代开发票 代开 私家侦探 破解版 手机卡 招代理 诚招代理 代理招募 信用卡套现 pos机 信用卡代还
        养卡 代做 代写材料 八折回收 医保卡取现 代缴社保 挂证 人工刷 打底数据 刷粉 无效退款 不反弹 燃脂 美白针 代练 各类证件
        证件办理 办理证件 无需考试 不用考试 国家认可 工厂直销 原装正品 纯原 外贸原单 水货 疑难杂症 治糖尿病 治高血压 祛痘 祛眼袋
        上首页 关键词优化 客户名单 一键转发 电子烟 暴瘦 上线送 外挂 伟哥 早泄 替考 瘦脸针
        定位查人 查人定位 恢复微信聊天 查微信记录 查聊天 查手机通话 查开房 代写总结 代写心得 代写材料 代写公文 代写检讨""",
)
"""What is traded without licence."""

GOODS = graded(
    strong="""
        微商代理 微商货源 一手货源 厂家直销 厂家直供 厂家直发 招商加盟 加盟热线 全屋定制 免费量房 免费设计 装修公司 首付几
        看房专车 看房热线 营销中心 售楼处 盛大开盘 开盘特惠 别墅盘 学区房 地铁口 精装现房 现房发售 特价房 免费试听 试听课
        招生简章 火热招生 寒假班 暑假班 报名立减 年卡转让 拼团价 团购价 秒杀价 特惠价 优惠价 活动价 内部价 领券 优惠券 满减
        买五送 买三送 买二送 买一送 清仓 甩卖 包邮 下单立减 立减 直降 现价 高价回收 上门回收 回收烟酒 回收高档 专业疏通 疏通下水
        家电维修 开锁换锁 搬家公司 保洁公司 贷款咨询 车险续保 重疾险 年金险 分红险 增额终身寿 理财险 商业保险 高端定制 微整形
        医美 纹眉 热玛吉 养生馆 私教课 健身卡 海外代购 直邮 免税店 直播间下单 小黄车 扫码下单 下单找 下单链接 点击下单 打包价
        秒发 加我秒发 羊奶粉 减肥茶 礼券 购物卡 招募代理 代理加盟 门店转让 旺铺 标书制作 推广引流 百度竞价 爱采购 竞价开户
        优化排名 小程序开发 网站建设 app开发 房产中介 房屋出租 房屋出售 二手车 公司注册 代账报税 注册公司 记账报税 首月0元
        双飞六天 双飞五日 纯玩无购物 便宜三成 订机票 车位出租 月付 立减50 阿胶糕 打印机加粉 硒鼓回收 硒鼓 下单立 优惠码 配音
        扒谱 特价机票 跟团游 亲子游 预约看房 户型方正 学位房
        开业酬宾 开业大吉 开业优惠 全场五折 全场三折 全场八折 售楼部 售楼处 送车位 首付十 首付五 首付三 九五新 九九新 诚心要
        诚意者 名师授课 冲刺班 报名优惠 三个疗程 自家果园 果园直发 产地直发 全城最低 厂价 出厂价
        跳楼价 骨折价 白菜价 清库存 回馈老客户 店庆 储值 办卡送 上门安装
        专业安装 专业清洗 十年老店 老字号 百年老店 出租转让 低价转让 急转 急售 急租""",
)
"""What is sold in the open; never an offence without price, contact or call."""

ALLOWS = listed(
    """
    自行代开 税务代开 可代开专票 税务局代开 申请代开 商业保险条例 发票代码 优惠券不 电子烟监管 外挂字幕 编解码器 硝烟弹 战神油 优惠价格
    """
)


def check(sighting: Sighting) -> Iterator[Answer]:
    """Weigh unlawful trade and open commerce apart."""
    yield from allowed(sighting)
    yield from weigh(sighting, UNLAWFUL, (word for word in sighting.words if word.word in TRADE))
    yield from weigh(
        sighting,
        COMMERCIAL,
        (word._replace(weight=GOODS[word.word]) for word in sighting.words if word.word in GOODS),
    )


RULE = Rule(
    code="advertisement",
    version=1,
    topic=Topic.ADVERTISEMENT,
    severity=Severity.MEDIUM,
    title="商业广告、黑产广告",
    learned=0.25,
    doubted=True,
    words=MappingProxyType(dict(GOODS) | dict(TRADE)),
    allows=ALLOWS,
    alone=4,
    check=check,
    flags=(
        "抖音快手涨粉点赞刷播放，1元100粉，自助下单平台",
        "出售微信号、QQ靓号，老号实名，量大从优",
        "代办文凭，学信网可查，加微信 zb9988",
        "私家侦探，查开房记录、手机定位找人",
        "手机监听、恢复聊天记录，当天出结果",
        "吃鸡外挂，透视自瞄，稳定不封号",
        "专业代写论文，包查重，加v：lw2026dx",
        "驾照消分，免考拿证，加微信 jz6677",
        "祖传秘方治痛风，三天见效，加老中医微信lzy9988",
        "高仿手表，一比一复刻，支持货到付款",
        "香烟批发，一手货源，免税烟包邮",
        "XX别墅盘开盘特惠，首付8万，看房专车接送，热线4008-335-778",
        "少儿编程寒假班报名立减500，三人成团，扫描二维码",
        "高价回收烟酒、购物卡，上门取货，电话13911112222",
        "车险续保找我，返现35%，再送两次保养",
        "微商代理火热招募，厂家直供，扫码下单",
        "瑜伽年卡转让，原价3980现价2000，电话联系",
    ),
    passes=(
        "广告服务采购公告已发布，项目编号HSZC-2026-011，请监督开标",
        "户外广告设施整治实施方案请城管科会签",
        "关于落实小微企业税收优惠政策的通知",
        "工会团购电影票每人两张，请到办公室领取",
        "消费帮扶：各单位食堂采购脱贫地区农副产品情况请上报",
        "公车保险到期，请办理续保",
        "请填报今年培训班经费决算",
        "双十一买的扫地机到了，优惠券没用上",
        "办公家具采购合同验收请于周五前完成",
        "推广应用财政一体化系统的经验材料请报办公室",
        "群规：不发广告，不拉票，不发砍价链接",
        "你那房子装修花了多少，首付还差多少",
        "招标代理服务费按成交额的1.5%计取",
        "市科技局科技创新券兑现资金已拨付",
        "打击网络水军、整治刷量控评专项行动启动",
        "孩子辅导班太贵了，一学期六千",
        "房屋维修资金使用申请请于月底前报送",
    ),
    known_misses=("没有价格和联系方式的软性推荐", "只在图片和视频里出现的广告"),
)
