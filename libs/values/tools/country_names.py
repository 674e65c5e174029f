"""Writes ``country_names.txt``: what each country is called, from the tables of the Unicode consortium (through babel).

``python libs/values/tools/country_names.py`` writes the file anew; a test looks that it is up to date.
"""

from collections import defaultdict
from pathlib import Path

from babel import Locale
from babel.core import get_global

from values.countries import COUNTRIES, name_key

LANGUAGES = """
    en fr fa hi zh zh_Hant zh_Hant_HK de de_CH de_AT es es_MX pt pt_PT it nl pl ru uk tr ar ja ko sv da nb fi cs ro el
"""
FILE = Path(__file__).parents[1] / "src/values/country_names.txt"

# What people and other systems write besides: the English names of ISO 3166-1, short forms, former and native names.
OTHERS = """
AE U.A.E.|UAE|Emirates|امارات|الإمارات
AT Oesterreich
BA Bosnia|Bosnia and Herzegovina|BiH
BN Brunei Darussalam
BO Bolivia, Plurinational State of|Bolivia (Plurinational State of)
BQ Bonaire, Sint Eustatius and Saba
BY Belorussia
CD DR Congo|DRC|Congo, Democratic Republic of the|Congo, The Democratic Republic of the|Democratic Republic of the Congo|Congo-Kinshasa|Zaire
CG Congo|Republic of the Congo|Congo-Brazzaville
CH Helvetia|Svizra
CI Ivory Coast|Cote d'Ivoire|Cote dIvoire
CN PRC|P.R.C.|P.R. China|PR China|People's Republic of China|Mainland China|China, People's Republic of|中华人民共和国|中華人民共和國|中国大陆
CV Cape Verde|Cabo Verde
CZ Czech Republic|Czechia|Tschechische Republik|Česká republika|République tchèque
DE BRD|Federal Republic of Germany|Bundesrepublik Deutschland|Germany, Federal Republic of
DK Kingdom of Denmark
EE Eesti
FK Falkland Islands (Malvinas)|Falklands|Islas Malvinas
FM Micronesia, Federated States of|Micronesia (Federated States of)
GB Great Britain|Britain|Britannien|England|Scotland|Wales|Northern Ireland|United Kingdom of Great Britain and Northern Ireland|Großbritannien|Grande-Bretagne|Royaume Uni|Angleterre|Inglaterra|Engeland|انگلستان|انگلیس|بریتانیا|英格兰|इंग्लैंड|ब्रिटेन
GM Gambia
GR Hellas|Hellenic Republic|Ellada
HK Hong Kong|Hongkong|Hong Kong SAR|香港
HR Hrvatska
HU Magyarország
IE Eire|Éire|Republic of Ireland
IL ישראל
IN Bharat|Republic of India|Hindustan
IR Iran|Islamic Republic of Iran|Iran, Islamic Republic of|Iran (Islamic Republic of)|I.R. Iran|Persia|جمهوری اسلامی ایران
IS Ísland
KN St Kitts and Nevis|Saint Kitts and Nevis
KP North Korea|DPRK|Korea, Democratic People's Republic of|Korea (Democratic People's Republic of)|Democratic People's Republic of Korea|Korea, North
KR South Korea|Korea|Republic of Korea|Korea, Republic of|Korea (Republic of)|Korea, South|ROK|대한민국|大韩民国|韩国|한국
LA Laos|Lao People's Democratic Republic|Lao PDR
LC St Lucia|Saint Lucia
LT Lietuva
LU Luxemburg|Lëtzebuerg
LV Latvija
LY Libyan Arab Jamahiriya
MD Moldova, Republic of|Moldova (Republic of)|Republic of Moldova
MF Saint Martin (French part)
MK Macedonia|North Macedonia|Macedonia, the former Yugoslav Republic of|FYROM|Republic of North Macedonia
MM Burma
MO Macao|Macau
NL Holland|Netherlands|The Netherlands|Netherland|Kingdom of the Netherlands|Nederland|Hollande|هلند|荷兰
NO Norge
NZ Aotearoa
PH Philippines|Pilipinas
PS Palestine|Palestine, State of|State of Palestine|Palestinian Territory|Palestinian Territory, Occupied|Occupied Palestinian Territory
RO România
RS Srbija
RU Russia|Russian Federation|Russische Föderation|Fédération de Russie|РФ|Российская Федерация
SA KSA|K.S.A.|Kingdom of Saudi Arabia
SH Saint Helena, Ascension and Tristan da Cunha
SI Slovenija
SK Slovak Republic|Slovensko
SX Sint Maarten (Dutch part)
SY Syrian Arab Republic|Syria
SZ Swaziland
TL East Timor
TR Turkey|Türkiye|Turkiye|Tuerkei|Republic of Türkiye|Republic of Turkey
TW Taiwan|Taiwan, Province of China|Taiwan, China|Taiwan, R.O.C.|Republic of China|Chinese Taipei|台湾|臺灣
TZ Tanzania, United Republic of|United Republic of Tanzania
UA Ukrayina|The Ukraine
US U.S.|U.S.A.|USA|United States|United States of America|America|States|US of A|Etats-Unis|Etats Unis|Vereinigte Staaten von Amerika|Amerika|EE.UU.|EEUU|EE. UU.|E.U.A.|美利坚合众国|آمریکا|امریکا|ایالات متحده آمریکا|अमेरिका|संयुक्त राज्य अमेरिका
VA Vatican|Holy See|Holy See (Vatican City State)
VC St Vincent and the Grenadines|Saint Vincent and the Grenadines
VE Venezuela, Bolivarian Republic of|Venezuela (Bolivarian Republic of)
VG Virgin Islands, British|Virgin Islands (British)
VI Virgin Islands, U.S.|Virgin Islands (U.S.)
VN Vietnam|Viet Nam|Viet-Nam|Socialist Republic of Vietnam
XK Kosovo|Kosova|XKX
ZA RSA|R.S.A.|Suid-Afrika
"""


def written() -> str:
    """The whole file: a line per country, its names in the form in which they are compared."""
    known = defaultdict[str, set[str]](set)
    for language in LANGUAGES.split():
        for code, name in Locale.parse(language).territories.items():
            if code in COUNTRIES:
                known[name_key(name)].add(code)
    for long, codes in get_global("territory_aliases").items():
        if len(long) == 3 and long.isalpha() and len(codes) == 1 and codes[0] in COUNTRIES:
            known[name_key(long)] = {codes[0]}
    for line in OTHERS.split("\n"):
        code, _, names = line.partition(" ")
        for name in names.split("|") if names else ():
            known[name_key(name)] = {code}  # what stands here has the last word
    of = defaultdict[str, list[str]](list)
    for name, codes in sorted(known.items()):
        if len(codes) == 1 and name.upper() not in COUNTRIES:
            of[next(iter(codes))].append(name)
    lines = "".join(f"{code}|{'|'.join(of[code])}\n" for code in sorted(COUNTRIES))
    return f"# Written by tools/country_names.py: names of countries in the form in which they are compared.\n{lines}"


if __name__ == "__main__":
    FILE.write_text(written(), "utf-8")
