"""Registered models, versions and aliases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from mlflow import MlflowClient

from tests.conformance.mlflow.wire import Json, Wire, pairs


@pytest.fixture
def model(wire: Wire, name: str) -> str:
    """The name of a fresh registered model."""
    wire.post(
        "registered-models/create", name=name, description="first", tags=[{"key": "team", "value": "blue"}]
    )
    return name


def add_version(wire: Wire, model: str, run: str, **body: object) -> Json:
    created: Json = wire.post(
        "model-versions/create", name=model, source=f"runs:/{run}/m", run_id=run, **body
    )
    version: Json = created["model_version"]
    return version


def test_create_and_get(wire: Wire, model: str) -> None:
    found = wire.get("registered-models/get", name=model)["registered_model"]
    assert (found["name"], found["description"]) == (model, "first")
    assert pairs(found["tags"]) == {"team": "blue"}
    assert found["creation_timestamp"] == found["last_updated_timestamp"]
    assert "latest_versions" not in found
    assert "aliases" not in found


def test_duplicate_is_400(wire: Wire, model: str) -> None:
    wire.refused("POST", "registered-models/create", 400, "RESOURCE_ALREADY_EXISTS", json={"name": model})


def test_unknown_is_404(wire: Wire, name: str) -> None:
    code = "RESOURCE_DOES_NOT_EXIST"
    wire.refused("GET", "registered-models/get", 404, code, params={"name": name})
    wire.refused("GET", "model-versions/get", 404, code, params={"name": name, "version": "1"})
    wire.refused("DELETE", "registered-models/delete", 404, code, json={"name": name})
    wire.refused("PATCH", "registered-models/update", 404, code, json={"name": name, "description": "d"})
    body = {"name": name, "source": "models:/m-" + "0" * 32}
    assert wire.call("POST", "model-versions/create", json=body).status_code in (400, 404)


def test_update_rename_delete(wire: Wire, model: str, run: str) -> None:
    add_version(wire, model, run)
    assert (
        wire.patch("registered-models/update", name=model, description="d2")["registered_model"][
            "description"
        ]
        == "d2"
    )
    renamed = wire.post("registered-models/rename", name=model, new_name=model + "-new")["registered_model"]
    assert renamed["name"] == model + "-new"
    assert wire.get("model-versions/get", name=model + "-new", version="1")["model_version"]["run_id"] == run
    wire.delete("registered-models/delete", name=model + "-new")
    for path, query in (("registered-models/get", {}), ("model-versions/get", {"version": "1"})):
        params = {"name": model + "-new"} | query
        wire.refused("GET", path, 404, "RESOURCE_DOES_NOT_EXIST", params=params)


def test_tags(wire: Wire, client: MlflowClient, model: str, run: str) -> None:
    client.set_registered_model_tag(model, "k", "v" * 50_000)
    assert client.get_registered_model(model).tags == {"team": "blue", "k": "v" * 50_000}
    client.delete_registered_model_tag(model, "k")
    add_version(wire, model, run, tags=[{"key": "a", "value": "1"}])
    client.set_model_version_tag(model, "1", "b", "2")
    assert client.get_model_version(model, "1").tags == {"a": "1", "b": "2"}
    client.delete_model_version_tag(model, "1", "a")
    assert client.get_model_version(model, "1").tags == {"b": "2"}
    assert client.get_registered_model(model).tags == {"team": "blue"}


def test_version(wire: Wire, model: str, run: str) -> None:
    version = add_version(wire, model, run, description="d", run_link="http://link")
    assert version["version"] == "1"
    assert (version["name"], version["run_id"], version["source"]) == (model, run, f"runs:/{run}/m")
    assert (version["current_stage"], version["status"]) == ("None", "READY")
    assert (version["description"], version["run_link"]) == ("d", "http://link")
    assert wire.get("model-versions/get", name=model, version="1")["model_version"] == version
    updated = wire.patch("model-versions/update", name=model, version="1", description="d2")["model_version"]
    assert updated["description"] == "d2"
    assert updated["last_updated_timestamp"] >= version["last_updated_timestamp"]
    wire.delete("model-versions/delete", name=model, version="1")
    query = {"name": model, "version": "1"}
    wire.refused("GET", "model-versions/get", 404, "RESOURCE_DOES_NOT_EXIST", params=query)


def test_version_numbers_have_no_gap_under_concurrency(wire: Wire, model: str, run: str) -> None:
    def create(_: int) -> int:
        return int(add_version(wire, model, run)["version"])

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(create, range(8 if wire.server.stock else 32)))
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("version", ["x", "1.5", "-1", ""])
def test_bad_version_number_is_400(wire: Wire, model: str, version: str) -> None:
    reply = wire.call("GET", "model-versions/get", params={"name": model, "version": version})
    assert reply.status_code in ((400, 404) if version == "-1" else (400,))


def test_latest_version(wire: Wire, client: MlflowClient, model: str, run: str) -> None:
    add_version(wire, model, run)
    add_version(wire, model, run)
    for method in ("GET", "POST"):
        options = {"params": {"name": model}} if method == "GET" else {"json": {"name": model}}
        answer = wire.ok(method, "registered-models/get-latest-versions", **options)
        assert [row["version"] for row in answer["model_versions"]] == ["2"]
    found = wire.get("registered-models/get", name=model)["registered_model"]
    assert [row["version"] for row in found["latest_versions"]] == ["2"]


def test_stages(wire: Wire, model: str, run: str) -> None:
    for _ in range(2):
        add_version(wire, model, run)

    def move(version: str, stage: str, archive: bool = False) -> str:
        body = {"name": model, "version": version, "stage": stage, "archive_existing_versions": archive}
        moved: str = wire.post("model-versions/transition-stage", **body)["model_version"]["current_stage"]
        return moved

    assert move("1", "production") == "Production"
    assert move("2", "Production", archive=True) == "Production"
    assert (
        wire.get("model-versions/get", name=model, version="1")["model_version"]["current_stage"]
        == "Archived"
    )
    answer = wire.post("registered-models/get-latest-versions", name=model, stages=["Production"])
    assert [row["version"] for row in answer["model_versions"]] == ["2"]
    wire.invalid("model-versions/transition-stage", name=model, version="1", stage="Nowhere")


def test_aliases(wire: Wire, client: MlflowClient, model: str, run: str) -> None:
    for _ in range(2):
        add_version(wire, model, run)
    client.set_registered_model_alias(model, "champion", "1")
    assert client.get_model_version_by_alias(model, "champion").version in ("1", 1)
    client.set_registered_model_alias(model, "champion", "2")
    assert (
        wire.get("registered-models/alias", name=model, alias="champion")["model_version"]["version"] == "2"
    )
    assert wire.get("model-versions/get", name=model, version="2")["model_version"]["aliases"] == ["champion"]
    assert "aliases" not in wire.get("model-versions/get", name=model, version="1")["model_version"]
    found = wire.get("registered-models/get", name=model)["registered_model"]
    assert found["aliases"] == [{"alias": "champion", "version": "2"}]
    client.delete_registered_model_alias(model, "champion")
    query = {"name": model, "alias": "champion"}
    wire.refused("GET", "registered-models/alias", 400, "INVALID_PARAMETER_VALUE", params=query)


@pytest.mark.parametrize("alias", ["latest", "v1", "V12", "a b", "a/b", "", "x" * 256])
def test_reserved_and_ill_formed_aliases(wire: Wire, model: str, run: str, alias: str) -> None:
    add_version(wire, model, run)
    wire.invalid("registered-models/alias", name=model, alias=alias, version="1")


def test_alias_of_an_absent_version_is_404(wire: Wire, model: str) -> None:
    wire.missing("registered-models/alias", name=model, alias="a", version="9")


def test_alias_goes_with_its_version(wire: Wire, model: str, run: str) -> None:
    add_version(wire, model, run)
    wire.post("registered-models/alias", name=model, alias="a", version="1")
    wire.delete("model-versions/delete", name=model, version="1")
    assert "aliases" not in wire.get("registered-models/get", name=model)["registered_model"]


def test_search_models(client: MlflowClient, wire: Wire, model: str) -> None:
    for suffix in ("-b", "-a"):
        wire.post("registered-models/create", name=model + suffix, tags=[{"key": "k", "value": suffix}])

    def found(text: str, order: list[str] | None = None) -> list[str]:
        return [row.name[len(model) :] for row in client.search_registered_models(text, order_by=order)]

    assert found(f"name LIKE '{model}%'") == ["", "-a", "-b"]
    assert found(f"name LIKE '{model}%'", ["name DESC"]) == ["-b", "-a", ""]
    assert found(f"name ILIKE '{model.upper()}-%'") == ["-a", "-b"]
    assert found(f"name = '{model}'") == [""]
    assert found(f"name LIKE '{model}%' AND tags.k = '-b'") == ["-b"]
    first = client.search_registered_models(f"name LIKE '{model}%'", max_results=2)
    rest = client.search_registered_models(f"name LIKE '{model}%'", max_results=2, page_token=first.token)
    assert [row.name[len(model) :] for row in [*first, *rest]] == ["", "-a", "-b"]
    assert not rest.token
    path, code = "registered-models/search", "INVALID_PARAMETER_VALUE"
    wire.refused("GET", path, 400, code, params={"filter": "color = 'red'"})
    wire.refused("GET", path, 400, code, params={"max_results": 1001})


def test_search_versions(client: MlflowClient, wire: Wire, experiment: str, model: str) -> None:
    runs = [wire.create_run(experiment) for _ in range(3)]
    for run in runs:
        add_version(wire, model, run, tags=[{"key": "run", "value": run}])

    def found(text: str, order: list[str] | None = None) -> list[str]:
        return [str(row.version) for row in client.search_model_versions(text, order_by=order)]

    assert sorted(found(f"name = '{model}'")) == ["1", "2", "3"]
    assert found(f"name = '{model}'", ["version_number DESC"]) == ["3", "2", "1"]
    assert found(f"name='{model}' and version_number > 1", ["version_number ASC"]) == ["2", "3"]
    assert found(f"run_id = '{runs[1]}'") == ["2"]
    assert sorted(found(f"run_id IN ('{runs[0]}', '{runs[2]}')")) == ["1", "3"]
    assert found(f"source_path = 'runs:/{runs[0]}/m'") == ["1"]
    assert found(f"name = '{model}' AND tags.run = '{runs[2]}'") == ["3"]
    query = {"filter": "color = 'red'"}
    wire.refused("GET", "model-versions/search", 400, "INVALID_PARAMETER_VALUE", params=query)


def test_download_uri(wire: Wire, model: str, run: str) -> None:
    add_version(wire, model, run)
    answer = wire.get("model-versions/get-download-uri", name=model, version="1")
    assert answer["artifact_uri"] == f"runs:/{run}/m"
