"""Drives servers with MLflow's own scoring client, unchanged. argv[1]: {"model name": "host:port"}. Prints {"check": "ok" or why}."""

import json
import sys
import traceback

import numpy as np
import pandas as pd
import requests
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

servers = json.loads(sys.argv[1])
clients = {name: ScoringServerClient(*url.split(":")) for name, url in servers.items()}

rows = np.array([[5.1, 3.5, 1.4, 0.2], [6.9, 3.2, 5.7, 2.3]], dtype=np.float32)
names = ["sepal length", "sepal width", "petal length", "petal width"]


def refused(model, text, data):
    try:
        clients[model].invoke(data)
    except Exception as error:
        assert text in str(error), str(error)
        return
    raise AssertionError("it was not refused")


def health():
    for client in clients.values():
        client.wait_server_ready(timeout=5)
        client.ping()
        assert client.get_version()


def tensors():
    # The client of 3.17.2 fails on a dict of arrays by itself, before it sends anything.
    url = f"http://{servers['iris']}/invocations"
    named = requests.post(url, json={"inputs": {"X": rows.tolist()}}).json()
    for answer in (clients["iris"].invoke(rows)["predictions"], named["predictions"]):
        assert list(answer) == ["label", "probabilities"] and list(answer["label"]) == [0, 2], answer
        assert np.allclose(np.array(answer["probabilities"]).sum(axis=1), 1)


def data_frames():
    frame = pd.DataFrame(rows, columns=names)
    expected = clients["iris"].invoke(frame).get_predictions()
    assert list(expected["label"]) == [0, 2], expected
    # The signature knows the features by name.
    shuffled = frame[list(reversed(names))].assign(note="passed over")
    assert clients["iris"].invoke(shuffled).get_predictions().equals(expected)


def text_and_numbers():
    frame = pd.DataFrame(
        {"owner": ["no", "no"], "city": ["Zürich", "上海"], "income": [48366, 37944], "age": [70.0, 57.0]}
    )
    answer = clients["credit"].invoke(frame).get_predictions()
    assert list(answer["label"]) == [1, 1], answer
    assert np.allclose(answer["probabilities"][0], [0.3564808, 0.6435192], rtol=1e-3), answer


def csv_and_records():
    frame = pd.DataFrame(rows, columns=names)
    url = f"http://{servers['iris']}/invocations"
    expected = requests.post(url, json={"dataframe_split": frame.to_dict("split")}).json()
    csv = requests.post(url, data=frame.to_csv(index=False), headers={"Content-Type": "text/csv"})
    assert csv.status_code == 200 and csv.json() == expected, csv.text
    records = requests.post(url, json={"dataframe_records": frame.to_dict("records")})
    assert records.json() == expected, records.text
    instances = requests.post(url, json={"instances": rows.tolist()}).json()
    assert instances["predictions"]["label"] == [0, 2], instances


def every_digit():
    edge = [-(2**63), 2**53 + 1, 2**63 - 1]
    answer = clients["identity_int64"].invoke(np.array(edge))["predictions"]
    assert list(answer["y"]) == edge, answer


def not_finite():
    values = np.array([np.nan, np.inf, -np.inf, 1.5])
    answer = np.array(clients["identity_float64"].invoke(values)["predictions"]["y"], dtype=float)
    assert np.array_equal(answer, values, equal_nan=True), answer


def eight_megabytes():
    values = np.random.default_rng(0).random(1_000_000)
    answer = clients["identity_float64"].invoke(values)["predictions"]["y"]
    assert np.array_equal(np.array(answer), values)


def errors():
    refused("iris", "INVALID_PARAMETER_VALUE", pd.DataFrame({"sepal length": [1.0]}))
    refused("iris", 'Column \\"sepal width\\" is missing', pd.DataFrame({"sepal length": [1.0]}))
    refused("iris", "error code 400", np.zeros((2, 3), dtype=np.float32))
    refused("iris", "INVALID_PARAMETER_VALUE", pd.DataFrame([["a"] * 4], columns=names))
    url = f"http://{servers['iris']}/invocations"
    answer = requests.post(url, data="<a/>", headers={"Content-Type": "text/xml"})
    assert answer.status_code == 415 and "error_code" in answer.json(), answer.text


checks = [
    health,
    tensors,
    data_frames,
    text_and_numbers,
    csv_and_records,
    every_digit,
    not_finite,
    eight_megabytes,
    errors,
]

results = {}
for check in checks:
    try:
        check()
        results[check.__name__] = "ok"
    except Exception:
        results[check.__name__] = traceback.format_exc()
print(json.dumps(results))
