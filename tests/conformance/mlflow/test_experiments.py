"""Experiments: names, lifecycle, tags, search."""

from __future__ import annotations

import pytest
from mlflow import MlflowClient
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException, RestException

from tests.conformance.mlflow.wire import Wire, pairs, unique


def test_default_experiment_is_always_there(wire: Wire) -> None:
    found = wire.get("experiments/get", experiment_id="0")["experiment"]
    assert found["name"] == "Default"
    assert found["lifecycle_stage"] == "active"


def test_create_and_get_by_id_and_by_name(client: MlflowClient, name: str) -> None:
    experiment_id = client.create_experiment(name, tags={"team": "blue"})
    assert experiment_id.isdigit()
    by_id, by_name = client.get_experiment(experiment_id), client.get_experiment_by_name(name)
    assert by_name is not None
    assert by_id.name == by_name.name == name
    assert by_id.experiment_id == by_name.experiment_id == experiment_id
    assert by_id.tags == {"team": "blue"}
    assert by_id.creation_time == by_id.last_update_time
    assert by_id.artifact_location.startswith("mlflow-artifacts:/")
    assert by_id.lifecycle_stage == "active"


def test_absent_experiments_are_not_found(client: MlflowClient, wire: Wire, name: str) -> None:
    assert client.get_experiment_by_name(name) is None
    query = {"params": {"experiment_name": name}}
    wire.refused("GET", "experiments/get-by-name", 404, "RESOURCE_DOES_NOT_EXIST", **query)
    query = {"params": {"experiment_id": "999999999"}}
    wire.refused("GET", "experiments/get", 404, "RESOURCE_DOES_NOT_EXIST", **query)


def test_duplicate_name_is_refused_with_400(wire: Wire, client: MlflowClient, name: str) -> None:
    wire.post("experiments/create", name=name)
    with pytest.raises(RestException) as refusal:
        client.create_experiment(name)
    assert refusal.value.error_code == "RESOURCE_ALREADY_EXISTS"
    wire.refused("POST", "experiments/create", 400, "RESOURCE_ALREADY_EXISTS", json={"name": name})


@pytest.mark.differs("its message quotes the failed SQL with its parameters")
def test_duplicate_name_message_shows_no_sql(wire: Wire, name: str) -> None:
    wire.post("experiments/create", name=name)
    message = wire.refused("POST", "experiments/create", 400, "RESOURCE_ALREADY_EXISTS", json={"name": name})
    assert "INSERT" not in message.upper()
    assert name in message


def test_deleted_experiment_is_found_by_name_and_keeps_its_name(
    wire: Wire, client: MlflowClient, name: str
) -> None:
    experiment_id = client.create_experiment(name)
    client.delete_experiment(experiment_id)
    found = client.get_experiment_by_name(name)
    assert found is not None
    assert found.lifecycle_stage == "deleted"
    wire.refused("POST", "experiments/create", 400, "RESOURCE_ALREADY_EXISTS", json={"name": name})


def test_delete_and_restore_take_the_runs_along(client: MlflowClient, name: str) -> None:
    experiment_id = client.create_experiment(name)
    run_id = client.create_run(experiment_id).info.run_id
    client.delete_experiment(experiment_id)
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    client.restore_experiment(experiment_id)
    assert client.get_experiment(experiment_id).lifecycle_stage == "active"
    assert client.get_run(run_id).info.lifecycle_stage == "active"


def test_delete_twice_is_not_found(wire: Wire, experiment: str) -> None:
    wire.post("experiments/delete", experiment_id=experiment)
    wire.missing("experiments/delete", experiment_id=experiment)


def test_no_run_in_a_deleted_experiment(wire: Wire, experiment: str) -> None:
    wire.post("experiments/delete", experiment_id=experiment)
    wire.invalid("runs/create", experiment_id=experiment)


def test_rename(client: MlflowClient, experiment: str, name: str) -> None:
    before = client.get_experiment(experiment)
    client.rename_experiment(experiment, name + "-new")
    after = client.get_experiment(experiment)
    assert after.name == name + "-new"
    assert (after.last_update_time or 0) >= (before.last_update_time or 0) > 0
    assert client.get_experiment_by_name(name) is None


def test_rename_of_a_deleted_experiment_is_refused(client: MlflowClient, experiment: str, name: str) -> None:
    client.delete_experiment(experiment)
    with pytest.raises(MlflowException):
        client.rename_experiment(experiment, name + "-new")


def test_tags_are_set_overwritten_and_deleted(wire: Wire, client: MlflowClient, experiment: str) -> None:
    client.set_experiment_tag(experiment, "stage", "one")
    client.set_experiment_tag(experiment, "stage", "two")
    client.set_experiment_tag(experiment, "owner", "ann")
    assert client.get_experiment(experiment).tags == {"stage": "two", "owner": "ann"}
    wire.post("experiments/delete-experiment-tag", experiment_id=experiment, key="stage")
    assert pairs(wire.get("experiments/get", experiment_id=experiment)["experiment"]["tags"]) == {
        "owner": "ann"
    }
    wire.missing("experiments/delete-experiment-tag", experiment_id=experiment, key="stage")


def test_non_integer_id_is_400(wire: Wire) -> None:
    wire.refused(
        "GET", "experiments/get", 400, "INVALID_PARAMETER_VALUE", params={"experiment_id": "not-a-number"}
    )


def test_search_needs_max_results(wire: Wire) -> None:
    wire.invalid("experiments/search")
    wire.invalid("experiments/search", max_results=0)
    wire.invalid("experiments/search", max_results=50001)


def test_search_by_get_as_well(wire: Wire, name: str) -> None:
    experiment_id = wire.post("experiments/create", name=name)["experiment_id"]
    found = wire.get("experiments/search", max_results=10, filter=f"name = '{name}'")["experiments"]
    assert [row["experiment_id"] for row in found] == [experiment_id]


FAMILY = unique("Family")


@pytest.fixture(scope="module")
def family(wire: Wire) -> dict[str, str]:
    """Five experiments of one prefix: id by last letter; `e` is deleted."""
    ids = {}
    for letter in "abcde":
        tags = [{"key": "letter", "value": letter}, {"key": "vowel", "value": str(letter in "aeiou")}]
        ids[letter] = wire.post("experiments/create", name=f"{FAMILY}/Ω {letter}", tags=tags)["experiment_id"]
    wire.post("experiments/delete", experiment_id=ids["e"])
    return ids


SEARCHES = [
    (f"name LIKE '{FAMILY}/%'", "abcd"),
    (f"name ILIKE '{FAMILY.upper()}/%'", "abcd"),
    (f"name LIKE '{FAMILY.upper()}/%'", ""),
    (f"name = '{FAMILY}/Ω b'", "b"),
    (f"attribute.name != '{FAMILY}/Ω b' AND name LIKE '{FAMILY}/%'", "acd"),
    (f"tags.letter = 'c' AND name LIKE '{FAMILY}/%'", "c"),
    (f"tag.letter != 'c' and tags.letter ILIKE '_' and name LIKE '{FAMILY}/%'", "abd"),
    (f"tags.`letter` LIKE 'd' AND name LIKE '{FAMILY}/%'", "d"),
    (f"tags.vowel = 'True' AND tags.letter = 'a' AND name LIKE '{FAMILY}/%'", "a"),
    ("tags.absent = 'x'", ""),
    (f"name LIKE '{FAMILY}/%' AND creation_time > 0", "abcd"),
    (f"name LIKE '{FAMILY}/%' AND last_update_time < 10", ""),
]


@pytest.mark.parametrize(
    ("text", "letters"), SEARCHES, ids=[text.replace(FAMILY, "family") for text, _ in SEARCHES]
)
def test_search_filter(client: MlflowClient, family: dict[str, str], text: str, letters: str) -> None:
    found = client.search_experiments(filter_string=text)
    assert {row.experiment_id for row in found} == {family[letter] for letter in letters}


def test_search_by_id_in_a_list(client: MlflowClient, family: dict[str, str]) -> None:
    text = f"experiment_id IN ('{family['a']}', '{family['b']}')"
    assert {row.experiment_id for row in client.search_experiments(filter_string=text)} == {
        family["a"],
        family["b"],
    }


def test_search_by_lifecycle(client: MlflowClient, family: dict[str, str]) -> None:
    def letters(view: int) -> set[str]:
        found = client.search_experiments(view_type=view, filter_string=f"name LIKE '{FAMILY}/%'")
        return {row.name[-1] for row in found}

    assert letters(ViewType.ACTIVE_ONLY) == set("abcd")
    assert letters(ViewType.DELETED_ONLY) == {"e"}
    assert letters(ViewType.ALL) == set("abcde")


@pytest.mark.parametrize(
    ("order", "letters"),
    [(["name ASC"], "abcd"), (["name DESC"], "dcba"), (["experiment_id ASC"], "abcd"), (None, "dcba")],
)
def test_search_order_and_pages(
    client: MlflowClient, family: dict[str, str], order: list[str] | None, letters: str
) -> None:
    seen, token = [], None
    while True:
        page = client.search_experiments(
            filter_string=f"name LIKE '{FAMILY}/%'", order_by=order, max_results=3, page_token=token
        )
        assert len(page) <= 3
        seen += [row.name[-1] for row in page]
        token = page.token
        if not token:
            break
    if order is None:  # newest first; those of one millisecond in either order of ids
        assert sorted(seen) == sorted(letters)
    else:
        assert "".join(seen) == letters


def test_page_token_only_when_more_follows(client: MlflowClient, family: dict[str, str]) -> None:
    page = client.search_experiments(filter_string=f"name LIKE '{FAMILY}/%'", max_results=4)
    assert len(page) == 4
    assert not page.token


@pytest.mark.parametrize(
    "text", ["nope = 'x'", "name > 'x'", "tags.a > 'x'", "name LIKE", "name = 'a' OR", "name = 'a"]
)
def test_bad_filter_is_400(wire: Wire, text: str) -> None:
    wire.invalid("experiments/search", max_results=5, filter=text)
