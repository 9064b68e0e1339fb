/** Settles at the next SIGTERM or SIGINT, which then does not end the process. */
export function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    const arrived = () => {
      process.off('SIGTERM', arrived);
      process.off('SIGINT', arrived);
      resolve();
    };
    process.on('SIGTERM', arrived);
    process.on('SIGINT', arrived);
  });
}
