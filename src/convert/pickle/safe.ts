import type { PickleGlobal } from './value.ts';

/**
 * Whether a class is known to do nothing but hold numbers when it is unpickled. Dotted names are refused: in protocol 4
 * `sklearn.utils` + `os.system` would reach through a module's own imports. The program that loads the model refuses
 * by the same rules once more, and checks that what it found is a class, or a function that is named here.
 */
export function isSafeGlobal({ module, name }: PickleGlobal): boolean {
  if (name.includes('.')) return exact.has(`${module}.${name}`);
  return (
    exact.has(`${module}.${name}`) || (isClassName(name) && families.some((family) => family.test(module)))
  );
}

/** Packages all of whose classes are data: their modules, private ones included. */
const families: readonly RegExp[] = [/^sklearn(\.\w+)*$/, /^scipy\.sparse(\.\w+)*$/, /^skl2onnx(\.\w+)*$/];

// Classes, and the two ways in which Cython classes are made again.
function isClassName(name: string): boolean {
  return (
    /^(?:bsr|coo|csc|csr|dia|dok|lil)_(?:array|matrix)$/.test(name) ||
    /^_{0,2}[A-Z]\w*$/.test(name) ||
    /^__pyx_unpickle_\w+$/.test(name) ||
    /^new(Obj|Neighbors)\w*$/.test(name)
  );
}

const builtins = [
  'bool',
  'bytearray',
  'bytes',
  'complex',
  'dict',
  'float',
  'frozenset',
  'int',
  'list',
  'object',
  'range',
  'set',
  'slice',
  'str',
  'tuple',
];

const numpy = [
  'bool_',
  'dtype',
  'float16',
  'float32',
  'float64',
  'int16',
  'int32',
  'int64',
  'int8',
  'ndarray',
  'str_',
  'uint16',
  'uint32',
  'uint64',
  'uint8',
];

/** Functions of numbers, which transformers name. */
const universal = ['abs', 'cbrt', 'exp', 'expm1', 'log', 'log10', 'log1p', 'log2', 'sqrt', 'square'];

/** What features are selected by. */
const scoreFunctions = [
  ...['chi2', 'f_classif', 'f_oneway', 'f_regression', 'r_regression'].map(
    (name) => `_univariate_selection.${name}`,
  ),
  '_mutual_info.mutual_info_classif',
  '_mutual_info.mutual_info_regression',
];

const exact: ReadonlySet<string> = new Set([
  ...builtins.flatMap((name) => [`builtins.${name}`, `__builtin__.${name}`]),
  ...numpy.map((name) => `numpy.${name}`),
  ...['numpy._core', 'numpy.core'].flatMap((core) => [
    `${core}.multiarray._reconstruct`,
    `${core}.multiarray.scalar`,
    `${core}.numeric._frombuffer`,
  ]),
  'numpy.dtypes.StringDType',
  ...['numpy.ma', 'numpy.ma.core'].flatMap((ma) => [`${ma}._mareconstruct`, `${ma}.MaskedArray`]),
  ...universal.map((name) => `numpy.${name}`),
  ...scoreFunctions.map((name) => `sklearn.feature_selection.${name}`),
  'numpy.random._pickle.__randomstate_ctor',
  'numpy.random._pickle.__bit_generator_ctor',
  'numpy.random._pickle.__generator_ctor',
  'numpy.random._mt19937.MT19937',
  'numpy.random._pcg64.PCG64',
  'numpy.random.bit_generator.SeedSequence',
  'numpy.random.bit_generator.__pyx_unpickle_SeedSequence',
  'collections.OrderedDict',
  'collections.Counter',
  'copyreg._reconstructor',
  'copy_reg._reconstructor',
  '_codecs.encode',
  // What checkpoints keep of the training's settings.
  'argparse.Namespace',
  'pathlib.PosixPath',
  'pathlib.WindowsPath',
  'pathlib.PurePosixPath',
  'joblib.numpy_pickle.NumpyArrayWrapper',
  'joblib.numpy_pickle.NDArrayWrapper',
  'joblib.numpy_pickle.ZNDArrayWrapper',
  // Boosted trees as scikit-learn estimators: their state is the model's own bytes.
  'xgboost.core.Booster',
  'xgboost.sklearn.XGBClassifier',
  'xgboost.sklearn.XGBRegressor',
  'xgboost.sklearn.XGBRanker',
  'xgboost.sklearn.XGBRFClassifier',
  'xgboost.sklearn.XGBRFRegressor',
  'lightgbm.basic.Booster',
  'lightgbm.sklearn.LGBMClassifier',
  'lightgbm.sklearn.LGBMRegressor',
  // What torch.load(weights_only=True) builds as well.
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_parameter',
  'torch._utils._rebuild_parameter_with_state',
  'torch._utils._rebuild_qtensor',
  'torch.Size',
  'torch.device',
  'torch.serialization._get_layout',
  'torch.nn.parameter.Parameter',
  ...['Float', 'Double', 'Half', 'BFloat16', 'Long', 'Int', 'Short', 'Char', 'Byte', 'Bool'].map(
    (type) => `torch.${type}Storage`,
  ),
  ...['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'].map(
    (type) => `torch.${type}`,
  ),
  'torch.storage.UntypedStorage',
  'torch.storage.TypedStorage',
]);
