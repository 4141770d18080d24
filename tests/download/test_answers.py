"""What a server asks for and where it sends us: waits, refusals, redirects."""

import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from shelf import drop, say

from training import cli
from training.data import retry
from training.data.download import Downloader

from .conftest import DATA, NAME, refusal


class TestThrottling:
    @pytest.mark.parametrize("status", [429, 503])
    def test_waits_as_many_seconds_as_asked(self, fetch, shelf, waits, status):
        shelf.script += [say(status, Retry_After="7")]
        assert fetch() == {NAME: DATA}
        assert waits == [7.0]

    def test_waits_until_the_date_asked(self, fetch, shelf, waits):
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
        shelf.script += [say(429, Retry_After=date)]
        fetch()
        assert waits == [pytest.approx(90, abs=30)]

    def test_waits_ten_minutes_at_most(self, fetch, shelf, waits):
        shelf.script += [say(429, Retry_After="86400")]
        fetch()
        assert waits == [600.0]

    @pytest.mark.parametrize("asked", ["", "soon", "-5", "²", "Wed, 99 Foo 2019", f"1 Jan 2019 00:00:00 +{9**20}"])
    def test_backs_off_where_it_is_not_told(self, asked):
        assert retry.retry_after(asked) is None

    def test_a_date_that_is_past_means_now(self):
        assert retry.retry_after("Wed, 30 Jan 2019 10:00:00 GMT") == 0

    @pytest.mark.parametrize("status", [500, 502, 408])
    def test_tries_again_after_a_fault(self, fetch, shelf, waits, status):
        shelf.script += [say(status), say(status)]
        assert fetch() == {NAME: DATA}
        assert 0.7 < waits[0] < 1.3
        assert 1.4 < waits[1] < 2.6

    @pytest.mark.parametrize("status", [400, 403, 404, 405, 429, 500, 501])
    def test_a_server_that_answers_no_head_is_asked_for_the_files(self, fetch, shelf, waits, status):
        shelf.heads += [say(status)]
        assert fetch() == {NAME: DATA}
        assert waits == []

    def test_throttled_for_ever(self, fetch, shelf):
        shelf.script += [say(429, Retry_After="1")] * 100
        assert "HTTP 429" in refusal(fetch)


class TestAddresses:
    @pytest.mark.parametrize("status", [403, 404, 410, 304])
    def test_a_refusal_is_one_sentence_at_once(self, fetch, shelf, waits, status):
        shelf.script += [say(status)]
        assert f"the server says HTTP {status}" in refusal(fetch)
        assert waits == []

    def test_redirects_on_the_same_server_are_followed_with_the_range(self, fetch, shelf):
        shelf.script += [drop(1000), say(302, Location=f"/elsewhere/{NAME}")]
        assert fetch() == {NAME: DATA}
        _, path, headers = shelf.requests[-1]
        assert (path, headers["Range"]) == (f"/elsewhere/{NAME}", "bytes=1000-")

    def test_redirects_to_plain_http_elsewhere_are_refused(self, fetch, shelf):
        shelf.script += [say(302, Location="http://example.invalid/x.zip")]
        assert "which is not https" in refusal(fetch)

    @pytest.mark.parametrize("address", ["file://example.invalid/x", "ftp://example.invalid/x"])
    def test_redirects_to_other_protocols_are_refused(self, fetch, shelf, address):
        shelf.script += [say(302, Location=address)]
        assert address in refusal(fetch)

    def test_redirects_without_end(self, fetch, shelf):
        shelf.script += [say(302, Location=f"/a/{NAME}")] * 50
        assert "redirects without end" in refusal(fetch)

    def test_an_https_base_may_send_us_to_https_only(self):
        downloader = Downloader("https://zenodo.org/records/1/files")
        downloader._refuse_plain_http(httpx.Request("GET", "https://store.example.invalid/x.zip"))
        with pytest.raises(ValueError, match="which is not https"):
            downloader._refuse_plain_http(httpx.Request("GET", "http://zenodo.org/x.zip"))

    @pytest.mark.parametrize("name", ["ALL_PROXY", "https_proxy"])
    def test_a_socks_proxy_is_one_sentence(self, monkeypatch, tmp_path, capsys, name):
        monkeypatch.setitem(sys.modules, "socksio", None)
        monkeypatch.delenv("NO_PROXY")
        monkeypatch.setenv(name, "socks5://127.0.0.1:1080")
        command = ["prepare", "fsdkaggle2018", "--out", str(tmp_path / "out"), "--cache", str(tmp_path)]
        assert cli.main(command) == 2
        said = capsys.readouterr().err
        assert "names a SOCKS proxy: name an http:// one, or run pip install socksio first\n" in said
        assert said.count("\n") == 1

    @pytest.mark.parametrize("base", ["", "zenodo.org", "ftp://zenodo.org", "http://", "file:///tmp"])
    def test_bad_bases(self, base):
        with pytest.raises(ValueError, match="must begin with https"):
            Downloader(base)
