"""Who the made-up traffic is made of: names, companies, places, numbers and sentences, country by country."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Country:
    """How people of one country write. A ``#`` in a pattern stands for any digit."""

    code: str
    language: str
    share: int
    currency: str
    usual: int  # a usual amount, in minor units
    given: Sequence[str]
    family: Sequence[str]
    companies: Sequence[str]
    mailboxes: Sequence[str]
    domains: Sequence[str]
    places: Sequence[tuple[str, str]]  # region and postcode
    numbers: Sequence[str]
    messages: Mapping[str, str]  # product -> what they write
    name: str = "{given} {family}"
    digits: str = ""  # their own digits from 0 to 9, where they are in use
    plus: str = "+"


_ENGLISH = {
    "lathe": "We need two CNC lathes for a new workshop. Please send a quotation and delivery time.",
    "mill": "Could you show us a five-axis mill? We make housings in small series.",
    "robot": "We are planning a robot cell for loading presses and would like a visit.",
    "laser": "Looking for a fibre laser, sheets up to 3 m. What does it cost with installation?",
    "spares": "Spindle bearings for an older machine, four sets.",
}
_FRENCH = {
    "lathe": "Nous cherchons un tour à commande numérique pour notre nouvel atelier. Merci de nous envoyer un devis.",
    "mill": "Pouvez-vous nous présenter une fraiseuse cinq axes ? Nous usinons de petites séries.",
    "robot": "Projet de cellule robotisée pour l'an prochain, une visite serait utile.",
    "press": "Besoin d'une presse hydraulique de 200 tonnes, avec formation des opérateurs.",
    "spares": "Il nous faut des roulements de broche, quatre jeux.",
}
_HINDI = {
    "lathe": "हमें नई कार्यशाला के लिए दो सीएनसी खराद मशीनें चाहिए। कृपया कोटेशन भेजें।",
    "mill": "क्या आप पाँच-अक्ष मिलिंग मशीन का डेमो दिखा सकते हैं?",
    "robot": "प्रेस लोडिंग के लिए रोबोट सेल की योजना है, कृपया हमसे मिलने आएँ।",
    "press": "दो सौ टन की हाइड्रोलिक प्रेस की कीमत और डिलीवरी का समय बताइए।",
    "spares": "पुरानी मशीन के लिए स्पिंडल बेयरिंग के चार सेट चाहिए।",
}
_PERSIAN = {
    "lathe": "برای کارگاه جدیدمان به دو دستگاه تراش سی‌ان‌سی نیاز داریم. لطفاً پیش‌فاکتور بفرستید.",
    "mill": "آیا امکان بازدید از دستگاه فرز پنج‌محور هست؟ قطعات ما تیراژ کم دارد.",
    "laser": "قیمت دستگاه برش لیزر فایبر با نصب و آموزش چقدر است؟",
    "press": "یک پرس هیدرولیک دویست تنی می‌خواهیم، زمان تحویل را بفرمایید.",
    "spares": "چهار دست بلبرینگ اسپیندل برای دستگاه قدیمی لازم داریم.",
}
_CHINESE = {
    "lathe": "我们新车间需要两台数控车床，请报价并告知交货期。",
    "mill": "能否安排参观五轴加工中心？我们做小批量壳体。",
    "robot": "计划建设冲压上料机器人单元，希望贵司派人来厂交流。",
    "laser": "需要一台三米幅面光纤激光切割机，含安装培训多少钱？",
    "spares": "旧设备需要主轴轴承四套，有现货吗？",
}
_GERMAN = {
    "lathe": "Wir brauchen zwei Drehmaschinen für unsere neue Halle und bitten um ein Angebot.",
    "mill": "Können Sie uns eine Fünfachsfräse vorführen? Wir fertigen Kleinserien.",
    "robot": "Wir planen eine Roboterzelle zum Beladen von Pressen. Ein Besuch wäre gut.",
    "spares": "Spindellager für eine ältere Maschine, vier Sätze.",
}
_PORTUGUESE = {
    "lathe": "Precisamos de dois tornos CNC para a nova oficina. Por favor, enviem um orçamento.",
    "press": "Quanto custa uma prensa hidráulica de 200 toneladas com treinamento?",
    "spares": "Rolamentos de fuso para uma máquina antiga, quatro jogos.",
}
_BOXES = ("office", "info", "purchasing", "workshop", "m")

PEOPLE: tuple[Country, ...] = (
    Country(
        code="DE",
        language="de",
        share=16,
        currency="EUR",
        usual=2_000_000,
        given=("Anna", "Jonas", "Leyla", "Jürgen", "Grete"),
        family=("Müller", "Schmidt", "Yılmaz", "Weiß", "Krüger"),
        companies=("Maschinenbau Weiß GmbH", "Feinmechanik Nord", "Krüger & Söhne KG"),
        mailboxes=_BOXES,
        domains=("maschinenbau.example", "feinmechanik.example", "krüger.example"),
        places=(("BE", "10###"), ("BY", "80###"), ("BW", "70###"), ("NW", "45###"), ("SN", "01###")),
        numbers=("030 90####0", "+49 151 2#######", "089/2####50", "0049 40 3#####1"),
        messages=_GERMAN,
    ),
    Country(
        code="FR",
        language="fr-FR",
        share=16,
        currency="EUR",
        usual=1_800_000,
        given=("Camille", "Hugo", "Zoé", "François", "Inès"),
        family=("Lefèvre", "Martin", "Benoît", "Nguyen", "Garçon"),
        companies=("Mécanique Lefèvre SARL", "Ateliers du Rhône", "Tôlerie Benoît"),
        mailboxes=_BOXES,
        domains=("ateliers.example", "tôlerie.example"),
        places=(("IDF", "75###"), ("IDF", "92###"), ("ARA", "69###"), ("PAC", "13###"), ("BRE", "35###")),
        numbers=("06 ## ## ## ##", "01 42 ## ## ##", "+33 6 ## ## ## ##", "0033 4 72 ## ## ##"),
        messages=_FRENCH,
    ),
    Country(
        code="GB",
        language="en-GB",
        share=10,
        currency="GBP",
        usual=1_600_000,
        given=("Olivia", "Amir", "Jack", "Siân", "Grace"),
        family=("Clarke", "Hussain", "O'Neil", "Evans", "Turner"),
        companies=("Clarke Precision Ltd", "Evans & Daughters", "Northern Pressings"),
        mailboxes=_BOXES,
        domains=("precision.example", "pressings.example"),
        places=(("LND", "SW1A 1AA"), ("LND", "E1 6AN"), ("BIR", "B1 1BB"), ("MAN", "M1 1AE")),
        numbers=("07700 900###", "020 7946 0###", "+44 7700 900###"),
        messages=_ENGLISH,
    ),
    Country(
        code="US",
        language="en-US",
        share=10,
        currency="USD",
        usual=2_200_000,
        given=("Emily", "Carlos", "Grace", "Tyrone", "Wei"),
        family=("Johnson", "Rivera", "Lee", "Baker", "O'Hara"),
        companies=("Lakeside Job Shop Inc.", "Rivera Tool & Die", "Prairie Aerospace"),
        mailboxes=_BOXES,
        domains=("jobshop.example", "toolanddie.example"),
        places=(("IL", "606##"), ("OH", "441##"), ("TX", "770##"), ("CA", "941##")),
        numbers=("(312) 555-01##", "+1 216 555 01##", "713-555-01##"),
        messages=_ENGLISH,
    ),
    Country(
        code="IN",
        language="hi-IN",
        share=16,
        currency="INR",
        usual=150_000_000,
        given=("प्रिया", "राहुल", "अनीता", "विक्रम", "स्नेहा"),
        family=("शर्मा", "वर्मा", "गुप्ता", "पाटिल", "सिंह"),
        companies=("भारत प्रिसीजन प्रा. लि.", "शर्मा इंजीनियरिंग", "पुणे ऑटो पार्ट्स"),
        mailboxes=_BOXES,
        domains=("precision-india.example", "engineering.example"),
        places=(("DL", "110 0##"), ("MH", "4000##"), ("TN", "6000##"), ("WB", "7000##"), ("MH", "४११००१")),
        numbers=("98### #####", "+91 99### #####", "09876 5#####", "011 2345 ####"),
        messages=_HINDI,
        digits="०१२३४५६७८९",
    ),
    Country(
        code="IR",
        language="fa-IR",
        share=14,
        currency="IRR",
        usual=300_000_000_000,
        given=("سارا", "رضا", "مریم", "علی", "نگار"),
        family=("احمدی", "کریمی", "حسینی", "مرادی", "رستمی"),
        companies=("صنایع فلزی کریمی", "ماشین‌سازی البرز", "کارگاه تراشکاری احمدی"),
        mailboxes=_BOXES,
        domains=("machinery-ir.example", "کارگاه.example"),
        places=(("تهران", "۱۹۱۱۸۴۳۳##"), ("البرز", "31########"), ("اصفهان", "81########"), ("فارس", "71########")),
        numbers=("0912 ### ####", "+98 935 ### ####", "021 88## ####", "0098 913 ### ####"),
        messages=_PERSIAN,
        digits="۰۱۲۳۴۵۶۷۸۹",
    ),
    Country(
        code="CN",
        language="zh-CN",
        share=14,
        currency="CNY",
        usual=15_000_000,
        given=("伟", "敏", "芳", "浩", "雪梅"),
        family=("李", "张", "王", "陈", "欧阳"),
        companies=("上海精密机械有限公司", "广州模具厂", "苏州自动化设备有限公司"),
        mailboxes=_BOXES,
        domains=("jingmi.example", "模具.example"),
        places=(("上海", "2000##"), ("江苏", "2150##"), ("广东", "5100##"), ("北京", "1000##"), ("四川", "6100##")),
        numbers=("138 #### ####", "+86 139 #### ####", "021-6### ####", "0086 186 #### ####"),
        messages=_CHINESE,
        name="{family}{given}",
        digits="０１２３４５６７８９",
        plus="＋",
    ),
    Country(
        code="BR",
        language="pt-BR",
        share=8,
        currency="BRL",
        usual=9_000_000,
        given=("Ana", "Bruno", "João", "Conceição"),
        family=("Souza", "Araújo", "Lima", "Gonçalves"),
        companies=("Usinagem Araújo Ltda", "Metalúrgica Paulista"),
        mailboxes=_BOXES,
        domains=("usinagem.example", "metalurgica.example"),
        places=(("SP", "01310-1##"), ("RJ", "20040-0##"), ("MG", "30110-0##")),
        numbers=("(11) 9####-####", "+55 21 9#### ####", "(31) 3###-####"),
        messages=_PORTUGUESE,
    ),
    Country(  # nobody's territory: these go to the head office
        code="KE",
        language="en-KE",
        share=3,
        currency="KES",
        usual=200_000_000,
        given=("Wanjiru", "Otieno", "Amina"),
        family=("Kamau", "Odhiambo", "Njoroge"),
        companies=("Nairobi Metal Works", "Rift Valley Engineering"),
        mailboxes=_BOXES,
        domains=("metalworks.example",),
        places=(("Nairobi", "00###"), ("Mombasa", "80###")),
        numbers=("0712 ######", "+254 722 ######"),
        messages=_ENGLISH,
    ),
)
