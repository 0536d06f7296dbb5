"""Who is answered by the viewer, over real HTTP, and what every answer says of itself."""

import pytest

from tests.view.written import TOKEN, answered, viewing, write_run


@pytest.fixture(scope="module")
def viewer(tmp_path_factory):
    folder = write_run(tmp_path_factory.mktemp("runs") / "fp8", [answered("1")])
    with viewing(folder, once="once-only") as viewer:
        yield viewer


def test_who_has_the_address_is_answered(viewer):
    reply = viewer.get()
    assert reply.status == 200
    assert "fp8" in reply.text


@pytest.mark.parametrize("path", ["/", "/wrong/", f"/{TOKEN}x/", f"/{TOKEN[:-1]}/", f"/static/style.css?{TOKEN}", "//"])
def test_without_the_token_nothing_is_there(viewer, path):
    reply = viewer.ask(path)
    assert reply.status == 404
    assert "fp8" not in reply.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", ""])
def test_a_name_that_leads_here_by_a_trick_is_refused(viewer, host):
    reply = viewer.ask(f"/{TOKEN}/", headers={"Host": host.format(port=viewer.port)})
    assert reply.status == 421
    assert "fp8" not in reply.text


def test_localhost_is_this_machine_too(viewer):
    assert viewer.ask(f"/{TOKEN}/", headers={"Host": f"localhost:{viewer.port}"}).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_what_another_sites_page_asks_is_refused(viewer, headers):
    assert viewer.get(**headers).status == 403


def test_its_own_pages_may_ask(viewer):
    own = {"Origin": f"http://127.0.0.1:{viewer.port}", "Sec-Fetch-Site": "same-origin"}
    assert viewer.get(**own).status == 200
    assert viewer.get(**{"Sec-Fetch-Site": "none"}).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_nothing_can_be_done_but_reading(viewer, method):
    assert viewer.ask(f"/{TOKEN}/", method).status == 405


def test_a_head_has_no_body(viewer):
    reply = viewer.ask(f"/{TOKEN}/", "HEAD")
    assert (reply.status, reply.body) == (200, b"")


@pytest.mark.parametrize("path", ["", "nothing/here", "static/style.css", "run/unknown"])
def test_every_answer_forbids_what_a_page_does_not_need(viewer, path):
    headers = viewer.get(path).headers
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == headers["cross-origin-opener-policy"] == "same-origin"
    assert "server" not in headers


def test_a_refusal_says_so_with_the_same_headers(viewer):
    assert "default-src 'none'" in viewer.ask("/").headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "static/../../pages.py",
        "static/..%2f..%2fpages.py",
        "static/%2e%2e/pages.py",
        "static//etc/passwd",
        "run/../../etc/passwd",
        "run/%2fetc%2fpasswd",
        "decision/..%2f..%2frun.json",
    ],
)
def test_no_address_leads_out_of_what_is_open(viewer, path):
    reply = viewer.get(path)
    assert reply.status == 404
    assert "root:" not in reply.text
    assert "def overview_page" not in reply.text


def test_the_address_that_a_browser_is_started_with_is_good_once(viewer):
    first = viewer.ask("/once-only/")
    assert (first.status, first.headers["location"]) == (303, f"/{TOKEN}/")
    assert viewer.ask("/once-only/").status == 404
