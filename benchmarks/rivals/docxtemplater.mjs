// docxtemplater and libreoffice-convert: node docxtemplater.mjs JOBS.json OUT.pdf OFFICES
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import Docxtemplater from 'docxtemplater'
import ImageModule from 'docxtemplater-image-module-free'
import office from 'libreoffice-convert'
import PizZip from 'pizzip'
import { merge } from './merge.mjs'
import { together } from './together.mjs'

const [jobsFile, out, offices] = process.argv.slice(2)
const convert = promisify(office.convert)

// A picture's datum is width×height×file.
const pictures = {
  centered: false,
  getImage: (datum) => readFileSync(datum.split('×').slice(2).join('×')),
  getSize: (_, datum) => datum.split('×').slice(0, 2).map(Number),
}

function fill({ template, data }) {
  const zip = new PizZip(readFileSync(template))
  const document = new Docxtemplater(zip, { modules: [new ImageModule(pictures)], paragraphLoop: true })
  document.render(data)
  return document.getZip().generate({ type: 'nodebuffer', compression: 'DEFLATE' })
}

const jobs = JSON.parse(readFileSync(jobsFile, 'utf8'))
const pdfs = await together(jobs, Number(offices), (job) => convert(fill(job), 'pdf', undefined))
merge(pdfs, out)
