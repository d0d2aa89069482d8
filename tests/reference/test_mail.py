"""Lists of mail domains and mailboxes: the public suffixes are those of the package they come with."""

from __future__ import annotations

from tldextract import TLDExtract

from reference.mail import public_suffixes, top_level_domains


def test_public_suffixes_are_those_the_package_reads() -> None:
    packaged = TLDExtract(suffix_list_urls=(), cache_dir=None).tlds
    ours = public_suffixes()
    plain = {suffix.lstrip("*!.") for suffix in packaged}
    assert ours == plain | {suffix.encode("idna").decode() for suffix in plain if not suffix.isascii()}
    assert {"de", "co.uk", "vermögensberatung", "xn--vermgensberatung-pwb"} <= ours and "github.io" not in ours
    assert {"de", "uk", "wien"} <= top_level_domains()
