"""Which codes there are: countries by ISO 3166-1, currencies by ISO 4217. Read once from the tables of the Unicode consortium."""

from babel import Locale, core, localedata
from babel.core import get_global

# The consortium's own codes for groups, islands within a country and test data; ISO 3166-1 has none of them.
_NOT_A_COUNTRY = frozenset(("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"))
# The offshore yuan is a market's name for CNY; XTS and XXX are for tests and for no currency.
_NOT_A_CURRENCY = frozenset(("CNH", "XTS", "XXX"))

COUNTRIES = frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2) - _NOT_A_COUNTRY
CURRENCIES = (
    frozenset(
        code for used in get_global("territory_currencies").values() for code, _, until, _ in used if until is None
    )
    - _NOT_A_CURRENCY
)

# The tables are large and were only read for this.
localedata._cache.clear()
core._global_data = None
