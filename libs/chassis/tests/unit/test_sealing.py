"""Personal data is opened with its own key, in its own place, or not at all."""

import pytest

from chassis.sealing import CannotOpen, blind_index, derive, new_key, open_bytes, seal, seal_bytes, unseal
from contracts.event import Sealed


def test_what_was_sealed_is_opened_by_its_key() -> None:
    key = new_key()
    sealed = seal("k1", key, "José Ångström".encode(), b"lead 1")
    assert sealed.key == "k1"
    assert unseal(sealed, key, b"lead 1").decode() == "José Ångström"


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(CannotOpen):
        unseal(seal("k1", new_key(), b"x"), new_key())


def test_a_box_that_was_moved_to_another_place_does_not_open() -> None:
    key = new_key()
    with pytest.raises(CannotOpen):
        unseal(seal("k1", key, b"x", b"lead 1"), key, b"lead 2")


@pytest.mark.parametrize("box", ["", "x", "AAAA", "é", "A" * 15, "A" * 64, "====", "\0"])
def test_what_is_no_box_is_refused_in_the_same_way(box: str) -> None:
    with pytest.raises(CannotOpen):
        unseal(Sealed(key="k1", box=box), new_key())


def test_every_bit_of_a_box_counts() -> None:
    key = new_key()
    box = bytearray(seal_bytes(key, b"hello"))
    for place in range(len(box)):
        box[place] ^= 1
        with pytest.raises(CannotOpen):
            open_bytes(key, bytes(box))
        box[place] ^= 1
    assert open_bytes(key, bytes(box)) == b"hello"


def test_the_same_data_never_has_the_same_box() -> None:
    key = new_key()
    assert len({seal_bytes(key, b"same") for _ in range(100)}) == 100


def test_each_purpose_has_a_key_of_its_own() -> None:
    master = new_key()
    assert derive(master, "parked") == derive(master, "parked")
    assert len({derive(master, "parked"), derive(master, "intake"), derive(new_key(), "parked"), master}) == 4


def test_equal_values_have_equal_indexes_under_one_pepper_only() -> None:
    assert blind_index(b"p", "a@b") == blind_index(b"p", "a@b")
    assert len({blind_index(b"p", "a@b"), blind_index(b"p", "a@c"), blind_index(b"q", "a@b")}) == 3
