import { describe, expect, it } from 'vitest';
import { parseExposition, seriesValue } from './exposition.ts';

const head = '# HELP a_total x\n# TYPE a_total counter\n';
const histogram = '# HELP h x\n# TYPE h histogram\n';

describe('parseExposition', () => {
  it('reads labels with everything that is escaped', () => {
    const families = parseExposition(`${head}a_total{m="a\\\\b\\"c\\nd",n=""} 1.5e3\n`);
    expect(families.get('a_total')!.series).toEqual([
      { name: 'a_total', labels: Object.assign(Object.create(null), { m: 'a\\b"c\nd', n: '' }), value: 1500 },
    ]);
    expect(seriesValue(families, 'a_total', { n: '' })).toBe(1500);
  });

  it.each([
    ['no end of line', `${head}a_total 1`],
    ['no HELP', '# TYPE a_total counter\na_total 1\n'],
    ['no TYPE', '# HELP a_total x\na_total 1\n'],
    ['a family cut in two', `${head}a_total 1\n# HELP b x\n# TYPE b gauge\nb 1\na_total{x="1"} 2\n`],
    ['a family twice', `${head}a_total 1\n${head}`],
    ['a series twice', `${head}a_total{x="1"} 1\na_total{x="1"} 2\n`],
    ['a raw quote', `${head}a_total{x="a"b"} 1\n`],
    ['a wrong escape', `${head}a_total{x="\\t"} 1\n`],
    ['a label twice', `${head}a_total{x="1",x="2"} 1\n`],
    ['no number', `${head}a_total undefined\n`],
    ['a histogram that falls', `${histogram}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`],
    ['a histogram without +Inf', `${histogram}h_bucket{le="1"} 2\nh_sum 1\nh_count 2\n`],
    ['a count that differs', `${histogram}h_bucket{le="+Inf"} 2\nh_sum 1\nh_count 3\n`],
    ['no sum', `${histogram}h_bucket{le="+Inf"} 2\nh_count 2\n`],
  ])('refuses %s', (_, text) => {
    expect(() => parseExposition(text)).toThrow();
  });
});
