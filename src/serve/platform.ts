export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a platform wants a server to listen, as far as it says so. */
export interface PlatformAddress {
  /** Undefined: the platform says nothing, so nobody but this machine may reach the server. */
  readonly host: string | undefined;
  readonly port: string;
  /** The variable that the port comes from, for messages. */
  readonly variable: string;
}

/**
 * Reads what Vertex AI, SageMaker, Cloud Run and Knative put into the environment (docs/protocols.md, "Platforms"): the first
 * variable that is set wins. Without any: port 8501.
 */
export function platformAddress(environment: Environment): PlatformAddress {
  const variable = portVariables.find((name) => (environment[name] ?? '') !== '');
  const isHosted = hostedVariables.some((name) => (environment[name] ?? '') !== '');
  return {
    host: isHosted ? '0.0.0.0' : undefined,
    port: (variable && environment[variable]) || '8501',
    variable: variable ?? '--port',
  };
}

/** The environment of an image that SageMaker starts: port 8080 on all interfaces, unless it names another. */
export function onSageMaker(environment: Environment): Environment {
  return { ...environment, SAGEMAKER_BIND_TO_PORT: environment.SAGEMAKER_BIND_TO_PORT || '8080' };
}

/** Whether SageMaker loads and unloads models of its own here, from below `multiModelRoot`. */
export function isMultiModel(environment: Environment): boolean {
  return environment.SAGEMAKER_MULTI_MODEL?.toLowerCase() === 'true';
}

export const multiModelRoot = '/opt/ml/models';

const portVariables = ['AIP_HTTP_PORT', 'SAGEMAKER_BIND_TO_PORT', 'PORT'];

// PORT alone is set on many a laptop, and must not open it to the network.
const hostedVariables = ['AIP_HTTP_PORT', 'SAGEMAKER_BIND_TO_PORT', 'K_SERVICE'];
