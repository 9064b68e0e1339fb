import type { ErrorRow } from './row.ts';

const own = { http: 500, grpc: 'INTERNAL' } as const;

/** Faults of the Docker engine, of `mdeploy build-image` and of `mdeploy push`. */
export const imageErrors = {
  ENGINE_ADDRESS_INVALID: {
    message: '{source} names the Docker engine "{address}": {reason}.',
    remedy:
      'Use unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST, or unset it for the engine of this machine.',
    ...own,
    exit: 2,
  },
  DOCKER_CONFIG_INVALID: {
    message: '{file} is not a Docker configuration: {reason}.',
    remedy: 'Mend the file, or point DOCKER_CONFIG to another folder.',
    ...own,
    exit: 2,
  },
  DOCKER_CONTEXT_UNKNOWN: {
    message: 'There is no Docker context named "{context}" ({source}).',
    remedy: 'Choose one of: {contexts}; `docker context ls` shows them.',
    ...own,
    exit: 2,
  },
  ENGINE_UNREACHABLE: {
    message: 'No Docker engine answers at {address} ({source}): {reason}.',
    remedy:
      'Start the engine (`systemctl start docker`, or Docker Desktop), or set DOCKER_HOST to one that runs.',
    ...own,
    exit: 3,
  },
  ENGINE_FORBIDDEN: {
    message: 'This user may not use the Docker engine at {address} ({source}).',
    remedy:
      'Add the user to the group `docker` and log in again, or use a rootless engine through DOCKER_HOST.',
    ...own,
    exit: 3,
  },
  ENGINE_TLS: {
    message: 'The TLS connection to the Docker engine at {address} ({source}) failed: {reason}.',
    remedy:
      'Check ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH or in the Docker context, and their dates.',
    ...own,
    exit: 3,
  },
  ENGINE_TOO_OLD: {
    message: 'The Docker engine {version} at {address} speaks API {api}; 1.41 is needed.',
    remedy: 'Update the engine to 20.10 or newer.',
    ...own,
    exit: 3,
  },
  ENGINE_LOST: {
    message: 'The connection to the Docker engine was lost during: {step}.',
    remedy:
      'See whether the engine still runs (`docker info`), then run the command again: finished steps are kept.',
    ...own,
    exit: 3,
  },
  ENGINE_REFUSED: {
    message: 'The Docker engine refused: {step}: {reason}.',
    remedy: "Read the engine's reason above; `docker info` shows its state.",
    ...own,
    exit: 3,
  },
  ENGINE_DISK_FULL: {
    message: 'The disk of the Docker engine is full; it stopped at: {step}.',
    remedy: 'Free space, for instance with `docker system prune`, and run the command again.',
    ...own,
    exit: 3,
  },
  CONTEXT_FILE_UNSAFE: {
    message: '{file} in the package {package} cannot go into an image: {reason}.',
    remedy: 'Make the package again with `mdeploy package`.',
    ...own,
    exit: 1,
  },
  BUILD_BASE_UNAVAILABLE: {
    message: 'The base image {base} is not in the engine and cannot be pulled: {reason}.',
    remedy:
      'Run `docker pull {base}` where the network allows it (`docker login` for a private one), or name a base image that is here: image.base in model.yaml, or --base where MODEL is no package.',
    ...own,
    exit: 3,
  },
  BUILD_STEP_FAILED: {
    message: 'The image was not built: step {step} of {steps}, {instruction}, failed: {reason}.',
    remedy:
      'Correct that instruction in the Dockerfile of your template; the standard one needs no network and no shell.',
    ...own,
    exit: 1,
  },
  BUILD_REFUSED: {
    message: 'The engine did not start the build: {reason}.',
    remedy:
      'Correct the Dockerfile of your template; the standard one is accepted by every engine from 20.10 on.',
    ...own,
    exit: 1,
  },
  BUILD_PLATFORM: {
    message: 'The image cannot be built for {platform}: {reason}.',
    remedy: '{fix}',
    ...own,
    exit: 2,
  },
  IMAGE_NAME_INVALID: {
    message: '"{name}" is not an image name: {reason}.',
    remedy: 'Use lower-case REPOSITORY:TAG, such as registry.example/team/iris:3.',
    ...own,
    exit: 2,
  },
  IMAGE_TOO_LARGE: {
    message:
      'The image has {size}, image.max_size allows {limit}; it was not tagged. Largest layer: {largest}.',
    remedy: 'Use a smaller base image or model, or raise image.max_size in model.yaml.',
    ...own,
    exit: 1,
  },
  IMAGE_NOT_HARDENED: {
    message: 'The image is not safe to run: {problem}; it was not tagged.',
    remedy: '{fix}',
    ...own,
    exit: 1,
  },
  SMOKE_REMOTE_ENGINE: {
    message: 'The image cannot be tried with --smoke: the engine at {address} is another machine.',
    remedy: 'Leave --smoke out, or run mdeploy where the engine is: the try goes over a loopback port.',
    ...own,
    exit: 2,
  },
  SMOKE_NOT_READY: {
    message: 'The container did not become ready within {seconds} s: {reason}.',
    remedy:
      'Read the log of the container above; `mdeploy serve` on the package shows the same fault faster.',
    ...own,
    exit: 1,
  },
  SMOKE_ENDED: {
    message: 'The container ended with exit code {code} before it was ready{hint}.',
    remedy:
      'Read the log of the container above; `mdeploy serve` on the package shows the same fault faster.',
    ...own,
    exit: 1,
  },
  IMAGE_NOT_FOUND: {
    message: 'The Docker engine has no image {image}.',
    remedy: 'Build it with `mdeploy build-image`, or check the name with `docker images`.',
    ...own,
    exit: 2,
  },
  PUSH_NO_REGISTRY: {
    message: 'The name {image} has no registry in it, so it is not clear where it should go.',
    remedy: 'Type `mdeploy push {image} --to REGISTRY/{path}`, for Docker Hub `--to docker.io/USER/{path}`.',
    ...own,
    exit: 2,
  },
  CREDENTIALS_UNREADABLE: {
    message: 'The credentials for {registry} cannot be read from {source}: {reason}.',
    remedy:
      'Run `docker login {registry}`, or correct MDEPLOY_REGISTRY_USERNAME and MDEPLOY_REGISTRY_PASSWORD, which come before it.',
    ...own,
    exit: 3,
  },
  REGISTRY_UNAUTHORIZED: {
    message: 'The registry {registry} did not accept {credentials}.',
    remedy:
      'Run `docker login {registry}`, or correct MDEPLOY_REGISTRY_USERNAME and MDEPLOY_REGISTRY_PASSWORD, which come before it.',
    ...own,
    exit: 3,
  },
  REGISTRY_DENIED: {
    message: 'The registry {registry} does not let this account write to {repository}: {reason}.',
    remedy: 'Ask for the right to push there, create the repository, or choose another one with --to.',
    ...own,
    exit: 3,
  },
  REGISTRY_UNREACHABLE: {
    message: 'The registry {registry} cannot be reached: {reason}.',
    remedy: 'Check the host name, the port and the network of the machine where the Docker engine runs.',
    ...own,
    exit: 3,
  },
  REGISTRY_TLS: {
    message: 'There is no trusted connection to the registry {registry}: {reason}.',
    remedy:
      "Put the registry's CA into /etc/docker/certs.d/{registry}/ca.crt on the machine where the engine runs.",
    ...own,
    exit: 3,
  },
  REGISTRY_INTERRUPTED: {
    message: 'The connection to the registry {registry} was cut while pushing, {attempts} times: {reason}.',
    remedy:
      'Run the command again: layers that arrived are not sent twice. A proxy may limit the size of uploads.',
    ...own,
    exit: 3,
  },
  REGISTRY_UNAVAILABLE: {
    message: 'The registry {registry} could not take the image, {attempts} tries: {reason}.',
    remedy: 'Try again later, or with more tries (--retries); the tag was not moved.',
    ...own,
    exit: 3,
  },
  REGISTRY_REFUSED: {
    message: 'The registry {registry} refused the image: {reason}.',
    remedy: 'Check that this is the address of a registry and that the repository may take this image.',
    ...own,
    exit: 3,
  },
  PUSH_DIGEST_MISMATCH: {
    message: 'The registry {registry} holds {received} under {image}, but {expected} was pushed.',
    remedy: 'Someone else pushed the same tag, or the registry is faulty: push again, and deploy by digest.',
    ...own,
    exit: 3,
  },
} as const satisfies Record<string, ErrorRow>;
