import { expect, test } from 'vitest';
import { htmlPage, htmlSection, htmlTable } from '../../src/core/html-page.ts';

test('a page asks for nothing, and texts stay texts', () => {
  const evil = '<script>alert(1)</script>';
  const page = htmlPage(evil, [evil], [htmlSection(evil, htmlTable([[evil], [evil]]))]);
  expect(page).not.toContain('<script');
  expect(page.split('&#60;script&#62;').length).toBe(7);
  expect(page).not.toMatch(/https?:|src=|href=|@import|url\(/);
  expect(page).toMatch(/<th>.*<\/th>.*<td>.*<\/td>/);
});
