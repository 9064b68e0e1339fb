/** As mlflow 3.17.2 writes it. */
export function mlmodelText(inputs: object[] | null, flavor = 'onnx', data = 'model.onnx'): string {
  const json = inputs === null ? 'null' : `'${JSON.stringify(inputs)}'`;
  return `flavors:
  ${flavor}:
    code: null
    data: ${data}
    onnx_session_options: null
    onnx_version: 1.23.2
    providers:
    - CPUExecutionProvider
  python_function:
    data: model.onnx
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.onnx
    python_version: 3.11.7
is_signature_from_type_hint: false
mlflow_version: 3.17.2
model_id: null
model_uuid: a9e80d227cbe460f9ef696cf41fc4f10
signature:
  inputs: ${json}
  outputs: null
  params: null
utc_time_created: '2026-11-21 15:33:15.121865'
`;
}
