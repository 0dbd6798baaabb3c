// Carbone: node carbone.mjs JOBS.json OUT.pdf OFFICES [warm]
// Fills and prints through as many LibreOffices of its own; with `warm`, a second time, of which it tells the seconds.
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import carbone from 'carbone'
import converter from 'carbone/lib/converter.js'
import { merge } from './merge.mjs'
import { together } from './together.mjs'

const [jobsFile, out, offices, warm] = process.argv.slice(2)
const render = promisify(carbone.render)
carbone.set({ factories: Number(offices) })

async function run() {
  const jobs = JSON.parse(readFileSync(jobsFile, 'utf8'))
  const pdfs = await together(jobs, Number(offices), (job) => render(job.template, job.data, { convertTo: 'pdf' }))
  merge(pdfs, out)
}

await run()
if (warm) {
  const begun = performance.now()
  await run()
  console.log((performance.now() - begun) / 1000)
}
await promisify(converter.exit)() // its LibreOffices would wait for more work
process.exit()
