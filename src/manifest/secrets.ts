/** Whether a setting holds a secret, judged by its name (`DB_PASSWORD`) or by the form of its value (`ghp_…`). */
export function secretIn(name: string, value: string): boolean {
  if (value === '') return false;
  return secretName(name) || secretForms.some((form) => form.test(value));
}

// Judged word by word: TOKENIZERS_PARALLELISM, MAX_TOKENS and KEYBOARD are no secrets, DBPASSWORD and AUTHTOKEN are.
function secretName(name: string): boolean {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toUpperCase()
    .split(/[^A-Z0-9]+/);
  return words.some((part) =>
    /(?:PASSWORD|PASSWD|PASSPHRASE|SECRETS?|TOKEN|CREDENTIALS?|APIKEYS?)$|^KEYS?$|^PWD$/.test(part),
  );
}

const secretForms: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY/,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
  /\b(?:ghp|gho|ghs|ghu|github_pat)_[A-Za-z0-9_]{20,}/,
  /\bglpat-[A-Za-z0-9_-]{16,}/,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/,
  /\bhf_[A-Za-z0-9]{20,}/,
  /\bsk-[A-Za-z0-9_-]{20,}/,
  /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\./,
  /:\/\/[^\s/:@]+:[^\s/@]+@/,
];
