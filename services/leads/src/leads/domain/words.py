"""What fields are called, in the languages served and in the exports of systems that people come from.

Words are compared in their normal form (``values.text.key``). A *stem* is found inside a word too, because German and the
scripts without blanks join words: ``Telefonnummer``, ``联系电话``.
"""

import re
import unicodedata

from values.text import key

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ACCENTS = re.compile("[\u0300-\u036f]")
_BETWEEN = re.compile(
    r"[\s_\-./:,;()\[\]{}#*?!'\"|+&@]+"
)  # not "no letter": vowel signs are none, and belong to their word


def _keys(text: str) -> frozenset[str]:
    return frozenset(part for word in text.split() for part in parts(word))


def _stems(text: str) -> frozenset[str]:
    return frozenset("".join(parts(word)) for word in text.split())


def parts(name: str) -> list[str]:
    """The words of a field's name: ``Phone No.``, ``phone_no`` and ``phoneNo`` have the same. Accents make no difference."""
    plain = key(_CAMEL.sub(" ", name))
    if not plain.isascii():
        plain = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", plain)))
    return [part for part in _BETWEEN.split(plain) if part]


YES_OR_NO = _keys(
    "yes no on off true false 0 1 y n ja nein oui non si sim não sì да нет بله خیر हाँ नहीं 是 否 はい いいえ"
)

# Contact, address, birthday, identity and free text.
PRIVATE = _keys(
    """
    tel fax cell gsm phone mail email sms whatsapp telegram wechat skype line viber signal linkedin facebook instagram twitter
    street st road rd str rue via calle rua ulica house apartment apt address addr adres
    birthday dob age born anniversary gender sex nationality passport ssn nin bsn iban bic account card ip salutation anrede
    civilite title titel spouse owner person contact contacts recipient
    message messages msg comment comments note notes remark remarks description details text body question questions answer
    enquiry inquiry feedback reason request
    nachricht kommentar notiz notizen bemerkung beschreibung frage anfrage hinweis
    commentaire commentaires remarque remarques demande note question
    mensaje comentario comentarios consulta mensagem observacao observacoes messaggio commento nota note richiesta
    bericht opmerking wiadomosc komentarz uwagi mesaj yorum aciklama
    company firma entreprise empresa azienda organisation organization employer
    фамилия отчество фио тел вопрос
    """
)
PRIVATE_STEMS = _stems(
    """
    email e-mail mailadres mailaddress courriel correo telephone telefon telefono telefone telephon phonenumber phoneno
    mobile mobil handy portable celular cellulare movil movel rufnummer whatsapp
    address adress adresse adresa direccion endereco indirizzo anschrift strasse street hausnummer wohnort domicil
    birth geburt naissance nacimiento nascimento nascita dateofbirth socialsecurity personalausweis nationalid passport steuerid
    taxid vatid
    surname firstname lastname forename vorname nachname familienname username nickname companyname kundenname prenom nomdefamille apellido sobrenome cognome achternaam
    voornaam nazwisko fullname contactname yourname ansprechpartner kontaktperson
    kommentar commentaire comentario bemerkung nachricht freitext
    ایمیل پست_الکترونیک شرکت رایانامه تلفن موبایل همراه تماس شماره_تماس نشانی آدرس خیابان پیام توضیح توضیحات یادداشت تولد کدملی
    نام_خانوادگی
    ईमेल फ़ोन फोन मोबाइल दूरभाष पता संदेश टिप्पणी जन्म कंपनी
    电话 手机 邮箱 邮件 电邮 微信 地址 住址 街道 留言 备注 说明 评论 消息 生日 出生 身份证 联系 称呼 公司 性别 年龄
    電話 手機 郵箱 地址 留言 備註 携帯 メール 住所 番地 備考 お問い合わせ 生年月日
    почта телефон мобильный адрес сообщение комментарий рождения
    بريد هاتف جوال عنوان رسالة ملاحظات ميلاد
    """
)
NAME = _keys("name names nom nome nombre naam nazwa imie ad soyad isim imya имя")
NAME_STEMS = _stems("نام नाम 姓名 名字 姓 氏名 名前 お名前 フリガナ الاسم اسم имя фамилия")
# A name that has one of these beside it is the name of a thing.
THINGS = _keys(
    """
    product produkt produit producto prodotto campaign kampagne campagne form formular formulaire page site seite channel kanal
    event plan model modell modele brand marke marque list file adset adgroup ad ads keyword category team region country
    segment pipeline project projekt projet theme template محصول کمپین فرم उत्पाद 产品 产品名称 活动 表单
    """
)
# What is measured of a company or counted of anything is harmless, whatever it is measured of.
MEASURES = _keys("size employees headcount revenue turnover count type status source score")
POSTAL = _keys("zip plz postcode postal cap cep pin pincode npa")
POSTAL_STEMS = _stems(
    "zipcode postcode postalcode postleitzahl codepostal codigopostal کدپستی पिन_कोड 邮编 邮政编码 郵便番号 индекс"
)
IDS = _keys("id ids gclid fbclid msclkid dclid wbraid gbraid ttclid sku code number no nr key version")
HARMLESS = _keys(
    """
    size employees employeecount headcount staff quantity qty count amount budget price value revenue turnover volume capacity
    length width height weight power area acres hectares distance rooms seats units score likelihood probability rating priority
    timeframe timeline urgency purpose interest interests topic topics category type kind model variant color colour colours
    material brand industry sector segment region country city town state province county language locale lang currency
    product products service services plan package tier option options machine machines stock status stage source medium
    channel campaign keyword placement device browser os platform network creative adset adgroup form page referrer referer
    landing landingpage newsletter consent optin privacy terms existing customer returning margin discount share ratio
    year month week weekday season hour consents existingcustomer leadsource leadstatus
    gclid fbclid msclkid dclid wbraid gbraid ttclid gclsrc matchtype
    groesse anzahl menge mitarbeiter umsatz branche zeitraum zweck interesse
    taille quantite effectif delai secteur
    """
)
