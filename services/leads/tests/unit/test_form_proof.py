"""A proof of work stands last in a body, and is of that body alone."""

import pytest

from leads.domain.form_proof import proves

SAID = b'{"_key":"ab","_token":"1.2.c.d","name":"J\xc3\xbcrgen"'
PROVED = next(raw for n in range(10_000) if proves(raw := SAID + b',"_proof":"%d"}' % n))


def test_one_number_in_some_hundreds_proves() -> None:
    tried = [n for n in range(600) if proves(SAID + b',"_proof":"%d"}' % n)]
    assert 0 < len(tried) < 20


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        SAID + b"}",
        SAID + b',"_proof":""}',
        SAID + b',"_proof":"' + b"0" * 5000 + b'"}',
        SAID + ',"_proof":"٤"}'.encode(),
        PROVED + b" ",
        PROVED[:-1],
        PROVED.replace(b'"ab"', b'"ac"'),
    ],
)
def test_what_is_none_proves_nothing(raw: bytes) -> None:
    assert proves(PROVED)
    assert not proves(raw)


def test_the_page_makes_the_same() -> None:
    """What the form's script makes of this body; its own tests have the same number."""
    assert proves('{"name":"Zoë","_key":"k","_proof":"498"}'.encode())
