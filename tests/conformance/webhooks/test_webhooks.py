"""Webhooks as a receiver on another machine meets them: signed, in order, repeated until acknowledged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conformance.cli.command import Cli
from tests.conformance.program import Serving
from tests.receiver import Message, Receiver

TOKEN = "0f6b3c5a9d2e4871"
SECONDS = 30

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server that only this machine reaches."""
    with Serving(tmp_path_factory.mktemp("webhooks") / "data", env={"ORRERY_CPUS": "2"}) as server:
        yield server


@pytest.fixture
def cli(serving: Serving, tmp_path: Path) -> Iterator[Cli]:
    """Commands against it; the webhooks that a test made are removed at its end."""
    one = Cli(serving.data, tmp_path)
    yield one
    for webhook in one.json("webhooks")["webhooks"]:
        one.ok("webhooks", "rm", webhook["id"])


def types(messages: list[Message]) -> list[str]:
    return [message.event["type"] for message in messages]


def test_a_jobs_events_come_in_order_and_signed(cli: Cli) -> None:
    with Receiver() as receiver:
        created = cli.json("webhooks", "add", receiver.url, "--type", "job_*")
        cli.ok("submit", "--no-code", "--", "true")
        messages = receiver.wait(lambda came: "job_succeeded" in types(came))
    assert types(messages) == ["job_pending", "job_queued", "job_starting", "job_running", "job_succeeded"]
    ids = [message.event["id"] for message in messages]
    assert ids == sorted(ids)
    for message in messages:
        message.verify(created["secret"])
        assert message.id == f"evt_{message.event['id']}"
        with pytest.raises(AssertionError):
            message._replace(body=message.body + b" ").verify(created["secret"])


def test_a_failed_delivery_is_repeated_before_the_next_event(cli: Cli) -> None:
    answers = iter([500, 302, 0])
    with Receiver(lambda message: next(answers, 204)) as receiver:
        webhook = cli.json("webhooks", "add", receiver.url, "--type", "job_queued", "--type", "job_succeeded")
        cli.ok("submit", "--no-code", "--", "true")
        receiver.wait(lambda came: len(came) >= 1)
        told = cli.json("webhooks")["webhooks"][0]
        messages = receiver.wait(lambda came: "job_succeeded" in types(came), SECONDS)
    assert types(messages) == ["job_queued"] * 4 + ["job_succeeded"]
    assert len({message.id for message in messages[:4]}) == 1
    for message in messages:
        message.verify(webhook["secret"])
    assert told["state"] == "RETRYING"
    assert told["events_waiting"] >= 1
    assert told["failures"] >= 1


def test_a_disabled_webhook_loses_nothing(cli: Cli) -> None:
    with Receiver() as receiver:
        webhook = cli.json("webhooks", "add", receiver.url, "--type", "job_succeeded")["id"]
        assert "DISABLED" in cli.ok("webhooks", "disable", webhook)
        cli.ok("submit", "--no-code", "--", "true")
        assert cli.json("webhooks")["webhooks"][0]["events_waiting"] == 1
        assert receiver.messages == []
        assert "1 event waits" in cli.ok("webhooks", "enable", webhook)
        receiver.wait(lambda came: types(came) == ["job_succeeded"])


def test_a_receiver_that_is_gone_pauses_its_webhook(cli: Cli) -> None:
    with Receiver(lambda _: 410) as receiver:
        cli.ok("webhooks", "add", receiver.url, "--type", "job_queued")
        cli.ok("submit", "--no-code", "--", "true")
        receiver.wait(lambda came: len(came) == 1)
    shown = cli.ok("webhooks")
    assert "PAUSED" in shown
    assert "answered 410" in shown


def test_a_test_tells_the_status_and_nothing_of_the_answer(cli: Cli) -> None:
    answers = iter([204, 302])
    with Receiver(lambda _: next(answers)) as receiver:
        webhook = cli.json("webhooks", "add", receiver.url)
        assert "answered 204" in cli.ok("webhooks", "test", webhook["id"])
        receiver.messages[-1].verify(webhook["secret"])
        assert types(receiver.messages[-1:]) == ["webhook_test"]
        refused = cli.run("webhooks", "test", webhook["id"])
    assert refused.returncode == 1
    assert "redirects are not followed" in refused.stdout
    assert "private" not in refused.stdout
    assert "connect" in cli.run("webhooks", "test", webhook["id"]).stdout


def test_the_secret_is_shown_once(serving: Serving, cli: Cli) -> None:
    secret = cli.json("webhooks", "add", "http://127.0.0.1:1/")["secret"]
    assert secret.startswith("whsec_")
    webhooks = f"{serving.url}/api/v1/webhooks"
    webhook = requests.get(webhooks, timeout=SECONDS).json()["webhooks"][0]
    for answer in (
        requests.get(webhooks, timeout=SECONDS),
        requests.get(f"{webhooks}/{webhook['id']}", timeout=SECONDS),
        requests.patch(f"{webhooks}/{webhook['id']}", json={"enabled": False}, timeout=SECONDS),
    ):
        assert "secret" not in answer.text
    assert secret not in serving.log.read_text()


@pytest.mark.parametrize(
    "body",
    [
        {"url": "ftp://example.org/"},
        {"url": "https://user:secret@example.org/"},
        {"url": "https://10.0.0.1/"},
        {"url": "https://169.254.169.254/latest/meta-data"},
        {"url": "https://[fd00:ec2::254]/"},
        {"url": "http://8.8.8.8/"},
        {"url": "https://0.0.0.0/"},
        {"url": "https://no-such-name.invalid/"},
        {"url": "https://example.org/#part"},
        {"url": "http://127.0.0.1/\r\nX: y"},
        {"url": "http://127.0.0.1/", "types": []},
        {"url": "http://127.0.0.1/", "types": ["Job Failed"]},
        {"url": "http://127.0.0.1/", "secret": "mine"},
        {"types": ["job_*"]},
    ],
)
def test_what_cannot_be_served_is_refused(serving: Serving, body: dict[str, Any]) -> None:
    answer = requests.post(f"{serving.url}/api/v1/webhooks", json=body, timeout=SECONDS)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "invalid_argument"


def test_this_machine_is_out_of_reach_where_others_reach_the_server(tmp_path: Path) -> None:
    env = {"ORRERY_TOKENS": f"{{ada: {TOKEN}}}"}
    with Serving(tmp_path / "data", env=env) as server, Receiver() as receiver:
        webhooks = f"{server.url}/api/v1/webhooks"
        headers = {"Authorization": f"Bearer {TOKEN}"}
        for url in (
            receiver.url,
            "http://localhost:1/",
            "https://[::1]/",
            "https://0x7f000001/",
            "https://127.1/",
        ):
            answer = requests.post(webhooks, json={"url": url}, headers=headers, timeout=SECONDS)
            assert answer.status_code == 400, url
            assert answer.json()["error"]["field"] == "url"
        assert requests.get(webhooks, timeout=SECONDS).status_code == 401
    with (
        Serving(tmp_path / "data", env={**env, "ORRERY_WEBHOOK_HOSTS": "[127.0.0.1]"}) as server,
        Receiver() as receiver,
    ):
        answer = requests.post(
            f"{server.url}/api/v1/webhooks", json={"url": receiver.url}, headers=headers, timeout=SECONDS
        )
        assert answer.status_code == 201
