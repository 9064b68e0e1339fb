import { htmlPage, htmlSection, htmlTable } from '../core/html-page.ts';
import { frontierChart } from './chart.ts';
import { pointsOf } from './frontier.ts';
import { percent } from './keep-if.ts';
import type { OptimizationReport } from './report.ts';
import { conditions, factText, variantRows } from './text.ts';

/** The report as one page that needs nothing beside it. */
export function optimizationHtml(report: OptimizationReport): string {
  const { source, machine, tools, variants, served, date } = report;
  const facts = [
    conditions(report),
    `served: ${served}`,
    `${machine.cores} × ${machine.cpu}, ${machine.platform}, onnxruntime-node ${tools['onnxruntime-node']}, mdeploy ${tools.mdeploy}`,
    `a race of the original against itself was off by ${percent(report.noise)}`,
    date,
  ];
  const reasons = variants.map(({ name, what, verdict, reasons, facts, first_difference: first }) => [
    name,
    what,
    verdict,
    [...reasons, ...(first ? [`first at ${first.node} (${first.op})`] : []), factText(facts)]
      .filter((text) => text !== '')
      .join('; '),
  ]);
  const legend =
    '<p>Down is faster, left is smaller. Filled: the original and what is kept; the share is top-1 agreement. The dashed line joins those that answer alike and that no other beats in both.</p>';
  return htmlPage(`mdeploy optimize: ${source.name} ${source.version}`, facts, [
    htmlSection('Size and time', `${legend}${frontierChart(pointsOf(report))}`),
    htmlSection('Figures', htmlTable(variantRows(report))),
    htmlSection('Why', htmlTable([['variant', 'what', 'verdict', 'reasons'], ...reasons])),
  ]);
}
