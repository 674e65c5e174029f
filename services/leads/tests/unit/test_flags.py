"""The flags are a closed vocabulary, and whoever reads one finds it in the service's README."""

from pathlib import Path

from leads.domain.flags import FLAGS, TEXTS

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_every_flag_stands_in_the_readme_with_what_it_says() -> None:
    settings = {flag: says for flag, says in FLAGS.items() if flag.removesuffix("_unreadable") not in TEXTS}
    assert [flag for flag, says in settings.items() if f"| `{flag}` | {says} |" not in README] == []
    assert [name for name in TEXTS if name not in README.split("`region_unreadable`")[1].split("|")[0] + "region"] == []
