"""Private boxes and companies' addresses."""

import pytest

from leads.use_cases.free_mail import is_free_mail


@pytest.mark.parametrize(
    "domain",
    ["gmail.com", "GMail.com", "googlemail.com", "hotmail.com", "hotmail.fr", "hotmail.be", "outlook.fr", "outlook.com.br", "live.nl",
     "yahoo.co.uk", "yahoo.co.in", "yahoo.com.tw", "ymail.com", "msn.com", "icloud.com", "me.com", "aol.de", "gmx.at", "gmx.ch", "web.de",
     "t-online.de", "freenet.de", "wanadoo.fr", "orange.fr", "sfr.fr", "laposte.net", "free.fr", "libero.it", "tin.it", "bluewin.ch",
     "uol.com.br", "bol.com.br", "globo.com", "rediffmail.com", "qq.com", "vip.qq.com", "163.com", "126.com", "foxmail.com", "sina.com",
     "yeah.net", "139.com", "mail.ru", "bk.ru", "yandex.ru", "yandex.com.tr", "ukr.net", "chmail.ir", "wp.pl", "seznam.cz", "naver.com",
     "docomo.ne.jp", "protonmail.com", "proton.me", "tutanota.de", "mailinator.com", "yopmail.com", "guerrillamail.com", "hey.com",
     "\u200bgmail.com", "ｇｍａｉｌ．com"],
)  # fmt: skip
def test_a_box_that_anybody_can_have_is_free_mail(domain: str) -> None:
    assert is_free_mail(f"anna@{domain}")


@pytest.mark.parametrize(
    "address",
    ["anna@maschinenbau.example", "anna@mail.maschinenbau.example", "anna@gmail.com.example", "anna@notgmail.com.example", "anna@siemens.com",
     "a@live-events.de", "a@käse.example", None, ""],
)  # fmt: skip
def test_an_address_of_a_company_is_none(address: str | None) -> None:
    assert not is_free_mail(address)
