// One PDF of many, with the Python library that is faster at it than pdf-lib. PYTHON names the interpreter.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export function merge(pdfs, out) {
  const folder = mkdtempSync(join(tmpdir(), 'merge-'))
  const files = pdfs.map((pdf, place) => join(folder, `${place}.pdf`))
  files.forEach((file, place) => writeFileSync(file, pdfs[place]))
  execFileSync(process.env.PYTHON, ['-m', 'benchmarks.append', out, ...files])
}
