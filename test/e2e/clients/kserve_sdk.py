"""Drives servers with KServe's SDK, unchanged. argv[1]: {"model name": ["host:grpc port", "http://host:REST port"]}. Prints {"check": "ok" or why}."""

import asyncio
import json
import logging
import sys
import traceback

import grpc
import httpx
import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

logging.disable(logging.CRITICAL)
servers = json.loads(sys.argv[1])
limits = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def clients(model):
    address, url = servers[model]
    return InferenceGRPCClient(address, channel_args=limits), InferenceRESTClient(RESTConfig(protocol="v2")), url


def request(model, name, array, datatype, binary):
    given = InferInput(name, list(array.shape), datatype)
    given.set_data_from_numpy(array, binary_data=binary)
    return InferRequest(model_name=model, infer_inputs=[given], request_id="r-1")


async def refused_rest(status, text, call):
    try:
        await call
    except httpx.HTTPStatusError as error:
        assert error.response.status_code == status and text in str(error), error
        return
    raise AssertionError("it was not refused")


async def refused_grpc(status, text, call):
    try:
        await call
    except grpc.RpcError as error:
        assert error.code() == getattr(grpc.StatusCode, status) and text in error.details(), error
        return
    raise AssertionError("it was not refused")


async def same(model, array, datatype):
    over_grpc, over_rest, url = clients(model)
    for binary in (True, False):
        if datatype == "FP16" and not binary:
            continue
        for call in (
            lambda asked: over_grpc.infer(asked, timeout=60),
            lambda asked: over_rest.infer(url, asked, model_name=model, timeout=60),
        ):
            reply = await call(request(model, "x", array, datatype, binary))
            got = reply.outputs[0].as_numpy()
            assert got.dtype == array.dtype and got.tobytes() == array.tobytes(), (model, binary, got)
            assert reply.id == "r-1" and reply.model_name == model, reply


async def health():
    for model in ("identity_int64", "iris"):
        over_grpc, over_rest, url = clients(model)
        assert await over_grpc.is_server_live() and await over_grpc.is_server_ready()
        assert await over_grpc.is_model_ready(model)
        assert await over_rest.is_server_live(url) and await over_rest.is_server_ready(url)
        assert await over_rest.is_model_ready(url, model)
        await refused_grpc("NOT_FOUND", "no model named", over_grpc.is_model_ready("nope"))


async def predict():
    await same("identity_int64", np.array([-(2**63), 2**53 + 1, 2**63 - 1], np.int64), "INT64")
    await same("identity_int32", np.array([-(2**31), 2**31 - 1], np.int32), "INT32")
    await same("identity_float64", np.array([0.1, -0.0, 5e-324], np.float64), "FP64")
    await same("identity_float16", np.array([0.1, 65504, -0.0], np.float16), "FP16")


async def strings():
    texts = np.array(["a", "é😀", ""], dtype=np.object_)
    over_grpc, over_rest, url = clients("string_io")
    for binary in (True, False):
        # Each has its own request: the client turns the values of one into bytes when it sends them over gRPC.
        asked = [request("string_io", "token", texts, "BYTES", binary) for _ in range(2)]
        for reply in (await over_grpc.infer(asked[0]), await over_rest.infer(url, asked[1], model_name="string_io")):
            (echo,) = [output for output in reply.outputs if output.name == "echo"]
            got = [item.decode() if isinstance(item, bytes) else item for item in echo.as_numpy().tolist()]
            assert got == texts.tolist(), got


async def eight_megabytes():
    await same("identity_float64", np.random.default_rng(7).standard_normal(1_000_000), "FP64")


async def version_one():
    _, url = servers["iris"]
    client = InferenceRESTClient(RESTConfig(protocol="v1"))
    assert await client.is_server_live(url)
    assert await client.is_model_ready(url, "iris")
    rows = [[5.1, 3.5, 1.4, 0.2], [6.9, 3.2, 5.7, 2.3]]
    reply = await client.infer(url, {"instances": rows}, model_name="iris")
    assert [row["label"] for row in reply["predictions"]] == [0, 2], reply
    await refused_rest(400, "X", client.infer(url, {"instances": [["a"]]}, model_name="iris"))
    await refused_rest(404, "nope", client.infer(url, {"instances": rows}, model_name="nope"))
    await refused_rest(501, "explain", client.explain(url, model_name="iris", data={"instances": rows}))


async def errors():
    over_grpc, over_rest, url = clients("iris")
    wrong = request("iris", "X", np.zeros([2], np.float32), "FP32", True)
    await refused_grpc("INVALID_ARGUMENT", "has shape [2]", over_grpc.infer(wrong))
    await refused_rest(400, "has shape [2]", over_rest.infer(url, wrong, model_name="iris"))
    wrong = request("nope", "X", np.zeros([1, 4], np.float32), "FP32", True)
    await refused_grpc("NOT_FOUND", "no model named", over_grpc.infer(wrong))
    await refused_rest(404, "no model named", over_rest.infer(url, wrong, model_name="nope"))


async def main():
    results = {}
    for check in [health, predict, strings, eight_megabytes, version_one, errors]:
        try:
            await check()
            results[check.__name__] = "ok"
        except Exception:
            results[check.__name__] = traceback.format_exc()
    print(json.dumps(results))


asyncio.run(main())
