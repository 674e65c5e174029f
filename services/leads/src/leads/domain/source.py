"""Where a lead comes from: five sources, and the words that other systems have for them."""

from values.text import key

SOURCES = frozenset(("web", "phone", "campaign", "sales", "import"))

_WORDS = {
    "web": """web|website|web site|web form|webform|online|online form|online store|contact form|landing page|internet|homepage
        |organic search|direct traffic|chat|live chat|site web|sitio web|kontaktformular|webseite|وب|وب سایت|سایت|वेबसाइट|网站
        |官网|网页""",
    "phone": """phone|phone inquiry|telephone|call|incoming call|inbound call|phone call|call center|call centre|telefon|anruf
        |téléphone|appel|appel entrant|teléfono|تلفن|تماس تلفنی|फ़ोन|फोन|电话|来电""",
    "campaign": """campaign|email campaign|e-mail campaign|email marketing|mailing|newsletter|advertisement|advertising|ads
        |paid search|paid social|google ads|facebook ads|social media|kampagne|anzeige|campagne|publicité|campaña|کمپین|تبلیغات
        |अभियान|广告|活动""",
    "sales": """sales|sales rep|salesperson|cold call|outbound call|self generated|sales team|vertrieb|kaltakquise|vente|ventes
        |commercial|ventas|فروش|فروشنده|बिक्री|销售""",
    "import": """import|imported|list|purchased list|data import|crm|existing customer|csv|importé|importiert|وارد شده|आयात|导入""",
}
_MEANT = {key(word.strip()): source for source, text in _WORDS.items() for word in text.split("|")}


def source_of(written: str) -> str | None:
    """The source that is meant, or None when it is the name of something else, such as a fair or a partner."""
    return _MEANT.get(key(written))
