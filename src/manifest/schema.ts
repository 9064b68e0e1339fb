import * as z from 'zod';
import { grammars } from '../core/names.ts';
import {
  DEFAULT_BASE_IMAGE,
  defaultProtocols,
  limits,
  supportedFormats,
  supportedPlatforms,
  supportedProtocols,
  supportedProviders,
} from './defaults.ts';
import {
  choice,
  columns,
  count,
  datatype,
  imageReference,
  imageRepository,
  labels,
  line,
  number0,
  onnxOnly,
  path,
  section,
  settings,
  shape,
  size,
  version,
  word,
} from './fields.ts';
import { optimize, variant } from './optimize-schema.ts';
import { inputTensors, outputTensors, secretFree, steps, unique } from './parts.ts';

const tensorName = 'the name of a tensor of the model';
const threads = 'auto or a whole number from 1 to 256';

const tensor = {
  name: line(512, tensorName).min(1, tensorName).describe("The tensor's name in the model file."),
  datatype: datatype
    .optional()
    .describe('Element type. Checked against the model file; taken from it when left out.')
    .meta({ examples: ['FP32', 'INT64', 'BYTES'] }),
  shape: shape
    .optional()
    .describe(
      'Axes, batch axis included: a length, or a name for an axis of any length. Taken from the model file when left out.',
    )
    .meta({
      examples: [
        ['batch', 4],
        ['batch', 3, 224, 224],
      ],
    }),
};

const tolerance = number0('a number ≥ 0');

const sample = section({
  inputs: path.describe('JSON file with the input tensors by name: `{"x": {"datatype", "shape", "data"}}`.'),
  outputs: path.describe('JSON file with the output tensors that the model must give.'),
  tolerance: section({
    rtol: tolerance.default(1e-4).describe('Allowed difference relative to the expected value.'),
    atol: tolerance
      .default(1e-5)
      .describe('Allowed difference in absolute terms, added to the relative one.'),
  })
    .prefault({})
    .describe('How far an answer may be from the expected one.'),
});

const model = section({
  path: path
    .superRefine(onnxOnly)
    .describe('The model file, relative to the manifest.')
    .meta({ examples: ['model.onnx'] }),
  format: choice(supportedFormats).default('onnx').describe('Format of the model file.'),
  framework: word(grammars.word, 'a word such as pytorch or sklearn')
    .optional()
    .describe('Where the model comes from; for people only.'),
}).describe('The model file.');

const serving = section({
  protocols: z
    .array(choice(supportedProtocols), 'a list of protocols')
    .min(1, 'at least one protocol')
    .superRefine(unique('protocol'))
    .default([...defaultProtocols])
    .describe(
      "What the server speaks: `plain` (POST /predict), `tfs` (TensorFlow Serving's REST API), `v2` (Open Inference), `kserve` (KServe V1), `torchserve`, `mlflow` and `sagemaker` (both /invocations) and `vertex` (Vertex AI). Where two have a path, the one listed first answers.",
    ),
  max_body_size: size(limits.body.min, limits.body.max, 'from 1KiB to 1GiB')
    .prefault('64MiB')
    .describe('Largest request body.'),
  timeout_ms: count(1, 3_600_000).default(30_000).describe('Time a request may take in all.'),
  queue: section({
    max_size: count(1, 100_000).default(512).describe('Requests that may wait; more are answered 503.'),
    timeout_ms: count(1, 3_600_000)
      .default(1000)
      .describe('Time a request may wait before it is answered 503.'),
  })
    .prefault({})
    .describe('The waiting room in front of the model.'),
  batching: section({
    max_batch_size: count(2, 65_536)
      .default(32)
      .describe('Rows of a batch at most; a larger request runs alone.'),
    max_queue_delay_ms: count(0, 10_000)
      .default(0)
      .describe(
        'Time a request may wait for company while the model is free; nobody waits while requests come one at a time.',
      ),
  })
    .optional()
    .describe(
      'Runs requests that wait together as one; off when left out. The first axis of every input and output must be the batch.',
    ),
  response_cache: section({
    max_bytes: size(limits.responseCache.min, limits.responseCache.max, 'from 64KiB to 1024GiB')
      .prefault('64MiB')
      .describe('Memory for kept answers; those used longest ago leave first.'),
  })
    .optional()
    .describe(
      'Answers a request that was answered before from memory; off when left out. For models that answer the same each time.',
    ),
  server_timing: z
    .boolean('true or false')
    .optional()
    .describe(
      'Whether each reply tells how long its parts took, in a header `server-timing`; false when left out.',
    ),
  warmup: choice(['samples', 'zeros', 'none'])
    .default('samples')
    .describe(
      'What runs before the server is ready: the samples (zeros when there are none), zeros, or nothing.',
    ),
  drain_timeout_ms: count(0, 600_000)
    .default(10_000)
    .describe('Time for requests in progress after SIGTERM.'),
}).describe('How the server behaves.');

const runtime = section({
  providers: z
    .array(choice(supportedProviders), 'a list of execution providers')
    .min(1, 'at least one execution provider')
    .superRefine(unique('provider'))
    .default(['cpu'])
    .describe('Execution providers of the runtime, in order.'),
  intra_op_threads: z
    .union([z.literal('auto'), count(1, 256, threads)], threads)
    .default('auto')
    .describe('Threads for one operator. `auto` follows the CPU quota of the container.'),
  accelerator: choice(['none', 'prefer', 'require'])
    .default('none')
    .describe('Whether a GPU is used. `require` fails where none can be.'),
  probe: section({
    timeout_ms: count(100, 3_600_000).default(60_000).describe('Time for the first load and run.'),
    max_memory: size(limits.probeMemory.min, limits.probeMemory.max, 'from 64MiB to 1024GiB')
      .prefault('4GiB')
      .describe('Memory for the first load and run.'),
  })
    .prefault({})
    .describe('Caps of the throw-away process in which a model is first loaded and run.'),
}).describe('How the model is run.');

const image = section({
  repository: imageRepository
    .optional()
    .describe('Name of the image without tag. Takes placeholders.')
    .meta({ examples: ['registry.example/team/iris', '${REGISTRY:-localhost:5000}/iris'] }),
  base: imageReference
    .default(DEFAULT_BASE_IMAGE)
    .describe(
      'Image to build on: glibc, with node at /usr/local/bin/node. Takes placeholders. For the same bytes every time, pin it: `image@sha256:…`.',
    ),
  platforms: z
    .array(choice(supportedPlatforms), 'a list of platforms')
    .min(1, 'at least one platform')
    .superRefine(unique('platform'))
    .default(['linux/amd64'])
    .describe('Platforms the package and image are made for.'),
  max_size: size(limits.imageSize.min, limits.imageSize.max, 'from 1MiB to 1024GiB')
    .optional()
    .describe('Largest image, uncompressed; a larger one fails the build.'),
  env: z
    .record(word(grammars.envName, 'a name of letters, digits and _'), line(4096), settings)
    .superRefine(secretFree)
    .default({})
    .describe(
      'Environment variables of the image. Never secrets: everyone who can pull the image can read them.',
    ),
  labels: z
    .record(word(grammars.imageLabel, 'a name of letters, digits and . _ - /'), line(4096), settings)
    .superRefine(secretFree)
    .default({})
    .describe('Labels of the image, beside the standard ones.'),
}).describe('The container image.');

/** What a person may write in a model.yaml. Messages, documentation and the JSON Schema all come from here. */
export const manifestSchema = section({
  schema_version: z.literal(1, '1').default(1).describe('Version of this format.'),
  name: word(grammars.modelName, 'up to 128 letters, digits, . _ and -, starting with a letter, digit or _')
    .describe('Name the model is served under.')
    .meta({ examples: ['iris'] }),
  version: version.prefault('1').describe('Version of the model: a whole number or a semantic version.'),
  description: line(1024).default('').describe('One line for people.'),
  model,
  inputs: inputTensors(
    section({
      ...tensor,
      columns: columns
        .optional()
        .describe('Names of the features along the last axis, by which tables (data frames, CSV) are read.')
        .meta({ examples: [['sepal_length', 'sepal_width']] }),
    }),
  ).describe(
    "The model's input tensors, as the model file has them (before `preprocess`). Those left out are taken from the model file.",
  ),
  outputs: outputTensors(
    section({
      ...tensor,
      labels: labels.optional().describe('Class names, by index along the last axis.'),
      labels_file: path.optional().describe('File with the class names: one per line, or a JSON list.'),
    }),
  ).describe(
    "The model's output tensors, as the model file has them (before `postprocess`). Those left out are taken from the model file.",
  ),
  preprocess: steps.describe('Steps from what clients send to what the model takes, in order.').meta({
    examples: [[{ resize: [8, 8] }, { scale: 0.0625 }]],
  }),
  postprocess: steps.describe('Steps from what the model gives to what clients get, in order.').meta({
    examples: [['softmax', { top_k: 3 }]],
  }),
  samples: z
    .array(sample, 'a list of samples')
    .max(1000, 'at most 1000 samples')
    .default([])
    .describe(
      'Requests with known answers; replayed by `validate`, `serve --smoke` and `build-image --smoke`.',
    ),
  serving: serving.prefault({}),
  runtime: runtime.prefault({}),
  image: image.prefault({}),
  variants: z
    .array(variant, 'a list of variants')
    .max(16, 'at most 16 variants')
    .default([])
    .describe(
      'Other files of the same model. The first whose `when` fits the machine is served; the model itself where none does. `mdeploy optimize` writes them.',
    ),
  optimize: optimize.optional(),
});

/** A checked manifest before the model file has been looked at: defaults filled in, spellings normalised. */
export type ManifestDraft = z.output<typeof manifestSchema>;
