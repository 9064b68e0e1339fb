import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { between, readScrape, scrape } from '../../src/bench/metrics.ts';

const text = (sum: number, count: number, cpu: number) => `# TYPE mdeploy_phase_duration_seconds histogram
mdeploy_phase_duration_seconds_bucket{model="a",api="predict",phase="run",le="+Inf"} ${count}
mdeploy_phase_duration_seconds_sum{model="a",api="predict",phase="run"} ${sum}
mdeploy_phase_duration_seconds_count{model="a",api="predict",phase="run"} ${count}
mdeploy_phase_duration_seconds_sum{model="a",api="tfs",phase="run"} ${sum}
mdeploy_phase_duration_seconds_count{model="a",api="tfs",phase="run"} ${count}
mdeploy_phase_duration_seconds_sum{model="a",api="predict",phase="idle"} 0
mdeploy_phase_duration_seconds_count{model="a",api="predict",phase="idle"} 0
process_cpu_seconds_total ${cpu}
process_resident_memory_bytes 1.5e8
`;

test('sums over models and protocols, and tells means between two scrapes', () => {
  const figures = between(readScrape(text(1, 100, 2)), readScrape(text(1.5, 200, 2.4)), 200);
  expect(figures).toEqual({ phases_us: { run: 5000 }, cpu_us_per_request: 2000, rss_bytes: 150_000_000 });
});

test('what a server does not tell is null', () => {
  const nothing = readScrape('');
  expect(between(nothing, nothing, 10)).toEqual({ phases_us: {}, cpu_us_per_request: null, rss_bytes: null });
});

test('a server without such metrics has no figures', async () => {
  const replies = [text(1, 1, 1), 'other_metric 1'];
  const http = createServer((_, response) => response.end(replies.shift()));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
  expect((await scrape(url, 1000))?.cpuSeconds).toBe(1);
  expect(await scrape(url, 1000)).toBeUndefined();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
  expect(await scrape(url, 1000)).toBeUndefined();
});

test('is asked below the path of the server', async () => {
  const paths: (string | undefined)[] = [];
  const http = createServer((request, response) => {
    paths.push(request.url);
    response.end(text(1, 1, 1));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  await scrape(new URL(`http://127.0.0.1:${port}/models/a/`), 1000);
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
  expect(paths).toEqual(['/models/a/metrics']);
});
