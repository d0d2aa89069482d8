"""The page in a real browser: a hostile page on another origin does and reads nothing, the owner does as ever."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import dagster as dg
import psutil
import pytest
from playwright.sync_api import Browser, expect

from pipelines.definitions import defs
from tests.publishing.report.test_page import browser

__all__ = ["browser"]

SECONDS = 120  # to start on a busy machine
JOB = '{repositoryName: "__repository__", repositoryLocationName: "lead_refinery", jobName: "nightly"}'
LAUNCH = f"mutation {{ launchRun(executionParams: {{selector: {JOB}, runConfigData: CONFIG}}) {{ __typename }} }}"
UNDER_WAY = """() => {
    const asset = "assetNodes { id description hasMaterializePermission assetMaterializations { runId } }";
    const query = `{ repositoriesOrError { ... on RepositoryConnection { nodes { ${asset} jobs { runs { id } } } } } }`;
    const asked = {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({query})};
    for (let i = 0; i < 12; i++) fetch("/graphql", asked);
}"""
EMPTY, ELSEWHERE = "{}", '{resources: {lake: {config: {home: "/tmp/elsewhere", inbox: "/etc"}}}}'


class Ui(NamedTuple):
    home: Path
    port: int
    process: subprocess.Popen[str]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def runs(self) -> int:
        with dg.DagsterInstance.from_config(str(self.home / "dagster")) as instance:
            return instance.get_runs_count()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def started(home: Path, *before: str, **environment: str) -> Ui:
    """`leads ui`, as a shell without job control starts it in the background: SIGINT is ignored."""
    port, log = free_port(), home.parent / "ui.log"
    leads = [str(Path(sys.executable).with_name("leads")), "ui", "--home", str(home), "--port", str(port)]
    with log.open("w") as out:
        process = subprocess.Popen(
            ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", *before, *leads],
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            env={**psutil.Process().environ(), **environment},
        )
    until(lambda: "Dagster is on" in log.read_text() or process.poll() is not None)
    assert process.poll() is None, log.read_text()
    return Ui(home, port, process, log)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.2)


def ended(ui: Ui, number: int) -> list[psutil.Process]:
    """What is left of it after a signal."""
    family = psutil.Process(ui.process.pid).children(recursive=True)
    ui.process.send_signal(number)
    ui.process.wait(SECONDS)
    return [process for process in family if process.is_running()]


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    ui = started(tmp_path_factory.mktemp("ui") / "home")
    yield ui
    assert ended(ui, signal.SIGTERM) == []
    assert ui.process.returncode == 0


# A hostile page. Each attack asks in a way of its own; `$URL` is the page attacked, `$LAUNCH` starts a run.

ATTACKS = {
    "image": "element('img', {src: get})",
    "script": "element('script', {src: get})",
    "style sheet": "element('link', {rel: 'stylesheet', href: get})",
    "frame": "element('iframe', {src: get})",
    "embedded": "element('embed', {src: get})",
    "object": "element('object', {data: get})",
    "frame of the page": "element('iframe', {src: '$URL/'})",
    "video": "element('video', {src: get, autoplay: true})",
    "fetch GET": "fetch(get)",
    "fetch GET no-cors": "fetch(get, {mode: 'no-cors', credentials: 'include'})",
    "fetch GET no referrer": "fetch(get, {mode: 'no-cors', referrerPolicy: 'no-referrer'})",
    "fetch query": "fetch('$URL/graphql?query={version}', {credentials: 'include'})",
    "fetch data": "fetch('$URL/server_info', {credentials: 'include'})",
    "fetch HEAD": "fetch(get, {method: 'HEAD', mode: 'no-cors'})",
    "POST text": "fetch(graphql, {method: 'POST', mode: 'no-cors', body, credentials: 'include'})",
    "POST no type": "fetch(graphql, {method: 'POST', mode: 'no-cors', body: new Blob([body])})",
    "POST query string": "fetch(get, {method: 'POST', mode: 'no-cors'})",
    "POST form": "fetch(graphql, {method: 'POST', mode: 'no-cors', body: new URLSearchParams({query: launch})})",
    "POST multipart": "fetch(graphql, {method: 'POST', mode: 'no-cors', body: form()})",
    "POST JSON": "fetch(graphql, {method: 'POST', body, headers: {'Content-Type': 'application/json'}})",
    "POST asset": "fetch('$URL/report_asset_materialization/leads', {method: 'POST', mode: 'no-cors'})",
    "beacon": "navigator.sendBeacon(graphql, body)",
    "beacon JSON": "navigator.sendBeacon(graphql, new Blob([body], {type: 'application/json'}))",
    "form POST": "submitted('POST', 'application/x-www-form-urlencoded')",
    "form text": "submitted('POST', 'text/plain')",
    "form multipart": "submitted('POST', 'multipart/form-data')",
    "form GET": "submitted('GET', '')",
    "event stream": "new EventSource(get)",
    "web socket": "opened('ws://' + graphql.slice(7), 'graphql-ws')",
    "web socket by localhost": "opened('ws://localhost:$PORT/graphql', 'graphql-ws')",
    "worker": "new Worker(get)",
    "module": "import(get)",
}
PAGE = """<!doctype html><meta charset="utf-8"><title>Kittens</title><link rel="icon" href="data:,"><body><script>
const graphql = "$URL/graphql", launch = $LAUNCH, body = JSON.stringify({query: launch});
const get = graphql + "?query=" + encodeURIComponent(launch);
function element(name, attributes) {
  return new Promise((load, fail) => {
    const it = Object.assign(document.createElement(name), attributes);
    it.onload = load; it.onerror = fail; document.body.append(it); setTimeout(load, 1500, "nothing");
  });
}
function form() { const data = new FormData(); data.append("query", launch); return data; }
function submitted(method, enctype) {
  const frame = document.createElement("iframe"), it = document.createElement("form");
  frame.name = "frame" + Math.random();
  Object.assign(it, {method, enctype, action: graphql, target: frame.name});
  const field = Object.assign(document.createElement("input"), {name: "query", value: launch});
  it.append(field); document.body.append(frame, it); it.submit();
  return new Promise(done => setTimeout(done, 1000));
}
function opened(url, protocol) {
  return new Promise((done, fail) => {
    const it = new WebSocket(url, protocol); it.onopen = () => done(it); it.onerror = fail;
  });
}
async function attack(how) {
  try {
    const got = await how();
    if (got instanceof Response && got.type != "opaque") return "READ: " + await got.text();
    return got instanceof WebSocket ? "READ: open" : "blind";
  } catch (error) { return "failed"; }
}
</script>"""


@pytest.fixture(scope="module")
def kittens(ui: Ui) -> Iterator[int]:
    """The port of a hostile page."""
    page = PAGE.replace("$URL", ui.url).replace("$LAUNCH", json.dumps(LAUNCH.replace("CONFIG", EMPTY)))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"], ids=["same site, other port", "other site"])
def test_another_page_starts_no_run_and_reads_nothing(browser: Browser, ui: Ui, kittens: int, name: str) -> None:
    page, answers = browser.new_page(), list[int]()
    wire = page.context.new_cdp_session(page)  # tells of answers that the browser keeps from the page too
    wire.send("Network.enable")
    wire.on("Network.responseReceivedExtraInfo", lambda answer: answers.append(answer["statusCode"]))
    page.goto(f"http://{name}:{kittens}/")
    got = {
        attack: page.evaluate(f"attack(() => {how.replace('$URL', ui.url).replace('$PORT', str(ui.port))})")
        for attack, how in ATTACKS.items()
    }
    assert {attack: said for attack, said in got.items() if said.startswith("READ")} == {}
    mine, *refused = answers
    assert mine == 200
    assert len(refused) > 20, "the attacks were made"
    assert set(refused) <= {403, 405}
    assert not any("Dagster" in frame.content() for frame in page.frames)
    page.close()
    assert ui.runs() == 0


def test_a_link_of_another_page_starts_no_run(browser: Browser, ui: Ui, kittens: int) -> None:
    page = browser.new_page()
    for method in ("GET", "POST"):
        page.goto(f"http://localhost:{kittens}/")
        with page.expect_navigation() as navigation:
            page.evaluate(
                """method => { const it = document.createElement("form"); Object.assign(it, {method, action: graphql});
                it.append(Object.assign(document.createElement("input"), {name: "query", value: launch}));
                document.body.append(it); setTimeout(() => it.submit()); }""",
                method,
            )
        assert navigation.value.status == 403
    page.close()
    assert ui.runs() == 0


def test_a_window_of_the_page_is_out_of_reach(browser: Browser, ui: Ui, kittens: int) -> None:
    page = browser.new_page()
    page.goto(f"http://localhost:{kittens}/")
    with page.expect_popup() as popup:
        page.evaluate("url => { window.it = window.open(url) }", f"{ui.url}/runs")
    popup.value.wait_for_load_state()
    assert page.evaluate("it.closed"), "the browser cut the bond between the windows"
    page.close()


def test_a_foreign_name_that_leads_here_is_not_answered(browser: Browser, ui: Ui) -> None:
    page = browser.new_page()  # a browser takes any name below localhost for this machine
    answer = page.goto(f"http://evil.localhost:{ui.port}/")
    assert answer
    assert answer.status == 403
    page.close()
    for head in (
        "GET / HTTP/1.1\r\nHost: evil.example\r\n",
        f"GET / HTTP/1.1\r\nHost: evil.example:{ui.port}\r\n",
        f"GET http://127.0.0.1:{ui.port}/ HTTP/1.1\r\nHost: evil.example\r\n",
        f"GET / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: 127.0.0.1:{ui.port}\r\n",
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{ui.port}\r\nHost: evil.example\r\n",
        "GET / HTTP/1.0\r\n",
        "GET / HTTP/1.1\r\n",
        f"GET /graphql HTTP/1.1\r\nHost: evil.example:{ui.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Origin: http://evil.example:{ui.port}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    ):
        with socket.create_connection(("127.0.0.1", ui.port), timeout=30) as line:
            line.sendall(f"{head}Connection: close\r\n\r\n".encode())
            said = line.makefile("rb").readline().decode()
        assert said.split()[1] in {"400", "403"}, head


# The owner


def is_elsewhere(url: str, ui: Ui) -> bool:
    return not url.startswith((f"{ui.url}/", "data:", "blob:"))


def test_the_page_opens_and_shows_the_graph(browser: Browser, ui: Ui) -> None:
    page, complaints = browser.new_page(viewport={"width": 1400, "height": 900}), list[str]()
    sockets: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith((ui.url, "data:", "blob:")) else complaints.append(asked.url),
    )
    page.on("websocket", lambda line: sockets.append(line.url))
    page.goto(f"{ui.url}/asset-groups")
    graph = defs.resolve_asset_graph()
    for group in {graph.get(key).group_name for key in graph.materializable_asset_keys}:
        expect(page.get_by_text(group, exact=True).first).to_be_visible(timeout=SECONDS * 1000)
    page.close()
    assert complaints == []
    assert set(sockets) == {f"ws://127.0.0.1:{ui.port}/graphql"}


def test_the_owner_starts_a_run_from_the_page_but_in_no_other_home(browser: Browser, ui: Ui) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{ui.url}/locations/lead_refinery/jobs/nightly/playground")
    button = page.get_by_role("button", name="Launch Run")
    expect(button).to_be_enabled(timeout=SECONDS * 1000)
    asks = """query => fetch("/graphql", {method: "POST", body: JSON.stringify({query}),
        headers: {"Content-Type": "application/json"}}).then(got => got.json())"""
    said = page.evaluate(asks, LAUNCH.replace("CONFIG", ELSEWHERE))
    assert said == {"data": {"launchRun": {"__typename": "RunConfigValidationInvalid"}}}
    assert ui.runs() == 0
    button.click()
    until(lambda: ui.runs() == 1)
    page.close()
    assert not Path("/tmp/elsewhere").exists()


# Its end, and a token


def test_a_second_one_names_the_first(ui: Ui) -> None:
    leads = str(Path(sys.executable).with_name("leads"))
    done = subprocess.run([leads, "ui", "--home", str(ui.home)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"up already, on {ui.url} (process {ui.process.pid}); open it there, or stop that first" in done.stdout


@pytest.mark.slow
def test_with_a_token_it_asks_shows_it_nowhere_and_ends_with_all_it_started(browser: Browser, tmp_path: Path) -> None:
    token = "correct horse battery staple"
    ui = started(tmp_path / "home", "nohup", LEADS_UI_TOKEN=token)
    family = psutil.Process(ui.process.pid).children(recursive=True)
    assert len(family) >= 2
    for process in family:
        assert token not in " ".join([*process.cmdline(), *process.environ().values()])
    (listening,) = {
        line.laddr.port
        for process in (psutil.Process(ui.process.pid), *family)
        for line in process.net_connections("tcp")
        if line.status == psutil.CONN_LISTEN
    }
    assert listening == ui.port
    page = browser.new_page()
    page.goto(f"{ui.url}/?token=wrong")
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button").click()
    expect(page.get_by_text("That is not the token.")).to_be_visible()
    page.get_by_label("Token").fill(token)
    page.get_by_role("button").click()
    expect(page.get_by_text("Lineage", exact=True).first).to_be_visible(timeout=SECONDS * 1000)
    assert page.evaluate("document.cookie") == ""
    page.evaluate(UNDER_WAY)
    assert ended(ui, signal.SIGINT) == []
    page.close()
    assert ui.process.returncode == 0
    said = ui.log.read_text()
    assert [word for word in (token, "horse", "?token", "Traceback") if word in said] == [], said
