/**
 * Makes the C library find locales in a folder: it reads LOCPATH anew whenever a locale is opened, so this works at any
 * time before the session is made, and for all threads.
 */
export function useLocales(folder: string | undefined): void {
  if (folder === undefined) return;
  const known = (process.env.LOCPATH ?? '').split(':').filter((path) => path !== '');
  // A worker thread only has a copy of the environment, but the main thread was here before it.
  if (!known.includes(folder)) process.env.LOCPATH = [folder, ...known].join(':');
}
