"""What screening says: topics, severities, clauses, flags and findings."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final

OPERATORS_OWN: Final = "operator_"
"""How the code of a rule begins that is made of an operator's own list."""


class Topic(StrEnum):
    """What a clause or a rule is about; `decided_by` says who may raise it."""

    PORNOGRAPHY = "pornography"
    GAMBLING = "gambling"
    VIOLENCE = "violence"
    ADVERTISEMENT = "advertisement"
    MALICIOUS_LINK = "malicious_link"
    FRAUD = "fraud"
    ABUSE = "abuse"
    SUPERSTITION = "superstition"
    CLASSIFIED = "classified"
    INTERNAL_DOCUMENT = "internal_document"
    PERSONAL_INFORMATION = "personal_information"
    OFF_TOPIC = "off_topic"

    INFRINGEMENT = "infringement"
    LEAK_OUTSIDE = "leak_outside"
    UNREVIEWED = "unreviewed"
    NOT_PUBLIC = "not_public"
    INACCURATE = "inaccurate"
    CLICKBAIT = "clickbait"
    SCANDAL = "scandal"
    DISASTER = "disaster"
    MINORS = "minors"
    OTHER = "other"

    CONSTITUTION = "constitution"
    STATE_SECURITY = "state_security"
    NATIONAL_HONOUR = "national_honour"
    HEROES = "heroes"
    TERRORISM = "terrorism"
    ETHNIC_UNITY = "ethnic_unity"
    CULT = "cult"
    RUMOUR = "rumour"
    IMAGE_OF_THE_OFFICE = "image_of_the_office"
    SENSITIVE = "sensitive"

    ENCOURAGED = "encouraged"

    @property
    def label(self) -> str:
        """The topic as an owner reads it."""
        return _LABELS[self]

    @property
    def decided_by(self) -> "Decider":
        """Who may raise the topic: the product, an operator's own list, or only a person."""
        if self is Topic.ENCOURAGED:
            return Decider.NOBODY
        if self in _BUILT_IN:
            return Decider.BUILT_IN
        return Decider.OPERATOR if self in _OPERATOR else Decider.HUMAN


class Decider(StrEnum):
    """Who may raise a topic."""

    BUILT_IN = "built-in"
    OPERATOR = "operator"
    HUMAN = "human"
    NOBODY = "nobody"


class Severity(IntEnum):
    """How urgent a finding is; critical and high are told at once."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The word used in data: critical, high, medium or low."""
        return self.name.lower()

    @property
    def label(self) -> str:
        """The severity as an owner reads it."""
        return ("低", "中", "高", "紧急")[self - 1]

    @property
    def at_once(self) -> bool:
        """Whether the finding is told at once instead of in a digest."""
        return self >= Severity.HIGH


class Mode(StrEnum):
    """Whether a rule's findings are only kept, or also told to people; OFF is not asked at all."""

    OFF = "off"
    OBSERVE = "observe"
    ENFORCE = "enforce"


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A half-open stretch of the original text, in code points."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """Why a rule flagged: signals and foldings by name, never the matched text."""

    signals: tuple[str, ...]
    foldings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """One answer of one rule about one text."""

    rule: str
    version: int
    topic: Topic
    severity: Severity
    spans: tuple[Span, ...]
    why: Why
    mode: Mode = Mode.ENFORCE

    @property
    def start(self) -> int:
        """The first code point that a span covers."""
        return min(span.start for span in self.spans)

    @property
    def end(self) -> int:
        """One past the last code point that a span covers."""
        return max(span.end for span in self.spans)


@dataclass(frozen=True, kw_only=True, slots=True)
class Flagged:
    """A flag with the excerpt that may be kept of its text: none for classified matter."""

    flag: Flag
    excerpt: str | None = field(default=None, repr=False)
    excerpt_start: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Clause:
    """One clause of a regulation, the smallest thing a finding cites."""

    code: str
    regulation: str
    citation: str
    title: str
    wording: str
    as_printed: str | None = None
    topics: tuple[Topic, ...] = ()
    applies_to: tuple[str, ...] = ()
    duty: str | None = None


class Judgement(StrEnum):
    """What a person decided about a finding."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    FALSE_POSITIVE = "false_positive"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A flag on one message of one registered group, as it is kept.

    `sender` is the platform's user id; `excerpt` holds at most 200 characters of the message that
    cover its spans, is None for classified matter, and is sealed in the store.
    """

    id: int
    group: int
    account: str
    message_id: str
    sender: str = field(repr=False)
    sender_card: str = field(default="", repr=False)
    posted_at: datetime
    found_at: datetime
    rule: str
    version: int
    topic: Topic
    severity: Severity
    clauses: tuple[str, ...]
    spans: tuple[Span, ...]
    why: Why
    mode: Mode
    excerpt: str | None = field(default=None, repr=False)
    excerpt_start: int = 0
    caught_up: bool = False
    judgement: Judgement = Judgement.OPEN
    alert: int | None = None
    recalled_at: datetime | None = None

    @property
    def classified(self) -> bool:
        """Whether the finding takes the secret path: no body, no picture, no file."""
        return self.topic is Topic.CLASSIFIED


_BUILT_IN = frozenset(
    {
        Topic.PORNOGRAPHY,
        Topic.GAMBLING,
        Topic.VIOLENCE,
        Topic.ADVERTISEMENT,
        Topic.MALICIOUS_LINK,
        Topic.FRAUD,
        Topic.ABUSE,
        Topic.SUPERSTITION,
        Topic.CLASSIFIED,
        Topic.INTERNAL_DOCUMENT,
        Topic.PERSONAL_INFORMATION,
        Topic.OFF_TOPIC,
    }
)

_OPERATOR = frozenset(
    {
        Topic.CONSTITUTION,
        Topic.STATE_SECURITY,
        Topic.NATIONAL_HONOUR,
        Topic.HEROES,
        Topic.TERRORISM,
        Topic.ETHNIC_UNITY,
        Topic.CULT,
        Topic.RUMOUR,
        Topic.IMAGE_OF_THE_OFFICE,
        Topic.SENSITIVE,
    }
)

_LABELS = {
    Topic.PORNOGRAPHY: "色情低俗",
    Topic.GAMBLING: "赌博",
    Topic.VIOLENCE: "暴力",
    Topic.ADVERTISEMENT: "商业广告",
    Topic.MALICIOUS_LINK: "病毒链接",
    Topic.FRAUD: "诈骗及其他违法",
    Topic.ABUSE: "侮辱诽谤歧视",
    Topic.SUPERSTITION: "封建迷信",
    Topic.CLASSIFIED: "涉密",
    Topic.INTERNAL_DOCUMENT: "内部文件",
    Topic.PERSONAL_INFORMATION: "个人隐私",
    Topic.OFF_TOPIC: "非工作内容",
    Topic.INFRINGEMENT: "侵权",
    Topic.LEAK_OUTSIDE: "扩散群外",
    Topic.UNREVIEWED: "未经审核",
    Topic.NOT_PUBLIC: "不可公开或有争议",
    Topic.INACCURATE: "数据提法不准",
    Topic.CLICKBAIT: "标题不实",
    Topic.SCANDAL: "炒作绯闻劣迹",
    Topic.DISASTER: "不当评述灾难",
    Topic.MINORS: "未成年人保护",
    Topic.OTHER: "其他",
    Topic.CONSTITUTION: "宪法原则",
    Topic.STATE_SECURITY: "国家安全",
    Topic.NATIONAL_HONOUR: "国家荣誉利益",
    Topic.HEROES: "英雄烈士",
    Topic.TERRORISM: "恐怖主义极端主义",
    Topic.ETHNIC_UNITY: "民族团结",
    Topic.CULT: "邪教",
    Topic.RUMOUR: "谣言",
    Topic.IMAGE_OF_THE_OFFICE: "党政机关形象",
    Topic.SENSITIVE: "敏感话题",
    Topic.ENCOURAGED: "鼓励发布",
}
