import type { ErrorRow } from './row.ts';

const own = { http: 500, grpc: 'INTERNAL' } as const;

/** Faults of `mdeploy package` and of reading what it made. */
export const packageErrors = {
  LOCK_UNREADABLE: {
    message: '{file} is not a lock written by mdeploy: {reason}.',
    remedy: 'Make the package again with `mdeploy package`.',
    ...own,
    exit: 1,
  },
  PACKAGE_FILE_MISSING: {
    message: '{file} is missing from the package {package}.',
    remedy: 'Copy the package again, whole, or make it again with `mdeploy package`.',
    ...own,
    exit: 1,
  },
  PACKAGE_FILE_CHANGED: {
    message:
      '{file} in the package {package} is not what mdeploy.lock.json promises: expected {expected}, received {received}.',
    remedy: 'Do not use this package: make it again with `mdeploy package` from the model, or copy it again.',
    ...own,
    exit: 1,
  },
  PACKAGE_FILE_EXTRA: {
    message: '{file} is in the package {package} but not in mdeploy.lock.json.',
    remedy: 'Remove the file, or make the package again with the file named in model.yaml.',
    ...own,
    exit: 1,
  },
  PACKAGE_INPUT_UNSAFE: {
    message: '{file} cannot go into a package: {reason}.',
    remedy: 'Replace it by a regular file of its own inside the model folder (`cp --remove-destination`).',
    ...own,
    exit: 2,
  },
  PACKAGE_FILE_NAME: {
    message: 'The file name {file} cannot go into a package: {reason}.',
    remedy: 'Rename the file, and the path to it in model.yaml.',
    ...own,
    exit: 2,
  },
  PACKAGE_OF_PACKAGE: {
    message: '{model} is already a package.',
    remedy: 'Use it as it is, or package the model folder it was made from.',
    ...own,
    exit: 2,
  },
  PACKAGE_TARGET_OCCUPIED: {
    message: '{folder} exists and will not be replaced: {reason}.',
    remedy:
      'Choose another place with -o or --tgz, or replace it with --force (what is there is then deleted).',
    ...own,
    exit: 2,
  },
  PACKAGE_TARGET_UNSAFE: {
    message: '{folder} cannot be the output: {reason}.',
    remedy: 'Choose another place with -o or --tgz, outside the model folder.',
    ...own,
    exit: 2,
  },
  PACKAGE_PLATFORM: {
    message: 'Platform "{platform}" cannot be packaged for.',
    remedy: 'Use one or several of: {platforms}.',
    ...own,
    exit: 2,
  },
  PACKAGE_UNBUILT: {
    message: '{file} is not there: this copy of mdeploy was not built.',
    remedy: 'Run `npm run build` in the clone once, or install mdeploy with npm.',
    ...own,
    exit: 3,
  },
  PACKAGE_MODULE_MISSING: {
    message: 'The steps of this model need {package} for {platform}, which is not installed.',
    remedy: 'Install it beside mdeploy: `{command}`.',
    ...own,
    exit: 3,
  },
  PACKAGE_LOCALE_MISSING: {
    message:
      'The text operators of the model need the locale {locale}, which cannot be put into the package: {reason}.',
    remedy: '{fix}',
    ...own,
    exit: 3,
  },
  PACKAGE_LOCALE_PATH: {
    message:
      'The locale in the package {package} cannot be used: the C library splits the path to it at the colon.',
    remedy: 'Move the package into a folder without a colon in its path.',
    ...own,
    exit: 3,
  },
  TEMPLATE_INVALID: {
    message: 'The template {file}, line {line}: {reason}.',
    remedy: 'See docs/package.md for the variables and what may stand between double braces.',
    ...own,
    exit: 2,
  },
  TEMPLATE_VALUE: {
    message: 'The value of {variable} cannot be written into {file}: {reason}.',
    remedy: 'Change the value in model.yaml, or name its language in the template, such as `| dockerfile`.',
    ...own,
    exit: 2,
  },
} as const satisfies Record<string, ErrorRow>;
