// What a first visit fetches; `./build.sh test` holds it to its budget.
import { withBrowser } from './browser.mjs';
import { BUDGET, pageWeight, QUALITY } from '../tests/e2e/page-weight.mjs';
import { record } from './report.mjs';

const weight = await pageWeight();
console.log(weight);
await withBrowser(async (browser) => record('page-weight', { brotliQuality: QUALITY, budget: BUDGET, ...weight }, browser));
