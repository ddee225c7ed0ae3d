"""Invented names for offices of any size."""

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜"
_GIVEN = "安邦博才昌达德恩帆刚国海浩弘佳建杰凯康乐亮林明宁鹏奇强庆仁荣瑞山胜松涛伟文翔欣旭扬义勇宇远泽哲志忠"
_ALL = len(_SURNAMES) * len(_GIVEN) ** 2
_STRIDE = 7919  # prime: neighbours in a list have other surnames, and names come again late


def name(number: int) -> str:
    """Return a number's name; more than 70,000 numbers have names of their own."""
    rest, surname = divmod(number * _STRIDE % _ALL, len(_SURNAMES))
    last, middle = divmod(rest, len(_GIVEN))
    return _SURNAMES[surname] + _GIVEN[middle] + _GIVEN[last]
