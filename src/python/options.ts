/** How an environment is made, and who is told. */
export interface EnvironmentOptions {
  /** The interpreter to make it with. */
  readonly python?: string;
  readonly indexUrl?: string;
  /** A folder of wheels: nothing is fetched from anywhere else. */
  readonly wheels?: string;
  /** Told about each package as it is installed. */
  readonly progress: (text: string) => void;
  /** Told before a long download starts. */
  readonly note: (text: string) => void;
}
