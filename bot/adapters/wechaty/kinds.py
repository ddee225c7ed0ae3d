"""The numbers of the protocol: kinds of events, of messages, and of what a gateway keeps."""

from enum import IntEnum


class Kind(IntEnum):
    """The kinds of events in the stream."""

    HEARTBEAT = 1
    MESSAGE = 2
    DONG = 3
    POST = 4
    ERROR = 16
    FRIENDSHIP = 17
    ROOM_INVITE = 18
    ROOM_JOIN = 19
    ROOM_LEAVE = 20
    ROOM_TOPIC = 21
    SCAN = 22
    READY = 23
    RESET = 24
    LOGIN = 25
    LOGOUT = 26
    DIRTY = 27


class Dirty(IntEnum):
    """What a gateway is told to read anew, or says it has."""

    CONTACT = 2
    ROOM = 3
    ROOM_MEMBER = 4


class Type(IntEnum):
    """The kinds of messages, as puppets number them (the numbers in the .proto are others)."""

    UNKNOWN = 0
    FILE = 1
    AUDIO = 2
    CONTACT = 3
    HISTORY = 4
    EMOTICON = 5
    IMAGE = 6
    TEXT = 7
    LOCATION = 8
    MINI_PROGRAM = 9
    NOTE = 10
    TRANSFER = 11
    RED_ENVELOPE = 12
    RECALLED = 13
    LINK = 14
    VIDEO = 15
    POST = 16
