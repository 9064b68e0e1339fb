import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with the line that CI reads: `N passed, N failed`. A skipped test is counted and named. */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === 'passed' || state === 'failed' || state === 'skipped') counts[state] += 1;
      }
      if (module.errors().length > 0) counts.failed += 1;
    }
    process.stdout.write(`${JSON.stringify({ mdeploy_tests: counts })}\n`);
  }
}
