"""Loads, unloads and reloads models with clients of Triton and TensorFlow Serving, unchanged.

argv[1]: {"rest": "host:port", "grpc": "host:port", "root": folder}. Prints {"check": "ok" or why}.
argv[2]: which clients are installed: "triton" or "tensorflow".
"""

import json
import sys
import traceback

at = json.loads(sys.argv[1])


def index_of(rows):
    return sorted(f'{row["name"]} {row["version"]} {row["state"]}' for row in rows)


served = ["iris 1 READY", "iris 2 READY", "rose 1 READY"]
checks = {}


def check(function):
    checks[function.__name__] = function
    return function


if sys.argv[2] == "triton":
    import tritonclient.grpc as triton_grpc
    import tritonclient.http as triton_http
    from tritonclient.utils import InferenceServerException

    http = triton_http.InferenceServerClient(at["rest"])
    grpc = triton_grpc.InferenceServerClient(at["grpc"])

    def refused(status, text, call):
        try:
            call()
        except InferenceServerException as error:
            assert status in str(error.status()), (error.status(), error.message())
            assert text in error.message(), error.message()
            return
        raise AssertionError("not refused")

    def grpc_index():
        return [{"name": m.name, "version": m.version, "state": m.state} for m in grpc.get_model_repository_index().models]

    def change(client, index):
        assert index_of(index()) == served, index()
        client.unload_model("iris")
        assert not client.is_model_ready("iris") and client.is_model_ready("rose")
        assert client.is_server_ready()
        assert [row for row in index_of(index()) if "READY" in row] == ["rose 1 READY"], index()
        client.load_model("iris")
        assert client.is_model_ready("iris") and client.is_model_ready("iris", "1")
        assert index_of(index()) == served, index()

    @check
    def triton_over_http():
        change(http, http.get_model_repository_index)
        refused("404", 'no model named "nobody"', lambda: http.load_model("nobody"))
        refused("501", 'load parameter "config"', lambda: http.load_model("iris", config="{}"))

    @check
    def triton_over_grpc():
        change(grpc, grpc_index)
        refused("NOT_FOUND", 'no model named "nobody"', lambda: grpc.unload_model("nobody"))
        refused("UNIMPLEMENTED", 'load parameter "config"', lambda: grpc.load_model("iris", config="{}"))

else:
    import grpc as transport
    from tensorflow_serving.apis import get_model_status_pb2, model_management_pb2, model_service_pb2_grpc
    from tensorflow_serving.config import model_server_config_pb2

    manager = model_service_pb2_grpc.ModelServiceStub(transport.insecure_channel(at["grpc"]))

    def reload(*names, label=None, root=at["root"]):
        config = model_server_config_pb2.ModelServerConfig()
        for name in names:
            one = config.model_config_list.config.add()
            one.name, one.base_path, one.model_platform = name, f"{root}/{name}", "tensorflow"
            one.model_version_policy.all.SetInParent()
            if label:
                one.version_labels[label] = 1
        request = model_management_pb2.ReloadConfigRequest()
        request.config.CopyFrom(config)
        return manager.HandleReloadConfigRequest(request, 60)

    def states(name):
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = name
        return [(row.version, row.state) for row in manager.GetModelStatus(request, 20).model_version_status]

    @check
    def tensorflow_reload():
        assert reload("iris", label="stable").status.error_code == 0
        assert states("iris") == [(2, 30), (1, 30)], states("iris")
        assert all(state in (40, 50) for _, state in states("rose")), states("rose")
        try:
            reload("iris", root="/etc")
        except transport.RpcError as error:
            assert error.code() == transport.StatusCode.INVALID_ARGUMENT, error
        else:
            raise AssertionError("not refused")
        assert reload("iris", "rose").status.error_code == 0
        assert states("rose") == [(1, 30)], states("rose")


results = {}
for name, function in checks.items():
    try:
        function()
        results[name] = "ok"
    except Exception:
        results[name] = traceback.format_exc()
print(json.dumps(results))
